/** SYSMMU | the part of the chart that walks: for the held access, and ahead of any. */

import {
  type Reference,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'

/** What the chart has besides the plain one of version 1; see `variant.ts` and the features. */
export interface ChartExtras {
  /** First-level descriptors are kept. */
  readonly flpd: boolean
  /** A block takes time although no walk is in flight. */
  readonly slowBlock: boolean
  /** The power domain can go down. */
  readonly power: boolean
  /** State at the start. */
  readonly initial: 'off' | 'translating' | 'unpowered'
}

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

/**
 * For whom a walk is made. `walking`: the held access. `prefetching`: nobody, so what it does not find is no fault.
 * `fetching`: nobody, and only the first-level descriptor.
 */
export type WalkKind = 'walking' | 'prefetching' | 'fetching'

const descriptions: Record<WalkKind, string> = {
  walking: 'a walk for the held access is in flight; later accesses wait',
  prefetching: 'a walk that no access asked for is in flight',
  fetching: 'a first-level descriptor that no access asked for is on its way to the cache of such',
}

/** The state of a walk within a mode. `at` makes a target from a path; `requests`: what happens to accesses meanwhile. */
export function walkState(
  at: (path: string) => string,
  kind: WalkKind,
  mode: WalkMode,
  requests: Transitions,
  extras: ChartExtras,
): StateConfig {
  const kept = extras.flpd ? ['keepDescriptor'] : []
  const next: TransitionConfig = {
    guard: 'tableFound',
    target: 'level2',
    actions: [{ type: 'reportWalk', params: { level: 1 } }, ...kept, 'readLevel2'],
  }
  const sectionFound = { guard: 'sectionFound', ...leafFound(at, kind, mode, 1) }
  const pageFound = { guard: 'pageFound', ...leafFound(at, kind, mode, 2) }
  const level1 = kind === 'fetching' ? [] : [...leafDenied(at, kind, 1), next, sectionFound]
  const level2: StateConfig = {
    description: 'the level-2 descriptor is being read',
    on: levelHandlers(at, kind, mode, 2, [...leafDenied(at, kind, 2), pageFound], []),
  }
  return {
    description: descriptions[kind],
    initial: 'level1',
    on: {
      'read.req': requests,
      'write.req': requests,
      'tlb.prefetch': busy,
      ...(extras.flpd ? { 'flpd.prefetch': busy } : {}),
      ...(extras.power ? { 'power.off': stall('the domain stays up until the walk is over') } : {}),
    },
    states: {
      level1: {
        description: 'the level-1 descriptor is being read',
        on: levelHandlers(at, kind, mode, 1, level1, kept),
      },
      ...(kind === 'fetching' ? {} : { level2 }),
    },
  }
}

const busy = stall('the walker is busy')

/** The walk ends with a translation that does not allow the held access. */
function leafDenied(at: (path: string) => string, kind: WalkKind, level: 1 | 2): readonly TransitionConfig[] {
  if (kind !== 'walking') return []
  const params = { level }
  return [
    {
      guard: { type: 'leafDenies', params },
      target: at('blocked.holding'),
      actions: [
        { type: 'reportWalk', params },
        { type: 'fill', params },
        'endWalk',
        { type: 'faultHeld', params: { kind: 'access' } },
        'updateInterrupt',
      ],
    },
  ]
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
  if (kind !== 'walking') return { target: at(mode.after), actions: ['endWalk'] }
  const actions = ['endWalk', { type: 'faultHeld', params: { kind: fault } }, 'updateInterrupt']
  return { target: at('blocked.holding'), actions }
}

/** What happens while the descriptor of `level` is on its way; `found`: those that lead on; `kept`: what keeps any other. */
function levelHandlers(
  at: (path: string) => string,
  kind: WalkKind,
  mode: WalkMode,
  level: 1 | 2,
  found: readonly TransitionConfig[],
  kept: readonly Reference[],
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
      { guard: 'isWalk', ...invalid, actions: [report, ...kept, ...(invalid.actions as readonly Reference[])] },
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
