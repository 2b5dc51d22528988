/** Cli | picture files: PNG and JPEG in, PNG out; the only place that uses sharp. Files appear whole or not at all. */

import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import type { PictureSize } from '../../machines/fimc/formats.ts'
import { UsageError } from '../base/errors.ts'
import { reason } from '../fleet/file-errors.ts'
import type { Picture } from '../run/picture.ts'

/** Largest picture that is read, in pixels, and largest file, in bytes. A 100 megapixel camera still fits. */
const pixelsMax = 120_000_000
const fileBytesMax = 256 * 1024 * 1024

/** A picture from a file. */
export interface PictureFile {
  readonly picture: Picture
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string
  /** What was done to make it fit, for the user; absent if nothing. */
  readonly note?: string
}

/**
 * Reads a PNG or JPEG file as 8-bit RGB of `size`. A picture of another size is stretched to it, and the note says so;
 * transparent parts become black; the orientation that a camera noted is applied. Throws a usage error that names the
 * file if it is missing, unreadable, a directory, too large, damaged, or no PNG or JPEG.
 */
export async function readPicture(path: string, size: PictureSize): Promise<PictureFile> {
  const file = await readWhole(path)
  const digest = createHash('sha256').update(file).digest('hex')
  try {
    const image = sharp(file, { limitInputPixels: pixelsMax, failOn: 'error' })
    const { format, autoOrient } = await image.metadata()
    const { width, height } = autoOrient
    if (format !== 'png' && format !== 'jpeg') {
      throw new UsageError(`"${path}" is a ${format} picture; only PNG and JPEG are read, so convert it first`)
    }
    const fits = width === size.width && height === size.height
    const upright = image.autoOrient().flatten({ background: '#000000' }).toColourspace('srgb')
    const scaled = fits ? upright : upright.resize(size.width, size.height, { fit: 'fill' })
    const { data, info } = await scaled.removeAlpha().raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    const picture = { width: info.width, height: info.height, rgb: threeChannels(data, info.channels) }
    if (fits) return { picture, digest }
    const note = `${basename(path)} is ${width}x${height}; stretched to ${size.width}x${size.height}`
    return { picture, digest, note }
  } catch (error) {
    throw readProblem(path, error)
  }
}

function threeChannels(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return Uint8Array.from(data)
  const pixels = data.length / channels
  const rgb = new Uint8Array(pixels * 3)
  for (let pixel = 0; pixel < pixels; pixel++) rgb.fill(data[pixel * channels] as number, pixel * 3, pixel * 3 + 3)
  return rgb
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw new UsageError(`"${path}" is a directory; name a PNG or JPEG file`)
    if (!found.isFile()) throw new UsageError(`"${path}" is not a regular file; name a PNG or JPEG file`)
    if (found.size === 0) throw new UsageError(`"${path}" is empty; name a PNG or JPEG file`)
    if (found.size > fileBytesMax) {
      throw new UsageError(`"${path}" has ${found.size} bytes; pictures of up to ${fileBytesMax} bytes are read`)
    }
    return await readFile(path)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read picture "${path}": ${reason(error)}`)
  }
}

function readProblem(path: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error
  const text = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
  if (text.includes('pixel limit')) {
    return new UsageError(`"${path}" has more than ${pixelsMax} pixels; scale it down first`)
  }
  if (text.includes('unsupported image format')) return new UsageError(`"${path}" is not a PNG or JPEG picture`)
  return new UsageError(`"${path}" is a damaged picture: ${text}`)
}

/**
 * Makes the directory if need be and proves that files can be written to it, so that a run does not end with nothing.
 * Throws a usage error otherwise. Returns its absolute path.
 */
export async function prepareOutputDirectory(directory: string): Promise<string> {
  if (directory === '') throw new UsageError('the output directory has no name; give one with --out')
  const path = resolve(directory)
  try {
    await makeDirectory(path)
    const probe = temporaryName(join(path, 'probe'))
    await (await open(probe, 'wx')).close()
    await rm(probe)
    return path
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it, or a part of its path, is a file' : reason(error)
    throw new UsageError(`cannot write to output directory "${directory}": ${why}; give another one with --out`)
  }
}

/**
 * Makes the directory and its missing parents. Not by the `recursive` option: where a parent cannot be made with
 * ENOENT, as in /proc, Node 20 tries again for ever.
 */
async function makeDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) {
    const parent = dirname(path)
    if (parent !== path) await makeDirectory(parent)
    await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
      // Another process may have made it just now.
      if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
    })
  } else if (!found.isDirectory()) {
    throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
  }
}

/** Writes a picture as PNG. The same picture gives the same bytes. An interrupted write leaves no file of that name. */
export async function writePicture(path: string, { width, height, rgb }: Picture): Promise<void> {
  const png = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6, adaptiveFiltering: true, palette: false })
    .toBuffer()
  await writeWhole(path, png)
}

/** Writes a file by way of a temporary one beside it. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path)
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(content)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw new UsageError(`cannot write "${path}": ${reason(error)}`)
  }
}

/** Hidden, in the same directory (a rename does not cross file systems), one for each process. */
function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.part`)
}
