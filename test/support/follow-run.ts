/** Tests | follows a run step by step through what is enabled, from the initial state on. */

import { Explorer } from '../../src/explore/explorer.ts'
import type { StepLabel, Successor } from '../../src/explore/partition.ts'
import { after, successorsOf } from '../../src/explore/runs.ts'
import type { SystemPartition } from '../../src/explore/system-partition.ts'

export interface Followed {
  /** Properties that the last step violates, and that the state after it fires. */
  readonly says: readonly string[]
}

/** Throws where a step of the run is not enabled. */
export function followRun(partition: SystemPartition, steps: readonly StepLabel[]): Followed {
  const explorer = new Explorer(partition)
  let values: Int32Array = Int32Array.from(partition.initial().values)
  let last: Successor | undefined
  for (const [index, step] of steps.entries()) {
    const wanted = JSON.stringify(step)
    last = successorsOf(explorer, values).find(({ label }) => JSON.stringify(label) === wanted)
    if (!last) throw new Error(`step ${index} is not enabled: ${wanted}`)
    values = after(values, last)
  }
  const fires = partition.groups.flatMap(({ kind }, group) => {
    return kind === 'step' ? [] : explorer.expansion(group, values).fires
  })
  return { says: [...(last?.violates ?? []), ...fires].map((property) => partition.properties[property] as string) }
}
