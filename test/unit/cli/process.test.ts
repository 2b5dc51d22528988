/** Unit | the command as a process: start, Ctrl-C with finished frames kept, a reader that goes away. */

import { existsSync, watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startCommand } from '../../support/command-process.ts'

let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-process-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Starts the command in the scratch directory, which has a tsconfig.json that nothing must read. */
const start = (args: readonly string[]): Child => startCommand(args, directory)

test('an unknown scenario: one line on stderr, exit code 2', async () => {
  const { code, out, err } = await start(['run', 'nope']).ended
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(/^dmarace: unknown scenario "nope"[^\n]*\n$/)
})

test.each([
  ['in one thread', []],
  ['in two', ['--threads', '2']],
])(
  'Ctrl-C ends with 130 and keeps the frames that are finished, whole, %s',
  async (where, threads) => {
    const out = join(directory, `frames ${where}`)
    await mkdir(out)
    const size = ['--size', '64x48', '--frames', '100000']
    const child = start(['run', 'fimc-capture-userptr', ...size, '--out', out, ...threads])
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
  },
  60_000,
)

test('a reader that goes away ends it quietly', async () => {
  const child = start(['list', '--json'])
  child.process.stdout?.destroy()
  const { code, err } = await child.ended
  expect({ code, err }).toEqual({ code: 0, err: '' })
})

test("a user's file in a folder of its own: the program's own packages, ES modules whatever the folder says", async () => {
  const folder = join(directory, 'elsewhere')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }')
  const file = join(folder, 'turns.ts')
  await writeFile(
    file,
    `import { setup } from 'xstate'
import { defineSystem, fromXState } from 'dmarace'
const machine = setup({ types: { events: {} as { type: 'turn' } } }).createMachine({
  id: 'turner', initial: 'left',
  states: { left: { on: { turn: 'right' } }, right: { on: { turn: 'left' } } },
})
const turner = fromXState(machine, { spontaneous: { turn: { description: 'turns', kind: 'must' } } })
export const system = defineSystem({ id: 'turns', actors: { turner }, channels: [] })
`,
  )
  const checked = await start(['check', file]).ended
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.out).toContain('turns  holds (exhaustive, 2 states)')
  await writeFile(file, "import { x } from './nothing.ts'\nexport const y = x\n")
  const missing = await start(['check', file]).ended
  expect(missing.code).toBe(2)
  expect(missing.err).toMatch(/^dmarace: .*turns\.ts: Cannot find module .*nothing\.ts' imported from .*turns\.ts\n$/)
  await writeFile(
    file,
    `import { setup } from 'xstate'
import { defineSystem } from 'dmarace'
const machine = setup({}).createMachine({ id: 'm' })
export const system = defineSystem({ id: 'raw', actors: { a: machine as never }, channels: [] })
`,
  )
  const raw = await start(['check', file]).ended
  expect(raw.code).toBe(2)
  expect(raw.err).toContain('actors.a: an XState machine says nothing of ports; wrap it: fromXState(machine, ')
})

test('a file in a folder that says nothing of modules is one, with the files beside it, however they are named', async () => {
  const folder = join(directory, 'plain')
  await mkdir(folder)
  await writeFile(
    join(folder, 'parts.ts'),
    `import { fromXState } from 'dmarace'
import { setup } from 'xstate'
export const count: number = 3
const chart = setup({}).createMachine({ initial: 'off', states: { off: { on: { flip: 'on' } }, on: { on: { flip: 'off' } } } })
export const lamp = fromXState(chart, { id: 'lamp', spontaneous: { flip: { description: 'flips', kind: 'must' } } })
`,
  )
  const user = (from: string, id: string) => `import { defineSystem } from 'dmarace'
import { count, lamp } from '${from}'
const lamps = Array.from({ length: count }, (_, index) => [\`lamp\${index}\`, lamp])
export const system = defineSystem({ id: '${id}', actors: Object.fromEntries(lamps), channels: [] })
`
  for (const [name, from] of Object.entries({ bare: './parts', real: './parts.ts', script: './parts.js' })) {
    await writeFile(join(folder, `${name}.ts`), user(from, name))
  }
  await writeFile(join(folder, 'own.js'), user('./parts.ts', 'own'))
  const files = ['bare.ts', 'real.ts', 'script.ts', 'own.js'].map((name) => `plain/${name}`)
  const { code, out, err } = await start(['check', ...files]).ended
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.match(/holds \(exhaustive, 8 states\)/g)).toHaveLength(4)

  await writeFile(join(folder, 'parts.ts'), 'export const lamp = 1\n')
  const missing = await start(['check', 'plain/bare.ts']).ended
  expect({ code: missing.code, out: missing.out }).toEqual({ code: 2, out: '' })
  expect(missing.err).toMatch(
    /^dmarace: plain\/bare\.ts: .*does not provide an export named 'count' \(line 2, column 10\)\n$/,
  )

  await writeFile(join(folder, 'parts.ts'), 'export const [count, lamp] = [3, 1]\nthrow new Error("not today")\n')
  const thrown = await start(['check', 'plain/bare.ts']).ended
  expect(thrown.err).toBe('dmarace: plain/bare.ts: not today (plain/parts.ts, line 2, column 7)\n')
}, 60_000)
