/** Unit | litmus tests from cycles of edges: names, programs, outcomes, what the architecture says, and what is refused. */

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { buildTest } from '../../../src/litmus/diy/build.ts'
import { parseCycle } from '../../../src/litmus/diy/cycle.ts'
import { edgeTable, parseEdge } from '../../../src/litmus/diy/edges.ts'
import { switchSets } from '../../../src/litmus/diy/switches.ts'
import { diyText } from '../../../src/litmus/diy/text.ts'

const build = (cycle: string) => buildTest(parseCycle(cycle))
const text = (cycle: string) => diyText(build(cycle), [], '0')

describe('edges', () => {
  test('have the names that they had in older texts, too', () => {
    expect(parseEdge('Wse')).toEqual(parseEdge('Coe'))
    expect(parseEdge('RfeCC')).toEqual(parseEdge('Rfe'))
    expect(parseEdge('Tfr')).toEqual(parseEdge('TfrDC'))
    expect(parseEdge('DpAddrdRR')).toEqual(parseEdge('DpAddrdR'))
  })

  test('are told apart by steps, in their order', () => {
    expect(parseEdge('DSB.CleandWR')).toMatchObject({ steps: ['DSB', 'Clean'], place: 'd', source: 'W', target: 'R' })
    expect(parseEdge('PosRR')).toMatchObject({ steps: [], place: 's' })
    expect(parseEdge('CleanL1lWW')).toMatchObject({ steps: ['CleanL1'], place: 'l' })
    expect(parseEdge('FreDC.nc')).toMatchObject({ relation: 'fr', uncached: true, agents: ['device', 'core'] })
  })

  test.each([
    ['Rff', /unknown edge "Rff"\. Did you mean Rfe/],
    ['DMXdWW', /unknown edge "DMXdWW"\. Did you mean DMBdWW/],
    ['DSB.CleendWW', /unknown step in "DSB\.CleendWW" "Cleen"\. Did you mean Clean/],
    ['Fence.DMBdWW', /Fence is for devices/],
    ['DpDatadR', /DpData ends in W/],
    ['Bell.nc', /only edges on words of data/],
  ])('%s is none', (word, message) => {
    expect(() => parseEdge(word)).toThrow(message)
    expect(() => parseEdge(word)).toThrow(UsageError)
  })

  test('are all in the list, with a meaning', () => {
    const lines = Object.values(edgeTable).flat()
    expect(lines.every(({ name, meaning }) => name !== '' && meaning !== '')).toBe(true)
    expect(lines.map(({ name }) => name).join()).toContain('TfrDC, TfrCC')
  })
})

describe('cycles that do not close are refused, with the place', () => {
  test.each([
    ['', /a cycle has edges/],
    ['Rfe', /at least two edges/],
    ['PodWW PodWR', /nothing leads back/],
    ['Rfe Fre', /orders nothing/],
    ['PodWW Rfe PodWR Fre', /between Rfe and PodWR: Rfe ends with a read, and PodWR begins with a write/],
    ['PodWW Bell PodRR Fre', /Bell is about a device, and Fre, in the same program, about a core/],
    ['PodWW Rfe PodRR FreCD', /FreCD is about a device, and Rfe, in the same program, about a core/],
    ['PodWW Rfe PosRR Fre', /PodWW leads to another word, but the rest of it says that it is the same/],
    ['PodWW Bell FreDC', /Bell ends with the register that a device waits for, and FreDC begins with a word of data/],
    ['PosWW TrfCD PodRR FreDC', /PosWW says the same word, and leads from a word of data to a table entry: write d/],
    ['TLBIdWW Rfe PodRR Fre', /nothing is translated/],
    ['DSB.TLBI.SyncdWW Rfe TfrCC', /Sync waits for an IOMMU/],
    ['PodWW Rfe PodRW Rfe PodRW Rfe PodRW Rfe PodRR Fre', /at most 4 cores/],
    [Array.from({ length: 7 }, () => 'PodWW Coe').join(' '), /at most 12 edges/],
    [
      'CleandWW Bell CleandRR FreDC',
      /Bell ends with an access of a device, and CleandRR begins with an access of a core/,
    ],
  ])('%s', (cycle, message) => {
    expect(() => build(cycle)).toThrow(UsageError)
    expect(() => build(cycle)).toThrow(message)
  })
})

describe('a test', () => {
  test('among cores', () => {
    expect(text('PodRR Fre DMBdWW Rfe')).toContain('litmus mp-dmb-po\n')
    expect(text('DMBdWW Wse PodWR Fre')).toContain('sometimes C1.r0 == 0 && C0 y == 2\n')
    expect(text('DMBdWW Rfe DpCtrlIsbdR Fre')).toContain('if r0 == r0 {\n    isb\n    ld r1 = x\n  }')
    expect(text('DMBdWW Rfe DpAddrdR Fre')).toContain('ld r1 = x[r0 & 0]')
    expect(text('DMBdWW Rfe DpDatadW Coe')).toContain('st x = 1 + (r0 & 0)')
  })

  test('with a device and its registers', () => {
    const bell = text('CleandWW Bell PodRR FreDC')
    expect(bell).toContain('  st x = 1\n  clean x\n  bell D\n')
    expect(bell).toContain('  wait BELL == 1\n  rd r0 = x\n')
    expect(bell).toContain('never D.r0 == 0\n')
    const irq = text('FencedWW Irq InvdRR FreCD')
    expect(irq).toContain('isr C0 {\n  mmio.w D.ACK = 1\n  inv x\n  ld r0 = x\n}')
    expect(text('PodWW Bell PodRW Wbe')).toContain('y: 1 word next')
  })

  test('with tables', () => {
    const reuse = text('Clean.TLBI.SyncdWW RfeCD TfrDC')
    expect(reuse).toContain('  pte vx = 0\n  clean pte vx\n  tlbi vx\n  tlbsync\n  st x[0] = 1\n')
    const bbm = text('DSB.TLBI.DSBsWW TrfCC DMBsRR TfrCC')
    expect(bbm).toContain('map vx -> x0')
    expect(bbm).toContain('never C1.r0 == 7 && C1.r1 == 6\n')
    expect(text('Clean.TLBIAll.SyncdWW TrfCD PdfrDC')).toContain(
      '  pd vx = 0\n  clean pd vx\n  tlbi all\n  tlbsync\n  st Tx[0] = x\n',
    )
  })
})

/** What is known of the hardware decides, not what a search says. */
describe('the architecture', () => {
  test.each([
    ['CleandWW Bell PodRR FreDC', 'forbidden'],
    ['CleanL1dWW Bell PodRR FreDC', 'allowed'],
    ['DSBdWW Bell PodRR FreDC', 'allowed'],
    ['DSBdWW Bell PodRR FreDC.nc', 'allowed'],
    ['DSB.DraindWW Bell PodRR FreDC.nc', 'forbidden'],
    ['DraindWW Bell PodRR FreDC.nc', 'allowed'],
    ['WMBdWW Bell PodRR FreDC.nc', 'forbidden'],
    ['DropdWW Bell PodRR FreDC', 'allowed'],
    ['DropdWW Bell PodRW CoeDC', 'forbidden'],
    ['FencedWW Status InvdRR FreCD', 'forbidden'],
    ['PodWW Status InvdRR FreCD', 'allowed'],
    ['FencedWW Status DMBdRR FreCD', 'allowed'],
    ['FencedWW Irq PodRR FreCD.nc', 'forbidden'],
    ['CleandWW Bell PodRW Wbe', 'forbidden'],
    ['DropsWR Fri', 'allowed'],
    ['FlushsWR Fri', 'forbidden'],
    ['Clean.TLBI.SyncdWW RfeCD TfrDC', 'forbidden'],
    ['Clean.TLBIdWW RfeCD TfrDC', 'allowed'],
    ['TLBI.SyncdWW RfeCD TfrDC', 'allowed'],
    ['Clean.TLBI.SyncdWW TrfCD PdfrDC', 'allowed'],
    ['Clean.TLBIAll.SyncdWW TrfCD PdfrDC', 'forbidden'],
    ['TLBI.DSBdWW Rfe TfrCC', 'allowed'],
    ['DSBdWW Rfe PodRR TffCC', 'allowed'],
    ['DSBdWW Rfe DSB.ISBdRR TffCC', 'forbidden'],
  ] as const)('says of %s: %s', (cycle, verdict) => {
    const { architecture, test: made } = build(cycle)
    expect(architecture).toBe(verdict)
    expect(made.conditions[0]?.kind).toBe(verdict === 'forbidden' ? 'never' : 'sometimes')
  })
})

describe('the features that a test is searched with', () => {
  const names = (cycle: string) => {
    const { said, tried } = switchSets(build(cycle))
    const show = (sets: typeof said) =>
      sets.map((set) => set.map(({ name, on }) => `${on ? '+' : '-'}${name}`).join(' '))
    return { said: show(said), tried: show(tried) }
  }

  test('are all sets of those of the cores, among cores', () => {
    expect(names('PodWW Rfe PodRR Fre')).toEqual({
      said: ['', '-storeBuffer', '+loadReordering', '-storeBuffer +loadReordering'],
      tried: [],
    })
    expect(names('PodWW Coe PodWW Coe').said).toEqual(['', '-storeBuffer'])
  })

  test('are those that can make a difference, with devices', () => {
    expect(names('CleandWW Bell PodRR FreDC')).toEqual({ said: ['', '+postedDeviceWrites'], tried: [] })
    expect(names('PodWW Bell PodRR FreDC.nc').tried).toEqual(['-storeBuffer', '-l2StoreBuffer', '+postedDeviceWrites'])
  })
})
