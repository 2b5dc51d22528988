/** Litmus | a chosen variant of a test becomes a system, what the oracles must know of it, and its final conditions. */

import type { CorePrograms } from '../../machines/cpu/micro-op.ts'
import { bellRegister, deviceRegisters } from '../../machines/dma-device/registers.ts'
import { defaultFeatures, type FeatureName, type Features } from '../../machines/features.ts'
import type { Geometry } from '../../machines/geometry.ts'
import { statusWriter } from '../../machines/iommu/regs.ts'
import {
  buildLitmusPlatform,
  type LitmusDevice,
  type LitmusPlatformConfig,
  type LitmusSupply,
  type LitmusUnit,
} from '../../machines/litmus-platform.ts'
import { cfgOf } from '../../machines/litmus-units.ts'
import { type LitmusParts, litmusSwitch, litmusWindow } from '../../machines/litmus-windows.ts'
import { defaultMasks, type OsExtras, osConfig } from '../../machines/os/types.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { type SysmmuVersion, sysmmuVersions } from '../../machines/sysmmu/regs.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { Predicate, Property } from '../explore/define-system.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { backendOf, makeApi } from './api.ts'
import { beneathLines } from './beneath.ts'
import { Buffers } from './buffers.ts'
import { type Choice, chooseVariant } from './choose.ts'
import { conditionProperties, isFinal, type Observed } from './conditions.ts'
import { constantsOf } from './constants.ts'
import { type CoreForm, coresOf, interruptOf, programCore, registerFiles } from './cores.ts'
import type { CpuGround } from './cpu-program.ts'
import { atcOf, DeviceProgram } from './device-program.ts'
import { disturbedLines } from './disturbed.ts'
import type { ActorForm, ConditionForm, LitmusTest } from './form.ts'
import { ioSpacesBefore, type Translator, translatorsOf } from './io-spaces.ts'
import type { Ground } from './locations.ts'
import { type Layout, layOut } from './memory-layout.ts'
import { type NamedMemory, namedMemory } from './named-memory.ts'
import { placed, sizesOf } from './sizes.ts'
import { bouncePoolsOf } from './spare-memory.ts'
import { partsIn } from './statements.ts'
import { statusSlots } from './status-slots.ts'
import { mmuName, namedUnits, unitBefore } from './table-units.ts'
import type { Runner } from './trails.ts'
import { looksAtFaults, registersOfUnits } from './unit-registers.ts'
import { withoutLinearMapping } from './unmapped.ts'

/** A test ready to be searched. */
export interface Lowered {
  readonly system: SystemSpec
  readonly platform: LitmusPlatformConfig
  readonly geometry: Geometry
  readonly features: Features
  readonly cores: number
  /** By core: its threads beside main. */
  readonly threads: readonly number[]
  /** `from` of the devices and of status writes, and of the table walkers. */
  readonly devices: readonly string[]
  readonly mmus: readonly string[]
  readonly ioSpaces: readonly (readonly number[])[]
  readonly translators: readonly Translator[]
  readonly prelude: readonly Emitted[]
  /** Memory with a name: physical addresses. */
  readonly memory: readonly NamedMemory[]
  /** Every program has ended and nothing more must happen. */
  readonly isOver: Predicate
  readonly properties: Readonly<Record<string, Property & { readonly form: ConditionForm }>>
  readonly runners: readonly Runner[]
}

type DeviceForm = Extract<ActorForm, { actor: 'device' }>

/** Actor ids that the platform has anyway. */
const takenIds = ['scu', 'l2', 'bus', 'dram', 'gic', 'os', 'memory']

/** Usage errors for what does not fit together. */
export function lowerLitmus(whole: LitmusTest, choice: Choice): Lowered {
  const test = chooseVariant(whole, choice)
  const features = featuresOf(test)
  const layout = layOut(test)
  const cores = coresOf(test.actors)
  const devices = test.actors.filter((actor): actor is DeviceForm => actor.actor === 'device')
  const ids = idsOf(test, cores, devices)
  const parts = partsOf(test, ids)
  const sizes = sizesOf(test)
  const ground = { layout, constants: constantsOf(test) }
  const written = devices.map((device) => programDevice(test, ground, device, ids))
  const programmed = written.map(({ device }) => device)
  const idOf = (name: string): string => ids.get(name) ?? name
  const buffers = new Buffers(test, layout, devices, idOf)
  const os = osExtras(test, layout, ids, cores.length)
  const units = unitsOf(test, ground, ids)
  const cpuGround = cpuGroundOf({ test, ground, features, ids, parts, buffers, os, programmed, devices, units })
  const programs = cores.map((core, number) => programCore(cpuGround, core, number))
  const platform: LitmusPlatformConfig = {
    geometry: layout.geometry,
    features,
    cores: programs.length > 0 ? programs.map((core) => core.programs) : [{ main: [], interrupt: [] }],
    devices: programmed.map((device, at) => ({
      ...device,
      outstandingWrites: sizes['device-writes'],
      atcEntries: sizes.atc,
      ...interruptOf(cores, devices[at] as DeviceForm),
    })),
    units,
    supplies: suppliesOf(test, ids),
    memory: [...layout.initial].map(([addr, value]) => ({ addr, value })).sort((a, b) => a.addr - b.addr),
    os,
    ...withoutLinearMapping(test, ground),
    disturbed: disturbedLines(test, ground, features),
    beneath: beneathLines(test, ground, features),
  }
  const system = buildLitmusPlatform(platform)
  const observed = observedOf({ system, ground, features, platform, cores, devices, ids })
  return {
    system,
    platform,
    geometry: layout.geometry,
    features,
    cores: platform.cores.length,
    threads: platform.cores.map(({ threads = [] }) => threads.length),
    devices: [
      ...platform.devices.map(({ id }) => id),
      ...platform.units.flatMap((unit) =>
        unit.unit === 'iommu' && unit.slots.length > 0 ? [statusWriter(unit.id)] : [],
      ),
    ],
    mmus: platform.units.map(({ id }) => id),
    ioSpaces: devices.map(({ name }) => ioSpacesBefore(test, layout.units, name)),
    translators: translatorsOf(test, layout.units, ids),
    prelude: buffers.prelude(),
    memory: namedMemory(layout),
    isOver: (state) => isFinal(observed, state),
    properties: conditionProperties(observed, test.conditions),
    runners: [...written, ...programs].map(({ runner }) => runner),
  }
}

function featuresOf({ platform }: LitmusTest): Features {
  const features: Record<string, boolean> = { ...defaultFeatures }
  for (const { name, on, at } of platform.features) {
    if (!Object.hasOwn(defaultFeatures, name)) {
      throw new UsageError(`${placed(at)}${unknownName('feature', name, Object.keys(defaultFeatures)).message}`)
    }
    features[name] = on
  }
  return features as Record<FeatureName, boolean>
}

/** Actor ids by the names of the test. */
type Ids = ReadonlyMap<string, string>

function idsOf(test: LitmusTest, cores: readonly CoreForm[], devices: readonly DeviceForm[]): Ids {
  const ids = new Map<string, string>()
  for (const [core, { name }] of cores.entries()) ids.set(name, `cpu${core}`)
  for (const { name, at } of [...devices, ...namedUnits(test)]) {
    const id = name.toLowerCase()
    if (takenIds.includes(id) || /^(cpu|l1d)\d+$/.test(id) || [...ids.values()].includes(id)) {
      throw new UsageError(`${placed(at)}"${name}" is what another part of the platform is called: choose another name`)
    }
    ids.set(name, id)
  }
  return ids
}

function partsOf(test: LitmusTest, ids: Ids): LitmusParts {
  const idOf = (name: string) => ({ id: ids.get(name) as string })
  return {
    devices: test.actors.flatMap((actor) => (actor.actor === 'device' ? [idOf(actor.name)] : [])),
    units: namedUnits(test).map(({ name }) => idOf(name)),
    supplies: test.platform.units.flatMap((unit) =>
      unit.unit === 'supply' ? [{ of: ids.get(unit.of) as string }] : [],
    ),
  }
}

// --- programs ---------------------------------------------------------------------------------------------------------------

interface ProgrammedDevice {
  readonly device: LitmusDevice
  readonly runner: Runner
}

function programDevice(test: LitmusTest, ground: Ground, device: DeviceForm, ids: Ids): ProgrammedDevice {
  const id = ids.get(device.name) as string
  const unit = unitBefore(test, device.name)
  const visible = [bellRegister, ...device.registers.map(({ name }) => name)]
  const writer = (): DeviceProgram => new DeviceProgram(ground, device.name, unit !== undefined, visible)
  const coherent = test.platform.units.some((one) => one.unit === 'coherent' && one.device === device.name)
  const main = writer()
  const programmed: LitmusDevice = {
    id,
    registers: device.registers.filter(({ name }) => name !== bellRegister),
    reactions: device.reactions.map(({ register, body }) => ({ register, body: writer().buildReaction(body) })),
    program: main.build(device.body),
    ...(unit ? { behind: ids.get(unit.name) as string } : {}),
    ...(coherent ? { coherent: true as const } : {}),
    ...atcOf(test, device.name),
  }
  return {
    device: programmed,
    runner: { id, name: device.name, kind: 'device', trails: main.trails(), threads: [] },
  }
}

interface Matter {
  readonly test: LitmusTest
  readonly ground: Ground
  readonly features: Features
  readonly ids: Ids
  readonly parts: LitmusParts
  readonly buffers: Buffers
  readonly os: OsExtras
  readonly programmed: readonly LitmusDevice[]
  readonly devices: readonly DeviceForm[]
  readonly units: readonly LitmusUnit[]
}

function cpuGroundOf({
  test,
  ground,
  features,
  ids,
  parts,
  buffers,
  os,
  programmed,
  devices,
  units,
}: Matter): CpuGround {
  const windows = new Map(
    [...ids].filter(([, id]) => !id.startsWith('cpu')).map(([name, id]) => [name, litmusWindow(parts, id).base]),
  )
  const config = osConfig(ground.layout.geometry, os)
  const iommus = test.platform.units.filter((unit) => unit.unit === 'iommu')
  return {
    ...ground,
    test,
    os: config,
    buffers,
    hasL2: features.l2,
    registers: new Map<string, Readonly<Record<string, number>>>([
      ...devices.map(({ name }, at) => {
        const device = programmed[at] as LitmusDevice
        const names = deviceRegisters(device).slice(0, device.registers.length + 1)
        return [name, Object.fromEntries(names.map((register, index) => [register, index * 4]))] as const
      }),
      ...registersOfUnits(test),
    ]),
    windows,
    units: {
      requesters: new Map(
        iommus.map(({ name, devices: behind }) => [
          name,
          devices.map((one) => one.name).filter((one) => behind.includes(one)),
        ]),
      ),
      slots: new Map(
        iommus.map(({ name }) => {
          const unit = units.find(({ id }) => id === ids.get(name))
          return [name, unit?.unit === 'iommu' ? unit.slots : []]
        }),
      ),
      queued: new Set(iommus.filter(({ options }) => options.includes('queue')).map(({ name }) => name)),
      posted: features.postedDeviceWrites,
      cfg: new Map(
        [...ids].flatMap(([name, id]) => {
          const unit = units.find((one) => one.id === id)
          return unit?.unit === 'sysmmu' ? [[name, cfgOf(unit, features)] as const] : []
        }),
      ),
      supply: (of, kind, on) => litmusSwitch(parts, ids.get(of) ?? of, kind, on ? 'on' : 'off'),
    },
    api: makeApi({ test, geometry: ground.layout.geometry, os: config, windows, ids }),
  }
}

/** What programs need of the operating system. */
function osExtras(test: LitmusTest, { inUse, far, geometry }: Layout, ids: Ids, cores: number): OsExtras {
  // The first one has the IO addresses that the DMA API gives out.
  const isBehind = (name: string): number => Number(unitBefore(test, name)?.unit === 'sysmmu')
  const named = test.actors
    .flatMap((actor) => (actor.actor === 'device' ? [actor.name] : []))
    .sort((a, b) => isBehind(b) - isBehind(a))
  const devices = named.map((name) => ids.get(name) as string)
  const pools = bouncePoolsOf(test, geometry, (name) => ids.get(name) ?? name)
  const reach = (far ?? 0) - 1
  const masks = named.map((name) =>
    far !== undefined && backendOf(test, name) === 'dmabounce' ? { streaming: reach, coherent: reach } : defaultMasks,
  )
  const flags = test.platform.units.flatMap((unit) => (unit.unit === 'sysmmu' ? [`${ids.get(unit.name)}-enabled`] : []))
  return {
    inUse,
    cores: Math.max(1, cores),
    locks: test.locks,
    flags,
    ...(devices.length > 0 ? { devices } : {}),
    ...(pools.length > 0 ? { pools, masks } : {}),
  }
}

// --- the platform -----------------------------------------------------------------------------------------------------------

function unitsOf(test: LitmusTest, ground: Ground, ids: Ids): LitmusUnit[] {
  const { layout } = ground
  return test.platform.units.flatMap((unit): LitmusUnit[] => {
    switch (unit.unit) {
      case 'sysmmu': {
        if (!(sysmmuVersions as readonly string[]).includes(unit.version)) {
          throw unknownName('version of the SYSMMU', unit.version, sysmmuVersions)
        }
        const [tableBase = 0] = layout.roots.get(unit.name) ?? []
        const id = ids.get(unit.name) as string
        const protection = [...partsIn(test.actors)].some((part) => part.readOnly === true)
        return [
          { unit: 'sysmmu', id, version: unit.version as SysmmuVersion, enabled: unit.enabled, tableBase, protection },
        ]
      }
      case 'iommu': {
        const deviceTable = layout.deviceTables.get(unit.name)
        return [
          {
            unit: 'iommu',
            id: ids.get(unit.name) as string,
            enabled: unit.enabled,
            roots: layout.roots.get(unit.name) ?? [],
            ...(deviceTable === undefined ? {} : { deviceTable }),
            options: unit.options,
            slots: statusSlots(test, ground, unit.name),
            queueEntries: sizesOf(test).queue,
            ...(looksAtFaults(test, unit.name) ? { keepsFaults: true as const } : {}),
          },
        ]
      }
      case 'mmu': {
        const cores = coresOf(test.actors).map(({ name }) => name)
        return [
          {
            unit: 'mmu',
            id: ids.get(mmuName) as string,
            cores: unit.cores.map((name) => {
              if (!cores.includes(name)) throw unknownName('core', name, cores)
              return cores.indexOf(name)
            }),
            roots: layout.roots.get(mmuName) ?? [],
          },
        ]
      }
      default:
        return []
    }
  })
}

function suppliesOf({ platform }: LitmusTest, ids: Ids): LitmusSupply[] {
  return platform.units.flatMap((unit) =>
    unit.unit === 'supply' ? [{ of: ids.get(unit.of) ?? unit.of, kinds: unit.kinds, on: unit.on }] : [],
  )
}

function observedOf({
  system,
  ground,
  features,
  platform,
  cores,
  devices,
  ids,
}: {
  readonly system: SystemSpec
  readonly ground: Ground
  readonly features: Features
  readonly platform: LitmusPlatformConfig
  readonly cores: readonly CoreForm[]
  readonly devices: readonly DeviceForm[]
  readonly ids: Ids
}): Observed {
  const actors = new Map<string, Observed['actors'] extends ReadonlyMap<string, infer One> ? One : never>()
  cores.forEach((form, core) => {
    const files = registerFiles(core, form, platform.cores[core] as CorePrograms)
    for (const [name, registers] of files) actors.set(name, { id: `cpu${core}`, kind: 'cpu', registers })
  })
  devices.forEach(({ name }, at) => {
    actors.set(name, {
      id: ids.get(name) as string,
      kind: 'device',
      registers: deviceRegisters(platform.devices[at] as LitmusDevice),
    })
  })
  return {
    ...ground,
    actors,
    units: new Map([...ids].map(([name, id]) => [id, name])),
    ending: system.actors.filter(({ definition }) => definition.ends).map(({ id }) => id),
    cores: platform.cores.length,
    hasL2: features.l2,
    queues: platform.units.filter((unit) => unit.unit === 'iommu').map(({ id }) => id),
    channels: system.channels.filter(({ capacity }) => capacity > 0).map(({ from }) => from),
  }
}
