/** Run | the thread pool: jobs in, results out in the order of the jobs, whatever the number of threads. */

import { Piscina } from 'piscina'
import { InternalError } from '../base/errors.ts'
import { type Answer, resultOf } from './job.ts'
import type { SeedOutcome, SeedsJob } from './seeds.ts'

/** The job and the result of every kind of worker. */
export interface WorkerTypes {
  readonly 'run-seeds': { readonly job: SeedsJob; readonly result: readonly SeedOutcome[] }
}

export type WorkerName = keyof WorkerTypes

const workerFiles = {
  'run-seeds': new URL('../../workers/run-seeds.ts', import.meta.url),
} as const satisfies Record<WorkerName, URL>

/** Teaches a thread TypeScript, wherever the process was started. */
const typescript = new URL('../../bin/typescript.js', import.meta.url)

export interface PoolOptions {
  /** Threads that run jobs at the same time. */
  readonly maxThreads: number
}

/**
 * Runs every job in a thread of a pool made for them, one job a thread at a time. A job that fails ends the others: the
 * first failure in the order of the jobs that was known by then is thrown, a usage error as a usage error.
 */
export async function runJobs<Name extends WorkerName>(
  worker: Name,
  jobs: readonly WorkerTypes[Name]['job'][],
  { maxThreads }: PoolOptions,
): Promise<WorkerTypes[Name]['result'][]> {
  const threads = Math.max(1, Math.min(maxThreads, jobs.length))
  const pool = new Piscina({
    filename: workerFiles[worker].href,
    execArgv: ['--import', typescript.href],
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  })
  // A thread that dies between two jobs is reported here and nowhere else.
  let lost: unknown
  pool.on('error', (error: unknown) => {
    lost ??= error
  })
  try {
    return await Promise.all(
      jobs.map(async (job) => {
        const answer: Answer<WorkerTypes[Name]['result']> = await pool.run(job)
        return resultOf(answer)
      }),
    )
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error) throw error
    throw new InternalError(`a worker thread of ${worker} was lost: ${String(error)}`, { cause: lost ?? error })
  } finally {
    await pool.destroy()
  }
}
