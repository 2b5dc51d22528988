/** Run | check: searches what a subject can do, confirms what is found in the live runtime, and says what it is worth. */

import { counted } from '../base/counted.ts'
import { InternalError, UsageError, unknownName } from '../base/errors.ts'
import { demand } from '../base/shape.ts'
import { completionProperty, decideCompletionReduced } from '../explore/completion.ts'
import { Coverage, type CoverageReport, shareOf } from '../explore/coverage.ts'
import type { CheckableSystem, Property } from '../explore/define-system.ts'
import type { Fairness } from '../explore/fairness.ts'
import { type StrategyName, strategies } from '../explore/index.ts'
import { pointOfNoReturn } from '../explore/no-return.ts'
import type { StepLabel } from '../explore/partition.ts'
import { finishedPredicate } from '../explore/predicates.ts'
import { type Minimality, shrink } from '../explore/shrink.ts'
import type {
  FoundRun,
  ReductionName,
  SearchEnd,
  SearchOptions,
  SearchProgress,
  Strategy,
  StrategyResult,
} from '../explore/strategy.ts'
import { deadlockProperty, type SystemPartition } from '../explore/system-partition.ts'
import type { Team } from '../explore/team.ts'
import { explainEnd } from '../explore/waits.ts'
import { decideOnGraph, type WholeGraphResult } from '../explore/whole-graph.ts'
import type { Rule, TraceEvent } from '../kernel/trace.ts'
import { type Root, rootLines } from '../oracle/root.ts'
import { checkShape, demandSubject } from './check-shape.ts'
import { type Replayed, replaySchedule, scheduleOf, shows, soughtEvent } from './confirm.ts'
import { lassoText } from './lasso-text.ts'
import { partitionOf } from './partition-of.ts'
import { sizeNotes } from './space-size.ts'
import { detailsOf, type StepDetails, valuedChoices } from './step-details.ts'
import { ruleFor, type Subject, subjectOfSystem } from './subject.ts'
import { type ToldRun, tellRun } from './tell.ts'

/** How to check. Everything has a default. */
export interface CheckOptions {
  /** Default `bfs`. */
  readonly strategy?: StrategyName
  /** Only for strategies that know how to use them: their own `reductions` say. */
  readonly reductions?: readonly ReductionName[]
  readonly statesMax?: number
  /** For states, hash table and parent links. Default 8 GiB. */
  readonly bytesMax?: number
  readonly wanted?: 'first' | 'all'
  readonly seed?: number
  readonly runs?: number
  readonly stepsMax?: number
  readonly stop?: (progress: SearchProgress) => boolean
  /** Whether the user wants no more: ends the search and what comes after it, with what is known by then. */
  readonly isInterrupted?: () => boolean
  /** Threads for a breadth-first search without reductions; `startTeam` makes one for each search. */
  readonly team?: Team
  /** Names of the properties to decide, "completion" among them; default all. Deadlocks and what oracles say are never left out. */
  readonly properties?: readonly string[]
  /** Note what charts do, for `Verdict.coverage`. */
  readonly coverage?: 'report'
  /** For each `leadsTo` that does not say itself. Default `weak`. */
  readonly fairness?: Fairness
  /** PCT: orderings that have to come about. Preemption-bounded: most switches. */
  readonly bugDepth?: number
  readonly preemptionsMax?: number
}

/** A run that shows something, taken in the live runtime. */
export type ShownRun = Rule & {
  readonly property: string
  /** One sentence, from the oracle where there is one. */
  readonly message: string
  /** What is known about shorter runs. */
  readonly minimality: Minimality
  /** How many steps the run has, and their names. */
  readonly length: number
  readonly labels: readonly StepLabel[]
  /** The steps after this one repeat for ever. */
  readonly cycleFrom?: number
  /** The step, counted from 1, after which it is too late; or why there is none. */
  readonly noReturn: { readonly step: number } | { readonly reason: string }
  /** Of a deadlock: who waits for whom. */
  readonly waits?: readonly string[]
  /** Which step wrote, where the value stayed, and which step should have come between; absent where nothing in the run tells. */
  readonly root?: Root
  /** Every reaction of every step. */
  readonly events: readonly TraceEvent[]
  /** Of systems without hardware. */
  readonly details?: StepDetails
  /** Of all others. */
  readonly told?: ToldRun
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
  readonly end: SearchEnd | 'interrupted'
  readonly states: number
  readonly transitions: number
  readonly depth: number
  readonly bytes: number
  readonly seconds: number
  readonly features?: Readonly<Record<string, boolean>>
  readonly edition?: string
  /** One for each violated property, shortest first. */
  readonly violations: readonly ShownRun[]
  /** What `sometimes` asks for, where it was found. */
  readonly witnesses: readonly ShownRun[]
  /** Asked for by `sometimes`, and not seen. With an exhausted search that is a violation; see `violatedIn`. */
  readonly unwitnessed: readonly string[]
  /** Properties that this search could not decide. */
  readonly undecided: readonly string[]
  readonly coverage?: CoverageReport
  readonly notes: readonly string[]
}

/** Names of all that a verdict proves violated: what has a run, and, after an exhausted search, what no state shows. */
export function violatedIn({ violations, unwitnessed, isExhaustive }: Verdict): string[] {
  return [...violations.map(({ property }) => property), ...(isExhaustive ? unwitnessed : [])]
}

const bytesMaxDefault = 8 * 2 ** 30

/**
 * Checks a system of `defineSystem`, or a subject such as `subjectOfScenario` makes. Throws usage errors for what is wrong
 * with it, internal errors for what is wrong with us.
 */
export function check(what: Subject | CheckableSystem, options: CheckOptions = {}): Verdict {
  demandSubject(what, 'check')
  demand(checkShape, options, 'check(system, options)')
  const subject = 'observers' in what ? what : subjectOfSystem(what)
  const name = options.strategy ?? 'bfs'
  const strategy: Strategy = strategies[name]
  for (const reduction of options.reductions ?? []) {
    if (strategy.reductions.includes(reduction)) continue
    const able = Object.entries(strategies).filter(([, { reductions }]) => (reductions as string[]).includes(reduction))
    throw new UsageError(
      `the strategy ${name} cannot use the reduction "${reduction}"; ${able.map(([other]) => other).join(', ')} can`,
    )
  }
  const startMs = performance.now()
  const { properties, partition, result, whole, found, unwitnessed, report } = explore(subject, strategy, options)
  const runs = [...found.values()].sort((a, b) => a.steps.length - b.steps.length || order(a, b))
  const shown = runs.map((run) => showRun({ subject, properties, partition }, run))
  const witnesses = shown.filter(({ property }) => partition.witnesses.has(property))
  const violations = shown.filter(({ property }) => !partition.witnesses.has(property))
  return {
    subject: subject.id,
    verdict: verdictOf(result, { violations, unwitnessed, undecided: whole.undecided }),
    isExhaustive: result.isExhaustive && result.end === 'exhausted',
    strategy: name,
    reductions: options.reductions ?? [],
    end: result.end === 'stopped' && options.isInterrupted?.() ? 'interrupted' : result.end,
    states: result.states,
    transitions: result.transitions,
    depth: result.depth,
    bytes: result.bytes,
    seconds: (performance.now() - startMs) / 1000,
    ...(subject.features ? { features: subject.features } : {}),
    ...(subject.edition ? { edition: subject.edition } : {}),
    violations,
    witnesses,
    unwitnessed,
    undecided: whole.undecided,
    ...(report ? { coverage: report } : {}),
    notes: [
      ...result.notes,
      ...whole.notes,
      ...mistakenMessages(subject, properties),
      ...sizeNotes(subject.spaceHints, partition, result),
    ],
  }
}

/** One search, and what it found. */
function explore(subject: Subject, strategy: Strategy, options: CheckOptions) {
  const properties = chosenProperties(subject, options.properties)
  const coverage = options.coverage === 'report' ? new Coverage(subject.spec) : undefined
  const partition = partitionOf({ ...subject, properties }, coverage?.spec)
  const result = strategy.search(partition, searchOptions(subject, options))
  const whole = decideWhole({ subject, properties, partition }, result, options)
  const report = coverage?.report(partition, shareOf(result))
  const found = new Map(result.found)
  for (const [property, run] of whole.found) found.set(property, run)
  // A deadlock says more than that the end cannot be reached.
  if (found.has(subject.completion ?? '')) found.delete(completionProperty)
  const unwitnessed = [...partition.witnesses].filter((property) => !result.found.has(property))
  return { properties, partition, result, whole, found, unwitnessed, report }
}

/** What a search violates, with runs that are not confirmed. */
export interface Findings {
  /** Properties that `sometimes` asks for and that were not found are among them. */
  readonly violated: readonly string[]
  readonly runs: ReadonlyMap<string, FoundRun>
  readonly isExhaustive: boolean
  readonly states: number
}

/** As `check`, for who wants to know only whether something holds. */
export function findings(subject: Subject, options: CheckOptions = {}): Findings {
  const { partition, result, whole, found, unwitnessed } = explore(
    subject,
    strategies[options.strategy ?? 'bfs'],
    options,
  )
  const isExhaustive = result.isExhaustive && result.end === 'exhausted' && whole.undecided.length === 0
  const broken = [...found.keys()].filter((property) => !partition.witnesses.has(property))
  const named = broken.map((property) =>
    property === completionProperty ? (subject.completion ?? property) : property,
  )
  const violated = [...named, ...(isExhaustive ? unwitnessed : [])]
  return { violated, runs: found, isExhaustive, states: result.states }
}

/** Properties of the whole graph, where there is one. */
function decideWhole(
  { subject, properties, partition }: Matter,
  result: StrategyResult,
  { fairness, bytesMax = bytesMaxDefault, properties: chosen, isInterrupted }: CheckOptions,
): Pick<WholeGraphResult, 'found' | 'undecided' | 'notes'> {
  const completionName = subject.completion ?? completionProperty
  const completion = chosen === undefined || chosen.includes(completionName) ? 'decide' : 'skip'
  const goal = { over: subject.over?.isReached, ways: subject.ways }
  if (result.levels !== undefined && result.end === 'exhausted') {
    const options = {
      bytesMax,
      completion,
      ...goal,
      ...(fairness ? { fairness } : {}),
      actors: subject.fairness,
      ...(isInterrupted ? { isInterrupted } : {}),
    } as const
    const whole = decideOnGraph(partition, result.levels, properties, options)
    const undecided = whole.undecided.map((name) => (name === completionProperty ? completionName : name))
    return { ...whole, undecided }
  }
  const undecided = Object.keys(properties).filter((name) => properties[name]?.kind === 'leadsTo')
  const found = new Map<string, FoundRun>()
  const notes: string[] = []
  // Of a search that ended early, nothing else is expected.
  const isOver = result.isExhaustive && result.end === 'exhausted'
  if (isOver && completion === 'decide' && finishedPredicate(partition)) {
    const { reduced } = result
    const isCut = reduced === undefined || isInterrupted?.()
    const decided = isCut ? undefined : decideCompletionReduced(partition, reduced, goal)
    if (!decided?.isDecided) undecided.push(completionName)
    if (decided?.run) found.set(completionProperty, decided.run)
    notes.push(...(decided?.notes ?? []))
  }
  if (undecided.length > 0) {
    const names = undecided.map((name) => `"${name}"`).join(', ')
    notes.push(`a whole breadth-first search without reductions decides ${names}`)
  }
  return { found, undecided, notes }
}

function order(a: FoundRun, b: FoundRun): number {
  return a.property < b.property ? -1 : a.property > b.property ? 1 : 0
}

function searchOptions(subject: Subject, options: CheckOptions): SearchOptions {
  const { reductions, statesMax, wanted, seed, runs, stepsMax, team, bugDepth, preemptionsMax } = options
  const { stop, isInterrupted } = options
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
    ...(stop || isInterrupted
      ? { stop: (progress) => (stop?.(progress) ?? false) || (isInterrupted?.() ?? false) }
      : {}),
    ...(team ? { team } : {}),
    ...(bugDepth === undefined ? {} : { bugDepth }),
    ...(preemptionsMax === undefined ? {} : { preemptionsMax }),
  }
}

function chosenProperties(subject: Subject, names: readonly string[] | undefined): Subject['properties'] {
  if (names === undefined) return subject.properties
  const known = [...Object.keys(subject.properties), subject.completion ?? completionProperty]
  for (const name of names) if (!known.includes(name)) throw unknownName('property', name, known)
  return Object.fromEntries(Object.entries(subject.properties).filter(([name]) => names.includes(name)))
}

function verdictOf(
  result: StrategyResult,
  { violations, unwitnessed, undecided }: Pick<Verdict, 'violations' | 'unwitnessed' | 'undecided'>,
): VerdictName {
  if (violations.length > 0) return 'violated'
  if (!result.isExhaustive || result.end !== 'exhausted') return 'not found'
  if (unwitnessed.length > 0) return 'violated'
  return undecided.length > 0 ? 'not found' : 'holds'
}

/** What a run is about. */
interface Matter {
  readonly subject: Subject
  readonly properties: Subject['properties']
  readonly partition: SystemPartition
}

/** Takes the run in the live runtime; what it does not show there is a bug of ours and never shown. */
function showRun({ subject, properties, partition }: Matter, found: FoundRun): ShownRun {
  const isCircular = found.cycleFrom !== undefined
  const isGraph = isCircular || found.property === completionProperty
  const { run, minimality } = isGraph ? { run: found, minimality: 'unproved' as const } : shrink(partition, found)
  const { property, steps, cycleFrom } = run
  const schedule = scheduleOf(subject.spec, steps)
  const details = detailsOf(subject)
  const { statementAt } = subject
  const replayed = replaySchedule(subject.spec, schedule, 'live', { closesAt: cycleFrom, details, statementAt })
  // What a subject declares itself shows in the run; oracles speak for themselves.
  const said = Object.hasOwn(properties, property) ? undefined : subject.judge?.(schedule, 'live').get(property)
  if (said === undefined && !shows(replayed, property, properties[property])) {
    throw new InternalError(
      `the search found "${property}" of ${subject.id} after ${steps.length} steps, but the live runtime does not show it`,
    )
  }
  const noReturn = partition.witnesses.has(property) ? undefined : pointOfNoReturn(partition, run)
  const root = subject.roots?.(property, replayed.events).find(({ basis }) => basis === 'met')
  const isStuck = !replayed.goesOn && (replayed.unfinished.length > 0 || property === deadlockProperty)
  const name = property === completionProperty ? (subject.completion ?? property) : property
  const endsNever = property === completionProperty || (isStuck && name === subject.completion)
  const stuck = endsNever && replayed.unfinished.length > 0 ? subject.stuck?.(schedule) : undefined
  const message = stuck ?? said ?? explained(properties[property], replayed) ?? messageOf(subject, run, replayed)
  const told = tellRun(subject, replayed, [message, ...(root ? rootLines(root) : [])])
  return {
    property: name,
    ...ruleFor(subject, name),
    message,
    minimality,
    length: steps.length,
    labels: steps,
    ...(cycleFrom === undefined ? {} : { cycleFrom }),
    noReturn: noReturn?.step === undefined ? { reason: noReturn?.reason ?? '' } : { step: noReturn.step + 1 },
    ...(isStuck ? { waits: explainEnd(partition, run).lines } : {}),
    ...(root && !partition.witnesses.has(property) ? { root } : {}),
    events: replayed.events,
    ...(details ? { details: { changes: replayed.changes, valued: valuedChoices(subject.spec) } } : {}),
    ...(told ? { told } : {}),
    replay: subject.replay(schedule),
  }
}

/** `never` of what is a message, not an event, would hold whatever happens. */
function mistakenMessages({ spec, features }: Subject, properties: Subject['properties']): string[] {
  if (features !== undefined) return []
  return Object.entries(properties).flatMap(([name, property]) => {
    if (property.kind !== 'never') return []
    const { event } = property
    const sender = spec.actors.find(({ definition }) => Object.values(definition.outPorts).flat().includes(event))
    if (!sender) return []
    return [
      `"${name}" is about emitted events, and "${event}" is the type of a message that ${sender.id} sends on a port`,
    ]
  })
}

/** What the author of a property says of a state that breaks it, or of an event that should not have come. */
export function explained(property: Property | undefined, { state, events }: Replayed): string | undefined {
  if (property?.kind === 'always') return property.explain?.(state)
  if (property?.kind !== 'never') return undefined
  const event = soughtEvent(events, property)
  return event && property.explain?.(event)
}

/** Whether the property is one that a run can only witness. */
export function asksForWitness(property: Property | undefined): boolean {
  return property?.kind === 'sometimes' || property?.kind === 'emits'
}

function messageOf(
  { over }: Subject,
  { property, steps, cycleFrom, askedAfter }: FoundRun,
  { unfinished }: Replayed,
): string {
  const after = `${property} after ${counted(steps.length, 'step')}`
  if (cycleFrom !== undefined) return lassoText({ askedAfter, cycleFrom, length: steps.length })
  return property === completionProperty ? outOfReachText(over, unfinished) : after
}

/** What is wrong where the end is out of reach. */
export function outOfReachText(over: Subject['over'], unfinished: readonly string[]): string {
  if (unfinished.length === 0 && over) return over.otherwise
  return `from here no order of steps brings ${unfinished.join(', ')} to the end, though something can always happen`
}
