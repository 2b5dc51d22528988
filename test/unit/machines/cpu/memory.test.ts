/** Unit | the core's accesses to memory: forwarding, order of stores, maintenance, barriers, translation. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { board, litmus, memoryMap } from '../../../../machines/geometry.ts'
import { Driver, pa, va } from './driver.ts'

const line = litmus.lineBytes
const clean = (offset: number, bytes = line): Instruction => ({
  op: 'maintain',
  action: 'clean',
  va: va(offset),
  bytes,
})
const store = (offset: number, value: number): Instruction => ({ op: 'store', va: va(offset), value })
const load = (offset: number, to = 'r'): Instruction => ({ op: 'load', va: va(offset), to })
const doorbell: Instruction = { op: 'mmio-write', addr: memoryMap.fimc0.base, value: 1 }

describe('loads', () => {
  it('take a buffered word without asking the L1', () => {
    const cpu = new Driver([store(0, 5), load(0)])
    cpu.issueAll()
    expect(cpu.sent).toEqual([])
    expect(cpu.context.registers).toEqual([5])
    expect(cpu.emittedOf('cpu.load')).toEqual([
      { type: 'cpu.load', core: 0, addr: pa(0), data: [5], memory: 'cacheable' },
    ])
  })

  it('merge buffered words over the line that the L1 returns, newest last', () => {
    const cpu = new Driver([store(4, 5), store(4, 6), { op: 'load-range', va: va(0), bytes: line }])
    cpu.issueAll()
    const request = cpu.next('load.req')
    expect(request).toEqual({ type: 'load.req', addr: pa(0), words: 2, memory: 'cacheable' })
    cpu.answer(request, { data: [1, 2] })
    expect(cpu.emittedOf('cpu.load')[0]?.data).toEqual([1, 6])
  })

  it('abort on an error response: the result keeps its value, a range stops, the program goes on', () => {
    const cpu = new Driver([
      { op: 'set', to: 'r', value: 3 },
      load(0),
      { op: 'load-range', va: va(0), bytes: 3 * line },
      { op: 'mark', name: 'stream.on', args: {} },
    ])
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [] })
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [1, 2] })
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [] })
    cpu.issueAll()
    const why = 'error response to a load'
    expect(cpu.emittedOf('cpu.abort')).toEqual([
      { type: 'cpu.abort', core: 0, addr: va(0), why },
      { type: 'cpu.abort', core: 0, addr: va(line), why },
    ])
    expect(cpu.context.registers).toEqual([3])
    expect(cpu.emittedOf('cpu.mark')).toHaveLength(1)
    expect(cpu.sent).toEqual([])
  })

  it('see memory again once the store is performed', () => {
    const cpu = new Driver([store(0, 5), { op: 'dmb' }, load(0)])
    cpu.issueAll()
    cpu.settle()
    cpu.issueAll()
    cpu.answer(cpu.next('load.req'), { data: [9] })
    expect(cpu.context.registers).toEqual([9])
  })

  it('overtake older stores to other words', () => {
    const cpu = new Driver([store(0, 1), load(4)])
    cpu.issueAll()
    expect(cpu.next('load.req').addr).toBe(pa(4))
    expect(cpu.context.buffer.count).toBe(1)
  })

  it('go line by line through a range, also when it is not aligned', () => {
    const start = board.linearBase + board.reservedBytes + 20
    const cpu = new Driver([{ op: 'load-range', va: start, bytes: 50 }], { geometry: board })
    const words: unknown[] = []
    while (cpu.issue() === 'react') {
      const request = cpu.next('load.req')
      words.push([(request.addr as number) - board.dram.base - board.reservedBytes, request.words])
      cpu.answer(request, { data: new Array(request.words as number).fill(0) })
    }
    expect(words).toEqual([
      [20, 3],
      [32, 8],
      [64, 2],
    ])
  })

  it('ignore an answer to another load', () => {
    const cpu = new Driver([load(0)])
    cpu.issue()
    expect(cpu.give({ type: 'load.resp', addr: pa(4), data: [1] })).toBe('ignore')
    expect(cpu.state('pipeline')).toBe('waiting.loading')
  })
})

describe('stores', () => {
  it('drain in any order, but the same word in program order', () => {
    const cpu = new Driver([store(0, 1), store(0, 2)])
    cpu.issueAll()
    expect(cpu.drainable()).toEqual([0])
    const other = new Driver([store(0, 1), store(4, 2)])
    other.issueAll()
    expect(other.drainable()).toEqual([0, 1])
    other.drain(1)
    expect(other.next('store.req')).toEqual({ type: 'store.req', addr: pa(4), data: [2], memory: 'cacheable' })
  })

  it('are reported when they execute; the L1 reports when they are performed', () => {
    const cpu = new Driver([store(0, 0xffffffff)])
    cpu.issueAll()
    const expected = { core: 0, addr: pa(0), data: [-1], memory: 'cacheable' }
    expect(cpu.emitted).toEqual([{ type: 'cpu.store', ...expected }])
    cpu.drain(0)
    cpu.answer(cpu.next('store.req'))
    expect(cpu.emitted).toHaveLength(1)
  })

  it('wait while the buffer is full', () => {
    const cpu = new Driver([store(0, 1), store(4, 2), store(8, 3)])
    cpu.issueAll()
    expect(cpu.state('storeBuffer')).toBe('holding.full')
    expect(cpu.reactor.reason).toMatch(/store buffer is full/)
    cpu.drain(1)
    expect(cpu.issue()).toBe('stall')
    cpu.answer(cpu.next('store.req'))
    expect(cpu.state('storeBuffer')).toBe('holding.roomy')
    expect(cpu.issue()).toBe('react')
    expect(cpu.reactor.finished()).toBe(true)
  })

  it('put a whole line into one entry', () => {
    const cpu = new Driver([{ op: 'store-range', va: va(4), bytes: line, value: 3 }])
    cpu.issueAll()
    cpu.drain(1)
    cpu.drain(0)
    expect(cpu.sent.map(({ addr, data }) => [addr, data])).toEqual([
      [pa(8), [3]],
      [pa(4), [3]],
    ])
  })

  it('without a store buffer wait one by one until they are performed', () => {
    const cpu = new Driver([{ op: 'store-range', va: va(0), bytes: 2 * line, value: 3 }, doorbell], {
      features: { storeBuffer: false },
    })
    for (const type of ['store.req', 'store.req', 'reg.write.req']) {
      expect(cpu.issue()).toBe('react')
      expect(cpu.state('pipeline')).toBe('waiting.storing')
      expect(cpu.issue()).toBe('stall')
      cpu.answer(cpu.next(type))
    }
    expect(cpu.reactor.finished()).toBe(true)
  })
})

describe('maintenance by MVA', () => {
  it('is posted: nothing waits for it', () => {
    const cpu = new Driver([clean(0, 2 * line), { op: 'dmb' }, doorbell])
    cpu.issueAll()
    expect(cpu.sent).toEqual([
      { type: 'maintain.req', core: 0, op: 'clean', addr: pa(0) },
      { type: 'maintain.req', core: 0, op: 'clean', addr: pa(line) },
    ])
    expect(cpu.state('maintenance')).toBe('posted.roomy')
    // The doorbell leaves while the lines are still dirty: the race that a DSB prevents.
    expect(cpu.drain(0)).toBe('react')
  })

  it('is complete before anything behind a DSB executes', () => {
    const cpu = new Driver([clean(0), { op: 'dsb' }, doorbell])
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('waiting.synchronizing')
    expect(cpu.issue()).toBe('stall')
    cpu.answer(cpu.next('maintain.req'))
    expect(cpu.issue()).toBe('react')
    expect(cpu.drainable()).toEqual([0])
  })

  it('follows older stores to its line, and only those', () => {
    const cpu = new Driver([store(0, 1), store(line, 2), clean(0)])
    cpu.issueAll()
    expect(cpu.reactor.reason).toMatch(/older store to the line/)
    cpu.drain(1)
    cpu.answer(cpu.next('store.req'))
    expect(cpu.issue()).toBe('stall')
    cpu.drain(0)
    expect(cpu.issue()).toBe('stall')
    cpu.answer(cpu.next('store.req'))
    expect(cpu.issue()).toBe('react')
    expect(cpu.next('maintain.req').addr).toBe(pa(0))
  })

  it('comes before younger loads, stores and maintenance of its line', () => {
    const cpu = new Driver([clean(0), load(line), store(4, 1), clean(0), load(0)])
    cpu.issue()
    const maintenance = cpu.next('maintain.req')
    cpu.issue()
    cpu.answer(cpu.next('load.req'), { data: [0] })
    cpu.issue()
    expect(cpu.drainable()).toEqual([])
    expect(cpu.issue()).toBe('stall')
    cpu.answer(maintenance)
    expect(cpu.drainable()).toEqual([0])
    cpu.settle()
    cpu.issue()
    expect(cpu.issue()).toBe('stall')
    expect(cpu.reactor.reason).toMatch(/older maintenance of the line/)
    cpu.settle()
    expect(cpu.issue()).toBe('react')
  })

  it('covers every line that the range touches, and nothing for no bytes', () => {
    const cpu = new Driver([clean(4, line), clean(0, 0)])
    cpu.issueAll()
    expect(cpu.sent.map(({ addr }) => addr)).toEqual([pa(0), pa(line)])
    expect(cpu.emittedOf('cpu.maintain')).toHaveLength(2)
    expect(cpu.reactor.finished()).toBe(true)
  })

  it('is bounded in number', () => {
    const cpu = new Driver([clean(0, 6 * line)])
    cpu.issueAll()
    expect(cpu.state('maintenance')).toBe('posted.full')
    expect(cpu.sent).toHaveLength(4)
    cpu.answer(cpu.next('maintain.req'))
    expect(cpu.issue()).toBe('react')
  })
})

describe('barriers', () => {
  it('DMB waits until the older stores are performed, not only sent', () => {
    const cpu = new Driver([store(0, 1), { op: 'dmb' }, load(line)])
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('waiting.draining')
    cpu.drain(0)
    expect(cpu.issue()).toBe('stall')
    cpu.answer(cpu.next('store.req'))
    expect(cpu.state('pipeline')).toBe('issuing.load')
  })

  it('DMB does not wait for maintenance', () => {
    const cpu = new Driver([clean(0), { op: 'dmb' }, load(line)])
    cpu.issue()
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('issuing.load')
  })

  it('DSB waits for register writes too', () => {
    const cpu = new Driver([doorbell, { op: 'dsb' }])
    cpu.issueAll()
    cpu.drain(0)
    expect(cpu.reactor.finished()).toBe(false)
    cpu.answer(cpu.next('reg.write.req'))
    expect(cpu.reactor.finished()).toBe(true)
  })

  it('pass at once when nothing is under way', () => {
    const cpu = new Driver([{ op: 'dmb' }, { op: 'dsb' }, { op: 'isb' }])
    cpu.issueAll()
    expect(cpu.reactor.finished()).toBe(true)
  })
})

describe('the windows of remapped memory', () => {
  const window = litmus.vmalloc.base
  const mapping = { values: [1, pa(0), 1] }

  it('are translated once a page, and accessed as the mapping says', () => {
    const cpu = new Driver([{ op: 'load-range', va: window, bytes: 2 * litmus.pageBytes }])
    const seen: string[] = []
    while (cpu.issue() === 'react') {
      const request = cpu.next(cpu.state('pipeline') === 'waiting.translating' ? 'va.translate' : 'load.req')
      seen.push(
        request.type === 'load.req'
          ? String(request.memory)
          : `translate ${Number((request.args as number[])[0]) - window}`,
      )
      cpu.answer(request, request.type === 'load.req' ? { data: [0, 0] } : mapping)
    }
    const page = ['non-cacheable', 'non-cacheable']
    expect(seen).toEqual(['translate 0', ...page, `translate ${litmus.pageBytes}`, ...page])
    expect(cpu.context.page.va).toBe(-1)
  })

  it('are the same memory: a store through one alias is forwarded to a load through another', () => {
    const cpu = new Driver([{ op: 'store', va: window + 4, value: 8 }, load(4)])
    cpu.issue()
    cpu.answer(cpu.next('va.translate'), mapping)
    cpu.issueAll()
    expect(cpu.emittedOf('cpu.store')[0]).toMatchObject({ addr: pa(4), memory: 'non-cacheable' })
    expect(cpu.context.registers).toEqual([8])
    cpu.drain(0)
    expect(cpu.next('store.req').memory).toBe('non-cacheable')
  })

  it('abort where nothing is mapped, and the program goes on', () => {
    const cpu = new Driver([{ op: 'load-range', va: window, bytes: 64 }, { op: 'isb' }])
    cpu.issue()
    cpu.answer(cpu.next('va.translate'), { values: [0, 0, 0] })
    expect(cpu.emitted).toEqual([{ type: 'cpu.abort', core: 0, addr: window, why: 'the page is not mapped' }])
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
  })
})

describe('an access to no memory', () => {
  it.each<[string, Instruction]>([
    ['before the linear mapping', { op: 'load', va: litmus.linearBase - 4, to: 'r' }],
    ['behind it', { op: 'store', va: litmus.linearBase + litmus.dram.bytes, value: 1 }],
    ['at 0', { op: 'maintain', action: 'clean', va: 0, bytes: 4 }],
    ['that wraps', { op: 'load-range', va: 0xfffffffc, bytes: 16 }],
  ])('%s aborts', (_, instruction) => {
    const cpu = new Driver([instruction])
    cpu.issueAll()
    expect(cpu.emitted.map(({ type }) => type)).toEqual(['cpu.abort'])
    expect(cpu.reactor.finished()).toBe(true)
  })

  it('in the middle of a range aborts there', () => {
    const cpu = new Driver([
      { op: 'store-range', va: litmus.linearBase + litmus.dram.bytes - line, bytes: 2 * line, value: 1 },
    ])
    cpu.issueAll()
    expect(cpu.emitted.map(({ type, addr }) => [type, addr])).toEqual([
      ['cpu.store', litmus.dram.base + litmus.dram.bytes - line],
      ['cpu.abort', litmus.linearBase + litmus.dram.bytes],
    ])
  })

  it('or of half a word, known only when it runs, aborts', () => {
    const cpu = new Driver([
      { op: 'set', to: 'a', value: va(2) },
      { op: 'load', va: 'a', to: 'r' },
    ])
    cpu.issueAll()
    expect(cpu.emitted).toEqual([{ type: 'cpu.abort', core: 0, addr: va(2), why: 'not a whole word' }])
  })
})
