/** Fleet | what a thread of a campaign does: makes the target of a shard once, then runs shard after shard of it. */

import { UsageError } from '../base/errors.ts'
import { type CampaignPlan, planDigest, type Shard, type Target } from '../run/campaign/plan.ts'
import { createShardRunner, type ShardResult, type ShardRunner, subjectOfLitmus } from '../run/campaign/shard.ts'
import { type Answer, answering } from '../run/job.ts'
import type { Subject } from '../run/subject.ts'
import { loadSystems } from './load-systems.ts'

export interface ShardJob {
  readonly plan: CampaignPlan
  readonly shard: Shard
}

/** What this thread has learned, by plan and target. */
const runners = new Map<string, ShardRunner>()

/** Runs one shard. Never throws. */
export async function serveShard({ plan, shard }: ShardJob): Promise<Answer<ShardResult>> {
  const key = `${planDigest(plan)} ${shard.target}`
  const target = plan.targets[shard.target] as Target
  let subject: Subject | undefined
  if (!runners.has(key)) {
    try {
      subject = await subjectOfTarget(target)
    } catch (error) {
      return answering((): never => {
        throw error
      })(undefined)
    }
  }
  return answering((): ShardResult => {
    let runner = runners.get(key)
    if (runner === undefined) {
      runner = createShardRunner(plan, target, subject)
      runners.set(key, runner)
    }
    return runner.run(shard)
  })(undefined)
}

/** What a target is walked through; undefined for timed runs. */
export async function subjectOfTarget(target: Target): Promise<Subject | undefined> {
  if (target.kind === 'board') return undefined
  if (target.kind === 'litmus') return subjectOfLitmus(target)
  const systems = await loadSystems(target.file)
  const found = systems.find(({ id }) => id === target.id)
  if (found === undefined) throw new UsageError(`${target.file} exports no system ${target.id} any more`)
  if (found.digest !== target.digest) {
    throw new UsageError(`${target.file} has changed since the campaign began: its runs would not be the same`)
  }
  return found
}
