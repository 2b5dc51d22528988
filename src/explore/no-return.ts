/** Explore | the point of no return: the step of a counterexample after which nothing that it leaves open can save it. */

import { Explorer } from './explorer.ts'
import { fairPlaces } from './fairness.ts'
import { noUnit, unitOf } from './graph.ts'
import type { StepLabel, Successor } from './partition.ts'
import { finishedPredicate, PredicateTree } from './predicates.ts'
import { labelText, type Retraced, retrace } from './retrace.ts'
import { after } from './runs.ts'
import type { FoundRun } from './strategy.ts'
import { deadlockProperty, type SystemPartition } from './system-partition.ts'

export type NoReturn =
  /** Before this step (an index into the run's steps) a good continuation exists; after it none does. */
  | { readonly step: number; readonly label: StepLabel }
  | {
      readonly step: undefined
      /** Why there is none, or why it is not known. */
      readonly reason: string
    }

export interface NoReturnOptions {
  /** Most states looked at for all continuations together, each counted once for each rest of `may` choices. */
  readonly statesMax?: number
}

const statesMaxDefault = 200_000

/**
 * Continuations of a state along the run are free in their deliveries and `must` choices, and may use the `may` choices
 * that the run takes from there on, each as often as the run does. A good one never violates the run's property and
 * comes to where all programs have ended. (A property that is judged at rest: it also comes to rest there.) In a system
 * in which nothing has an end a good one goes on for ever, weakly fair, or comes to a rest that is no deadlock.
 */
export function pointOfNoReturn(partition: SystemPartition, run: FoundRun, options: NoReturnOptions = {}): NoReturn {
  if (run.cycleFrom !== undefined) return { step: undefined, reason: 'a run that goes on for ever has no such point' }
  const explorer = new Explorer(partition)
  const retraced = retrace(explorer, run.steps)
  const continuations = new Continuations(partition, explorer, { run, retraced }, options.statesMax ?? statesMaxDefault)
  for (let step = run.steps.length - 1; step >= 0; step--) {
    const answer = continuations.isGoodFrom(step)
    if (answer === 'yes') return { step, label: run.steps[step] as StepLabel }
    if (answer === 'bound') {
      return { step: undefined, reason: `not known: bounded by ${continuations.statesMax} states` }
    }
  }
  return { step: undefined, reason: 'it is too late from the start: no continuation of the initial state is good' }
}

/** A state, and how often each of the `may` choices is still free. */
interface Place {
  readonly values: Int32Array
  readonly left: readonly number[]
}

/** Answers for places from the end of the run to its start; a place that leads nowhere good is looked at once. */
class Continuations {
  readonly statesMax: number
  private readonly partition: SystemPartition
  private readonly explorer: Explorer
  private readonly retraced: Retraced
  private readonly property: number
  private readonly finished: PredicateTree | undefined
  private readonly isJudgedAtRest: boolean
  /** By text: number of a `may` choice of the run. */
  private readonly mayNumbers = new Map<string, number>()
  private readonly hopeless = new Set<string>()
  private readonly groups: { readonly step: readonly number[]; readonly state: readonly number[]; readonly end: number }

  constructor(
    partition: SystemPartition,
    explorer: Explorer,
    { run, retraced }: { readonly run: FoundRun; readonly retraced: Retraced },
    statesMax: number,
  ) {
    this.statesMax = statesMax
    this.partition = partition
    this.explorer = explorer
    this.retraced = retraced
    this.property = partition.properties.indexOf(run.property)
    const numbersOf = (kind: string) => partition.groups.flatMap((group, i) => (group.kind === kind ? [i] : []))
    this.groups = { step: numbersOf('step'), state: numbersOf('state'), end: partition.groups.length - 1 }
    const finished = finishedPredicate(partition)
    this.finished = finished && new PredicateTree(partition, finished, run.property)
    const last = retraced.states.at(-1) as Int32Array
    const isRest = !this.successorsOf(last).some(({ progress }) => progress)
    this.isJudgedAtRest = isRest && run.property !== deadlockProperty && this.firesAtRest(last, run.property)
    for (const { label, progress } of retraced.taken) {
      const text = labelText(label)
      if (!progress && !this.mayNumbers.has(text)) this.mayNumbers.set(text, this.mayNumbers.size)
    }
  }

  isGoodFrom(step: number): 'yes' | 'no' | 'bound' {
    const left = new Array<number>(this.mayNumbers.size).fill(0)
    for (const { label, progress } of this.retraced.taken.slice(step)) {
      const number = progress ? undefined : this.mayNumbers.get(labelText(label))
      if (number !== undefined) left[number] = (left[number] as number) + 1
    }
    return this.explore({ values: this.retraced.states[step] as Int32Array, left })
  }

  private explore(start: Place): 'yes' | 'no' | 'bound' {
    if (this.isBad(start.values)) return 'no'
    // Node 0 stands for all places that are bad or known to be hopeless: what leads there is enabled, but no way out.
    const numbers = new Map<string, number>()
    const places: Place[] = []
    const rows: { target: number; unit: number }[][] = [[]]
    const unitNumbers = new Map<string, number>()
    const add = (place: Place): number => {
      const key = keyOf(place)
      let number = this.hopeless.has(key) ? 0 : numbers.get(key)
      if (number === undefined) {
        number = this.isBad(place.values) ? 0 : places.push(place)
        numbers.set(key, number)
      }
      return number
    }
    add(start)
    for (let i = 0; i < places.length; i++) {
      if (this.hopeless.size + places.length > this.statesMax) return 'bound'
      const place = places[i] as Place
      const successors = this.successorsOf(place.values)
      if (this.finished && this.isGoodEnd(place.values, successors)) return 'yes'
      const row: { target: number; unit: number }[] = []
      for (const successor of successors) {
        const left = this.leftAfter(place, successor)
        if (left === undefined) continue
        const violates = successor.violates.includes(this.property)
        const target = violates ? 0 : add({ values: after(place.values, successor), left })
        row.push({ target, unit: this.unitNumber(successor, unitNumbers) })
      }
      rows.push(row)
    }
    if (!this.finished && this.canStay(places, rows)) return 'yes'
    for (const place of places) this.hopeless.add(keyOf(place))
    return 'no'
  }

  /** For programs that end: whether all have, and the property is kept. */
  private isGoodEnd(values: Int32Array, successors: readonly Successor[]): boolean {
    if (!this.finished?.holds(values)) return false
    if (successors.some(({ progress }) => progress)) return !this.isJudgedAtRest
    return !this.isBadRest(values)
  }

  /** For systems without an end: whether a fair run stays among the places, or rests in one that is no deadlock. */
  private canStay(places: readonly Place[], rows: readonly (readonly { target: number; unit: number }[])[]): boolean {
    const offsets = new Int32Array(rows.length + 1)
    rows.forEach((row, node) => {
      offsets[node + 1] = (offsets[node] as number) + row.length
    })
    const edges = {
      count: rows.length,
      offsets,
      targets: Int32Array.from(rows.flatMap((row) => row.map(({ target }) => target))),
      units: Int32Array.from(rows.flatMap((row) => row.map(({ unit }) => unit))),
    }
    const included = new Uint8Array(rows.length).fill(1)
    included[0] = 0
    const { stays } = fairPlaces(edges, included, 'weak')
    return stays.some((stay, node) => {
      return stay === 1 || (stay === 2 && !this.isBadRest((places[node - 1] as Place).values))
    })
  }

  /** What is free after a step; undefined if it is a `may` choice that is used up or not the run's. */
  private leftAfter({ left }: Place, { label, progress }: Successor): readonly number[] | undefined {
    if (progress) return left
    const number = this.mayNumbers.get(labelText(label))
    if (number === undefined || left[number] === 0) return undefined
    return left.with(number, (left[number] as number) - 1)
  }

  private unitNumber({ label, progress }: Successor, numbers: Map<string, number>): number {
    const unit = unitOf(label, progress, (channel) => this.partition.system.channels[channel]?.inOrder ?? true)
    if (unit === undefined) return noUnit
    const key = JSON.stringify(unit)
    const number = numbers.get(key) ?? numbers.size
    numbers.set(key, number)
    return number
  }

  private successorsOf(values: Int32Array): Successor[] {
    return this.groups.step.flatMap((group) => this.explorer.expansion(group, values).successors)
  }

  /** Whether the state itself violates the property. */
  private isBad(values: Int32Array): boolean {
    return this.groups.state.some((group) => this.explorer.expansion(group, values).fires.includes(this.property))
  }

  /** Whether the property, or `deadlock`, is violated by nothing happening any more. */
  private isBadRest(values: Int32Array): boolean {
    return (
      this.firesAtRest(values, this.partition.properties[this.property]) || this.firesAtRest(values, deadlockProperty)
    )
  }

  private firesAtRest(values: Int32Array, property: string | undefined): boolean {
    const { fires } = this.explorer.expansion(this.groups.end, values)
    return fires.some((index) => this.partition.properties[index] === property)
  }
}

function keyOf({ values, left }: Place): string {
  return `${values.join()} ${left.join()}`
}
