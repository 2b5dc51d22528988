/** Unit | the command as a process: start, Ctrl-C with finished frames kept, a reader that goes away. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'

const command = fileURLToPath(new URL('../../../bin/dmarace.js', import.meta.url))
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-process-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

interface Child {
  readonly process: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** Starts the command in the scratch directory, which has a tsconfig.json that nothing must read. */
function start(args: readonly string[]): Child {
  const child = spawn(process.execPath, [command, ...args], { cwd: directory, env: { ...process.env, NO_COLOR: '1' } })
  const text = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    text.out += piece
  })
  child.stderr.on('data', (piece) => {
    text.err += piece
  })
  return { process: child, ended: once(child, 'close').then(([code]) => ({ code, ...text })) }
}

test('an unknown scenario: one line on stderr, exit code 2', async () => {
  const { code, out, err } = await start(['run', 'nope']).ended
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(/^dmarace: unknown scenario "nope"[^\n]*\n$/)
})

test('Ctrl-C ends with 130 and keeps the frames that are finished, whole', async () => {
  const out = join(directory, 'frames')
  await mkdir(out)
  const child = start(['run', 'fimc-capture-userptr', '--size', '64x48', '--frames', '100000', '--out', out])
  const watcher = watch(out, () => {
    if (!existsSync(join(out, 'frame-2.png'))) return
    // Once: a second one does not wait for anything.
    watcher.close()
    child.process.kill('SIGINT')
  })
  const { code, out: text } = await child.ended
  expect(code, text).toBe(130)
  expect(text).toContain('interrupted')
  const files = await readdir(out)
  expect(files).toContain('frame-2.png')
  for (const file of files) {
    expect(file).toMatch(/^frame-\d+\.png$/)
    expect((await sharp(join(out, file)).metadata()).width).toBe(64)
  }
})

test('a reader that goes away ends it quietly', async () => {
  const child = start(['list', '--json'])
  child.process.stdout?.destroy()
  const { code, err } = await child.ended
  expect({ code, err }).toEqual({ code: 0, err: '' })
})
