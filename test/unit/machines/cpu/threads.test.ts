/** Unit | threads of a core: when they take turns, what is theirs and what is the core's. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { compilePrograms } from '../../../../machines/cpu/program.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { Driver, pa, va } from './driver.ts'

const line = litmus.lineBytes
const nop: Instruction = { op: 'isb' }
const storing = (value: number): Instruction => ({ op: 'store', va: va(0), value })

function core(threads: readonly (readonly Instruction[])[], interrupt: readonly Instruction[] = []): Driver {
  return new Driver([], { interrupt, threads: threads.map((program, at) => ({ name: 'AB'[at] as string, program })) })
}

describe('threads', () => {
  it('wait for their first turn, and the core ends when all of them have', () => {
    const cpu = core([[nop], [nop]])
    expect(cpu.state('pipeline')).toBe('ended')
    expect(cpu.reactor.finished()).toBe(false)
    cpu.turnTo(1)
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('ended')
    cpu.turnTo(2)
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('halted')
    expect(cpu.reactor.finished()).toBe(true)
    expect(cpu.emittedOf('cpu.switch').map(({ name }) => name)).toEqual(['A', 'B'])
  })

  it('go on where they were, in the middle of a range, with registers of their own', () => {
    const counting = (from: number): Instruction[] => [
      { op: 'set', to: 'n', value: from },
      nop,
      { op: 'set', to: 'n', value: ['add', 'n', 1] },
    ]
    const cpu = core([
      [...counting(10), { op: 'store-range', va: va(0), bytes: 2 * line, value: 'n' }],
      [...counting(20), nop],
    ])
    cpu.turnTo(1)
    cpu.issue()
    cpu.issue()
    cpu.turnTo(2)
    expect(cpu.issue()).toBe('react')
    cpu.turnTo(1)
    cpu.issue()
    cpu.settle()
    const stored = cpu.emittedOf('cpu.store').map(({ addr, data }) => [addr, (data as number[])[0]])
    expect(stored).toEqual([
      [pa(0), 11],
      [pa(line), 11],
    ])
    const { registers } = compilePrograms('cpu0', {
      main: [],
      interrupt: [],
      threads: [
        { name: 'A', program: counting(10) },
        { name: 'B', program: counting(20) },
      ],
    })
    expect(registers).toEqual(['A.n', 'B.n'])
    expect(cpu.context.registers).toEqual([11, 21])
  })

  it('share the store buffer: a load of one takes what another one stored, and its barrier waits for it', () => {
    const cpu = core([[storing(7)], [{ op: 'load', va: va(0), to: 'r' }, { op: 'dsb' }, nop]])
    cpu.turnTo(1)
    cpu.issue()
    cpu.turnTo(2)
    cpu.issue()
    expect(cpu.emittedOf('cpu.load')[0]).toMatchObject({ data: [7] })
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('waiting.synchronizing')
    cpu.settle()
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
  })

  it('keep the core while interrupts are masked, in a call and while they wait for data', () => {
    const cpu = core([
      [
        { op: 'interrupts', enabled: 'off' },
        nop,
        { op: 'interrupts', enabled: 'on' },
        { op: 'call', call: 'flag.get', args: [0], to: ['r'] },
        { op: 'load', va: va(0), to: 'r' },
        nop,
      ],
      [nop],
    ])
    cpu.turnTo(1)
    cpu.issue()
    expect(cpu.turnTo(2)).toBe('stall')
    cpu.issue()
    cpu.issue()
    cpu.issue()
    expect(cpu.turnTo(2)).toBe('stall')
    cpu.give({ type: 'os.return', values: [0] })
    cpu.issue()
    expect(cpu.turnTo(2)).toBe('stall')
    cpu.answer(cpu.sent.find(({ type }) => type === 'load.req') as never, { data: [0] })
    expect(cpu.turnTo(2)).toBe('react')
  })

  it('do not take turns in the handler', () => {
    const cpu = core([[nop, nop], [nop]], [nop, { op: 'return' }])
    cpu.turnTo(1)
    cpu.give({ type: 'irq.assert' })
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    expect(cpu.turnTo(2)).toBe('stall')
    cpu.issue()
    cpu.issue()
    expect(cpu.state('threads')).toBe('preemptive')
    expect(cpu.turnTo(2)).toBe('react')
  })

  it('leave the core while they sleep, and sleep anew', () => {
    const cpu = core([[{ op: 'wait-for-interrupt' }, nop], [nop]])
    cpu.turnTo(1)
    cpu.issue()
    expect(cpu.state('pipeline')).toBe('waiting.sleeping')
    cpu.turnTo(2)
    cpu.issue()
    cpu.turnTo(1)
    expect(cpu.state('pipeline')).toBe('issuing.sleep')
    cpu.issue()
    cpu.give({ type: 'irq.assert' })
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
  })

  it('need names that differ', () => {
    const threads = [
      { name: 'A', program: [nop] },
      { name: 'A', program: [{ op: 'return' } as const] },
    ]
    expect(() => new Driver([], { threads })).toThrow(
      /two threads are called "A"[\s\S]*thread A, instruction 0 \(return\): only an interrupt program returns/,
    )
  })
})
