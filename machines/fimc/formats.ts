/** Fimc | picture formats and the exact integer colour conversions, on words of two YUYV pixels. Pure. */

// A YUYV word holds two pixels: Y0 in bits 0-7, Cb in 8-15, Y1 in 16-23, Cr in 24-31. All components are full range
// (0-255, BT.601 matrix as in JFIF): HF-264. An RGB565 word holds the left pixel in its low half.

/** Layout of a picture in memory. `raw`: words as the sensor sends them; a "pixel" is then one word. */
export type FormatName = 'yuyv' | 'nv12' | 'rgb565' | 'raw'
export const formatNames = ['yuyv', 'nv12', 'rgb565', 'raw'] as const satisfies readonly FormatName[]

/** Pixels and lines; words and lines for `raw`. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** Words in one line as the sensor sends it: two pixels a word, or one token a word. */
export function sourceWords(format: FormatName, width: number): number {
  return format === 'raw' ? width : width >> 1
}

/**
 * Words of each colour plane. A plane whose bytes are no multiple of 4 (NV12 chroma of 66 x 50) ends with a word
 * padded by zeros, because the engine writes whole words: HF-265.
 */
export function planeWords(format: FormatName, size: PictureSize): readonly number[] {
  const { width, height } = size
  if (format === 'nv12') return [(width * height) >> 2, Math.ceil((width * height) / 8)]
  return [sourceWords(format, width) * height]
}

/** Most words that one line adds to a plane of the written picture; bounds the room a line needs. */
export function lineWordsMax(format: FormatName, width: number): number {
  return format === 'nv12' ? ((width >> 1) + 2) >> 1 : sourceWords(format, width)
}

/** Whether the line carries chroma in NV12: the even ones do, the chroma of odd lines is dropped. HF-266 */
export function lineHasChroma(line: number): boolean {
  return (line & 1) === 0
}

/** Y0 and Y1 of a YUYV word as the 16 bits of an NV12 luma row. */
export function lumaOf(word: number): number {
  return (word & 0xff) | ((word >>> 8) & 0xff00)
}

/** Cb and Cr of a YUYV word as the 16 bits of an NV12 chroma row (Cb first). HF-267 */
export function chromaOf(word: number): number {
  return ((word >>> 8) & 0xff) | ((word >>> 16) & 0xff00)
}

/** The YUYV word of 16 luma bits and 16 chroma bits: the inverse of `lumaOf` and `chromaOf`. */
export function yuyvOf(luma: number, chroma: number): number {
  return (luma & 0xff) | ((chroma & 0xff) << 8) | ((luma & 0xff00) << 8) | ((chroma & 0xff00) << 16)
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value
}

/** R, G, B of one pixel as 0xRRGGBB. Coefficients are 1.402, 0.344, 0.714 and 1.772 in 1/256, rounded to nearest: HF-264. */
export function rgbOfYuv(y: number, cb: number, cr: number): number {
  const u = cb - 128
  const v = cr - 128
  const r = clamp((256 * y + 359 * v + 128) >> 8) // HF-264
  const g = clamp((256 * y - 88 * u - 183 * v + 128) >> 8) // HF-264
  const b = clamp((256 * y + 454 * u + 128) >> 8) // HF-264
  return (r << 16) | (g << 8) | b
}

/** 0xRRGGBB cut to 16 bits: the low bits are dropped, not rounded. HF-268 */
export function rgb565Of(rgb: number): number {
  return ((rgb >>> 8) & 0xf800) | ((rgb >>> 5) & 0x07e0) | ((rgb >>> 3) & 0x001f)
}

/** 16 bits widened to 0xRRGGBB: the high bits of a component are repeated in its low bits. HF-268 */
export function rgbOf565(pixel: number): number {
  const r = (pixel >>> 11) & 0x1f
  const g = (pixel >>> 5) & 0x3f
  const b = pixel & 0x1f
  return (((r << 3) | (r >>> 2)) << 16) | (((g << 2) | (g >>> 4)) << 8) | ((b << 3) | (b >>> 2))
}

/** Two RGB565 pixels of a YUYV word; both take its one chroma pair. */
export function rgb565PairOf(word: number): number {
  const cb = (word >>> 8) & 0xff
  const cr = word >>> 24
  const left = rgb565Of(rgbOfYuv(word & 0xff, cb, cr))
  const right = rgb565Of(rgbOfYuv((word >>> 16) & 0xff, cb, cr))
  return left | (right << 16)
}

/** Luma of 0xRRGGBB: 0.299, 0.587, 0.114 in 1/256. HF-264 */
function lumaOfRgb(rgb: number): number {
  return (77 * (rgb >>> 16) + 150 * ((rgb >>> 8) & 0xff) + 29 * (rgb & 0xff) + 128) >> 8 // HF-264
}

/** The YUYV word of two pixels 0xRRGGBB; the chroma is that of their mean. HF-264 */
export function yuyvOfRgbPair(left: number, right: number): number {
  const r = (left >>> 16) + (right >>> 16)
  const g = ((left >>> 8) & 0xff) + ((right >>> 8) & 0xff)
  const b = (left & 0xff) + (right & 0xff)
  const cb = clamp(((-43 * r - 85 * g + 128 * b + 256) >> 9) + 128) // HF-264
  const cr = clamp(((128 * r - 107 * g - 21 * b + 256) >> 9) + 128) // HF-264
  return lumaOfRgb(left) | (cb << 8) | (lumaOfRgb(right) << 16) | (cr << 24)
}

/** The YUYV word of an RGB565 word. */
export function yuyvOf565Pair(word: number): number {
  return yuyvOfRgbPair(rgbOf565(word & 0xffff), rgbOf565(word >>> 16))
}

/** Black, as a word of the sensor's format. */
export function blackWord(format: FormatName): number {
  return format === 'raw' ? 0 : yuyvOf(0, 0x8080)
}

/** White, yellow, cyan, green, magenta, red, blue, black: the usual order, from left to right. HF-269 */
const BARS: readonly number[] = [0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000, 0x0000ff, 0x000000].map(
  (rgb) => yuyvOfRgbPair(rgb, rgb),
)

/**
 * Word `index` of line `line` of the engine's own test picture, whose lines have `words` words. `pattern` is the field
 * of CIGCTRL: 1 eight upright colour bars, 2 grey that grows to the right, 3 grey that grows downwards. HF-269
 */
export function testPatternWord(pattern: number, index: number, line: number, words: number): number {
  if (pattern === 1) return BARS[Math.floor((index * 8) / words)] as number
  if (pattern === 2) return yuyvOf(((index * 2) & 0xff) | (((index * 2 + 1) & 0xff) << 8), 0x8080)
  return yuyvOf((line & 0xff) * 0x101, 0x8080)
}
