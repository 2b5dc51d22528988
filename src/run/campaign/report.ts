/** Run | the report of a campaign: the same bytes for the same shards, whoever ran them; for people and as JSON. */

import { counted } from '../../base/counted.ts'
import { formatShare } from '../../explore/coverage.ts'
import type { StepLabel } from '../../explore/partition.ts'
import { Sampler } from '../../explore/sampler.ts'
import { type Minimality, shrink } from '../../explore/shrink.ts'
import { type OracleName, oracles } from '../../oracle/index.ts'
import { grouped } from '../report.ts'
import type { Subject } from '../subject.ts'
import { type CampaignPlan, campaignVersion, planDigest } from './plan.ts'
import { judge, partitionOf, type SeenCause } from './shard.ts'
import type { CauseTally, FailedShard, Tally, TargetTally } from './tally.ts'

/** A root cause with the run to look at. */
export interface ReportedCause extends CauseTally {
  /** What holds as long as it is not violated. */
  readonly always: string
  readonly minimality: Minimality
}

export interface ReportedTarget extends Omit<TargetTally, 'causes'> {
  readonly causes: readonly ReportedCause[]
}

export interface CampaignReport {
  readonly version: number
  /** Digest of the plan: names the campaign. */
  readonly campaign: string
  readonly strategy: string
  readonly seed: number
  readonly runs: number
  readonly steps: number
  readonly violations: number
  /** Whether every run of the plan was made. */
  readonly isComplete: boolean
  readonly failed: readonly FailedShard[]
  readonly targets: readonly ReportedTarget[]
}

/** @param subjects by target; absent for timed runs, whose examples are repeated as they are. */
export function reportOf(plan: CampaignPlan, tally: Tally, subjects: readonly (Subject | undefined)[]): CampaignReport {
  const targets = tally.targets().map((target, index) => {
    const subject = subjects[index]
    const causes = target.causes.map((cause) => reported(plan, subject, cause))
    return { ...target, causes }
  })
  return {
    version: campaignVersion,
    campaign: planDigest(plan),
    strategy: plan.strategy,
    seed: plan.seed,
    runs: tally.runs,
    steps: targets.reduce((sum, { steps }) => sum + steps, 0),
    violations: tally.violations,
    isComplete: tally.isComplete,
    failed: [...tally.failed].sort(([a], [b]) => a - b).map(([shard, reason]) => ({ shard, reason })),
    targets,
  }
}

function reported(plan: CampaignPlan, subject: Subject | undefined, cause: CauseTally): ReportedCause {
  if (subject === undefined)
    return { ...cause, always: oracles[cause.property as OracleName].always, minimality: 'unproved' }
  const { example, minimality } = shortened(plan, subject, cause.example)
  return { ...cause, example, always: subject.rule(cause.property), minimality }
}

/** A shorter run with the same root cause: the shortest of all may have another one. */
function shortened(
  plan: CampaignPlan,
  subject: Subject,
  seen: SeenCause,
): { readonly example: SeenCause; readonly minimality: Minimality } {
  const partition = partitionOf(subject)
  const { findings } = new Sampler(partition, plan).run(0, seen.run, 1)
  for (const finding of findings) {
    if (finding.property !== seen.property) continue
    const judged = (steps: readonly StepLabel[]) => judge(subject, finding, { run: seen.run, steps })
    const isSame = (steps: readonly StepLabel[]) => judged(steps).cause === seen.cause
    const found = finding.examples.find(({ steps }) => isSame(steps))
    if (found === undefined) continue
    const { run, minimality } = shrink(
      partition,
      { property: seen.property, steps: found.steps, isShortest: false },
      { keeps: isSame },
    )
    return { example: judged(run.steps), minimality }
  }
  return { example: seen, minimality: 'unproved' }
}

export const lengthText: Readonly<Record<Minimality, string>> = {
  shortest: 'a shortest run',
  '1-minimal': 'no single step can be left out',
  unproved: 'as it was drawn',
}

/** For people. */
export function campaignText(report: CampaignReport): string {
  const lines: string[] = []
  for (const target of report.targets) lines.push(...targetLines(target), '')
  if (report.failed.length > 0) {
    lines.push(`${report.failed.length} shards failed; --resume tries them again:`)
    for (const { shard, reason } of report.failed.slice(0, failedShown)) lines.push(`  shard ${shard}: ${reason}`)
    lines.push('')
  }
  const { runs, steps, violations, strategy, seed, isComplete } = report
  lines.push(
    `${grouped(runs)} runs, ${grouped(steps)} steps, ${grouped(violations)} with a violation (${strategy}, seed ${seed})` +
      (isComplete ? '' : '; not all runs of the plan were made'),
  )
  return `${lines.join('\n')}\n`
}

const failedShown = 5

function targetLines(target: ReportedTarget): string[] {
  const lines = [`${target.name} (${target.kind}): ${grouped(target.runs)} runs, ${grouped(target.steps)} steps`]
  const widest = Math.max(...Object.values(target.outcomes).map((count) => grouped(count).length), 1)
  const ordered = Object.entries(target.outcomes).sort(([, a], [, b]) => b - a)
  for (const [outcome, count] of ordered) lines.push(`  ${grouped(count).padStart(widest)}  ${outcome}`)
  if (target.space) lines.push(`  ${formatShare(target.space)}`)
  for (const { always, example, shards, minimality } of target.causes) {
    lines.push(
      `  always "${always}" violated: run ${grouped(example.run)}, step ${grouped(example.steps)} (${lengthText[minimality]}); in ${counted(shards, 'shard')}`,
      `    ${example.message}`,
      `    replay: ${example.replay}`,
    )
  }
  return lines
}
