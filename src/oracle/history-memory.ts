/** Oracle | history of memory: how stores, fills, write-backs and landings change what is known of each word. */

import type {
  CpuStore,
  CpuStored,
  LineDrop,
  LineFill,
  LineWriteback,
  MemoryWrite,
  PageAlias,
  PageMapped,
  PageOwner,
} from '../../machines/protocol.ts'
import { type Diagnosis, noteWrite } from './diagnosis.ts'
import {
  firstDevice,
  forgetDropped,
  type History,
  type Overtaken,
  openPage,
  type PageHistory,
  type PendingStores,
  wordFlag,
  writtenBy,
} from './history.ts'
import { dropPlaces } from './history-buffers.ts'
import { arrive, heading, isOnWay, setOut } from './on-way.ts'
import type { OracleConfig, View } from './oracle.ts'

/** Bit of `cache` in the flags of a word: `l2`, else an L1 named after its core (`l1d0`). */
export function holderBit(cache: string): number {
  return cache === 'l2' ? wordFlag.l2 : wordFlag.l1 << (cache.charCodeAt(cache.length - 1) - 48)
}

/** A store executed: its value is in the store buffer of its core. */
export function storeExecuted({ history, config, page }: View, event: CpuStore): void {
  if (page === null) openPage(history, config, event.addr)
  const { runs } = history.pending[event.core] as PendingStores
  runs.push(event.addr, event.data.length)
  for (let i = 0; i < event.data.length; i++) runs.push(event.data[i] as number)
  forgetOvertaken(history, event.core)
}

/** Takes a performed store out of a list of runs: the oldest one that equals it. Whether there is one. */
function takeEqual(runs: number[], event: CpuStored): boolean {
  const count = event.data.length
  for (let i = 0; i < runs.length; i += 2 + (runs[i + 1] as number)) {
    if (runs[i] !== event.addr || runs[i + 1] !== count || !sameData(runs, i + 2, event.data)) continue
    remove(runs, i, 2 + count)
    return true
  }
  return false
}

/** Takes a performed store out of the store buffer: the oldest equal run, else every run that it covers (merged stores). */
function takePending({ runs }: PendingStores, event: CpuStored): void {
  if (takeEqual(runs, event)) return
  const count = event.data.length
  const end = event.addr + count * 4
  for (let i = 0; i < runs.length; ) {
    const start = runs[i] as number
    const length = 2 + (runs[i + 1] as number)
    if (start >= event.addr && start + (length - 2) * 4 <= end) remove(runs, i, length)
    else i += length
  }
}

function sameData(runs: readonly number[], from: number, data: readonly number[]): boolean {
  for (let i = 0; i < data.length; i++) if (runs[from + i] !== data[i]) return false
  return true
}

/** `splice` without the array that it returns. */
function remove(list: number[], from: number, count: number): void {
  for (let i = from + count; i < list.length; i++) list[i - count] = list[i] as number
  // Popping a few elements is much cheaper than setting a length.
  for (let i = 0; i < count; i++) list.pop()
}

/** A store performed: its words are the newest ones, in the L1 of the core or on their way to the outer cache. */
export function storePerformed(view: View, event: CpuStored, step: number): void {
  const { history, config, diagnosis, offset: base } = view
  const { core, addr, data } = event
  const pending = history.pending[core] as PendingStores
  const isFormer = pending.former.length > 0 && takeEqual(pending.former, event)
  if (!isFormer) takePending(pending, event)
  const page = view.page ?? openPage(history, config, addr)
  if (page === null) return
  noteWrite(diagnosis, config, addr, step)
  const isCacheable = event.memory === 'cacheable'
  if (!isCacheable) setOut(page.onWay, config.lineBytes, addr, data, heading.l2)
  const holder = isCacheable ? wordFlag.l1 << core : wordFlag.towardsL2
  const written = writtenBy(core)
  const { newest, flags } = page
  if (isFormer) {
    newest.fill(base, data.length, 0)
    flags.fill(base, data.length, 0)
    return
  }
  const watched = config.cores > 1 && page.places.length > 0
  for (let i = 0; i < data.length; i++) {
    const offset = base + i * 4
    const value = data[i] as number
    const before = flags.get(offset)
    // Stored again: other copies of the value are as good as this one.
    const copies = before & wordFlag.known && newest.get(offset) === value ? before & wordFlag.holders : 0
    if (watched && before & wordFlag.known && newest.get(offset) !== value)
      noteOvertaken(history, core, addr + i * 4, newest.get(offset))
    newest.set(offset, value)
    flags.set(offset, written | copies | holder)
  }
}

/**
 * Old values kept for one core. A load is judged when its value arrives at the core; another core's store may have been
 * performed since the L1 answered. More than this many replaced words within one load are not waited for.
 */
const overtakenMax = 32

function noteOvertaken(history: History, storer: number, addr: number, old: number): void {
  for (let core = 0; core < history.overtaken.length; core++) {
    if (core === storer) continue
    const { pairs } = history.overtaken[core] as Overtaken
    if (pairs.length >= overtakenMax * 2) remove(pairs, 0, 2)
    pairs.push(addr, old)
  }
}

/** The core has executed something, so that no load of it is under way. */
export function forgetOvertaken(history: History, core: number): void {
  const overtaken = history.overtaken[core] as Overtaken
  if (overtaken.pairs.length > 0) overtaken.pairs.length = 0
}

/**
 * A write landed in memory: from a device it is the newest value, from a cache it is a copy on its way down. A coherent one is on
 * its way to the outer cache only.
 */
export function writeLanded(view: View, event: MemoryWrite, step: number): void {
  const { history, config, diagnosis, device, offset: base } = view
  const page = view.page ?? openPage(history, config, event.addr)
  if (page === null) return
  const { data } = event
  const isCoherent = event.coherent === true
  if (!isCoherent) page.memory.write(base, data)
  const { newest, flags } = page
  if (device < 0) {
    arrive(page.onWay, event.addr, data, 'memory')
    const landed = ~(wordFlag.towardsL2 | wordFlag.towardsMemory | wordFlag.moving)
    for (let i = 0; i < data.length; i++) {
      const offset = base + i * 4
      const value = data[i] as number
      if (newest.get(offset) !== value || isOnWay(page.onWay, event.addr + i * 4, value, 'anywhere')) continue
      flags.set(offset, flags.get(offset) & landed)
    }
    return
  }
  if (isCoherent) setOut(page.onWay, config.lineBytes, event.addr, data, heading.l2)
  noteLanding(diagnosis, config, event, step)
  const written = writtenBy(firstDevice + device) | (isCoherent ? wordFlag.towardsL2 : 0)
  const { known, holders } = wordFlag
  for (let i = 0; i < data.length; i++) {
    const offset = base + i * 4
    const value = data[i] as number
    const before = flags.get(offset)
    const same = newest.get(offset) === value && (before & known) !== 0
    flags.set(offset, same ? written | (before & holders) : written)
    newest.set(offset, value)
  }
}

/** A burst may cover several lines. */
function noteLanding(diagnosis: Diagnosis, config: OracleConfig, event: MemoryWrite, step: number): void {
  const end = event.addr + event.data.length * 4
  for (let addr = event.addr; addr < end; addr += config.lineBytes) noteWrite(diagnosis, config, addr, step)
}

/** A cache got a line: a copy of every word that has the newest value, and the end of that copy's journey. */
export function lineFilled({ page, offset: base }: View, event: LineFill): void {
  if (page === null) return
  const holder = holderBit(event.cache)
  const { newest, flags } = page
  const isWriteback = event.cause === 'writeback'
  if (isWriteback) arrive(page.onWay, event.addr, event.data, 'l2')
  // What was on its way here has arrived, but for a younger write of the same value.
  const journey = isWriteback ? wordFlag.towardsL2 : wordFlag.moving
  const { known } = wordFlag
  const { data } = event
  for (let i = 0; i < data.length; i++) {
    const offset = base + i * 4
    const before = flags.get(offset)
    const value = data[i] as number
    if (!(before & known)) continue
    if (newest.get(offset) !== value) flags.set(offset, before & ~holder)
    else {
      const isLater = isWriteback && isOnWay(page.onWay, event.addr + i * 4, value, 'l2')
      flags.set(offset, (isLater ? before : before & ~journey) | holder)
    }
  }
}

/** A cache sent dirty data on; if it does not keep the line, a drop follows. */
export function lineWrittenBack({ page, offset: base, config }: View, event: LineWriteback): void {
  if (page === null) return
  const holder = holderBit(event.cache)
  setOut(page.onWay, config.lineBytes, event.addr, event.data, event.cache === 'l2' ? heading.memory : heading.l2)
  const sent = event.cache === 'l2' ? wordFlag.towardsMemory : wordFlag.towardsL2
  const { newest, flags } = page
  for (let i = 0; i < event.data.length; i++) {
    const offset = base + i * 4
    if (newest.get(offset) !== event.data[i]) continue
    const before = flags.get(offset)
    if (before & wordFlag.known) flags.set(offset, before | holder | sent)
  }
}

const anyL1 = wordFlag.l1 * 0xf

/**
 * Flags of a word after its line left a cache without being written on. `holder`: bit of that cache; `matches`: the event
 * shows the newest value in it.
 */
export function afterDrop(flags: number, holder: number, event: LineDrop, matches: boolean): number {
  let held = (flags & holder) !== 0
  let left = flags & ~holder
  if (!held && matches && holder === wordFlag.l2 && event.dirty) {
    // The line took the value in without a fill: what was on its way to the outer cache is what goes now.
    left &= ~wordFlag.towardsL2
    held = (flags & wordFlag.towardsL2) !== 0
  }
  // A line given up to another core is on its way there, unless that core shares it already.
  return held && event.cause === 'snoop' && (left & anyL1) === 0 ? left | wordFlag.moving : left
}

/** A line left a cache without being written on. */
export function lineDropped({ history, page, offset: base, config }: View, event: LineDrop): void {
  if (page === null) return
  const { newest, flags } = page
  const holder = holderBit(event.cache)
  // A clean line changes nothing about words that it did not hold.
  const concerned = event.dirty ? wordFlag.holders : holder
  const { data } = event
  const isPlaced = page.places.length > 0
  const end = base + config.lineBytes
  for (let offset = base; offset < end; offset += 4) {
    const before = flags.get(offset)
    if (!(before & concerned)) continue
    const matches = data[(offset - base) >>> 2] === newest.get(offset)
    flags.set(offset, afterDrop(before, holder, event, matches))
    if (isPlaced) forgetDropped(history, page, offset, event.addr + offset - base)
  }
}

/** A page changed hands: it belongs to no buffer. Freed, its words are forgotten; memory itself keeps them. */
export function pageOwned(history: History, config: OracleConfig, event: PageOwner): void {
  const page = openPage(history, config, event.addr)
  if (page === null) return
  page.owner = event.owner
  page.mapped = false
  dropPlaces(history, config, page, event.addr, event.addr + config.pageBytes)
  if (event.owner !== 'free') return
  forgetWords(page, config)
  for (const pending of history.pending) leaveBehind(pending, event.addr, event.addr + config.pageBytes)
}

/** What waits in a store buffer for memory that was freed is the data of nobody. */
function leaveBehind({ runs, former }: PendingStores, start: number, end: number): void {
  for (let i = 0; i < runs.length; ) {
    const length = 2 + (runs[i + 1] as number)
    const addr = runs[i] as number
    if (addr >= start && addr < end) former.push(...runs.splice(i, length))
    else i += length
  }
}

/** The linear mapping of a page was removed or restored. */
export function pageAliased(history: History, config: OracleConfig, event: PageAlias): void {
  const page = openPage(history, config, event.addr)
  if (page !== null) page.unaliased = !event.present
}

/** An area of a virtual window over a page came or went. */
export function pageMapped(history: History, config: OracleConfig, event: PageMapped): void {
  const page = openPage(history, config, event.addr)
  if (page === null) return
  const change = event.present ? 1 : -1
  if (event.memory === 'cacheable') page.cachedAreas += change
  else page.uncachedAreas += change
}

function forgetWords(page: PageHistory, config: OracleConfig): void {
  const words = config.pageBytes / 4
  page.flags.fill(0, words, 0)
  page.newest.fill(0, words, 0)
}
