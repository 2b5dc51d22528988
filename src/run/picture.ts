/** Run | pictures: RGB to the sensor's YUYV, a frame's bytes back to RGB, and the wrong cache lines of a frame marked. Pure. */

import {
  type FormatName,
  lumaOf,
  type PictureSize,
  planeWords,
  rgbOf565,
  rgbOfYuv,
  yuyvOfRgbPair,
} from '../../machines/fimc/formats.ts'
import { Bytes } from '../base/bytes.ts'
import { UsageError, unknownName } from '../base/errors.ts'

/** A picture in 8-bit RGB: `width` x `height` pixels of 3 bytes, row by row. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** A piece of a frame: offset from its first byte, and length, both in bytes. */
export interface FrameRange {
  readonly offset: number
  readonly bytes: number
}

/** A format that has pixels, as the CPU finds it in a buffer whose planes follow each other. */
export interface PictureFormat {
  readonly description: string
  /** 0xRRGGBB of the pixel at column `x` of row `y`. */
  readonly pixel: (frame: Uint8Array, size: PictureSize, x: number, y: number) => number
  /** The pixels that byte `offset` of the frame takes part in; empty for padding. */
  readonly area: (offset: number, size: PictureSize) => PixelArea
}

/** A rectangle of pixels. */
interface PixelArea {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Every format of the command line. */
export const pictureFormats = {
  yuyv: {
    description: 'packed 4:2:2, 16 bits a pixel: Y0 Cb Y1 Cr',
    pixel: (frame, { width }, x, y) => {
      const pair = y * width * 2 + (x & ~1) * 2
      return rgbOfYuv(at(frame, pair + (x & 1) * 2), at(frame, pair + 1), at(frame, pair + 3))
    },
    area: (offset, size) => {
      const pixel = offset >> 1
      // A luma byte is one pixel's, a chroma byte both pixels'.
      return (offset & 1) === 0 ? rowPiece(pixel, 1, size) : rowPiece(pixel & ~1, 2, size)
    },
  },
  nv12: {
    description: '4:2:0, 12 bits a pixel: a luma plane, then Cb and Cr in turn for each square of four pixels',
    pixel: (frame, { width, height }, x, y) => {
      const chroma = width * height + (y >> 1) * width + (x & ~1)
      return rgbOfYuv(at(frame, y * width + x), at(frame, chroma), at(frame, chroma + 1))
    },
    area: (offset, size) => {
      const luma = size.width * size.height
      if (offset < luma) return rowPiece(offset, 1, size)
      const row = Math.floor((offset - luma) / size.width)
      const column = (offset - luma) % size.width
      if (row * 2 >= size.height) return nothing
      return { x: column & ~1, y: row * 2, width: 2, height: 2 }
    },
  },
  rgb565: {
    description: '16 bits a pixel: 5 red, 6 green, 5 blue',
    pixel: (frame, { width }, x, y) => {
      const offset = (y * width + x) * 2
      return rgbOf565(at(frame, offset) | (at(frame, offset + 1) << 8))
    },
    area: (offset, size) => rowPiece(offset >> 1, 1, size),
  },
} as const satisfies Record<Exclude<FormatName, 'raw'>, PictureFormat>

export type PictureFormatName = keyof typeof pictureFormats

const nothing: PixelArea = { x: 0, y: 0, width: 0, height: 0 }

/** Bytes that the frame lacks count as 0: a buffer that was never filled is dark, not an error. */
function at(frame: Uint8Array, offset: number): number {
  return frame[offset] ?? 0
}

function rowPiece(pixel: number, pixels: number, { width, height }: PictureSize): PixelArea {
  const y = Math.floor(pixel / width)
  return y < height ? { x: pixel % width, y, width: pixels, height: 1 } : nothing
}

/** The format of that name; a usage error lists the known ones. */
export function checkFormat(name: string): PictureFormatName {
  if (!Object.hasOwn(pictureFormats, name)) throw unknownName('format', name, Object.keys(pictureFormats))
  return name as PictureFormatName
}

/** 32-bit words of a frame, padding included. */
export function frameWords(format: FormatName, size: PictureSize): number {
  return planeWords(format, size).reduce((sum, words) => sum + words, 0)
}

/** Bytes that a buffer for a frame needs: whole words. */
export function frameBytes(format: FormatName, size: PictureSize): number {
  return frameWords(format, size) * 4
}

/** Width and height fields of the target format register have 12 bits. */
const sizeMax = 4094 // HF-256

/** Reads `WIDTHxHEIGHT` in pixels. Anything but two even numbers from 2 to 4094 is a usage error that names the nearest good size. */
export function checkSize(text: string): PictureSize {
  const match = /^\s*([+-]?\d+)\s*[xX]\s*([+-]?\d+)\s*$/.exec(text)
  if (!match) throw new UsageError(`size "${text}" is not WIDTHxHEIGHT in pixels; write it like 640x480`)
  const width = Number(match[1])
  const height = Number(match[2])
  const problem = sideProblem('width', width) ?? sideProblem('height', height)
  if (problem === undefined) return { width, height }
  throw new UsageError(
    `size "${text}": ${problem}; the nearest size that works is ${nearest(width)}x${nearest(height)}`,
  )
}

function sideProblem(what: string, value: number): string | undefined {
  if (value <= 0) return `${what} ${value} is not positive`
  if (value > sizeMax) return `${what} ${value} is more than the ${sizeMax} pixels that FIMC can write`
  return value % 2 === 0 ? undefined : `${what} ${value} is odd, but pixels share colour in pairs and squares of four`
}

function nearest(value: number): number {
  return Math.min(sizeMax, Math.max(2, value + (value % 2 === 0 ? 0 : 1)))
}

/** The picture as the sensor sends it: YUYV, full range BT.601; a pair of pixels gets the chroma of its mean. Even width. */
export function yuyvOfPicture({ width, height, rgb }: Picture): Bytes {
  const frame = new Bytes(width * height * 2)
  for (let pixel = 0; pixel < width * height; pixel += 2) {
    frame.set(pixel * 2, yuyvOfRgbPair(rgbAt(rgb, pixel), rgbAt(rgb, pixel + 1)))
  }
  return frame
}

function rgbAt(rgb: Uint8Array, pixel: number): number {
  return (at(rgb, pixel * 3) << 16) | (at(rgb, pixel * 3 + 1) << 8) | at(rgb, pixel * 3 + 2)
}

function put(rgb: Uint8Array, pixel: number, color: number): void {
  rgb[pixel * 3] = color >>> 16
  rgb[pixel * 3 + 1] = (color >>> 8) & 0xff
  rgb[pixel * 3 + 2] = color & 0xff
}

/** RGBA to RGB on black: what `alpha` covers, an alpha of 0 hides. `rgba`: 4 bytes a pixel. */
export function withoutAlpha({ width, height, rgba }: PictureSize & { readonly rgba: Uint8Array }): Picture {
  const rgb = new Uint8Array(width * height * 3)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = at(rgba, pixel * 4 + 3)
    for (let part = 0; part < 3; part++) {
      rgb[pixel * 3 + part] = Math.round((at(rgba, pixel * 4 + part) * alpha) / 255)
    }
  }
  return { width, height, rgb }
}

/** What is in a frame buffer, as a picture. Missing bytes count as 0. */
export function pictureOfFrame(frame: Uint8Array, name: PictureFormatName, size: PictureSize): Picture {
  const { width, height } = size
  const pixel: PictureFormat['pixel'] = pictureFormats[name].pixel
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) put(rgb, y * width + x, pixel(frame, size, x, y))
  }
  return { width, height, rgb }
}

/**
 * The picture with every pixel that a wrong range takes part in marked: a red monochrome, framed by a dashed red and
 * yellow line that shows on any background. All other pixels keep their colour. Ranges may reach beyond the frame.
 */
export function damagePicture(picture: Picture, name: PictureFormatName, wrong: readonly FrameRange[]): Picture {
  const { width, height } = picture
  const marked = markedPixels(picture, name, wrong)
  const rgb = picture.rgb.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x
      if (marked[pixel] === 0) continue
      const inside =
        x > 0 &&
        x < width - 1 &&
        y > 0 &&
        y < height - 1 &&
        marked[pixel - 1] === 1 &&
        marked[pixel + 1] === 1 &&
        marked[pixel - width] === 1 &&
        marked[pixel + width] === 1
      put(rgb, pixel, inside ? reddened(rgbAt(picture.rgb, pixel)) : dash(x, y))
    }
  }
  return { width, height, rgb }
}

/** One byte a pixel: 1 if a wrong byte takes part in it. */
function markedPixels(size: PictureSize, name: PictureFormatName, wrong: readonly FrameRange[]): Uint8Array {
  const area: PictureFormat['area'] = pictureFormats[name].area
  const marked = new Uint8Array(size.width * size.height)
  const bytes = frameBytes(name, size)
  for (const range of wrong) {
    const end = Math.min(bytes, range.offset + range.bytes)
    for (let offset = Math.max(0, range.offset); offset < end; offset++) {
      const { x, y, width, height } = area(offset, size)
      for (let row = y; row < y + height; row++) marked.fill(1, row * size.width + x, row * size.width + x + width)
    }
  }
  return marked
}

/** The pixel's brightness in red. */
function reddened(color: number): number {
  const luma = lumaOf(yuyvOfRgbPair(color, color)) & 0xff
  return ((128 + (luma >> 1)) << 16) | ((luma >> 2) << 8) | (luma >> 2)
}

/** Two pixels red, two pixels yellow, along both axes. */
function dash(x: number, y: number): number {
  return ((x + y) & 2) === 0 ? 0xff0000 : 0xffff00
}
