/** Unit | picture files: what is read and written, and what a user is told when that cannot be. */

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { prepareOutputDirectory, readPicture, writePicture, writeWhole } from '../../../src/cli/image-files.ts'
import { prngFor } from '../../support/seed.ts'

let directory = ''
const path = (name: string) => join(directory, name)
const isRoot = process.getuid?.() === 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-pictures-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function noise(width: number, height: number): { width: number; height: number; rgb: Uint8Array } {
  const prng = prngFor('noise')
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, () => prng.below(256)) }
}

async function usageError(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UsageError)
  const { message } = error as UsageError
  expect(message, 'one line for the user').not.toContain('\n')
  return message
}

describe('PNG', () => {
  test('comes back bit for bit, and is the same file each time', async () => {
    const picture = noise(66, 50)
    await writePicture(path('a.png'), picture)
    await writePicture(path('b.png'), picture)
    expect((await readFile(path('a.png'))).equals(await readFile(path('b.png')))).toBe(true)
    const read = await readPicture(path('a.png'), picture)
    expect(read.picture).toEqual(picture)
    expect(read.note).toBeUndefined()
    expect(read.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  test('grey, 16-bit and transparent ones become RGB', async () => {
    const grey = { raw: { width: 2, height: 2, channels: 1 as const } }
    await sharp(Buffer.of(0, 80, 160, 255), grey)
      .toColourspace('b-w')
      .png()
      .toFile(path('grey.png'))
    const read = await readPicture(path('grey.png'), { width: 2, height: 2 })
    expect([...read.picture.rgb]).toEqual([0, 0, 0, 80, 80, 80, 160, 160, 160, 255, 255, 255])

    const clear = { raw: { width: 2, height: 2, channels: 4 as const } }
    const rgba = Buffer.from([9, 8, 7, 255, 9, 8, 7, 0, 9, 8, 7, 255, 9, 8, 7, 0])
    await sharp(rgba, clear).png().toFile(path('clear.png'))
    const flattened = await readPicture(path('clear.png'), { width: 2, height: 2 })
    expect([...flattened.picture.rgb]).toEqual([9, 8, 7, 0, 0, 0, 9, 8, 7, 0, 0, 0])

    await sharp(path('a.png')).toColourspace('rgb16').png().toFile(path('deep.png'))
    const deep = await readPicture(path('deep.png'), { width: 66, height: 50 })
    expect(deep.picture).toEqual(noise(66, 50))
  })
})

describe('JPEG', () => {
  test('is read, stretched to the size, and the note says so', async () => {
    await sharp(path('a.png')).jpeg().toFile(path('photo.jpg'))
    const read = await readPicture(path('photo.jpg'), { width: 16, height: 16 })
    expect(read.picture.rgb).toHaveLength(16 * 16 * 3)
    expect(read.note).toBe('photo.jpg is 66x50; stretched to 16x16')
  })

  test('held upright as its camera noted', async () => {
    const pixels = Buffer.alloc(8 * 16 * 3)
    pixels.fill(255, 0, 8 * 8 * 3) // white above, black below
    const raw = { raw: { width: 8, height: 16, channels: 3 as const } }
    await sharp(pixels, raw).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(path('turned.jpg'))
    const { picture, note } = await readPicture(path('turned.jpg'), { width: 16, height: 8 })
    expect(note).toBeUndefined()
    expect(picture.rgb[0]).toBeLessThan(20)
    expect(picture.rgb[15 * 3]).toBeGreaterThan(235)
  })
})

describe('what cannot be read', () => {
  const size = { width: 16, height: 16 }

  test('is named with the reason', async () => {
    await writeFile(path('text.png'), 'no picture at all')
    await writeFile(path('empty.png'), '')
    const whole = await readFile(path('a.png'))
    await writeFile(path('cut.png'), whole.subarray(0, whole.length / 2))
    await sharp(path('a.png')).webp().toFile(path('a.webp'))
    await writeFile(path('drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')

    expect(await usageError(readPicture(path('missing.png'), size))).toContain('missing.png": there is no such file')
    expect(await usageError(readPicture(directory, size))).toContain('is a directory; name a PNG or JPEG file')
    expect(await usageError(readPicture(path('text.png'), size))).toContain('is not a PNG or JPEG picture')
    expect(await usageError(readPicture(path('empty.png'), size))).toContain('is empty')
    expect(await usageError(readPicture(path('cut.png'), size))).toContain('is a damaged picture')
    expect(await usageError(readPicture(path('a.webp'), size))).toContain(
      'is a webp picture; only PNG and JPEG are read',
    )
    expect(await usageError(readPicture(path('drawing.svg'), size))).toContain('only PNG and JPEG are read')
    expect(await usageError(readPicture(path('a.png/inside.png'), size))).toContain('not a directory')
    expect(await usageError(readPicture('/dev/null', size))).toContain('is not a regular file')
  })

  test('a picture of too many pixels is refused before it is unpacked', async () => {
    const blank = sharp({ create: { width: 16000, height: 8000, channels: 3, background: '#000000' } })
    await blank.png({ compressionLevel: 1 }).toFile(path('huge.png'))
    expect(await usageError(readPicture(path('huge.png'), size))).toContain('has more than 120000000 pixels')
  })

  test.skipIf(isRoot)('a file without permission', async () => {
    await writeFile(path('secret.png'), 'x', { mode: 0o000 })
    expect(await usageError(readPicture(path('secret.png'), size))).toContain('permission denied')
  })
})

describe('output directory', () => {
  test('is made, with its parents, and left empty', async () => {
    const made = await prepareOutputDirectory(path('out/deep'))
    expect(made).toBe(path('out/deep'))
    expect(await readdir(made)).toEqual([])
    expect(await prepareOutputDirectory(path('out/deep'))).toBe(made)
  })

  test('that is a file, or lies in one, is refused', async () => {
    expect(await usageError(prepareOutputDirectory(path('a.png')))).toContain('is a file; give another one with --out')
    expect(await usageError(prepareOutputDirectory(path('a.png/out')))).toContain('is a file')
    expect(await usageError(prepareOutputDirectory('/proc/nothing'))).toContain('cannot write to output directory')
  })

  test.skipIf(isRoot)('without permission', async () => {
    await mkdir(path('locked'))
    await chmod(path('locked'), 0o500)
    expect(await usageError(prepareOutputDirectory(path('locked')))).toContain('permission denied')
  })
})

describe('writing', () => {
  test('replaces a file at once and leaves nothing else behind', async () => {
    const target = await prepareOutputDirectory(path('whole'))
    await writeWhole(join(target, 'report.txt'), 'old')
    await writeWhole(join(target, 'report.txt'), 'new')
    expect(await readFile(join(target, 'report.txt'), 'utf8')).toBe('new')
    expect(await readdir(target)).toEqual(['report.txt'])
  })

  test('a failure leaves no half file', async () => {
    await mkdir(path('whole/taken.png'), { recursive: true })
    expect(await usageError(writePicture(path('whole/taken.png'), noise(4, 4)))).toContain('cannot write')
    expect(await readdir(path('whole'))).toEqual(['report.txt', 'taken.png'])
    expect(await usageError(writePicture(path('nowhere/x.png'), noise(4, 4)))).toContain('there is no such')
  })
})
