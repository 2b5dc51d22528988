/** Litmus | platforms of small tests: what each machine is for shows in the verdict, with every state counted. */

import { describe, expect, test } from 'vitest'
import type { Instruction } from '../../machines/cpu/micro-op.ts'
import type { DeviceInstruction } from '../../machines/dma-device/instruction.ts'
import { defaultFeatures, type FeatureName } from '../../machines/features.ts'
import { litmus } from '../../machines/geometry.ts'
import { commandWrite } from '../../machines/iommu/regs.ts'
import { buildLitmusPlatform, type LitmusDevice, type LitmusPlatformConfig } from '../../machines/litmus-platform.ts'
import { litmusSwitch, litmusWindow } from '../../machines/litmus-windows.ts'
import { level1Addr, level2Addr, smallPageDescriptor, tableDescriptor } from '../../machines/sysmmu/walk.ts'
import { never, type Property, type StateView, sometimes } from '../../src/explore/define-system.ts'
import { check } from '../../src/run/check.ts'

const { dram, pageBytes, linearBase, iova } = litmus
/** A level-1 table, a level-2 table, and two pages. */
const table1 = dram.base
const table2 = dram.base + 16
const page = dram.base + litmus.reservedBytes
const other = page + pageBytes
const io = iova.base
const virtual = (addr: number): number => addr - dram.base + linearBase
/** `io` leads to `page`. */
const mapped = [
  { addr: level1Addr(litmus, table1, io), value: tableDescriptor(table2) },
  { addr: level2Addr(litmus, tableDescriptor(table2), io), value: smallPageDescriptor(page) },
]

const off = (...names: FeatureName[]) => Object.fromEntries(names.map((name) => [name, false]))
/** Nothing happens of its own accord: what is left is the matter of the test. */
const quiet = {
  ...defaultFeatures,
  ...off('speculation', 'eviction', 'l2', 'l2StoreBuffer', 'tlbEviction', 'deviceTlbEviction'),
}

const fails = { asserted: never('device.assertion-failed'), aborted: never('cpu.abort') }

function device(program: readonly DeviceInstruction[], more: Partial<LitmusDevice> = {}): LitmusDevice {
  return { id: 'd', registers: [], reactions: [], program, ...more }
}

type Sketch = Partial<LitmusPlatformConfig> & { readonly main?: readonly Instruction[] }

function verdictOf({ main = [], ...parts }: Sketch, properties: Readonly<Record<string, Property>> = fails) {
  const spec = buildLitmusPlatform({
    geometry: litmus,
    features: quiet,
    cores: [{ main, interrupt: [] }],
    devices: [],
    units: [],
    supplies: [],
    memory: [],
    disturbed: [],
    ...parts,
  })
  const system = { id: 'sketch', description: '', spec, properties, symmetries: [], valueSymmetries: [] }
  const { verdict, states, violations, unwitnessed } = check(system)
  return { verdict, states, violates: [...violations.map(({ property }) => property), ...unwitnessed] }
}

const windows = (
  devices: readonly { id: string }[],
  units: readonly { id: string }[] = [],
  of: readonly string[] = [],
) => ({
  devices,
  units,
  supplies: of.map((name) => ({ of: name })),
})
const bell = litmusWindow(windows([{ id: 'd' }]), 'd').base

const cleanPage: readonly Instruction[] = [
  { op: 'maintain', action: 'clean', va: virtual(page), bytes: 4 },
  { op: 'dsb' },
  { op: 'l2-maintain', action: 'clean', addr: page, bytes: 4 },
  { op: 'l2-sync' },
]

describe('doorbell: a core stores a word and rings, the device reads the word', () => {
  const reads = device([
    { op: 'wait', until: ['ne', 'BELL', 0] },
    { op: 'read', addr: page, to: 'word' },
    { op: 'assert', that: ['eq', 'word', 1], message: 'the device sees the store' },
  ])
  const store: Instruction = { op: 'store', va: virtual(page), value: 1 }
  const ring: readonly Instruction[] = [{ op: 'dsb' }, { op: 'mmio-write', addr: bell, value: 1 }]
  const realistic = { features: defaultFeatures, disturbed: [{ base: page, bytes: litmus.lineBytes }] }

  test('cleaned', () => {
    const main = [store, ...cleanPage, ...ring]
    expect(verdictOf({ main, devices: [reads] })).toEqual({ verdict: 'holds', states: 27, violates: [] })
    expect(verdictOf({ main, devices: [reads], ...realistic })).toEqual({ verdict: 'holds', states: 254, violates: [] })
  })

  test('not cleaned', () => {
    const main = [store, ...ring]
    expect(verdictOf({ main, devices: [reads] })).toMatchObject({ verdict: 'violated', violates: ['asserted'] })
  })

  test('coherent, and not cleaned', () => {
    const main = [store, ...ring]
    const devices = [{ ...reads, coherent: true as const }]
    expect(verdictOf({ main, devices })).toEqual({ verdict: 'holds', states: 15, violates: [] })
  })
})

describe('posted writes', () => {
  const program: readonly DeviceInstruction[] = [
    { op: 'write', addr: page, value: 1 },
    { op: 'write', addr: other, value: 1 },
  ]
  const orders = {
    'second first': sometimes((state) => wordAt(state, other) === 1 && wordAt(state, page) === 0),
  }

  test('land in program order', () => {
    const verdict = verdictOf({ devices: [device(program)] }, orders)
    expect(verdict).toMatchObject({ verdict: 'violated', violates: ['second first'] })
  })

  test('land in any order if the device says so', () => {
    const verdict = verdictOf({ devices: [device(program, { accesses: 'in any order' })] }, orders)
    expect(verdict).toEqual({ verdict: 'holds', states: 15, violates: [] })
  })
})

function wordAt(state: StateView, addr: number): number {
  const { memory } = state.actor('dram').context as { memory: { get(offset: number): number } }
  return memory.get(addr - dram.base)
}

describe('a SYSMMU', () => {
  const sysmmu = { unit: 'sysmmu', id: 'm', version: '3.3', tableBase: table1, protection: false } as const
  const reads = device(
    [
      { op: 'read', addr: io, to: 'word' },
      { op: 'assert', that: ['eq', 'word', 7], message: 'translated' },
    ],
    { behind: 'm' },
  )
  const memory = [...mapped, { addr: page, value: 7 }]

  test('translates from the start', () => {
    const verdict = verdictOf({ devices: [reads], units: [{ ...sysmmu, enabled: true }], memory })
    expect(verdict).toEqual({ verdict: 'holds', states: 7, violates: [] })
  })

  test('off, lets the address pass: there is no memory', () => {
    const verdict = verdictOf({ devices: [reads], units: [{ ...sysmmu, enabled: false }], memory })
    expect(verdict).toMatchObject({ verdict: 'violated', violates: ['asserted'] })
  })
})

describe('interrupts: the device raises its line when its write is acknowledged, the handler lowers it', () => {
  const registers = [{ name: 'ACK', value: 0 }]
  const reactions = [{ register: 'ACK', body: [{ op: 'lower' } as const] }]
  const ack = bell + 4
  const handler: readonly Instruction[] = [
    { op: 'mmio-write', addr: ack, value: 1 },
    { op: 'mmio-read', addr: ack, to: 'flushed' },
    { op: 'load', va: virtual(page), to: 'word' },
    { op: 'set', to: 'taken', value: 1 },
    { op: 'return' },
  ]
  const main: readonly Instruction[] = [
    { op: 'label', name: 'again' },
    { op: 'interrupts', enabled: 'off' },
    { op: 'branch', to: 'over', when: ['eq', 'taken', 1] },
    { op: 'wait-for-interrupt' },
    { op: 'interrupts', enabled: 'on' },
    { op: 'branch', to: 'again' },
    { op: 'label', name: 'over' },
    { op: 'assert', that: ['eq', 'word', 1], message: 'the data are there' },
  ]
  const program = (fence: readonly DeviceInstruction[]): readonly DeviceInstruction[] => [
    { op: 'write', addr: page, value: 1 },
    ...fence,
    { op: 'raise' },
  ]
  const verdictWith = (fence: readonly DeviceInstruction[]) => {
    const devices = [device(program(fence), { registers, reactions, interrupt: 0 })]
    return verdictOf({ cores: [{ main, interrupt: handler }], devices }, coreFails)
  }
  const coreFails = { asserted: never('cpu.assertion-failed'), aborted: never('cpu.abort') }

  test('after a fence', () => {
    expect(verdictWith([{ op: 'fence' }])).toEqual({ verdict: 'holds', states: 31, violates: [] })
  })

  test('without', () => {
    expect(verdictWith([])).toMatchObject({ verdict: 'violated', violates: ['asserted'] })
  })
})

describe('supplies', () => {
  const parts = windows([{ id: 'd' }], [], ['d'])
  const turn = (kind: 'clock' | 'power', to: 'on' | 'off'): Instruction => {
    return { op: 'mmio-write', ...litmusSwitch(parts, 'd', kind, to) }
  }
  const ring: Instruction = { op: 'mmio-write', addr: bell, value: 1 }
  const rung = device([
    { op: 'wait', until: ['ne', 'BELL', 0] },
    { op: 'write', addr: page, value: 'BELL' },
  ])
  const lost = { lost: never('register.lost') }
  const supplies = (on: boolean) => [{ of: 'd', kinds: ['clock', 'power'], on } as const]

  test('a bell without clock and power is lost, and the device never starts', () => {
    const verdict = verdictOf({ main: [ring], devices: [rung], supplies: supplies(false) }, lost)
    expect(verdict).toMatchObject({ verdict: 'violated', violates: ['lost'] })
  })

  test('after both are on it starts', () => {
    const main = [turn('power', 'on'), turn('clock', 'on'), { op: 'dsb' } as const, ring]
    const verdict = verdictOf({ main, devices: [rung], supplies: supplies(false) }, lost)
    expect(verdict).toEqual({ verdict: 'holds', states: 15, violates: [] })
  })

  test('without its clock it stands still, and goes on with it', () => {
    const main = [ring, { op: 'dsb' } as const, turn('clock', 'off'), { op: 'dsb' } as const, turn('clock', 'on')]
    const verdict = verdictOf({ main, devices: [rung], supplies: supplies(true) }, lost)
    expect(verdict).toEqual({ verdict: 'holds', states: 35, violates: [] })
  })

  test('power taken away too early: whether the write lands is a matter of luck', () => {
    const main = [ring, { op: 'dsb' } as const, turn('power', 'off')]
    const seen = {
      landed: sometimes((state) => state.actor('d').matches('program.unpowered') && wordAt(state, page) === 1),
      late: sometimes((state) => state.actor('d').matches('program.unpowered') && wordAt(state, page) === 0),
    }
    const verdict = verdictOf({ main, devices: [rung], supplies: supplies(true) }, seen)
    expect(verdict).toEqual({ verdict: 'holds', states: 19, violates: [] })
  })
})

describe('an IOMMU', () => {
  const iommu = { unit: 'iommu', id: 'm', enabled: true, roots: [table1], options: [], slots: [] } as const
  const memory = [...mapped, { addr: page, value: 7 }, { addr: other, value: 8 }]
  const base = litmusWindow(windows([{ id: 'd' }], [{ id: 'm' }]), 'm').base
  const entry = level2Addr(litmus, tableDescriptor(table2), io)
  const reads = (more: Partial<LitmusDevice> = {}) =>
    device(
      [
        { op: 'walk', addr: io },
        { op: 'wait', until: ['ne', 'BELL', 0] },
        { op: 'read', addr: io, to: 'word' },
        { op: 'read', addr: other, to: 'direct', translated: true },
        { op: 'assert', that: ['eq', 'direct', 8], message: 'a physical address passes' },
        { op: 'assert', that: ['eq', 'word', 8], message: 'the new translation is used' },
      ],
      { behind: 'm', ...more },
    )
  /** Maps `io` to the other page, invalidates, and rings. */
  const remap = (invalidate: readonly Instruction[]): readonly Instruction[] => [
    { op: 'store', va: virtual(entry), value: smallPageDescriptor(other) },
    { op: 'maintain', action: 'clean', va: virtual(entry), bytes: 4 },
    { op: 'dsb' },
    ...invalidate,
    { op: 'dsb' },
    { op: 'mmio-write', addr: bell, value: 1 },
  ]
  const page0: Instruction = {
    op: 'mmio-write',
    ...commandWrite(base, { command: 'invalidate-page', iova: io, tag: 0 }),
  }
  const atc: Instruction = { op: 'mmio-write', ...commandWrite(base, { command: 'invalidate-atc', requester: 0 }) }

  test('the page invalidated', () => {
    const verdict = verdictOf({ main: remap([page0]), devices: [reads()], units: [iommu], memory })
    expect(verdict).toEqual({ verdict: 'holds', states: 109, violates: [] })
  })

  test('nothing invalidated', () => {
    const verdict = verdictOf({ main: remap([]), devices: [reads()], units: [iommu], memory })
    expect(verdict).toMatchObject({ verdict: 'violated', violates: ['asserted'] })
  })

  test("with the device's own cache, which is invalidated too", () => {
    const devices = [reads({ atc: true })]
    const verdict = verdictOf({ main: remap([page0, atc]), devices, units: [iommu], memory })
    expect(verdict).toEqual({ verdict: 'holds', states: 155, violates: [] })
  })

  test("with the device's own cache, which is not", () => {
    const verdict = verdictOf({ main: remap([page0]), devices: [reads({ atc: true })], units: [iommu], memory })
    expect(verdict).toMatchObject({ verdict: 'violated', violates: ['asserted'] })
  })
})

describe('the memory management unit of a core', () => {
  const user = litmus.user.base
  const unit = { unit: 'mmu', id: 'u', cores: [0], roots: [table1] } as const
  const main: readonly Instruction[] = [
    { op: 'load', va: user, to: 'word' },
    { op: 'assert', that: ['eq', 'word', 7], message: 'translated by the tables' },
  ]
  const properties = { asserted: never('cpu.assertion-failed'), aborted: never('cpu.abort') }

  test('translates the user window by tables in memory', () => {
    const memory = [
      { addr: level1Addr(litmus, table1, user), value: tableDescriptor(table2) },
      { addr: level2Addr(litmus, tableDescriptor(table2), user), value: smallPageDescriptor(page) },
      { addr: page, value: 7 },
    ]
    const verdict = verdictOf({ main, units: [unit], memory }, properties)
    expect(verdict).toEqual({ verdict: 'holds', states: 7, violates: [] })
  })

  test('without an entry the access aborts', () => {
    const verdict = verdictOf({ main, units: [unit] }, { aborted: never('cpu.abort') })
    expect(verdict).toMatchObject({ verdict: 'violated', violates: ['aborted'] })
  })
})
