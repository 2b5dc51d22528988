/** Litmus | what each feature of cores and caches lets happen, and that it cannot happen without: every interleaving of tiny programs. */

import { describe, expect, test } from 'vitest'
import type { Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import { litmus } from '../../machines/geometry.ts'
import type { MemoryType } from '../../machines/protocol.ts'
import { type CoreSystem, physicalWord, search, word } from '../support/core-system.ts'
import { deviceRegisters, oneAccessDevice } from '../support/one-access-device.ts'
import { onePageUnit, validBit } from '../support/one-page-unit.ts'

const body = word(0)
const flag = word(2)

/** Repeats `read` until register `to` is not 0. */
const poll = (read: Instruction, to: string): Instruction[] => [
  { op: 'label', name: 'again' },
  read,
  { op: 'branch', to: 'again', when: ['eq', to, 0] },
]
const load = (va: Operand, to: string, memory?: MemoryType): Instruction => ({
  op: 'load',
  va,
  to,
  ...(memory ? { memory } : {}),
})
const store = (va: Operand, value: Operand, memory?: MemoryType): Instruction => ({
  op: 'store',
  va,
  value,
  ...(memory ? { memory } : {}),
})
const barrier = (op: 'dmb' | 'dsb' | 'isb'): Instruction => ({ op })

describe('loads that overtake older ones', () => {
  const on = { loadReordering: true }
  /** Writes the body, then the flag. */
  const writer = [store(body, 1), barrier('dmb'), store(flag, 1)]
  const reader = (...between: Instruction[]) => [load(flag, 'flag'), ...between, load(body, 'body')]
  const outcomes = { stale: { 'C1.flag': 1, 'C1.body': 0 }, fresh: { 'C1.flag': 1, 'C1.body': 1 } }
  const passes = (between: Instruction[], features: CoreSystem['features'] = on) =>
    search({ cores: [writer, reader(...between)], features }, outcomes)

  test('message passing shows the old body', () => {
    expect(passes([], {})).toBe('fresh: 58 states')
    expect(passes([])).toBe('fresh, stale: 147 states')
  })

  test.each(['dmb', 'dsb', 'isb'] as const)('not past a %s', (op) => {
    expect(passes([barrier(op)])).toBe('fresh: 69 states')
  })

  test('a loop until the flag is set keeps no load back', () => {
    const loop = (...between: Instruction[]) => [...poll(load(flag, 'flag'), 'flag'), ...between, load(body, 'body')]
    expect(search({ cores: [writer, loop()] }, outcomes)).toBe('fresh: 43 states')
    expect(search({ cores: [writer, loop()], features: on }, outcomes)).toBe('fresh, stale: 163 states')
    expect(search({ cores: [writer, loop(barrier('dmb'))], features: on }, outcomes)).toBe('fresh: 44 states')
  })

  test('an address that depends on the older load does', () => {
    const dependent = [load(flag, 'flag'), load(['add', ['sub', body, 1], 'flag'], 'body')]
    expect(search({ cores: [writer, dependent], features: on }, outcomes)).toBe('fresh: 43 states')
    const independent = [load(flag, 'flag'), { op: 'set', to: 'at', value: body } as const, load('at', 'body')]
    expect(search({ cores: [writer, independent], features: on }, outcomes)).toBe('fresh, stale: 147 states')
  })

  test('two loads of one word stay in order', () => {
    const twice = [load(body, 'flag'), load(body, 'body')]
    expect(search({ cores: [writer, twice], features: on }, outcomes)).toBe('fresh: 70 states')
  })

  test('a load overtakes an older store, but not one to its own word', () => {
    const cores = [
      [store(flag, 1), load(body, 'body')],
      [store(body, 1), load(flag, 'flag')],
    ]
    const neither = { neither: { 'C0.body': 0, 'C1.flag': 0 } }
    const unbuffered = { storeBuffer: false }
    expect(search({ cores, features: unbuffered }, neither)).toBe('none: 31 states')
    expect(search({ cores, features: { ...unbuffered, ...on } }, neither)).toBe('neither: 164 states')
    const own = [store(body, 1), store(flag, 1), load(body, 'body')]
    const lost = { lost: { 'C0.body': 0 }, kept: { 'C0.body': 1 } }
    expect(search({ cores: [own], features: on }, lost)).toBe('kept: 47 states')
  })

  test('a buffer is loaded before the register that says that it is ready', () => {
    const device = {
      definition: oneAccessDevice({ addr: physicalWord(0), value: 1, starts: 'at once' }),
      through: 'memory' as const,
    }
    const polled = (...between: Instruction[]) => [
      ...poll({ op: 'mmio-read', addr: deviceRegisters.status, to: 'done' }, 'done'),
      ...between,
      load(body, 'body', 'non-cacheable'),
    ]
    const bodies = { stale: { 'C0.body': 0 }, fresh: { 'C0.body': 1 } }
    const found = (between: Instruction[], features: CoreSystem['features']) =>
      search({ cores: [polled(...between)], device, features: features ?? {} }, bodies)
    expect(found([], {})).toBe('fresh: 5 states')
    expect(found([], on)).toBe('fresh, stale: 14 states')
    expect(found([barrier('dmb')], on)).toBe('fresh: 6 states')
  })
})

describe('stores', () => {
  const device = (value?: number) => ({
    definition: oneAccessDevice({
      addr: physicalWord(0),
      starts: 'when told',
      ...(value === undefined ? {} : { value }),
    }),
    through: 'memory' as const,
  })
  const rings = (...between: Instruction[]): Instruction[] => [
    ...between,
    { op: 'mmio-write', addr: deviceRegisters.go, value: 1 },
    ...poll({ op: 'mmio-read', addr: deviceRegisters.status, to: 'done' }, 'done'),
    { op: 'mmio-read', addr: deviceRegisters.data, to: 'read' },
  ]
  const reads = { old: { 'C0.read': 0 }, new: { 'C0.read': 1 } }
  const told = (between: Instruction[], features: CoreSystem['features'] = {}) =>
    search({ cores: [rings(...between)], device: device(), features }, reads)
  const uncached = store(body, 1, 'non-cacheable')

  test('a doorbell overtakes a non-cacheable store in the core, and then in the outer cache', () => {
    expect(told([uncached])).toBe('new, old: 28 states')
    expect(told([uncached, barrier('dsb')])).toBe('new, old: 22 states')
    expect(told([uncached, barrier('dsb')], { l2StoreBuffer: false })).toBe('new: 14 states')
    expect(told([uncached, barrier('dsb'), { op: 'l2-sync' }, barrier('dsb')])).toBe('new: 22 states')
  })

  test('not a Strongly-ordered one', () => {
    expect(told([store(body, 1, 'strongly-ordered')])).toBe('new: 9 states')
  })

  test.each([
    ['cacheable', 'fresh, stale: 84 states', 'fresh: 58 states'],
    ['non-cacheable', 'fresh, stale: 146 states', 'fresh: 102 states'],
  ] as const)('two %s ones to different words become visible in either order', (memory, plain, ordered) => {
    const writes = (...between: Instruction[]) => [store(body, 1, memory), ...between, store(flag, 1, memory)]
    const looks = [load(flag, 'flag', memory), load(body, 'body', memory)]
    const outcomes = { stale: { 'C1.flag': 1, 'C1.body': 0 }, fresh: { 'C1.flag': 1, 'C1.body': 1 } }
    expect(search({ cores: [writes(), looks] }, outcomes)).toBe(plain)
    expect(search({ cores: [writes(barrier('dmb')), looks] }, outcomes)).toBe(ordered)
  })

  test('a core sees its own store while it waits, and memory keeps the order of two to one word', () => {
    const own = [store(body, 1, 'non-cacheable'), store(body, 2, 'non-cacheable'), load(body, 'body', 'non-cacheable')]
    const outcomes = { newest: { 'C0.body': 2 }, older: { 'C0.body': 1 }, none: { 'C0.body': 0 } }
    expect(search({ cores: [own] }, outcomes)).toBe('newest: 29 states')
  })
})

describe('maintenance that stays in one core', () => {
  const local = { maintenanceBroadcast: false }
  const device = {
    definition: oneAccessDevice({ addr: physicalWord(0), starts: 'when told' }),
    through: 'memory' as const,
  }
  const clean: Instruction[] = [
    { op: 'maintain', action: 'clean', va: body, bytes: litmus.lineBytes },
    barrier('dsb'),
    { op: 'l2-maintain', action: 'clean', addr: physicalWord(0), bytes: litmus.lineBytes },
    { op: 'l2-sync' },
    barrier('dsb'),
  ]
  const hands = (...before: Instruction[]): Instruction[] => [
    ...poll(load(flag, 'flag'), 'flag'),
    ...before,
    ...clean,
    { op: 'mmio-write', addr: deviceRegisters.go, value: 1 },
    ...[
      { op: 'label', name: 'wait' } as const,
      { op: 'mmio-read', addr: deviceRegisters.status, to: 'done' } as const,
      { op: 'branch', to: 'wait', when: ['eq', 'done', 0] } as const,
    ],
    { op: 'mmio-read', addr: deviceRegisters.data, to: 'read' },
  ]
  const other = [store(body, 1), barrier('dmb'), store(flag, 1)]
  const reads = { old: { 'C0.read': 0 }, new: { 'C0.read': 1 } }

  test('a line that is dirty in another core stays there, unless it is read first', () => {
    const found = (before: Instruction[], features: CoreSystem['features'] = {}) =>
      search({ cores: [hands(...before), other], device, features }, reads)
    expect(found([])).toBe('new: 66 states')
    expect(found([], local)).toBe('old: 59 states')
    expect(found([load(body, 'copy')], local)).toBe('new: 68 states')
  })
})

describe('lines on request', () => {
  const device = (through: 'memory' | 'acp', value?: number) => ({
    definition: oneAccessDevice({
      addr: physicalWord(0),
      starts: 'when told',
      ...(value === undefined ? {} : { value }),
    }),
    through,
  })
  const go = (name: string): Instruction[] => [
    { op: 'mmio-write', addr: deviceRegisters.go, value: 1 },
    { op: 'label', name },
    { op: 'mmio-read', addr: deviceRegisters.status, to: 'done' },
    { op: 'branch', to: name, when: ['eq', 'done', 0] },
    { op: 'mmio-read', addr: deviceRegisters.data, to: 'read' },
    barrier('dmb'),
  ]
  const bodies = { stale: { 'C0.body': 0 }, fresh: { 'C0.body': 1 } }
  const preload: Instruction = { op: 'prefetch', va: body, bytes: 4 }
  const evict: Instruction[] = [
    { op: 'evict', va: body, bytes: 4 },
    barrier('dsb'),
    { op: 'l2-evict', addr: physicalWord(0), bytes: 4 },
    { op: 'l2-sync' },
    barrier('dsb'),
  ]

  test('a preload plants the old line, an eviction takes it away', () => {
    const found = (...between: Instruction[]) =>
      search({ cores: [[...between, ...go('wait'), load(body, 'body')]], device: device('memory', 1) }, bodies)
    expect(found()).toBe('fresh: 9 states')
    expect(found(preload)).toBe('fresh, stale: 24 states')
    // The load waits for the line, so that it is there.
    expect(found(preload, load(word(1), 'x'))).toBe('stale: 14 states')
    expect(found(preload, load(word(1), 'x'), ...evict)).toBe('fresh: 27 states')
  })

  test('an evicted dirty line is in memory', () => {
    const reads = { old: { 'C0.read': 0 }, new: { 'C0.read': 1 } }
    const found = (...between: Instruction[]) =>
      search({ cores: [[store(body, 1), barrier('dmb'), ...between, ...go('wait')]], device: device('memory') }, reads)
    expect(found()).toBe('old: 13 states')
    expect(found(...evict)).toBe('new: 33 states')
  })

  test('a non-cacheable load hits a line that the outer cache keeps, only without the shared override', () => {
    const found = (features: CoreSystem['features'] = {}) =>
      search(
        {
          cores: [
            [
              load(body, 'x'),
              { op: 'evict', va: body, bytes: 4 },
              barrier('dsb'),
              ...go('wait'),
              load(body, 'body', 'non-cacheable'),
            ],
          ],
          device: device('memory', 1),
          features,
        },
        bodies,
      )
    expect(found()).toBe('fresh: 15 states')
    expect(found({ sharedOverride: false })).toBe('stale: 15 states')
  })

  test('a coherent device reads what is dirty in a core, and its write leaves the words beside it alone', () => {
    const reads = { old: { 'C0.read': 0 }, new: { 'C0.read': 1 } }
    const dirty = [store(body, 1), store(word(1), 3), barrier('dmb')]
    const read = (through: 'memory' | 'acp') =>
      search({ cores: [[...dirty, ...go('wait')]], device: device(through) }, reads)
    expect(read('memory')).toBe('old: 34 states')
    expect(read('acp')).toBe('new: 34 states')
    const written = {
      both: { 'C0.body': 2, 'C0.beside': 3 },
      'not the device': { 'C0.body': 1, 'C0.beside': 3 },
      'not the core': { 'C0.body': 2, 'C0.beside': 0 },
    }
    const write = (through: 'memory' | 'acp') =>
      search(
        {
          cores: [[...dirty, ...go('wait'), load(body, 'body'), load(word(1), 'beside')]],
          device: device(through, 2),
        },
        written,
      )
    expect(write('memory')).toBe('not the device: 38 states')
    expect(write('acp')).toBe('both: 38 states')
  })
})

test('a table entry is walked in memory: what a store buffer or a cache still holds of it is not there', () => {
  const entry = word(2)
  const mapped = physicalWord(litmus.pageBytes / 4) | validBit
  const page = word(litmus.pageBytes / 4)
  const found = (memory: MemoryType, ...between: Instruction[]) =>
    search(
      {
        cores: [
          [
            store(page, 7),
            { op: 'set', to: 'body', value: 0 },
            store(entry, mapped, memory),
            ...between,
            load(litmus.user.base, 'body'),
          ],
        ],
        unit: onePageUnit(physicalWord(2)),
      },
      { fault: { 'C0.body': 0 }, mapped: { 'C0.body': 7 } },
    )
  expect(found('non-cacheable')).toBe('fault, mapped: 37 states')
  expect(found('non-cacheable', barrier('dsb'))).toBe('fault, mapped: 41 states')
  expect(found('non-cacheable', barrier('dsb'), { op: 'l2-sync' }, barrier('dsb'))).toBe('mapped: 47 states')
  expect(found('strongly-ordered')).toBe('mapped: 21 states')
  expect(found('cacheable', barrier('dsb'))).toBe('fault: 29 states')
})
