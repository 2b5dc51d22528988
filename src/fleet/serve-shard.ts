/** Fleet | what a thread of a campaign does: makes the target of a shard once, then runs shard after shard of it. */

import { UsageError } from '../base/errors.ts'
import { type CampaignPlan, planDigest, type Shard, type Target } from '../run/campaign/plan.ts'
import { createShardRunner, type ShardResult, type ShardRunner, type TargetAtHand } from '../run/campaign/shard.ts'
import { type Answer, answering } from '../run/job.ts'
import { resolveOptions } from '../run/options.ts'
import { subjectOfScenario } from '../run/scenario-subject.ts'
import { loadEdition } from './load-edition.ts'
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
  let atHand: TargetAtHand = {}
  if (!runners.has(key)) {
    try {
      atHand = await loadTarget(target)
    } catch (error) {
      return answering((): never => {
        throw error
      })(undefined)
    }
  }
  return answering((): ShardResult => {
    let runner = runners.get(key)
    if (runner === undefined) {
      runner = createShardRunner(plan, target, atHand)
      runners.set(key, runner)
    }
    return runner.run(shard)
  })(undefined)
}

/** Loads what a target names. Usage errors: it is not there, has changed, or is none. */
export async function loadTarget(target: Target): Promise<TargetAtHand> {
  const own = target.ops === undefined ? undefined : await loadEdition(target.ops)
  const edition = own ? { own } : {}
  if (own !== undefined && own.digest !== target.request?.ops) throw changed(own.file)
  if (target.kind === 'board') {
    resolveOptions(target.request, undefined, own)
    return edition
  }
  if (target.kind === 'litmus') return { subject: subjectOfScenario(target.request, undefined, own), ...edition }
  const systems = await loadSystems(target.file, { ...(target.request ? { request: target.request } : {}), own })
  const subject = systems.find(({ id }) => id === target.id)
  if (subject === undefined) throw new UsageError(`${target.file} exports no system ${target.id} any more`)
  if (subject.digest !== target.digest) throw changed(target.file)
  return { subject, ...edition }
}

function changed(file: string): UsageError {
  return new UsageError(`${file} has changed since the campaign began: its runs would not be the same`)
}
