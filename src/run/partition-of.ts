/** Run | a subject as searches see it. */

import { Memories } from '../explore/remembered-reactions.ts'
import { SystemPartition } from '../explore/system-partition.ts'
import type { Subject } from './subject.ts'

/** Of machines whose reactions are known to be pure: what one search finds out about them, the next one knows. It holds on to no machine. */
const memories = new Memories()

/** @param spec instead of the subject's own */
export function partitionOf(subject: Subject, spec = subject.spec): SystemPartition {
  const { properties, deadlock, purity } = subject
  return new SystemPartition({
    spec,
    properties,
    observers: subject.observers(),
    ...(deadlock ? { deadlock } : {}),
    ...(purity === 'trust' ? { purity, memories } : {}),
  })
}
