/** Machines | kinds of memory and of cache maintenance, as messages and events both name them. */

/** ARMv7 memory type of an access: Normal write-back cacheable, Normal non-cacheable (bufferable), or Strongly-ordered. */
export type MemoryType = 'cacheable' | 'non-cacheable' | 'strongly-ordered'

/** Cache maintenance by line. A TLB is only ever invalidated. */
export type MaintenanceOp = 'clean' | 'invalidate' | 'clean-invalidate'

/** What a program can have done to a line of one cache. `evict`: what replacement does to a line; no part has an instruction for it. */
export type LineOp = MaintenanceOp | 'evict'
