/** Unit | `dmarace check --watch` as a process: what changed is checked again, whatever way it was written, and Ctrl-C ends it. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'

const command = fileURLToPath(new URL('../../../bin/dmarace.js', import.meta.url))
const minutes = 3 * 60_000

let directory = ''
const path = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-watch-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const text = (name: string, expected: string, loops = 0) => `litmus ${name}
"q"
memory { m: 1 word = 0 }
cpu C0 { st m = 1 ; repeat ${loops + 1} { ld r0 = m } }
expect: ${expected}
`

/** The command, and what it said since it was last asked. */
class Watching {
  private said = ''
  private heard = 0
  private heardMore = (): void => {}
  private readonly process
  readonly ended

  constructor(args: readonly string[]) {
    this.process = spawn(process.execPath, [command, 'check', ...args, '--watch'], { cwd: directory })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        this.said += piece
        this.heardMore()
      })
    }
    this.ended = once(this.process, 'close').then(([code]) => {
      this.heardMore()
      return code as number | null
    })
  }

  /** Waits until this is said, and returns all that was said since the last wait. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.said.slice(this.heard))
      if (found) {
        const from = this.heard
        this.heard += found.index + found[0].length
        return this.said.slice(from, this.heard)
      }
      if (this.process.exitCode !== null) throw new Error(`it ended, and said:\n${this.said}`)
      await new Promise<void>((resolve) => {
        this.heardMore = resolve
      })
    }
  }

  interrupt(): void {
    this.process.kill('SIGINT')
  }
}

let watching: Watching | undefined
afterEach(async () => {
  watching?.interrupt()
  await watching?.ended
  watching = undefined
})

const waits = /waiting for a change/

test('of a folder: only what changed, new files, folders and renames included; Ctrl-C is 130', {
  timeout: minutes,
}, async () => {
  await mkdir(path('tests'))
  await writeFile(path('tests/a.litmus'), text('a', 'holds'))
  await writeFile(path('tests/b.litmus'), text('b', 'holds'))
  watching = new Watching(['tests'])
  expect(await watching.until(waits)).toMatch(/checking tests\/a\.litmus, tests\/b\.litmus\n[\s\S]*2 as expected/)

  // In place.
  await writeFile(path('tests/b.litmus'), text('b', 'violated leak'))
  const wrong = await watching.until(waits)
  expect(wrong).toContain('checking tests/b.litmus\n')
  expect(wrong).toContain('1 NOT as expected')

  // As editors do that never leave half a file.
  await writeFile(path('tests/.b.litmus.swp'), text('b', 'holds', 1))
  await rename(path('tests/.b.litmus.swp'), path('tests/b.litmus'))
  expect(await watching.until(waits)).toMatch(/checking tests\/b\.litmus\n[\s\S]*1 as expected/)
  await writeFile(path('tests/.b.litmus.swp'), text('b', 'violated leak', 1))
  await rename(path('tests/.b.litmus.swp'), path('tests/b.litmus'))
  expect(await watching.until(waits)).toMatch(/checking tests\/b\.litmus\n[\s\S]*1 NOT as expected/)

  // What stays the same is not checked; a new file in a new folder is; one that is wrong says so and is not the end.
  await writeFile(path('tests/a.litmus'), await readFile(path('tests/a.litmus')))
  await mkdir(path('tests/deep/er'), { recursive: true })
  await writeFile(path('tests/deep/er/c.litmus'), 'litmus c')
  expect(await watching.until(waits)).toMatch(/checking tests\/deep\/er\/c\.litmus\n[\s\S]*c\.litmus:1:9: /)
  await writeFile(path('tests/deep/er/c.litmus'), text('c', 'holds'))
  expect(await watching.until(waits)).toMatch(/checking tests\/deep\/er\/c\.litmus\n[\s\S]*1 as expected/)

  // Away, and there again.
  await rm(path('tests'), { recursive: true })
  await watching.until(/tests\/deep\/er\/c\.litmus is gone\n/)
  await mkdir(path('tests'))
  await writeFile(path('tests/d.litmus'), text('d', 'holds'))
  expect(await watching.until(waits)).toContain('checking tests/d.litmus\n')

  watching.interrupt()
  expect(await watching.ended).toBe(130)
})

test('a search that is under way gives way to what changes, and to Ctrl-C', { timeout: minutes }, async () => {
  // Four cores that store and load: too many orders to search them in any time.
  const cores = [0, 1, 2, 3].map((core) => `cpu C${core} { repeat 6 { st m = ${core} ; ld r0 = m } }`)
  const long = `litmus long\n"q"\nmemory { m: 4 line = 0 }\n${cores.join('\n')}\n`
  await writeFile(path('long.litmus'), long)
  await writeFile(path('short.litmus'), text('short', 'holds'))
  watching = new Watching(['long.litmus', 'short.litmus', '--max-states', '100000000'])
  await watching.until(/checking long\.litmus, short\.litmus\n/)
  await writeFile(path('long.litmus'), text('long', 'holds'))
  expect(await watching.until(waits)).toMatch(/checking long\.litmus, short\.litmus\n[\s\S]*2 as expected/)
  await writeFile(path('long.litmus'), long)
  await watching.until(/checking long\.litmus\n/)
  watching.interrupt()
  expect(await watching.ended).toBe(130)
})

test('a TypeScript file is read afresh, with what it imports', { timeout: minutes }, async () => {
  await mkdir(path('own'))
  const model = fileURLToPath(new URL('../../models/dining-philosophers.ts', import.meta.url))
  await writeFile(path('own/package.json'), '{ "type": "module" }')
  await writeFile(path('own/part.ts'), `export { system } from '${model}'\n`)
  await writeFile(path('own/own.ts'), "export { system as mine } from './part.ts'\n")
  watching = new Watching(['own/own.ts'])
  expect(await watching.until(waits)).toMatch(/checking own\/own\.ts\n[\s\S]*violated: deadlock/)
  await writeFile(
    path('own/part.ts'),
    `export { system } from '${model.replace('dining-philosophers', 'two-phase-commit')}'\n`,
  )
  expect(await watching.until(waits)).toMatch(/checking own\/own\.ts\n[\s\S]*holds \(exhaustive/)
})

test.each([
  [['conversion-doorbell'], /--watch: conversion-doorbell is no file and no folder/],
  [['nowhere.litmus'], /cannot read "nowhere\.litmus": there is no such file/],
  [['nowhere.ts'], /cannot read "nowhere\.ts": there is no such file/],
  [['nowhere.litmus', '--json'], /--json is for one check: leave it or --watch out/],
  [['nowhere.litmus', '--junit', 'x.xml'], /--junit is for one check/],
])('refuses %j', async (args, message) => {
  const { code, out, err } = await dmarace(['check', ...args, '--watch'])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(message)
})

test('refuses a folder without tests', async () => {
  await mkdir(path('empty'))
  expect((await dmarace(['check', path('empty'), '--watch'])).err).toContain('there are no .litmus files in')
})
