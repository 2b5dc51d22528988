/** Scenario | comparisons: what editions say whose table has no method: a jump to address 0, and what is left then. */

import type { OracleName } from '../../oracle/index.ts'

/** The first is the missing method itself; what the thread held stays held. */
export const oops: readonly OracleName[] = ['api', 'leak', 'progress']
