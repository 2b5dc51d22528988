/** SYSMMU | the System MMU in front of a device: registers, TLB, two-level walk over the bus, block, faults. */

// Facts: HF-200 to HF-219, HF-228, HF-229, HF-410 to HF-423. Left out: security protection, quality of service, the second level
// of version 2's TLB (only that its entries are page-sized), versions from 5 on. The gate of its register clock stands in front
// of it (machines/power).

import { assert } from '../../src/base/assert.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, type MachineDefinition, type SpontaneousConfig } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { board, interruptLines, memoryMap } from '../geometry.ts'
import type { CpuMark } from '../protocol.ts'
import { accessActions, heldActions, nothingHeld, type SysmmuAction } from './access.ts'
import { sysmmuChart } from './chart.ts'
import { emptyFlpdCache } from './flpd.ts'
import { flpdPrefetchSections, isFlpdPrefetchable, isPrefetchable, prefetchPages, sysmmuGuards } from './guards.ts'
import { initialRegisters, resetRegisters } from './register-file.ts'
import { registerActions } from './registers.ts'
import { emptyTlb } from './tlb.ts'
import type { SysmmuConfig, SysmmuContext } from './types.ts'
import { hasFlpdCache } from './variant.ts'
import { dropAll, flpdActions, tlbActions, walkerActions } from './walker.ts'

export type { InitialState, SysmmuConfig, SysmmuContext, SysmmuMessage } from './types.ts'

const events = {
  'read.req': 'the device reads at an IO address',
  'write.req': 'the device writes at an IO address',
  'read.resp': 'the bus answers a read: one of the device, or of the table walker, told apart by `from`',
  'write.resp': 'the bus answers a write of the device',
  'reg.read.req': 'a core reads a register',
  'reg.write.req': 'a core writes a register',
  'interrupt.update': 'fault bits or the interrupt bit of CTRL may have changed',
  'tlb.drop': 'an entry vanishes from the TLB',
  'tlb.prefetch': 'the walker looks ahead for a page',
} as const
const flpdEvents = { 'flpd.prefetch': 'the walker looks ahead for the first-level descriptor of a section' } as const
const blockEvents = { 'block.settled': 'what a block has waited for is over' } as const
const powerEvents = { 'power.on': 'the power domain is up', 'power.off': 'the power domain goes down' } as const

/** The page of the prefetch window that a driver is about to map or unmap, when it announces it. */
function pageAnnounced(config: SysmmuConfig, event: { readonly type: string }): number {
  const mark = event as CpuMark
  if (mark.type !== 'cpu.mark' || mark.name !== 'dma.page') return -1
  const iova = mark.args.iova
  if (typeof iova !== 'number') return -1
  const page = Math.floor(((iova >>> 0) - config.geometry.iova.base) / config.geometry.pageBytes)
  return page >= 0 && page < prefetchPages(config) ? page : -1
}

function choices(config: SysmmuConfig): Record<string, SpontaneousConfig<SysmmuContext>> {
  const { features, geometry } = config
  const result: Record<string, SpontaneousConfig<SysmmuContext>> = {}
  if (features.tlbEviction && geometry.tlbEntries > 0) {
    result['tlb.drop'] = {
      description: 'any entry may vanish at any moment',
      kind: 'may',
      domain: geometry.tlbEntries,
      when: (ctx, value) => value < ctx.tlb.count,
      // The newest entry goes when a driver's operation begins or ends, so that the next access walks.
      aim: (event) => (event.type === 'cpu.mark' ? 0 : -1),
    }
  }
  if (features.tlbPrefetch && geometry.tlbEntries > 0) {
    result['tlb.prefetch'] = {
      description: 'the walker may look ahead for any page near the start of the IO address window',
      kind: 'may',
      domain: prefetchPages(config),
      when: (ctx, value) => isPrefetchable(config, ctx, value),
      aim: (event) => pageAnnounced(config, event),
    }
  }
  if (hasFlpdCache(config)) {
    result['flpd.prefetch'] = {
      description: 'the walker may fetch the first-level descriptor of any section of the IO address window',
      kind: 'may',
      domain: flpdPrefetchSections(config),
      when: (ctx, value) => isFlpdPrefetchable(config, ctx, value),
      // While a driver looks for an address, before it links a table.
      aim: (event) => (event.type === 'cpu.mark' ? 0 : -1),
    }
  }
  if (features.blockTimeout) {
    result['block.settled'] = {
      description: 'a block holds when what it waits for is over',
      kind: 'must',
      latencyCycles: blockCycles, // HF-423
    }
  }
  return result
}

/** Cycles that a block takes where it takes time. */
const blockCycles = 24 // HF-423

/** The machine. Message types differ per event, which is why the table of actions is typed by `never`. */
export function defineSysmmu(config: SysmmuConfig): MachineDefinition {
  const { blockTimeout, powerDomain } = config.features
  assert(
    powerDomain || config.initial?.state !== 'unpowered',
    `${config.id}: without powerDomain its power is never off`,
  )
  const flpd = hasFlpdCache(config)
  return defineMachine<SysmmuContext, never>({
    id: config.id,
    description: 'translates the accesses of one device from IO to physical addresses',
    inPorts: {
      device: ['read.req', 'write.req'],
      bus: ['read.resp', 'write.resp'],
      walk: ['read.resp'],
      regs: ['reg.read.req', 'reg.write.req'],
      ...(powerDomain ? { power: Object.keys(powerEvents) } : {}),
    },
    outPorts: {
      device: ['read.resp', 'write.resp'],
      bus: ['read.req', 'write.req'],
      walk: ['read.req'],
      regs: ['reg.read.resp', 'reg.write.resp'],
      irq: ['irq.raise', 'irq.lower'],
    },
    events: {
      ...events,
      ...(flpd ? flpdEvents : {}),
      ...(blockTimeout ? blockEvents : {}),
      ...(powerDomain ? powerEvents : {}),
    },
    raised: ['interrupt.update'],
    spontaneous: choices(config),
    context: () => ({
      regs: initialRegisters(config),
      tlb: emptyTlb(config.geometry.tlbEntries),
      flpd: emptyFlpdCache(config.geometry.flpdEntries),
      held: nothingHeld(),
      walkIova: 0,
    }),
    guards: sysmmuGuards(config),
    actions: {
      ...accessActions(config),
      ...heldActions(config),
      ...walkerActions(config),
      ...tlbActions(config),
      ...(flpd ? flpdActions(config) : {}),
      ...(powerDomain ? powerActions(config) : {}),
      ...registerActions(config),
    },
    chart: sysmmuChart(config.id, {
      flpd,
      slowBlock: blockTimeout,
      power: powerDomain,
      initial: config.initial?.state ?? 'off',
    }),
  })
}

/** What becomes of it without power. */
function powerActions(config: SysmmuConfig) {
  const { geometry } = config
  return {
    loseState: {
      description: 'everything has its reset value: registers, TLB, kept descriptors, and no access is held',
      run: (ctx, _message, out) => {
        dropAll(config, ctx, out, 'power')
        ctx.regs = resetRegisters()
        ctx.flpd = emptyFlpdCache(geometry.flpdEntries)
        ctx.held = nothingHeld()
      },
    } satisfies SysmmuAction<Message>,
  }
}

/** FIMC0's SYSMMU on the board. */
export const defaultSysmmuConfig: SysmmuConfig = {
  id: 'sysmmu0',
  geometry: board,
  base: memoryMap.sysmmuFimc0.base,
  interruptLine: interruptLines.sysmmuFimc0,
  version: '1.0',
  features: defaultFeatures,
}

/** The same with everything that a version or a feature adds. */
export const fullSysmmuConfig: SysmmuConfig = {
  ...defaultSysmmuConfig,
  version: '3.3',
  features: {
    tlbPrefetch: true,
    tlbEviction: true,
    flpdCache: true,
    flpdFaultCache: true,
    blockTimeout: true,
    powerDomain: true,
  },
}

export const sysmmuMachine = defineSysmmu(defaultSysmmuConfig).machine
