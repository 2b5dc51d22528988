/** Run | a scenario as something to check: its litmus platform, watched by the oracles. */

import { UsageError } from '../base/errors.ts'
import type { Subject } from './subject.ts'

export function subjectOfScenario(request: { readonly scenario: string; readonly features?: string }): Subject {
  throw new UsageError(`${request.scenario} cannot be checked yet`)
}
