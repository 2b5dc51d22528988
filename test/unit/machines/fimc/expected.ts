/** Tests | what a captured or converted picture must be, byte for byte; written from the formulas, not from the engine's code. */

/** A picture as one array of bytes in memory order, whatever the machine word. */
export type Picture = Uint8Array

function byte(value: number): number {
  return Math.min(255, Math.max(0, value))
}

/** To the nearest integer, halves upwards, of a value in 1/256. */
function rounded(in256ths: number): number {
  return Math.floor(in256ths / 256 + 0.5)
}

/** YUYV of `width` x `height` to `format`. NV12 is padded to whole words. */
export function fromYuyv(yuyv: Picture, width: number, height: number, format: string): Picture {
  if (format === 'yuyv') return yuyv
  if (format === 'nv12') return toNv12(yuyv, width, height)
  const result: number[] = []
  for (let pixel = 0; pixel < width * height; pixel++) {
    const pair = Math.floor(pixel / 2) * 4
    const y = yuyv[pixel * 2] as number
    const u = (yuyv[pair + 1] as number) - 128
    const v = (yuyv[pair + 3] as number) - 128
    const red = byte(rounded(256 * y + 359 * v))
    const green = byte(rounded(256 * y - 88 * u - 183 * v))
    const blue = byte(rounded(256 * y + 454 * u))
    const packed = Math.floor(red / 8) * 2048 + Math.floor(green / 4) * 32 + Math.floor(blue / 8)
    result.push(packed % 256, Math.floor(packed / 256))
  }
  return Uint8Array.from(result)
}

function toNv12(yuyv: Picture, width: number, height: number): Picture {
  const bytes: number[] = []
  for (let i = 0; i < width * height * 2; i += 2) bytes.push(yuyv[i] as number)
  for (let row = 0; row < height; row += 2) {
    for (let column = 1; column < width * 2; column += 2) bytes.push(yuyv[row * width * 2 + column] as number)
  }
  while (bytes.length % 4 !== 0) bytes.push(0)
  return Uint8Array.from(bytes)
}

/** NV12 or RGB565 to YUYV. */
export function toYuyv(source: Picture, width: number, height: number, format: string): Picture {
  if (format === 'yuyv') return source
  const result = new Uint8Array(width * height * 2)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += 2) {
      const at = (y * width + x) * 2
      if (format === 'nv12') {
        const chroma = width * height + Math.floor(y / 2) * width + x
        result[at] = source[y * width + x] as number
        result[at + 2] = source[y * width + x + 1] as number
        result[at + 1] = source[chroma] as number
        result[at + 3] = source[chroma + 1] as number
      } else {
        const left = rgbAt(source, at)
        const right = rgbAt(source, at + 2)
        result[at] = lumaOf(left)
        result[at + 2] = lumaOf(right)
        const sum = left.map((component, i) => component + (right[i] as number)) as [number, number, number]
        result[at + 1] = byte(128 + rounded((-43 * sum[0] - 85 * sum[1] + 128 * sum[2]) / 2))
        result[at + 3] = byte(128 + rounded((128 * sum[0] - 107 * sum[1] - 21 * sum[2]) / 2))
      }
    }
  }
  return result
}

function rgbAt(source: Picture, at: number): [number, number, number] {
  const pixel = (source[at] as number) + 256 * (source[at + 1] as number)
  const red = Math.floor(pixel / 2048)
  const green = Math.floor(pixel / 32) % 64
  const blue = pixel % 32
  return [red * 8 + Math.floor(red / 4), green * 4 + Math.floor(green / 16), blue * 8 + Math.floor(blue / 4)]
}

function lumaOf([red, green, blue]: [number, number, number]): number {
  return rounded(77 * red + 150 * green + 29 * blue)
}
