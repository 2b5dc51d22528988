/** Unit | late loads: which may be late, what comes after them, and how they are performed. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../../machines/cpu/micro-op.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { Driver, type DriverOptions, pa, va } from './driver.ts'

const line = litmus.lineBytes
const load: Instruction = { op: 'load', va: va(0), to: 'r0' }
const store: Instruction = { op: 'store', va: va(line), value: 1 }

function driver(main: readonly Instruction[], options: DriverOptions = {}): Driver {
  return new Driver(main, { features: { lateLoads: true }, ...options })
}

const mayDefer = (core: Driver): boolean =>
  core.context.late !== undefined && core.reactor.decide({ type: 'load.defer', value: 0 } as never) === 'react'
const defer = (core: Driver) => core.give({ type: 'load.defer', value: 0 })
const perform = (core: Driver) => core.give({ type: 'load.perform', value: 0 })

describe('a late load', () => {
  it('is performed after a younger store, and the program ends behind it', () => {
    const core = driver([load, store])
    expect(defer(core)).toBe('react')
    core.issue()
    expect(core.context.buffer.count).toBe(1)
    expect(core.state('pipeline')).toBe('finishing')
    perform(core)
    expect(core.next('load.req')).toMatchObject({ addr: pa(0), words: 1, memory: 'cacheable' })
    core.give({ type: 'load.resp', addr: pa(0), data: [7] })
    expect(core.context.registers[0]).toBe(7)
    expect(core.emittedOf('cpu.load')).toMatchObject([{ addr: pa(0), data: [7] }])
    expect(core.state('pipeline')).toBe('halted')
  })

  it('is not worth while where no store or register write follows it', () => {
    expect(mayDefer(driver([load]))).toBe(false)
    expect(mayDefer(driver([load, { op: 'load', va: va(line), to: 'r1' }]))).toBe(false)
  })

  it('comes before a barrier, a branch, and what needs its register', () => {
    for (const next of [
      { op: 'dmb' },
      { op: 'branch', to: 'on', when: ['eq', 'r0', 0] },
      { op: 'store', va: va(line), value: 'r0' },
      { op: 'set', to: 'r0', value: 1 },
    ] satisfies Instruction[]) {
      const rest: Instruction[] = next.op === 'branch' ? [{ op: 'label', name: 'on' }] : []
      expect(mayDefer(driver([load, next, store, ...rest]))).toBe(false)
    }
  })

  it('comes before a store to its word, and what uses its register then sees the value', () => {
    const core = driver([load, store, { op: 'store', va: va(2 * line), value: 'r0' }])
    defer(core)
    core.issue()
    expect(core.issue()).toBe('stall')
    perform(core)
    core.give({ type: 'load.resp', addr: pa(0), data: [5] })
    core.issue()
    expect(core.context.buffer.value).toContain(5)
    const same = driver([load, { op: 'store', va: va(0), value: 1 }])
    defer(same)
    expect(same.issue()).toBe('stall')
  })

  it('takes the word from the store buffer if it is there', () => {
    const core = driver([{ op: 'store', va: va(0), value: 9 }, load, store])
    core.issue()
    defer(core)
    perform(core)
    expect(core.sent).toEqual([])
    expect(core.context.registers[0]).toBe(9)
  })

  it('is there with the feature only', () => {
    const core = driver([load, store], { features: {} })
    expect(core.context.late).toBeUndefined()
  })
})
