/** SYSMMU | the chart: off, translating, blocking, blocked, with the walker inside; the interrupt line beside them. */

import {
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import { accessFailed, answered, type ChartExtras, type WalkMode, walkState } from './walk-chart.ts'

/** The chart of the SYSMMU called `id`. */
export function sysmmuChart(id: string, extras: ChartExtras): StateConfig {
  const at = (path: string): string => `#${id}.mmu.${path}`
  return {
    description: 'a SYSMMU between one device and the bus',
    type: 'parallel',
    states: { mmu: mmuRegion(at, extras), interrupt: interruptRegion() },
    on: {
      'read.resp': [
        { guard: 'isWalk', ...ignore('no walk is in flight') },
        { actions: 'passResponse', description: 'responses find their device by its own id' },
      ],
      'write.resp': { actions: 'passResponse' },
      'reg.read.req': { actions: 'answerRead' },
      'reg.write.req': [
        {
          guard: 'flushesAll',
          actions: ['acknowledgeWrite', 'flushAll', ...(extras.flpd ? ['forgetDescriptors'] : [])],
        },
        {
          guard: 'flushesEntry',
          actions: ['acknowledgeWrite', 'flushEntry', ...(extras.flpd ? ['forgetDescriptor'] : [])],
        },
        { guard: 'clearsInterrupts', actions: ['acknowledgeWrite', 'clearInterrupts', 'updateInterrupt'] },
        { actions: ['acknowledgeWrite', 'storeRegister'] },
      ],
      'tlb.drop': [{ guard: 'dropPossible', actions: 'dropEntry' }, ignore('there is no such entry')],
    },
  }
}

function interruptRegion(): StateConfig {
  return {
    description: 'the interrupt line',
    initial: 'low',
    states: {
      low: {
        description: 'no fault bit is set, or CTRL masks it',
        on: {
          'interrupt.update': [
            { guard: 'interruptDue', target: 'high', actions: 'raiseInterrupt' },
            ignore('the line is low already'),
          ],
        },
      },
      high: {
        description: 'a fault waits for the driver',
        on: {
          'interrupt.update': [
            { guard: 'interruptOver', target: 'low', actions: 'lowerInterrupt' },
            ignore('the line is high already'),
          ],
        },
      },
    },
  }
}

/** Where no walk is in flight, the power may go. */
function goesDown(at: (path: string) => string, { power }: ChartExtras): NonNullable<StateConfig['on']> {
  return power ? { 'power.off': { target: at('unpowered'), actions: ['loseState', 'updateInterrupt'] } } : {}
}

function mmuRegion(at: (path: string) => string, extras: ChartExtras): StateConfig {
  return {
    description: 'address translation as CTRL has set it',
    initial: extras.initial,
    on: {
      ...(extras.slowBlock ? { 'block.settled': stall('no block waits for anything') } : {}),
      ...(extras.power ? { 'power.on': ignore('the domain is up') } : {}),
    },
    states: {
      off: offState(at, extras),
      translating: translatingState(at, extras),
      blocking: blockingState(at, extras),
      blocked: blockedState(at, extras),
      ...(extras.power ? { unpowered: unpoweredState(at, extras) } : {}),
    },
  }
}

/** Off means bypass: HF-208. A walk in flight at that moment is given up: HF-229. */
function offState(at: (path: string) => string, extras: ChartExtras): StateConfig {
  const off = stall('the SYSMMU is off')
  return {
    description: 'CTRL bit 0 is clear: accesses pass with their address taken as physical',
    initial: 'idle',
    on: {
      'read.req': { actions: 'forwardBypass' },
      'write.req': { actions: 'forwardBypass' },
      'tlb.prefetch': off,
      ...(extras.flpd ? { 'flpd.prefetch': off } : {}),
    },
    states: {
      idle: {
        description: 'nothing in flight',
        on: {
          'reg.write.req': [
            { guard: 'disables', actions: answered },
            { guard: 'blocks', target: at('blocked.clear'), actions: answered },
            { guard: 'enables', target: at('translating.idle'), actions: answered },
          ],
          ...goesDown(at, extras),
        },
      },
      draining: {
        description: 'the last descriptor that a walk has asked for is still on its way; its walk is over',
        on: {
          'read.resp': { guard: 'isWalk', target: 'idle', actions: 'endWalk' },
          'reg.write.req': [
            { guard: 'disables', actions: answered },
            { guard: 'blocks', ...stall('the walker is still busy') },
            { guard: 'enables', ...stall('the walker is still busy') },
          ],
          ...(extras.power ? { 'power.off': stall('the domain stays up until the walker rests') } : {}),
        },
      },
    },
  }
}

function translatingState(at: (path: string) => string, extras: ChartExtras): StateConfig {
  /** The access is held and has met a fault. */
  const stopped = (guard: string, kind: 'multi-hit' | 'access' | 'page'): TransitionConfig => ({
    guard,
    target: at('blocked.holding'),
    actions: ['hold', { type: 'faultHeld', params: { kind } }, 'updateInterrupt'],
  })
  const kept: readonly TransitionConfig[] = [
    stopped('flpdKeepsFault', 'page'),
    { guard: 'flpdKeepsTable', target: 'walking.level2', actions: ['hold', 'walkHeldKept'] },
  ]
  const access: Transitions = [
    { guard: 'tlbHits', actions: 'forwardHit' },
    { guard: 'crossesPage', target: at('blocked.clear'), actions: ['refuse', 'updateInterrupt'] },
    stopped('tlbMultiHits', 'multi-hit'),
    stopped('tlbDenies', 'access'),
    ...(extras.flpd ? kept : []),
    { target: 'walking', actions: ['hold', 'walkHeld'] },
  ]
  const hitOnly: Transitions = [
    { guard: 'tlbHits', actions: 'forwardHit' },
    stall('only hits pass while the walker looks ahead'),
  ]
  const keptAhead: readonly TransitionConfig[] = [
    { guard: 'prefetchKeptFault', ...ignore('the kept descriptor of its section is no valid one') },
    { guard: 'prefetchKeptTable', target: 'prefetching.level2', actions: 'walkAheadKept' },
  ]
  const fetchAhead: Transitions = [
    { guard: 'flpdPrefetchUseful', target: 'fetching', actions: 'fetchAhead' },
    ignore('the descriptor is kept already, or CFG does not let any be kept'),
  ]
  const mode: WalkMode = {
    path: 'translating',
    after: 'translating.idle',
    modeChanges: (state) => [
      { guard: 'blocks', target: at(`blocking.${state}`), actions: answered },
      { guard: 'enables', actions: answered },
    ],
  }
  return {
    description: 'CTRL has enabled translation',
    initial: 'idle',
    states: {
      idle: {
        description: 'no walk in flight: hits pass at once',
        on: {
          'read.req': access,
          'write.req': access,
          'read.resp': accessFailed(at('blocked.clear')),
          'write.resp': accessFailed(at('blocked.clear')),
          'reg.write.req': [
            { guard: 'disables', target: at('off'), actions: answered },
            {
              guard: 'blocks',
              target: at(extras.slowBlock ? 'blocking.settling' : 'blocked.clear'),
              actions: answered,
            },
            { guard: 'enables', actions: answered },
          ],
          'tlb.prefetch': [
            ...(extras.flpd ? keptAhead : []),
            { guard: 'prefetchUseful', target: 'prefetching', actions: 'walkAhead' },
            ignore('the page is translated already, or outside the prefetch window'),
          ],
          ...(extras.flpd ? { 'flpd.prefetch': fetchAhead } : {}),
          ...goesDown(at, extras),
        },
      },
      walking: walkState(at, 'walking', mode, stall('the walker is busy with an earlier access'), extras),
      prefetching: walkState(at, 'prefetching', mode, hitOnly, extras),
      ...(extras.flpd ? { fetching: walkState(at, 'fetching', mode, hitOnly, extras) } : {}),
    },
  }
}

/** Blocked is said when the walker rests; accesses already translated may still be on the bus: HF-218. */
function blockingState(at: (path: string) => string, extras: ChartExtras): StateConfig {
  const mode: WalkMode = {
    path: 'blocking',
    after: extras.slowBlock ? 'blocking.settling' : 'blocked.clear',
    modeChanges: (state) => [
      { guard: 'blocks', actions: answered },
      { guard: 'enables', target: at(`translating.${state}`), actions: answered },
    ],
  }
  const requests = stall('the SYSMMU is about to be blocked')
  return {
    description: 'a block was asked for or a fault happened, but a walk is in flight: STATUS does not say blocked yet',
    initial: 'walking',
    states: {
      walking: walkState(at, 'walking', mode, requests, extras),
      prefetching: walkState(at, 'prefetching', mode, requests, extras),
      ...(extras.flpd ? { fetching: walkState(at, 'fetching', mode, requests, extras) } : {}),
      ...(extras.slowBlock ? { settling: settlingState(at, extras, requests) } : {}),
    },
  }
}

/** What a block can wait for besides the walker, nobody outside can see: HF-423. */
function settlingState(at: (path: string) => string, extras: ChartExtras, requests: Transitions): StateConfig {
  const waits = stall('the SYSMMU is about to be blocked')
  return {
    description: 'no walk is in flight any more, and STATUS does not say blocked yet',
    on: {
      'read.req': requests,
      'write.req': requests,
      'read.resp': accessFailed(at('blocked.clear')),
      'write.resp': accessFailed(at('blocked.clear')),
      'reg.write.req': [
        { guard: 'disables', target: at('off'), actions: answered },
        { guard: 'enables', target: at('translating.idle'), actions: answered },
        { guard: 'blocks', actions: answered },
      ],
      'block.settled': at('blocked.clear'),
      'tlb.prefetch': waits,
      ...(extras.flpd ? { 'flpd.prefetch': waits } : {}),
      ...goesDown(at, extras),
    },
  }
}

/** Nothing works without power; the controller answers for the registers. */
function unpoweredState(at: (path: string) => string, extras: ChartExtras): StateConfig {
  const dead = stall('the power domain is down')
  return {
    description: 'the power domain is down: registers and TLB are lost',
    on: {
      'read.req': dead,
      'write.req': dead,
      'reg.read.req': dead,
      'reg.write.req': dead,
      'tlb.prefetch': dead,
      ...(extras.flpd ? { 'flpd.prefetch': dead } : {}),
      'power.on': at('off'),
      'power.off': ignore('the domain is down already'),
    },
  }
}

/** Every fault ends here, and its access is retried at the unblock: HF-219. */
function blockedState(at: (path: string) => string, extras: ChartExtras): StateConfig {
  const waits = stall('the SYSMMU is blocked')
  const blocks: TransitionConfig = { guard: 'blocks', actions: answered }
  /** The access is retried and meets a fault at once. */
  const again = (guard: string, kind: 'multi-hit' | 'access' | 'page'): TransitionConfig => ({
    guard,
    actions: ['acknowledgeWrite', 'storeCtrl', { type: 'faultHeld', params: { kind } }, 'updateInterrupt'],
  })
  const kept: readonly TransitionConfig[] = [
    again('unblocksKeptFault', 'page'),
    { guard: 'unblocksKeptTable', target: at('translating.walking.level2'), actions: [...answered, 'walkHeldKept'] },
  ]
  return {
    description: 'STATUS says blocked: no access is translated and no walk is in flight',
    initial: 'clear',
    on: {
      'read.req': waits,
      'write.req': waits,
      'read.resp': accessFailed(),
      'write.resp': accessFailed(),
      'reg.read.req': { guard: 'readsStatus', actions: 'answerBlocked' },
      'tlb.prefetch': waits,
      ...(extras.flpd ? { 'flpd.prefetch': waits } : {}),
      ...goesDown(at, extras),
    },
    states: {
      clear: {
        description: 'no access is held',
        on: {
          'reg.write.req': [
            { guard: 'disables', target: at('off'), actions: answered },
            { guard: 'enables', target: at('translating.idle'), actions: answered },
            blocks,
          ],
        },
      },
      holding: {
        description: 'the access that met a fault is held; unblocking retries it',
        on: {
          'reg.write.req': [
            { guard: 'disables', target: at('off'), actions: [...answered, 'releaseBypass'] },
            { guard: 'unblocksHit', target: at('translating.idle'), actions: [...answered, 'releaseHit'] },
            again('unblocksMultiHit', 'multi-hit'),
            again('unblocksDenied', 'access'),
            ...(extras.flpd ? kept : []),
            { guard: 'enables', target: at('translating.walking'), actions: [...answered, 'walkHeld'] },
            blocks,
          ],
        },
      },
    },
  }
}
