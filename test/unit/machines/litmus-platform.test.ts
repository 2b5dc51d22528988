/** Unit | litmus platforms: parts that do not fit are refused; everything at once runs alike in both runtimes, and in time. */

import { describe, expect, test } from 'vitest'
import type { DeviceInstruction } from '../../../machines/dma-device/instruction.ts'
import { defaultFeatures } from '../../../machines/features.ts'
import { litmus } from '../../../machines/geometry.ts'
import { buildLitmusPlatform, type LitmusDevice, type LitmusPlatformConfig } from '../../../machines/litmus-platform.ts'
import { litmusLine, litmusSupply, litmusSwitch, litmusWindow } from '../../../machines/litmus-windows.ts'
import type { RuntimeName } from '../../../src/kernel/actor.ts'
import { RandomScheduler } from '../../../src/kernel/random.ts'
import { ReplayScheduler } from '../../../src/kernel/replay.ts'
import type { Schedule } from '../../../src/kernel/schedule.ts'
import type { Scheduler } from '../../../src/kernel/scheduler.ts'
import { Simulation } from '../../../src/kernel/simulation.ts'
import { TimedScheduler } from '../../../src/kernel/timed.ts'
import { TraceWriter } from '../../../src/kernel/trace.ts'

const { dram, iova } = litmus
const idle = { main: [], interrupt: [] }
const plain: LitmusPlatformConfig = {
  geometry: litmus,
  features: defaultFeatures,
  cores: [idle],
  devices: [],
  units: [],
  supplies: [],
  memory: [],
}
const device = (id: string, more: Partial<LitmusDevice> = {}): LitmusDevice => {
  return { id, registers: [], reactions: [], program: [], ...more }
}
const sysmmu = {
  unit: 'sysmmu',
  id: 'm',
  version: '3.3',
  enabled: true,
  tableBase: dram.base,
  protection: false,
} as const
const iommu = { unit: 'iommu', id: 'm', enabled: true, roots: [dram.base], options: [], slots: [] } as const

describe('refused', () => {
  const walk: DeviceInstruction = { op: 'walk', addr: iova.base }
  test.each<[string, Partial<LitmusPlatformConfig>, string]>([
    ['no core', { cores: [] }, 'no core'],
    ['two parts of one name', { devices: [device('m', { behind: 'm' })], units: [iommu] }, 'share a name'],
    ['an unknown unit', { devices: [device('d', { behind: 'n' })] }, 'n'],
    ['an interrupt to no core', { devices: [device('d', { interrupt: 1 })] }, 'goes to core 1'],
    ['a SYSMMU without a device', { units: [sysmmu] }, '0 devices are behind m'],
    ['an IOMMU without a device', { units: [iommu] }, '0 devices are behind m'],
    [
      'a SYSMMU in front of two',
      { devices: [device('d', { behind: 'm' }), device('e', { behind: 'm' })], units: [sysmmu] },
      '2 devices are behind m',
    ],
    ['a walk past any IOMMU', { devices: [device('d', { program: [walk] })] }, 'no iommu to ask'],
    ['a cache of no IOMMU', { devices: [device('d', { atc: true })] }, 'no iommu to fill it from'],
    [
      'a physical address through a SYSMMU',
      {
        devices: [device('d', { behind: 'm', program: [{ op: 'write', addr: 64, value: 1, translated: true }] })],
        units: [sysmmu],
      },
      'use an iommu',
    ],
    [
      'coherent and not coherent behind one unit',
      { devices: [device('d', { behind: 'm' }), device('e', { behind: 'm', coherent: true })], units: [iommu] },
      'a unit of their own',
    ],
    [
      'tags without a device table',
      { devices: [device('d', { behind: 'm' })], units: [{ ...iommu, options: ['tags'] }] },
      'both the option "tags"',
    ],
    [
      'a device behind the unit of a core',
      {
        devices: [device('d', { behind: 'u' })],
        units: [{ unit: 'mmu', id: 'u', cores: [0], roots: [dram.base] }],
      },
      'for cores only',
    ],
    ['the unit of an unknown core', { units: [{ unit: 'mmu', id: 'u', cores: [1], roots: [dram.base] }] }, 'core 1'],
    ['a supply of nothing', { supplies: [{ of: 'd', kinds: ['clock'], on: true }] }, 'd'],
    ['a word outside memory', { memory: [{ addr: 64, value: 1 }] }, '0x0000_0040'],
  ])('%s', (_what, parts, problem) => {
    expect(() => buildLitmusPlatform({ ...plain, ...parts })).toThrow(problem)
  })
})

test('windows and lines are apart', () => {
  const parts = {
    devices: [device('d'), device('e')],
    units: [sysmmu, { ...iommu, id: 'n' }],
    supplies: [{ of: 'd' }, { of: 'm' }],
  }
  const ids = ['d', 'e', 'm', 'n']
  const bases = [
    ...ids.map((id) => litmusWindow(parts, id).base),
    ...['d', 'm'].flatMap((id) => [litmusSupply(parts, id).clocks.base, litmusSupply(parts, id).powerUnit.base]),
  ]
  expect(new Set(bases).size).toBe(bases.length)
  expect(new Set(ids.map((id) => litmusLine(parts, id))).size).toBe(ids.length)
  const { clockGate, configuration } = litmusSupply(parts, 'm')
  expect(litmusSwitch(parts, 'm', 'clock', 'on')).toEqual({ addr: clockGate, value: 1 })
  expect(litmusSwitch(parts, 'm', 'power', 'off')).toEqual({ addr: configuration, value: 0 })
})

describe('everything at once', () => {
  const serves: readonly DeviceInstruction[] = [
    { op: 'walk', addr: iova.base },
    { op: 'write', addr: iova.base, value: 3 },
    { op: 'read', addr: iova.base, to: 'word' },
    { op: 'fence' },
    { op: 'raise' },
  ]
  const reads = serves.filter(({ op }) => op !== 'walk')
  const parts = {
    devices: [
      device('direct', { program: [{ op: 'write', addr: dram.base + 0x60, value: 1 }], accesses: 'in any order' }),
      device('snooping', { program: [{ op: 'read', addr: dram.base + 0x60, to: 'word' }], coherent: true }),
      device('camera', { program: reads, behind: 'front', interrupt: 0 }),
      device('net', { program: serves, behind: 'shared' }),
      device('disk', { program: serves, behind: 'shared', atc: true, interrupt: 1 }),
    ],
    units: [
      { ...sysmmu, id: 'front', interrupt: 1 },
      {
        ...{ ...iommu, id: 'shared', deviceTable: dram.base + 0x20, slots: [dram.base + 0x38], interrupt: 0 },
        options: ['queue', 'tags', 'walk-cache', 'fault-cache', 'line-fetch'],
      },
      { unit: 'mmu', id: 'cores', cores: [0, 1], roots: [dram.base] },
    ],
    supplies: [
      { of: 'net', kinds: ['clock', 'power'], on: true },
      { of: 'front', kinds: ['clock'], on: false },
      { of: 'shared', kinds: ['power'], on: true },
    ],
  } as const satisfies Partial<LitmusPlatformConfig>
  const main = [
    { op: 'load', va: litmus.user.base, to: 'word' },
    { op: 'mmio-write', ...litmusSwitch(parts, 'front', 'clock', 'on') },
    { op: 'mmio-write', ...litmusSwitch(parts, 'net', 'power', 'off') },
    { op: 'mmio-write', ...litmusSwitch(parts, 'net', 'power', 'on') },
    { op: 'store', va: litmus.linearBase + 0x60, value: 2 },
  ] as const
  const handler = [{ op: 'return' }] as const
  const spec = buildLitmusPlatform({
    ...plain,
    ...parts,
    features: { ...defaultFeatures, tlbPrefetch: true, walkerCoherent: true },
    cores: [
      { main, interrupt: [] },
      { main: [], interrupt: handler },
    ],
    memory: [{ addr: dram.base + 0x20, value: dram.base | 1 }],
    disturbed: [{ base: dram.base + 0x60, bytes: litmus.lineBytes }],
  })

  function traced(runtime: RuntimeName, scheduler: Scheduler) {
    const writer = new TraceWriter()
    const simulation = new Simulation(spec, {
      runtime,
      scheduler,
      watchers: [(reaction) => writer.add(reaction)],
      record: 'schedule',
    })
    simulation.run({ stepsMax: 600 })
    const unfinished = simulation.unfinished().map(({ actor }) => actor)
    const schedule = simulation.schedule as Schedule
    simulation.dispose()
    return { schedule, shows: { digest: writer.digest(), lines: writer.lines, unfinished } }
  }

  test.each([1, 2, 3])('runs alike in both runtimes, seed %d', (seed) => {
    const { schedule, shows } = traced('sim', new RandomScheduler(seed, 8))
    expect(shows.lines).toBeGreaterThan(600)
    expect(traced('live', new ReplayScheduler(schedule)).shows).toEqual(shows)
  })
})

test.each([1, 2, 3])('a device and its driver come to their end in time, seed %d', (seed) => {
  const parts = { devices: [{ id: 'd' }], units: [], supplies: [] }
  const bell = litmusWindow(parts, 'd').base
  const program: readonly DeviceInstruction[] = [
    { op: 'wait', until: ['ne', 'BELL', 0] },
    { op: 'write', addr: dram.base + 0x60, value: 'BELL' },
    { op: 'fence' },
    { op: 'raise' },
  ]
  const main = [{ op: 'mmio-write', addr: bell, value: 5 }, { op: 'wait-for-interrupt' }] as const
  const spec = buildLitmusPlatform({
    ...plain,
    cores: [{ main, interrupt: [] }],
    devices: [device('d', { program, interrupt: 0 })],
  })
  const scheduler = new TimedScheduler({ seed, may: 'off', mayPeriodCycles: 24, mustJitterCycles: 7 })
  const simulation = new Simulation(spec, { runtime: 'sim', scheduler })
  expect(simulation.run({ stepsMax: 10_000 })).toBe('quiet')
  expect(simulation.unfinished()).toEqual([])
  simulation.dispose()
})
