/** Explore | the shortest run found so far for each property, for searches that do not meet the shortest one first. */

import type { Moves } from './moves.ts'
import type { Partition, StepLabel } from './partition.ts'
import type { FoundRun } from './strategy.ts'

export class BestRuns {
  readonly found = new Map<string, FoundRun>()
  /** Whether one of them violates a property, rather than being a witness. */
  hasViolation = false
  private readonly partition: Partition
  private readonly lengths: number[]

  constructor(partition: Partition) {
    this.partition = partition
    this.lengths = partition.properties.map(() => Number.POSITIVE_INFINITY)
  }

  /** Notes that a run of `length` steps shows these properties. `steps` is called only if that is news. */
  offer(properties: readonly number[], length: number, steps: () => StepLabel[]): void {
    for (const index of properties) {
      if (length >= (this.lengths[index] as number)) continue
      this.lengths[index] = length
      const property = this.partition.properties[index] as string
      // The initial state was looked at before any step was taken, so a run of one step has no shorter one.
      this.found.set(property, { property, steps: steps(), isShortest: length <= 1 })
      if (!this.partition.witnesses.has(property)) this.hasViolation = true
    }
  }

  /** Everything that a leaf says in a state `depth` steps away: of the state itself, and of the steps out of it. */
  offerLeaf(moves: Moves, leaf: number, depth: number, steps: () => StepLabel[]): void {
    const fires = moves.fires[leaf] as readonly number[]
    if (fires.length > 0) this.offer(fires, depth, steps)
    const first = moves.first[leaf] as number
    const end = first + (moves.count[leaf] as number)
    for (let move = first; move < end; move++) {
      const violates = moves.violates[move] as readonly number[]
      if (violates.length > 0) {
        this.offer(violates, depth + 1, () => [...steps(), moves.labels[move] as StepLabel])
      }
    }
  }
}
