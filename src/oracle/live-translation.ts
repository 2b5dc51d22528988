/** Oracle | live-translation: no device access uses a translation whose unmap has returned. */

import type { BusError, CpuMark, MemoryRead, MemoryWrite } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import { Bytes } from '../base/bytes.ts'
import { numberArg } from './history-buffers.ts'
import { flagRange, flagsOf, type InFlight, iovaOf, issue, landing, removeRun } from './in-flight.ts'
import { spacesBefore } from './io-spaces.ts'
import type { Oracle, OracleConfig, StepInfo, View, Violate } from './oracle.ts'

export interface LiveTranslationState {
  /**
   * By space and page of the IO window, one int each: 0: never mapped; otherwise the physical address of the page, with `live` set
   * while the mapping stands. A page that was unmapped keeps its address until it is mapped again.
   */
  readonly table: { readonly entries: Bytes }
  /** Entries that are being stored by hand, as pairs of offset in `table` and what will be there: they may be used already. */
  readonly coming: { pairs: number[] }
  /** Flags: 1 when the translation is dead. */
  readonly inFlight: InFlight
}

const live = 1
const dead = 1

/** Bytes of `table` that a space takes. */
function spaceBytes({ iova, pageBytes }: OracleConfig): number {
  return Math.ceil(iova.bytes / pageBytes) * 4
}

/** Offset in `table` of the page of `iova` in a space, or -1 outside the window. */
function tableOffset(config: OracleConfig, iova: number, space: number): number {
  const offset = iova - config.iova.base
  if (offset < 0 || offset >= config.iova.bytes) return -1
  return space * spaceBytes(config) + ((offset / config.pageBytes) | 0) * 4
}

/** Whether an access of a device by way of `iova` may go to the page of `addr`: it is mapped there, is about to be, or nothing ever was. */
function stands(
  state: LiveTranslationState,
  config: OracleConfig,
  device: number,
  { iova, addr }: { iova: number; addr: number },
): boolean {
  const used = (addr - (addr % config.pageBytes)) | live
  let known = false
  for (const space of spacesBefore(config, device)) {
    const at = tableOffset(config, iova, space)
    const entry = at < 0 ? 0 : state.table.entries.get(at)
    if (entry === used || comingAt(state, at, used) >= 0) return true
    if (entry !== 0) known = true
  }
  return !known
}

/** What the table will hold for the page that a mark tells of. */
function entryOf(config: OracleConfig, event: CpuMark): { readonly at: number; readonly entry: number } {
  const addr = numberArg(event, 'addr')
  return {
    at: tableOffset(config, numberArg(event, 'iova') >>> 0, numberArg(event, 'space')),
    entry: (addr - (addr % config.pageBytes)) | live,
  }
}

function map(state: LiveTranslationState, config: OracleConfig, event: CpuMark): void {
  const { at, entry } = entryOf(config, event)
  if (at < 0) return
  state.table.entries.set(at, entry)
  const found = comingAt(state, at, entry)
  if (found >= 0) state.coming.pairs.splice(found, 2)
}

/** An entry is about to be stored: whoever sees it uses it before the program can say that it is there. */
function expect(state: LiveTranslationState, config: OracleConfig, event: CpuMark): void {
  const { at, entry } = entryOf(config, event)
  if (at >= 0) state.coming.pairs.push(at, entry)
}

function comingAt({ coming }: LiveTranslationState, at: number, entry: number): number {
  const { pairs } = coming
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === at && pairs[i + 1] === entry) return i
  return -1
}

/** The mapping is gone: so are the translations of accesses under way that no other space has. */
function unmap(state: LiveTranslationState, { config, history, marked }: View, event: CpuMark): void {
  const handle = numberArg(event, 'handle') >>> 0
  const bytes = history.buffers.list[marked]?.bytes ?? numberArg(event, 'bytes')
  const start = handle - (handle % config.pageBytes)
  const first = numberArg(event, 'space')
  for (let space = first; space < first + (numberArg(event, 'spaces') || 1); space++) {
    for (let iova = start; iova < handle + bytes; iova += config.pageBytes) {
      const at = tableOffset(config, iova, space)
      if (at >= 0) state.table.entries.set(at, state.table.entries.get(at) & ~live)
    }
  }
  flagRange(state.inFlight, { start, bytes: handle + bytes - start, flag: dead }, (device, access) => {
    return !stands(state, config, device, access)
  })
}

function landed(
  state: LiveTranslationState,
  event: MemoryRead | MemoryWrite | BusError,
  violate: Violate,
  where: StepInfo,
  { device }: View,
): void {
  const run = landing(state.inFlight, device, event)
  if (run < 0) return
  const iova = iovaOf(state.inFlight, run)
  const flags = flagsOf(state.inFlight, run)
  removeRun(state.inFlight, run)
  if (event.type === 'bus.error' || !(flags & dead)) return
  const did = event.type === 'memory.write' ? 'wrote' : 'read'
  violate({
    message: `${event.from} ${did} ${hex(event.addr)} at step ${where.step} through IO address ${hex(iova)}, whose unmap has returned, expected no access; likely the device was not stopped, or a translation outlived its invalidation`,
    addr: event.addr,
    words: event.data.length,
    iova,
  })
}

export const liveTranslation: Oracle<LiveTranslationState> = {
  name: 'live-translation',
  always: 'device accesses use live translations only',
  description: 'a device access, landing in memory, uses a translation whose unmap has returned',
  definition:
    'a device access lands whose IO address was unmapped (`unmap` or `free` returned) when it was translated or since, or that went to another page than the one mapped there now',
  notJudged: 'accesses that bypass the MMU; IO addresses never mapped; which of the domains of its unit a device is in',
  init: (config) => ({
    table: { entries: new Bytes((Math.max(0, ...config.ioSpaces.flat()) + 1) * spaceBytes(config)) },
    coming: { pairs: [] },
    inFlight: { runs: [] },
  }),
  on: {
    'cpu.mark'(state, event, _violate, _where, view) {
      if (event.name === 'dma.page') map(state, view.config, event)
      else if (event.name === 'dma.entry') expect(state, view.config, event)
      else if (event.name === 'dma.return' && (event.args.op === 'unmap' || event.args.op === 'free')) {
        unmap(state, view, event)
      }
    },
    'translation.use'(state, event, _violate, _where, { config, device }) {
      if (event.via === 'bypass') return
      issue(state.inFlight, device, event, stands(state, config, device, event) ? 0 : dead)
    },
    'memory.read': landed,
    'memory.write': landed,
    'bus.error': landed,
  },
}
