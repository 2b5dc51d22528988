/** CPU | the memory types of accesses by number: those of mappings, and one that only a program names. */

import { memoryTypes } from '../os/calls.ts'
import type { MemoryType } from '../protocol.ts'

/** By number; the first ones as in `memoryTypes`. */
export const accessMemory: readonly MemoryType[] = [...memoryTypes, 'strongly-ordered']

/** Numbers of the types that cores treat differently. */
export const memoryNumbers = {
  cacheable: accessMemory.indexOf('cacheable'),
  nonCacheable: accessMemory.indexOf('non-cacheable'),
  stronglyOrdered: accessMemory.indexOf('strongly-ordered'),
  /** Of an instruction that leaves it to the mapping. */
  asMapped: -1,
} as const
