/** Run | a check with a limit of time. */

import type { SearchProgress } from '../explore/strategy.ts'
import { type CheckOptions, check, type Verdict } from './check.ts'
import type { Subject } from './subject.ts'

/**
 * @param limitMs of the search; infinity: none. A verdict that it was needed for says so.
 * @param tell gets how far the search is, and the milliseconds since it began
 */
export function checkWithin(
  subject: Subject,
  options: CheckOptions,
  limitMs: number,
  tell: (progress: SearchProgress, ms: number) => void = () => {},
): Verdict {
  const startMs = performance.now()
  const verdict = check(subject, {
    ...options,
    stop: (progress) => {
      const ms = performance.now() - startMs
      tell(progress, ms)
      return ms > limitMs
    },
  })
  if (verdict.end !== 'stopped') return verdict
  return { ...verdict, notes: [...verdict.notes, 'a result that depends on a time limit does not repeat'] }
}
