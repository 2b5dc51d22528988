/** Workers | the cases of one litmus test, checked in a thread. */

import { answering } from '../src/run/job.ts'
import { checkCases } from '../src/run/litmus-check.ts'

export default answering(checkCases)
