/** Machines | parts of a litmus platform: devices, supplies, interrupts, and what every part with registers has. */

import type { ChannelOrder, ChannelSpec } from '../src/kernel/channel.ts'
import type { MachineDefinition } from '../src/statechart/define.ts'
import { defined } from './definitions.ts'
import { defineDmaDevice } from './dma-device/machine.ts'
import { walks } from './dma-device/registers.ts'
import { defineGic } from './gic/machine.ts'
import type { IommuUnit, LitmusDevice, LitmusPlatformConfig, LitmusSupply, SysmmuUnit } from './litmus-config.ts'
import { litmusLine, litmusSupply, litmusWindow } from './litmus-windows.ts'
import { definePower, type SupplyState } from './power/machine.ts'
import type { Wiring } from './wiring.ts'

/** Some machines, with the wires that they begin. */
export interface Part {
  readonly definitions: readonly MachineDefinition[]
  readonly channels: readonly ChannelSpec[]
}

/** A platform under construction. */
export interface Plan {
  readonly config: LitmusPlatformConfig
  readonly wiring: Wiring
  /** Who goes through which coherency port of the SCU, by the port's number. */
  readonly coherent: readonly CoherentAccess[]
}

/** Accesses that snoop the caches: of a device, of a unit for those behind it, or of the unit's walker. */
export interface CoherentAccess {
  /** The out port whose accesses these are. */
  readonly port: string
  readonly from: readonly string[]
  readonly access: 'read' | 'read-write'
}

/** Posted writes of a device that may be outstanding. */
const writesDefault = 2 // HF-431
const stepCycles = 4 // HF-434

// --- devices --------------------------------------------------------------------------------------------------------------

/** A device with the way of its accesses up to the unit, the bus or the SCU. */
export function devicePart(plan: Plan, device: LitmusDevice): Part {
  const { config, wiring } = plan
  const { id, behind, registers, reactions, program } = device
  const line = drivesLine(device) ? { interruptLine: litmusLine(config, id) } : {}
  const supply = supplyOf(config, id)
  const { near, bus } = wiring.latencies
  // A write that was posted is on its way while the program goes on.
  const target = device.atc
    ? `${id}-atc.device`
    : behind === undefined
      ? memoryEnd(plan, id, 'bus')
      : unitEnd(config, device)
  return {
    definitions: [
      defined(defineDmaDevice, {
        id,
        base: litmusWindow(config, id).base,
        registers,
        reactions,
        program,
        outstandingWrites: outstandingWrites(device),
        ...line,
        ...(supply ? { supply: stateOf(supply) } : {}),
        stepCycles,
      }),
    ],
    channels: [
      ...wiring.pair(
        [`${id}.bus`, 'in flight'],
        [target, 'at once'],
        bus,
        outstandingWrites(device) + 1,
        orderOf(config, [device]),
      ),
      // Nobody but the device can tell when it was asked.
      ...(walks(device)
        ? wiring.pair(
            [`${id}.translate`, 'at once'],
            [device.atc ? `${id}-atc.translate` : `${behind}.${id}-translate`, 'at once'],
            near,
            2,
          )
        : []),
      ...registerWires(plan, id),
      ...(drivesLine(device) ? [interruptWire(plan, device)] : []),
    ],
  }
}

export function outstandingWrites(device: LitmusDevice): number {
  return device.outstandingWrites ?? writesDefault
}

/** Order of the accesses of some devices where they share a way. */
export function orderOf(
  { features }: Pick<LitmusPlatformConfig, 'features'>,
  devices: readonly LitmusDevice[],
): ChannelOrder {
  if (features.deviceReordering) return 'per-id' // HF-581
  if (devices.every(({ accesses }) => accesses === 'in any order')) return 'per-id' // HF-432
  return devices.length === 1 ? 'fifo' : 'per-source' // HF-432
}

/** Whether the accesses of a device snoop the caches. */
export function isCoherent({ features }: Pick<LitmusPlatformConfig, 'features'>, { coherent }: LitmusDevice): boolean {
  return features.deviceCoherent || coherent === true
}

/** Devices whose addresses the unit translates. */
export function devicesBehind({ devices }: LitmusPlatformConfig, unit: string): readonly LitmusDevice[] {
  return devices.filter(({ behind }) => behind === unit)
}

/** Where the unit takes the accesses of a device behind it. */
export function unitEnd({ units }: LitmusPlatformConfig, { id, behind }: LitmusDevice): string {
  return units.find((unit) => unit.id === behind)?.unit === 'sysmmu' ? `${behind}.device` : `${behind}.${id}`
}

/** Where the accesses of `id.port` get to memory: a coherency port, or the bus. */
export function memoryEnd({ coherent }: Plan, id: string, port: 'bus' | 'walk' | 'status'): string {
  const index = coherent.findIndex((each) => each.port === `${id}.${port}`)
  if (index >= 0) return `scu.acp${index}`
  return port === 'bus' ? `bus.${id}` : `bus.${id}-${port}`
}

// --- registers and supplies -----------------------------------------------------------------------------------------------

/** From the bus to a register port, through its supply if it has one. */
export function registerWires({ config, wiring }: Plan, id: string): ChannelSpec[] {
  const target = supplyOf(config, id) ? `${supplyId(id)}.apb` : `${id}.regs`
  return wiring.registers(`bus.${id}-regs`, target)
}

export function supplyOf({ supplies }: LitmusPlatformConfig, id: string): LitmusSupply | undefined {
  return supplies.find(({ of }) => of === id)
}

function supplyId(of: string): string {
  return `${of}-supply`
}

/** What cannot be switched is on. */
export function stateOf({ kinds, on }: LitmusSupply): SupplyState {
  const state = (kind: 'clock' | 'power') => (on || !kinds.includes(kind) ? 'on' : 'off')
  return { clock: state('clock'), power: state('power') }
}

/** Clock and power of one device or unit. */
export function supplyPart({ config, wiring }: Plan, supply: LitmusSupply): Part {
  const { of, kinds } = supply
  const id = supplyId(of)
  const { near } = wiring.latencies
  const definition = defined(definePower, {
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

type Interrupting = LitmusDevice | SysmmuUnit | IommuUnit

function drivesLine({ interrupt, program, reactions }: LitmusDevice): boolean {
  const all = [...program, ...reactions.flatMap(({ body }) => body)]
  return interrupt !== undefined || all.some(({ op }) => op === 'raise' || op === 'lower')
}

/** Everything that has a line at the interrupt controller, whether or not a core gets to know. */
function interrupting({ devices, units }: LitmusPlatformConfig): readonly Interrupting[] {
  return [
    ...devices.filter(drivesLine),
    ...units.flatMap((unit): Interrupting[] => {
      if (unit.unit === 'sysmmu') return [unit]
      return unit.unit === 'iommu' && unit.interrupt !== undefined ? [unit] : []
    }),
  ]
}

export function hasGic(config: LitmusPlatformConfig): boolean {
  return interrupting(config).length > 0
}

/** A line is a level, not a message: a core that takes the interrupt late might as well have been told late. HF-455 */
export function interruptWire({ wiring }: Plan, { id }: Interrupting): ChannelSpec {
  return wiring.wire({
    from: `${id}.irq`,
    to: `gic.${id}`,
    cycles: wiring.latencies.bus,
    capacity: 4,
    litmus: 'at once',
  })
}

/** With the lines enabled that a core takes, as boot firmware and drivers leave it. */
export function gicPart({ config, wiring }: Plan): Part {
  const sources = interrupting(config)
  return {
    definitions: [
      defined(defineGic, {
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
