/** Run | a searched run taken once more from its token: what it shows by itself, what its end can repeat, and what it leaves open. */

import { canonical } from '../base/canonical.ts'
import { counted } from '../base/counted.ts'
import { InternalError } from '../base/errors.ts'
import { completionProperty } from '../explore/completion.ts'
import { completionAfter } from '../explore/completion-from.ts'
import { Explorer } from '../explore/explorer.ts'
import { askedAfter } from '../explore/lasso.ts'
import { judgeLeadsTo, promisedBy } from '../explore/liveness.ts'
import type { StepLabel } from '../explore/partition.ts'
import { PredicateTree } from '../explore/predicates.ts'
import { retrace } from '../explore/retrace.ts'
import { equal } from '../explore/runs.ts'
import { deadlockProperty, SystemPartition } from '../explore/system-partition.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import { ReplayScheduler } from '../kernel/replay.ts'
import type { Schedule } from '../kernel/schedule.ts'
import { Simulation } from '../kernel/simulation.ts'
import type { SystemSpec } from '../kernel/system.ts'
import type { Rule, TraceEvent } from '../kernel/trace.ts'
import { asksForWitness, explained, outOfReachText } from './check.ts'
import { replaySchedule, shows } from './confirm.ts'
import { lassoText } from './lasso-text.ts'
import { grouped } from './report.ts'
import { detailsOf, type StepDetails, valuedChoices } from './step-details.ts'
import { ruleFor, type Subject } from './subject.ts'
import { type ToldRun, tellRun } from './tell.ts'

/** A searched run, taken once more. */
export interface ReplayedRun {
  readonly events: readonly TraceEvent[]
  /** Of systems without hardware. */
  readonly details?: StepDetails
  /** Of all others. */
  readonly told?: ToldRun
  /** By property: what should have held, and what happened instead. */
  readonly violations: readonly (Rule & { readonly property: string; readonly message: string })[]
  /** Of `sometimes`: what its last state shows. */
  readonly witnessed: readonly string[]
  /** What one run cannot tell, in sentences. */
  readonly notes: readonly string[]
}

/** How to take it. */
export interface ReplayOptions {
  /** Where the run shows nothing by itself: search on from its end, whether the programs can still come to theirs. */
  readonly searchOn?: { readonly isInterrupted: () => boolean }
}

/** Most states that are searched after the end of a run. */
const statesAfterMax = 1_000_000

/** Takes the choices of a token. A usage error says where they cannot be taken. */
export function replaySearched(
  subject: Subject,
  schedule: Schedule,
  runtime: RuntimeName,
  { searchOn }: ReplayOptions = {},
): ReplayedRun {
  const details = detailsOf(subject)
  const replayed = replaySchedule(subject.spec, schedule, runtime, { details, statementAt: subject.statementAt })
  const said = new Map(subject.judge?.(schedule, runtime) ?? [])
  const own = Object.keys(subject.properties)
  const circles = circlesOf(subject, schedule)
  for (const property of subject.deadlock === 'ignore' ? own : [deadlockProperty, ...own]) {
    const declared = subject.properties[property]
    if (asksForWitness(declared) || said.has(property)) continue
    const circle = circles.get(property)
    if (circle !== undefined) said.set(property, circle)
    // Of liveness, the circle is the only judge.
    else if (declared?.kind !== 'leadsTo' && shows(replayed, property, declared)) {
      said.set(property, explained(declared, replayed) ?? `${property} after ${counted(schedule.length, 'step')}`)
    }
  }
  const violations = [...said].map(([property, message]) => ({ property, ...ruleFor(subject, property), message }))
  const witnessed = own.filter((property) => {
    const declared = subject.properties[property]
    return asksForWitness(declared) && shows(replayed, property, declared)
  })
  const { unfinished, goesOn } = replayed
  const notes: string[] = []
  if (violations.length + witnessed.length === 0 && goesOn && (unfinished.length > 0 || subject.over !== undefined)) {
    const on = searchOn && afterEnd(subject, schedule, unfinished, searchOn)
    if (on?.violation) violations.push(on.violation)
    const open = `not at the end: ${unfinished.join(', ')}; whether they can still come to it is for check to decide`
    notes.push(...(on?.notes ?? (unfinished.length > 0 ? [open] : [])))
  }
  const { events, changes } = replayed
  const told = tellRun(
    subject,
    replayed,
    violations.map(({ message }) => message),
  )
  return {
    events,
    ...(told ? { told } : {}),
    ...(details ? { details: { changes, valued: valuedChoices(subject.spec) } } : {}),
    violations,
    witnessed,
    notes,
  }
}

/** Whether from the end of a run the programs can still come to theirs. */
function afterEnd(
  subject: Subject,
  schedule: Schedule,
  unfinished: readonly string[],
  { isInterrupted }: NonNullable<ReplayOptions['searchOn']>,
): { readonly violation?: ReplayedRun['violations'][number]; readonly notes: readonly string[] } {
  const { spec, purity, over, stuck } = subject
  const options = { over: over?.isReached, statesMax: statesAfterMax, isInterrupted }
  const answer = completionAfter({ spec, ...(purity ? { purity } : {}) }, labelsOf(spec, schedule), options)
  const who = unfinished.length > 0 ? unfinished.join(', ') : 'what is still under way'
  switch (answer?.reach) {
    case undefined:
      return { notes: [] }
    case 'possible':
      return answer.steps === 0
        ? { notes: [] }
        : { notes: [`not at the end: ${who}; it can still be reached, in ${counted(answer.steps, 'more step')}`] }
    case 'unknown':
      return {
        notes: [
          `not at the end: ${who}; it was not reached in the ${grouped(answer.states)} states searched from here, which are not all`,
        ],
      }
    case 'never': {
      const property = subject.completion ?? completionProperty
      const told = unfinished.length > 0 ? stuck?.(schedule) : undefined
      const message = told ?? outOfReachText(over, unfinished)
      const proof = `proven from the last state: of the ${counted(answer.states, 'state')} that can follow, none is the end`
      return { violation: { property, ...ruleFor(subject, property), message }, notes: [proof] }
    }
  }
}

/** By `leadsTo` property: how the end of this run, repeated for ever, violates it under weak fairness. */
function circlesOf(subject: Subject, schedule: Schedule): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  const liveness = Object.entries(subject.properties).filter(([, { kind }]) => kind === 'leadsTo')
  if (liveness.length === 0) return said
  const { spec, properties } = subject
  const partition = new SystemPartition({ spec, properties, observers: subject.observers() })
  const steps = labelsOf(spec, schedule)
  const { states } = retrace(new Explorer(partition), steps)
  const last = states.at(-1) as Int32Array
  const starts = states.flatMap((values, index) => (equal(values, last) ? [index] : []))
  for (const [name, property] of liveness) {
    if (property.kind !== 'leadsTo') continue
    const from = new PredicateTree(partition, property.from, name)
    const to = new PredicateTree(partition, property.to, name)
    const fairness = promisedBy(partition, property, { actors: subject.fairness })
    const cycleFrom = starts.find((start) => {
      return judgeLeadsTo(partition, { steps, cycleFrom: start }, { from, to, fairness }) === undefined
    })
    if (cycleFrom === undefined) continue
    const asked = askedAfter(states, {
      from: (values) => from.holds(values),
      to: (values) => to.holds(values),
    })
    said.set(name, lassoText({ askedAfter: asked, cycleFrom, length: steps.length }))
  }
  return said
}

/** The choices as steps that name what they deliver. */
function labelsOf(spec: SystemSpec, schedule: Schedule): StepLabel[] {
  const simulation = new Simulation(spec, { runtime: 'sim', scheduler: new ReplayScheduler(schedule) })
  const labels: StepLabel[] = []
  for (let step = 0; step < schedule.length; step++) {
    simulation.run({ stepsMax: step })
    const choice = schedule.at(step)
    if (choice.kind === 'spontaneous') labels.push(choice)
    else {
      const channel = simulation.system.channels[choice.channel]
      if (!channel) throw new InternalError(`a run that was taken delivers from channel ${choice.channel}`)
      labels.push({ kind: 'deliver', channel: choice.channel, message: canonical(channel.at(choice.position)) })
    }
  }
  return labels
}
