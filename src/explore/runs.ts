/** Explore | runs out of a visited set: the steps that lead to a state, found again from the chain of parents. */

import { InternalError } from '../base/errors.ts'
import type { Explorer } from './explorer.ts'
import type { StepLabel, Successor } from './partition.ts'

/** The states on the way from the initial one to `state`, both included. */
export function chainTo(explorer: Explorer, state: number): number[] {
  const chain: number[] = []
  const { visited } = explorer
  for (let at = state; at >= 0; at = visited.parents[visited.order.placeOf(at)] as number) chain.unshift(at)
  return chain
}

/** The components of a stored state. */
export function valuesOf(explorer: Explorer, state: number): Int32Array {
  const values = new Int32Array(explorer.partition.components.length)
  const { layout, visited } = explorer
  layout.unpack(visited.states, visited.order.placeOf(state) * layout.words, values)
  return values
}

/** `values` after `successor`. */
export function after(values: Int32Array, successor: Successor): Int32Array {
  const next = values.slice()
  for (const { component, to } of successor.writes) next[component] = to
  return next
}

/** Every step enabled in the state with these components, in the order of the groups. */
export function successorsOf(explorer: Explorer, values: Int32Array): Successor[] {
  return explorer.partition.groups.flatMap(({ kind }, group) => {
    return kind === 'step' ? explorer.expansion(group, values).successors : []
  })
}

/**
 * The steps from the initial state along `chain`.
 * @param represent the stored form of a state; the identity unless states stand for others.
 */
export function stepsAlong(
  explorer: Explorer,
  chain: readonly number[],
  represent: (values: Int32Array) => Int32Array = (values) => values,
): { readonly steps: StepLabel[]; readonly last: Int32Array } {
  const steps: StepLabel[] = []
  let values: Int32Array = Int32Array.from(explorer.partition.initial().values)
  for (let i = 1; i < chain.length; i++) {
    const wanted = valuesOf(explorer, chain[i] as number)
    const taken = successorsOf(explorer, values).find((successor) => {
      return equal(represent(after(values, successor)), wanted)
    })
    if (!taken) throw new InternalError(`no step leads from state ${chain[i - 1]} to its successor ${chain[i]}`)
    steps.push(taken.label)
    values = after(values, taken)
  }
  return { steps, last: values }
}

export function equal(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
