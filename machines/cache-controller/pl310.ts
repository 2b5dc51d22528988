/** Cache-controller | pl310: the outer cache, a statechart of its slave port, maintenance, prefetcher and store buffer. */

import { defineMachine, ignore, type MachineDefinition, type StateConfig, stall } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { litmus, memoryMap } from '../geometry.ts'
import { cacheShape } from './cache-array.ts'
import { pl310Actions } from './pl310-actions.ts'
import {
  aimEviction,
  aimPrefetch,
  canDrain,
  canPrefetch,
  canSweep,
  mayEvict,
  type Pl310Config,
  type Pl310Context,
  type Pl310Message,
  pl310Context,
  registerGuards,
  transactionGuards,
} from './pl310-context.ts'

export type { Pl310Config, Pl310Context, Pl310Message } from './pl310-context.ts'

// The block: a PL310 (L2C-310) between the SCU and memory. Physically tagged, write-back, never snooped by devices, maintained
// by physical address through its registers. Round-robin replacement (HF-183).
//
//   scu --reads, write-backs--> [port] --line fills, non-cacheable reads--> bus
//                               [buffer] --evicted and cleaned lines, non-cacheable writes--> bus
//                               [prefetcher] --the line behind the last fill--> bus
//   cpu's register writes ----> [maintenance]: line operations at once, way operations in the background, CACHE_SYNC
//
// Order towards memory. A line never has two writes, or a write and a read, on the bus at once: an entry drains only when it is
// the oldest of its line and no read of the line is outstanding, and a read that misses waits until its line has
// left the buffer. It waits in the port, not in front of it: the victim of the same miss may have pushed the line out a moment
// before, in the same step where channels take no time, and what a refused step has put into the buffer never drains. Entries of different lines drain in any order. So the bus may reorder whatever it likes. Non-cacheable
// accesses pass by the array, with no look-up (HF-179), unless `sharedOverride` is off: then a read may hit, but allocates nothing, and
// a write that hits writes the line as well as memory (HF-496). A Strongly-ordered write is answered when memory has it. A burst that leaves its line gets an error (HF-186).
//
// Maintenance. A line operation takes effect in one step; what it cleans is in the buffer then, not in memory, until the
// buffer drains or CACHE_SYNC is answered (HF-175). An entry in the buffer is out of reach of line operations (HF-177).
// An operation on a line whose fill is on its way waits for the fill (HF-178). While a sync waits, the slave port and
// the cache's own choices stall, so the buffer only shrinks and the sync ends. Every register write begins with a sync
// (HF-176): here it arrives that much later. During a way operation it gets an error instead (HF-155). The auxiliary control
// register is writable only while the cache is off (HF-151).
//
// Switches. `l2` off: the enable bit is clear, all passes through unbuffered. `l2StoreBuffer` off: non-cacheable writes and line
// operations are answered when memory has everything. `registerWritesSync` off: the first step of a write is left out.
//
// Left out: lockdown, address filter, exclusive caching, security, event counters and parity interrupts; store-buffer
// merging (HF-180), latency and power registers (read as zero, writes ignored: HF-185). Device writes travel on the bus. The
// prefetcher has one stream and one line ahead (HF-184).

const portWaits = stall('the slave port serves one transaction at a time')
const switchWaits = stall('the cache is switched between transactions')

const port: StateConfig = {
  description: 'the slave port: one transaction of the SCU at a time',
  initial: 'enabled',
  states: {
    enabled: {
      description: 'the cache is on',
      initial: 'idle',
      on: { 'reg.write.req': { guard: 'disables', target: 'disabled' } },
      states: {
        idle: {
          description: 'no transaction waits',
          on: {
            'read.req': [
              { guard: 'readHits', actions: 'answerRead' },
              { guard: 'readCrossesLine', actions: 'refuseRead' },
              { guard: 'aroundMeetsItsLine', ...stall('a newer copy of the line is on its way to memory') },
              { guard: 'isNonCacheable', target: 'reading', actions: 'readMemory' },
              { guard: 'lineIsComing', ...stall('the line is on its way already') },
              { guard: 'missMayFetch', target: 'filling', actions: ['keepRead', 'fetchLine'] },
              { target: 'holding', actions: 'keepRead' },
            ],
            'write.req': [
              { guard: 'writeHits', actions: ['updateLine', 'answerWrite'] },
              { guard: 'writeCrossesLine', actions: 'refuseWrite' },
              { guard: 'lineIsComing', ...stall('an older copy of the line is on its way here') },
              { guard: 'aroundMeetsFullBuffer', ...stall('the store buffer is full') },
              { guard: 'aroundIsBuffered', actions: ['updatePassedLine', 'bufferWrite', 'answerWrite'] },
              { guard: 'goesAround', target: 'writing', actions: ['updatePassedLine', 'beginWriteThrough'] },
              { guard: 'hasNoRoom', ...stall('no way is free, or the dirty line in it has nowhere to go') },
              { actions: ['allocateLine', 'answerWrite'] },
            ],
          },
        },
        holding: {
          description: 'a read waits until the buffer has let go of its line, or has room for the victim',
          always: { guard: 'keptReadMayFetch', target: 'filling', actions: 'fetchLine' },
          on: { 'reg.write.req': { guard: 'disables', ...switchWaits } },
        },
        filling: {
          description: 'a read waits for its line',
          on: {
            'reg.write.req': { guard: 'disables', ...switchWaits },
            'read.resp': [
              { guard: 'demandFails', target: 'idle', actions: 'failFill' },
              { guard: 'isDemandAnswer', target: 'idle', actions: 'fillLine' },
            ],
          },
        },
        reading: {
          description: 'a non-cacheable read waits for memory',
          on: {
            'reg.write.req': { guard: 'disables', ...switchWaits },
            'read.resp': { guard: 'isDemandAnswer', target: 'idle', actions: 'passReadAnswer' },
          },
        },
        writing: {
          description: 'a write waits until memory has it',
          on: {
            'reg.write.req': { guard: 'disables', ...switchWaits },
            'write.resp': { guard: 'answersRequest', target: 'idle', actions: 'answerWriteThrough' },
          },
        },
      },
    },
    disabled: {
      description: 'the cache is off: transactions pass through, its contents rest',
      initial: 'idle',
      on: {
        'reg.write.req': { guard: 'enables', target: 'enabled' },
        'line.prefetch': stall('the cache is off'),
        'line.evict': stall('the cache is off'),
      },
      states: {
        idle: {
          description: 'no transaction passes',
          on: {
            'read.req': [
              { guard: 'readCrossesLine', actions: 'refuseRead' },
              { guard: 'lineIsBuffered', ...stall('a newer copy of the line is on its way to memory') },
              { target: 'reading', actions: 'readMemory' },
            ],
            'write.req': [
              { guard: 'writeCrossesLine', actions: 'refuseWrite' },
              { guard: 'bufferIsFull', ...stall('the store buffer is full') },
              { target: 'writing', actions: 'beginWriteThrough' },
            ],
          },
        },
        reading: {
          description: 'a read waits for memory',
          on: {
            'reg.write.req': { guard: 'enables', ...switchWaits },
            'read.resp': { guard: 'isDemandAnswer', target: 'idle', actions: 'passReadAnswer' },
          },
        },
        writing: {
          description: 'a write waits until memory has it',
          on: {
            'reg.write.req': { guard: 'enables', ...switchWaits },
            'write.resp': { guard: 'answersRequest', target: 'idle', actions: 'answerWriteThrough' },
          },
        },
      },
    },
  },
}

const maintenance: StateConfig = {
  description: 'the registers: maintenance by line and way, and CACHE_SYNC',
  initial: 'ready',
  states: {
    ready: {
      description: 'no operation is under way',
      on: {
        'reg.write.req': [
          { guard: 'lineOperationMisses', actions: 'answerRegWrite', description: 'nothing to maintain' },
          { guard: 'isMisaligned', actions: 'refuseRegWrite' },
          { guard: 'syncsFirst', ...stall('a register write begins with a sync') },
          { guard: 'lineOperationMeetsFill', ...stall('the line is on its way here') },
          { guard: 'lineOperationNeedsEntry', ...stall('the buffer is full') },
          { guard: 'lineOperationIsDone', actions: ['maintainLine', 'answerRegWrite'] },
          { guard: 'isLineOperation', target: 'syncing', actions: ['maintainLine', 'keepCommand'] },
          { guard: 'syncIsDone', actions: 'answerRegWrite', description: 'nothing to wait for' },
          { guard: 'isSync', target: 'syncing', actions: 'keepCommand' },
          { guard: 'beginsSweep', target: 'sweeping', actions: ['beginSweep', 'answerRegWrite'] },
          { guard: 'isControl', actions: ['writeControl', 'answerRegWrite'] },
          { guard: 'auxIsLocked', actions: 'refuseRegWrite', description: 'the cache is on' },
          { guard: 'isAux', actions: ['writeAux', 'answerRegWrite'] },
          { actions: 'answerRegWrite', description: 'a location without effect' },
        ],
      },
    },
    syncing: {
      description: 'waits until the buffers are empty; the slave port stalls',
      on: {
        'read.req': stall('a sync is under way'),
        'write.req': stall('a sync is under way'),
        'line.evict': stall('a sync is under way'),
        'line.prefetch': stall('a sync is under way'),
        'write.resp': { guard: 'answersLastEntry', target: 'ready', actions: 'answerCommand' },
      },
    },
    sweeping: {
      description: 'a way operation goes on in the background; other register writes get an error',
      always: { guard: 'sweepIsDone', target: 'ready' },
      on: {
        'reg.write.req': { actions: 'refuseRegWrite' },
        'way.step': { guard: 'canSweep', actions: 'sweepOn' },
      },
    },
  },
}

const prefetcher: StateConfig = {
  description: 'the data prefetcher: the line behind the last fill, within its page',
  initial: 'quiet',
  states: {
    quiet: {
      description: 'no prefetch on its way',
      on: { 'line.prefetch': { guard: 'canPrefetch', target: 'prefetching', actions: 'prefetchLine' } },
    },
    prefetching: {
      description: 'a prefetch is on its way',
      on: {
        'read.resp': [
          { guard: 'prefetchFails', target: 'quiet', actions: 'failPrefetch' },
          { guard: 'isPrefetchAnswer', target: 'quiet', actions: 'fillPrefetch' },
        ],
      },
    },
  },
}

const buffer: StateConfig = {
  description: 'the store and eviction buffer',
  initial: 'draining',
  states: {
    draining: {
      description: 'entries leave for memory whenever they may; what each waits for is its own state',
      on: {
        'buffer.drain': { guard: 'canDrain', actions: 'drainEntry' },
        'write.resp': { guard: 'answersEntry', actions: 'releaseEntry' },
        'line.evict': [
          { guard: 'slotIsClean', actions: 'vanishLine' },
          { guard: 'slotIsDirtyWithRoom', actions: 'evictLine' },
        ],
      },
    },
  },
}

/** The chart; the enable bit's value at the start is a matter of configuration. */
function pl310Chart(enabled: boolean): StateConfig {
  return {
    description: 'the outer cache',
    type: 'parallel',
    on: {
      'read.req': portWaits,
      'write.req': portWaits,
      'read.resp': ignore('no read is under way'),
      'write.resp': ignore('no write is under way'),
      'reg.read.req': { actions: 'answerRegRead' },
      'reg.write.req': stall('a sync is under way'),
      'buffer.drain': stall('the entry is free, on the bus, or waits for an older one or for a read of its line'),
      'line.evict': stall('the slot holds nothing, or its dirty line has nowhere to go'),
      'line.prefetch': stall('there is no next line to fetch, or one is on its way'),
      'way.step': stall('no way operation is under way, or the buffer is full'),
    },
    states: { port: { ...port, initial: enabled ? 'enabled' : 'disabled' }, maintenance, prefetcher, buffer },
  }
}

/** Defines the outer cache controller. */
export function definePl310(config: Pl310Config): MachineDefinition {
  const shape = cacheShape(config.geometry.l2, config.geometry.lineBytes)
  const { features } = config
  return defineMachine<Pl310Context, Pl310Message>({
    id: config.id,
    description: 'PL310 outer cache: write-back, by-PA maintenance, store and eviction buffer, prefetcher',
    inPorts: {
      scu: ['read.req', 'write.req'],
      bus: ['read.resp', 'write.resp'],
      regs: ['reg.read.req', 'reg.write.req'],
    },
    outPorts: {
      scu: ['read.resp', 'write.resp'],
      bus: ['read.req', 'write.req'],
      regs: ['reg.read.resp', 'reg.write.resp'],
    },
    events: {
      'read.req': 'the SCU reads a line, or non-cacheable memory',
      'write.req': 'the SCU writes a line back, or writes non-cacheable memory',
      'read.resp': 'memory answers a fill, a non-cacheable read or a prefetch',
      'write.resp': 'memory has a buffer entry',
      'reg.read.req': 'a core reads a register',
      'reg.write.req': 'a core writes a register',
      'buffer.drain': 'a buffer entry leaves for memory',
      'line.evict': 'the cache gives a slot up',
      'line.prefetch': 'the prefetcher fetches the line behind the last fill',
      'way.step': 'a way operation goes on in the background',
    },
    spontaneous: {
      'buffer.drain': {
        description: 'drain one buffer entry, by its number',
        kind: 'must',
        domain: config.geometry.l2StoreBufferEntries,
        when: (context, value) => canDrain(context, value),
        latencyCycles: drainLatencyCycles,
      },
      'way.step': {
        description: 'maintain the next dirty line of a way operation',
        kind: 'must',
        when: (context) => canSweep(context),
        latencyCycles: sweepLatencyCycles,
      },
      'line.evict': {
        description: 'evict any slot, by set * ways + way',
        kind: 'may',
        domain: shape.sets * shape.ways,
        when: (context, value) => features.eviction && mayEvict(context, shape, config, value),
        aim: (event, context) => (features.eviction ? aimEviction(config, shape, event, context) : -1),
      },
      'line.prefetch': {
        description: 'fetch the line behind the last fill',
        kind: 'may',
        when: (context) => features.speculation && canPrefetch(context, shape),
        aim: (event, context) => (features.speculation ? aimPrefetch(config, shape, event, context) : -1),
      },
    },
    context: () => pl310Context(config),
    guards: { ...transactionGuards(config), ...registerGuards(config) },
    actions: pl310Actions(config),
    chart: pl310Chart(features.l2),
  })
}

/** How long an entry rests in the buffer before it goes to memory of its own accord. */
export const drainLatencyCycles = 24 // HF-181

/** Time from one dirty line of a way operation to the next. */
export const sweepLatencyCycles = 8 // HF-182

/** The litmus geometry with every feature at its default. */
export const defaultPl310Config: Pl310Config = {
  id: 'l2',
  base: memoryMap.pl310.base,
  geometry: litmus,
  features: defaultFeatures,
}

/** The statechart itself, for any XState tool. */
export const pl310Machine = definePl310(defaultPl310Config).machine
