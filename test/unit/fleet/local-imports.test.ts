/** Unit | what a file is made of: its own imports, near and far, and nothing else; a digest that any of them changes. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digest } from '../../../src/base/canonical.ts'
import { firstMistake, localSource } from '../../../src/fleet/local-imports.ts'
import { startCommand } from '../../support/command-process.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-imports-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  return path
}

const source = async (path: string) => localSource(path, await readFile(path, 'utf8'), (file) => readFile(file, 'utf8'))

test('every way to import counts, once, through cycles', async () => {
  const main = await write(
    'main.ts',
    `import { x } from './lib/x.ts'
import data from './data.json' with { type: 'json' }
export * from './again.js'
const later = () => import('./later.ts')
// import './not-this.ts'
import type { T } from './lib/x.ts'
export const all = [x, data, later, "import './nor-this.ts'"]
`,
  )
  await write('lib/x.ts', "import { y } from '../y.mts'\nexport const x: number = y\nexport type T = number\n")
  await write('y.mts', "import { x } from './lib/x.ts'\nexport const y: number = 1\nexport const back = () => x\n")
  await write('again.ts', 'export const again: number = 1\n')
  await write('later.ts', 'export const late = 1\n')
  await write('data.json', '{"a":1}')
  await write('not-this.ts', 'export const n = 1\n')
  const { files } = await source(main)
  const names = ['main.ts', 'again.ts', 'data.json', 'later.ts', 'lib/x.ts', 'y.mts']
  expect(files.map((file) => relative(directory, file))).toEqual(names)
})

test('what is not the user’s own does not count, nor what cannot be compiled', async () => {
  await write('node_modules/thing/index.js', 'export const thing = 1\n')
  await write('node_modules/thing/package.json', '{"name":"thing","main":"index.js","type":"module"}')
  const text = `import { thing } from 'thing'
import { setup } from 'xstate'
import { defineSystem } from 'dmarace'
import { check } from '${root}src/index.ts'
export const all = [thing, setup, defineSystem, check]
`
  const alone = await write('alone.ts', text)
  expect(await source(alone)).toEqual({ files: [alone], digest: digest(text) })
  const wrong = await write('wrong.ts', "import './nowhere.ts'\n")
  expect((await source(wrong)).files).toEqual([wrong])
})

test('a change far away is another digest; another folder is not', async () => {
  const texts = {
    'main.ts': "export { a } from './a.ts'\n",
    'a.ts': "export { b as a } from './b.ts'\n",
    'b.ts': 'export const b = 1\n',
  }
  const digestIn = async (folder: string, changed: Partial<typeof texts> = {}): Promise<string> => {
    for (const [name, text] of Object.entries({ ...texts, ...changed })) await write(`${folder}/${name}`, text)
    return (await source(join(directory, folder, 'main.ts'))).digest
  }
  const before = await digestIn('one')
  expect(await digestIn('two')).toBe(before)
  expect(await digestIn('one', { 'b.ts': 'export const b = 2\n' })).not.toBe(before)
})

test('what cannot be compiled, and a name that nobody exports, have a place', async () => {
  const far = await write('far.mjs', 'export const x = 1\nexport const = 3\n')
  expect(await firstMistake(await write('near.mjs', "import './far.mjs'\n"))).toEqual({
    file: far,
    line: 2,
    column: 14,
  })
  await write('names.ts', 'export const one = 1\n')
  const asks = await write('asks.ts', "\nimport { two } from './names.ts'\nexport const x = two\n")
  expect(await firstMistake(asks)).toEqual({ file: asks, line: 2, column: 10 })
  expect(await firstMistake(await write('right.ts', 'export const x = 1\n'))).toBeUndefined()
})

test('a token is refused once an import has changed', { timeout: 60_000 }, async () => {
  const lamp = (target: string): string => `import { fromXState } from 'dmarace'
import { setup } from 'xstate'
const chart = setup({}).createMachine({ initial: 'off', states: { off: { on: { flip: '${target}' } }, on: { on: { flip: 'off' } } } })
export const lamp = fromXState(chart, { id: 'lamp', spontaneous: { flip: { description: 'flips', kind: 'must' } } })
`
  await write('lamps/lamp.ts', lamp('on'))
  const file = await write(
    'lamps/system.ts',
    `import { always, defineSystem } from 'dmarace'
import { lamp } from './lamp.ts'
const dark = always((state) => !state.actor('lamp').matches('on'))
export const system = defineSystem({ id: 'lamps', actors: { lamp }, channels: [], properties: { dark } })
`,
  )
  const { out } = await startCommand(['check', file], directory).ended
  const [, token] = /replay: npx dmarace replay (\S+) /.exec(out) as RegExpExecArray
  const replay = () => startCommand(['replay', token as string, '--system', file], directory).ended
  expect(await replay()).toMatchObject({ code: 1, out: expect.stringContaining('always "dark" violated') })
  await write('lamps/lamp.ts', lamp('off'))
  const { code, err } = await replay()
  expect(code).toBe(2)
  expect(err).toContain('system.ts, or a file that it imports, has changed since this token was printed')
})
