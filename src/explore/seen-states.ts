/** Explore | the states that sampled runs come through: how many different ones, and how many only once or twice. */

import type { Visited } from './visited.ts'

/** States counted unless options say otherwise: some hundreds of megabytes. */
const countedMax = 1 << 24

/** Runs that came through a state, as far as they matter: none, one, two, more. */
const timesMask = 3

export class SeenStates {
  /** Whether nothing was left out because of a bound. */
  isComplete = true
  incidences = 0
  inOneRun = 0
  inTwoRuns = 0
  private readonly visited: Visited
  private readonly statesMax: number
  private readonly bytesMax: number
  /** By state: the last run that came through it, and above that how many did, up to three. */
  private marks = new Int32Array(1024)

  constructor(visited: Visited, statesMax = countedMax, bytesMax = Number.POSITIVE_INFINITY) {
    this.visited = visited
    this.statesMax = statesMax
    this.bytesMax = bytesMax
    this.grow()
  }

  get bytes(): number {
    return this.visited.bytes + this.marks.byteLength
  }

  /** Notes that `run` is in the state at the beginning of `packed`. */
  see(packed: Int32Array, run: number): void {
    const { visited } = this
    let state: number
    if (this.isComplete) {
      state = visited.add(packed, 0, -1)
      if (state < 0) {
        state = -1 - state
        if (visited.count >= this.marks.length) this.grow()
        if (visited.count >= this.statesMax) this.isComplete = false
      }
    } else {
      state = visited.find(packed, 0)
      if (state < 0) return
    }
    const mark = this.marks[state] as number
    // Runs are numbered from 1 here, so that no run has left a 0.
    const stamp = (run + 1) << 2
    if ((mark & ~timesMask) === stamp) return
    let times = mark & timesMask
    this.incidences++
    if (times === 0) {
      this.inOneRun++
      times = 1
    } else if (times === 1) {
      this.inOneRun--
      this.inTwoRuns++
      times = 2
    } else if (times === 2) {
      this.inTwoRuns--
      times = 3
    }
    this.marks[state] = stamp | times
  }

  /** Room for one state more at least, in the visited set and here. */
  private grow(): void {
    const { visited } = this
    if (visited.bytesWith(visited.count) + 8 * this.marks.length > this.bytesMax) {
      this.isComplete = false
      return
    }
    while (this.marks.length <= visited.count) {
      const grown = new Int32Array(this.marks.length * 2)
      grown.set(this.marks)
      this.marks = grown
    }
    visited.reserve(this.marks.length - visited.count)
  }
}
