/** Oracle | dma-debug's checks when a mapping begins: where its memory is, segments, overlaps, and room in its own tables. */

import { hex } from '../../base/bits.ts'
import { type History, pageAt } from '../history.ts'
import type { OracleConfig } from '../oracle.ts'
import type { DebugClassName } from './classes.ts'
import { addEntry, type DebugEntry, type DebugTable, type Reference, trackedLine } from './entries.ts'
import { type Finding, finding, noteMapped, type Site } from './findings.ts'

/** What map_single checks before it does anything: that the address is one of the linear mapping. */
export function checkAddress(config: OracleConfig, site: Site, reference: Reference): Finding[] {
  const { va } = reference
  const { linear, vmalloc } = config
  if (va >= linear.base && va - linear.base < linear.bytes) return []
  const isRemapped = va >= vmalloc.base && va - vmalloc.base < vmalloc.bytes
  const name = isRemapped ? 'map-vmalloc' : 'map-invalid-area'
  const likely = isRemapped ? 'memory of vmalloc or alloc is mapped by its kernel address' : 'the pointer is wild'
  const at = { device: reference.device, handle: va }
  return [finding(name, site, at, { did: 'mapped kernel address', expected: 'one of the linear mapping', likely })]
}

/** What is checked when the mapping is there; and its entry. `skipsSync`: the caller syncs by itself. */
export function checkMapped(
  table: DebugTable,
  history: History,
  config: OracleConfig,
  site: Site,
  entry: DebugEntry,
  options: { readonly skipsSync: boolean; readonly maxSegmentBytes: number; readonly segmentBoundary: number },
): Finding[] {
  const found: Finding[] = []
  const say = (name: DebugClassName, did: string, expected: string, likely: string, other?: DebugEntry) =>
    found.push(finding(name, site, entry, { did, expected, likely }, other))
  if (entry.kind !== 'coherent' && entry.kind !== 'resource') checkMemory(history, config, entry, say)
  if (entry.kind === 'sg') checkSegment(entry, options, say)
  track(table, config, site, entry, options.skipsSync, say)
  return found
}

type Say = (name: DebugClassName, did: string, expected: string, likely: string, other?: DebugEntry) => void

function checkMemory(history: History, config: OracleConfig, entry: DebugEntry, say: Say): void {
  const { addr, bytes } = entry
  if (pageAt(history, config, addr)?.owner === 'stack') {
    say('map-stack', `mapped the stack at ${hex(addr)} as`, 'memory of an allocator', 'a local variable is mapped')
  }
  for (let at = addr - (addr % config.pageBytes); at < addr + bytes; at += config.pageBytes) {
    if (pageAt(history, config, at)?.owner !== 'text') continue
    const likely = 'a constant or a function is mapped'
    say('map-text', `mapped kernel text at ${hex(at)} as`, 'memory of an allocator', likely)
    return
  }
}

function checkSegment(
  { handle, bytes }: DebugEntry,
  { maxSegmentBytes, segmentBoundary }: { readonly maxSegmentBytes: number; readonly segmentBoundary: number },
  say: Say,
): void {
  if (bytes > maxSegmentBytes) {
    const likely = 'the list was built, or merged, without asking for the limit'
    say('map-sg-length', `mapped a segment of ${bytes} bytes at`, `at most ${maxSegmentBytes}`, likely)
  }
  const last = handle + bytes - 1
  if (((handle ^ last) & ~segmentBoundary) !== 0) {
    const likely = 'the list was built, or merged, without asking for the boundary'
    say('map-sg-boundary', `mapped a segment that ends at ${hex(last)} at`, 'both on one side of a boundary', likely)
  }
}

/** More mappings of a line than this, besides the first, are not counted: three tags of a radix tree. */
const overlapsMax = 7 // HF-356

/** `add_dma_entry`: the tracking of lines, then the entry itself. */
function track(
  table: DebugTable,
  config: OracleConfig,
  site: Site,
  entry: DebugEntry,
  skipsSync: boolean,
  say: Say,
): void {
  const { entriesMax, linesMax } = config.dmaDebug
  if (table.entries.length >= entriesMax) {
    disable(table)
    say('entries-exhausted', 'mapped', `no more live mappings than ${entriesMax}`, 'mappings are forgotten')
    return
  }
  const line = trackedLine(entry, config.lineBytes)
  if (line >= 0) {
    const others = table.entries.filter((one) => trackedLine(one, config.lineBytes) === line)
    const first = others[0]
    if (others.length > overlapsMax) {
      const likely = 'mappings are not unmapped'
      say('map-overlap-count', `mapped once more the line of`, `at most ${overlapsMax + 1} mappings of it`, likely)
    } else if (first !== undefined && !skipsSync) {
      const likely = 'two mappings share memory, and each hand-over of one is wrong for the other'
      say('map-overlap', `mapped again the line of`, `the mapping at ${hex(first.handle)} to be gone`, likely, first)
    }
    if (first === undefined && linesTracked(table, config.lineBytes) >= linesMax) {
      disable(table)
      say('lines-exhausted', 'mapped', `no more mapped lines than ${linesMax}`, 'mappings are forgotten')
      return
    }
  }
  addEntry(table, entry)
  noteMapped(site, entry)
}

function linesTracked(table: DebugTable, lineBytes: number): number {
  const lines = table.entries.map((entry) => trackedLine(entry, lineBytes)).filter((line) => line >= 0)
  return new Set(lines).size
}

/** `global_disable`: nothing is known and nothing is said any more. */
function disable(table: DebugTable): void {
  table.disabled = true
  table.entries = []
}
