/** Memory bus | an AXI-like crossbar: address decode, ids, outstanding transactions, arbitration, errors for holes. */

// Facts: HF-230 to HF-235. Left out: separate address and data phases (a burst is one message), locked accesses,
// quality of service. Exclusive ones are told apart by memory.

import { assert } from '../../src/base/assert.ts'
import { hex } from '../../src/base/bits.ts'
import { defineMachine, type MachineDefinition } from '../../src/statechart/define.ts'
import { defaultFeatures, type Features } from '../features.ts'
import { board, type Geometry, memoryMap } from '../geometry.ts'
import { memoryBusActions } from './actions.ts'
import { memoryBusChart, requestsIn, requestsOf, requestTypes, responseTo } from './chart.ts'
import { memoryBusGuards } from './guards.ts'
import { nothingWaiting } from './routing.ts'
import type { InitiatorConfig, MemoryBusConfig, MemoryBusContext, Request, TargetConfig } from './types.ts'

export type { MemoryBusConfig, MemoryBusContext, MemoryBusMessage } from './types.ts'

const descriptions: Record<Request['type'], string> = {
  'read.req': 'an initiator reads a burst',
  'write.req': 'an initiator writes a burst',
  'reg.read.req': 'a core reads a register',
  'reg.write.req': 'a core writes a register',
}

/** Ids with one owner each, limits of at least one, windows apart. */
function checkConfig(config: MemoryBusConfig): void {
  const ids = config.initiators.flatMap((initiator) => initiator.from)
  assert(new Set(ids).size === ids.length, `${config.id}: two initiators share an id: ${ids.join(', ')}`)
  for (const { outstanding } of [...config.initiators, ...config.lanes]) {
    assert(outstanding >= 1, `${config.id}: every limit must allow one transaction`)
  }
  const sorted = config.lanes.flatMap((lane) => lane.targets).sort((a, b) => a.base - b.base)
  sorted.slice(1).forEach((target, at) => {
    const below = sorted[at] as TargetConfig
    assert(below.base + below.bytes <= target.base, `${config.id}: ${below.port} reaches into ${hex(target.base)}`)
  })
}

/** Request and response types of each port: what comes in and what goes out. */
function portsOf(config: MemoryBusConfig): {
  in: Record<string, string[]>
  out: Record<string, string[]>
} {
  const ports = { in: {} as Record<string, string[]>, out: {} as Record<string, string[]> }
  for (const initiator of config.initiators) {
    ports.in[initiator.port] = [...requestsOf(initiator)]
    ports.out[initiator.port] = requestsOf(initiator).map(responseTo)
  }
  for (const lane of config.lanes) {
    for (const { port } of lane.targets) {
      ports.in[port] = requestsIn(lane).map(responseTo)
      ports.out[port] = [...requestsIn(lane)]
    }
  }
  return ports
}

/** The machine; its chart has a region per lane. */
export function defineMemoryBus(config: MemoryBusConfig): MachineDefinition {
  checkConfig(config)
  const ports = portsOf(config)
  const events: Record<string, string> = {}
  for (const request of requestTypes(config)) {
    events[request] = descriptions[request]
    events[responseTo(request)] = `the target answers: ${descriptions[request]}`
  }
  const lanes = config.lanes.length
  const initiators = config.initiators.length
  const zeros = (count: number): number[] => new Array<number>(count).fill(0)
  return defineMachine<MemoryBusContext, never>({
    id: config.id,
    description: 'carries transactions between initiators and targets',
    inPorts: ports.in,
    outPorts: ports.out,
    events,
    context: () => ({
      laneLoad: zeros(lanes),
      initiatorLoad: zeros(initiators),
      pairLoad: zeros(lanes * initiators),
      waiting: Array.from({ length: lanes * initiators }, nothingWaiting),
      turn: zeros(lanes),
    }),
    guards: memoryBusGuards(config),
    actions: memoryBusActions(config),
    chart: memoryBusChart(config),
  })
}

const cpuOutstanding = 4 // HF-233
const l2Outstanding = 8 // HF-233
const deviceOutstanding = 8 // HF-233
const walkerOutstanding = 1 // HF-233
const dramOutstanding = 12 // HF-233
const registerOutstanding = 6 // HF-233

/** A device, or the unit that its accesses come through. @param from ids of the devices */
export function deviceInitiator(port: string, from: readonly string[]): InitiatorConfig {
  return { port, from, access: 'read-write', outstanding: deviceOutstanding }
}

/** A table walker. @param from its id */
export function walkerInitiator(port: string, from: string): InitiatorConfig {
  return { port, from: [from], access: 'read', outstanding: walkerOutstanding }
}

/** What writes single words of its own accord, such as the status words of an IOMMU. */
export function statusInitiator(port: string, from: string): InitiatorConfig {
  return { port, from: [from], access: 'write', outstanding: walkerOutstanding }
}

/** What there is around the bus of cores, their outer cache and memory; what is not named is a hole. */
export interface BusParts {
  readonly geometry: Geometry
  readonly features: Pick<Features, 'postedDeviceWrites'>
  readonly cores: number
  /** Devices and walkers. */
  readonly initiators: readonly InitiatorConfig[]
  /** Register windows, but for the PL310's. */
  readonly registers: readonly TargetConfig[]
  /** What cores reach without a bridge in between, so that no write to it is answered before it arrives. Default none. */
  readonly near?: readonly TargetConfig[]
}

/** The bus of cores, their outer cache and memory. */
export function busConfig({ geometry, features, cores, initiators, registers, near = [] }: BusParts): MemoryBusConfig {
  const core = (port: string): InitiatorConfig => {
    return { port, from: [port], access: 'registers', outstanding: cpuOutstanding }
  }
  return {
    id: 'bus',
    initiators: [
      ...Array.from({ length: cores }, (_, index) => core(`cpu${index}`)),
      { port: 'l2', from: ['l2'], access: 'read-write', outstanding: l2Outstanding },
      ...initiators,
    ],
    lanes: [
      {
        name: 'memory',
        kind: 'memory',
        outstanding: dramOutstanding,
        targets: [{ port: 'dram', ...geometry.dram }],
        postsWrites: false,
      },
      // The PL310 decodes its registers in its own slave ports: nothing is in between that could answer for it. HF-235
      {
        name: 'outer',
        kind: 'registers',
        outstanding: registerOutstanding,
        targets: [{ port: 'l2-regs', ...memoryMap.pl310 }],
        postsWrites: false,
      },
      ...(near.length > 0
        ? [
            {
              name: 'near',
              kind: 'registers' as const,
              outstanding: registerOutstanding,
              targets: near,
              postsWrites: false,
            },
          ]
        : []),
      ...(registers.length > 0
        ? [
            {
              name: 'registers',
              kind: 'registers' as const,
              outstanding: registerOutstanding,
              targets: registers,
              postsWrites: features.postedDeviceWrites,
            },
          ]
        : []),
    ],
  }
}

/** Both windows of the interrupt controller. */
export const gicTarget: TargetConfig = {
  port: 'gic-regs',
  base: memoryMap.gicCpu.base,
  bytes: memoryMap.gicDistributor.base + memoryMap.gicDistributor.bytes - memoryMap.gicCpu.base,
}

/** What a platform has; what it lacks is a hole. */
export interface PlatformParts {
  readonly geometry: Geometry
  readonly features: Pick<
    Features,
    'postedDeviceWrites' | 'clockGating' | 'powerDomain' | 'walkerCoherent' | 'deviceCoherent'
  >
  readonly cores: number
  readonly sensor: 'sensor' | 'none'
  /** A second FIMC behind a SYSMMU of its own. Default: none. */
  readonly secondEngine?: boolean
}

/** The bus of a platform: cores, the L2, FIMC0 behind its SYSMMU, perhaps FIMC1 behind another, memory and registers. */
export function platformBusConfig(parts: PlatformParts): MemoryBusConfig {
  const { geometry, features, cores, sensor, secondEngine = false } = parts
  const engines = secondEngine ? [0, 1] : [0]
  return busConfig({
    geometry,
    features,
    cores,
    initiators: [
      ...(features.deviceCoherent ? [] : engines.map((n) => deviceInitiator(`sysmmu${n}`, [`fimc${n}`]))),
      ...(features.walkerCoherent ? [] : engines.map((n) => walkerInitiator(`walker${n}`, `sysmmu${n}`))),
    ],
    registers: [
      { port: 'sysmmu0-regs', ...memoryMap.sysmmuFimc0 },
      { port: 'fimc0-regs', ...memoryMap.fimc0 },
      ...(secondEngine
        ? [
            { port: 'sysmmu1-regs', ...memoryMap.sysmmuFimc1 },
            { port: 'fimc1-regs', ...memoryMap.fimc1 },
          ]
        : []),
      gicTarget,
      ...(features.clockGating || features.powerDomain
        ? [
            { port: 'clocks', ...memoryMap.clocks },
            { port: 'power-unit', ...memoryMap.powerUnit },
          ]
        : []),
      ...(sensor === 'sensor' ? [{ port: 'sensor-regs', ...memoryMap.sensor }] : []),
    ],
  })
}

export const defaultMemoryBusConfig: MemoryBusConfig = platformBusConfig({
  geometry: board,
  features: defaultFeatures,
  cores: 2,
  sensor: 'sensor',
})

export const memoryBusMachine = defineMemoryBus(defaultMemoryBusConfig).machine
