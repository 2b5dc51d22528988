/** Explore | sampling: runs from the initial state, one after the other, each step chosen by a policy. */

import { UsageError } from '../base/errors.ts'
import { BestRuns } from './best-runs.ts'
import { Cursor } from './cursor.ts'
import { Explorer } from './explorer.ts'
import type { Partition, StepLabel } from './partition.ts'
import { SeenStates } from './seen-states.ts'
import type { SearchEnd, SearchOptions, StrategyResult } from './strategy.ts'

/** Steps between two questions whether to stop. */
const stepsPerQuestion = 1 << 16

/** Who chooses the steps of a run. */
export interface Policy {
  /** Before the first step of run number `run`; the cursor is in the initial state. */
  begin(run: number): void
  /** The move to take now, -1 to end the run. At least one is enabled. Must not allocate. */
  choose(): number
  /** For the result: bounds that hold for these runs. */
  notes(runs: number): readonly string[]
}

/** What a sampling strategy assumes where options say nothing. */
export interface SampleDefaults {
  readonly runs: number
  readonly stepsMax: number
}

/**
 * Draws runs. A violation is found when a run comes to a state that shows it or in which a step that shows it is
 * enabled, whether it is then taken or not; runs go on after it.
 */
export function sample(
  partition: Partition,
  options: SearchOptions,
  defaults: SampleDefaults,
  makePolicy: (cursor: Cursor, stepsMax: number) => Policy,
): StrategyResult {
  const { runs = defaults.runs, stepsMax = defaults.stepsMax, wanted = 'all' } = options
  if (!(runs >= 1)) throw new UsageError(`runs is ${runs}; at least one is needed`)
  if (!(stepsMax >= 1 && stepsMax < 2 ** 28)) throw new UsageError(`stepsMax is ${stepsMax}; choose 1 to 2^28`)
  const explorer = new Explorer(partition)
  const cursor = new Cursor(explorer)
  const { moves } = cursor
  const best = new BestRuns(partition)
  const seen = new SeenStates(explorer.visited, options.statesMax, options.bytesMax)
  const policy = makePolicy(cursor, stepsMax)
  const { values, fires } = partition.initial()
  let taken = new Int32Array(1024)
  let transitions = 0
  let depth = 0
  let questionAt = stepsPerQuestion
  let end: SearchEnd | undefined
  let length = 0
  const steps = (): StepLabel[] => Array.from(taken.subarray(0, length), (move) => moves.labels[move] as StepLabel)
  const listen = (): void => {
    for (let i = 0; i < cursor.sayings; i++) best.offerLeaf(moves, cursor.saying[i] as number, length, steps)
  }
  const ask = (): void => {
    const progress = { states: explorer.visited.count, transitions, depth, frontier: 0, bytes: seen.bytes }
    questionAt = transitions + stepsPerQuestion
    if (options.stop?.(progress)) end = 'stopped'
    else if (wanted === 'first' && best.hasViolation) end = 'found'
  }
  best.offer(fires, 0, steps)
  let run = 0
  for (; run < runs && end === undefined; run++) {
    length = 0
    cursor.goTo(values)
    seen.see(cursor.packed, run)
    if (cursor.sayings > 0) listen()
    policy.begin(run)
    while (length < stepsMax && cursor.enabled > 0) {
      const move = policy.choose()
      if (move < 0) break
      if (length === taken.length) taken = doubled(taken)
      taken[length++] = move
      cursor.take(move)
      transitions++
      seen.see(cursor.packed, run)
      if (cursor.sayings > 0) listen()
      if (transitions >= questionAt) {
        ask()
        if (end !== undefined) break
      }
    }
    if (length > depth) depth = length
    if (wanted === 'first' && best.hasViolation) end = 'found'
  }
  const { incidences, inOneRun, inTwoRuns, isComplete } = seen
  const states = explorer.visited.count
  return {
    end: end ?? 'runs',
    isExhaustive: false,
    states,
    transitions,
    depth,
    bytes: seen.bytes,
    found: best.found,
    notes: [
      `${run} runs of at most ${stepsMax} steps`,
      ...(isComplete ? [] : [`memory bound: only the first ${states} states that were met are counted`]),
      ...policy.notes(run),
    ],
    sample: { runs: run, steps: transitions, incidences, inOneRun, inTwoRuns, isComplete },
  }
}

function doubled(ints: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(ints.length * 2)
  grown.set(ints)
  return grown
}
