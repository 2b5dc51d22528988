/** Machines | the platform: which instances there are and how they are wired, as data, for both geometries. */

import { alignUp } from '../src/base/bits.ts'
import type { Bytes } from '../src/base/bytes.ts'
import type { ChannelOrder, ChannelSpec } from '../src/kernel/channel.ts'
import type { SystemSpec } from '../src/kernel/system.ts'
import { defaultScuConfig, defineL1, definePl310, defineScu } from './cache-controller/index.ts'
import { defineCpu } from './cpu/machine.ts'
import type { CorePrograms } from './cpu/micro-op.ts'
import { defineDram } from './dram/machine.ts'
import type { Features } from './features.ts'
import { blackWord, type FormatName, sourceWords } from './fimc/formats.ts'
import { defaultFimcConfig, defineFimc, type FimcConfig } from './fimc/machine.ts'
import { type Geometry, interruptLines, type MemoryRange, memoryMap } from './geometry.ts'
import { defineGic } from './gic/machine.ts'
import { defineMemoryBus, platformBusConfig } from './memory-bus/machine.ts'
import { defineOs } from './os/machine.ts'
import { type OsExtras, osConfig } from './os/types.ts'
import { defaultPowerConfig, definePower } from './power/machine.ts'
import { defaultSensorConfig, defineSensor, type SensorConfig } from './sensor/machine.ts'
import { defaultSysmmuConfig, defineSysmmu } from './sysmmu/machine.ts'
import type { SysmmuVersion } from './sysmmu/regs.ts'

/** Everything a platform is made from; plain data. */
export interface PlatformConfig {
  readonly geometry: Geometry
  readonly features: Features
  /** One entry a core. */
  readonly programs: readonly CorePrograms[]
  readonly camera: 'sensor' | 'none'
  readonly format: FormatName
  /** Pixels; words and lines for `raw`. */
  readonly width: number
  readonly height: number
  /** Frames the sensor cycles through; none: the sensor gives timing only and FIMC draws its test pattern. */
  readonly frames: readonly Bytes[]
  readonly os?: OsExtras
  /** Version of the SYSMMU; 1.0, that of Exynos4210, unless given. */
  readonly sysmmuVersion?: SysmmuVersion
  /**
   * Memory that devices write, or that is accessed past the caches: everything else changes through the caches only. Caches
   * fetch and give up of their own accord only what this makes a difference to. Absent: any line, whatever happens to it.
   */
  readonly disturbed?: readonly MemoryRange[] | undefined
}

/** Cycles from port to port. The order of magnitude is an A9's at 1 GHz in front of DDR: HF-026. */
interface Latencies {
  readonly near: number
  readonly scu: number
  readonly l2: number
  readonly bus: number
  readonly dram: number
  readonly jitter: number
}

const boardLatencies: Latencies = { near: 1, scu: 2, l2: 4, bus: 3, dram: 20, jitter: 0 } // HF-026
/** Every hop takes one cycle or up to eight more, so that seeds try different orders. */
const litmusLatencies: Latencies = { near: 1, scu: 1, l2: 1, bus: 1, dram: 1, jitter: 7 }

/** The system of a platform: definitions and wires, ready for a `Simulation`. */
export function buildPlatform(config: PlatformConfig): SystemSpec {
  const cores = config.programs.map((_, core) => core)
  return { actors: instances(config, cores), channels: wires(config, cores) }
}

function instances(config: PlatformConfig, cores: readonly number[]): SystemSpec['actors'] {
  const { geometry, features, disturbed, sysmmuVersion: version = defaultSysmmuConfig.version } = config
  const { clockGating, powerDomain } = features
  const window = disturbed ?? [speculationWindow(config)]
  const l1 = (core: number) =>
    defineL1({ id: `l1d${core}`, core, geometry, features, speculationWindow: window, disturbed })
  const definitions = [
    ...cores.map((core) =>
      defineCpu({ id: `cpu${core}`, core, geometry, features, programs: config.programs[core] as CorePrograms }),
    ),
    defineOs(osConfig(geometry, { ...config.os, cores: cores.length })),
    ...cores.map(l1),
    defineScu({
      ...defaultScuConfig,
      id: 'scu',
      cores: cores.length,
      geometry,
      features,
      ...(features.walkerCoherent ? { acp: [{ from: ['sysmmu0'], access: 'read' }] } : {}),
    }),
    definePl310({ id: 'l2', geometry, features, disturbed, base: memoryMap.pl310.base }),
    defineMemoryBus(platformBusConfig({ geometry, features, cores: cores.length, sensor: config.camera })),
    defineDram({ id: 'dram', ...geometry.dram }),
    defineSysmmu({ ...defaultSysmmuConfig, geometry, features, version }),
    ...(isSwitched(features) ? [definePower({ ...defaultPowerConfig, clockGating, powerDomain })] : []),
    defineFimc(fimcConfig(config)),
    defineGic({ id: 'gic', cores: cores.length, lines: Object.values(interruptLines) }),
    ...(config.camera === 'sensor' ? [defineSensor(sensorConfig(config))] : []),
  ]
  return definitions.map((definition) => ({ id: definition.id, definition }))
}

/** Whether clock or power of the SYSMMU can be off. */
function isSwitched({ clockGating, powerDomain }: Features): boolean {
  return clockGating || powerDomain
}

/**
 * Memory that the cores may fetch from without an instruction asking. A real core follows what it has accessed; here any
 * line of the pages that a run of this size allocates is as likely as another: HF-031.
 */
function speculationWindow({ geometry, width, height }: PlatformConfig): MemoryRange {
  const { dram, reservedBytes, pageBytes, outputSlots } = geometry
  if (geometry.name === 'litmus') return dram
  const bytes = alignUp(width * height * 2, pageBytes) * (outputSlots + 1)
  return { base: dram.base + reservedBytes, bytes: Math.min(bytes, dram.bytes - reservedBytes) }
}

function fimcConfig({ geometry, features, format, width, height }: PlatformConfig): FimcConfig {
  const isBoard = geometry.name === 'board'
  return {
    ...defaultFimcConfig,
    geometry,
    features,
    size: { width, height },
    format,
    outstandingWrites: isBoard ? defaultFimcConfig.outstandingWrites : 1,
    fifoLines: isBoard ? defaultFimcConfig.fifoLines : height,
    burstCycles: isBoard ? defaultFimcConfig.burstCycles : 1,
  }
}

function sensorConfig({ geometry, format, width, height, frames }: PlatformConfig): SensorConfig {
  const isBoard = geometry.name === 'board'
  return {
    ...defaultSensorConfig,
    words: sourceWords(format, width),
    lines: height,
    frames,
    emptyWord: blackWord(format),
    frameIds: geometry.frameIds,
    cyclesPerLine: isBoard ? lineCycles(width) : 64,
    blankCycles: isBoard ? 40 * lineCycles(width) : 256,
  }
}

/** Ten cycles of the 1 GHz core clock a pixel, horizontal blanking included: HF-030. */
function lineCycles(width: number): number {
  return 10 * width
}

/** A wire. `at once`: on litmus the hop is part of the step that sends, because nobody else can tell how long it took. */
interface Link {
  readonly from: string
  readonly to: string
  readonly cycles: number
  readonly capacity: number
  readonly order?: ChannelOrder
  readonly litmus: 'at once' | 'in flight'
}

// Which hops of litmus take time of their own. A request that is on its way, and that its sender has to wait for, might as
// well have been sent later; an answer on its way might as well be taken later. What is left is what somebody else can get
// ahead of: posted maintenance and drained stores (cpu to l1), device accesses with their translation on the way to memory,
// data sampled in memory on the way back, interrupts. Writes of the L2 are delayed by its store buffer.

function wires(config: PlatformConfig, cores: readonly number[]): ChannelSpec[] {
  const isBoard = config.geometry.name === 'board'
  const { near, scu, l2, bus, dram, jitter } = isBoard ? boardLatencies : litmusLatencies
  const wide = isBoard ? 8 : 2
  const wire = ({ from, to, cycles, capacity, order = 'fifo', litmus }: Link): ChannelSpec => {
    if (!isBoard && litmus === 'at once') return { from, to, order: 'rendezvous', capacity: 0, latencyCycles: 0 }
    return { from, to, order, capacity, latencyCycles: cycles, jitterCycles: jitter }
  }
  /** A request and its answer. */
  const pair = (
    [a, request]: readonly [string, Link['litmus']],
    [b, answer]: readonly [string, Link['litmus']],
    cycles: number,
    capacity: number,
    order: ChannelOrder = 'fifo',
  ): ChannelSpec[] => [
    wire({ from: a, to: b, cycles, capacity, order, litmus: request }),
    wire({ from: b, to: a, cycles, capacity, order, litmus: answer }),
  ]
  const now = 'at once'
  const later = 'in flight'
  /** The bus answers posted register writes before they are at their target. */
  const toRegisters = config.features.postedDeviceWrites ? later : now
  const registers = (a: string, b: string): ChannelSpec[] => pair([a, toRegisters], [b, now], bus, 4)
  return [
    ...cores.flatMap((core) => [
      ...pair([`cpu${core}.memory`, later], [`l1d${core}.cpu`, now], near, isBoard ? 4 : 2),
      ...pair([`cpu${core}.bus`, now], [`bus.cpu${core}`, now], bus, 4),
      wire({ from: `gic.cpu${core}`, to: `cpu${core}.irq`, cycles: bus, capacity: 2, litmus: now }),
      // The call and its return are one step: what the call does is atomic.
      {
        from: `cpu${core}.os`,
        to: ['os.calls', `cpu${core}.os`],
        order: 'rendezvous',
        capacity: isBoard ? 1 : 0,
        latencyCycles: isBoard ? near : 0,
      } as const,
      ...pair([`l1d${core}.scu`, now], [`scu.core${core}`, now], scu, wide),
      wire({ from: `l1d${core}.snoop`, to: `scu.snoop${core}`, cycles: scu, capacity: 2, litmus: now }),
    ]),
    ...pair(['scu.l2', now], ['l2.scu', now], l2, wide),
    // AXI: transactions of different ids may overtake each other on the way to memory and back.
    ...pair(['l2.bus', now], ['bus.l2', now], bus, wide, 'per-id'),
    ...pair(['bus.dram', now], ['dram.bus', later], dram, wide, 'per-id'),
    ...pair(['sysmmu0.bus', later], ['bus.sysmmu0', now], bus, wide, 'per-id'),
    ...pair(['sysmmu0.walk', now], [config.features.walkerCoherent ? 'scu.acp0' : 'bus.walker0', now], bus, 2),
    ...pair(['fimc0.bus', later], ['sysmmu0.device', now], near, wide, 'per-id'),
    ...registers('bus.l2-regs', 'l2.regs'),
    ...(isSwitched(config.features)
      ? [
          ...registers('bus.sysmmu0-regs', 'power0.apb'),
          ...pair(['power0.sysmmu', now], ['sysmmu0.regs', now], near, 4),
          ...registers('bus.clocks', 'power0.clocks'),
          ...registers('bus.power-unit', 'power0.unit'),
        ]
      : registers('bus.sysmmu0-regs', 'sysmmu0.regs')),
    // Down is down at once: no register access is between the two.
    ...(config.features.powerDomain
      ? [wire({ from: 'power0.power', to: 'sysmmu0.power', cycles: near, capacity: 2, litmus: now })]
      : []),
    ...registers('bus.fimc0-regs', 'fimc0.regs'),
    ...registers('bus.gic-regs', 'gic.regs'),
    wire({ from: 'fimc0.irq', to: 'gic.fimc0', cycles: bus, capacity: 4, litmus: later }),
    wire({ from: 'sysmmu0.irq', to: 'gic.sysmmu0', cycles: bus, capacity: 4, litmus: later }),
    ...(config.camera === 'sensor'
      ? [
          ...registers('bus.sensor-regs', 'sensor.regs'),
          wire({ from: 'sensor.video', to: 'fimc0.video', cycles: bus, capacity: 4, litmus: now }),
          {
            from: 'sensor.timer',
            to: 'sensor.timer',
            order: 'unordered',
            capacity: 2,
            latencyCycles: 'message',
          } as const,
        ]
      : []),
  ]
}
