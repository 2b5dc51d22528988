/** Machines | kinds of memory and of cache maintenance, as messages and events both name them. */

/** ARMv7 memory type of an access: Normal write-back cacheable, or Normal non-cacheable (bufferable). */
export type MemoryType = 'cacheable' | 'non-cacheable'

/** Cache maintenance by line. A TLB is only ever invalidated. */
export type MaintenanceOp = 'clean' | 'invalidate' | 'clean-invalidate'
