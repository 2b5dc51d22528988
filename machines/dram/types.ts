/** DRAM | configuration, context and messages. */

import type { Bytes } from '../../src/base/bytes.ts'
import type { ReadReq, WriteReq } from '../protocol.ts'

/** How the memory is cut into rows. A single row leaves no row states to search. */
export interface Rows {
  /** Power of two. */
  readonly banks: number
  /** Bytes of a row, a power of two. */
  readonly rowBytes: number
}

export interface DramConfig {
  readonly id: string
  /** Physical address of the first byte. */
  readonly base: number
  /** Size; a multiple of 4. */
  readonly bytes: number
  /** Banks and row size; from the size of the memory when absent: one row that holds it all if it is small. */
  readonly rows?: Rows
  /** What memory holds at reset, from `base` on; the rest is zero. At most `bytes` long. */
  readonly image?: Bytes
  /** Memory keeps the exclusive accesses of cores apart; else it refuses them. Default true. */
  readonly globalMonitor?: boolean
}

export interface DramContext {
  memory: Bytes
  /** Open row of each bank; -1: precharged. */
  openRows: number[]
  /** By core: the block that its last load-exclusive read, until somebody writes there; -1: none. */
  monitors: number[]
}

export type DramMessage = ReadReq | WriteReq
