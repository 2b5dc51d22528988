/** Oracle | fresh-dma-read: what the device or its table walker reads after the doorbell is as new as the doorbell. */

import { hex } from '../base/bits.ts'
import { Bytes } from '../base/bytes.ts'
import { describeFor, describeWord } from './diagnosis.ts'
import {
  type BufferHistory,
  bufferOf,
  findLiveBuffer,
  firstDevice,
  type History,
  type PageHistory,
  type Place,
  pageAt,
  pendingValue,
  placeIn,
  wordFlag,
  writerOf,
} from './history.ts'
import { holderOf, walksIn } from './io-spaces.ts'
import type { Oracle, OracleConfig, View } from './oracle.ts'

/** Values that a reader may still see because a store came after the doorbell. One page. */
export interface LatePage {
  /** What the word held at the doorbell. */
  readonly floor: Bytes
  /** `lateFlag` of each word, one int each. */
  readonly flags: Bytes
}

/** `changed`: stored to since the doorbell; `blurred`: more than once, so that any value is taken. */
const lateFlag = { changed: 1, blurred: 2 } as const

export interface FreshDmaReadState {
  /** By page number in DRAM; null: no word of it was stored to since its doorbell. */
  readonly late: readonly { page: LatePage | null }[]
  /** Words of page tables with `changed`, by the core that stored to them last. */
  readonly tableStores: readonly { addrs: number[] }[]
  /** Descriptors that a walker sampled and has not named yet, oldest first: runs of walker, address, value, `walkFlag`. */
  readonly walks: { readonly runs: number[] }
}

/** `stale`: older than its doorbell when sampled; `before`: a doorbell was rung since, which it need not honour. */
const walkFlag = { stale: 1, before: 2 } as const
const walkRun = 4

/** Value that the core which rang the doorbell had stored last: its own store buffer counts. */
function newestFor(history: History, page: PageHistory, offset: number, core: number, addr: number): number {
  return pendingValue(history, core, addr) ?? page.newest.get(offset)
}

/** Whether `addr` is in memory that holds page tables. */
function isTable(config: OracleConfig, page: PageHistory, addr: number): boolean {
  return page.owner === 'page-table' || addr - config.dram.base < config.reservedBytes
}

function lateFlags(state: FreshDmaReadState, config: OracleConfig, addr: number): number {
  const offset = addr - config.dram.base
  return state.late[(offset / config.pageBytes) | 0]?.page?.flags.get(offset % config.pageBytes) ?? 0
}

/** Notes a store after the doorbell; `before` is what the word held until then. */
function noteLate(state: FreshDmaReadState, config: OracleConfig, addr: number, before: number): void {
  const index = ((addr - config.dram.base) / config.pageBytes) | 0
  const offset = (addr - config.dram.base) % config.pageBytes
  const cell = state.late[index]
  if (cell === undefined) return
  const late = cell.page ?? { floor: new Bytes(config.pageBytes), flags: new Bytes(config.pageBytes) }
  cell.page = late
  if (late.flags.get(offset) & lateFlag.changed) {
    late.flags.set(offset, lateFlag.changed | lateFlag.blurred)
    late.floor.set(offset, 0)
    return
  }
  late.floor.set(offset, before)
  late.flags.set(offset, lateFlag.changed)
}

/** Whether a reader may see `value` although it is not the newest one. */
function mayBeSeen(state: FreshDmaReadState, config: OracleConfig, addr: number, value: number): boolean {
  const flags = lateFlags(state, config, addr)
  if (!(flags & lateFlag.changed)) return false
  if (flags & lateFlag.blurred) return true
  const offset = addr - config.dram.base
  const late = state.late[(offset / config.pageBytes) | 0]?.page as LatePage
  return late.floor.get(offset % config.pageBytes) === value
}

/** A doorbell: what was stored to the words of the buffer before it must be seen from now on. */
function forgetLate(state: FreshDmaReadState, config: OracleConfig, history: History, buffer: number): void {
  for (const index of history.buffers.list[buffer]?.pages ?? []) {
    const late = state.late[index]?.page
    const page = history.pages[index]?.page
    if (!late || !page) continue
    const base = config.dram.base + index * config.pageBytes
    for (const place of page.places) {
      if (place.buffer === buffer) clearLate(late, place.start - base, (place.end - place.start) / 4)
    }
    dropIfEmpty(state, config, index)
  }
}

function clearLate(late: LatePage, offset: number, words: number): void {
  late.flags.fill(offset, words, 0)
  late.floor.fill(offset, words, 0)
}

function dropIfEmpty(state: FreshDmaReadState, config: OracleConfig, index: number): void {
  const cell = state.late[index]
  if (!cell?.page) return
  for (let offset = 0; offset < config.pageBytes; offset += 4) if (cell.page.flags.get(offset) !== 0) return
  cell.page = null
}

/** A doorbell rung by `core`: its stores to page tables must be seen from now on. */
function forgetTableStores(state: FreshDmaReadState, config: OracleConfig, core: number): void {
  const { addrs } = tableStoresOf(state, core)
  for (const addr of addrs) {
    const index = ((addr - config.dram.base) / config.pageBytes) | 0
    const late = state.late[index]?.page
    if (!late) continue
    clearLate(late, (addr - config.dram.base) % config.pageBytes, 1)
    dropIfEmpty(state, config, index)
  }
  addrs.length = 0
}

function tableStoresOf(state: FreshDmaReadState, core: number): { addrs: number[] } {
  return state.tableStores[core] as { addrs: number[] }
}

/** The descriptor as any core sees it that stored to it last. */
function newestDescriptor(history: History, page: PageHistory, offset: number, addr: number): number {
  const writer = writerOf(page.flags.get(offset))
  for (let core = 0; core < history.pending.length; core++) {
    const value = core === writer ? undefined : pendingValue(history, core, addr)
    if (value !== undefined) return value
  }
  const own = writer < history.pending.length ? pendingValue(history, writer, addr) : undefined
  return own ?? page.newest.get(offset)
}

/** Who stored the newest value last, and where it is: in a store buffer, if one has it. */
function describeDescriptor({ history, diagnosis, config }: View, addr: number): string {
  const core = history.pending.findIndex((_, at) => pendingValue(history, at, addr) !== undefined)
  return core < 0 ? describeWord(history, diagnosis, config, addr) : describeFor(history, diagnosis, config, core, addr)
}

/** A walker sampled one descriptor; which IO address it is for comes with `walk.read`. */
function noteWalk(state: FreshDmaReadState, view: View, mmu: number, addr: number, value: number): void {
  const { config, history } = view
  const page = pageAt(history, config, addr)
  let flags = 0
  if (page !== null) {
    const offset = (addr - config.dram.base) & (config.pageBytes - 1)
    const judged = (page.flags.get(offset) & wordFlag.known) !== 0 || lateFlags(state, config, addr) !== 0
    const newest = newestDescriptor(history, page, offset, addr)
    const seen = value === newest || mayBeSeen(state, config, addr, value)
    if (judged && !seen) flags = walkFlag.stale
  }
  state.walks.runs.push(mmu, addr, value, flags)
}

export const freshDmaRead: Oracle<FreshDmaReadState> = {
  name: 'fresh-dma-read',
  always: 'device reads see what the CPU stored before the doorbell',
  description:
    'a device read, or a table walk for it, after the doorbell returns something else than the newest value stored before it',
  definition:
    "a device read of a queued buffer that the CPU writes (to-device, bidirectional, coherent) returns something else than the newest value stored before the doorbell; or a walk for an IO address of a queued buffer sampled, after the doorbell, a descriptor older than the last store to it by a core before that core's doorbell",
  notJudged:
    'values stored after the doorbell (old and new are both right); reads outside the queued bytes; from-device streaming buffers',
  init: (config) => ({
    late: Array.from({ length: Math.ceil(config.dram.bytes / config.pageBytes) }, () => ({ page: null })),
    tableStores: Array.from({ length: config.cores }, () => ({ addrs: [] })),
    walks: { runs: [] },
  }),
  on: {
    'cpu.mark'(state, event, _violate, _where, { config, history, marked }) {
      if (event.name !== 'buffer.queued') return
      forgetLate(state, config, history, marked)
      forgetTableStores(state, config, event.core)
      const walks = state.walks.runs
      for (let i = 3; i < walks.length; i += walkRun) walks[i] = (walks[i] as number) | walkFlag.before
    },
    'cpu.store'(state, event, _violate, _where, { config, history, page, offset: base }) {
      if (page === null) return
      if (page.places.length === 0) {
        if (!isTable(config, page, event.addr)) return
        for (let i = 0; i < event.data.length; i++) {
          const addr = event.addr + i * 4
          const known = (lateFlags(state, config, addr) & lateFlag.changed) !== 0
          noteLate(state, config, addr, newestFor(history, page, base + i * 4, event.core, addr))
          if (!known) tableStoresOf(state, event.core).addrs.push(addr)
        }
        return
      }
      const end = event.addr + event.data.length * 4
      for (let addr = event.addr; addr < end; ) {
        const place = placeIn(history, page, addr)
        const next = place === null ? addr + 4 : Math.min(place.end, end)
        const buffer = place === null ? null : bufferOf(history, place)
        if (buffer?.phase === 'queued') {
          for (; addr < next; addr += 4) {
            const offset = base + addr - event.addr
            noteLate(state, config, addr, newestFor(history, page, offset, buffer.queuedBy, addr))
          }
        }
        addr = next
      }
    },
    'page.owner'(state, event, _violate, _where, { config }) {
      const index = Math.floor((event.addr - config.dram.base) / config.pageBytes)
      const cell = state.late[index]
      if (!cell?.page) return
      cell.page = null
      for (const stores of state.tableStores) {
        stores.addrs = stores.addrs.filter((addr) => addr < event.addr || addr >= event.addr + config.pageBytes)
      }
    },
    'memory.read'(state, event, violate, where, view) {
      const { config, history, diagnosis, page, offset: base } = view
      const { addr, data, from } = event
      if (view.device < 0) {
        if (view.mmu < 0) return
        for (let i = 0; i < data.length; i++) noteWalk(state, view, view.mmu, addr + i * 4, data[i] as number)
        return
      }
      if (page === null || page.places.length === 0) return
      let place: Place | null = null
      let first = -1
      let wrong = 0
      for (let i = 0; i < data.length; i++) {
        const at = addr + i * 4
        if (place === null || at < place.start || at >= place.end) place = placeIn(history, page, at)
        if (place === null || !isJudged(bufferOf(history, place), place, at)) continue
        const offset = base + i * 4
        if (isFresh(state, view, page, offset, bufferOf(history, place).queuedBy, at, data[i] as number)) continue
        if (wrong === 0) first = i
        wrong++
      }
      if (wrong === 0 || place === null) return
      const at = addr + first * 4
      const buffer = bufferOf(history, placeIn(history, page, at) as Place)
      const expected = newestFor(history, page, base + first * 4, buffer.queuedBy, at)
      violate({
        message: `${from} read ${hex(at)} = ${hex(data[first] as number)} at step ${where.step}, expected ${hex(expected)} (${describeFor(history, diagnosis, config, buffer.queuedBy, at)}); likely a line that was not cleaned, or a store not drained, before the doorbell`,
        addr: at,
        words: wrong,
        handle: buffer.handle,
      })
    },
    'walk.read'(state, event, violate, where, view) {
      const { config, history } = view
      const mmu = config.mmus.indexOf(event.mmu)
      const walks = state.walks.runs
      for (let i = 0; i < walks.length; i += walkRun) {
        if (walks[i] !== mmu || ((walks[i + 2] as number) ^ event.descriptor) !== 0) continue
        const addr = walks[i + 1] as number
        const flags = walks[i + 3] as number
        walks.splice(i, walkRun)
        const holder = holderOf(config, event.mmu)
        const isOf = ({ space }: BufferHistory): boolean => walksIn(config, holder, event.domain, space)
        const buffer = history.buffers.list[findLiveBuffer(history, event.iova, isOf)]
        if (flags !== walkFlag.stale || buffer?.phase !== 'queued') return
        violate({
          message: `${event.mmu} read the level-${event.level} descriptor of IO address ${hex(event.iova)} at ${hex(addr)} = ${hex(event.descriptor)} by step ${where.step}, expected nothing older than the doorbell (${describeDescriptor(view, addr)}); likely a page-table store that was not cleaned to memory`,
          addr,
          iova: event.iova,
          handle: buffer.handle,
        })
        return
      }
    },
  },
}

/** Device reads count of buffers that the CPU writes, in the queued part. */
function isJudged(buffer: BufferHistory, place: Place, addr: number): boolean {
  if (buffer.phase !== 'queued' || !buffer.live) return false
  if (buffer.kind === 'streaming' && buffer.direction === 2) return false
  return addr - place.start + place.offset < buffer.queuedBytes
}

function isFresh(
  state: FreshDmaReadState,
  { config, history }: View,
  page: PageHistory,
  offset: number,
  queuedBy: number,
  addr: number,
  value: number,
): boolean {
  const flags = page.flags.get(offset)
  const own = pendingValue(history, queuedBy, addr)
  if (!(flags & wordFlag.known) && own === undefined) return true
  if (value === (own ?? page.newest.get(offset))) return true
  if (mayBeSeen(state, config, addr, value)) return true
  // Stores after the doorbell may have been performed or still wait: either is new enough.
  return (
    (lateFlags(state, config, addr) & lateFlag.changed) !== 0 &&
    writerOf(flags) < firstDevice &&
    value === page.newest.get(offset)
  )
}
