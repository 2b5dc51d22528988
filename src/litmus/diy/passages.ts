/** Litmus | what a core passes between two of its accesses, one step after the other, with the lines that it is about. */

import { type Cycle, type DiyAgent, type DiyEvent, lineOf } from './cycle.ts'
import type { Dependency, Step } from './edges.ts'

export interface Passage {
  readonly step: Step | Dependency
  /** Line that it maintains, as `lineOf` names it. */
  readonly line: string | undefined
  /** It reaches memory, and waits until everything that the outer cache holds back is there. */
  readonly isComplete: boolean
}

/** The steps between event `i` and event `j` of an agent; dependencies with an ISB count as a step. */
export function passages(cycle: Cycle, { events, orders }: DiyAgent, i: number, j: number): Passage[] {
  return orders.slice(i, j).flatMap((order, offset): Passage[] => {
    if (order.kind !== 'order') return []
    const before = events[i + offset] as DiyEvent
    const after = events[i + offset + 1] as DiyEvent
    const own = order.steps.map((step): Passage => {
      const { side, level } = maintenance[step] ?? {}
      const line = side === undefined ? undefined : lineOf(cycle, side === 'before' ? before : after)
      const isComplete = drains.includes(step) || (side !== undefined && level === 'all')
      return { step, line, isComplete }
    })
    return order.dependency === undefined
      ? own
      : [{ step: order.dependency, line: undefined, isComplete: false }, ...own]
  })
}

/** Maintenance: on the line of which access, what it does, and in which caches. */
export const maintenance: Partial<
  Readonly<
    Record<
      Step | Dependency,
      { readonly side: 'before' | 'after'; readonly action: 'clean' | 'inv' | 'flush'; readonly level: 'all' | 'L1' }
    >
  >
> = {
  Clean: { side: 'before', action: 'clean', level: 'all' },
  CleanL1: { side: 'before', action: 'clean', level: 'L1' },
  Flush: { side: 'before', action: 'flush', level: 'all' },
  Drop: { side: 'before', action: 'inv', level: 'all' },
  Inv: { side: 'after', action: 'inv', level: 'all' },
  InvL1: { side: 'after', action: 'inv', level: 'L1' },
}

/** They end with the sync of the outer cache. */
const drains: readonly string[] = ['WMB', 'MB', 'Drain']

const barriers: readonly string[] = ['DMB', 'DSB', 'WMB', 'RMB', 'MB', 'Drain']

/** Maintenance in all caches contains a DSB. */
export function isBarrier(step: Step | Dependency): boolean {
  return barriers.includes(step) || maintenance[step]?.level === 'all'
}

export function isContextSync(step: Step | Dependency): boolean {
  return step === 'ISB' || step === 'DpCtrlIsb'
}

/** The line is not in the cache afterwards. */
export function takesOut(step: Step | Dependency): boolean {
  const one = maintenance[step]
  return one !== undefined && one.action !== 'clean'
}

/** What was stored to the line may be lost. */
export function drops(step: Step | Dependency): boolean {
  return maintenance[step]?.action === 'inv'
}
