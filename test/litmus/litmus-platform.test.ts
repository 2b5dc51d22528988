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
const quiet = { ...defaultFeatures, ...off('speculation', 'eviction', 'l2', 'l2StoreBuffer', 'tlbEviction', 'deviceTlbEviction') }

const fails = { asserted: never('device.assertion-failed'), aborted: never('cpu.abort') }

function device(program: readonly DeviceInstruction[], more: Partial<LitmusDevice> = {}): LitmusDevice {
  return { id: 'd', registers: [], reactions: [], program, ...more }
}

type Sketch = Partial<Omit<LitmusPlatformConfig, 'cores'>> & { readonly main?: readonly Instruction[] }

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
  const { verdict, states, violations } = check(system)
  return { verdict, states, violates: violations.map(({ property }) => property) }
}

const windows = (devices: readonly { id: string }[], units: readonly { id: string }[] = [], of: readonly string[] = []) => ({
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
    expect(verdictOf({ main, devices: [reads] })).toEqual({ verdict: 'holds', states: 52, violates: [] })
    expect(verdictOf({ main, devices: [reads], ...realistic })).toEqual({ verdict: 'holds', states: 1, violates: [] })
  })

  test('not cleaned', () => {
    const main = [store, ...ring]
    expect(verdictOf({ main, devices: [reads] })).toEqual({ verdict: 'violated', states: 14, violates: ['asserted'] })
  })

  test('coherent, and not cleaned', () => {
    const main = [store, ...ring]
    const devices = [{ ...reads, coherent: true as const }]
    expect(verdictOf({ main, devices })).toEqual({ verdict: 'holds', states: 1, violates: [] })
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
    expect(verdict).toEqual({ verdict: 'violated', states: 1, violates: [] })
  })

  test('land in any order if the device says so', () => {
    const verdict = verdictOf({ devices: [device(program, { accesses: 'in any order' })] }, orders)
    expect(verdict).toEqual({ verdict: 'holds', states: 1, violates: [] })
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
    expect(verdict).toEqual({ verdict: 'holds', states: 1, violates: [] })
  })

  test('off, lets the address pass: there is no memory', () => {
    const verdict = verdictOf({ devices: [reads], units: [{ ...sysmmu, enabled: false }], memory })
    expect(verdict).toEqual({ verdict: 'violated', states: 1, violates: ['asserted'] })
  })
})
