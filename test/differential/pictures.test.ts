/** Differential | the whole system: a frame as the CPU saw it against the test's own conversion of the picture, bit for bit. */

import { describe, expect, test } from 'vitest'
import { board } from '../../machines/geometry.ts'
import { Bytes } from '../../src/base/bytes.ts'
import type { SeenFrame } from '../../src/run/frames.ts'
import { type RunRequest, resolveOptions } from '../../src/run/options.ts'
import { type RunResult, runScenario } from '../../src/run/run.ts'
import { prngFor, seed } from '../support/seed.ts'
import { fromYuyv, type Picture, toYuyv } from '../unit/machines/fimc/expected.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** The lines are 32 bytes and the pages 4096: each size says what is odd about it. */
const sizes: readonly (Size & { readonly why: string })[] = [
  { width: 16, height: 16, why: 'a fraction of a page' },
  { width: 64, height: 48, why: 'whole lines' },
  { width: 66, height: 50, why: 'a width that is no multiple of a line, the last page partly used, padded chroma' },
  { width: 642, height: 10, why: 'wide and low' },
  { width: 2, height: 2, why: 'less than a line' },
  { width: 22, height: 94, why: 'narrow and high' },
]
const formats = ['yuyv', 'nv12', 'rgb565'] as const
const captures = ['fimc-capture-userptr', 'fimc-capture-mmap'] as const

/** YUYV of random bytes: no two pictures, lines or pixels are alike. */
function noise(label: string, { width, height }: Size): Picture {
  const prng = prngFor(label)
  return Uint8Array.from({ length: width * height * 2 }, () => prng.below(256))
}

/** White, yellow, cyan, green, magenta, red, blue, black, as RGB565, of equal width: FIMC's test pattern. */
function colorBars({ width, height }: Size): Picture {
  const bars = [0xffff, 0xffe0, 0x07ff, 0x07e0, 0xf81f, 0xf800, 0x001f, 0x0000]
  const pairs = width / 2
  const row = Array.from({ length: width }, (_, x) => bars[Math.floor((Math.floor(x / 2) * 8) / pairs)] as number)
  const rgb = Array.from({ length: height }, () => row).flat()
  return toYuyv(
    Uint8Array.from(rgb.flatMap((pixel) => [pixel % 256, Math.floor(pixel / 256)])),
    width,
    height,
    'rgb565',
  )
}

function capture(request: RunRequest, pictures: readonly Picture[]): { frames: SeenFrame[]; result: RunResult } {
  const frames: SeenFrame[] = []
  const options = resolveOptions({ ...request, pictures: pictures.map((_, index) => `picture ${index}`) })
  const result = runScenario(options, {
    runtime: 'sim',
    pictures: pictures.map((picture) => Bytes.from(picture)),
    onFrame: (frame) => frames.push(frame),
  })
  return { frames, result }
}

/** Line by line, so that a failure is short. */
function wrongLines(seen: Uint8Array, expected: Picture): { offset: number; bytes: number }[] {
  const wrong: { offset: number; bytes: number }[] = []
  for (let offset = 0; offset < Math.max(seen.length, expected.length); offset += board.lineBytes) {
    const [a, b] = [seen, expected].map((bytes) => [...bytes.slice(offset, offset + board.lineBytes)])
    if (String(a) !== String(b)) wrong.push({ offset, bytes: (a as number[]).length })
  }
  return wrong
}

function expectFrames(frames: readonly SeenFrame[], expected: readonly Picture[], count: number): void {
  expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, index) => index))
  for (const { index, seen, wrong } of frames) {
    const picture = expected[index % expected.length] as Picture
    expect([index, seen.length]).toEqual([index, picture.length])
    expect([index, wrongLines(seen, picture)]).toEqual([index, []])
    expect([index, wrong]).toEqual([index, []])
  }
}

describe.each(captures)(`%s, seed ${seed}`, (scenario) => {
  describe.each(sizes)('$width x $height: $why', (size) => {
    const { width, height } = size
    const request = { scenario, size: `${width}x${height}`, seed }

    test.each(formats)('%s: pictures in turn, buffers queued again', (format) => {
      const pictures = [0, 1, 2].map((index) => noise(`${width}x${height} ${index}`, size))
      const { frames, result } = capture({ ...request, format, frames: 5 }, pictures)
      expect([result.verdict, result.statistics.framesDelivered]).toEqual(['clean', 5])
      const expected = pictures.map((picture) => fromYuyv(picture, width, height, format))
      expectFrames(frames, expected, 5)
    })

    test.each(formats)("%s: FIMC's test pattern", (format) => {
      const { frames, result } = capture({ ...request, format, frames: 1 }, [])
      expect(result.verdict).toBe('clean')
      expectFrames(frames, [fromYuyv(colorBars(size), width, height, format)], 1)
    })
  })
})

test('an adversarial schedule and a slow second look change no bit', () => {
  const size = { width: 66, height: 50 }
  const pictures = [0, 1].map((index) => noise(`adversarial ${index}`, size))
  const expected = pictures.map((picture) => fromYuyv(picture, 66, 50, 'nv12'))
  for (const scenario of captures) {
    for (let run = 1; run <= 3; run++) {
      const request = { scenario, size: '66x50', format: 'nv12', frames: 6, seed: run, policy: 'adversarial' }
      const { frames, result } = capture(request, pictures)
      expect(result.verdict).toBe('clean')
      expectFrames(frames, expected, 6)
    }
  }
})

// Goal: what the damaged picture shows is what went wrong. Method: the lines whose bytes differ from the picture that the
// sensor showed, worked out here, against the lines that the run calls wrong.
describe('without sync for device', () => {
  const scenario = 'fimc-capture-userptr-no-sync-for-device'
  test.each([
    ['64x48', 'yuyv', 'adversarial'],
    ['64x48', 'nv12', 'adversarial'],
    ['66x50', 'rgb565', 'adversarial'],
    ['160x120', 'nv12', 'random'],
  ])('%s %s, %s: exactly the lines that differ are wrong', (text, format, policy) => {
    const [width, height] = text.split('x').map(Number) as [number, number]
    const pictures = [0, 1, 2].map((index) => noise(`damage ${text} ${index}`, { width, height }))
    const request = { size: text, format, frames: 6, policy }
    const { frames, result } = capture({ ...request, scenario }, pictures)
    expect(result.verdict).toBe('violated')
    const oracles = result.violations.map(({ violation }) => violation.oracle)
    for (const oracle of ['no-lost-write', 'fresh-load', 'ownership']) expect(oracles).toContain(oracle)
    let damaged = 0
    for (const { index, seen, wrong } of frames) {
      const expected = fromYuyv(pictures[index % 3] as Picture, width, height, format)
      expect([index, wrong]).toEqual([index, wrongLines(seen, expected)])
      damaged += wrong.length
    }
    expect(damaged).toBeGreaterThan(0)
    const correct = capture({ ...request, scenario: 'fimc-capture-userptr' }, pictures)
    expect(correct.result.verdict).toBe('clean')
    expect(correct.frames.map(({ wrong }) => wrong)).toEqual(Array.from({ length: 6 }, () => []))
  })
})
