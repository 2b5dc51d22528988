/** Workers | one scenario with one edition, checked in a thread. */

import { comparePair } from '../src/run/compare.ts'
import { answering } from '../src/run/job.ts'

export default answering(comparePair)
