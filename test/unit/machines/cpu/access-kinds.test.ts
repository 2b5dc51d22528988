/** Unit | accesses that say how they go: memory types of their own, preloads, evictions, and the core's own translation unit. */

import { describe, expect, it } from 'vitest'
import { defaultCpuConfig, defineCpu } from '../../../../machines/cpu/machine.ts'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { litmus, memoryMap } from '../../../../machines/geometry.ts'
import type { MemoryType } from '../../../../machines/protocol.ts'
import { Driver, pa, va } from './driver.ts'

const line = litmus.lineBytes
const store = (offset: number, value: number, memory?: MemoryType): Instruction => ({
  op: 'store',
  va: va(offset),
  value,
  ...(memory ? { memory } : {}),
})
const load = (offset: number, memory: MemoryType): Instruction => ({ op: 'load', va: va(offset), to: 'r', memory })

describe('a memory type of the instruction', () => {
  it('goes before that of the mapping', () => {
    const cpu = new Driver([store(0, 1, 'non-cacheable'), load(line, 'non-cacheable')])
    cpu.issueAll()
    expect(cpu.next('load.req')).toMatchObject({ addr: pa(line), memory: 'non-cacheable' })
    cpu.drain(0)
    expect(cpu.next('store.req')).toMatchObject({ addr: pa(0), memory: 'non-cacheable' })
    expect(cpu.emittedOf('cpu.store')).toMatchObject([{ memory: 'non-cacheable' }])
  })

  it('is checked', () => {
    const main = [{ op: 'load', va: va(0), to: 'r', memory: 'device' }] as unknown as Instruction[]
    expect(() => defineCpu({ ...defaultCpuConfig, programs: { main, interrupt: [] } })).toThrow(/memory type "device"/)
  })
})

describe('Strongly-ordered accesses', () => {
  it('a store is sent at once, past Normal stores to other lines, and the core waits for it alone', () => {
    const cpu = new Driver([store(0, 1), store(line, 2, 'strongly-ordered'), store(2 * line, 3)])
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('waiting.storingInOrder')
    const sent = cpu.next('store.req')
    expect(sent).toMatchObject({ addr: pa(line), memory: 'strongly-ordered' })
    cpu.answer(sent)
    expect(cpu.context.buffer.count).toBe(1)
    cpu.issueAll()
    expect(cpu.context.buffer.count).toBe(2)
  })

  it('wait for older stores to the line', () => {
    const cpu = new Driver([store(0, 1), load(4, 'strongly-ordered')])
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('issuing.load')
    cpu.settle()
    cpu.issueAll()
    expect(cpu.next('load.req')).toMatchObject({ addr: pa(4), memory: 'strongly-ordered' })
  })

  it('wait until older Device stores are sent, and for room', () => {
    const bell: Instruction = { op: 'mmio-write', addr: memoryMap.fimc0.base, value: 1 }
    const cpu = new Driver([bell, store(0, 1, 'strongly-ordered')])
    cpu.issueAll()
    expect(cpu.sent).toEqual([])
    cpu.drain(0)
    cpu.issueAll()
    expect(cpu.sent.map(({ type }) => type)).toEqual(['reg.write.req', 'store.req'])
    const full = new Driver([store(0, 1), store(line, 1), store(2 * line, 1, 'strongly-ordered')])
    full.issueAll()
    expect(full.issue()).toBe('stall')
  })

  it('so do those of a range, a line at a time, and without a store buffer', () => {
    const range: Instruction = { op: 'store-range', va: va(0), bytes: 2 * line, value: 4, memory: 'strongly-ordered' }
    for (const storeBuffer of [true, false]) {
      const cpu = new Driver([range], { features: { storeBuffer } })
      cpu.issueAll()
      expect(cpu.sent).toHaveLength(1)
      cpu.answer(cpu.next('store.req'))
      cpu.issueAll()
      cpu.answer(cpu.next('store.req'))
      expect(cpu.state('pipeline')).toBe('halted')
    }
  })
})

describe('preloads', () => {
  const preload = (at: number, bytes = 4): Instruction => ({ op: 'prefetch', va: at, bytes })

  it('ask for each line and wait for nothing but older maintenance of it', () => {
    const cpu = new Driver([{ op: 'maintain', action: 'invalidate', va: va(line), bytes: 4 }, preload(va(4), line)])
    cpu.issueAll()
    expect(cpu.sent.map(({ type, addr }) => [type, addr])).toEqual([
      ['maintain.req', pa(line)],
      ['prefetch.req', pa(0)],
    ])
    cpu.answer(cpu.next('maintain.req'))
    cpu.issueAll()
    expect(cpu.sent.at(-1)).toEqual({ type: 'prefetch.req', core: 0, addr: pa(line) })
    expect(cpu.state('pipeline')).toBe('halted')
    expect(cpu.emitted.map(({ type }) => type)).toEqual(['cpu.maintain'])
  })

  it('do nothing where there is no cacheable memory, and never abort', () => {
    const cpu = new Driver([preload(0), preload(litmus.vmalloc.base), preload(litmus.vmalloc.base)])
    cpu.issueAll()
    cpu.answer(cpu.next('va.translate'), { values: [0, 0, 0] })
    cpu.issueAll()
    cpu.answer(cpu.next('va.translate'), { values: [1, litmus.dram.base, 1] })
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('halted')
    expect([cpu.sent, cpu.emitted]).toEqual([[], []])
  })
})

describe('evictions', () => {
  it('are posted as maintenance is, and no event says that software has maintained the line', () => {
    const cpu = new Driver([store(0, 1), { op: 'evict', va: va(0), bytes: 4 }, { op: 'dsb' }])
    cpu.issueAll()
    expect(cpu.sent).toEqual([])
    cpu.drain(0)
    cpu.answer(cpu.next('store.req'))
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('waiting.synchronizing')
    const request = cpu.next('maintain.req')
    expect(request).toEqual({ type: 'maintain.req', core: 0, op: 'evict', addr: pa(0) })
    cpu.answer(request)
    expect(cpu.state('pipeline')).toBe('halted')
    expect(cpu.emittedOf('cpu.maintain')).toEqual([])
  })

  it('of the outer cache are register writes', () => {
    const cpu = new Driver([{ op: 'l2-evict', addr: pa(4), bytes: 4 }])
    cpu.issueAll()
    cpu.drain(0)
    expect(cpu.next('reg.write.req')).toMatchObject({ addr: memoryMap.pl310.base + 0x7e0, value: pa(0) })
    expect(cpu.emitted).toEqual([])
  })
})

describe("the core's own translation unit", () => {
  const user = litmus.user.base
  const page = { ok: true, pa: pa(litmus.pageBytes + 4), bytes: litmus.pageBytes, memory: 0, readOnly: false }
  const main: Instruction[] = [
    { op: 'load', va: user + 4, to: 'r' },
    { op: 'store', va: user + 4, value: 1 },
  ]

  it('translates each access anew, with the attributes of the leaf', () => {
    const cpu = new Driver(main, { mmu: true })
    cpu.issue()
    const asked = cpu.next('translate.req')
    expect(asked).toEqual({ type: 'translate.req', from: 'cpu0', txn: 0, addr: user + 4, write: false })
    cpu.answer(asked, { ...page, memory: 1 })
    cpu.issue()
    const request = cpu.next('load.req')
    expect(request).toMatchObject({ addr: pa(litmus.pageBytes + 4), memory: 'non-cacheable' })
    cpu.answer(request, { data: [5] })
    cpu.issue()
    expect(cpu.next('translate.req')).toMatchObject({ addr: user + 4, write: true })
  })

  it('reports what the tables do not allow, and goes on', () => {
    const cpu = new Driver(main, { mmu: true })
    cpu.issue()
    cpu.answer(cpu.next('translate.req'), { ...page, ok: false })
    cpu.issue()
    cpu.answer(cpu.next('translate.req'), { ...page, readOnly: true })
    expect(cpu.emittedOf('cpu.abort')).toMatchObject([
      { addr: user + 4, why: 'translation fault' },
      { addr: user + 4, why: 'permission fault' },
    ])
    expect(cpu.state('pipeline')).toBe('halted')
  })

  it('loads from pages that may only be read', () => {
    const cpu = new Driver(main, { mmu: true })
    cpu.issue()
    cpu.answer(cpu.next('translate.req'), { ...page, readOnly: true })
    cpu.issue()
    expect(cpu.next('load.req')).toMatchObject({ memory: 'cacheable' })
  })

  const invalidate = { type: 'atc.invalidate', iova: user, bytes: litmus.pageBytes }

  it('forgets a translation that was not used yet when it is invalidated', () => {
    const cpu = new Driver(main, { mmu: true })
    cpu.issue()
    cpu.answer(cpu.next('translate.req'), page)
    cpu.give(invalidate)
    expect(cpu.next('atc.done')).toBeDefined()
    cpu.issue()
    expect(cpu.next('translate.req')).toMatchObject({ addr: user + 4 })
  })

  it('answers an invalidation when a load that was translated before is performed', () => {
    const cpu = new Driver([{ op: 'load-range', va: user, bytes: 2 * litmus.lineBytes }], { mmu: true })
    cpu.issue()
    cpu.answer(cpu.next('translate.req'), { ...page, pa: pa(0) })
    cpu.issue()
    const request = cpu.next('load.req')
    cpu.give(invalidate)
    expect(cpu.sent).toEqual([])
    expect(cpu.give(invalidate)).toBe('stall')
    cpu.answer(request, { data: new Array(litmus.lineBytes / 4).fill(5) })
    expect(cpu.next('atc.done')).toBeDefined()
    cpu.issue()
    expect(cpu.next('translate.req')).toMatchObject({ addr: user + litmus.lineBytes })
  })

  it('answers an invalidation when stores that were translated before are performed, and waits for no others', () => {
    const stores: Instruction[] = [
      { op: 'mmio-write', addr: 0x1200_0000, value: 1 },
      { op: 'store', va: user, value: 1 },
      { op: 'store', va: va(0), value: 2 },
    ]
    const cpu = new Driver(stores, { mmu: true, geometry: { ...litmus, storeBufferEntries: 4 } })
    cpu.issue()
    cpu.issue()
    cpu.answer(cpu.next('translate.req'), { ...page, pa: pa(litmus.pageBytes) })
    cpu.issue()
    cpu.issue()
    cpu.give(invalidate)
    expect(cpu.sent).toEqual([])
    cpu.drain(1)
    cpu.answer(cpu.next('store.req'))
    expect(cpu.next('atc.done')).toBeDefined()
    expect(cpu.context.buffer.count).toBe(2)
  })

  it('does not know the other windows', () => {
    const cpu = new Driver([{ op: 'load', va: litmus.vmalloc.base, to: 'r' }], { mmu: true })
    cpu.issue()
    expect(cpu.next('va.translate')).toBeDefined()
  })
})
