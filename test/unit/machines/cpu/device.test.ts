/** Unit | the core's accesses to registers: Device order, PL310 maintenance, errors; and calls of the operating system. */

import { describe, expect, it } from 'vitest'
import { pl310Offsets } from '../../../../machines/cache-controller/pl310-regs.ts'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { litmus, memoryMap } from '../../../../machines/geometry.ts'
import { Driver, pa, va } from './driver.ts'

const fimc = memoryMap.fimc0.base
const write = (offset: number, value: number): Instruction => ({ op: 'mmio-write', addr: fimc + offset, value })

describe('register writes', () => {
  it('leave in program order, without waiting for each other, under different transaction ids', () => {
    const cpu = new Driver([write(0, 1), write(4, 2)])
    cpu.issueAll()
    expect(cpu.drainable()).toEqual([0])
    cpu.drain(0)
    cpu.drain(1)
    expect(cpu.sent).toEqual([
      { type: 'reg.write.req', from: 'cpu0', txn: 0, addr: fimc, value: 1 },
      { type: 'reg.write.req', from: 'cpu0', txn: 1, addr: fimc + 4, value: 2 },
    ])
    // Responses may come in any order: the id says which write it was.
    cpu.answer(cpu.sent[1] as never)
    expect(cpu.context.buffer.addr[0]).toBe(fimc)
  })

  it('overtake older stores to memory unless a barrier stands between', () => {
    const store: Instruction = { op: 'store', va: va(0), value: 1 }
    const racy = new Driver([store, write(0, 1)])
    racy.issueAll()
    expect(racy.drainable()).toEqual([0, 1])
    for (const op of ['dmb', 'dsb'] as const) {
      const ordered = new Driver([store, { op }, write(0, 1)])
      ordered.issueAll()
      expect(ordered.context.buffer.count).toBe(1)
    }
  })

  it('that the bus refuses are reported', () => {
    const cpu = new Driver([write(0, 1)])
    cpu.issueAll()
    cpu.drain(0)
    cpu.answer(cpu.next('reg.write.req'), { ok: false })
    expect(cpu.emitted).toEqual([{ type: 'cpu.abort', core: 0, addr: fimc, why: 'error response to a register write' }])
    expect(cpu.state('storeBuffer')).toBe('empty')
  })
})

describe('register reads', () => {
  it('wait until older Device stores are sent, not until they are answered', () => {
    const cpu = new Driver([write(0, 1), { op: 'mmio-read', addr: fimc + 8, to: 'r' }])
    cpu.issueAll()
    expect(cpu.reactor.reason).toMatch(/older Device stores/)
    cpu.drain(0)
    expect(cpu.issue()).toBe('react')
    cpu.next('reg.write.req')
    const request = cpu.next('reg.read.req')
    expect(request).toEqual({ type: 'reg.read.req', from: 'cpu0', txn: 1, addr: fimc + 8 })
    cpu.answer(request, { value: 0xfedcba98 })
    expect(cpu.context.registers).toEqual([0xfedcba98])
  })

  it('do not wait for stores to memory', () => {
    const cpu = new Driver([
      { op: 'store', va: va(0), value: 1 },
      { op: 'mmio-read', addr: fimc, to: 'r' },
    ])
    cpu.issueAll()
    expect(cpu.next('reg.read.req').txn).toBe(0)
  })

  it('that the bus refuses are reported and keep the old value', () => {
    const cpu = new Driver([
      { op: 'set', to: 'r', value: 3 },
      { op: 'mmio-read', addr: fimc, to: 'r' },
    ])
    cpu.issue()
    cpu.answer(cpu.next('reg.read.req'), { ok: false, value: 9 })
    expect(cpu.emittedOf('cpu.abort')).toHaveLength(1)
    expect(cpu.context.registers).toEqual([3])
  })
})

describe('PL310 maintenance', () => {
  const registerOf = {
    clean: 'cleanLinePa',
    invalidate: 'invalidateLinePa',
    'clean-invalidate': 'cleanInvalidateLinePa',
  } as const

  it.each(['clean', 'invalidate', 'clean-invalidate'] as const)(
    '%s writes each line to its register, then syncs',
    (action) => {
      const bytes = litmus.lineBytes
      const cpu = new Driver([{ op: 'l2-maintain', action, addr: pa(4), bytes }, { op: 'l2-sync' }])
      const sent: unknown[] = []
      while (!cpu.reactor.finished()) {
        cpu.issueAll()
        while (cpu.context.buffer.count > 0) {
          cpu.drain(0)
          const request = cpu.next('reg.write.req')
          sent.push([(request.addr as number) - memoryMap.pl310.base, request.value])
          cpu.answer(request)
        }
      }
      expect(sent).toEqual([
        [pl310Offsets[registerOf[action]], pa(0)],
        [pl310Offsets[registerOf[action]], pa(litmus.lineBytes)],
        [pl310Offsets.cacheSync, 0],
      ])
      expect(cpu.emitted).toEqual([
        { type: 'cpu.maintain', core: 0, level: 'l2', op: action, addr: pa(0) },
        { type: 'cpu.maintain', core: 0, level: 'l2', op: action, addr: pa(litmus.lineBytes) },
      ])
    },
  )

  it('of no bytes does nothing', () => {
    const cpu = new Driver([{ op: 'l2-maintain', action: 'clean', addr: pa(0), bytes: 0 }])
    cpu.issueAll()
    expect(cpu.reactor.finished()).toBe(true)
    expect(cpu.context.buffer.count).toBe(0)
  })
})

describe('calls', () => {
  it('carry arguments, wait, and put the results into registers', () => {
    const cpu = new Driver([
      { op: 'set', to: 'n', value: 3 },
      { op: 'call', call: 'page.alloc', args: [['mul', 'n', 16], 2], to: ['page'] },
      { op: 'isb' },
    ])
    cpu.issue()
    const call = cpu.next('page.alloc')
    expect(call).toEqual({ type: 'page.alloc', core: 0, args: [48, 2] })
    expect(cpu.issue()).toBe('stall')
    cpu.answer(call, { values: [pa(0)] })
    expect(cpu.context.registers).toEqual([3, pa(0)])
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
  })
})

describe('marks', () => {
  it('take a step, together with those that follow directly, in program order', () => {
    const cpu = new Driver([
      { op: 'set', to: 'h', value: 7 },
      { op: 'mark', name: 'buffer.queued', args: { handle: ['add', 'h', 1], device: { text: 'fimc0' } } },
      { op: 'mark', name: 'stream.on', args: {} },
      { op: 'store', va: va(0), value: 1 },
      { op: 'mark', name: 'stream.off', args: {} },
    ])
    expect(cpu.emitted).toEqual([])
    cpu.issue()
    expect(cpu.emitted).toEqual([
      {
        type: 'cpu.mark',
        core: 0,
        program: 'main',
        instruction: 1,
        name: 'buffer.queued',
        args: { handle: 8, device: 'fimc0' },
      },
      { type: 'cpu.mark', core: 0, program: 'main', instruction: 2, name: 'stream.on', args: {} },
    ])
    cpu.issueAll()
    expect(cpu.emitted.map(({ type }) => type)).toEqual(['cpu.mark', 'cpu.mark', 'cpu.store', 'cpu.mark'])
  })
})
