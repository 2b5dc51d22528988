/** Explore | runs by their labels: the states that a list of steps goes through. */

import { InternalError } from '../base/errors.ts'
import type { Explorer } from './explorer.ts'
import type { StepLabel, Successor } from './partition.ts'
import { after, successorsOf } from './runs.ts'

/** A step as text: equal labels, equal texts. */
export function labelText(label: StepLabel): string {
  return label.kind === 'deliver'
    ? `deliver ${label.channel} ${label.message}`
    : `spontaneous ${label.actor} ${label.choice} ${label.value}`
}

/** A run with everything along it. */
export interface Retraced {
  /** One more than steps: states[i] is before step i. */
  readonly states: readonly Int32Array[]
  readonly taken: readonly Successor[]
}

/** Takes the steps from the initial state. An internal error names the first one that is not enabled. */
export function retrace(explorer: Explorer, steps: readonly StepLabel[]): Retraced {
  let values: Int32Array = Int32Array.from(explorer.partition.initial().values)
  const states = [values]
  const taken: Successor[] = []
  for (const [index, label] of steps.entries()) {
    const text = labelText(label)
    const successor = successorsOf(explorer, values).find((candidate) => labelText(candidate.label) === text)
    if (!successor) throw new InternalError(`step ${index + 1} of a run is not enabled: ${text}`)
    values = after(values, successor)
    states.push(values)
    taken.push(successor)
  }
  return { states, taken }
}
