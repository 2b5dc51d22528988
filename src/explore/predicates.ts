/** Explore | predicates on stored states: evaluated once for each way in which what they read differs. */

import type { LevelSearch } from './breadth-first.ts'
import type { Predicate } from './define-system.ts'
import type { SystemPartition } from './system-partition.ts'
import { nodeHeader, Trees } from './tree.ts'

/** One predicate with what is known of it. */
export class PredicateTree {
  private readonly partition: SystemPartition
  private readonly predicate: Predicate
  private readonly name: string
  private readonly trees = new Trees(1)

  /** @param name of the property that the predicate belongs to, for reports. */
  constructor(partition: SystemPartition, predicate: Predicate, name: string) {
    this.partition = partition
    this.predicate = predicate
    this.name = name
  }

  holds(values: Int32Array): boolean {
    const { code, roots } = this.trees
    let node = roots[0] as number
    while (node > 0) {
      const value = values[code[node] as number] as number
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    if (node < 0) return (this.trees.leaves[-node] as (typeof this.trees.leaves)[number]).fires.length > 0
    const reads = new Set<number>()
    const holds = this.partition.evaluate(this.predicate, this.name, (component) => {
      reads.add(component)
      return values[component] as number
    })
    this.trees.add(0, [...reads], values, { successors: [], fires: holds ? [0] : [] })
    return holds
  }
}

/** By state of the search: 1 where the predicate holds. */
export function statesWhere(search: LevelSearch, tree: PredicateTree): Uint8Array {
  const { layout, visited, partition } = search.explorer
  const marks = new Uint8Array(search.states)
  const values = new Int32Array(partition.components.length)
  for (let state = 0; state < search.states; state++) {
    layout.unpack(visited.states, state * layout.words, values)
    if (tree.holds(values)) marks[state] = 1
  }
  return marks
}

/** Whether all programs have ended. Undefined for a system in which nothing has an end. */
export function finishedPredicate(partition: SystemPartition): Predicate | undefined {
  const ending = partition.system.actors.filter(({ definition }) => definition.ends).map(({ id }) => id)
  if (ending.length === 0) return undefined
  return (state) => ending.every((id) => state.actor(id).finished)
}
