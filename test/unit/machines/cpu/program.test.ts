/** Unit | programs of a core: what is rejected, with which words, and which instructions take a step. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { compilePrograms } from '../../../../machines/cpu/program.ts'
import { UsageError } from '../../../../src/base/errors.ts'
import { Driver } from './driver.ts'

function problem(main: readonly Instruction[], interrupt: readonly Instruction[] = []): string {
  try {
    compilePrograms('cpu0', { main, interrupt })
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }
  return ''
}

describe('a wrong program', () => {
  it.each<[string, readonly Instruction[], readonly Instruction[], RegExp]>([
    [
      'unknown label',
      [
        { op: 'label', name: 'loop' },
        { op: 'branch', to: 'lop' },
      ],
      [],
      /main, instruction 1 \(branch\): unknown label "lop"\. Did you mean loop/,
    ],
    [
      'register as label',
      [
        { op: 'set', to: 'i', value: 1 },
        { op: 'branch', to: 'i' },
      ],
      [],
      /"i" is a register, and a branch goes to a label/,
    ],
    [
      'label and register of one name',
      [
        { op: 'set', to: 'i', value: 1 },
        { op: 'label', name: 'i' },
      ],
      [],
      /"i" is also a register/,
    ],
    [
      'label twice',
      [
        { op: 'label', name: 'a' },
        { op: 'label', name: 'a' },
      ],
      [],
      /label "a" stands at instruction 0 already/,
    ],
    [
      'register never written',
      [{ op: 'store', va: 0xc0000000, value: 'x' }],
      [],
      /register "x" is read but never written/,
    ],
    ['unaligned load', [{ op: 'load', va: 0xc0000002, to: 'x' }], [], /0xc000_0002 is not a multiple of 4/],
    [
      'unaligned length',
      [{ op: 'store-range', va: 0xc0000000, bytes: 6, value: 1 }],
      [],
      /length 0x0000_0006 is not a multiple of 4/,
    ],
    [
      'unaligned register',
      [{ op: 'mmio-write', addr: ['add', 0x11800000, 1], value: 1 }],
      [],
      /is not a multiple of 4/,
    ],
    ['constant too large', [{ op: 'set', to: 'x', value: 2 ** 32 }], [], /does not fit a 32-bit word/],
    ['unknown arithmetic', [{ op: 'set', to: 'x', value: ['plus', 1, 2] } as never], [], /unknown operation "plus"/],
    ['odd alignment', [{ op: 'set', to: 'x', value: ['align-up', 1, 24] }], [], /needs a power of two/],
    ['unknown comparison', [{ op: 'assert', that: ['gt', 1, 2], message: '' } as never], [], /unknown comparison "gt"/],
    ['unknown instruction', [{ op: 'nop' } as never], [], /unknown instruction "nop"/],
    [
      'unknown call',
      [{ op: 'call', call: 'page.allok', args: [], to: [] }],
      [],
      /unknown call "page.allok"\. Did you mean page\.alloc/,
    ],
    [
      'too few arguments',
      [{ op: 'call', call: 'page.alloc', args: [1], to: [] }],
      [],
      /"page.alloc" takes 2 arguments \(bytes, owner\), not 1/,
    ],
    [
      'too many results',
      [{ op: 'call', call: 'flag.get', args: [1], to: ['a', 'b'] }],
      [],
      /"flag.get" returns 1 values/,
    ],
    [
      'handler without return',
      [],
      [{ op: 'dsb' }],
      /interrupt, instruction 0 \(dsb\): the interrupt program ends here without a return/,
    ],
    ['return in main', [{ op: 'return' }], [], /main, instruction 0 \(return\): only an interrupt program returns/],
    [
      'endless loop',
      [
        { op: 'label', name: 'a' },
        { op: 'branch', to: 'a' },
      ],
      [],
      /endless loop of register instructions/,
    ],
  ])('%s is a usage error that says where and what to do', (_, main, interrupt, message) => {
    expect(problem(main, interrupt)).toMatch(message)
  })

  it('is reported with all its problems', () => {
    const text = problem([{ op: 'load', va: 2, to: 'x' }], [{ op: 'branch', to: 'nowhere' }])
    expect(text).toMatch(/main, instruction 0/)
    expect(text).toMatch(/interrupt, instruction 0/)
  })

  it('is not one whose handler returns on every path', () => {
    const handler: Instruction[] = [
      { op: 'mmio-read', addr: 0x10480000, to: 'x' },
      { op: 'branch', to: 'out', when: ['eq', 'x', 0] },
      { op: 'return' },
      { op: 'label', name: 'out' },
      { op: 'return' },
    ]
    expect(problem([], handler)).toBe('')
  })
})

describe('register instructions', () => {
  const count: Instruction[] = [
    { op: 'set', to: 'i', value: 0 },
    { op: 'label', name: 'again' },
    { op: 'set', to: 'i', value: ['add', 'i', 1] },
    { op: 'branch', to: 'again', when: ['lt', 'i', 5] },
    { op: 'assert', that: ['eq', 'i', 6], message: 'six rounds' },
  ]

  it('take no step of their own', () => {
    const cpu = new Driver([...count, { op: 'isb' }])
    expect(cpu.state('pipeline')).toBe('issuing.instructionBarrier')
    expect(cpu.context.registers).toEqual([5])
    expect(cpu.emitted).toEqual([
      { type: 'cpu.assertion-failed', core: 0, message: 'six rounds (cpu0 main, instruction 4)' },
    ])
    cpu.issue()
    expect(cpu.reactor.finished()).toBe(true)
  })

  it('take one where the handler could make a difference', () => {
    const handler: Instruction[] = [{ op: 'set', to: 'i', value: 7 }, { op: 'return' }]
    const cpu = new Driver(count, { interrupt: handler })
    expect(cpu.state('pipeline')).toBe('issuing.registers')
    expect(cpu.context.registers).toEqual([0])
    cpu.give({ type: 'irq.assert' })
    expect(cpu.issue()).toBe('stall')
    cpu.take()
    cpu.give({ type: 'irq.deassert' })
    cpu.issueAll()
    expect(cpu.context.registers).toEqual([5])
  })

  it('that loop for ever end the program with a report', () => {
    const cpu = new Driver([
      { op: 'set', to: 'i', value: 0 },
      { op: 'label', name: 'spin' },
      { op: 'branch', to: 'spin', when: ['eq', 'i', 0] },
      { op: 'isb' },
    ])
    expect(cpu.state('pipeline')).toBe('halted')
    expect(cpu.emitted[0]).toMatchObject({ type: 'cpu.assertion-failed' })
    expect(String(cpu.emitted[0]?.message)).toMatch(
      /endless loop of register instructions \(cpu0 main, instruction [12]\)/,
    )
  })
})
