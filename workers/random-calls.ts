/** Workers | one run of random DMA calls, in a thread. */

import { answering } from '../src/run/job.ts'
import { runCalls } from '../src/run/random-calls.ts'

export default answering(runCalls)
