/** Machines | buildLitmusPlatform: the system of a litmus test, made of the machines that it needs, with its programs. */

import { hex } from '../src/base/bits.ts'
import { Bytes } from '../src/base/bytes.ts'
import { UsageError, unknownName } from '../src/base/errors.ts'
import type { SystemSpec } from '../src/kernel/system.ts'
import { defaultScuConfig, defineL1, definePl310, defineScu } from './cache-controller/index.ts'
import { defineCpu } from './cpu/machine.ts'
import { defined } from './definitions.ts'
import { walks } from './dma-device/registers.ts'
import { defineDram } from './dram/machine.ts'
import { type MemoryRange, memoryMap } from './geometry.ts'
import type { LitmusDevice, LitmusPlatformConfig, LitmusUnit } from './litmus-config.ts'
import {
  type CoherentAccess,
  devicePart,
  devicesBehind,
  gicPart,
  hasGic,
  isCoherent,
  type Part,
  type Plan,
  supplyPart,
} from './litmus-parts.ts'
import { initiatorsOf, unitPart } from './litmus-units.ts'
import { litmusSupply, litmusWindow } from './litmus-windows.ts'
import { type BusParts, busConfig, defineMemoryBus, deviceInitiator, gicTarget } from './memory-bus/machine.ts'
import type { InitiatorConfig } from './memory-bus/types.ts'
import { defineOs } from './os/machine.ts'
import { osConfig } from './os/types.ts'
import { Wiring } from './wiring.ts'

export type * from './litmus-config.ts'

/** The system, ready for a `Simulation` or a search. Throws `UsageError` for parts that do not fit together. */
export function buildLitmusPlatform(config: LitmusPlatformConfig): SystemSpec {
  checkParts(config)
  const plan = { config, wiring: new Wiring(config.geometry, config.features), coherent: coherentAccesses(config) }
  const parts = [
    coresAndMemory(plan),
    ...config.units.map((unit) => unitPart(plan, unit)),
    ...config.devices.map((device) => devicePart(plan, device)),
    ...config.supplies.map((supply) => supplyPart(plan, supply)),
    ...(hasGic(config) ? [gicPart(plan)] : []),
  ]
  const definitions = parts.flatMap((part) => part.definitions)
  return {
    actors: definitions.map((definition) => ({ id: definition.id, definition })),
    channels: parts.flatMap(({ channels }) => channels),
  }
}

function coherentAccesses(config: LitmusPlatformConfig): CoherentAccess[] {
  const { devices, units, features } = config
  return [
    ...devices
      .filter((device) => isCoherent(config, device) && device.behind === undefined)
      .map(({ id }) => ({ port: `${id}.bus`, from: [id], access: 'read-write' as const })),
    ...units.flatMap(({ id }): CoherentAccess[] => {
      const behind = devicesBehind(config, id)
      const from = behind.map((device) => device.id)
      return [
        ...(behind.some((device) => isCoherent(config, device))
          ? [{ port: `${id}.bus`, from, access: 'read-write' as const }]
          : []),
        ...(features.walkerCoherent ? [{ port: `${id}.walk`, from: [id], access: 'read' as const }] : []),
      ]
    }),
  ]
}

function coresAndMemory(plan: Plan): Part {
  const { config, wiring, coherent } = plan
  const { geometry, features, disturbed, beneath, units, unmapped = [], speculates = [] } = config
  const cores = config.cores.map((_, core) => core)
  const isDisturbed = disturbed === undefined || disturbed.length > 0
  const fetched = without(isDisturbed && disturbed ? disturbed : [geometry.dram], unmapped)
  const speculationWindow = fetched.length > 0 ? fetched : [geometry.dram]
  // Where nothing changes behind the caches, nobody can tell what was fetched ahead.
  const ofL1 = { ...features, speculation: features.speculation && isDisturbed && fetched.length > 0 }
  const mmu = (core: number) => ({
    mmu: units.some((unit) => unit.unit === 'mmu' && unit.cores.includes(core)),
    speculates,
  })
  return {
    definitions: [
      ...config.cores.map((programs, core) =>
        defined(defineCpu, { id: `cpu${core}`, core, geometry, features, programs, ...mmu(core) }),
      ),
      // Every core is wired to it; one that is never called has one state.
      defined(defineOs, osConfig(geometry, { ...config.os, cores: cores.length })),
      ...cores.map((core) =>
        defined(defineL1, { id: `l1d${core}`, core, geometry, features: ofL1, speculationWindow, disturbed, beneath }),
      ),
      defined(defineScu, {
        ...defaultScuConfig,
        id: 'scu',
        cores: cores.length,
        geometry,
        features,
        acp: coherent.map(({ from, access }) => ({ from, access })),
      }),
      defined(definePl310, { id: 'l2', geometry, features, disturbed, beneath, base: memoryMap.pl310.base }),
      defined(
        defineMemoryBus,
        busConfig({
          geometry,
          features,
          cores: cores.length,
          initiators: initiators(plan),
          ...registerTargets(config),
        }),
      ),
      defined(defineDram, {
        id: 'dram',
        ...geometry.dram,
        image: imageOf(config),
        globalMonitor: features.globalMonitor,
      }),
    ],
    channels: [
      ...cores.flatMap((core) => wiring.core(core, hasGic(config) ? 'gic' : 'none')),
      ...wiring.memory(),
      ...wiring.registers('bus.l2-regs', 'l2.regs'),
    ],
  }
}

/** What is left of some ranges without others. */
function without(ranges: readonly MemoryRange[], less: readonly MemoryRange[]): MemoryRange[] {
  return less.reduce<MemoryRange[]>(
    (left, gap) => left.flatMap((range) => parted(range, gap)).filter(({ bytes }) => bytes > 0),
    [...ranges],
  )
}

/** What of a range is before a gap, and what is behind it. */
function parted(range: MemoryRange, gap: MemoryRange): readonly MemoryRange[] {
  const end = range.base + range.bytes
  const base = Math.max(range.base, gap.base + gap.bytes)
  return [
    { base: range.base, bytes: Math.min(end, gap.base) - range.base },
    { base, bytes: end - base },
  ]
}

function imageOf({ geometry: { dram }, memory }: LitmusPlatformConfig): Bytes {
  const image = new Bytes(dram.bytes)
  for (const { addr, value } of memory) image.set(addr - dram.base, value)
  return image
}

/** Whoever puts accesses on the bus: devices without a unit, units for those behind them, walkers. */
function initiators(plan: Plan): InitiatorConfig[] {
  const { config } = plan
  const { devices, units } = config
  return [
    ...devices
      .filter((device) => device.behind === undefined && !isCoherent(config, device))
      .map(({ id }) => deviceInitiator(id, [id])),
    ...units.flatMap((unit) => initiatorsOf(plan, unit)),
  ]
}

/** The memory management unit of a core is told by instructions of that core, whatever the bus does with writes. HF-524 */
function registerTargets(config: LitmusPlatformConfig): Pick<BusParts, 'registers' | 'near'> {
  const { devices, units, supplies, features } = config
  const isNear = (one: LitmusUnit | LitmusDevice): boolean =>
    features.postedDeviceWrites && 'unit' in one && one.unit === 'mmu'
  const target = ({ id }: LitmusUnit | LitmusDevice) => ({ port: `${id}-regs`, ...litmusWindow(config, id) })
  const all = [...devices, ...units]
  const registers = [
    ...all.filter((one) => !isNear(one)).map(target),
    ...supplies.flatMap(({ of }) => {
      const { clocks, powerUnit } = litmusSupply(config, of)
      return [
        { port: `${of}-clock`, ...clocks },
        { port: `${of}-power`, ...powerUnit },
      ]
    }),
    ...(hasGic(config) ? [gicTarget] : []),
  ]
  return { registers, near: all.filter(isNear).map(target) }
}

// --- checks ---------------------------------------------------------------------------------------------------------------

/** Throws a `UsageError` for the first thing that does not fit. */
function checkParts(config: LitmusPlatformConfig): void {
  const { geometry, cores, devices, units, supplies, memory } = config
  const ids = [...devices, ...units].map(({ id }) => id)
  if (new Set(ids).size !== ids.length) throw new UsageError(`two devices or units share a name: ${ids.join(', ')}`)
  if (cores.length === 0) throw new UsageError('the platform has no core; give it one, if only with an empty program')
  for (const device of devices) checkDevice(config, device)
  for (const unit of units) checkUnit(config, unit)
  for (const { of } of supplies) if (!ids.includes(of)) throw unknownName('device or unit', of, ids)
  for (const { addr } of memory) {
    if (addr % 4 === 0 && addr >= geometry.dram.base && addr < geometry.dram.base + geometry.dram.bytes) continue
    throw new UsageError(`the initial word at ${hex(addr)} is no word of memory`)
  }
}

function checkDevice({ units, cores }: LitmusPlatformConfig, device: LitmusDevice): void {
  const { id, behind, interrupt, program, atc } = device
  const unit = units.find((each) => each.id === behind)
  if (behind !== undefined && unit === undefined) {
    const names = units.map((each) => each.id)
    throw unknownName('unit', behind, names)
  }
  if (unit?.unit === 'mmu') throw new UsageError(`${id} is behind ${unit.id}, which translates for cores only`)
  if (interrupt !== undefined && !(interrupt in cores)) {
    throw new UsageError(`the interrupt of ${id} goes to core ${interrupt}, and there are ${cores.length}`)
  }
  if (unit?.unit === 'iommu') return
  if (atc) throw new UsageError(`${id} has a translation cache, and no iommu to fill it from; put it behind one`)
  if (walks(device)) throw new UsageError(`${id} walks, and there is no iommu to ask; put it behind one`)
  if (unit?.unit === 'sysmmu' && program.some((each) => 'translated' in each)) {
    throw new UsageError(`${id} gives a physical address to the SYSMMU ${unit.id}, which translates all; use an iommu`)
  }
}

function checkUnit(config: LitmusPlatformConfig, unit: LitmusUnit): void {
  const { id } = unit
  const devices = devicesBehind(config, id)
  if (unit.unit === 'mmu') {
    const unknown = unit.cores.find((core) => !(core in config.cores))
    if (unknown !== undefined)
      throw new UsageError(`${id} is for core ${unknown}, and there are ${config.cores.length}`)
    return
  }
  if (unit.unit === 'sysmmu' ? devices.length !== 1 : devices.length === 0) {
    const wanted = unit.unit === 'sysmmu' ? 'a sysmmu stands in front of exactly one' : 'an iommu needs at least one'
    throw new UsageError(`${devices.length} devices are behind ${id}; ${wanted}`)
  }
  if (new Set(devices.map((device) => isCoherent(config, device))).size > 1) {
    throw new UsageError(`some devices behind ${id} are coherent and some are not; give the others a unit of their own`)
  }
  if (unit.unit === 'iommu' && unit.options.includes('tags') !== (unit.deviceTable !== undefined)) {
    throw new UsageError(`${id} needs both the option "tags" and a device table, or neither`)
  }
}
