/** Oracle | no-lost-write: no write that must be kept is overwritten by an older copy or loses its last copy. */

import type { LineDrop } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import { describeWord } from './diagnosis.ts'
import { firstDevice, mayBeDropped, pageAt, wordFlag, writerOf } from './history.ts'
import { directionArg } from './history-buffers.ts'
import { afterDrop, holderBit } from './history-memory.ts'
import type { Oracle, View, Violate } from './oracle.ts'

/**
 * Stores to a buffer that only the device writes may be dropped when it is handed over. The handle, hence the memory, of
 * a mapping is known only when `map` has returned, so what an operation of that direction drops is judged afterwards.
 */
export interface NoLostWriteState {
  /** By core. */
  readonly cores: readonly {
    /** Inside an operation on a from-device buffer, or after it with drops not judged yet. */
    receiving: 'no' | 'inside' | 'after'
    /** Addresses of dropped words to judge. Which core's operation dropped a word is not known: each one judges. */
    dropped: number[]
  }[]
}

const fromDevice = 2

function judgeDropped(state: NoLostWriteState, core: number, violate: Violate, view: View): void {
  const self = state.cores[core] as NoLostWriteState['cores'][number]
  const { dropped } = self
  let wrong = 0
  let first = 0
  self.dropped = []
  for (const addr of dropped) {
    const page = pageAt(view.history, view.config, addr)
    if (page === null || mayBeDropped(view.history, page, addr)) {
      for (const others of state.cores) others.dropped = others.dropped.filter((other) => other !== addr)
      continue
    }
    // Another core was inside an operation too: it may have been its own.
    if (state.cores.some((others) => others.dropped.includes(addr))) continue
    if (wrong === 0) first = addr
    wrong++
  }
  self.receiving = 'no'
  if (wrong === 0) return
  violate({
    message: `a store to ${hex(first)}, outside the buffer, was dropped by the invalidation that cpu${core} did for a from-device buffer, expected to be kept (${describeWord(view.history, view.diagnosis, view.config, first)}); likely the word shares a cache line with the buffer`,
    addr: first,
    words: wrong,
  })
}

/** What came too late. Caches write whole lines back; less than that is what some store left in a buffer. */
function overwrittenBecause(isLine: boolean, writer: number): string {
  if (!isLine) return 'a store that was not drained before the other wrote'
  return writer < firstDevice
    ? 'a line that was dirty when the core stored to the same memory past the caches, by a non-cacheable mapping'
    : 'a dirty line that was neither cleaned nor invalidated before the device wrote'
}

function droppedBecause(cause: LineDrop['cause']): string {
  if (cause === 'snoop')
    return 'a coherent write of part of a line, by an operation that did not take its dirty words over'
  return cause === 'maintenance'
    ? 'an invalidation where a clean was needed'
    : 'a clean before it that left the line dirty, or did not get through'
}

/** In the order of addresses: which word went first does not matter. */
function noteDropped(dropped: number[], addr: number): void {
  if (dropped.includes(addr)) return
  dropped.push(addr)
  dropped.sort((a, b) => a - b)
}

/** Operations that hand streaming buffers over. */
const maintains: ReadonlySet<unknown> = new Set([
  ...['map', 'unmap', 'sync-for-cpu', 'sync-for-device'],
  ...['map-sg', 'unmap-sg', 'sync-sg-for-cpu', 'sync-sg-for-device'],
])

export const noLostWrite: Oracle<NoLostWriteState> = {
  name: 'no-lost-write',
  always: 'no write is lost or overwritten by an older copy',
  description:
    'a device write, or a CPU store that the contract preserves, is overwritten by an older copy or loses its last copy',
  definition:
    'a cache writes another value over the newest one while memory is its only copy; or a line is dropped with the last copy of a word. Kept must be: device writes, and CPU stores outside buffers or in to-device, bidirectional and coherent ones',
  notJudged:
    "CPU stores to a from-device buffer while it is mapped; stores to a page that was freed since, also those that still wait in a store buffer. What an operation on a from-device buffer drops is judged when its memory is known: at the core's next `dma.call` or doorbell",
  init: (config) => ({
    cores: Array.from({ length: config.cores }, () => ({ receiving: 'no' as const, dropped: [] })),
  }),
  on: {
    'cpu.mark'(state, event, violate, _where, view) {
      const { core, name } = event
      const self = state.cores[core] as NoLostWriteState['cores'][number]
      if (name === 'dma.return') {
        if (self.receiving !== 'inside') return
        self.receiving = self.dropped.length > 0 ? 'after' : 'no'
        return
      }
      if (name !== 'dma.call' && name !== 'buffer.queued') return
      if (self.receiving === 'after') judgeDropped(state, core, violate, view)
      if (name === 'dma.call') {
        const { op } = event.args
        if (maintains.has(op) && directionArg(event) === fromDevice) self.receiving = 'inside'
      }
    },
    'line.drop'(state, event, violate, where, view) {
      const { config, history, diagnosis, page, offset: base } = view
      // Where memory has the newest value nothing can be lost; so it is with nearly every line.
      if (page === null || page.memory.matches(page.newest, base, config.lineBytes >>> 2)) return
      const isLater = event.cause === 'maintenance' && state.cores.some(({ receiving }) => receiving === 'inside')
      const holder = holderBit(event.cache)
      let first = -1
      let wrong = 0
      for (let offset = base; offset < base + config.lineBytes; offset += 4) {
        const flags = page.flags.get(offset)
        if (!(flags & wordFlag.holders)) continue
        const newest = page.newest.get(offset)
        const left = afterDrop(flags, holder, event, event.data[(offset - base) >>> 2] === newest)
        if (left === flags || (left & wordFlag.holders) !== 0 || page.memory.get(offset) === newest) continue
        const addr = event.addr + offset - base
        if (writerOf(flags) < firstDevice && mayBeDropped(view.history, page, addr)) continue
        if (isLater) {
          for (const core of state.cores) if (core.receiving === 'inside') noteDropped(core.dropped, addr)
          continue
        }
        if (wrong === 0) first = addr
        wrong++
      }
      if (wrong === 0) return
      violate({
        message: `${event.cache} dropped the last copy of ${hex(first)} at step ${where.step}, expected it to be written back (${describeWord(history, diagnosis, config, first)}, and memory holds ${hex(page.memory.get(base + first - event.addr))}); likely ${droppedBecause(event.cause)}`,
        addr: first,
        words: wrong,
      })
    },
  },
  caches: {
    'memory.write'(_state, event, violate, where, view) {
      const { config, history, diagnosis, page, offset: base } = view
      if (page === null || page.newest.equals(base, event.data)) return
      let first = -1
      let wrong = 0
      for (let i = 0; i < event.data.length; i++) {
        const offset = base + i * 4
        const newest = page.newest.get(offset)
        if (newest === event.data[i] || newest !== page.memory.get(offset)) continue
        const flags = page.flags.get(offset)
        if (!(flags & wordFlag.known) || (flags & wordFlag.holders) !== 0) continue
        if (writerOf(flags) < firstDevice && mayBeDropped(view.history, page, event.addr + i * 4)) continue
        if (wrong === 0) first = i
        wrong++
      }
      if (wrong === 0) return
      const addr = event.addr + first * 4
      violate({
        message: `${event.from} wrote the older copy ${hex(event.data[first] as number)} over ${hex(addr)} at step ${where.step}, expected to keep the newest value, which was only there (${describeWord(history, diagnosis, config, addr)}); likely ${overwrittenBecause(event.data.length * 4 >= config.lineBytes, writerOf(page.flags.get(base + first * 4)))}`,
        addr,
        words: wrong,
      })
    },
  },
  atEnd(state, _end, violate, view) {
    for (let core = 0; core < state.cores.length; core++) judgeDropped(state, core, violate, view)
  },
}
