/** SYSMMU | the System MMU in front of a device: registers, TLB, two-level walk over the bus, block, faults. */

// Facts: HF-200 to HF-219, HF-228, HF-229. Left out: access protection (CFG bit 2), prefetch buffers and the first-level descriptor
// cache of version 3, the second-level TLB of version 2, clock gating.

import { defineMachine, type MachineDefinition, type SpontaneousConfig } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { board, interruptLines, memoryMap } from '../geometry.ts'
import type { CpuMark } from '../protocol.ts'
import { accessActions, heldActions, nothingHeld } from './access.ts'
import { sysmmuChart } from './chart.ts'
import { isPrefetchable, prefetchPages, sysmmuGuards } from './guards.ts'
import { resetRegisters } from './register-file.ts'
import { registerActions } from './registers.ts'
import { emptyTlb } from './tlb.ts'
import type { SysmmuConfig, SysmmuContext } from './types.ts'
import { tlbActions, walkerActions } from './walker.ts'

export type { SysmmuConfig, SysmmuContext, SysmmuMessage } from './types.ts'

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
  if (features.tlbEviction) {
    result['tlb.drop'] = {
      description: 'any entry may vanish at any moment',
      kind: 'may',
      domain: geometry.tlbEntries,
      when: (ctx, value) => value < ctx.tlb.count,
      // The newest entry goes when a driver's operation begins or ends, so that the next access walks.
      aim: (event) => (event.type === 'cpu.mark' ? 0 : -1),
    }
  }
  if (features.tlbPrefetch) {
    result['tlb.prefetch'] = {
      description: 'the walker may look ahead for any page near the start of the IO address window',
      kind: 'may',
      domain: prefetchPages(config),
      when: (ctx, value) => isPrefetchable(config, ctx, value),
      aim: (event) => pageAnnounced(config, event),
    }
  }
  return result
}

/** The machine. Message types differ per event, which is why the table of actions is typed by `never`. */
export function defineSysmmu(config: SysmmuConfig): MachineDefinition {
  return defineMachine<SysmmuContext, never>({
    id: config.id,
    description: 'translates the accesses of one device from IO to physical addresses',
    inPorts: {
      device: ['read.req', 'write.req'],
      bus: ['read.resp', 'write.resp'],
      walk: ['read.resp'],
      regs: ['reg.read.req', 'reg.write.req'],
    },
    outPorts: {
      device: ['read.resp', 'write.resp'],
      bus: ['read.req', 'write.req'],
      walk: ['read.req'],
      regs: ['reg.read.resp', 'reg.write.resp'],
      irq: ['irq.raise', 'irq.lower'],
    },
    events,
    raised: ['interrupt.update'],
    spontaneous: choices(config),
    context: () => ({
      regs: resetRegisters(),
      tlb: emptyTlb(config.geometry.tlbEntries),
      held: nothingHeld(),
      walkIova: 0,
    }),
    guards: sysmmuGuards(config),
    actions: {
      ...accessActions(config),
      ...heldActions(config),
      ...walkerActions(config),
      ...tlbActions(config),
      ...registerActions(config),
    },
    chart: sysmmuChart(config.id),
  })
}

/** FIMC0's SYSMMU on the board. */
export const defaultSysmmuConfig: SysmmuConfig = {
  id: 'sysmmu0',
  geometry: board,
  base: memoryMap.sysmmuFimc0.base,
  interruptLine: interruptLines.sysmmuFimc0,
  features: defaultFeatures,
}

export const sysmmuMachine = defineSysmmu(defaultSysmmuConfig).machine
