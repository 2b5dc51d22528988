/** Unit | Ctrl-C and SIGTERM during a search: what is known so far, in text and JSON, and the exit code of the signal. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startCommand } from '../../support/command-process.ts'
import { dmarace } from '../../support/fake-terminal.ts'
import { faultsOf } from '../../support/json-schema.ts'

const corpus = join(fileURLToPath(new URL('../../..', import.meta.url)), 'test/litmus/corpus')

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-interrupt-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Nine actors that go round among ten states each: nobody waits for a billion of them. */
async function large(name: string, holds: string): Promise<string> {
  const file = join(directory, `${name}.ts`)
  await writeFile(
    file,
    `import { always, defineSystem, fromXState } from 'dmarace'
import { setup } from 'xstate'
const places = Array.from({ length: 10 }, (_, at) => [\`s\${at}\`, { on: { go: \`s\${(at + 1) % 10}\` } }])
const chart = setup({}).createMachine({ initial: 's0', states: Object.fromEntries(places) })
const walker = fromXState(chart, { id: 'walker', spontaneous: { go: { description: 'goes', kind: 'must' } } })
const walkers = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [\`w\${i}\`, walker]))
const far = always(${holds})
export const system = defineSystem({ id: '${name}', actors: walkers, channels: [], properties: { far } })
`,
  )
  return file
}

/** Once something has been said of its progress, it is in the midst of a search. */
async function searching({ process: child }: Child): Promise<void> {
  await new Promise((resolve) => child.stderr?.once('data', resolve))
}

test('Ctrl-C: 130, and how far the search has come', { timeout: 60_000 }, async () => {
  const child = startCommand(['check', await large('calm', '() => true')], directory)
  await searching(child)
  child.process.kill('SIGINT')
  const { code, out, err } = await child.ended
  expect(code).toBe(130)
  expect(out).toMatch(
    /^calm {2}not found \(bounded: interrupted after [\d,]+ states, depth \d+, nothing violated so far\)\n/,
  )
  expect(err).toMatch(/dmarace: interrupted\n$/)
})

test('SIGTERM: 143, and a JSON document with what was found by then', { timeout: 60_000 }, async () => {
  const file = await large('eager', `(state) => !state.actor('w0').matches('s2')`)
  const calm = await large('later', '() => true')
  const child = startCommand(['check', file, calm, '--json'], directory)
  await searching(child)
  child.process.kill('SIGTERM')
  const { code, out, err } = await child.ended
  expect(code).toBe(143)
  const verdicts = JSON.parse(out)
  const schema = JSON.parse(await readFile(new URL('../../../docs/check.schema.json', import.meta.url), 'utf8'))
  expect(faultsOf(schema, verdicts)).toEqual([])
  expect(verdicts).toHaveLength(1)
  expect(verdicts[0]).toMatchObject({ verdict: 'violated', end: 'interrupted', exhaustive: false })
  expect(verdicts[0].violation).toMatchObject({ oracle: 'far', length: 2 })
  expect(err).toMatch(/dmarace: interrupted: 1 more not checked\n$/)
})

test('of several threads, too', { timeout: 60_000 }, async () => {
  const child = startCommand(['check', await large('shared', '() => true'), '--threads', '2'], directory)
  await searching(child)
  child.process.kill('SIGINT')
  const { code, out } = await child.ended
  expect(code).toBe(130)
  expect(out).toContain('not found (bounded: interrupted after ')
})

test('a second signal waits for nothing, not even for a predicate that never returns', {
  timeout: 60_000,
}, async () => {
  const endless = "{ if (state.actor('w0').matches('s1')) { writeSync(2, 'hangs'); for (;;) ; } return true }"
  const file = await large('stuck', `(state) => ${endless}`)
  await writeFile(file, `import { writeSync } from 'node:fs'\n${await readFile(file, 'utf8')}`)
  const child = startCommand(['check', file], directory)
  await searching(child)
  // Two of one kind at once might count as one.
  child.process.kill('SIGTERM')
  child.process.kill('SIGINT')
  const { code, out } = await child.ended
  expect([130, 143]).toContain(code)
  expect(out).toBe('')
})

/** As if somebody had asked to stop after so many looks. */
function after(looks: number): AbortSignal {
  let left = looks
  return Object.defineProperty(new AbortController().signal, 'aborted', { get: () => left-- <= 0 })
}

test('of a directory of litmus tests: the cases that are done, and the one that is not', async () => {
  const { code, out, err } = await dmarace(['check', corpus], after(40))
  expect(code).toBe(130)
  expect(out).toMatch(/ (as expected|not decided) /)
  expect(out).toMatch(/\n\n\d+ tests?, \d+ cases?: .*states/)
  expect(err).toMatch(/dmarace: interrupted: \d+ more not checked\n$/)
  const { out: json } = await dmarace(['check', corpus, '--json'], after(0))
  expect(JSON.parse(json)).toMatchObject([{ expected: 'open', check: { verdict: 'not found', end: 'interrupted' } }])
})

test('of a comparison: the cells that are done', async () => {
  const { code, out, err } = await dmarace(['compare', '--threads', '1'], after(400))
  expect(code).toBe(130)
  expect(out).toMatch(/\n\d+ of \d+ as expected\n$/)
  expect(err).toMatch(/dmarace: interrupted: \d+ more not checked\n$/)
  const { code: none, out: json } = await dmarace(['compare', '--threads', '1', '--json'], after(0))
  expect(none).toBe(130)
  expect(JSON.parse(json)).toMatchObject({ met: false, interrupted: true, cells: [] })
})
