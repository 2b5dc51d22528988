/** Run | the plan of a campaign: what is run, how it is drawn, and how it is cut into shards. Plain data. */

import { canonical, digest } from '../../base/canonical.ts'
import type { SampledStrategy } from '../../explore/sampler.ts'
import type { RunRequest } from '../options.ts'
import type { CheckRequest } from '../scenario-subject.ts'

/** Bumped when the same plan would mean other runs, or a journal of it another thing. */
export const campaignVersion = 1

/** Something that is run again and again. */
export type Target =
  /** Seeded timed runs on the board: whole frames. Run number n has the plan's seed plus n. */
  | ({ readonly kind: 'board'; readonly request: Omit<RunRequest, 'seed'> } & OwnOps)
  /** Walks through the state space of the litmus platform. */
  | ({ readonly kind: 'litmus'; readonly request: CheckRequest } & OwnOps)
  /** Walks through the state space of a litmus test, or of a system or scenario of the user's own. */
  | ({
      readonly kind: 'system'
      readonly id: string
      readonly file: string
      readonly digest: string
      /** What else was asked for; absent: nothing. */
      readonly request?: Omit<CheckRequest, 'scenario'>
    } & OwnOps)

/** Where the edition of the user's own is that a request names by its digest. */
interface OwnOps {
  readonly ops?: string
}

export interface CampaignPlan {
  readonly version: number
  readonly targets: readonly Target[]
  readonly strategy: SampledStrategy
  readonly seed: number
  /** Runs of each target; absent: until it is stopped. */
  readonly runs?: number
  /** The longest walk. */
  readonly stepsMax: number
  readonly bugDepth: number
  /** States that are searched beforehand, to know which share of them runs come through; 0: not at all. */
  readonly searchStatesMax: number
}

/** Runs of a shard: a second's work or less, so that little is lost with a thread. */
const shardRuns = { board: 2, litmus: 1000, system: 4000 } as const satisfies Record<Target['kind'], number>

/** A part of a campaign: runs `from` to `from + runs - 1` of one target. */
export interface Shard {
  readonly number: number
  readonly target: number
  readonly from: number
  readonly runs: number
}

/** Targets take turns; number n of a plan is always the same shard. Undefined: that target has no more runs. */
export function shardOf(plan: CampaignPlan, number: number): Shard | undefined {
  const target = number % plan.targets.length
  const size = shardRuns[(plan.targets[target] as Target).kind]
  const from = Math.floor(number / plan.targets.length) * size
  const { runs = Number.POSITIVE_INFINITY } = plan
  return from < runs ? { number, target, from, runs: Math.min(size, runs - from) } : undefined
}

/** Numbers of shards are below this; some below it may be none, where targets differ in size. */
export function shardsEnd(plan: CampaignPlan): number {
  const { runs = Number.POSITIVE_INFINITY, targets } = plan
  const most = Math.max(...targets.map(({ kind }) => Math.ceil(runs / shardRuns[kind])))
  return most * targets.length
}

/** What a target is called in reports: `conversion-doorbell (linux-3.6, -speculation)`. */
export function targetName(target: Target): string {
  const { edition, features } = target.request ?? {}
  const more = [edition, features].filter((text) => text !== undefined).join(', ')
  const name = target.kind === 'system' ? target.id : target.request.scenario
  return more === '' ? name : `${name} (${more})`
}

/** What kind of runs a target has, for reports. */
export function targetKind(target: Target): string {
  return target.kind === 'system' && target.file.endsWith('.litmus') ? 'litmus test' : target.kind
}

export function planDigest(plan: CampaignPlan): string {
  return digest(canonical(plan))
}
