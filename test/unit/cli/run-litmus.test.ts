/** Unit | litmus tests where scenarios can stand: run, draw, export and replay of their tokens. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'
import { parseXml } from '../../support/xml.ts'

/** Store, doorbell, and no barrier between: what the device reads depends on the order. */
const text = `litmus late
"This asks whether a doorbell waits for the store before it."
variants buggy, fixed
platform { feature no speculation, no eviction }
memory { buf: 1 line nc = 1 }
cpu C0 { st buf[0] = 2 ; variant fixed { dsb } ; bell D }
device D { wait BELL == 1 ; rd r0 = @buf[0] }
never D.r0 != 2
sometimes D.r0 == 2
`

let directory = ''
const path = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-run-litmus-'))
  await writeFile(path('late.litmus'), text)
  await writeFile(
    path('endless.litmus'),
    'litmus endless\n"q"\nmemory { m: 1 word }\ncpu C0 { while 1 { ld r0 = m } }\n',
  )
  await writeFile(path('wrong.litmus'), 'litmus wrong\n"q"\ncpu C0 { ld r0 = nowhere }\n')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const run = (...args: string[]) => dmarace(['run', path('late.litmus'), '--out', directory, ...args])

describe('run', () => {
  test('plays one order by its seed, and the seed decides', async () => {
    const codes = new Map<number, string>()
    for (let seed = 1; seed <= 40 && codes.size < 2; seed++) {
      const { code, out, err } = await run('--seed', String(seed))
      expect(err).toBe('')
      expect(await run('--seed', String(seed), '--runtime', 'live')).toEqual({ code, out, err })
      codes.set(code, out)
    }
    expect([...codes.keys()].sort()).toEqual([0, 1])
    expect(codes.get(1)).toMatch(/^late\/buggy {2}\d+ steps, seed \d+\n/)
    expect(codes.get(1)).toContain('always "never D.r0 != 2, when every program has ended" violated')
    expect(codes.get(0)).toContain('nothing is violated in this run\nshows sometimes D.r0 == 2')
    const [, token, file] = /\nreplay: npx dmarace replay (\S+) --system (\S+)\n$/.exec(
      codes.get(1) as string,
    ) as RegExpExecArray
    const replayed = await dmarace(['replay', token as string, '--system', file as string])
    expect(replayed.code).toBe(1)
    const steps = (out: string) => out.split('\n').filter((line) => /^ {2}/.test(line))
    expect(steps(replayed.out)).toEqual(steps(codes.get(1) as string))
  })

  test('of a right variant violates nothing, whatever the seed', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { code, out } = await run('--variant', 'fixed', '--seed', String(seed))
      expect(code, out).toBe(0)
    }
  })

  test('as JSON has everything, and takes features', async () => {
    const { code, out } = await run('--json', '--features', '-storeBuffer')
    const result = JSON.parse(out)
    expect(result).toMatchObject({ scenario: 'late/buggy', verdict: 'clean', violations: [], witnessed: ['sometimes'] })
    expect(result.steps.length).toBeGreaterThan(3)
    expect(result.replay).toContain(' replay ')
    expect(code).toBe(0)
  })

  test('leaves a trace, exports and a page behind', async () => {
    const out = path('made/by/it')
    const page = path('page.html')
    const { err } = await dmarace(['run', path('late.litmus'), '--out', out, '--export', 'mermaid', '--html', page])
    expect(err).toBe(`dmarace: wrote ${join(out, 'trace.mmd')}, ${page}\n`)
    expect(await readFile(join(out, 'trace.jsonl'), 'utf8')).toMatch(/^\{"dmarace":"trace".*"scenario":"late\/buggy"/)
    expect(await readFile(join(out, 'trace.mmd'), 'utf8')).toMatch(/^sequenceDiagram/m)
    expect(await readFile(page, 'utf8')).toContain('This asks whether a doorbell waits')
  })

  test('that never ends is bounded', async () => {
    const { code, out } = await dmarace(['run', path('endless.litmus')])
    expect(code).toBe(3)
    expect(out).toContain('it goes on: the bound of 10,000 steps was reached')
  })

  test.each([
    [['--variant', 'fixd'], /unknown variant "fixd"\. Did you mean fixed\?/],
    [['--seed', 'x'], /--seed must be a whole number/],
    [['--features', 'speculations'], /unknown feature "speculations"/],
    ...['frames', 'size', 'format', 'geometry', 'policy', 'edition', 'ops', 'threads', 'place', 'input'].map(
      (name) => [[`--${name}`, '1'], new RegExp(`--${name} is for scenarios: a litmus test says itself`)] as const,
    ),
  ] as const)('refuses %j', async (args, message) => {
    const { code, out, err } = await run(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
  })

  test('says what is wrong with a test, and where', async () => {
    expect((await dmarace(['run', path('wrong.litmus')])).err).toContain('wrong.litmus:3:18: unknown place "nowhere"')
    expect((await dmarace(['run', 'nowhere.litmus'])).err).toContain('cannot read "nowhere.litmus"')
  })

  test.each([['run'], ['draw']])('%s of a scenario knows no variants', async (command) => {
    const { code, err } = await dmarace([command, 'conversion-doorbell', '--variant', 'fixed'])
    expect({ code, err }).toEqual({
      code: 2,
      err: 'dmarace: --variant is for litmus tests, and conversion-doorbell is none\n',
    })
  })
})

describe('draw', () => {
  test('of a test draws its blocks, of an actor its chart', async () => {
    const blocks = await dmarace(['draw', path('late.litmus'), '--variant', 'fixed'])
    expect(blocks.code).toBe(0)
    const svg = parseXml(blocks.out)
    const title = svg.children.find(({ name }) => name === 'title')
    expect(title?.text).toBe('Block diagram of late/fixed')
    const json = JSON.parse((await dmarace(['draw', path('late.litmus'), '--format', 'json'])).out)
    expect(json.actors.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['cpu0', 'd', 'dram']))
    const chart = JSON.parse((await dmarace(['draw', path('late.litmus'), '--actor', 'd', '--format', 'json'])).out)
    expect(chart.dmarace).toBe('chart')
    expect((await dmarace(['draw', path('late.litmus'), '--actor', 'fimc0'])).err).toContain('unknown actor "fimc0"')
    expect((await dmarace(['draw', path('late.litmus'), '--variant', 'x'])).err).toContain('unknown variant "x"')
  })
})

describe('export', () => {
  test('of a token of a test needs its file, and writes the run', async () => {
    const { out } = await dmarace(['check', path('late.litmus')])
    const token = /replay (\S+) --system/.exec(out)?.[1] as string
    const file = path('late.vcd')
    const args = ['export', token, '--format', 'vcd', '--out', file]
    expect(await dmarace([...args, '--system', path('late.litmus')])).toMatchObject({ code: 0, err: '' })
    expect(await readFile(file, 'utf8')).toContain('$enddefinitions')
    expect((await dmarace(args)).err).toContain('say where it is, --system')
  })

  test('of a test itself says how', async () => {
    const { code, err } = await dmarace(['export', 'x.litmus', '--format', 'vcd'])
    expect(code).toBe(2)
    expect(err).toContain('x.litmus is a litmus test: a run of it is exported by `dmarace run x.litmus --export vcd`')
  })
})
