/** Explore | leadsTo: whenever one thing holds another follows, on every fair run; decided on the whole graph. */

import { InternalError } from '../base/errors.ts'
import type { ActorFairness, Property } from './define-system.ts'
import type { Fairness, Promised } from './fairness.ts'
import type { FairnessUnit, StateGraph } from './graph.ts'
import { findLasso, judgeLasso, type Lasso } from './lasso.ts'
import { PredicateTree, statesWhere } from './predicates.ts'
import type { FoundRun } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

export type LeadsTo = Extract<Property, { readonly kind: 'leadsTo' }>

export interface LeadsToOptions {
  /** Of properties that do not say themselves. Default: `weak`. */
  readonly fairness?: Fairness
  /** By actor: who is promised more than that, as the system says. */
  readonly actors?: Readonly<Record<string, ActorFairness>> | undefined
}

/**
 * What a property takes for granted: what it says itself, else the default; where that is weak, an actor may be promised strong fairness: of
 * its `must` choices, and of what is delivered to it.
 */
export function promisedBy(
  { system }: SystemPartition,
  { fairness: own }: LeadsTo,
  { fairness, actors = {} }: LeadsToOptions,
): (unit: FairnessUnit) => Fairness {
  const usual = own ?? fairness ?? 'weak'
  return (unit) => {
    const actor = unit.kind === 'choice' ? system.actors[unit.actor] : system.channels[unit.channel]?.receiver
    return usual === 'weak' ? (actors[actor?.id ?? ''] ?? usual) : usual
  }
}

/**
 * A run that violates the property: a shortest way to where it stays for ever, and a fair cycle there that need not be
 * shortest. Undefined: the property holds. The run has been taken again, step by step, before it is returned.
 *
 * M. Y. Vardi and P. Wolper, "An automata-theoretic approach to automatic program verification", LICS 1986: a violation
 * is a fair component of the graph restricted to what the property forbids.
 */
export function violationOf(
  partition: SystemPartition,
  graph: StateGraph,
  named: { readonly name: string; readonly property: LeadsTo },
  options: LeadsToOptions = {},
): FoundRun | undefined {
  const { name, property } = named
  const fairness = promisedBy(partition, property, options)
  const from = new PredicateTree(partition, property.from, name)
  const to = new PredicateTree(partition, property.to, name)
  const { search } = graph
  const lasso = findLasso(graph, { from: statesWhere(search, from), to: statesWhere(search, to) }, (unit) =>
    fairness(graph.unitList[unit] as FairnessUnit),
  )
  if (lasso === undefined) return undefined
  const wrong = judgeLeadsTo(partition, lasso, { from, to, fairness })
  if (wrong !== undefined) throw new InternalError(`the counterexample of "${name}" is none: ${wrong}`)
  return { property: name, ...lasso, isShortest: false }
}

/** As `judgeLasso`, for a system. */
export function judgeLeadsTo(
  partition: SystemPartition,
  lasso: Pick<Lasso, 'steps' | 'cycleFrom'>,
  claim: { readonly from: PredicateTree; readonly to: PredicateTree; readonly fairness: Promised<FairnessUnit> },
): string | undefined {
  return judgeLasso(partition, lasso, {
    from: (values) => claim.from.holds(values),
    to: (values) => claim.to.holds(values),
    fairness: claim.fairness,
    isInOrder: (channel) => partition.system.channels[channel]?.inOrder ?? true,
  })
}
