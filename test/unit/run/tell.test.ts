/** Unit | a counterexample as it is printed: a line a step that fits, with the line of the file, or everything on request. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { reportVerdict } from '../../../src/run/check-report.ts'
import { casesOf, checkCase } from '../../../src/run/litmus-check.ts'

const read = (name: string) => readFileSync(new URL(`../../litmus/corpus/${name}.litmus`, import.meta.url), 'utf8')

/** The first case that is violated. */
function violated(name: string) {
  for (const one of casesOf(parseLitmus(read(name), name))) {
    const { verdict } = checkCase(one, { wanted: 'first' })
    if (verdict.verdict === 'violated') return verdict
  }
  throw new Error(`nothing is violated in ${name}`)
}

/** What cannot be broken. */
const isToken = (line: string) => line.startsWith('  replay: ')

const stepsOf = (report: string) => report.split('\n').filter((line) => /^ +\d+ {2}\w/.test(line))

describe('a litmus test', () => {
  const verdict = violated('arm-v7-from-device-prefetch')
  const report = reportVerdict(verdict)

  test('every step has a line: who, the line of the file, what it says there, what came of it', () => {
    const [run] = verdict.violations
    expect(stepsOf(report)).toHaveLength(run?.length as number)
    expect(report).toContain('   1  cpu0  line 16  own->dev buf FROM_DEVICE\n')
    expect(report).toContain('  15  cpu0           its store buffer drains: D.BELL = 1\n')
    expect(report).toContain('  18  d     line 29  wr buf = 1: sends write.req buf = 1\n')
    expect(report).toContain('  19  bus            d writes memory: buf = 1\n')
    expect(report).toContain('  25  l1d0  line 22  cpu0 loads buf = 0\n')
  })

  test('the line is that of the statement', () => {
    const source = read('arm-v7-from-device-prefetch').split('\n')
    for (const [, line, said] of report.matchAll(/line (\d+) {2}([^:\n]+)/g)) {
      if (!said?.startsWith('cpu0 ')) expect(source[Number(line) - 1]).toContain(said)
    }
  })

  test('sentences have the name of an address, the first time with the address', () => {
    expect(report).toContain('cpu0 loaded buf (0x4000_0010) = 0x0000_0000 at step 25')
    expect(report).toContain('root: d wrote 0x0000_0001 to buf at step 19')
    expect(verdict.violations[0]?.message).toContain('0x4000_0010 = 0x0000_0000')
  })

  test('features that are as usual are not listed one by one, unless everything is asked for', () => {
    expect(report).toContain('\n  features: as usual (dmarace list features)\n')
    const other = { ...verdict, features: { ...verdict.features, speculation: false, deviceCoherent: true } }
    expect(reportVerdict(other)).toContain('\n  features: as usual, but on: deviceCoherent; off: speculation\n')
    expect(reportVerdict(verdict, { detail: 'full' })).toMatch(/\n {2}features: speculation, .*\n/)
  })

  test('in full, every reaction has its message, the regions that changed, and what it sent', () => {
    const full = reportVerdict(verdict, { detail: 'full' })
    expect(full).toContain(
      '   8  cpu0  store.drain  sends reg.write.req addr=0x1050_2770 from=cpu0 txn=0 value=0x4000_0010',
    )
    expect(full).toContain('   7  cpu0  issue  -> pipeline.waiting.synchronizing\n')
  })
})

// Goal: whatever a test has on its platform, its report can be read in a terminal of 80 columns.
test.each([
  'arm-v7-from-device-prefetch',
  'smmuv3-atc-before-main-tlb',
  's5p-sysmmu-regs-unclocked',
  'esop-1',
  'xen-xsa321-dirty-pte',
])('%s fits, briefly and in full', (name) => {
  const verdict = violated(name)
  for (const width of [80, 100]) {
    for (const detail of ['brief', 'full'] as const) {
      // The heading is one line, to be found by programs.
      const [, ...lines] = reportVerdict(verdict, { width, detail }).split('\n')
      const wide = lines.filter((line) => line.length > width && !isToken(line))
      expect(wide).toEqual([])
    }
  }
})
