/** DRAM | which bytes exist, and which row and bank they stand in; pure functions. */

import type { DramConfig, Rows } from './types.ts'

const boardBanks = 8 // HF-240
const boardRowBytes = 8192 // HF-241

/** Whether `words` words from `addr` on exist; if not, the answer is an error: HF-242. */
export function isInRange(config: DramConfig, addr: number, words: number): boolean {
  const offset = addr - config.base
  return offset >= 0 && offset + words * 4 <= config.bytes
}

/** The rows of the configuration, or those that its size suggests: banks only where there is more than one row. */
export function rowsOf(config: DramConfig): Rows {
  if (config.rows !== undefined) return config.rows
  if (config.bytes > boardRowBytes) return { banks: boardBanks, rowBytes: boardRowBytes }
  return { banks: 1, rowBytes: 2 ** Math.ceil(Math.log2(config.bytes)) }
}

/** Row of the byte at `addr`, counted over all banks. */
export function rowOf(base: number, rows: Rows, addr: number): number {
  return Math.floor((addr - base) / rows.rowBytes)
}

/** Bank of a row: neighbouring rows stand in different banks. */
export function bankOf(rows: Rows, row: number): number {
  return row & (rows.banks - 1)
}
