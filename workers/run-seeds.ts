/** Workers | one scenario over a range of seeds, in a thread. */

import { answering } from '../src/run/job.ts'
import { runSeeds } from '../src/run/seeds.ts'

export default answering(runSeeds)
