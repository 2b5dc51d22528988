/** Unit | the assembler: folding, control flow, registers, interrupts and steps. */

import { describe, expect, test } from 'vitest'
import { litmus } from '../../../machines/geometry.ts'
import { osConfig } from '../../../machines/os/machine.ts'
import { Assembler } from '../../../src/dma/assembler.ts'
import { add, alignUp, eq, lt, mod, mul, ne, not, shr, sub } from '../../../src/dma/operands.ts'
import { withoutSteps } from '../../../src/dma/program.ts'
import { ProgramRunner } from '../../../src/dma/program-runner.ts'

const os = osConfig(litmus, { lists: [{ name: 'done', capacity: 4 }] })
const assembler = (context: 'thread' | 'undisturbed' | 'interrupt' = 'undisturbed') =>
  new Assembler({ prefix: 'p', os, context })

function run(write: (asm: Assembler) => void): ProgramRunner {
  const asm = assembler()
  write(asm)
  const runner = new ProgramRunner(os)
  runner.run(asm.build().instructions)
  return runner
}

describe('operands', () => {
  test('known values are folded, as u32', () => {
    expect(add(0xffffffff, 2)).toBe(1)
    expect(sub(1, 2)).toBe(0xffffffff)
    expect(mul(mod(7, 4), alignUp(5, 4))).toBe(24)
    expect(shr('r', 0)).toBe('r')
    expect(add(add('r', 4), 8)).toEqual(['add', 'r', 12])
    expect(add(0, 'r')).toBe('r')
  })

  test('the opposite of a condition', () => {
    expect(not(eq('a', 1))).toEqual(['ne', 'a', 1])
    expect(not(lt('a', 1))).toEqual(['ge', 'a', 1])
  })
})

describe('control flow', () => {
  test('known conditions and counts leave no branches', () => {
    const asm = assembler()
    asm.if(
      eq(1, 1),
      () => asm.set('a', 1),
      () => asm.set('a', 2),
    )
    asm.times(1, (index) => asm.set('b', index))
    asm.times(0, () => asm.set('c', 0))
    expect(asm.build().instructions).toEqual([
      { op: 'set', to: 'a', value: 1 },
      { op: 'set', to: 'b', value: 0 },
    ])
  })

  test('if, else, loops and leaving them', () => {
    const runner = run((asm) => {
      asm.set('sum', 0)
      asm.times(5, (index) => {
        asm.if(
          eq(mod(index, 2), 0),
          () => asm.set('sum', add('sum', 1)),
          () => asm.set('sum', add('sum', 100)),
        )
      })
      asm.set('turns', 0)
      asm.forever((leave) => {
        asm.set('turns', add('turns', 1))
        asm.if(eq('turns', 7), leave)
      })
      asm.while(
        () => lt('turns', 10),
        () => asm.set('turns', add('turns', 2)),
      )
    })
    expect([runner.get('sum'), runner.get('turns')]).toEqual([203, 11])
  })

  test('a poll with a bound goes on after the last try', () => {
    const runner = run((asm) => {
      asm.set('late', 0)
      asm.poll({
        read: () => asm.mmioRead(0x1000),
        until: (value) => ne(value, 0),
        bound: 3,
        onTimeout: () => asm.set('late', 1),
      })
    })
    expect(runner.rows.filter((row) => row.op === 'mmio-read')).toHaveLength(3)
    expect(runner.get('late')).toBe(1)
  })
})

describe('registers', () => {
  test('temporary ones are free again after their scope, results of calls too', () => {
    const asm = assembler()
    const kept = asm.temp()
    const inner = asm.scope(() => asm.listPop('done').value)
    expect(asm.temp()).toBe('p.t1')
    expect([kept, inner]).toEqual(['p.t0', 'p.t2'])
  })

  test('a variable has one owner', () => {
    const asm = assembler()
    expect(asm.variable('next')).toBe('p.next')
    expect(() => asm.variable('next')).toThrow(/already/)
  })
})

describe('interrupts', () => {
  const interrupts = (asm: Assembler) =>
    asm.build().instructions.flatMap((one) => (one.op === 'interrupts' ? [one.enabled] : []))

  test('a lock masks them in a thread, once for nested ones, and never in a handler', () => {
    const nested = (asm: Assembler) => asm.lock('pgtable', () => asm.lock('sysmmu', () => {}))
    const thread = assembler('thread')
    nested(thread)
    expect(interrupts(thread)).toEqual(['off', 'on'])
    const handler = assembler('interrupt')
    nested(handler)
    expect(interrupts(handler)).toEqual([])
  })

  test('a place that is reached with them masked and unmasked is refused', () => {
    const asm = assembler('thread')
    expect(() => asm.if(eq('a', 1), () => asm.disableInterrupts())).toThrow(/on one way here and not on another/)
  })

  test('a way that leaves does not count', () => {
    const asm = assembler('thread')
    asm.forever((leave) => {
      asm.disableInterrupts()
      asm.if(eq('a', 1), () => {
        asm.enableInterrupts()
        leave()
      })
      asm.lock('pgtable', () => {})
      asm.enableInterrupts()
    })
    expect(interrupts(asm)).toEqual(['off', 'on', 'on'])
  })
})

test('steps name what an instruction belongs to, and can be left out', () => {
  const asm = assembler()
  asm.step('outer', () => {
    asm.dmb()
    asm.step('inner', () => asm.dsb())
  })
  const program = asm.build()
  expect(program.steps).toEqual([['outer'], ['outer', 'inner']])
  expect(withoutSteps(program, (steps) => steps.includes('inner')).instructions).toEqual([{ op: 'dmb' }])
})

test('unknown names list the known ones', () => {
  expect(() => assembler().lock('pgtabel', () => {})).toThrow(/pgtable/)
  expect(() => assembler().listPop('doen')).toThrow(/done/)
})
