/** Unit | pictures: sizes and their errors, colour conversion both ways, and damage that can be seen. */

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import {
  checkFormat,
  checkSize,
  damagePicture,
  frameBytes,
  frameWords,
  type Picture,
  type PictureFormatName,
  pictureFormats,
  pictureOfFrame,
  withoutAlpha,
  yuyvOfPicture,
} from '../../../src/run/picture.ts'
import { prngFor } from '../../support/seed.ts'

function flat(width: number, height: number, color: readonly [number, number, number]): Picture {
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => color[i % 3] as number) }
}

/** Coordinates, as `x,y`, of the pixels in which two pictures differ. */
function differences(a: Picture, b: Picture): string[] {
  const found: string[] = []
  for (let pixel = 0; pixel < a.width * a.height; pixel++) {
    const same = [0, 1, 2].every((part) => a.rgb[pixel * 3 + part] === b.rgb[pixel * 3 + part])
    if (!same) found.push(`${pixel % a.width},${Math.floor(pixel / a.width)}`)
  }
  return found
}

describe('size', () => {
  test('is width x height', () => {
    expect(checkSize('640x480')).toEqual({ width: 640, height: 480 })
    expect(checkSize('66X50')).toEqual({ width: 66, height: 50 })
    expect(checkSize('4094x2')).toEqual({ width: 4094, height: 2 })
  })

  for (const [text, words] of [
    ['0x480', 'width 0 is not positive; the nearest size that works is 2x480'],
    ['640x-2', 'height -2 is not positive; the nearest size that works is 640x2'],
    ['100000x480', 'more than the 4094 pixels'],
    ['641x480', 'width 641 is odd'],
    ['640x481', 'the nearest size that works is 640x482'],
    ['640', 'is not WIDTHxHEIGHT'],
    ['640x480x3', 'is not WIDTHxHEIGHT'],
    ['6.5x4', 'is not WIDTHxHEIGHT'],
    ['', 'is not WIDTHxHEIGHT'],
    ['1e99x2', 'is not WIDTHxHEIGHT'],
    ['99999999999999999999x2', 'the nearest size that works is 4094x2'],
  ] as const) {
    test(`"${text}" is refused with the way out`, () => {
      expect(() => checkSize(text)).toThrow(UsageError)
      expect(() => checkSize(text)).toThrow(words)
    })
  }

  test('of a frame in memory', () => {
    expect(frameBytes('yuyv', { width: 640, height: 480 })).toBe(614400)
    expect(frameBytes('rgb565', { width: 640, height: 480 })).toBe(614400)
    expect(frameBytes('nv12', { width: 640, height: 480 })).toBe(460800)
    expect(frameBytes('nv12', { width: 1280, height: 720 })).toBe(1382400)
    expect(frameBytes('nv12', { width: 66, height: 50 })).toBe(4952) // 4950 and padding
    expect(frameWords('raw', { width: 4, height: 1 })).toBe(4)
  })
})

test('an unknown format names the known ones', () => {
  expect(checkFormat('nv12')).toBe('nv12')
  expect(() => checkFormat('nv21')).toThrow('Did you mean nv12? Known: yuyv, nv12, rgb565')
  expect(() => checkFormat('toString')).toThrow(UsageError)
})

describe('colour', () => {
  test('primaries become the bytes of the formula', () => {
    const bytes = (r: number, g: number, b: number) => [
      ...yuyvOfPicture(flat(2, 2, [r, g, b]))
        .toUint8Array()
        .slice(0, 4),
    ]
    expect(bytes(255, 255, 255)).toEqual([255, 128, 255, 128])
    expect(bytes(0, 0, 0)).toEqual([0, 128, 0, 128])
    expect(bytes(255, 0, 0)).toEqual([77, 85, 77, 255])
    expect(bytes(0, 255, 0)).toEqual([149, 43, 149, 21])
    expect(bytes(0, 0, 255)).toEqual([29, 255, 29, 107])
  })

  /** Method: floating-point BT.601 of each pair's mean; integers may be off by one. */
  test('is BT.601, within one', () => {
    const prng = prngFor('picture')
    const picture = { width: 64, height: 8, rgb: Uint8Array.from({ length: 64 * 8 * 3 }, () => prng.below(256)) }
    const frame = yuyvOfPicture(picture).toUint8Array()
    for (let pair = 0; pair < 256; pair++) {
      const at = (i: number) => picture.rgb[pair * 6 + i] as number
      const [r, g, b] = [0, 1, 2].map((i) => (at(i) + at(i + 3)) / 2) as [number, number, number]
      const wanted = [
        0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2),
        128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
        0.299 * at(3) + 0.587 * at(4) + 0.114 * at(5),
        128 + 0.5 * r - 0.418688 * g - 0.081312 * b,
      ]
      wanted.forEach((value, i) => {
        expect(Math.abs((frame[pair * 4 + i] as number) - Math.min(255, value))).toBeLessThanOrEqual(1)
      })
    }
  })

  test('a frame in each format shows the same picture', () => {
    const size = { width: 4, height: 2 }
    const yuyv = Uint8Array.of(100, 128, 50, 128, 77, 85, 77, 255, 0, 128, 255, 128, 77, 85, 77, 255)
    const nv12 = Uint8Array.of(100, 50, 77, 77, 0, 255, 77, 77, 128, 128, 85, 255)
    const shown = [100, 100, 100, 50, 50, 50, 255, 1, 1, 255, 1, 1, 0, 0, 0, 255, 255, 255, 255, 1, 1, 255, 1, 1]
    expect([...pictureOfFrame(yuyv, 'yuyv', size).rgb]).toEqual(shown)
    expect([...pictureOfFrame(nv12, 'nv12', size).rgb]).toEqual(shown)
    const rgb565 = Uint8Array.of(0x00, 0xf8, 0xe0, 0x07, 0x1f, 0x00, 0xff, 0xff)
    expect([...pictureOfFrame(rgb565, 'rgb565', { width: 2, height: 2 }).rgb]).toEqual([
      255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255,
    ])
  })

  test('a frame that is too short is dark where it ends', () => {
    expect([...pictureOfFrame(new Uint8Array(0), 'rgb565', { width: 2, height: 2 }).rgb]).toEqual(new Array(12).fill(0))
  })

  test('alpha is laid on black', () => {
    const rgba = Uint8Array.of(200, 100, 0, 255, 200, 100, 0, 128, 200, 100, 0, 0)
    expect([...withoutAlpha({ width: 3, height: 1, rgba }).rgb]).toEqual([200, 100, 0, 100, 50, 0, 0, 0, 0])
  })
})

describe('damage', () => {
  const size = { width: 64, height: 8 }
  const white = flat(64, 8, [255, 255, 255])
  const marked = (name: PictureFormatName, offset: number, bytes: number) =>
    differences(white, damagePicture(white, name, [{ offset, bytes }]))

  test('of one cache line is the pixels that it holds, and no others', () => {
    expect(marked('yuyv', 32, 32)).toEqual(Array.from({ length: 16 }, (_, i) => `${16 + i},0`))
    expect(marked('rgb565', 128, 32)).toEqual(Array.from({ length: 16 }, (_, i) => `${i},1`))
    expect(marked('nv12', 96, 32)).toEqual(Array.from({ length: 32 }, (_, i) => `${32 + i},1`))
  })

  test('of a chroma line is two rows of pixels', () => {
    const chroma = size.width * size.height
    const both = marked('nv12', chroma + 64, 32)
    expect(both).toHaveLength(64)
    expect(both).toContain('0,2')
    expect(both).toContain('31,3')
    expect(both).not.toContain('32,2')
  })

  test('wraps at the end of a row, and stops at the end of the frame', () => {
    expect(marked('rgb565', 64 * 2 - 16, 32)).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `${56 + i},0`),
      ...Array.from({ length: 8 }, (_, i) => `${i},1`),
    ])
    expect(marked('yuyv', 64 * 8 * 2 - 4, 32)).toEqual(['62,7', '63,7'])
    expect(marked('nv12', 64 * 8 * 1.5, 32)).toEqual([])
    expect(marked('yuyv', -32, 32)).toEqual([])
  })

  test('can be seen on any background', () => {
    for (const color of [
      [0, 0, 0],
      [255, 255, 255],
      [255, 0, 0],
      [255, 255, 0],
      [0, 0, 255],
      [128, 128, 128],
    ] as const) {
      for (const name of Object.keys(pictureFormats) as PictureFormatName[]) {
        const picture = flat(64, 8, color)
        const found = differences(picture, damagePicture(picture, name, [{ offset: 64, bytes: 32 }]))
        expect(found.length, `${name} on ${color}`).toBeGreaterThanOrEqual(8)
      }
    }
  })

  test('of an area is framed, and red inside', () => {
    const damaged = damagePicture(white, 'rgb565', [{ offset: 0, bytes: 64 * 2 * 5 }])
    const at = (x: number, y: number) => [...damaged.rgb.slice((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)]
    expect(at(10, 2)).toEqual([255, 63, 63])
    expect([at(10, 4), at(11, 4), at(12, 4)]).toEqual([
      [255, 255, 0],
      [255, 255, 0],
      [255, 0, 0],
    ])
    expect(at(10, 5)).toEqual([255, 255, 255])
  })

  test('leaves the picture that it is given alone', () => {
    const before = white.rgb.slice()
    damagePicture(white, 'yuyv', [{ offset: 0, bytes: 1024 }])
    expect(white.rgb).toEqual(before)
  })
})
