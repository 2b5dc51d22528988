/** Explore | leadsTo: whenever one thing holds another follows, on every weakly fair run; decided on the whole graph. */

import { InternalError } from '../base/errors.ts'
import type { Property } from './define-system.ts'
import type { Fairness } from './fairness.ts'
import type { StateGraph } from './graph.ts'
import { findLasso, judgeLasso, type Lasso } from './lasso.ts'
import { PredicateTree, statesWhere } from './predicates.ts'
import type { FoundRun } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

export type LeadsTo = Extract<Property, { readonly kind: 'leadsTo' }>

export interface LeadsToOptions {
  /** Default: `weak`. */
  readonly fairness?: Fairness
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
  const { fairness = 'weak' } = options
  const from = new PredicateTree(partition, property.from, name)
  const to = new PredicateTree(partition, property.to, name)
  const { search } = graph
  const lasso = findLasso(graph, { from: statesWhere(search, from), to: statesWhere(search, to) }, fairness)
  if (lasso === undefined) return undefined
  const wrong = judgeLeadsTo(partition, lasso, { from, to, fairness })
  if (wrong !== undefined) throw new InternalError(`the counterexample of "${name}" is none: ${wrong}`)
  return { property: name, ...lasso, isShortest: false }
}

/** As `judgeLasso`, for a system. */
export function judgeLeadsTo(
  partition: SystemPartition,
  lasso: Pick<Lasso, 'steps' | 'cycleFrom'>,
  claim: { readonly from: PredicateTree; readonly to: PredicateTree; readonly fairness: Fairness },
): string | undefined {
  return judgeLasso(partition, lasso, {
    from: (values) => claim.from.holds(values),
    to: (values) => claim.to.holds(values),
    fairness: claim.fairness,
    isInOrder: (channel) => partition.system.channels[channel]?.inOrder ?? true,
  })
}
