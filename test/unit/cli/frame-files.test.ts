/** Tests | frames as files: those of one index that come at once are all kept. */

import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FrameFiles } from '../../../src/cli/frame-files.ts'

// Goal: two engines whose programs each count their frames from 0 lose none. Method: two different frames of one index at once.
test('the second frame of an index has a file of its own', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dmarace-frames-'))
  const frames = new FrameFiles(directory, 'rgb565', { width: 2, height: 2 })
  const frame = (index: number, fill: number) => {
    return { index, handle: 0, seen: new Uint8Array(8).fill(fill), sent: undefined, wrong: [] }
  }
  for (const one of [frame(1, 0), frame(0, 0), frame(0, 255), frame(0, 0)]) frames.add(one)
  await frames.settle(0)
  expect(frames.files.map(({ index, file }) => [index, file])).toEqual([
    [0, join(directory, 'frame-0.png')],
    [0, join(directory, 'frame-0-2.png')],
    [0, join(directory, 'frame-0-3.png')],
    [1, join(directory, 'frame-1.png')],
  ])
  expect((await readdir(directory)).sort()).toEqual(['frame-0-2.png', 'frame-0-3.png', 'frame-0.png', 'frame-1.png'])
  const [first, second] = await Promise.all(frames.files.map(({ file }) => readFile(file)))
  expect(second).not.toEqual(first)
})
