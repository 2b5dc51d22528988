/** Machines | the platform: which instances there are and how they are wired, as data, for both geometries. */

import { alignUp } from '../src/base/bits.ts'
import type { Bytes } from '../src/base/bytes.ts'
import type { ChannelSpec } from '../src/kernel/channel.ts'
import type { SystemSpec } from '../src/kernel/system.ts'
import { type AcpConfig, defaultScuConfig, defineL1, definePl310, defineScu } from './cache-controller/index.ts'
import { defineCpu } from './cpu/machine.ts'
import type { CorePrograms } from './cpu/micro-op.ts'
import { defineDram } from './dram/machine.ts'
import type { Features } from './features.ts'
import { blackWord, type FormatName, sourceWords } from './fimc/formats.ts'
import { defaultFimcConfig, defineFimc, type FimcConfig } from './fimc/machine.ts'
import { type Geometry, interruptLines, type MemoryRange, memoryMap, secondEngineLines } from './geometry.ts'
import { defineGic } from './gic/machine.ts'
import { defineMemoryBus, platformBusConfig } from './memory-bus/machine.ts'
import { defineOs } from './os/machine.ts'
import { type OsExtras, osConfig } from './os/types.ts'
import { defaultPowerConfig, definePower } from './power/machine.ts'
import { defaultSensorConfig, defineSensor, type SensorConfig } from './sensor/machine.ts'
import { defaultSysmmuConfig, defineSysmmu } from './sysmmu/machine.ts'
import type { SysmmuVersion } from './sysmmu/regs.ts'
import { Wiring } from './wiring.ts'

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
  /** Version of the SYSMMUs; 1.0, that of Exynos4210, unless given. */
  readonly sysmmuVersion?: SysmmuVersion
  /** FIMC1, without a camera, behind a SYSMMU of its own whose clock and power are always on. Default: there is none. */
  readonly secondEngine?: boolean
  /**
   * Memory that devices write, or that is accessed past the caches: everything else changes through the caches only. Caches
   * fetch and give up of their own accord only what this makes a difference to. Absent: any line, whatever happens to it.
   */
  readonly disturbed?: readonly MemoryRange[] | undefined
}

/** The system of a platform: definitions and wires, ready for a `Simulation`. */
export function buildPlatform(config: PlatformConfig): SystemSpec {
  const cores = config.programs.map((_, core) => core)
  return { actors: instances(config, cores), channels: wires(config, cores) }
}

function instances(config: PlatformConfig, cores: readonly number[]): SystemSpec['actors'] {
  const { geometry, features, disturbed, sysmmuVersion: version = defaultSysmmuConfig.version } = config
  const { secondEngine = false } = config
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
      acp: coherentAccesses(config),
    }),
    definePl310({ id: 'l2', geometry, features, disturbed, base: memoryMap.pl310.base }),
    defineMemoryBus(
      platformBusConfig({ geometry, features, cores: cores.length, sensor: config.camera, secondEngine }),
    ),
    defineDram({ id: 'dram', ...geometry.dram, globalMonitor: features.globalMonitor }),
    defineSysmmu({ ...defaultSysmmuConfig, geometry, features, version }),
    ...(isSwitched(features) ? [definePower({ ...defaultPowerConfig, clockGating, powerDomain })] : []),
    defineFimc(fimcConfig(config)),
    ...(secondEngine ? secondEngineOf(config, version) : []),
    defineGic({ id: 'gic', cores: cores.length, ...interruptsOf(config) }),
    ...(config.camera === 'sensor' ? [defineSensor(sensorConfig(config))] : []),
  ]
  return definitions.map((definition) => ({ id: definition.id, definition }))
}

/** FIMC1 and its SYSMMU: no clock and no power of theirs are switched. */
function secondEngineOf(config: PlatformConfig, version: SysmmuVersion) {
  const { geometry, features } = config
  return [
    defineSysmmu({
      ...defaultSysmmuConfig,
      id: 'sysmmu1',
      base: memoryMap.sysmmuFimc1.base,
      interruptLine: secondEngineLines.sysmmuFimc1,
      geometry,
      features: { ...features, powerDomain: false },
      version,
    }),
    defineFimc({
      ...fimcConfig(config),
      id: 'fimc1',
      base: memoryMap.fimc1.base,
      irqLine: secondEngineLines.fimc1,
    }),
  ]
}

/** Units of a platform, by number. */
const enginesOf = ({ secondEngine }: PlatformConfig): readonly number[] => (secondEngine ? [0, 1] : [0])

/** Lines that are wired to the interrupt controller, and its ports for them. */
function interruptsOf(config: PlatformConfig) {
  if (!config.secondEngine) return { lines: Object.values(interruptLines) }
  return {
    lines: [...Object.values(interruptLines), ...Object.values(secondEngineLines)],
    devices: enginesOf(config).flatMap((engine) => [`fimc${engine}`, `sysmmu${engine}`]),
  }
}

/** What goes through the coherency ports, in the order of their numbers. */
function coherentAccesses(config: PlatformConfig): readonly AcpConfig[] {
  const { deviceCoherent, walkerCoherent } = config.features
  return enginesOf(config).flatMap((engine) => [
    ...(deviceCoherent ? [{ from: [`fimc${engine}`], access: 'read-write' } as const] : []),
    ...(walkerCoherent ? [{ from: [`sysmmu${engine}`], access: 'read' } as const] : []),
  ])
}

/** Where the accesses of an initiator get to memory: a coherency port, or the bus. */
function memoryEnd(config: PlatformConfig, from: string, otherwise: string): string {
  const port = coherentAccesses(config).findIndex((one) => one.from.includes(from))
  return port < 0 ? otherwise : `scu.acp${port}`
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
    // A coherency port takes accesses of a line each: HF-540
    burstBoundaryBytes: features.deviceCoherent ? geometry.lineBytes : geometry.pageBytes,
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

/** From an engine through its SYSMMU to memory, and from the walker of that. */
function accessWires(config: PlatformConfig, wiring: Wiring, engine: number): ChannelSpec[] {
  const { wide } = wiring
  const { near, bus } = wiring.latencies
  const [fimc, sysmmu] = [`fimc${engine}`, `sysmmu${engine}`]
  const now = 'at once'
  const later = 'in flight'
  return [
    ...wiring.pair([`${sysmmu}.bus`, later], [memoryEnd(config, fimc, `bus.${sysmmu}`), now], bus, wide, 'per-id'),
    ...wiring.pair([`${sysmmu}.walk`, now], [memoryEnd(config, sysmmu, `bus.walker${engine}`), now], bus, 2),
    ...wiring.pair([`${fimc}.bus`, later], [`${sysmmu}.device`, now], near, wide, 'per-id'),
  ]
}

function wires(config: PlatformConfig, cores: readonly number[]): ChannelSpec[] {
  const wiring = new Wiring(config.geometry, config.features)
  const { near, bus } = wiring.latencies
  const now = 'at once'
  const later = 'in flight'
  return [
    ...cores.flatMap((core) => wiring.core(core, 'gic')),
    ...wiring.memory(),
    ...enginesOf(config).flatMap((engine) => accessWires(config, wiring, engine)),
    ...wiring.registers('bus.l2-regs', 'l2.regs'),
    ...(isSwitched(config.features)
      ? [
          ...wiring.registers('bus.sysmmu0-regs', 'power0.apb'),
          ...wiring.pair(['power0.target', now], ['sysmmu0.regs', now], near, 4),
          ...wiring.registers('bus.clocks', 'power0.clocks'),
          ...wiring.registers('bus.power-unit', 'power0.unit'),
        ]
      : wiring.registers('bus.sysmmu0-regs', 'sysmmu0.regs')),
    // Down is down at once: no register access is between the two.
    ...(config.features.powerDomain
      ? [wiring.wire({ from: 'power0.power', to: 'sysmmu0.power', cycles: near, capacity: 2, litmus: now })]
      : []),
    ...(config.secondEngine ? wiring.registers('bus.sysmmu1-regs', 'sysmmu1.regs') : []),
    ...enginesOf(config).flatMap((engine) => wiring.registers(`bus.fimc${engine}-regs`, `fimc${engine}.regs`)),
    ...wiring.registers('bus.gic-regs', 'gic.regs'),
    ...enginesOf(config).flatMap((engine) =>
      [`fimc${engine}`, `sysmmu${engine}`].map((unit) =>
        wiring.wire({ from: `${unit}.irq`, to: `gic.${unit}`, cycles: bus, capacity: 4, litmus: later }),
      ),
    ),
    ...(config.camera === 'sensor'
      ? [
          ...wiring.registers('bus.sensor-regs', 'sensor.regs'),
          wiring.wire({ from: 'sensor.video', to: 'fimc0.video', cycles: bus, capacity: 4, litmus: now }),
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
