/** SYSMMU | the part of the chart that walks: for the held access, and ahead of any. */

import {
  type Reference,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'

/** What holds inside a mode while a walk is in flight; the same walk goes on when the mode changes. */
export interface WalkMode {
  /** Where this mode lives. */
  readonly path: 'translating' | 'blocking'
  /** Where it goes when the walk is over. */
  readonly after: string
  /** Transitions of every walking state that end or begin the mode; `state` is the walk's place within it. */
  readonly modeChanges: (state: string) => readonly TransitionConfig[]
}

/** What every write of CTRL does. */
export const answered = ['acknowledgeWrite', 'storeCtrl', 'updateInterrupt'] as const

/** A failed access: the device sees it, the fault is recorded, and like every fault it blocks. */
export function accessFailed(target?: string): TransitionConfig {
  const actions = ['passResponse', 'faultAccess', 'updateInterrupt']
  return target === undefined ? { guard: 'accessFailed', actions } : { guard: 'accessFailed', target, actions }
}

/** For whom a walk is made. `walking`: the held access. `prefetching`: nobody, so what it does not find is no fault. */
export type WalkKind = 'walking' | 'prefetching'

const descriptions: Record<WalkKind, string> = {
  walking: 'a walk for the held access is in flight; later accesses wait',
  prefetching: 'a walk that no access asked for is in flight',
}

/** The state of a walk within a mode. `at` makes a target from a path; `requests`: what happens to accesses meanwhile. */
export function walkState(
  at: (path: string) => string,
  kind: WalkKind,
  mode: WalkMode,
  requests: Transitions,
): StateConfig {
  const next: TransitionConfig = {
    guard: 'tableFound',
    target: 'level2',
    actions: [{ type: 'reportWalk', params: { level: 1 } }, 'readLevel2'],
  }
  const sectionFound = { guard: 'sectionFound', ...leafFound(at, kind, mode, 1) }
  const pageFound = { guard: 'pageFound', ...leafFound(at, kind, mode, 2) }
  return {
    description: descriptions[kind],
    initial: 'level1',
    on: { 'read.req': requests, 'write.req': requests, 'tlb.prefetch': stall('the walker is busy') },
    states: {
      level1: {
        description: 'the level-1 descriptor is being read',
        on: levelHandlers(at, kind, mode, 1, [next, sectionFound]),
      },
      level2: {
        description: 'the level-2 descriptor is being read',
        on: levelHandlers(at, kind, mode, 2, [pageFound]),
      },
    },
  }
}

/** The walk ends with a translation. */
function leafFound(at: (path: string) => string, kind: WalkKind, mode: WalkMode, level: 1 | 2): TransitionConfig {
  const params = { level }
  const filled = [
    { type: 'reportWalk', params },
    { type: 'fill', params },
  ]
  const released = kind === 'walking' ? [{ type: 'releaseWalked', params }] : []
  return { target: at(mode.after), actions: [...filled, ...released, 'endWalk'] }
}

/** The walk ends without one: a fault for the held access, nothing at all for a prefetch. */
function nothingFound(at: (path: string) => string, kind: WalkKind, mode: WalkMode, fault: string): TransitionConfig {
  if (kind === 'prefetching') return { target: at(mode.after), actions: ['endWalk'] }
  const actions = ['endWalk', { type: 'faultHeld', params: { kind: fault } }, 'updateInterrupt']
  return { target: at('blocked.holding'), actions }
}

/** What happens while the descriptor of `level` is on its way; `found`: the descriptors that lead on. */
function levelHandlers(
  at: (path: string) => string,
  kind: WalkKind,
  mode: WalkMode,
  level: 1 | 2,
  found: readonly TransitionConfig[],
): Record<string, Transitions> {
  const state = `${kind}.level${level}`
  const failed = mode.path === 'blocking' ? accessFailed() : accessFailed(at(`blocking.${state}`))
  const broken = nothingFound(at, kind, mode, 'bus')
  const invalid = nothingFound(at, kind, mode, 'page')
  const report = { type: 'reportWalk', params: { level } }
  return {
    'read.resp': [
      { guard: 'walkFailed', ...broken },
      ...found,
      { guard: 'isWalk', ...invalid, actions: [report, ...(invalid.actions as readonly Reference[])] },
      failed,
    ],
    'write.resp': failed,
    'reg.write.req': [
      {
        guard: 'disables',
        target: at('off.draining'),
        actions: kind === 'walking' ? [...answered, 'releaseBypass'] : answered,
      },
      ...mode.modeChanges(state),
    ],
  }
}
