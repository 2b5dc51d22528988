/** Fleet | runs a campaign: hands shards to threads, writes their results down, goes on after what went wrong. */

import { InterruptedError, UsageError } from '../base/errors.ts'
import { breadthFirst } from '../explore/breadth-first.ts'
import { type CampaignPlan, type Shard, shardOf, shardsEnd, type Target } from '../run/campaign/plan.ts'
import { partitionOf } from '../run/campaign/shard.ts'
import type { Tally } from '../run/campaign/tally.ts'
import { openPool } from '../run/pool.ts'
import type { Subject } from '../run/subject.ts'
import type { Entry, Journal } from './journal.ts'
import { RateLog } from './rates.ts'
import { loadTarget } from './serve-shard.ts'

/** How a campaign is run; none of it changes what its runs come to. */
export interface DriveOptions {
  readonly threads: number
  /** Stop giving out shards after this time. */
  readonly timeMs: number
  /** A shard that takes longer fails. */
  readonly shardMs: number
  /** Heap of each thread. */
  readonly memoryMB: number
  readonly interrupt: AbortSignal
  /** Told after each shard. */
  readonly onProgress?: (progress: CampaignProgress) => void
}

export interface CampaignProgress {
  readonly tally: Tally
  readonly runs: number
  /** Of this process. */
  readonly runsPerSecond: number
  readonly seconds: number
  /** Shards done, and how many there are to do in all; undefined without end. */
  readonly shards: number
  readonly shardsEnd: number | undefined
}

/** A shard is tried so often before it counts as failed. */
const triesMax = 2

/** Takes an entry of a journal into a tally. */
export function take(tally: Tally, entry: Entry): void {
  if (entry.kind === 'shard') tally.add(entry.shard, entry.result)
  else if (entry.kind === 'failed') tally.fail(entry.shard, entry.reason)
  else tally.searched(entry)
}

/** Makes every target, so that what is wrong with one is said before anything is written. */
export function makeSubjects(plan: CampaignPlan): Promise<(Subject | undefined)[]> {
  return Promise.all(plan.targets.map(async (target: Target) => (await loadTarget(target)).subject))
}

/**
 * Runs what is missing. Results are written down as they come; the tally is the same in the end whatever their order.
 * @throws InterruptedError after what was done is written down.
 */
export async function drive(
  plan: CampaignPlan,
  subjects: readonly (Subject | undefined)[],
  tally: Tally,
  journal: Journal,
  options: DriveOptions,
): Promise<void> {
  const keep = (entry: Entry): void => {
    journal.add(entry)
    take(tally, entry)
  }
  const startMs = performance.now()
  const runsBefore = tally.runs
  for (const [target, states] of searchSpaces(plan, subjects, tally, options.interrupt)) {
    keep({ kind: 'space', target, states })
  }
  const rates = new RateLog(journal.directory)
  const pool = openPool('campaign', { maxThreads: options.threads, memoryMB: options.memoryMB })
  const end = plan.runs === undefined ? undefined : shardsEnd(plan)
  let next = 0
  let broken: unknown
  const isOver = (): boolean =>
    broken !== undefined || options.interrupt.aborted || performance.now() - startMs > options.timeMs
  const nextShard = (): Shard | undefined => {
    for (; end === undefined || next < end; next++) {
      if (tally.done.has(next)) continue
      const shard = shardOf(plan, next)
      if (shard !== undefined) {
        next++
        return shard
      }
    }
    return undefined
  }
  const progress = (): void => {
    const seconds = (performance.now() - startMs) / 1000
    const { runs } = tally
    options.onProgress?.({
      tally,
      runs,
      runsPerSecond: (runs - runsBefore) / seconds,
      seconds,
      shards: tally.done.size,
      shardsEnd: end,
    })
  }
  /** One lane for each thread: the next shard is given out when the one before is done. */
  const lane = async (thread: number): Promise<void> => {
    while (!isOver()) {
      const shard = nextShard()
      if (shard === undefined) return
      for (let attempt = 1; !isOver(); attempt++) {
        try {
          const result = await pool.run({ plan, shard }, options.shardMs)
          if (options.interrupt.aborted) return
          keep({ kind: 'shard', shard: shard.number, result })
          rates.add(thread, (performance.now() - startMs) / 1000, shard.runs)
          break
        } catch (error) {
          if (options.interrupt.aborted) return
          // What is wrong with the target is wrong with all its shards; what is wrong with the disk, with everything.
          if (error instanceof UsageError) throw error
          if (attempt < triesMax) continue
          keep({ kind: 'failed', shard: shard.number, reason: firstLine(error) })
          break
        }
      }
      progress()
    }
  }
  const lanes = Array.from({ length: options.threads }, (_, thread) =>
    lane(thread).catch((error: unknown) => {
      broken ??= error
    }),
  )
  const interrupted = new Promise<void>((resolve) => {
    if (options.interrupt.aborted) resolve()
    else options.interrupt.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    await Promise.race([Promise.all(lanes), interrupted])
  } finally {
    await pool.close()
    await Promise.all(lanes)
    rates.close()
    journal.close()
  }
  if (broken !== undefined) throw broken
  if (options.interrupt.aborted) throw new InterruptedError('interrupted')
}

/** How many states there are, of each target that is not known and has few enough; 0: too many. */
function* searchSpaces(
  { searchStatesMax, targets }: CampaignPlan,
  subjects: readonly (Subject | undefined)[],
  tally: Tally,
  interrupt: AbortSignal,
): Generator<[target: number, states: number]> {
  if (searchStatesMax === 0) return
  for (let target = 0; target < targets.length; target++) {
    const subject = subjects[target]
    if (subject === undefined || tally.isSearched(target) || interrupt.aborted) continue
    const { end, states } = breadthFirst.search(partitionOf(subject), { statesMax: searchStatesMax })
    yield [target, end === 'exhausted' ? states : 0]
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] as string).replace(/^internal: /, '')
}
