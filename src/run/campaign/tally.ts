/** Run | the sum of a campaign: shard results, in any order, into what a report says. */

import { estimateSpace, type SpaceShare } from '../../explore/coverage.ts'
import { type CampaignPlan, shardOf, targetKind, targetName } from './plan.ts'
import type { SeenCause, ShardResult } from './shard.ts'
import { SightedStates, unpackSightings } from './sighted.ts'

/** Points of a coverage curve, at most. */
const pointsMax = 200

/** What a search beforehand found out about a target: all states there are, or nothing. */
export interface SearchedSpace {
  readonly target: number
  readonly states: number
}

export type CurvePoint = readonly [runs: number, violated: number, states: number]

/** One root cause. */
export interface CauseTally {
  readonly property: string
  readonly cause: string
  /** Shards in which a run was judged to show it. */
  readonly shards: number
  /** The earliest run that was judged to show it. */
  readonly example: SeenCause
}

export interface TargetTally {
  readonly name: string
  readonly kind: string
  readonly runs: number
  readonly steps: number
  readonly outcomes: Readonly<Record<string, number>>
  /** Runs with a violation, by property. */
  readonly violated: Readonly<Record<string, number>>
  readonly causes: readonly CauseTally[]
  readonly space?: SpaceShare
  /** In the order of the runs: how many, how many of them violated something, and the states that they came through together. */
  readonly curve: readonly CurvePoint[]
}

/** A shard that could not be run. */
export interface FailedShard {
  readonly shard: number
  readonly reason: string
}

class TargetSum {
  runs = 0
  steps = 0
  readonly outcomes = new Map<string, number>()
  readonly causes = new Map<string, { shards: number; example: SeenCause; run: number }>()
  readonly sighted = new SightedStates()
  incidences = 0
  hasStates = false
  /** By shard: its runs, and how many of them violated something. */
  readonly runsOf = new Map<number, readonly [runs: number, violated: number]>()

  add(shard: number, result: ShardResult): void {
    this.runs += result.runs
    this.steps += result.steps
    this.runsOf.set(shard, [result.runs, countViolated(Object.entries(result.outcomes))])
    for (const [outcome, count] of Object.entries(result.outcomes)) {
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + count)
    }
    for (const seen of result.causes) {
      const key = `${seen.property} ${seen.cause}`
      const known = this.causes.get(key)
      if (known === undefined) this.causes.set(key, { shards: 1, example: seen, run: seen.run })
      else {
        known.shards++
        if (seen.run < known.run) {
          known.example = seen
          known.run = seen.run
        }
      }
    }
    if (result.sighted) {
      this.hasStates = true
      this.incidences += result.sighted.incidences
      this.sighted.add(unpackSightings(result.sighted.states), shard)
    }
  }
}

/** Adds up; equal whatever the order of adding, as long as it is the same shards. */
export class Tally {
  readonly done = new Set<number>()
  readonly failed = new Map<number, string>()
  private readonly plan: CampaignPlan
  private readonly sums: readonly TargetSum[]
  private readonly spaces = new Map<number, number>()

  constructor(plan: CampaignPlan) {
    this.plan = plan
    this.sums = plan.targets.map(() => new TargetSum())
  }

  /** Takes a result in; a second one of the same shard is ignored. */
  add(shard: number, result: ShardResult): void {
    if (this.done.has(shard)) return
    this.done.add(shard)
    this.failed.delete(shard)
    this.sums[shard % this.plan.targets.length]?.add(shard, result)
  }

  fail(shard: number, reason: string): void {
    if (!this.done.has(shard)) this.failed.set(shard, reason)
  }

  searched({ target, states }: SearchedSpace): void {
    this.spaces.set(target, states)
  }

  isSearched(target: number): boolean {
    return this.spaces.has(target)
  }

  get runs(): number {
    return this.sums.reduce((sum, { runs }) => sum + runs, 0)
  }

  get violations(): number {
    return this.sums.reduce((sum, { outcomes }) => sum + countViolated(outcomes), 0)
  }

  get causes(): number {
    return this.sums.reduce((sum, { causes }) => sum + causes.size, 0)
  }

  get distinctOutcomes(): number {
    return this.sums.reduce((sum, { outcomes }) => sum + outcomes.size, 0)
  }

  get states(): number {
    return this.sums.reduce((sum, { sighted }) => sum + sighted.count, 0)
  }

  /** Whether every shard of the plan is done. */
  get isComplete(): boolean {
    const { runs } = this.plan
    return runs !== undefined && this.runs === runs * this.plan.targets.length
  }

  targets(): TargetTally[] {
    return this.plan.targets.map((target, index) => {
      const sum = this.sums[index] as TargetSum
      const violated = new Map<string, number>()
      for (const [outcome, count] of sum.outcomes) {
        for (const name of violatedIn(outcome)) violated.set(name, (violated.get(name) ?? 0) + count)
      }
      const space = sum.hasStates ? this.spaceOf(index, sum) : undefined
      return {
        name: targetName(target),
        kind: targetKind(target),
        runs: sum.runs,
        steps: sum.steps,
        outcomes: byName(sum.outcomes),
        violated: byName(violated),
        causes: [...sum.causes.values()]
          .map(({ shards, example }) => ({ property: example.property, cause: example.cause, shards, example }))
          .sort((a, b) => b.shards - a.shards || (`${a.property} ${a.cause}` < `${b.property} ${b.cause}` ? -1 : 1)),
        ...(space ? { space } : {}),
        curve: curveOf(sum),
      }
    })
  }

  private spaceOf(index: number, { runs, incidences, sighted }: TargetSum): SpaceShare {
    const of = this.spaces.get(index)
    if (of !== undefined && of > 0) return { seen: sighted.count, kind: 'exact', of, share: sighted.count / of }
    return estimateSpace(sighted.count, {
      runs,
      steps: 0,
      incidences,
      inOneRun: sighted.countOf(1),
      inTwoRuns: sighted.countOf(2),
      isComplete: sighted.isComplete,
    })
  }
}

/** Sums after each shard, in the order of the shards; thinned out. */
function curveOf({ sighted, runsOf }: TargetSum): CurvePoint[] {
  const fresh = sighted.firstSeen()
  const shards = [...runsOf.keys()].sort((a, b) => a - b)
  const every = Math.max(1, Math.ceil(shards.length / pointsMax))
  const points: CurvePoint[] = []
  let runs = 0
  let violated = 0
  let states = 0
  shards.forEach((shard, index) => {
    const [more, wrong] = runsOf.get(shard) as readonly [number, number]
    runs += more
    violated += wrong
    states += fresh.get(shard) ?? 0
    if ((index + 1) % every === 0 || index === shards.length - 1) points.push([runs, violated, states])
  })
  return points
}

function violatedIn(outcome: string): string[] {
  const at = outcome.indexOf(': ')
  return at < 0 ? [] : outcome.slice(at + 2).split(', ')
}

function countViolated(outcomes: Iterable<readonly [string, number]>): number {
  let count = 0
  for (const [outcome, runs] of outcomes) if (violatedIn(outcome).length > 0) count += runs
  return count
}

function byName(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Shards of a plan with so many runs that have no result. */
export function missingShards(plan: CampaignPlan, tally: Tally, end: number): number[] {
  const missing: number[] = []
  for (let number = 0; number < end; number++) {
    if (!tally.done.has(number) && shardOf(plan, number) !== undefined) missing.push(number)
  }
  return missing
}
