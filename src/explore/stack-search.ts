/** Explore | searches that keep the way to the present state on a stack: the base of depth-first and swarm. */

import { BestRuns } from './best-runs.ts'
import { Explorer } from './explorer.ts'
import type { Partition, StepLabel } from './partition.ts'
import { StateReader } from './state-reader.ts'

/** New states between two looks at bounds. */
const statesPerLook = 256

/** One pass over the states, from the initial one. */
export interface Pass {
  /** Step groups in the order in which they are tried; groups left out take no step. */
  readonly groups: readonly number[]
  /** Where among the `count` moves of a state to begin. Absent: with the first. */
  readonly begin?: (count: number) => number
  /** No run is longer. */
  readonly depthMax: number
  /**
   * `again`: a state that is reached by fewer steps than before is expanded again, at most `depthMax` times, so that a
   * bounded pass misses nothing within its depth. `once`: it is not, and the pass is faster.
   */
  readonly nearer: 'again' | 'once'
  /** Most states of this pass. */
  readonly statesMax: number
  /** Asked every few hundred states; true ends the pass. */
  readonly isOver?: () => boolean
}

/** `closed`: every step of the groups of the pass was followed from every state that it reached. */
export type PassEnd = 'closed' | 'depth' | 'states' | 'over'

/** A pass begins anew; what was learnt about charts, and the numbers of states, stay. */
export class StackSearch {
  readonly explorer: Explorer
  readonly best: BestRuns
  transitions = 0
  /** The longest way that was on the stack. */
  depth = 0
  private readonly reader: StateReader
  /** By state: the last pass that reached it, and the fewest steps in which it did. */
  private passes = new Int32Array(1024)
  private depths = new Int32Array(1024)
  private pass = 0
  /** The states on the way to the present one, how much was pending below each, and the moves between them. */
  private readonly states: number[] = []
  private readonly bases: number[] = []
  private readonly taken: number[] = []
  /** Moves of the states on the way that are still to be tried; the next one is the last. */
  private readonly pending: number[] = []

  constructor(partition: Partition) {
    this.explorer = new Explorer(partition)
    this.reader = new StateReader(this.explorer)
    this.best = new BestRuns(partition)
    this.best.offer(partition.initial().fires, 0, () => [])
  }

  get bytes(): number {
    return this.explorer.visited.bytes + 2 * this.passes.byteLength
  }

  /** What `bytes` is after the next states. */
  get bytesSoon(): number {
    const { visited } = this.explorer
    return visited.bytesWith(2 * statesPerLook) + 2 * this.passes.byteLength
  }

  run(pass: Pass): PassEnd {
    const { states, bases, taken, pending } = this
    const goesAgain = pass.nearer === 'again' && pass.depthMax !== Number.POSITIVE_INFINITY
    let reached = 1
    let wasCut = false
    this.pass++
    for (const stack of [states, bases, taken, pending]) stack.length = 0
    this.reserve()
    this.enter(0, pass)
    while (states.length > 0) {
      const depth = states.length
      if (pending.length === bases[depth - 1]) {
        states.pop()
        bases.pop()
        taken.pop()
        continue
      }
      if (depth > pass.depthMax) {
        wasCut = true
        pending.length = bases[depth - 1] as number
        continue
      }
      const move = pending.pop() as number
      const state = this.reader.lead(states[depth - 1] as number, move)
      const isNew = this.passes[state] !== this.pass
      if (!isNew && !(goesAgain && depth < (this.depths[state] as number))) continue
      taken.push(move)
      this.enter(state, pass)
      if (!isNew) continue
      if (++reached > pass.statesMax) return 'states'
      if (reached % statesPerLook === 0) {
        this.reserve()
        if (pass.isOver?.()) return 'over'
      }
    }
    return wasCut && !this.isClosed(pass) ? 'depth' : 'closed'
  }

  /** Puts a state on the way, after the move that was noted last. */
  private enter(state: number, pass: Pass): void {
    const { states, pending } = this
    const depth = states.length
    const isNew = this.passes[state] !== this.pass
    this.passes[state] = this.pass
    this.depths[state] = depth
    if (depth > this.depth) this.depth = depth
    this.bases.push(pending.length)
    states.push(state)
    this.expand(state, pass, isNew, depth)
  }

  private expand(state: number, pass: Pass, isNew: boolean, depth: number): void {
    const { pending, reader } = this
    const { moves } = reader
    const base = pending.length
    reader.read(state)
    reader.listen(pass.groups, this.best, depth, this.steps)
    for (const group of pass.groups) {
      const leaf = reader.leafOf(group)
      const first = moves.first[leaf] as number
      const end = first + (moves.count[leaf] as number)
      if (isNew) this.transitions += end - first
      for (let move = first; move < end; move++) if (moves.changes(move)) pending.push(move)
    }
    const count = pending.length - base
    if (pass.begin && count > 1) rotate(pending, base, pass.begin(count))
    // The next one is taken from the end.
    for (let a = base, b = pending.length - 1; a < b; a++, b--) {
      const move = pending[a] as number
      pending[a] = pending[b] as number
      pending[b] = move
    }
  }

  private readonly steps = (): StepLabel[] => this.taken.map((move) => this.reader.moves.labels[move] as StepLabel)

  /** Whether every step out of the states where the bound cut the pass leads to a state that it has reached. */
  private isClosed(pass: Pass): boolean {
    const { explorer, reader } = this
    const { moves } = reader
    for (let state = 0; state < explorer.visited.count; state++) {
      if (this.passes[state] !== this.pass || this.depths[state] !== pass.depthMax) continue
      reader.read(state)
      for (const group of pass.groups) {
        const leaf = reader.leafOf(group)
        for (let k = 0; k < (moves.changing[leaf] as number); k++) {
          const next = reader.findNext(state, moves.changingMove(leaf, k))
          if (next < 0 || this.passes[next] !== this.pass) return false
        }
      }
    }
    return true
  }

  private reserve(): void {
    const { visited } = this.explorer
    visited.reserve(2 * statesPerLook)
    const least = visited.count + 2 * statesPerLook
    while (this.passes.length < least) {
      const passes = new Int32Array(this.passes.length * 2)
      const depths = new Int32Array(passes.length)
      passes.set(this.passes)
      depths.set(this.depths)
      this.passes = passes
      this.depths = depths
    }
  }
}

/** Turns the elements from `base` on, so that the one `by` places later comes first. */
function rotate(list: number[], base: number, by: number): void {
  const turned = list.splice(base, by)
  for (const element of turned) list.push(element)
}
