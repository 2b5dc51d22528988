/** SYSMMU | the chart: off, translating, blocking, blocked, with the walker inside; the interrupt line beside them. */

import {
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'

/** What holds inside a mode while a walk is in flight; the same walk goes on when the mode changes. */
interface WalkMode {
  /** Where this mode lives. */
  readonly path: 'translating' | 'blocking'
  /** Where it goes when the walk is over. */
  readonly after: string
  /** Transitions of every walking state that end or begin the mode; `state` is the walk's place within it. */
  readonly modeChanges: (state: string) => readonly TransitionConfig[]
}

const answered = ['acknowledgeWrite', 'storeCtrl', 'updateInterrupt'] as const

/** A failed access: the device sees it, the fault is recorded, and like every fault it blocks. */
function accessFailed(target?: string): TransitionConfig {
  const actions = ['passResponse', 'faultAccess', 'updateInterrupt']
  return target === undefined ? { guard: 'accessFailed', actions } : { guard: 'accessFailed', target, actions }
}

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
        {
          actions: 'passResponse',
          description: 'responses find their device by its own id',
        },
      ],
      'write.resp': { actions: 'passResponse' },
      'reg.read.req': { actions: 'answerRead' },
      'reg.write.req': [
        { guard: 'flushesAll', actions: ['acknowledgeWrite', 'flushAll'] },
        { guard: 'flushesEntry', actions: ['acknowledgeWrite', 'flushEntry'] },
        {
          guard: 'clearsInterrupts',
          actions: ['acknowledgeWrite', 'clearInterrupts', 'updateInterrupt'],
        },
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
            {
              guard: 'interruptDue',
              target: 'high',
              actions: 'raiseInterrupt',
            },
            ignore('the line is low already'),
          ],
        },
      },
      high: {
        description: 'a fault waits for the driver',
        on: {
          'interrupt.update': [
            {
              guard: 'interruptOver',
              target: 'low',
              actions: 'lowerInterrupt',
            },
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
            {
              guard: 'enables',
              target: at('translating.idle'),
              actions: answered,
            },
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
    {
      guard: 'crossesPage',
      target: at('blocked.clear'),
      actions: ['refuse', 'updateInterrupt'],
    },
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
            {
              guard: 'prefetchUseful',
              target: 'prefetching',
              actions: 'walkAhead',
            },
            ignore('the page is translated already, or outside the prefetch window'),
          ],
        },
      },
      walking: walkingState(at, mode, stall('the walker is busy with an earlier access')),
      prefetching: prefetchingState(at, mode, hitOnly),
    },
  }
}

function blockingState(at: (path: string) => string): StateConfig {
  const mode: WalkMode = {
    path: 'blocking',
    after: 'blocked.clear',
    modeChanges: (state) => [
      { guard: 'blocks', actions: answered },
      {
        guard: 'enables',
        target: at(`translating.${state}`),
        actions: answered,
      },
    ],
  }
  const requests = stall('the SYSMMU is about to be blocked')
  return {
    description: 'a block was asked for or a fault happened, but a walk is in flight: STATUS does not say blocked yet',
    initial: 'walking',
    states: {
      walking: walkingState(at, mode, requests),
      prefetching: prefetchingState(at, mode, requests),
    },
  }
}

/** Where a walk goes on when an access fails meanwhile: every fault blocks. */
function failsDuring(mode: WalkMode, at: (path: string) => string, state: string): TransitionConfig {
  return mode.path === 'blocking' ? accessFailed() : accessFailed(at(`blocking.${state}`))
}

/** A walk for the held access. */
function walkingState(at: (path: string) => string, mode: WalkMode, requests: Transitions): StateConfig {
  const level = (level: 1 | 2, found: readonly TransitionConfig[]): StateConfig['on'] => {
    const state = `walking.level${level}`
    const report = { type: 'reportWalk', params: { level } }
    const failed = failsDuring(mode, at, state)
    const stop = (kind: string) => ['endWalk', { type: 'faultHeld', params: { kind } }, 'updateInterrupt']
    return {
      'read.resp': [
        {
          guard: 'walkFailed',
          target: at('blocked.holding'),
          actions: stop('bus'),
        },
        ...found,
        {
          guard: 'isWalk',
          target: at('blocked.holding'),
          actions: [report, ...stop('page')],
        },
        failed,
      ],
      'write.resp': failed,
      'reg.write.req': [
        {
          guard: 'disables',
          target: at('off.draining'),
          actions: [...answered, 'releaseBypass'],
        },
        ...mode.modeChanges(state),
      ],
    }
  }
  const leaf = (guard: string, level: 1 | 2): TransitionConfig => ({
    guard,
    target: at(mode.after),
    actions: [
      { type: 'reportWalk', params: { level } },
      { type: 'fill', params: { level } },
      { type: 'releaseWalked', params: { level } },
      'endWalk',
    ],
  })
  const next: TransitionConfig = {
    guard: 'tableFound',
    target: 'level2',
    actions: [{ type: 'reportWalk', params: { level: 1 } }, 'readLevel2'],
  }
  return {
    description: 'a walk for the held access is in flight; later accesses wait',
    initial: 'level1',
    on: {
      'read.req': requests,
      'write.req': requests,
      'tlb.prefetch': stall('the walker is busy'),
    },
    states: {
      level1: {
        description: 'the level-1 descriptor is being read',
        on: level(1, [next, leaf('sectionFound', 1)]) ?? {},
      },
      level2: {
        description: 'the level-2 descriptor is being read',
        on: level(2, [leaf('pageFound', 2)]) ?? {},
      },
    },
  }
}

/** A walk that nobody waits for: what it does not find is not a fault. */
function prefetchingState(at: (path: string) => string, mode: WalkMode, requests: Transitions): StateConfig {
  const level = (level: 1 | 2, found: readonly TransitionConfig[]): NonNullable<StateConfig['on']> => {
    const state = `prefetching.level${level}`
    const failed = failsDuring(mode, at, state)
    return {
      'read.resp': [
        { guard: 'walkFailed', target: at(mode.after), actions: 'endWalk' },
        ...found,
        {
          guard: 'isWalk',
          target: at(mode.after),
          actions: [{ type: 'reportWalk', params: { level } }, 'endWalk'],
        },
        failed,
      ],
      'write.resp': failed,
      'reg.write.req': [
        { guard: 'disables', target: at('off.draining'), actions: answered },
        ...mode.modeChanges(state),
      ],
    }
  }
  const leaf = (guard: string, level: 1 | 2): TransitionConfig => ({
    guard,
    target: at(mode.after),
    actions: [{ type: 'reportWalk', params: { level } }, { type: 'fill', params: { level } }, 'endWalk'],
  })
  const next: TransitionConfig = {
    guard: 'tableFound',
    target: 'level2',
    actions: [{ type: 'reportWalk', params: { level: 1 } }, 'readLevel2'],
  }
  return {
    description: 'a walk that no access asked for is in flight',
    initial: 'level1',
    on: {
      'read.req': requests,
      'write.req': requests,
      'tlb.prefetch': stall('the walker is busy'),
    },
    states: {
      level1: {
        description: 'the level-1 descriptor is being read',
        on: level(1, [next, leaf('sectionFound', 1)]),
      },
      level2: {
        description: 'the level-2 descriptor is being read',
        on: level(2, [leaf('pageFound', 2)]),
      },
    },
  }
}

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
            {
              guard: 'enables',
              target: at('translating.idle'),
              actions: answered,
            },
            blocks,
          ],
        },
      },
      holding: {
        description: 'the access that met a fault is held; unblocking retries it',
        on: {
          'reg.write.req': [
            {
              guard: 'disables',
              target: at('off'),
              actions: [...answered, 'releaseBypass'],
            },
            {
              guard: 'unblocksHit',
              target: at('translating.idle'),
              actions: [...answered, 'releaseHit'],
            },
            {
              guard: 'unblocksMultiHit',
              actions: [
                'acknowledgeWrite',
                'storeCtrl',
                { type: 'faultHeld', params: { kind: 'multi-hit' } },
                'updateInterrupt',
              ],
            },
            {
              guard: 'enables',
              target: at('translating.walking'),
              actions: [...answered, 'walkHeld'],
            },
            blocks,
          ],
        },
      },
    },
  }
}
