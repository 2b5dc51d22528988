/** SYSMMU | the chart: off, translating, blocking, blocked, with the walker inside; the interrupt line beside them. */

import {
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import { accessFailed, answered, type WalkMode, walkState } from './walk-chart.ts'

/** The chart of the SYSMMU called `id`. */
export function sysmmuChart(id: string): StateConfig {
  const at = (path: string): string => `#${id}.mmu.${path}`
  return {
    description: 'a SYSMMU between one device and the bus',
    type: 'parallel',
    states: { mmu: mmuRegion(at), interrupt: interruptRegion() },
    on: {
      'read.resp': [
        { guard: 'isWalk', ...ignore('no walk is in flight') },
        { actions: 'passResponse', description: 'responses find their device by its own id' },
      ],
      'write.resp': { actions: 'passResponse' },
      'reg.read.req': { actions: 'answerRead' },
      'reg.write.req': [
        { guard: 'flushesAll', actions: ['acknowledgeWrite', 'flushAll'] },
        { guard: 'flushesEntry', actions: ['acknowledgeWrite', 'flushEntry'] },
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

function mmuRegion(at: (path: string) => string): StateConfig {
  return {
    description: 'address translation as CTRL has set it',
    initial: 'off',
    states: {
      off: offState(at),
      translating: translatingState(at),
      blocking: blockingState(at),
      blocked: blockedState(at),
    },
  }
}

/** Off means bypass: HF-208. A walk in flight at that moment is given up: HF-229. */
function offState(at: (path: string) => string): StateConfig {
  return {
    description: 'CTRL bit 0 is clear: accesses pass with their address taken as physical',
    initial: 'idle',
    on: {
      'read.req': { actions: 'forwardBypass' },
      'write.req': { actions: 'forwardBypass' },
      'tlb.prefetch': stall('the SYSMMU is off'),
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
        },
      },
    },
  }
}

function translatingState(at: (path: string) => string): StateConfig {
  const access: Transitions = [
    { guard: 'tlbHits', actions: 'forwardHit' },
    { guard: 'crossesPage', target: at('blocked.clear'), actions: ['refuse', 'updateInterrupt'] },
    {
      guard: 'tlbMultiHits',
      target: at('blocked.holding'),
      actions: ['hold', { type: 'faultHeld', params: { kind: 'multi-hit' } }, 'updateInterrupt'],
    },
    { target: 'walking', actions: ['hold', 'walkHeld'] },
  ]
  const hitOnly: Transitions = [
    { guard: 'tlbHits', actions: 'forwardHit' },
    stall('only hits pass while the walker looks ahead'),
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
            { guard: 'blocks', target: at('blocked.clear'), actions: answered },
            { guard: 'enables', actions: answered },
          ],
          'tlb.prefetch': [
            { guard: 'prefetchUseful', target: 'prefetching', actions: 'walkAhead' },
            ignore('the page is translated already, or outside the prefetch window'),
          ],
        },
      },
      walking: walkState(at, 'walking', mode, stall('the walker is busy with an earlier access')),
      prefetching: walkState(at, 'prefetching', mode, hitOnly),
    },
  }
}

/** Blocked is said when the walker rests; accesses already translated may still be on the bus: HF-218. */
function blockingState(at: (path: string) => string): StateConfig {
  const mode: WalkMode = {
    path: 'blocking',
    after: 'blocked.clear',
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
      walking: walkState(at, 'walking', mode, requests),
      prefetching: walkState(at, 'prefetching', mode, requests),
    },
  }
}

/** Every fault ends here, and its access is retried at the unblock: HF-219. */
function blockedState(at: (path: string) => string): StateConfig {
  const waits = stall('the SYSMMU is blocked')
  const blocks: TransitionConfig = { guard: 'blocks', actions: answered }
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
            {
              guard: 'unblocksMultiHit',
              actions: [
                'acknowledgeWrite',
                'storeCtrl',
                { type: 'faultHeld', params: { kind: 'multi-hit' } },
                'updateInterrupt',
              ],
            },
            { guard: 'enables', target: at('translating.walking'), actions: [...answered, 'walkHeld'] },
            blocks,
          ],
        },
      },
    },
  }
}
