/** Run | check: searches what a subject can do, confirms what is found in the live runtime, and says what it is worth. */

import { InternalError, UsageError, unknownName } from '../base/errors.ts'
import { type StrategyName, strategies } from '../explore/index.ts'
import type {
  FoundRun,
  ReductionName,
  SearchEnd,
  SearchOptions,
  SearchProgress,
  Strategy,
  StrategyResult,
} from '../explore/strategy.ts'
import { SystemPartition } from '../explore/system-partition.ts'
import type { Team } from '../explore/team.ts'
import type { TraceEvent } from '../kernel/trace.ts'
import { replaySchedule, scheduleOf, shows } from './confirm.ts'
import type { Subject } from './subject.ts'

/** How to check. Everything has a default. */
export interface CheckOptions {
  /** Default `bfs`. */
  readonly strategy?: StrategyName
  readonly reductions?: readonly ReductionName[]
  readonly statesMax?: number
  /** For states, hash table and parent links. Default 8 GiB. */
  readonly bytesMax?: number
  readonly wanted?: 'first' | 'all'
  readonly seed?: number
  readonly runs?: number
  readonly stepsMax?: number
  readonly stop?: (progress: SearchProgress) => boolean
  /** Threads for a breadth-first search without reductions; `startTeam` makes one for each search. */
  readonly team?: Team
  /** Names of the properties to decide; default all. */
  readonly properties?: readonly string[]
}

/** A run that shows something, taken in the live runtime. */
export interface ShownRun {
  readonly property: string
  /** What should have held. */
  readonly always: string
  /** One sentence, from the oracle where there is one. */
  readonly message: string
  readonly isShortest: boolean
  /** Steps of the run. */
  readonly length: number
  /** Every reaction of every step. */
  readonly events: readonly TraceEvent[]
  /** The command that repeats it. */
  readonly replay: string
}

/** - `holds`: proven. - `violated`. - `not found`: nothing was found within a bound. */
export type VerdictName = 'holds' | 'violated' | 'not found'

export interface Verdict {
  readonly subject: string
  readonly verdict: VerdictName
  readonly isExhaustive: boolean
  readonly strategy: StrategyName
  readonly reductions: readonly ReductionName[]
  readonly end: SearchEnd
  readonly states: number
  readonly transitions: number
  readonly depth: number
  readonly bytes: number
  readonly seconds: number
  readonly features?: Readonly<Record<string, boolean>>
  /** One for each violated property, shortest first. */
  readonly violations: readonly ShownRun[]
  /** What `sometimes` asks for, where it was found. */
  readonly witnesses: readonly ShownRun[]
  /** Asked for by `sometimes`, and not there. With an exhausted search that is a violation. */
  readonly unwitnessed: readonly string[]
  readonly notes: readonly string[]
}

const bytesMaxDefault = 8 * 2 ** 30

/** Checks one subject. Throws usage errors for what is wrong with it, internal errors for what is wrong with us. */
export function check(subject: Subject, options: CheckOptions = {}): Verdict {
  const name = options.strategy ?? 'bfs'
  if (!Object.hasOwn(strategies, name)) throw unknownName('strategy', name, Object.keys(strategies))
  const startMs = performance.now()
  const properties = chosenProperties(subject, options.properties)
  const partition = new SystemPartition({ spec: subject.spec, properties, observers: subject.observers() })
  const result = (strategies[name] as Strategy).search(partition, searchOptions(subject, options))
  const runs = [...result.found.values()].sort((a, b) => a.steps.length - b.steps.length || order(a, b))
  const shown = runs.map((run) => showRun(subject, properties, run))
  const witnesses = shown.filter(({ property }) => partition.witnesses.has(property))
  const violations = shown.filter(({ property }) => !partition.witnesses.has(property))
  const unwitnessed = [...partition.witnesses].filter((property) => !result.found.has(property))
  return {
    subject: subject.id,
    verdict: verdictOf(result, violations, unwitnessed),
    isExhaustive: result.isExhaustive && result.end === 'exhausted',
    strategy: name,
    reductions: options.reductions ?? [],
    end: result.end,
    states: result.states,
    transitions: result.transitions,
    depth: result.depth,
    bytes: result.bytes,
    seconds: (performance.now() - startMs) / 1000,
    ...(subject.features ? { features: subject.features } : {}),
    violations,
    witnesses,
    unwitnessed,
    notes: result.notes,
  }
}

function order(a: FoundRun, b: FoundRun): number {
  return a.property < b.property ? -1 : a.property > b.property ? 1 : 0
}

function searchOptions(subject: Subject, options: CheckOptions): SearchOptions {
  const { reductions, statesMax, wanted, seed, runs, stepsMax, stop, team } = options
  return {
    bytesMax: options.bytesMax ?? bytesMaxDefault,
    symmetries: subject.symmetries,
    valueSymmetries: subject.valueSymmetries,
    ...(reductions ? { reductions } : {}),
    ...(statesMax === undefined ? {} : { statesMax }),
    ...(wanted ? { wanted } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(runs === undefined ? {} : { runs }),
    ...(stepsMax === undefined ? {} : { stepsMax }),
    ...(stop ? { stop } : {}),
    ...(team ? { team } : {}),
  }
}

function chosenProperties(subject: Subject, names: readonly string[] | undefined): Subject['properties'] {
  if (names === undefined) return subject.properties
  for (const name of names) {
    if (!Object.hasOwn(subject.properties, name)) throw unknownName('property', name, Object.keys(subject.properties))
  }
  return Object.fromEntries(names.map((name) => [name, subject.properties[name] as Subject['properties'][string]]))
}

function verdictOf(
  result: StrategyResult,
  violations: readonly ShownRun[],
  unwitnessed: readonly string[],
): VerdictName {
  if (violations.length > 0) return 'violated'
  if (!result.isExhaustive || result.end !== 'exhausted') return 'not found'
  return unwitnessed.length > 0 ? 'violated' : 'holds'
}

/** Takes the run in the live runtime; what it does not show there is a bug of ours and never shown. */
function showRun(subject: Subject, properties: Subject['properties'], run: FoundRun): ShownRun {
  const { property, steps, isShortest } = run
  const schedule = scheduleOf(subject.spec, steps)
  const replayed = replaySchedule(subject.spec, schedule, 'live')
  const isOwn = subject.judge === undefined || Object.hasOwn(properties, property)
  const said = isOwn ? undefined : subject.judge?.(property, schedule)
  if (said === undefined && !shows(replayed, property, properties[property])) {
    throw new InternalError(
      `the search found "${property}" of ${subject.id} after ${steps.length} steps, but the live runtime does not show it`,
    )
  }
  return {
    property,
    always: subject.rule(property),
    message: said ?? `${property} after ${steps.length} steps`,
    isShortest,
    length: steps.length,
    events: replayed.events,
    replay: subject.replay(schedule),
  }
}

/** What came of trying: a verdict, or the error in the subject itself. */
export function checkAll(subjects: readonly Subject[], options: CheckOptions = {}): Verdict[] {
  if (subjects.length === 0) throw new UsageError('nothing to check')
  return subjects.map((subject) => check(subject, options))
}
