/** Run | what crosses between threads: a job's answer as plain data, its errors told apart on the other side. */

import { InternalError, LimitError, UsageError } from '../base/errors.ts'

/** Result of a job, or why there is none. Errors lose their class on the way between threads, so they travel as text. */
export type Answer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly kind: 'usage' | 'limit' | 'internal'; readonly message: string }

/** Wraps the work of a worker thread: never throws. */
export function answering<Job, Result>(work: (job: Job) => Result): (job: Job) => Answer<Result> {
  return (job) => {
    try {
      return { ok: true, result: work(job) }
    } catch (error) {
      if (error instanceof UsageError) return { ok: false, kind: 'usage', message: error.message }
      if (error instanceof LimitError) return { ok: false, kind: 'limit', message: error.message }
      return {
        ok: false,
        kind: 'internal',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }
    }
  }
}

/** The result, or the error that the worker met, of the same kind. */
export function resultOf<Result>(answer: Answer<Result>): Result {
  if (answer.ok) return answer.result
  const { kind, message } = answer
  if (kind === 'usage') throw new UsageError(message)
  if (kind === 'limit') throw new LimitError(message)
  throw new InternalError(`a worker failed: ${message}`)
}
