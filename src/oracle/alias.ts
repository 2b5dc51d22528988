/** Oracle | alias: no page is used through mappings of different memory types while a cache has another view of it. */

import type { CpuStored, LineFill, MemoryWrite, PageAlias, PageMapped } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import { type PageHistory, pageAt, wordFlag } from './history.ts'
import type { Oracle, StepInfo, View, Violate } from './oracle.ts'

type Nothing = Record<string, never>

const inL1 = wordFlag.l1 * 0xf

/** Reachable both past the caches and through them. */
function isMixed(page: PageHistory | null): page is PageHistory {
  return page !== null && page.uncachedAreas > 0 && (page.cachedAreas > 0 || !page.unaliased)
}

/** A mapping came: what is dirty in a cache now is dirty under both. */
function judgeDirty(event: PageMapped | PageAlias, violate: Violate, where: StepInfo, view: View): void {
  const { history, config } = view
  const page = pageAt(history, config, event.addr)
  if (page === null || !event.present || !willBeMixed(page, event)) return
  for (let offset = 0; offset < config.pageBytes; offset += 4) {
    const flags = page.flags.get(offset)
    const isDirty = (flags & (inL1 | wordFlag.l2)) !== 0 && page.newest.get(offset) !== page.memory.get(offset)
    if (!(flags & wordFlag.known) || !isDirty) continue
    const what = event.type === 'page.alias' ? 'its linear mapping was restored' : `it was mapped ${event.memory}`
    violate({
      message: `the page at ${hex(event.addr)} was dirty in a cache at ${hex(event.addr + offset)} when ${what} at step ${where.step}, expected no dirty line of a page with cacheable and non-cacheable mappings; likely its maintenance is missing, or the linear mapping was not removed`,
      addr: event.addr + offset,
    })
    return
  }
}

function willBeMixed(page: PageHistory, event: PageMapped | PageAlias): boolean {
  if (event.type === 'page.alias') return page.uncachedAreas > 0
  if (event.memory === 'cacheable') return page.uncachedAreas > 0
  return page.cachedAreas > 0 || !page.unaliased
}

/** A write that at least one cache with a copy of the line does not take part in. */
function written(_state: Nothing, event: CpuStored | MemoryWrite, violate: Violate, where: StepInfo, view: View): void {
  const { page, offset, device } = view
  if (!isMixed(page)) return
  const byCpu = event.type === 'cpu.stored'
  const who = byCpu ? `cpu${event.core}` : event.from
  if (byCpu && event.memory === 'cacheable') {
    violate({
      message: `${who} wrote ${hex(event.addr)} through a cacheable mapping at step ${where.step} while its page is mapped non-cacheable too, expected nobody to use that mapping; likely the linear mapping was not removed`,
      addr: event.addr,
    })
    return
  }
  if (!byCpu && device < 0) return
  // The outer cache takes the stores of cores in, whatever their type; what a device writes passes it by.
  const caches = byCpu ? inL1 : inL1 | wordFlag.l2
  for (let i = 0; i < event.data.length; i++) {
    const at = offset + i * 4
    if (!(page.flags.get(at) & caches) || page.newest.get(at) === event.data[i]) continue
    violate({
      message: `${who} wrote ${hex(event.addr + i * 4)} past the caches at step ${where.step} while one of them holds its line by another mapping of the page, expected no copy there; likely the cacheable mapping was not removed, or its line not dropped`,
      addr: event.addr + i * 4,
    })
    return
  }
}

/** A cache got a line of the page that is not what the other mapping shows. */
function filled(_state: Nothing, event: LineFill, violate: Violate, where: StepInfo, view: View): void {
  const { page, offset } = view
  if (event.cause === 'writeback' || !isMixed(page)) return
  for (let i = 0; i < event.data.length; i++) {
    const at = offset + i * 4
    const value = event.data[i] as number
    if (!(page.flags.get(at) & wordFlag.known) || page.newest.get(at) === value) continue
    violate({
      message: `${event.cache} was filled with ${hex(value)} for ${hex(event.addr + i * 4)} at step ${where.step} through a cacheable mapping while the page is mapped non-cacheable too and holds ${hex(page.newest.get(at))}, expected no such copy; likely the linear mapping was not removed`,
      addr: event.addr + i * 4,
    })
    return
  }
}

/** It needs no state of its own: the history holds the mappings of each page. */
export const alias: Oracle<Nothing> = {
  name: 'alias',
  always: 'no cache has another view of a page that is also used past the caches',
  description:
    'a page has a cacheable and a non-cacheable mapping, and a line of it is dirty in a cache, or a cache has or gets a copy that differs from what the other mapping shows',
  definition:
    'a page has a cacheable mapping (the linear one, unless it was removed, or an area; in litmus tests a `va` page, where no mmu translates) and a non-cacheable area, and: a line of it is dirty in a cache when the second of the two comes; or a core stores through the cacheable one; or a core stores past the L1s, or a device writes, a word of which a cache has a copy; or a cache is filled with something else than the newest value',
  notJudged: 'stale lines that a cache held before the page was mapped twice',
  init: () => ({}),
  on: {
    'page.mapped': (_state, event, violate, where, view) => judgeDirty(event, violate, where, view),
    'page.alias': (_state, event, violate, where, view) => judgeDirty(event, violate, where, view),
    'cpu.stored': written,
    'memory.write': written,
    'line.fill': filled,
  },
}
