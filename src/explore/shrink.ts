/** Explore | shrinking: a shorter run that shows the same property, and whether any is shorter still. */

import { UsageError } from '../base/errors.ts'
import { breadthFirst } from './breadth-first.ts'
import { Explorer } from './explorer.ts'
import { type FollowedRun, Follower, isSameStep } from './follow.ts'
import type { StepLabel } from './partition.ts'
import { after, equal } from './runs.ts'
import type { FoundRun } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

export interface ShrinkOptions {
  /** States for a breadth-first search that looks for a shortest run first; 0: none. */
  readonly statesMax?: number
  /** Runs that are tried. */
  readonly triesMax?: number
  /** What a run must be, beside showing the property, to be used; else nothing. */
  readonly keeps?: (steps: readonly StepLabel[]) => boolean
}

/** - `shortest`: no run is shorter. - `1-minimal`: no single step can be left out. - `unproved`: the budget was used up. */
export type Minimality = 'shortest' | '1-minimal' | 'unproved'

export interface ShrunkRun {
  readonly run: FoundRun
  readonly minimality: Minimality
  /** Every run that shows it has at least so many steps. */
  readonly stepsMin: number
  readonly tries: number
}

const statesDefault = 200_000
const triesDefault = 20_000

/**
 * Delta debugging after A. Zeller, R. Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2),
 * 2002. A run with some steps left out is followed as far as its steps are enabled; the others are left out, too. What
 * comes of it shows the same property, or is not used.
 */
export function shrink(partition: SystemPartition, run: FoundRun, options: ShrinkOptions = {}): ShrunkRun {
  const { statesMax = statesDefault, triesMax = triesDefault, keeps = () => true } = options
  if (run.cycleFrom !== undefined) {
    throw new UsageError(`the run that violates "${run.property}" repeats for ever: only runs that end are shrunk`)
  }
  if (run.isShortest) return { run, minimality: 'shortest', stepsMin: run.steps.length, tries: 0 }
  const shortest = statesMax > 0 ? searchShortest(partition, run, statesMax) : { stepsMin: 0 }
  if (shortest.run && keeps(shortest.run.steps)) {
    return { run: shortest.run, minimality: 'shortest', stepsMin: shortest.stepsMin, tries: 0 }
  }
  const shrinker = new Shrinker(new Follower(new Explorer(partition)), run, { triesMax, keeps })
  const { steps, isMinimal, tries } = shrinker.shrink()
  const isShortest = steps.length <= shortest.stepsMin
  const minimality = isShortest ? 'shortest' : isMinimal ? '1-minimal' : 'unproved'
  return { run: { property: run.property, steps, isShortest }, minimality, stepsMin: shortest.stepsMin, tries }
}

/** A shortest run if so many states are enough to prove it; else the least length that is left. */
function searchShortest(
  partition: SystemPartition,
  { property, steps }: FoundRun,
  statesMax: number,
): { readonly run?: FoundRun; readonly stepsMin: number } {
  const stop = ({ depth }: { readonly depth: number }): boolean => depth > steps.length
  const { found, depth, end } = breadthFirst.search(partition, { statesMax, stop })
  const run = found.get(property)
  // States at distance `depth` are known, but not all were looked at; those before were, and every step out of them.
  if (run && (end === 'exhausted' || run.steps.length <= depth)) {
    return { run: { ...run, isShortest: true }, stepsMin: run.steps.length }
  }
  return { stepsMin: depth }
}

class Shrinker {
  private readonly follower: Follower
  private readonly property: string
  private readonly triesMax: number
  private readonly keeps: (steps: readonly StepLabel[]) => boolean
  private best: FollowedRun

  constructor(follower: Follower, run: FoundRun, { triesMax, keeps }: Required<Omit<ShrinkOptions, 'statesMax'>>) {
    const { steps, property } = run
    const followed = follower.follow(steps, property, 'give up')
    if (!followed?.shows) throw new UsageError(`the run of ${steps.length} steps does not show "${property}"`)
    this.follower = follower
    this.property = property
    this.triesMax = triesMax
    this.keeps = keeps
    this.best = followed
  }

  shrink(): { readonly steps: readonly StepLabel[]; readonly isMinimal: boolean; readonly tries: number } {
    let isMinimal = false
    for (let before = Number.POSITIVE_INFINITY; this.best.steps.length < before && this.hasTries; ) {
      before = this.best.steps.length
      this.cutLoops()
      isMinimal = this.dropSteps()
      // Bringing steps that belong together side by side lets one cut take them all.
      if (this.bringTogether()) isMinimal = this.dropSteps()
    }
    return { steps: this.best.steps, isMinimal, tries: this.follower.tries }
  }

  private get hasTries(): boolean {
    return this.follower.tries < this.triesMax
  }

  /** Keeps these steps, as far as they are enabled, if they are fewer and show the property. */
  private tryOut(steps: readonly StepLabel[]): boolean {
    const followed = this.follower.follow(steps, this.property, 'skip')
    if (!followed?.shows || followed.steps.length >= this.best.steps.length) return false
    if (!this.keeps(followed.steps)) return false
    this.best = followed
    return true
  }

  /** Leaves out what leads from a state back to itself. */
  private cutLoops(): void {
    const { steps, states, shows } = this.best
    // The step that violates the property stays, even if it changes nothing.
    const last = shows === 'step' ? steps.length - 1 : steps.length
    const lastVisit = new Map<string, number>()
    for (let i = 0; i <= last; i++) lastVisit.set((states[i] as Int32Array).join(), i)
    const kept: StepLabel[] = []
    for (let i = 0; i < steps.length; i++) {
      if (i <= last) i = lastVisit.get((states[i] as Int32Array).join()) as number
      if (i < steps.length) kept.push(steps[i] as StepLabel)
    }
    if (kept.length < steps.length) this.tryOut(kept)
  }

  /** The paper's ddmin, by complements. Whether it ended with no single step that can be left out. */
  private dropSteps(): boolean {
    let parts = 2
    while (this.hasTries) {
      const { steps } = this.best
      if (steps.length === 0) return true
      parts = Math.min(parts, steps.length)
      const size = Math.ceil(steps.length / parts)
      let dropped = false
      for (let from = 0; from < steps.length && !dropped && this.hasTries; from += size) {
        dropped = this.tryOut([...steps.slice(0, from), ...steps.slice(from + size)])
      }
      if (dropped) parts = Math.max(parts - 1, 2)
      else if (size === 1) return this.hasTries
      else parts *= 2
    }
    return false
  }

  /**
   * Moves each step forward past steps that it commutes with until it follows one of the same unit; steps that cannot get
   * there stay. Whether anything moved.
   */
  private bringTogether(): boolean {
    const steps = [...this.best.steps]
    const states = [...this.best.states]
    let moved = false
    // The last step, or the state after it, shows the property.
    for (let i = 2; i < steps.length - 1; i++) {
      if (isSameUnit(steps[i] as StepLabel, steps[i - 1] as StepLabel)) continue
      const trialSteps = [...steps]
      const trialStates = [...states]
      let at = i
      while (at > 0 && !isSameUnit(trialSteps[at] as StepLabel, trialSteps[at - 1] as StepLabel)) {
        if (!this.swap(trialSteps, trialStates, at)) break
        at--
      }
      if (at === i || at === 0 || !isSameUnit(trialSteps[at] as StepLabel, trialSteps[at - 1] as StepLabel)) continue
      for (let k = 0; k <= i; k++) {
        steps[k] = trialSteps[k] as StepLabel
        states[k] = trialStates[k] as Int32Array
      }
      moved = true
    }
    if (!moved) return false
    const followed = this.follower.follow(steps, this.property, 'give up')
    if (!followed?.shows || !this.keeps(followed.steps)) return false
    this.best = followed
    return true
  }

  /** Exchanges step `at` with the one before it, if both orders are possible and lead to the same state. */
  private swap(steps: StepLabel[], states: Int32Array[], at: number): boolean {
    const from = states[at - 1] as Int32Array
    const first = this.follower.find(from, steps[at] as StepLabel)
    if (!first) return false
    const between = after(from, first)
    const second = this.follower.find(between, steps[at - 1] as StepLabel)
    if (!second || !equal(after(between, second), states[at + 1] as Int32Array)) return false
    const step = steps[at] as StepLabel
    steps[at] = steps[at - 1] as StepLabel
    steps[at - 1] = step
    states[at] = between
    return true
  }
}

function isSameUnit(a: StepLabel, b: StepLabel): boolean {
  if (a.kind === 'spontaneous') return b.kind === 'spontaneous' && a.actor === b.actor
  return b.kind === 'deliver' && a.channel === b.channel
}

/** Whether `run`, followed step by step, shows its property at its last step and not before. */
export function isFaithful(partition: SystemPartition, run: FoundRun): boolean {
  const followed = new Follower(new Explorer(partition)).follow(run.steps, run.property, 'give up')
  if (!followed?.shows || followed.steps.length !== run.steps.length) return false
  return followed.steps.every((step, i) => isSameStep(step, run.steps[i] as StepLabel))
}
