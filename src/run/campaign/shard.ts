/** Run | one shard of a campaign: runs by number, what they came to, and the first run for each root cause. */

import { InternalError } from '../../base/errors.ts'
import { type Finding, Sampler } from '../../explore/sampler.ts'
import { SystemPartition } from '../../explore/system-partition.ts'
import { rootKey } from '../../oracle/root.ts'
import { explained } from '../check.ts'
import { replaySchedule, scheduleOf } from '../confirm.ts'
import { type OwnEdition, type RunOptions, resolveOptions } from '../options.ts'
import { buildSystem, type RunResult, runScenario } from '../run.ts'
import type { Subject } from '../subject.ts'
import { tokenOf } from '../token.ts'
import { causeOf } from './cause.ts'
import type { CampaignPlan, Shard, Target } from './plan.ts'
import { packSightings } from './sighted.ts'

/** Violations of one property by one root cause, as far as a shard judged them. */
export interface SeenCause {
  readonly property: string
  /** Who wrote, who met it and which step is likely missing; else a report without its numbers. */
  readonly cause: string
  /** The first run of the shard that was judged to show it, its report and the line that repeats it. */
  readonly run: number
  readonly steps: number
  readonly message: string
  readonly replay: string
}

/** What a shard came to. Plain data; equal whoever ran it, but for states that its thread has reported before. */
export interface ShardResult {
  readonly runs: number
  readonly steps: number
  /** Runs by how they ended and what they violated. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly causes: readonly SeenCause[]
  /** States, packed; absent for timed runs. */
  readonly sighted?: { readonly states: string; readonly incidences: number }
}

/** Runs shards of one target; keeps what it has learned. */
export interface ShardRunner {
  run(shard: Shard): ShardResult
}

/** What a target names, at hand. */
export interface TargetAtHand {
  /** What is walked through; absent for timed runs. */
  readonly subject?: Subject
  /** The edition, if it is the user's own. */
  readonly own?: OwnEdition
}

export function createShardRunner(plan: CampaignPlan, target: Target, { subject, own }: TargetAtHand): ShardRunner {
  if (target.kind === 'board') return new TimedRunner(plan, target, own)
  if (subject === undefined) throw new InternalError('a target that is walked through needs its system')
  return new WalkRunner(plan, subject)
}

/** The partition of a subject, as a search has it. */
export function partitionOf(subject: Subject): SystemPartition {
  const { spec, properties, deadlock, purity } = subject
  return new SystemPartition({
    spec,
    properties,
    observers: subject.observers(),
    ...(deadlock ? { deadlock } : {}),
    ...(purity ? { purity } : {}),
  })
}

class WalkRunner implements ShardRunner {
  private readonly subject: Subject
  private readonly sampler: Sampler

  constructor(plan: CampaignPlan, subject: Subject) {
    this.subject = subject
    this.sampler = new Sampler(partitionOf(subject), plan)
  }

  run({ number, from, runs }: Shard): ShardResult {
    const { steps, outcomes, findings, sightings, incidences } = this.sampler.run(number, from, runs)
    const causes = new Map<string, SeenCause>()
    for (const finding of findings) {
      if (this.sampler.isWitness(finding.property)) continue
      for (const example of finding.examples) {
        const seen = judge(this.subject, finding, example)
        const key = `${seen.property} ${seen.cause}`
        const known = causes.get(key)
        if (known === undefined || seen.run < known.run) causes.set(key, seen)
      }
    }
    return { runs, steps, outcomes, causes: sorted(causes), sighted: { states: packSightings(sightings), incidences } }
  }
}

/** What the oracles, or else its author, say of a run that shows a property when the runtime takes it. */
export function judge(
  subject: Subject,
  { property, by }: Pick<Finding, 'property' | 'by'>,
  { run, steps }: Finding['examples'][number],
): SeenCause {
  const schedule = scheduleOf(subject.spec, steps)
  const replayed = replaySchedule(subject.spec, schedule, 'sim')
  const said = subject.judge?.(schedule, 'sim').get(property) ?? `${property}, shown by ${by}`
  const root = subject.roots?.(property, replayed.events).find(({ basis }) => basis === 'met')
  return {
    property,
    // What a state is like differs from run to run; what an oracle says differs in numbers only.
    cause: root ? rootKey(root) : causeOf(said),
    run,
    steps: steps.length,
    message: explained(subject.properties[property], replayed) ?? said,
    replay: subject.replay(schedule),
  }
}

class TimedRunner implements ShardRunner {
  private readonly seed: number
  private readonly request: Extract<Target, { readonly kind: 'board' }>['request']
  private readonly own: OwnEdition | undefined
  private readonly system: ReturnType<typeof buildSystem>

  constructor(plan: CampaignPlan, target: Extract<Target, { readonly kind: 'board' }>, own: OwnEdition | undefined) {
    this.seed = plan.seed
    this.request = target.request
    this.own = own
    this.system = buildSystem(this.optionsOf(plan.seed))
  }

  private optionsOf(seed: number): RunOptions {
    return resolveOptions({ ...this.request, seed }, undefined, this.own)
  }

  run({ from, runs }: Shard): ShardResult {
    const outcomes = new Map<string, number>()
    const causes = new Map<string, SeenCause>()
    let steps = 0
    for (let run = from; run < from + runs; run++) {
      const options = this.optionsOf((this.seed + run) >>> 0)
      const result = runScenario(options, { runtime: 'sim', system: this.system })
      steps += result.statistics.steps
      const outcome = outcomeOf(result)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      for (const { violation } of result.violations) {
        const { oracle: property, message, step } = violation
        const cause = causeOf(message)
        const key = `${property} ${cause}`
        if (causes.has(key)) continue
        const replay = `npx dmarace replay ${tokenOf(options)}${this.own ? ` --ops ${this.own.file}` : ''}`
        causes.set(key, { property, cause, run, steps: step, message, replay })
      }
    }
    const counts = Object.fromEntries([...outcomes].sort(([a], [b]) => (a < b ? -1 : 1)))
    return { runs, steps, outcomes: counts, causes: sorted(causes) }
  }
}

function outcomeOf({ verdict, end, violations }: RunResult): string {
  const names = violations.map(({ violation }) => violation.oracle).sort()
  const ended = verdict === 'bounded' || end !== 'quiet' ? `bound (${end})` : 'rest'
  return names.length > 0 ? `${ended}: ${names.join(', ')}` : ended
}

function sorted(causes: ReadonlyMap<string, SeenCause>): SeenCause[] {
  return [...causes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, seen]) => seen)
}
