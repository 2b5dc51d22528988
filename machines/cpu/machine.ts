/**
 * CPU | defineCpu: one Cortex-A9 core that runs programs and an interrupt handler, with its store buffer.
 *
 * In order: each instruction is a step, a range one step a line, so that everything else can come between two of them;
 * register instructions take no step unless the handler uses the same registers. Loads take newer words from the
 * store buffer and wait for the rest. Stores, register writes and PL310 line operations enter the buffer and drain
 * later: Normal ones in any order, Device ones in program order, neither waiting for the other. Maintenance by MVA is
 * posted, in program order with accesses to the same line; only a DSB waits for it. DMB waits until the buffer is empty.
 *
 * Interrupts are taken before the next instruction or line, also after main has ended; while a call waits for a lock
 * they are not. A core with a handler starts with interrupts enabled, as a driver finds it. WFI ends when the line is
 * high, masked or not.
 *
 * Threads take turns at the same places, but not in the handler or while interrupts are masked, and neither in the middle of an
 * instruction or a call of the operating system (`threads.ts`).
 *
 * A preload (PLD) is asked of the L1 and waited for by nothing (HF-491).
 *
 * Feature `loadReordering`: one later load at a time is performed before its turn (`early-load.ts`). A Strongly-ordered access is
 * never buffered: it waits for older Device stores to be sent and for older stores to its line, and the core for it.
 *
 * Exclusive accesses (`exclusive.ts`) go to the L1 in their turn; locks are calls of `os`.
 *
 * Omitted: more than one early load at once (the L1 speculates beside them), instruction fetch and its cache,
 * accesses of less than a word, merging of neighbouring stores (HF-498): an
 * entry holds what one instruction stores to one line, where the A9 would use up to four entries of 64 bits.
 */

import { defineMachine, ignore, type MachineDefinition } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { litmus } from '../geometry.ts'
import { osCallTypes } from '../os/calls.ts'
import { makeActions } from './actions.ts'
import { type Core, canMiss, makeContext, makeCore } from './core.ts'
import { choiceAddress } from './early-load.ts'
import { earlyLoadRegion } from './early-load-region.ts'
import { makeGuards } from './guards.ts'
import { pipelineRegion } from './pipeline.ts'
import type { Code } from './program.ts'
import { interruptRegion, maintenanceRegion, storeBufferRegion } from './regions.ts'
import { speculationRegion } from './speculation.ts'
import { waits } from './store-buffer.ts'
import { isParked, threadRegion } from './threads.ts'
import { translationRegion } from './translated.ts'
import type { CpuConfig, CpuContext, CpuMessage } from './types.ts'

export type { CpuConfig, CpuContext, CpuMessage } from './types.ts'

/** Event type → description. */
const events = {
  'load.resp': 'the L1 answers a load, without data if memory reported an error',
  'store.resp': 'the L1 has performed a store',
  'maintain.resp': 'maintenance of a line is complete in every L1',
  'reg.read.resp': 'the value of a register, or an error response',
  'reg.write.resp': 'a register write has arrived, or an error response',
  'irq.assert': 'the interrupt line rises',
  'irq.deassert': 'the interrupt line falls',
  'os.return': 'a call of the operating system returns',
  issue: 'the next instruction or line executes',
  'store.drain': 'an entry of the store buffer is sent',
  'interrupt.take': 'the core enters the handler',
  'interrupts.on': 'CPSIE',
  'interrupts.off': 'CPSID',
  'handler.left': 'the handler returns',
  'sleep.begin': 'WFI asks for the level of the interrupt line',
  'sleep.end': 'the line is high, so WFI ends at once',
}

/** One core. Throws `UsageError` if its programs are wrong. */
export function defineCpu(config: CpuConfig): MachineDefinition {
  const core = makeCore(config)
  return defineMachine<CpuContext, CpuMessage>({
    id: config.id,
    description: 'a Cortex-A9 core: in-order pipeline, store buffer, posted maintenance, interrupts',
    inPorts: {
      memory: ['load.resp', 'store.resp', 'maintain.resp'],
      bus: ['reg.read.resp', 'reg.write.resp'],
      irq: ['irq.assert', 'irq.deassert'],
      os: ['os.return'],
      ...(core.mmu ? { mmu: ['translate.resp'], invalidations: ['atc.invalidate'] } : {}),
    },
    outPorts: {
      memory: ['load.req', 'store.req', 'maintain.req', 'prefetch.req'],
      bus: ['reg.read.req', 'reg.write.req'],
      os: osCallTypes,
      ...(core.mmu ? { mmu: ['translate.req'], invalidations: ['atc.done'] } : {}),
    },
    events: {
      ...events,
      ...(core.mmu
        ? {
            'translate.resp': 'the unit of the core answers',
            'atc.invalidate': 'translations are gone: it asks for the end of what used them',
          }
        : {}),
      ...(core.reorders ? { 'load.early': 'a later load is performed before its turn' } : {}),
      ...(core.misses ? { 'maintenance.miss': 'maintenance of the next line does nothing' } : {}),
      ...(core.fails ? { 'exclusive.fail': 'a store-exclusive fails without a cause' } : {}),
      ...(core.threaded ? { 'thread.switch': 'the core goes on with another thread' } : {}),
      ...(speculates(core) ? { 'page.speculate': "a line is fetched ahead through the core's own unit" } : {}),
    },
    raised: ['interrupts.on', 'interrupts.off', 'handler.left', 'sleep.begin', 'sleep.end'],
    spontaneous: spontaneous(core),
    context: () => makeContext(core),
    guards: makeGuards(core),
    actions: makeActions(core),
    chart: {
      description: 'pipeline, store buffer, posted maintenance and interrupts side by side',
      type: 'parallel',
      on: {
        'load.resp': ignore('no load waits'),
        'reg.read.resp': ignore('no register read waits'),
        'os.return': ignore('no call waits'),
        ...(core.mmu ? { 'translate.resp': ignore('no access waits for it') } : {}),
        'interrupts.on': ignore('interrupts are accepted already'),
        'interrupts.off': ignore('the pipeline does not get that far before the interrupt is taken'),
        'handler.left': ignore('no handler runs'),
        'sleep.begin': ignore('the pipeline does not get that far before the interrupt is taken'),
        'sleep.end': ignore('nothing sleeps'),
      },
      states: {
        pipeline: pipelineRegion(core),
        ...(core.reorders ? { earlyLoads: earlyLoadRegion } : {}),
        storeBuffer: storeBufferRegion,
        maintenance: maintenanceRegion,
        interrupt: interruptRegion(config.id, core.handler >= 0),
        ...(core.threaded ? { threads: threadRegion } : {}),
        ...(core.mmu ? { translations: translationRegion } : {}),
        ...(speculates(core) ? { speculation: speculationRegion } : {}),
      },
    },
  })
}

function speculates(core: Core): boolean {
  return core.speculates.length > 0
}

function spontaneous(core: Core) {
  return {
    issue: {
      description: 'the next instruction or line executes',
      kind: 'must' as const,
      latencyCycles: 1, // HF-102
    },
    'store.drain': {
      description: 'an entry of the store buffer, counted from the oldest, is sent',
      kind: 'must' as const,
      domain: core.entries,
      when: (context: CpuContext, entry: number) => waits(context.buffer, entry),
      latencyCycles: 4, // HF-103
    },
    ...(core.reorders ? { 'load.early': earlyChoice(core) } : {}),
    ...(speculates(core)
      ? {
          'page.speculate': {
            description: "a line of the core's virtual pages may be fetched ahead, as far as its tables lead",
            kind: 'may' as const,
            domain: core.speculates.length,
            when: () => true,
          },
        }
      : {}),
    ...(core.misses ? { 'maintenance.miss': missChoice(core) } : {}),
    ...(core.fails ? { 'exclusive.fail': failChoice(core) } : {}),
    ...(core.threaded ? { 'thread.switch': switchChoice(core) } : {}),
    'interrupt.take': {
      description: 'the core enters the handler',
      kind: 'must' as const,
      when: () => core.handler >= 0,
      latencyCycles: 1, // HF-102
    },
  }
}

function missChoice(core: Core) {
  return {
    description: 'maintenance of the next line is executed and does nothing',
    kind: 'may' as const,
    when: (context: CpuContext) => canMiss(core.code[context.pc] as Code),
  }
}

function failChoice(core: Core) {
  return {
    description: 'the present store-exclusive fails without a cause', // HF-563
    kind: 'may' as const,
    when: (context: CpuContext) => (core.code[context.pc] as Code).kind === 'store-exclusive',
  }
}

function switchChoice(core: Core) {
  return {
    description: 'the core goes on with another thread that has not ended, by its number',
    kind: 'must' as const,
    domain: core.threads.length,
    when: (context: CpuContext, thread: number) => isParked(core, context, thread),
    latencyCycles: 400, // HF-521
  }
}

function earlyChoice(core: Core) {
  return {
    description: 'a later load is performed before the present instruction, by its number among the loads',
    kind: 'may' as const,
    domain: core.loads.length,
    when: (context: CpuContext, load: number) => context.early?.at === -1 && choiceAddress(core, context, load) >= 0,
  }
}

/** A core that hands a word to another observer: store, clean, barrier, doorbell. */
export const defaultCpuConfig: CpuConfig = {
  id: 'cpu0',
  core: 0,
  geometry: litmus,
  features: defaultFeatures,
  programs: {
    main: [
      { op: 'store', va: litmus.linearBase + litmus.reservedBytes, value: 1 },
      { op: 'maintain', action: 'clean', va: litmus.linearBase + litmus.reservedBytes, bytes: litmus.lineBytes },
      { op: 'dsb' },
      { op: 'l2-maintain', action: 'clean', addr: litmus.dram.base + litmus.reservedBytes, bytes: litmus.lineBytes },
      { op: 'l2-sync' },
      { op: 'dsb' },
    ],
    interrupt: [],
  },
}

/** The XState machine of the default core. */
export const cpuMachine = defineCpu(defaultCpuConfig).machine
