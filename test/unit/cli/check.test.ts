/** Unit | `dmarace check`: exit codes, JSON, replay of what it prints, and what is wrong with a file. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'

const model = (name: string) => fileURLToPath(new URL(`../../models/${name}.ts`, import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-check-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

/** A file with one actor that reacts to `go` by `body`, and more top-level code. */
const systemFile = (body: string, before = ''): string => `
import { defineMachine, defineSystem } from '${root}src/index.ts'
${before}
export const system = defineSystem({
  id: 'mine',
  actors: {
    counter: defineMachine({
      id: 'counter', description: 'counts', inPorts: {}, outPorts: {}, events: { go: 'goes' },
      spontaneous: { go: { description: 'goes', kind: 'must' } },
      context: () => ({ n: 0 }),
      actions: { count: { description: 'counts', run: (context) => { ${body} } } },
      chart: { description: 'c', initial: 'a', states: { a: { description: 'a', on: { go: { actions: 'count' } } } } },
    }),
  },
  channels: [],
})
`

describe('check', () => {
  test('of a right model exits with 0, of a wrong one with 1, within a bound with 3', async () => {
    expect((await dmarace(['check', model('two-phase-commit')])).code).toBe(0)
    const philosophers = await dmarace(['check', model('dining-philosophers')])
    expect(philosophers.code).toBe(1)
    expect(philosophers.out).toContain('violated: deadlock in 5 (exhaustive, 242 states)')
    const bounded = await dmarace(['check', model('two-phase-commit'), '--max-states', '10'])
    expect(bounded.code).toBe(3)
    expect(bounded.out).toContain('not found (bounded: ')
  })

  test('of scenarios in a file of one’s own; their tokens name the file', async () => {
    const own = await file(
      'own-scenario.ts',
      (await readFile(new URL('../../support/readme/own-scenario.ts', import.meta.url), 'utf8'))
        .replace(/from '[^']*'/, `from '${root}src/index.ts'`)
        .replace(/^const (lateStore|unpublished)/gm, 'export const $1'),
    )
    const off = ['--features', '-speculation,-eviction']
    const { code, out } = await dmarace(['check', own, ...off])
    expect(code).toBe(1)
    expect(out).toContain('late-store  holds (exhaustive, ')
    expect(out).toContain('late-store-unpublished  violated: fresh-dma-read in ')
    const [, token, system] = /replay: npx dmarace replay (\S+) --system (\S+)/.exec(out) as RegExpExecArray
    const replayed = await dmarace(['replay', token as string, '--system', system as string])
    expect(replayed.out).toContain('always "device reads see what the CPU stored before the doorbell" violated')
    expect((await dmarace(['check', model('two-phase-commit'), ...off])).err).toContain('--features is for scenarios')
  })

  test('prints a replay that shows the same', async () => {
    const { out } = await dmarace(['check', model('dining-philosophers')])
    const [, token, system] = /replay: npx dmarace replay (\S+) --system (\S+)/.exec(out) as RegExpExecArray
    for (const runtime of ['sim', 'live']) {
      const replay = await dmarace(['replay', token as string, '--system', system as string, '--runtime', runtime])
      expect(replay.code).toBe(1)
      expect(replay.out).toContain('always "something can go on until every program has ended" violated')
    }
    const other = await dmarace(['replay', token as string, '--system', model('two-phase-commit')])
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('unknown system') })
    expect((await dmarace(['replay', token as string])).err).toContain('say where it is, --system file.ts')
  })

  test('with --json prints one document', async () => {
    const { out } = await dmarace(['check', model('dining-philosophers'), '--json'])
    const verdict = JSON.parse(out)
    expect(verdict).toMatchObject({ verdict: 'violated', exhaustive: true, states: 242, transitions: 805 })
    expect(verdict.violation).toMatchObject({ oracle: 'deadlock', length: 5 })
  })

  test('of a scenario names the features that were not as usual', async () => {
    const { code, out } = await dmarace([
      ...['check', 'conversion-streaming', '--frames', '1'],
      ...['--features', 'no-speculation,no-eviction,no-tlbEviction'],
    ])
    expect(out).toMatch(/holds \(exhaustive, [\d,]+ states\)/)
    expect(out).toContain('  features: as usual, but off: speculation, eviction, tlbEviction\n')
    expect(code).toBe(0)
  })

  test.each([
    ['a machine', 'x.createMachine({})', 'it is a machine: give it to fromXState'],
    ['a function', '() => 1', 'it is a function: export what it returns'],
    ['a promise', 'Promise.resolve(1)', 'it is a promise: export what you await'],
    ['an actor', 'x.createActor(x.createMachine({}))', 'it is a running actor: give its machine'],
  ])('of a file that exports %s says what to do with it', async (what, value, hint) => {
    const path = await file(`exports-${what.replace(' ', '-')}.ts`, '')
    await writeFile(path, `import * as x from 'xstate'\nexport const it = ${value}\n`)
    const { code, err } = await dmarace(['check', path])
    expect(code).toBe(2)
    expect(err).toContain(hint)
  })

  test('a violation before the first step replays, too', async () => {
    const path = await file(
      'at-once.ts',
      systemFile('').replace(
        'channels: [],',
        'channels: [], properties: { never: { kind: "always", holds: () => false } },',
      ),
    )
    const { out } = await dmarace(['check', path])
    expect(out).toContain('never after 0 steps')
    const [, token] = /replay: npx dmarace replay (\S+) --system .*\n$/.exec(out) as RegExpExecArray
    const replay = await dmarace(['replay', token as string, '--system', path])
    expect(replay.code).toBe(1)
    expect(replay.out).toContain('always "never" violated')
  })

  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown scenario', ['check', 'conversion-doorbel'], /Did you mean conversion-doorbell\?/],
    ['an unknown strategy', ['check', model('two-phase-commit'), '--strategy', 'bsf'], /unknown strategy "bsf"/],
    [
      'an unknown reduction',
      ['check', model('two-phase-commit'), '--reduce', 'pro'],
      /unknown reduction "pro"\. Known: por, symmetry/,
    ],
    [
      'a reduction of a walk',
      ['check', model('two-phase-commit'), '--strategy', 'dfs', '--reduce', 'por'],
      /the strategy dfs cannot use the reduction "por"; bfs can/,
    ],
    ['no states', ['check', model('two-phase-commit'), '--max-states', '0'], /--max-states must be a whole number/],
    ['too many threads', ['check', model('two-phase-commit'), '--threads', '1000'], /--threads must be at most/],
    ['a file that is not there', ['check', 'nowhere.ts'], /cannot read nowhere\.ts/],
    ['features of a system', ['check', model('two-phase-commit'), '--features', 'l2'], /--features is for scenarios/],
  ]
  test.each(wrong)('refuses %s', async (_name, args, message) => {
    const { code, out, err } = await dmarace(args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(message)
  })
})

describe('a file of systems', () => {
  test('that throws is named, with the error', async () => {
    const path = await file('throws.mts', `throw new Error('not today')\n`)
    const { code, err } = await dmarace(['check', path])
    expect(code).toBe(2)
    expect(err).toMatch(/throws\.mts: not today/)
  })

  test('that exports no system says what it exports', async () => {
    const { code, err } = await dmarace(['check', await file('nothing.mts', 'export const answer = 42\n')])
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('exports no system (it exports answer)'),
    })
  })

  test('whose counter only grows names the field', async () => {
    const { code, err } = await dmarace(['check', await file('grows.mts', systemFile('context.n++'))])
    expect(code).toBe(2)
    expect(err).toContain('the field context.n of counter takes more than 10000 values')
  })

  test('whose action is not pure names the action', async () => {
    const path = await file('impure.mts', systemFile('context.n = hidden++ % 7', 'let hidden = 0'))
    const { code, err } = await dmarace(['check', path])
    expect(code).toBe(2)
    expect(err).toMatch(/go of counter: .*by the action count/)
  })

  test('that leaves a message undecided, or keeps functions in a context, is refused by name', async () => {
    const undecided = systemFile('').replace("on: { go: { actions: 'count' } }", 'on: {}')
    expect((await dmarace(['check', await file('undecided.mts', undecided)])).err).toMatch(/undecided\.mts: .*"go"/s)
    const functions = systemFile('').replace('({ n: 0 })', '({ n: () => 0 })')
    expect((await dmarace(['check', await file('functions.mts', functions)])).err).toContain(
      'context.n is not plain data',
    )
  })

  test('says which of its systems is meant after "#"; two of one id could not be told apart', async () => {
    const second = (id: string) => `${systemFile('context.n = 1 - context.n')}
export const other = { ...system, id: '${id}' }
export const listed = [system, { ...system, id: 'third' }]
`
    const path = await file('several.mts', second('other'))
    expect((await dmarace(['check', path])).out.match(/^\w+ {2}holds/gm)).toEqual([
      'mine  holds',
      'third  holds',
      'other  holds',
    ])
    expect((await dmarace(['check', `${path}#other`])).out).toMatch(/^other {2}holds[^\n]*\n[^\n]*\n$/)
    const unknown = await dmarace(['check', `${path}#othre`])
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean other?') })
    expect((await dmarace(['draw', path])).err).toContain(`exports several systems: say which, ${path}#mine, `)
    expect((await dmarace(['draw', `${path}#third`])).out).toContain('<svg')
    expect((await dmarace(['draw', `${path}#third`, '--actor', 'counter', '--format', 'mermaid'])).out).toContain(
      'stateDiagram',
    )
    const twice = await dmarace(['check', await file('twice.mts', second('mine'))])
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('exports two systems with the id "mine"') })
  })

  test('whose code throws is told so, with the place; it is no bug of ours', async () => {
    const path = await file('careless.mts', systemFile('context.missing.n = 1'))
    const { code, err } = await dmarace(['check', path])
    expect(code).toBe(2)
    expect(err).toMatch(/^dmarace: counter action count: Cannot set prop[^\n]* at [^\n]*careless\.mts:\d+:\d+\n$/)
  })
})
