/** Unit | exclusive accesses of a core: what they wait for, when its own monitor decides, and what ends it. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { litmus } from '../../../../machines/geometry.ts'
import type { MemoryType } from '../../../../machines/protocol.ts'
import { Driver, pa, va } from './driver.ts'

const line = litmus.lineBytes
const loadExclusive = (offset = 0, memory?: MemoryType): Instruction => ({
  op: 'load-exclusive',
  va: va(offset),
  to: 'old',
  ...(memory ? { memory } : {}),
})
const storeExclusive = (offset = 0, memory?: MemoryType): Instruction => ({
  op: 'store-exclusive',
  va: va(offset),
  value: 7,
  to: 'status',
  ...(memory ? { memory } : {}),
})
const store = (offset: number): Instruction => ({ op: 'store', va: va(offset), value: 1 })
const status = (cpu: Driver): number => cpu.context.registers[1] as number

describe('a store-exclusive', () => {
  it('asks the L1, and its result is 0 if that has stored', () => {
    const cpu = new Driver([loadExclusive(), storeExclusive()])
    cpu.issueAll()
    const load = cpu.next('load.req')
    expect(load).toMatchObject({ addr: pa(0), exclusive: true })
    cpu.answer(load, { data: [3] })
    cpu.issueAll()
    const asked = cpu.next('store.req')
    expect(asked).toMatchObject({ addr: pa(0), data: [7], exclusive: true })
    expect(cpu.state('pipeline')).toBe('waiting.storingExclusive')
    cpu.answer(asked)
    expect(status(cpu)).toBe(0)
    expect(cpu.context.monitored).toBe(-1)
  })

  it('has the result 1 if the L1 says that somebody else has written', () => {
    const cpu = new Driver([loadExclusive(), storeExclusive()])
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [3] })
    cpu.issueAll()
    cpu.answer(cpu.next('store.req'), { failed: true })
    expect(status(cpu)).toBe(1)
  })

  it('without a load-exclusive of its line asks nobody', () => {
    for (const before of [[], [loadExclusive(line)], [loadExclusive(), { op: 'clear-exclusive' } as const]]) {
      const cpu = new Driver([loadExclusive(2 * line), ...before, storeExclusive()])
      for (let loads = 0; loads <= before.length; loads++) {
        cpu.issueAll()
        if (cpu.sent.length > 0) cpu.answer(cpu.next('load.req'), { data: [3] })
      }
      cpu.issueAll()
      expect(status(cpu)).toBe(1)
      expect(cpu.sent).toEqual([])
    }
  })

  it('goes before older stores to other lines, and behind those to its own', () => {
    const cpu = new Driver([loadExclusive(), store(line), store(0), storeExclusive()])
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [3] })
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('issuing.exclusiveStore')
    cpu.drain(1)
    cpu.answer(cpu.next('store.req'))
    cpu.issueAll()
    expect(cpu.next('store.req')).toMatchObject({ addr: pa(0), exclusive: true })
    expect(cpu.context.buffer.count).toBe(1)
  })

  it('may fail without a cause, where the feature is on', () => {
    const program = [loadExclusive(), storeExclusive()]
    const loaded = (features: { readonly exclusiveFailures: boolean }): Driver => {
      const cpu = new Driver(program, { features })
      cpu.issueAll()
      cpu.answer(cpu.next('load.req'), { data: [3] })
      return cpu
    }
    const cpu = loaded({ exclusiveFailures: true })
    cpu.give({ type: 'exclusive.fail', value: 0 })
    expect(status(cpu)).toBe(1)
    expect(() => loaded({ exclusiveFailures: false }).give({ type: 'exclusive.fail', value: 0 })).toThrow()
  })
})

describe('what ends a load-exclusive', () => {
  it('is the return from a handler', () => {
    const interrupt: Instruction[] = [{ op: 'return' }]
    const cpu = new Driver([loadExclusive(), storeExclusive()], { interrupt })
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [3] })
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    cpu.issueAll()
    expect(status(cpu)).toBe(1)
  })

  it('is a switch of threads', () => {
    const cpu = new Driver([loadExclusive(), storeExclusive()], {
      threads: [{ name: 'other', program: [{ op: 'isb' }] }],
    })
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [3] })
    cpu.turnTo(1)
    cpu.issueAll()
    cpu.turnTo(0)
    cpu.issueAll()
    expect(status(cpu)).toBe(1)
  })
})

it('Strongly-ordered memory takes no exclusive accesses', () => {
  const cpu = new Driver([loadExclusive(0, 'strongly-ordered'), storeExclusive(0, 'strongly-ordered')])
  cpu.issueAll()
  expect(cpu.sent).toEqual([])
  expect(cpu.emittedOf('cpu.abort')).toMatchObject([{ exclusive: true }, { exclusive: true }])
})
