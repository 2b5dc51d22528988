/** Unit | early loads: which may go, what keeps them back, when they are dropped, and that their turn takes no access. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { litmus, memoryMap } from '../../../../machines/geometry.ts'
import { Driver, type DriverOptions, pa, va } from './driver.ts'

const line = litmus.lineBytes
const features = { loadReordering: true }
const loads = (...at: number[]): Instruction[] =>
  at.map((offset, index) => ({ op: 'load', va: va(offset), to: `r${index}` }))

function driver(main: readonly Instruction[], options: DriverOptions = {}): Driver {
  return new Driver(main, { features, ...options })
}

/** Numbers of the loads that may be performed early now. */
function early(core: Driver): number[] {
  return [0, 1, 2, 3].filter((value) => core.reactor.decide({ type: 'load.early', value } as never) === 'react')
}

const go = (core: Driver, value: number) => core.give({ type: 'load.early', value })
const word = (addr: number, value: number) => ({ type: 'load.resp', addr, data: [value] })

describe('an early load', () => {
  it('takes the value that it found, in its turn, without another access', () => {
    const core = driver(loads(0, line))
    expect(go(core, 1)).toBe('react')
    expect(core.next('load.req')).toMatchObject({ addr: pa(line), words: 1, memory: 'cacheable' })
    core.give(word(pa(line), 7))
    expect(core.state('earlyLoads')).toBe('kept')
    core.issue()
    core.answer(core.next('load.req'), { data: [1] })
    core.issue()
    expect(core.sent).toEqual([])
    expect(core.emittedOf('cpu.load')).toMatchObject([
      { addr: pa(0), data: [1] },
      { addr: pa(line), data: [7] },
    ])
    expect(core.context.registers).toEqual([1, 7])
    expect(core.state('pipeline')).toBe('halted')
    expect(core.context.early).toEqual({ at: -1, addr: 0, value: 0 })
  })

  it('is waited for in its turn, and asked for again if memory had no answer', () => {
    const core = driver(loads(0, line))
    go(core, 1)
    core.issue()
    core.sent.shift()
    core.answer(core.next('load.req'), { data: [1] })
    expect(core.issue()).toBe('stall')
    core.give({ type: 'load.resp', addr: pa(line), data: [] })
    expect(core.state('earlyLoads')).toBe('none')
    core.issue()
    expect(core.next('load.req')).toMatchObject({ addr: pa(line) })
  })

  it('comes from the store buffer if its word is there', () => {
    const core = driver([{ op: 'store', va: va(line), value: 9 }, ...loads(0, line)])
    core.issue()
    go(core, 1)
    expect(core.sent).toEqual([])
    expect(core.context.early).toMatchObject({ value: 9 })
  })

  it('is one at a time', () => {
    const core = driver(loads(0, line, 2 * line))
    expect(early(core)).toEqual([1, 2])
    go(core, 1)
    expect(early(core)).toEqual([])
  })

  it('overtakes two loads and no more', () => {
    expect(early(driver(loads(0, line, 2 * line, 3 * line)))).toEqual([1, 2])
  })

  it('does not overtake a load or store of its word, or maintenance of its line', () => {
    expect(early(driver(loads(0, 0)))).toEqual([])
    expect(early(driver([...loads(line), { op: 'store', va: va(0), value: 1 }, ...loads(0)]))).toEqual([])
    const maintain: Instruction = { op: 'maintain', action: 'invalidate', va: va(0), bytes: 4 }
    expect(early(driver([...loads(line), maintain, ...loads(4)]))).toEqual([])
    expect(early(driver([...loads(line), maintain, ...loads(2 * line)]))).toEqual([1])
    // Posted maintenance is older too.
    const posted = driver([maintain, ...loads(line, 4)])
    posted.issue()
    expect(early(posted)).toEqual([])
  })

  it.each<Instruction>([
    { op: 'dmb' },
    { op: 'dsb' },
    { op: 'isb' },
    { op: 'wait-for-interrupt' },
    { op: 'interrupts', enabled: 'off' },
    { op: 'call', call: 'flag.get', args: [0], to: [] },
    { op: 'load', va: litmus.user.base, to: 'x' },
    { op: 'load', va: 'r0', to: 'x' },
  ])('does not overtake $op', (between) => {
    expect(early(driver([...loads(line), between, ...loads(0)]))).not.toContain(between.op === 'load' ? 2 : 1)
  })

  it.each<Instruction>([
    { op: 'mmio-read', addr: memoryMap.fimc0.base, to: 'x' },
    { op: 'mmio-write', addr: memoryMap.fimc0.base, value: 1 },
    { op: 'mark', name: 'stream.on', args: {} },
    { op: 'prefetch', va: va(0), bytes: 4 },
    { op: 'load', va: va(2 * line), to: 'x', memory: 'strongly-ordered' },
  ])('overtakes $op', (between) => {
    expect(early(driver([between, ...loads(line)]))).toContain(between.op === 'load' ? 1 : 0)
  })

  it('is never Strongly-ordered, nor one that needs a translation', () => {
    const ordered: Instruction = { op: 'load', va: va(0), to: 'x', memory: 'strongly-ordered' }
    expect(early(driver([...loads(line), ordered]))).toEqual([])
    expect(early(driver([...loads(line), { op: 'load', va: litmus.vmalloc.base, to: 'x' }]))).toEqual([])
  })

  it('waits while a barrier is not complete', () => {
    const core = driver([{ op: 'store', va: va(0), value: 1 }, { op: 'dmb' }, ...loads(line, 2 * line)])
    core.issue()
    core.issue()
    expect(core.state('pipeline')).toBe('waiting.draining')
    expect(early(core)).toEqual([])
    core.settle()
    expect(early(core)).toEqual([1])
  })

  it('is dropped when the program goes another way', () => {
    const core = driver([
      ...loads(0),
      { op: 'branch', to: 'out', when: ['eq', 'r0', 0] },
      { op: 'load', va: va(line), to: 'r1' },
      { op: 'label', name: 'out' },
      { op: 'dmb' },
    ])
    go(core, 1)
    core.give(word(pa(line), 7))
    core.sent.length = 0
    core.issue()
    core.answer(core.next('load.req'), { data: [0] })
    expect(core.state('earlyLoads')).toBe('none')
    expect(core.state('pipeline')).toBe('issuing.memoryBarrier')
  })

  it('is dropped by an interrupt, whose handler does not take its answer for its own', () => {
    const interrupt: Instruction[] = [{ op: 'load', va: va(line), to: 'h' }, { op: 'return' }]
    const core = driver(loads(0, line), { interrupt })
    go(core, 1)
    core.give({ type: 'irq.assert' })
    core.take()
    expect(core.state('earlyLoads')).toBe('dropped')
    expect(core.issue()).toBe('stall')
    core.give(word(pa(line), 7))
    expect(core.state('earlyLoads')).toBe('none')
    core.sent.length = 0
    core.issue()
    expect(core.next('load.req')).toMatchObject({ addr: pa(line) })
  })

  it('needs the feature', () => {
    const core = driver(loads(0, line), { features: {} })
    expect(core.context).not.toHaveProperty('early')
    expect(core.reactor.value()).not.toHaveProperty('earlyLoads')
  })
})
