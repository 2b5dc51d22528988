/** Oracle | dma-debug's table of live mappings, and how it finds the one that a call means. */

import type { MappingKind } from '../../dma/marks.ts'
import type { Direction } from '../history.ts'

/** One live mapping; a scatter list has one for each segment. */
export interface DebugEntry {
  readonly device: string
  readonly kind: MappingKind
  readonly handle: number
  readonly bytes: number
  readonly direction: Direction
  /** Entries that map_sg was given, 0 for other kinds. */
  readonly entries: number
  /** Kernel address of coherent memory, 0 for other kinds. */
  readonly va: number
  /** Physical address of the first byte. */
  readonly addr: number
  /** `single`, `page` and `resource` have to be tested with mapping_error; what need not be, counts as tested. */
  checked: boolean
}

/** What dma-debug knows. A part of the observed state. */
export interface DebugTable {
  /** By handle, oldest first among equal ones. */
  entries: DebugEntry[]
  /** Coherent masks that devices were given; without one it is 32 bits. */
  masks: { device: string; mask: number }[]
  /** It ran out of memory and sees nothing any more. */
  disabled: boolean
  /** An edition calls the hooks itself. */
  used: boolean
  /** With `show: 'first'`: an error was shown. */
  shown: boolean
}

/** What a call names: the same fields as an entry, as far as the call gives them. */
export type Reference = Omit<DebugEntry, 'checked'>

export function initDebugTable(): DebugTable {
  return { entries: [], masks: [], disabled: false, used: false, shown: false }
}

/** Inserts behind all entries of the same or a lower handle: the order among different ones means nothing. */
export function addEntry(table: DebugTable, entry: DebugEntry): void {
  let at = table.entries.length
  while (at > 0 && (table.entries[at - 1] as DebugEntry).handle > entry.handle) at--
  table.entries.splice(at, 0, entry)
}

export function removeEntry(table: DebugTable, entry: DebugEntry): void {
  table.entries.splice(table.entries.indexOf(entry), 1)
}

/** In how many of four respects an entry is what the call means. */
function likeness(entry: DebugEntry, { bytes, kind, direction, entries }: Reference): number {
  return (
    Number(entry.bytes === bytes) +
    Number(entry.kind === kind) +
    Number(entry.direction === direction) +
    Number(entry.entries === entries)
  )
}

const perfect = 4

/** `__hash_bucket_find`: a perfect fit at once; else the only candidate; of several imperfect ones none. */
function bestFit(candidates: readonly DebugEntry[], reference: Reference): DebugEntry | undefined {
  const exact = candidates.find((entry) => likeness(entry, reference) === perfect)
  return exact ?? (candidates.length === 1 ? candidates[0] : undefined)
}

/** `bucket_find_exact`: same device, same DMA address. */
export function findExact(table: DebugTable, reference: Reference): DebugEntry | undefined {
  const { device, handle } = reference
  const candidates = table.entries.filter((entry) => entry.device === device && entry.handle === handle)
  return bestFit(candidates, reference)
}

/** `bucket_find_contain`: same device, all of the range inside; if there is none, those that the range begins in. */
export function findContaining(table: DebugTable, reference: Reference): DebugEntry | undefined {
  const { device, handle, bytes } = reference
  const begins = table.entries.filter(
    (entry) => entry.device === device && entry.handle <= handle && handle < entry.handle + entry.bytes,
  )
  const contains = begins.filter((entry) => handle + bytes <= entry.handle + entry.bytes)
  return bestFit(contains.length > 0 ? contains : begins, reference)
}

/** Number of the line that tracking keys a mapping by, -1 for what is not tracked: the device only reads it. */
export function trackedLine(entry: Pick<DebugEntry, 'direction' | 'addr'>, lineBytes: number): number {
  return entry.direction === toDevice ? -1 : Math.floor(entry.addr / lineBytes)
}

const toDevice = 1
