/** Oracle | no-lost-write: no write that must be kept is overwritten by an older copy or loses its last copy. */

import { hex } from '../base/bits.ts'
import { describeWord } from './diagnosis.ts'
import { firstDevice, mayBeDropped, pageAt, pendingStorer, wordFlag, writerOf } from './history.ts'
import { directionArg } from './history-buffers.ts'
import { afterDrop, holderBit } from './history-memory.ts'
import type { Oracle, View, Violate } from './oracle.ts'

/**
 * Stores to a buffer that only the device writes may be dropped when it is handed over. The handle, hence the memory, of
 * a mapping is known only when `map` has returned, so what an operation of that direction drops is judged afterwards.
 */
export interface NoLostWriteState {
  /** By core: inside an operation on a from-device buffer, or after it with drops not judged yet. */
  readonly receiving: ('no' | 'inside' | 'after')[]
  /** By core: addresses of dropped words to judge. Which core's operation dropped a word is not known: each one judges. */
  dropped: number[][]
}

const fromDevice = 2

function judgeDropped(state: NoLostWriteState, core: number, violate: Violate, view: View): void {
  const dropped = state.dropped[core] as number[]
  let wrong = 0
  let first = 0
  state.dropped[core] = []
  for (const addr of dropped) {
    const page = pageAt(view.history, view.config, addr)
    if (page === null || mayBeDropped(view.history, page, addr)) {
      state.dropped = state.dropped.map((others) => others.filter((other) => other !== addr))
      continue
    }
    // Another core was inside an operation too: it may have been its own.
    if (state.dropped.some((others) => others.includes(addr))) continue
    if (wrong === 0) first = addr
    wrong++
  }
  state.receiving[core] = 'no'
  if (wrong === 0) return
  violate({
    message: `a store to ${hex(first)}, outside the buffer, was dropped by the invalidation that cpu${core} did for a from-device buffer, expected to be kept (${describeWord(view.history, view.diagnosis, view.config, first)}); likely the word shares a cache line with the buffer`,
    addr: first,
    words: wrong,
  })
}

export const noLostWrite: Oracle<NoLostWriteState> = {
  name: 'no-lost-write',
  always: 'no write is lost or overwritten by an older copy',
  description:
    'a device write, or a CPU store that the contract preserves, is overwritten by an older copy or loses its last copy',
  init: (config) => ({
    receiving: Array.from({ length: config.cores }, () => 'no' as const),
    dropped: Array.from({ length: config.cores }, () => []),
  }),
  on: {
    'cpu.mark'(state, event, violate, _where, view) {
      const { core, name } = event
      if (name === 'dma.return') {
        if (state.receiving[core] !== 'inside') return
        state.receiving[core] = (state.dropped[core] as number[]).length > 0 ? 'after' : 'no'
        return
      }
      if (name !== 'dma.call' && name !== 'buffer.queued') return
      if (state.receiving[core] === 'after') judgeDropped(state, core, violate, view)
      if (name === 'dma.call') {
        const { op } = event.args
        const maintains = op === 'map' || op === 'unmap' || op === 'sync-for-cpu' || op === 'sync-for-device'
        if (maintains && directionArg(event) === fromDevice) state.receiving[core] = 'inside'
      }
    },
    'line.drop'(state, event, violate, where, view) {
      const { config, history, diagnosis, page, offset: base } = view
      if (page === null) return
      const isLater = event.cause === 'maintenance' && state.receiving.includes('inside')
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
          state.receiving.forEach((phase, core) => {
            if (phase === 'inside') (state.dropped[core] as number[]).push(addr)
          })
          continue
        }
        if (wrong === 0) first = addr
        wrong++
      }
      if (wrong === 0) return
      violate({
        message: `${event.cache} dropped the last copy of ${hex(first)} at step ${where.step}, expected it to be written back (${describeWord(history, diagnosis, config, first)}, and memory holds ${hex(page.memory.get(base + first - event.addr))}); likely an invalidation where a clean was needed`,
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
        // A store that the core has not heard to be performed yet is newer, not older.
        if (pendingStorer(history, event.addr + i * 4, event.data[i] as number) >= 0) continue
        if (writerOf(flags) < firstDevice && mayBeDropped(view.history, page, event.addr + i * 4)) continue
        if (wrong === 0) first = i
        wrong++
      }
      if (wrong === 0) return
      const addr = event.addr + first * 4
      violate({
        message: `${event.from} wrote the older copy ${hex(event.data[first] as number)} over ${hex(addr)} at step ${where.step}, expected to keep the newest value, which was only there (${describeWord(history, diagnosis, config, addr)}); likely a dirty line that was neither cleaned nor invalidated before the other wrote`,
        addr,
        words: wrong,
      })
    },
  },
  atEnd(state, _end, violate, view) {
    for (let core = 0; core < state.dropped.length; core++) judgeDropped(state, core, violate, view)
  },
}
