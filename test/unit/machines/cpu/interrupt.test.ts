/** Unit | interrupts of the core: when they are taken, what they interrupt, masking, sleeping. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { Driver, pa, va } from './driver.ts'

const line = litmus.lineBytes
const nop: Instruction = { op: 'isb' }
const handler: Instruction[] = [{ op: 'mark', name: 'buffer.done', args: {} }, { op: 'return' }]

function handled(cpu: Driver): number {
  return cpu.emittedOf('cpu.mark').length
}

describe('an interrupt', () => {
  it('comes before the next instruction', () => {
    const cpu = new Driver([nop, { op: 'store', va: va(0), value: 1 }], { interrupt: handler })
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    expect(cpu.issue()).toBe('stall')
    expect(cpu.take()).toBe('react')
    expect(cpu.state('interrupt')).toBe('handling.high')
    cpu.give({ type: 'irq.deassert' })
    cpu.issue()
    cpu.issue()
    expect(cpu.state('interrupt')).toBe('enabled.low')
    expect(cpu.state('pipeline')).toBe('issuing.store')
    expect(handled(cpu)).toBe(1)
  })

  it('vanishes with its cause', () => {
    const cpu = new Driver([nop], { interrupt: handler })
    cpu.give({ type: 'irq.assert' })
    cpu.give({ type: 'irq.deassert' })
    expect(cpu.take()).toBe('stall')
    expect(cpu.issue()).toBe('react')
  })

  it('is not taken twice at once, but again after the return while the line is high', () => {
    const cpu = new Driver([nop], { interrupt: handler })
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    expect(cpu.take()).toBe('stall')
    cpu.issueAll()
    expect(cpu.state('interrupt')).toBe('enabled.pending')
    expect(cpu.take()).toBe('react')
  })

  it('waits for the data of a load, and comes between two lines of a range', () => {
    const cpu = new Driver(
      [
        { op: 'set', to: 'at', value: va(0) },
        { op: 'load-range', va: 'at', bytes: 3 * line },
        { op: 'load', va: 'at', to: 'x' },
      ],
      {
        interrupt: [
          { op: 'set', to: 'at', value: va(8 * line) },
          { op: 'load-range', va: 'at', bytes: line },
          { op: 'return' },
        ],
      },
    )
    const addresses: unknown[] = []
    const line1 = (): void => {
      cpu.issue()
      const request = cpu.next('load.req')
      addresses.push((request.addr as number) - pa(0))
      cpu.answer(request, { data: new Array(request.words as number).fill(0) })
    }
    cpu.issue()
    line1()
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    expect(cpu.take()).toBe('stall')
    const request = cpu.next('load.req')
    addresses.push((request.addr as number) - pa(0))
    cpu.answer(request, { data: [0, 0] })
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    cpu.issue()
    line1()
    cpu.issue()
    expect(cpu.context.access).toEqual({ start: va(0), bytes: 3 * line, done: 2 * line, value: 0 })
    line1()
    line1()
    // The range keeps its operands; the instruction after it sees what the handler wrote.
    expect(addresses).toEqual([0, line, 8 * line, 2 * line, 8 * line])
  })

  it('between an instruction and its first access makes it read its registers again', () => {
    const cpu = new Driver(
      [
        { op: 'set', to: 'at', value: va(0) },
        { op: 'store', va: 'at', value: 1 },
      ],
      { interrupt: [{ op: 'set', to: 'at', value: va(line) }, { op: 'return' }] },
    )
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    cpu.issueAll()
    expect(cpu.emittedOf('cpu.store')[0]?.addr).toBe(pa(line))
  })

  it('drops the translation of the page that the interrupted instruction had', () => {
    const cpu = new Driver([{ op: 'load-range', va: litmus.user.base, bytes: 2 * line }], { interrupt: handler })
    const translate = (): void => {
      cpu.issue()
      cpu.answer(cpu.next('va.translate'), { values: [1, pa(0), 0] })
    }
    translate()
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    cpu.issue()
    cpu.issue()
    translate()
    expect(cpu.issue()).toBe('react')
    expect(cpu.next('load.req').addr).toBe(pa(0))
  })

  it('is still taken after main has ended', () => {
    const cpu = new Driver([nop], { interrupt: handler })
    cpu.issueAll()
    expect(cpu.reactor.finished()).toBe(true)
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    expect(cpu.reactor.finished()).toBe(false)
    cpu.give({ type: 'irq.deassert' })
    cpu.issueAll()
    expect(cpu.reactor.finished()).toBe(true)
    expect(handled(cpu)).toBe(1)
  })
})

describe('masking', () => {
  it('holds interrupts back until they are unmasked', () => {
    const cpu = new Driver([{ op: 'interrupts', enabled: 'off' }, nop, { op: 'interrupts', enabled: 'on' }, nop], {
      interrupt: handler,
    })
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    expect(cpu.take()).toBe('stall')
    cpu.issue()
    cpu.issue()
    expect(cpu.state('interrupt')).toBe('enabled.pending')
    expect(cpu.take()).toBe('react')
  })

  it('cannot be undone within a handler', () => {
    const cpu = new Driver([nop], { interrupt: [{ op: 'interrupts', enabled: 'on' }, nop, { op: 'return' }] })
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    cpu.issue()
    expect(cpu.state('interrupt')).toBe('handling.high')
  })

  it('is permanent without a handler', () => {
    const cpu = new Driver([{ op: 'interrupts', enabled: 'on' }, nop])
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    expect(cpu.state('interrupt')).toBe('masked.high')
    expect(cpu.issue()).toBe('react')
  })
})

describe('wait-for-interrupt', () => {
  const wait: Instruction = { op: 'wait-for-interrupt' }

  it('ends when the line rises, although interrupts are masked', () => {
    const cpu = new Driver([wait, nop])
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('waiting.sleeping')
    expect(cpu.reactor.finished()).toBe(false)
    cpu.give({ type: 'irq.assert' })
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
    expect(cpu.state('interrupt')).toBe('masked.high')
  })

  it('ends at once when the line is high already', () => {
    const cpu = new Driver([wait, nop])
    cpu.give({ type: 'irq.assert' })
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
  })

  it('lets the handler run before the next instruction', () => {
    const cpu = new Driver([wait, nop], { interrupt: handler })
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    expect(cpu.issue()).toBe('stall')
    cpu.take()
    cpu.issue()
    expect(handled(cpu)).toBe(1)
  })

  it('can miss an interrupt that is taken between the test and the sleep', () => {
    const cpu = new Driver(
      [
        { op: 'set', to: 'done', value: 0 },
        { op: 'label', name: 'again' },
        { op: 'branch', to: 'out', when: ['ne', 'done', 0] },
        wait,
        { op: 'branch', to: 'again' },
        { op: 'label', name: 'out' },
      ],
      { interrupt: [{ op: 'set', to: 'done', value: 1 }, { op: 'return' }] },
    )
    cpu.issue()
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('issuing.sleep')
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    cpu.issueAll()
    expect(cpu.state('pipeline')).toBe('waiting.sleeping')
  })
})
