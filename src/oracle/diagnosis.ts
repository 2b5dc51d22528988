/** Oracle | diagnosis: who wrote each line at which step, and sentences about it; no verdict depends on it. */

import { hex } from '../base/bits.ts'
import { Bytes } from '../base/bytes.ts'
import { firstDevice, type History, pageAt, pendingValue, wordFlag, writerOf } from './history.ts'
import type { OracleConfig } from './oracle.ts'

/** Steps of the last writers. Kept apart from the history, so that a search can leave it out. */
export interface Diagnosis {
  /** Step of the last write to each line of DRAM, one int each; 0: none. */
  readonly steps: Bytes
  /** Where live mappings were made: device, kind and handle → a phrase. */
  readonly mapped: Map<string, string>
  /** dma-debug's `error_count`: all errors, shown or not. */
  debugErrors: number
}

export function initDiagnosis(config: OracleConfig): Diagnosis {
  return { steps: new Bytes(Math.ceil(config.dram.bytes / config.lineBytes) * 4), mapped: new Map(), debugErrors: 0 }
}

/** Offset in `steps` of the line of `addr`. */
function lineOffset(config: OracleConfig, addr: number): number {
  return (((addr - config.dram.base) / config.lineBytes) | 0) * 4
}

/** Notes a write to the line of `addr`. */
export function noteWrite(diagnosis: Diagnosis, config: OracleConfig, addr: number, step: number): void {
  diagnosis.steps.set(lineOffset(config, addr), step)
}

/** Name of a writer number. */
export function writerName(config: OracleConfig, writer: number): string {
  return writer < firstDevice ? `cpu${writer}` : (config.devices[writer - firstDevice] ?? 'a device')
}

/** Where the newest value of a word is, as a phrase. */
function whereabouts(config: OracleConfig, flags: number, landed: boolean): string {
  const places: string[] = []
  for (let core = 0; core < config.cores; core++) if (flags & (wordFlag.l1 << core)) places.push(`l1d${core}`)
  if (flags & wordFlag.l2) places.push('l2')
  if (flags & wordFlag.towardsL2) places.push('a buffer before l2')
  if (flags & wordFlag.moving) places.push('a transfer between cores')
  if (flags & wordFlag.towardsMemory) places.push('a buffer between l2 and memory')
  if (landed) places.push('memory')
  return places.length > 0 ? `it is in ${places.join(', ')}` : 'no copy of it is left'
}

/** As `describeWord`, for what `core` expects: its own store buffer comes first. */
export function describeFor(
  history: History,
  diagnosis: Diagnosis,
  config: OracleConfig,
  core: number,
  addr: number,
): string {
  const own = pendingValue(history, core, addr)
  if (own === undefined) return describeWord(history, diagnosis, config, addr)
  return `cpu${core} stored ${hex(own)}, which is still in its store buffer`
}

/** "cpu0 wrote 0xab at step 9; it is in l1d0", or nothing if the word is not known. */
export function describeWord(history: History, diagnosis: Diagnosis, config: OracleConfig, addr: number): string {
  const page = pageAt(history, config, addr)
  if (page === null) return 'nothing is known of this word'
  const offset = (addr - config.dram.base) % config.pageBytes
  const flags = page.flags.get(offset)
  if (!(flags & wordFlag.known)) return 'nothing is known of this word'
  const step = diagnosis.steps.get(lineOffset(config, addr))
  const value = page.newest.get(offset)
  const when = step === 0 ? '' : ` at step ${step}`
  const landed = page.memory.get(offset) === value
  return `${writerName(config, writerOf(flags))} wrote ${hex(value)}${when}; ${whereabouts(config, flags, landed)}`
}
