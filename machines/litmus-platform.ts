/** Machines | buildLitmusPlatform: the system of a litmus test, made of the machines that it needs, with its programs. */

import { Bytes } from '../src/base/bytes.ts'
import { UsageError, unknownName } from '../src/base/errors.ts'
import type { ChannelSpec } from '../src/kernel/channel.ts'
import type { SystemSpec } from '../src/kernel/system.ts'
import type { MachineDefinition } from '../src/statechart/define.ts'
import { defaultScuConfig, defineL1, definePl310, defineScu } from './cache-controller/index.ts'
import { defineCpu } from './cpu/machine.ts'
import type { CorePrograms } from './cpu/micro-op.ts'
import { type DmaDeviceConfig, defineDmaDevice } from './dma-device/machine.ts'
import { defineDram } from './dram/machine.ts'
import type { Features } from './features.ts'
import { type Geometry, type MemoryRange, memoryMap } from './geometry.ts'
import { defineGic } from './gic/machine.ts'
import { type LitmusParts, litmusLine, litmusSupply, litmusWindow } from './litmus-windows.ts'
import { busConfig, defineMemoryBus, deviceInitiator, gicTarget, walkerInitiator } from './memory-bus/machine.ts'
import type { InitiatorConfig, TargetConfig } from './memory-bus/types.ts'
import { defineOs } from './os/machine.ts'
import { type OsExtras, osConfig } from './os/types.ts'
import { definePower, type SupplyState } from './power/machine.ts'
import { defineSysmmu } from './sysmmu/machine.ts'
import { type SysmmuVersion, sysmmuCfg } from './sysmmu/regs.ts'
import { hasFlpdCache } from './sysmmu/variant.ts'
import { Wiring } from './wiring.ts'

/** Everything a litmus platform is made from; plain data. Registers and interrupt lines: litmus-windows.ts. */
export interface LitmusPlatformConfig extends LitmusParts {
  readonly geometry: Geometry
  readonly features: Features
  /** One entry a core: `cpu0`, `cpu1` and so on. */
  readonly cores: readonly CorePrograms[]
  readonly devices: readonly LitmusDevice[]
  readonly units: readonly LitmusUnit[]
  readonly supplies: readonly LitmusSupply[]
  readonly os?: OsExtras
  /** Words of main memory that are not 0 at the start. */
  readonly memory: readonly InitialWord[]
  /** As in `PlatformConfig`. */
  readonly disturbed?: readonly MemoryRange[] | undefined
}

export interface InitialWord {
  readonly addr: number
  readonly value: number
}

/** A device with its program; its id is its actor's, and `from` of its accesses. */
export interface LitmusDevice extends Pick<DmaDeviceConfig, 'id' | 'registers' | 'reactions' | 'program'> {
  /** Default 2. */
  readonly outstandingWrites?: number
  /** The unit that translates its addresses; absent: they are physical. */
  readonly behind?: string
  /** Core that its interrupts go to; absent: to none, should it raise its line. */
  readonly interrupt?: number
  /**
   * `in order`: its accesses reach memory in the order in which it makes them, as those of one AXI id do; else those under way
   * at a time do in any order. Default `in order`.
   */
  readonly accesses?: 'in order' | 'in any order'
  /** Its accesses snoop the caches. */
  readonly coherent?: true
  /** It keeps translations of its IOMMU. */
  readonly atc?: true
}

/** What stands between devices, or cores, and memory; its id is its actor's, and `from` of its own accesses. */
export type LitmusUnit =
  | {
      readonly unit: 'sysmmu'
      readonly id: string
      readonly version: SysmmuVersion
      readonly enabled: boolean
      /** Physical address of its level-1 table, if it is enabled. */
      readonly tableBase: number
      /** Whether the access protection bits of descriptors count. */
      readonly protection: boolean
      /** Core that its fault interrupts go to; absent: to none. */
      readonly interrupt?: number
    }
  | {
      readonly unit: 'iommu'
      readonly id: string
      readonly enabled: boolean
      /** Physical addresses of the level-1 tables of its domains, by number. */
      readonly roots: readonly number[]
      /** With tags: the device table; the devices behind it are numbered in the order of the configuration. */
      readonly deviceTable?: number
      readonly options: readonly LitmusIommuOption[]
      /** Words that its sync can write to. */
      readonly slots: readonly number[]
      readonly interrupt?: number
    }
  /** The memory management unit of these cores: translates their user window. */
  | { readonly unit: 'mmu'; readonly id: string; readonly cores: readonly number[]; readonly roots: readonly number[] }

/** Commands wait in a queue; entries carry the number of a domain; what is kept of walks; a walk reads a line. */
export type LitmusIommuOption = 'queue' | 'tags' | 'walk-cache' | 'fault-cache' | 'line-fetch'

/** Clock or power of a device or unit can be switched. */
export interface LitmusSupply {
  readonly of: string
  readonly kinds: readonly ('clock' | 'power')[]
  /** At the start. */
  readonly on: boolean
}

type Sysmmu = Extract<LitmusUnit, { unit: 'sysmmu' }>

/** Posted writes of a device that may be outstanding. */
const outstandingWrites = 2 // HF-431
const stepCycles = 4 // HF-434

/** The system, ready for a `Simulation` or a search. Throws `UsageError` for parts that do not fit together. */
export function buildLitmusPlatform(config: LitmusPlatformConfig): SystemSpec {
  checkParts(config)
  const wiring = new Wiring(config.geometry, config.features)
  const parts = [
    coresAndMemory(config, wiring),
    ...config.units.map((unit) => sysmmuPart(config, unit as Sysmmu, wiring)),
    ...config.devices.map((device) => devicePart(config, device, wiring)),
    ...config.supplies.map((supply) => supplyPart(config, supply, wiring)),
    ...(hasGic(config) ? [gicPart(config, wiring)] : []),
  ]
  const definitions = parts.flatMap((part) => part.definitions)
  return {
    actors: definitions.map((definition) => ({ id: definition.id, definition })),
    channels: parts.flatMap(({ channels }) => channels),
  }
}

/** Some machines, with the wires that they begin. */
interface Part {
  readonly definitions: readonly MachineDefinition[]
  readonly channels: readonly ChannelSpec[]
}

function coresAndMemory(config: LitmusPlatformConfig, wiring: Wiring): Part {
  const { geometry, features, disturbed } = config
  const cores = config.cores.map((_, core) => core)
  const isDisturbed = disturbed === undefined || disturbed.length > 0
  const speculationWindow = isDisturbed && disturbed ? disturbed : [geometry.dram]
  // Where nothing changes behind the caches, nobody can tell what was fetched ahead.
  const ofL1 = { ...features, speculation: features.speculation && isDisturbed }
  return {
    definitions: [
      ...config.cores.map((programs, core) => defineCpu({ id: `cpu${core}`, core, geometry, features, programs })),
      // Every core is wired to it; one that is never called has one state.
      defineOs(osConfig(geometry, { ...config.os, cores: cores.length })),
      ...cores.map((core) =>
        defineL1({ id: `l1d${core}`, core, geometry, features: ofL1, speculationWindow, disturbed }),
      ),
      defineScu({ ...defaultScuConfig, id: 'scu', cores: cores.length, geometry }),
      definePl310({ id: 'l2', geometry, features, disturbed, base: memoryMap.pl310.base }),
      defineMemoryBus(
        busConfig({
          geometry,
          features,
          cores: cores.length,
          initiators: initiators(config),
          registers: registerTargets(config),
        }),
      ),
      defineDram({ id: 'dram', ...geometry.dram, image: imageOf(config) }),
    ],
    channels: [
      ...cores.flatMap((core) => wiring.core(core, hasGic(config) ? 'gic' : 'none')),
      ...wiring.memory(),
      ...wiring.registers('bus.l2-regs', 'l2.regs'),
    ],
  }
}

function imageOf({ geometry: { dram }, memory }: LitmusPlatformConfig): Bytes {
  const image = new Bytes(dram.bytes)
  for (const { addr, value } of memory) image.set(addr - dram.base, value)
  return image
}

/** Whoever puts accesses on the bus: devices without a unit, units for those behind them, walkers. */
function initiators({ devices, units }: LitmusPlatformConfig): InitiatorConfig[] {
  return [
    ...devices.filter(({ behind }) => behind === undefined).map(({ id }) => deviceInitiator(id, [id])),
    ...units.flatMap(({ id }) => {
      const behindIt = devices.filter(({ behind }) => behind === id).map((device) => device.id)
      return [deviceInitiator(id, behindIt), walkerInitiator(`${id}-walk`, id)]
    }),
  ]
}

function registerTargets(config: LitmusPlatformConfig): TargetConfig[] {
  const { devices, units, supplies } = config
  return [
    ...[...devices, ...units].map(({ id }) => ({ port: `${id}-regs`, ...litmusWindow(config, id) })),
    ...supplies.flatMap(({ of }) => {
      const { clocks, powerUnit } = litmusSupply(config, of)
      return [
        { port: `${of}-clock`, ...clocks },
        { port: `${of}-power`, ...powerUnit },
      ]
    }),
    ...(hasGic(config) ? [gicTarget] : []),
  ]
}

// --- devices and units ----------------------------------------------------------------------------------------------------

function devicePart(config: LitmusPlatformConfig, device: LitmusDevice, wiring: Wiring): Part {
  const { id, behind, registers, reactions, program } = device
  const line = drivesLine(device) ? { interruptLine: litmusLine(config, id) } : {}
  const supply = supplyOf(config, id)
  const writes = device.outstandingWrites ?? outstandingWrites
  const { bus } = wiring.latencies
  // A write that was posted is on its way while the program goes on.
  const target = behind === undefined ? `bus.${id}` : `${behind}.device`
  return {
    definitions: [
      defineDmaDevice({
        id,
        base: litmusWindow(config, id).base,
        registers,
        reactions,
        program,
        outstandingWrites: writes,
        ...line,
        ...(supply ? { supply: stateOf(supply) } : {}),
        stepCycles,
      }),
    ],
    channels: [
      ...wiring.pair([`${id}.bus`, 'in flight'], [target, 'at once'], bus, writes + 1, orderOf(device)),
      ...registerWires(config, id, wiring),
      ...(drivesLine(device) ? [interruptWire(device, wiring)] : []),
    ],
  }
}

function sysmmuPart(config: LitmusPlatformConfig, unit: Sysmmu, wiring: Wiring): Part {
  const { id, version, enabled, tableBase, protection } = unit
  const { geometry } = config
  const supply = supplyOf(config, id)
  const powerDomain = supply?.kinds.includes('power') ?? false
  const features = { ...config.features, powerDomain }
  const flpd = hasFlpdCache({ version, features }) ? sysmmuCfg.flpdCache : 0
  const cfg = sysmmuCfg.lru | flpd | (protection ? sysmmuCfg.accessProtection : 0)
  const device = config.devices.find(({ behind }) => behind === id) as LitmusDevice
  const isDead = supply !== undefined && stateOf(supply).power === 'off'
  const { bus } = wiring.latencies
  return {
    definitions: [
      defineSysmmu({
        id,
        geometry,
        base: litmusWindow(config, id).base,
        interruptLine: litmusLine(config, id),
        version,
        features,
        ...(isDead
          ? { initial: { state: 'unpowered' } }
          : enabled
            ? { initial: { state: 'translating', cfg, ptBase: tableBase } }
            : {}),
      }),
    ],
    channels: [
      ...wiring.pair(
        [`${id}.bus`, 'in flight'],
        [`bus.${id}`, 'at once'],
        bus,
        (device.outstandingWrites ?? outstandingWrites) + 1,
        orderOf(device),
      ),
      ...wiring.pair([`${id}.walk`, 'at once'], [`bus.${id}-walk`, 'at once'], bus, 2),
      ...registerWires(config, id, wiring),
      interruptWire(unit, wiring),
    ],
  }
}

function orderOf({ accesses }: LitmusDevice): 'fifo' | 'per-id' {
  return accesses === 'in any order' ? 'per-id' : 'fifo' // HF-432
}

// --- registers and supplies -----------------------------------------------------------------------------------------------

/** From the bus to a register port, through its supply if it has one. */
function registerWires(config: LitmusPlatformConfig, id: string, wiring: Wiring): ChannelSpec[] {
  const target = supplyOf(config, id) ? `${supplyId(id)}.apb` : `${id}.regs`
  return wiring.registers(`bus.${id}-regs`, target)
}

function supplyOf({ supplies }: LitmusPlatformConfig, id: string): LitmusSupply | undefined {
  return supplies.find(({ of }) => of === id)
}

function supplyId(of: string): string {
  return `${of}-supply`
}

/** What cannot be switched is on. */
function stateOf({ kinds, on }: LitmusSupply): SupplyState {
  const state = (kind: 'clock' | 'power') => (on || !kinds.includes(kind) ? 'on' : 'off')
  return { clock: state('clock'), power: state('power') }
}

function supplyPart(config: LitmusPlatformConfig, supply: LitmusSupply, wiring: Wiring): Part {
  const { of, kinds } = supply
  const id = supplyId(of)
  const { near } = wiring.latencies
  const definition = definePower({
    id,
    supplied: of,
    clockGating: kinds.includes('clock'),
    powerDomain: kinds.includes('power'),
    registers: litmusSupply(config, of),
    initial: stateOf(supply),
    clockDrives: config.devices.some((device) => device.id === of) ? 'all' : 'registers',
  })
  return {
    definitions: [definition],
    channels: [
      ...wiring.pair([`${id}.target`, 'at once'], [`${of}.regs`, 'at once'], near, 4),
      ...wiring.registers(`bus.${of}-clock`, `${id}.clocks`),
      ...wiring.registers(`bus.${of}-power`, `${id}.unit`),
      // Down is down at once: no register access is between the two.
      ...('power' in definition.outPorts
        ? [wiring.wire({ from: `${id}.power`, to: `${of}.power`, cycles: near, capacity: 2, litmus: 'at once' })]
        : []),
    ],
  }
}

// --- interrupts -----------------------------------------------------------------------------------------------------------

type Interrupting = LitmusDevice | Sysmmu

function drivesLine({ interrupt, program, reactions }: LitmusDevice): boolean {
  const all = [...program, ...reactions.flatMap(({ body }) => body)]
  return interrupt !== undefined || all.some(({ op }) => op === 'raise' || op === 'lower')
}

/** Everything that has a line at the interrupt controller, whether or not a core gets to know. */
function interrupting({ devices, units }: LitmusPlatformConfig): readonly Interrupting[] {
  return [...devices.filter(drivesLine), ...(units as readonly Sysmmu[])]
}

function hasGic(config: LitmusPlatformConfig): boolean {
  return interrupting(config).length > 0
}

/** An interrupt that no core takes is over where it began. */
function interruptWire({ id, interrupt }: Interrupting, wiring: Wiring): ChannelSpec {
  const litmus = interrupt === undefined ? 'at once' : 'in flight'
  return wiring.wire({ from: `${id}.irq`, to: `gic.${id}`, cycles: wiring.latencies.bus, capacity: 4, litmus })
}

/** With the lines enabled that a core takes, as boot firmware and drivers leave it. */
function gicPart(config: LitmusPlatformConfig, wiring: Wiring): Part {
  const sources = interrupting(config)
  return {
    definitions: [
      defineGic({
        id: 'gic',
        cores: config.cores.length,
        devices: sources.map(({ id }) => id),
        lines: sources.map(({ id }) => litmusLine(config, id)),
        enabled: sources.flatMap(({ id, interrupt }) =>
          interrupt === undefined ? [] : [{ line: litmusLine(config, id), core: interrupt }],
        ),
      }),
    ],
    channels: wiring.registers('bus.gic-regs', 'gic.regs'),
  }
}

// --- checks ---------------------------------------------------------------------------------------------------------------

function checkParts({ geometry, cores, devices, units, supplies, memory }: LitmusPlatformConfig): void {
  const ids = [...devices, ...units].map(({ id }) => id)
  if (new Set(ids).size !== ids.length) throw new UsageError(`two devices or units share a name: ${ids.join(', ')}`)
  if (cores.length === 0) throw new UsageError('the platform has no core; give it one, if only with an empty program')
  for (const { id, behind, interrupt, program } of devices) {
    if (behind !== undefined && !units.some((unit) => unit.id === behind)) {
      throw unknownName(
        'unit',
        behind,
        units.map((unit) => unit.id),
      )
    }
    if (interrupt !== undefined && !(interrupt in cores)) {
      throw new UsageError(`the interrupt of ${id} goes to core ${interrupt}, and there are ${cores.length}`)
    }
    const unit = units.find((each) => each.id === behind)
    if (unit?.unit === 'sysmmu' && program.some((each) => 'translated' in each || each.op === 'walk')) {
      throw new UsageError(
        `${id} is behind the SYSMMU ${unit.id}, which translates every access and answers no walk; use an iommu`,
      )
    }
  }
  for (const unit of units) {
    const count = devices.filter(({ behind }) => behind === unit.id).length
    if (unit.unit === 'sysmmu' && count !== 1) {
      throw new UsageError(`${count} devices are behind the SYSMMU ${unit.id}; it stands in front of exactly one`)
    }
  }
  for (const { of } of supplies) if (!ids.includes(of)) throw unknownName('device or unit', of, ids)
  for (const { addr } of memory) {
    if (addr % 4 === 0 && addr >= geometry.dram.base && addr < geometry.dram.base + geometry.dram.bytes) continue
    throw new UsageError(`the initial word at 0x${addr.toString(16)} is no word of memory`)
  }
}
