/** Unit | FIMC formats: plane sizes and colour conversion, every value of every component. */

import { describe, expect, test } from 'vitest'
import {
  chromaOf,
  lineWordsMax,
  lumaOf,
  planeWords,
  rgb565Of,
  rgbOf565,
  rgbOfYuv,
  testPatternWord,
  yuyvOf,
  yuyvOfRgbPair,
} from '../../../../machines/fimc/formats.ts'
import { prngFor } from '../../../support/seed.ts'

describe('sizes', () => {
  test('planes in words', () => {
    expect(planeWords('nv12', { width: 640, height: 480 })).toEqual([76800, 38400])
    expect(planeWords('nv12', { width: 66, height: 50 })).toEqual([825, 413]) // 1650 bytes of chroma
    expect(planeWords('yuyv', { width: 66, height: 50 })).toEqual([1650])
    expect(planeWords('rgb565', { width: 16, height: 16 })).toEqual([128])
    expect(planeWords('raw', { width: 4, height: 1 })).toEqual([4])
  })

  test('a line never adds more words than stated', () => {
    for (let width = 2; width < 80; width += 2) {
      const halves = width / 2
      expect(lineWordsMax('nv12', width)).toBeGreaterThanOrEqual(Math.floor((halves + 1) / 2))
      expect(lineWordsMax('nv12', width)).toBeLessThanOrEqual(Math.floor(halves / 2) + 1)
    }
  })
})

describe('colour', () => {
  test('the parts of a YUYV word', () => {
    const word = 0x80 | (0x11 << 8) | (0x90 << 16) | (0xee << 24)
    expect(lumaOf(word)).toBe(0x9080)
    expect(chromaOf(word)).toBe(0xee11)
    expect(yuyvOf(0x9080, 0xee11)).toBe(word)
  })

  test('grey stays grey, exactly, both ways', () => {
    for (let grey = 0; grey < 256; grey++) {
      const rgb = grey * 0x010101
      expect(yuyvOfRgbPair(rgb, rgb)).toBe(yuyvOf(grey * 0x101, 0x8080))
      expect(rgbOfYuv(grey, 128, 128)).toBe(rgb)
    }
  })

  test('RGB comes back within 4 of each component', () => {
    const prng = prngFor('colours')
    for (let i = 0; i < 20_000; i++) {
      const rgb = prng.below(1 << 24)
      const word = yuyvOfRgbPair(rgb, rgb)
      const back = rgbOfYuv(word & 0xff, (word >>> 8) & 0xff, word >>> 24)
      for (const shift of [0, 8, 16]) {
        expect(Math.abs(((rgb >> shift) & 0xff) - ((back >> shift) & 0xff))).toBeLessThanOrEqual(4)
      }
    }
  })

  test('RGB565 is widened and cut without loss', () => {
    for (let pixel = 0; pixel < 65536; pixel++) if (rgb565Of(rgbOf565(pixel)) !== pixel) expect(pixel).toBe(-1)
    expect(rgbOf565(0xffff)).toBe(0xffffff)
  })

  test('colour bars divide any width into eight', () => {
    const bars = Array.from({ length: 33 }, (_, i) => testPatternWord(1, i, 0, 33))
    expect(new Set(bars).size).toBe(8)
  })
})
