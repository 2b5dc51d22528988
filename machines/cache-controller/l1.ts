/** Cache-controller | l1: one core's level-1 data cache, a statechart of its port, eviction buffer and speculation. */

import {
  defineMachine,
  ignore,
  type MachineDefinition,
  type StateConfig,
  stall,
  type TransitionConfig,
} from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { litmus } from '../geometry.ts'
import { cacheShape } from './cache-array.ts'
import { l1Actions } from './l1-actions.ts'
import {
  aimEviction,
  aimSpeculation,
  canSpeculate,
  type L1Config,
  type L1Context,
  type L1Message,
  l1Context,
  l1Guards,
  mayEvict,
} from './l1-context.ts'
import { linesIn } from './memory-ranges.ts'

export type { L1Config, L1Context, L1Message } from './l1-context.ts'

// The block: the data side of a Cortex-A9 level-1 memory system. Physically tagged, write-back, read- and write-allocate,
// MESI, with one eviction buffer (HF-160); fed by the SCU, which is the one point of order of all cores.
//
//   cpu --load, store, maintain--> [port] --fetch, maintain, read, write--> scu
//                                  [eviction buffer] --evict--> scu
//                                  [speculation] --fetch--> scu
//   scu --fills, snoops, completions, one channel in order--> all three; snoop answers leave on a port of their own
//
// Order. The core's port is in order and takes one access at a time (HF-162); hits are answered in the same step. Whatever
// comes from the SCU is taken at once in every state, so the SCU never waits for a core that waits for the SCU. A fill
// and a later snoop of the same line travel on one channel, so the fill lands first: a speculative fill that the SCU
// served before a maintenance operation is undone by it, one that it serves later fetches what the levels below hold by
// then (HF-163). A dirty victim leaves the array at once, its `evict.req` ahead of any new fetch of that line; until
// the SCU pulls it, snoops find it in the buffer. A shared line that is to be written keeps its own data unless
// another core takes it meanwhile (HF-165). A non-cacheable access never looks into the array (HF-166): where the same
// address is also cached it reads around dirty data and leaves stale data behind, as the hardware may.
//
// A load-exclusive notes its line. Every snoop that takes the line away or changes it forgets that, whether the line is here or not, so
// a store-exclusive that finds the note is the first write since the load in the SCU's order. It fetches sole possession like
// any store, and looks again when it has it. What this core stores, evicts or fetches meanwhile does not matter. HF-562
//
// Replacement is round robin (HF-161): any other victim is an eviction of the cache's own accord, which may happen any time.
// One speculative fill at a time, of any line (HF-164); a preload is one that a program asks for (HF-491). An error response has
// no data; it leaves no line behind. A program may have a line evicted (HF-492): then the core hears when the SCU has it.
//
// Left out: the instruction cache, critical word first, hit under a demand miss, several prefetch streams at once.

const accessWaits = stall('the core port takes one access at a time')

/** Where a miss goes that first has to put a dirty line into the eviction buffer, and what it does beside that. */
type Displacement = (access: 'load' | 'store' | 'preload', reserve: string, fetch: string) => TransitionConfig

/** An outer cache takes the victim at once, and the new line can be asked for in the same step. */
const atOnce: Displacement = (access, reserve, fetch) => ({
  target: { load: 'loading', store: 'storing', preload: 'speculating' }[access],
  actions: ['evictForAccess', reserve, fetch],
})

/** Without one the SCU is busy with the victim until memory has it: the new line is asked for after that. HF-523 */
const victimFirst: Displacement = (access, reserve) => ({
  target: { load: 'roomForLoad', store: 'roomForStore', preload: 'roomForPreload' }[access],
  actions: ['evictForAccess', reserve],
})

const portOf = (displaces: Displacement, rooms: Rooms): StateConfig => ({
  description: 'the core port: one access at a time, in order',
  initial: 'ready',
  states: {
    ready: {
      description: 'no access waits',
      on: {
        'load.req': [
          { guard: 'loadHits', actions: 'answerLoad', description: 'a hit' },
          { guard: 'isNonCacheable', target: 'passingLoad', actions: 'passLoad' },
          { guard: 'lineIsComing', ...stall('the line is on its way already') },
          { guard: 'everyWayWaits', ...stall('every way of the set waits for its own line') },
          { guard: 'missEvicts', ...displaces('load', 'reserveForLoad', 'fetchForLoad') },
          { target: 'loading', actions: ['reserveForLoad', 'fetchForLoad'] },
        ],
        'store.req': [
          { guard: 'exclusiveIsLost', actions: 'failStore' },
          { guard: 'storeHits', actions: 'performStore', description: 'a hit in a line of its own' },
          { guard: 'isNonCacheable', target: 'passingStore', actions: 'passStore' },
          { guard: 'storeHitsShared', target: 'storing', actions: 'fetchForUpgrade' },
          { guard: 'lineIsComing', ...stall('the line is on its way already') },
          { guard: 'everyWayWaits', ...stall('every way of the set waits for its own line') },
          { guard: 'missEvicts', ...displaces('store', 'reserveForStore', 'fetchForStore') },
          { target: 'storing', actions: ['reserveForStore', 'fetchForStore'] },
        ],
        'maintain.req': [
          { guard: 'evictionMeetsFill', ...stall('the line is on its way already') },
          { guard: 'evictsDirty', target: 'displacing', actions: 'evictForProgram' },
          { guard: 'evictsUnmodified', actions: ['vanishForProgram', 'answerMaintenance'] },
          { guard: 'evictsNothing', actions: 'answerMaintenance' },
          { target: 'maintaining', actions: 'passMaintenance' },
        ],
      },
    },
    ...rooms.port,
    loading: {
      description: 'a load waits for its line',
      on: {
        'fetch.resp': [
          { guard: 'fillFailsAccess', target: 'ready', actions: 'failLoad' },
          { guard: 'fillAnswersAccess', target: 'ready', actions: 'fillForLoad' },
        ],
      },
    },
    storing: {
      description: 'a store waits for sole possession of its line',
      on: {
        'fetch.resp': [
          { guard: 'fillFailsAccess', target: 'ready', actions: ['abandonFill', 'answerPassedStore'] },
          { guard: 'exclusiveAccessIsLost', target: 'ready', actions: 'fillForLostStore' },
          { guard: 'fillAnswersAccess', target: 'ready', actions: 'fillForStore' },
        ],
      },
    },
    passingLoad: {
      description: 'a non-cacheable load is on its way to memory',
      on: { 'read.resp': { target: 'ready', actions: 'answerPassedLoad' } },
    },
    passingStore: {
      description: 'a non-cacheable store is on its way to the outer cache',
      on: { 'write.resp': { target: 'ready', actions: 'answerPassedStore' } },
    },
    displacing: {
      description: 'a program has a dirty line evicted; the SCU is to take it',
      on: { 'evict.resp': { target: 'ready', actions: 'answerEviction' } },
    },
    maintaining: {
      description: 'a maintenance operation is with the SCU',
      on: { 'maintain.resp': { target: 'ready', actions: 'answerMaintenance' } },
    },
  },
})

const evictor: StateConfig = {
  description: 'the eviction buffer: one line',
  initial: 'empty',
  states: {
    empty: {
      description: 'room for a dirty victim',
      on: {
        'victim.waits': 'evicting',
        'line.evict': [
          { guard: 'slotIsUnmodified', actions: 'vanishLine' },
          { guard: 'slotIsDirty', target: 'evicting', actions: 'evictLine' },
        ],
      },
    },
    evicting: {
      description: 'a victim waits for the SCU, or has been taken and waits for its receipt',
      on: {
        'load.req': { guard: 'missEvicts', ...stall('the eviction buffer is taken') },
        'store.req': { guard: 'missEvicts', ...stall('the eviction buffer is taken') },
        'maintain.req': { guard: 'evictsDirty', ...stall('the eviction buffer is taken') },
        'prefetch.req': { guard: 'preloadEvicts', ...stall('the eviction buffer is taken') },
        'line.speculate': { guard: 'speculationEvicts', ...stall('the eviction buffer is taken') },
        'line.evict': { guard: 'slotIsUnmodified', actions: 'vanishLine' },
        'evict.resp': { target: 'empty', actions: 'forgetVictim' },
      },
    },
  },
}

const speculatorOf = (displaces: Displacement, rooms: Rooms): StateConfig => ({
  description: 'branch-speculated loads, preloads and the prefetcher: one fill that no instruction waits for',
  initial: 'quiet',
  states: {
    quiet: {
      description: 'no speculative fill on its way',
      on: {
        'prefetch.req': [
          { guard: 'preloadIsVain', actions: [], description: 'the line is here or coming' },
          { guard: 'preloadWaits', ...stall('the line is leaving, or every way of the set waits for its own line') },
          { guard: 'preloadEvicts', ...displaces('preload', 'reserveForPreload', 'fetchAhead') },
          { target: 'speculating', actions: ['reserveForPreload', 'fetchAhead'] },
        ],
        'line.speculate': [
          { guard: 'cannotSpeculate', ...stall('the line is here or coming, or no way is free') },
          {
            guard: 'speculationEvicts',
            target: 'speculating',
            actions: ['evictForSpeculation', 'reserveForSpeculation', 'fetchAhead'],
          },
          { target: 'speculating', actions: ['reserveForSpeculation', 'fetchAhead'] },
        ],
      },
    },
    ...rooms.speculator,
    speculating: {
      description: 'a speculative fill is on its way',
      on: {
        'fetch.resp': [
          { guard: 'fillFailsSpeculation', target: 'quiet', actions: ['abandonFill', 'endSpeculation'] },
          { guard: 'fillAnswersSpeculation', target: 'quiet', actions: ['fillForSpeculation', 'endSpeculation'] },
        ],
      },
    },
  },
})

/** States in which a victim is on its way to memory before its successor is asked for. */
interface Rooms {
  readonly port: Readonly<Record<string, StateConfig>>
  readonly speculator: Readonly<Record<string, StateConfig>>
}

const room = (description: string, target: string, actions: string): StateConfig => ({
  description,
  on: { 'evict.resp': { target, actions } },
})

const roomsBeforeMemory: Rooms = {
  port: {
    roomForLoad: room('the victim of a load is on its way to memory', 'loading', 'fetchForLoad'),
    roomForStore: room('the victim of a store is on its way to memory', 'storing', 'fetchForStore'),
  },
  speculator: {
    roomForPreload: room('the victim of a preload is on its way to memory', 'speculating', 'fetchAhead'),
  },
}

const chartOf = ({ features }: L1Config): StateConfig => ({
  description: 'one level-1 data cache',
  type: 'parallel',
  on: {
    'load.req': accessWaits,
    'store.req': accessWaits,
    'maintain.req': accessWaits,
    'prefetch.req': stall('one speculative fill at a time'),
    'snoop.req': [
      { guard: 'snoopMisses', actions: 'answerAbsent' },
      { guard: 'snoopInvalidatesVictim', actions: 'dropVictim' },
      { guard: 'snoopHitsVictim', actions: 'surrenderVictim' },
      { guard: { type: 'snoopAsks', params: 'clean' }, actions: 'cleanLine' },
      { guard: { type: 'snoopAsks', params: 'invalidate' }, actions: 'invalidateLine' },
      { guard: { type: 'snoopAsks', params: 'share' }, actions: 'shareLine' },
      { guard: { type: 'snoopAsks', params: 'take' }, actions: 'giveLineUp' },
      { actions: 'cleanAndInvalidateLine' },
    ],
    'fetch.resp': ignore('no fill was asked for'),
    'evict.resp': ignore('no victim was offered'),
    'maintain.resp': ignore('no maintenance operation is under way'),
    'read.resp': ignore('no non-cacheable load is under way'),
    'write.resp': ignore('no non-cacheable store is under way'),
    'victim.waits': ignore('the step that would need the buffer stalls while it is taken'),
    'line.speculate': stall('one speculative fill at a time'),
    'line.evict': stall('the slot is empty or waits for its line, or its dirty line has nowhere to go'),
  },
  states: features.l2
    ? {
        port: portOf(atOnce, { port: {}, speculator: {} }),
        evictor,
        speculator: speculatorOf(atOnce, { port: {}, speculator: {} }),
      }
    : {
        port: portOf(victimFirst, roomsBeforeMemory),
        evictor,
        speculator: speculatorOf(victimFirst, roomsBeforeMemory),
      },
})

/** Defines the level-1 data cache of one core. */
export function defineL1(config: L1Config): MachineDefinition {
  const shape = cacheShape(config.geometry.l1, config.geometry.lineBytes)
  return defineMachine<L1Context, L1Message>({
    id: config.id,
    description: 'level-1 data cache of one core: write-back, MESI, with eviction buffer and speculative fills',
    inPorts: {
      cpu: ['load.req', 'store.req', 'maintain.req', 'prefetch.req'],
      scu: ['fetch.resp', 'evict.resp', 'maintain.resp', 'snoop.req', 'read.resp', 'write.resp'],
    },
    outPorts: {
      cpu: ['load.resp', 'store.resp', 'maintain.resp'],
      scu: ['fetch.req', 'evict.req', 'maintain.req', 'read.req', 'write.req'],
      snoop: ['snoop.resp'],
    },
    events: {
      'load.req': 'the core loads words of one line',
      'store.req': 'the core stores words of one line',
      'maintain.req': 'the core cleans, invalidates or evicts a line by address',
      'prefetch.req': 'the core preloads a line',
      'fetch.resp': 'the SCU brings a line',
      'evict.resp': 'the SCU has dealt with the victim',
      'maintain.resp': 'the SCU has maintained the line in every core',
      'snoop.req': 'the SCU asks for, or maintains, a line',
      'read.resp': 'answer to a non-cacheable load',
      'write.resp': 'answer to a non-cacheable store',
      'victim.waits': 'raised: a miss has put a dirty line into the eviction buffer',
      'line.speculate': 'the core fetches a line of Normal cacheable memory that no instruction asked for',
      'line.evict': 'the cache gives a slot up',
    },
    raised: ['victim.waits'],
    spontaneous: {
      'line.speculate': {
        description: 'fetch any line of memory, by its number in the speculation window',
        kind: 'may',
        domain: linesIn(config.speculationWindow, shape),
        when: (context, value) => config.features.speculation && canSpeculate(context, shape, config, value),
        aim: (event) => (config.features.speculation ? aimSpeculation(config, shape, event) : -1),
      },
      'line.evict': {
        description: 'evict any slot, by set * ways + way',
        kind: 'may',
        domain: shape.sets * shape.ways,
        when: (context, value) => config.features.eviction && mayEvict(context, shape, config, value),
        aim: (event, context) => (config.features.eviction ? aimEviction(shape, event, context) : -1),
      },
    },
    context: () => l1Context(config),
    guards: l1Guards(config),
    actions: l1Actions(config),
    chart: chartOf(config),
  })
}

/** Core 0 of the litmus geometry. */
export const defaultL1Config: L1Config = {
  id: 'l1d0',
  core: 0,
  geometry: litmus,
  speculationWindow: [litmus.dram],
  features: defaultFeatures,
}

/** The statechart itself, for any XState tool. */
export const l1Machine = defineL1(defaultL1Config).machine
