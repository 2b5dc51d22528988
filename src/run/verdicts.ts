/** Run | what answers mean: of searches, of litmus tests against what they expect, and of single runs. */

import type { VerdictName } from './check.ts'
import type { LitmusOutcome } from './litmus-check.ts'
import type { RunVerdict } from './run.ts'

export interface VerdictMeaning {
  /** As reports print it. */
  readonly printed: string
  readonly means: string
  readonly exitCode: 0 | 1 | 3
}

/** Of `check`: scenarios, systems, and every case of a litmus test. */
export const checkVerdicts = {
  holds: {
    printed: 'holds (exhaustive, N states)',
    means: 'proven: nothing was left to explore, and nothing undecided',
    exitCode: 0,
  },
  violated: {
    printed: 'violated: …',
    means:
      'something is; each violated property has a run, its replay line, whether it is a shortest one, and the point of no return: the last step before which it could still have ended well',
    exitCode: 1,
  },
  'not found': {
    printed: 'not found (bounded: …)',
    means: 'nothing was found; a bound ended the search, samples are no proof, or something is not decided',
    exitCode: 3,
  },
} as const satisfies Record<VerdictName, VerdictMeaning>

/** Of a case of a litmus test; what counts is this, not the verdict of its search. */
export const litmusVerdicts = {
  met: { printed: 'as expected', means: 'the search came out as the test says', exitCode: 0 },
  unmet: {
    printed: 'NOT as expected',
    means: 'something is violated that should hold, holds that should be violated, or is violated besides',
    exitCode: 1,
  },
  open: {
    printed: 'not decided',
    means: 'the search met a bound before it could say whether the test is right',
    exitCode: 3,
  },
  unsaid: {
    printed: 'nothing expected',
    means: 'the test does not say what should come out; the verdict of the search counts',
    exitCode: 0,
  },
} as const satisfies Record<LitmusOutcome['met'], VerdictMeaning>

/** Of one run. */
export const runVerdicts = {
  clean: {
    printed: 'clean',
    means: 'this one schedule violated nothing and every program ended; no proof, for other seeds take other orders',
    exitCode: 0,
  },
  violated: {
    printed: 'violated',
    means: 'an oracle was violated in this run; the first violation of each is reported',
    exitCode: 1,
  },
  bounded: { printed: 'bounded', means: 'a bound was reached before every program had ended', exitCode: 3 },
} as const satisfies Record<RunVerdict, VerdictMeaning>
