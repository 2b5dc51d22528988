/** Support | cores with their caches in front of memory, and what registers hold at the end of every interleaving: tiny litmus tests. */

import { defineL1, definePl310, defineScu } from '../../machines/cache-controller/index.ts'
import type { AcpConfig } from '../../machines/cache-controller/scu-actions.ts'
import { defineCpu } from '../../machines/cpu/machine.ts'
import type { Instruction } from '../../machines/cpu/micro-op.ts'
import { compilePrograms } from '../../machines/cpu/program.ts'
import type { CpuContext } from '../../machines/cpu/types.ts'
import { defineDram } from '../../machines/dram/machine.ts'
import { defaultFeatures, type FeatureName } from '../../machines/features.ts'
import { litmus, memoryMap } from '../../machines/geometry.ts'
import { defineMemoryBus, type MemoryBusConfig } from '../../machines/memory-bus/machine.ts'
import { defineOs } from '../../machines/os/machine.ts'
import { osConfig } from '../../machines/os/types.ts'
import { type CheckableSystem, defineSystem, type StateView, sometimes } from '../../src/explore/define-system.ts'
import type { ActorDefinition } from '../../src/kernel/actor.ts'
import { check } from '../../src/run/check.ts'

/** Virtual address of word `index` of the memory under test: two to a line. */
export const word = (index: number): number => litmus.linearBase + litmus.reservedBytes + index * 4
/** The physical one. */
export const physicalWord = (index: number): number => litmus.dram.base + litmus.reservedBytes + index * 4

/** Values of registers at the end: `C0.r0` is r0 of the first core. */
export type Registers = Readonly<Record<string, number>>

export interface CoreSystem {
  /** One program a core. */
  readonly cores: readonly (readonly Instruction[])[]
  /** Switches that differ from: everything off that happens of its own accord. */
  readonly features?: Partial<Record<FeatureName, boolean>>
  /** Its accesses on port `bus` go through an accelerator coherency port or past the caches; its registers are those of FIMC0. */
  readonly device?: { readonly definition: ActorDefinition; readonly through: 'acp' | 'memory' }
  /** Answers the first core's `translate.req` on port `core0`, and reads memory on port `bus`. */
  readonly unit?: ActorDefinition
  readonly storeBufferEntries?: number
}

/** The system; the first channel of each pair carries requests. */
export function coreSystem(config: CoreSystem, outcomes: Readonly<Record<string, Registers>>): CheckableSystem {
  const geometry = { ...litmus, storeBufferEntries: config.storeBufferEntries ?? litmus.storeBufferEntries }
  const features = { ...defaultFeatures, speculation: false, eviction: false, ...config.features }
  const cores = config.cores.map((_, core) => core)
  const { device, unit } = config
  const acp: AcpConfig[] = device?.through === 'acp' ? [{ from: [device.definition.id], access: 'read-write' }] : []
  const definitions: ActorDefinition[] = [
    ...config.cores.map((main, core) =>
      defineCpu({
        id: `cpu${core}`,
        core,
        geometry,
        features,
        programs: { main, interrupt: [] },
        mmu: unit !== undefined && core === 0,
      }),
    ),
    ...cores.map((core) =>
      defineL1({
        id: `l1d${core}`,
        core,
        geometry,
        features,
        speculationWindow: [geometry.dram],
        disturbed: undefined,
      }),
    ),
    defineScu({ id: 'scu', cores: cores.length, geometry, features, acp }),
    definePl310({ id: 'l2', base: memoryMap.pl310.base, geometry, features }),
    defineDram({ id: 'dram', ...geometry.dram }),
    defineOs(osConfig(geometry, { cores: cores.length })),
    defineMemoryBus(busConfig(cores, config)),
    ...(device ? [device.definition] : []),
    ...(unit ? [unit] : []),
  ]
  const pair = (a: string, b: string, requestCapacity = 0) => [
    {
      from: a,
      to: b,
      order: requestCapacity > 0 ? ('fifo' as const) : ('rendezvous' as const),
      capacity: requestCapacity,
    },
    { from: b, to: a, order: 'rendezvous' as const, capacity: 0 },
  ]
  return defineSystem({
    id: 'core-system',
    actors: Object.fromEntries(definitions.map((definition) => [definition.id, definition])),
    channels: [
      ...cores.flatMap((core) => [
        ...pair(`cpu${core}.memory`, `l1d${core}.cpu`, 2),
        ...pair(`l1d${core}.scu`, `scu.core${core}`),
        { from: `l1d${core}.snoop`, to: `scu.snoop${core}`, order: 'rendezvous' as const, capacity: 0 },
        { from: `cpu${core}.os`, to: ['os.calls', `cpu${core}.os`], order: 'rendezvous' as const, capacity: 0 },
        ...pair(`cpu${core}.bus`, `bus.cpu${core}`),
      ]),
      ...(unit
        ? [
            ...pair('cpu0.mmu', `${unit.id}.core0`),
            ...pair(`${unit.id}.atc-core0`, 'cpu0.invalidations'),
            ...pair(`${unit.id}.bus`, 'bus.unit'),
          ]
        : []),
      ...pair('scu.l2', 'l2.scu'),
      ...pair('l2.bus', 'bus.l2'),
      ...pair('bus.dram', 'dram.bus'),
      ...pair('bus.l2-regs', 'l2.regs'),
      ...(device ? pair('bus.device-regs', `${device.definition.id}.regs`) : []),
      ...(device ? pair(`${device.definition.id}.bus`, device.through === 'acp' ? 'scu.acp0' : 'bus.device') : []),
    ],
    properties: Object.fromEntries(
      Object.entries(outcomes).map(([name, registers]) => [
        name,
        sometimes((state) => holds(config, state, registers)),
      ]),
    ),
  })
}

/** Registers of the outer cache and of the device, and memory. */
function busConfig(cores: readonly number[], { device, unit }: CoreSystem): MemoryBusConfig {
  const target = device ? [{ port: 'device-regs', ...memoryMap.fimc0 }] : []
  return {
    id: 'bus',
    initiators: [
      ...cores.map((core) => ({
        port: `cpu${core}`,
        from: [`cpu${core}`],
        access: 'registers' as const,
        outstanding: 4,
      })),
      { port: 'l2', from: ['l2'], access: 'read-write', outstanding: 8 },
      ...(unit ? [{ port: 'unit', from: [unit.id], access: 'read' as const, outstanding: 1 }] : []),
      ...(device?.through === 'memory'
        ? [{ port: 'device', from: [device.definition.id], access: 'read-write' as const, outstanding: 2 }]
        : []),
    ],
    lanes: [
      {
        name: 'memory',
        kind: 'memory',
        outstanding: 12,
        targets: [{ port: 'dram', ...litmus.dram }],
        postsWrites: false,
      },
      {
        name: 'outer',
        kind: 'registers',
        outstanding: 6,
        targets: [{ port: 'l2-regs', ...memoryMap.pl310 }, ...target],
        postsWrites: false,
      },
    ],
  }
}

/** Whether every core has ended with these values. */
function holds({ cores }: CoreSystem, state: StateView, wanted: Registers): boolean {
  if (cores.some((_, core) => !state.actor(`cpu${core}`).finished)) return false
  return Object.entries(wanted).every(([name, value]) => {
    const [core = '', register = ''] = name.slice(1).split('.')
    const main = cores[Number(core)] ?? []
    const slot = compilePrograms(`cpu${core}`, { main, interrupt: [] }).registers.indexOf(register)
    return (state.actor(`cpu${core}`).context as CpuContext).registers[slot] === value
  })
}

/** Which outcomes can happen, and how many states tell: `fresh, stale: 58 states`. Throws if there is a deadlock. */
export function search(config: CoreSystem, outcomes: Readonly<Record<string, Registers>>): string {
  const verdict = check(coreSystem(config, outcomes))
  if (!verdict.isExhaustive) throw new Error(`not decided: ${verdict.end}`)
  if (verdict.violations.length > 0) throw new Error(verdict.violations.map(({ message }) => message).join())
  const happen = verdict.witnesses.map(({ property }) => property).sort()
  return `${happen.join(', ') || 'none'}: ${verdict.states} states`
}
