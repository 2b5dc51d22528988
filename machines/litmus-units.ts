/** Machines | units of a litmus platform: SYSMMUs, IOMMUs, translation caches of devices, memory management units of cores. */

import { alignDown } from '../src/base/bits.ts'
import { defineAtc } from './atc/machine.ts'
import { defined } from './definitions.ts'
import { walks } from './dma-device/registers.ts'
import { defaultIommuConfig, defineIommu, type IommuConfig, type RequesterConfig } from './iommu/machine.ts'
import { statusWriter } from './iommu/regs.ts'
import type {
  CoreMmuUnit,
  IommuUnit,
  LitmusDevice,
  LitmusIommuOption,
  LitmusPlatformConfig,
  LitmusUnit,
  SysmmuUnit,
} from './litmus-config.ts'
import {
  devicesBehind,
  interruptWire,
  memoryEnd,
  orderOf,
  outstandingWrites,
  type Part,
  type Plan,
  registerWires,
  stateOf,
  supplyOf,
  unitEnd,
} from './litmus-parts.ts'
import { litmusLine, litmusWindow } from './litmus-windows.ts'
import { deviceInitiator, statusInitiator, walkerInitiator } from './memory-bus/machine.ts'
import type { InitiatorConfig } from './memory-bus/types.ts'
import { defineSysmmu } from './sysmmu/machine.ts'
import { sysmmuCfg } from './sysmmu/regs.ts'
import { hasFlpdCache, hasPrefetchWindows } from './sysmmu/variant.ts'

/** Commands that a queue holds. */
const queueDefault = 2 // HF-436
/** Pages that a walker may look ahead for, from the start of the window that is translated. */
const prefetchPagesMax = 64 // HF-216

/** A unit with its way to memory. */
export function unitPart(plan: Plan, unit: LitmusUnit): Part {
  switch (unit.unit) {
    case 'sysmmu':
      return sysmmuPart(plan, unit)
    case 'iommu':
      return iommuPart(plan, unit)
    case 'mmu':
      return coreMmuPart(plan, unit)
  }
}

/** Ports of the bus that the parts of a unit need, but for those that go through a coherency port. */
export function initiatorsOf({ config, coherent }: Plan, unit: LitmusUnit): InitiatorConfig[] {
  const { id } = unit
  const devices = devicesBehind(config, id).map((device) => device.id)
  const all: (readonly [port: string, initiator: InitiatorConfig])[] = [
    ...(devices.length > 0 ? [['bus', deviceInitiator(id, devices)] as const] : []),
    ['walk', walkerInitiator(`${id}-walk`, id)],
    ...(unit.unit === 'iommu' && unit.slots.length > 0
      ? [['status', statusInitiator(`${id}-status`, statusWriter(id))] as const]
      : []),
  ]
  return all
    .filter(([port]) => !coherent.some((each) => each.port === `${id}.${port}`))
    .map(([, initiator]) => initiator)
}

// --- SYSMMU ---------------------------------------------------------------------------------------------------------------

/** What a driver writes to CFG before it enables the SYSMMU: everything on that the test makes use of. */
export function cfgOf(
  { version, protection }: Pick<SysmmuUnit, 'version' | 'protection'>,
  features: LitmusPlatformConfig['features'],
): number {
  const flpd = hasFlpdCache({ version, features }) ? sysmmuCfg.flpdCache : 0
  const prefetch = features.tlbPrefetch && hasPrefetchWindows(version) ? sysmmuCfg.prefetch : 0
  return (sysmmuCfg.lru | flpd | prefetch | (protection ? sysmmuCfg.accessProtection : 0)) >>> 0
}

function sysmmuPart(plan: Plan, unit: SysmmuUnit): Part {
  const { config } = plan
  const { id, version, enabled, tableBase } = unit
  const { geometry } = config
  const supply = supplyOf(config, id)
  const features = { ...config.features, powerDomain: supply?.kinds.includes('power') ?? false }
  const initial =
    supply && stateOf(supply).power === 'off'
      ? ({ state: 'unpowered' } as const)
      : ({ state: 'translating', cfg: cfgOf(unit, features), ptBase: tableBase } as const)
  const definition = defined(defineSysmmu, {
    id,
    geometry,
    base: litmusWindow(config, id).base,
    interruptLine: litmusLine(config, id),
    version,
    features,
    ...(enabled || initial.state === 'unpowered' ? { initial } : {}),
  })
  return {
    definitions: [definition],
    channels: [...wayToMemory(plan, id), ...registerWires(plan, id), interruptWire(plan, unit)],
  }
}

/** Of translated accesses, if there are any, and of table walks. */
function wayToMemory(plan: Plan, id: string): Part['channels'] {
  const { config, wiring } = plan
  const { bus } = wiring.latencies
  const devices = devicesBehind(config, id)
  const under = devices.reduce((sum, device) => sum + outstandingWrites(device) + 1, 0)
  return [
    ...(devices.length > 0
      ? // What is translated and has not landed is what an invalidation has to wait for.
        wiring.pair(
          [`${id}.bus`, 'in flight'],
          [memoryEnd(plan, id, 'bus'), 'at once'],
          bus,
          under,
          orderOf(config, devices),
        )
      : []),
    ...wiring.pair([`${id}.walk`, 'at once'], [memoryEnd(plan, id, 'walk'), 'at once'], bus, 2),
  ]
}

// --- IOMMU ----------------------------------------------------------------------------------------------------------------

function iommuPart(plan: Plan, unit: IommuUnit): Part {
  const { config, wiring } = plan
  const { id, enabled, deviceTable, options, slots, interrupt, queueEntries = queueDefault } = unit
  const { geometry } = config
  const devices = devicesBehind(config, id)
  const has = (option: LitmusIommuOption): boolean => options.includes(option)
  const { bus, near } = wiring.latencies
  const supply = supplyOf(config, id)
  const power = supply?.kinds.includes('power') ? stateOf(supply).power === 'on' || 'off' : false
  const definition = defined(defineIommu, {
    ...iommuConfig(config, unit),
    requesters: devices.map(requesterOf),
    enabled,
    ...(deviceTable === undefined ? {} : { deviceTable: { base: deviceTable, kept: true } }),
    walkCacheEntries: has('walk-cache') ? geometry.flpdEntries : 0,
    faultCache: has('fault-cache'),
    lineFetch: has('line-fetch'),
    queueEntries: has('queue') ? queueEntries : 0,
    ...(has('ignores-walks') ? { walksInFlight: 'ignored' } : {}),
    ...(has('ignores-accesses') ? { accessesInFlight: 'ignored' } : {}),
    ...(has('multi-hit-fault') ? { multipleHits: 'fault' } : {}),
    slots,
    ...(interrupt === undefined ? {} : { interruptLine: litmusLine(config, id) }),
    ...(unit.keepsFaults ? { keepsFaults: true as const } : {}),
    power,
  })
  const caches = devices.filter(({ atc }) => atc)
  return {
    definitions: [definition, ...caches.map((device) => atcOf(config, device))],
    channels: [
      ...wayToMemory(plan, id),
      ...(slots.length > 0
        ? wiring.pair([`${id}.status`, 'in flight'], [memoryEnd(plan, id, 'status'), 'at once'], bus, 2)
        : []),
      ...registerWires(plan, id),
      ...(interrupt === undefined ? [] : [interruptWire(plan, unit)]),
      ...caches.flatMap((device) => [
        // What waits for its translation waits in the cache; what goes on is in flight behind the IOMMU.
        ...wiring.pair([`${device.id}-atc.bus`, 'at once'], [unitEnd(config, device), 'at once'], near, 4),
        ...wiring.pair([`${id}.atc-${device.id}`, 'at once'], [`${device.id}-atc.invalidate`, 'at once'], near, 2),
      ]),
    ],
  }
}

/** What IOMMUs of devices and of cores have in common. */
function iommuConfig(config: LitmusPlatformConfig, unit: IommuUnit | CoreMmuUnit): IommuConfig {
  const { geometry, features } = config
  const { base, bytes } = unit.unit === 'mmu' ? geometry.user : geometry.iova
  const pages = Math.min(prefetchPagesMax, alignDown(bytes, geometry.pageBytes) / geometry.pageBytes)
  return {
    ...defaultIommuConfig,
    id: unit.id,
    geometry,
    base: litmusWindow(config, unit.id).base,
    tlbEntries: geometry.tlbEntries,
    tlbs: unit.tlbs ?? (unit.unit === 'mmu' ? 'each' : 'shared'),
    roots: unit.roots,
    walksInFlight: unit.walksInFlight ?? 'awaited',
    accessesInFlight: unit.accessesInFlight ?? 'awaited',
    multipleHits: unit.multipleHits ?? 'any',
    prefetchPages: unit.prefetchPages ?? Array.from({ length: pages }, (_, page) => base + page * geometry.pageBytes),
    features,
  }
}

function requesterOf(device: LitmusDevice): RequesterConfig {
  const { id, atc } = device
  if (atc) return { from: id, accessPort: id, translatePort: id, keeps: 'atc' }
  return { from: id, accessPort: id, ...(walks(device) ? { translatePort: `${id}-translate` } : {}) }
}

function atcOf({ geometry, features }: LitmusPlatformConfig, device: LitmusDevice) {
  return defined(defineAtc, {
    id: `${device.id}-atc`,
    from: device.id,
    pageBytes: geometry.pageBytes,
    entries: device.atcEntries ?? geometry.tlbEntries,
    translates: walks(device),
    accessesInFlight: device.atcAccesses ?? 'awaited',
    features,
  })
}

// --- cores ----------------------------------------------------------------------------------------------------------------

function coreMmuPart(plan: Plan, unit: CoreMmuUnit): Part {
  const { config, wiring } = plan
  const { id, cores } = unit
  const names = cores.map((core) => `cpu${core}`)
  return {
    definitions: [
      defined(defineIommu, {
        ...iommuConfig(config, unit),
        requesters: names.map((from) => ({ from, translatePort: from, keeps: 'core' as const })),
        enabled: true,
      }),
    ],
    channels: [
      // A core waits for its translation: nobody else can tell when it asked.
      ...names.flatMap((name) => {
        const { near } = wiring.latencies
        return [
          ...wiring.pair([`${name}.mmu`, 'at once'], [`${id}.${name}`, 'at once'], near, 2),
          ...wiring.pair([`${id}.atc-${name}`, 'at once'], [`${name}.invalidations`, 'at once'], near, 2),
        ]
      }),
      ...wayToMemory(plan, id),
      ...registerWires(plan, id),
    ],
  }
}
