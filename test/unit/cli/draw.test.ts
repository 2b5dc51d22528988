/** Unit | `dmarace draw`: what it draws, and what it says about what it cannot draw. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-draw-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

const chart = (id: string) => `createMachine({ id: '${id}', initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } })`
const xstate = `import { createMachine } from 'xstate'\n`

describe('draw', () => {
  test('of a machine is the picture in the documents', async () => {
    const { code, out } = await dmarace(['draw', 'l1'])
    expect(code).toBe(0)
    expect(out).toBe(await readFile(join(root, 'docs/machines/l1.svg'), 'utf8'))
  })

  test('of a file draws the machine that it exports, in any format, into a file', async () => {
    const path = await file('own.ts', `${xstate}export const own = ${chart('own')}`)
    expect((await dmarace(['draw', path])).out).toContain('Statechart own')
    const out = join(directory, 'own.scxml')
    expect(await dmarace(['draw', path, '--format', 'scxml', '--out', out])).toMatchObject({ code: 0, out: '' })
    expect(await readFile(out, 'utf8')).toContain('<scxml')
  })

  test('of a scenario draws its blocks, and one actor with --actor', async () => {
    expect((await dmarace(['draw', 'unmap-reuse'])).out).toContain('Block diagram of unmap-reuse')
    expect((await dmarace(['draw', 'unmap-reuse', '--actor', 'sysmmu0'])).out).toContain('Statechart sysmmu0')
    const { out } = await dmarace(['draw', 'unmap-reuse', '--format', 'json'])
    expect(JSON.parse(out)).toMatchObject({ dmarace: 'system', id: 'unmap-reuse' })
  })

  test('with --heat shows what `check --coverage` tells', async () => {
    const model = join(root, 'test/models/two-phase-commit.ts')
    const report = await file('coverage.json', (await dmarace(['check', model, '--coverage', '--json'])).out)
    const { actors } = JSON.parse(await readFile(report, 'utf8')).coverage
    const { actor } = actors[0]
    const { code, out } = await dmarace(['draw', model, '--actor', actor, '--heat', report])
    expect(code).toBe(0)
    expect(out).toMatch(/<g class="[^"]*seen/)
    expect((await dmarace(['draw', model, '--heat', report])).out).toContain('transitions ')
    const other = await dmarace(['draw', 'gic', '--heat', report])
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('has nothing about gic; it has ') })
  })

  test('refuses what it cannot draw, says why, and writes nothing', async () => {
    const nothing = await file('nothing.ts', 'export const answer = 42')
    const two = await file('two.ts', `${xstate}export const a = ${chart('a')}\nexport const b = ${chart('b')}`)
    const broken = await file('broken.ts', 'export const a = (')
    const wrong = await file('wrong.json', '{"states":1}')
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['draw'], /missing required argument 'what'/],
      [['draw', 'sysmmuu'], /unknown machine or scenario "sysmmuu"\. Did you mean sysmmu/],
      [['draw', 'gic', '--format', 'png'], /unknown format "png"\. .*Known: svg, scxml/],
      [['draw', 'gic', '--theme', 'pink'], /unknown theme "pink"\. .*Known: light, dark/],
      [['draw', 'gic', '--active', 'nowhere'], /unknown state "nowhere"/],
      [['draw', 'gic', '--format', 'smcat', '--active', 'x'], /colour an svg/],
      [['draw', 'gic', '--actor', 'x'], /--actor is for/],
      [['draw', 'unmap-reuse', '--actor', 'cpu7'], /unknown actor "cpu7"/],
      [['draw', 'unmap-reuse', '--format', 'scxml'], /svg or json, not scxml/],
      [['draw', nothing], /nothing\.ts exports no machine \(it exports answer\)/],
      [['draw', two], /exports several machines: say which with --actor \(a, b\)/],
      [['draw', broken], /broken\.ts/],
      [['draw', './nowhere.ts'], /cannot read \.\/nowhere\.ts/],
      [['draw', 'gic', '--heat', wrong], /holds no coverage report/],
      [['draw', 'gic', '--heat', nothing], /cannot read .*nothing\.ts/],
      [['draw', 'gic', '--out', '/nowhere/gic.svg'], /cannot write "\/nowhere\/gic\.svg"/],
    ]
    for (const [args, message] of cases) {
      const { code, out, err } = await dmarace(args)
      expect({ code, out }, args.join(' ')).toEqual({ code: 2, out: '' })
      expect(err).toMatch(message)
    }
    expect((await dmarace(['draw', two, '--actor', 'b'])).out).toContain('Statechart b')
  })
})

describe('export', () => {
  test('of a run, a check and a replay leaves files and a page; a token gives what its trace gives', async () => {
    const out = join(directory, 'run')
    const scenario = 'conversion-doorbell-no-barrier'
    const html = join(directory, 'run.html')
    const args = ['run', scenario, '--geometry', 'litmus', '--seed', '2', '--out', out, '--json']
    await dmarace(['run', scenario, '--geometry', 'litmus', '--out', out])
    const ran = await dmarace([...args, '--trace', join(directory, 'run.jsonl'), '--export', 'vcd,svg', '--html', html])
    expect(await readFile(html, 'utf8')).toContain(scenario)
    expect(await readFile(join(directory, 'run.gtkw'), 'utf8')).toContain('run.vcd')
    const svg = await readFile(join(directory, 'run.svg'), 'utf8')
    const again = join(directory, 'again.svg')
    const { token } = JSON.parse(ran.out)
    expect(await dmarace(['export', token, '--format', 'svg', '--out', again])).toMatchObject({ code: 0 })
    expect(await readFile(again, 'utf8')).toBe(svg)

    const model = join(root, 'test/models/dining-philosophers.ts')
    const trace = join(directory, 'found.jsonl')
    const found = await dmarace(['check', model, '--trace', trace, '--export', 'mermaid', '--html', html])
    expect(found.code).toBe(1)
    const lines = (await readFile(trace, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ dmarace: 'trace', version: 2, token: expect.stringMatching(/^\d+:/) })
    expect(lines.at(-1)).toMatchObject({
      dmarace: 'end',
      reactions: lines.length - 2,
      violations: [{ property: 'deadlock' }],
    })
    expect(await readFile(join(directory, 'found.mmd'), 'utf8')).toContain('violated#58;')
    expect(await readFile(html, 'utf8')).toContain('violated: deadlock in 5')
    const replayed = join(directory, 'replayed.jsonl')
    await dmarace(['replay', lines[0].token, '--system', model, '--trace', replayed, '--export', 'shiviz'])
    expect((await readFile(replayed, 'utf8')).split('\n').slice(0, -2)).toEqual(
      (await readFile(trace, 'utf8')).split('\n').slice(0, -2),
    )
  })

  test('refuses what is no trace, what was cut short, and what another version wrote', async () => {
    const whole = join(directory, 'whole.jsonl')
    await dmarace(['check', join(root, 'test/models/dining-philosophers.ts'), '--trace', whole])
    const text = await readFile(whole, 'utf8')
    const cut = await file('cut.jsonl', text.slice(0, text.length / 2))
    const older = await file('older.jsonl', text.replace('"version":2', '"version":1'))
    const other = await file('other.jsonl', 'hello')
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['export', whole, '--format', 'png'], /unknown export format "png"\. .*Known: svg, vcd/],
      [['export', whole, '--format', ','], /names no form/],
      [['export', whole, '--format', 'vcd,svg', '--out', 'x'], /--out names one file/],
      [['export', cut, '--format', 'svg'], /cut\.jsonl" is cut short/],
      [['export', older, '--format', 'svg'], /has format version 1, this dmarace reads version 2/],
      [['export', other, '--format', 'svg'], /is no trace/],
      [['export', './nowhere.jsonl', '--format', 'svg'], /cannot read/],
      [['export', '99:x:y:z', '--format', 'svg'], /format version 99/],
      [['run', 'unmap-reuse', '--export', 'png'], /unknown export format "png"/],
    ]
    for (const [args, message] of cases) {
      const { code, out, err } = await dmarace(args)
      expect({ code, out }, args.join(' ')).toEqual({ code: 2, out: '' })
      expect(err).toMatch(message)
    }
  })
})
