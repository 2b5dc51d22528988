/** Oracle | fresh-load: after a transfer's completion was observed, a CPU load returns the newest value. */

import { hex } from '../base/bits.ts'
import { describeFor } from './diagnosis.ts'
import {
  bufferOf,
  type History,
  type Overtaken,
  type PageHistory,
  type PendingStores,
  type Place,
  pendingStorer,
  pendingValue,
  placeIn,
  wordFlag,
} from './history.ts'
import type { Oracle } from './oracle.ts'

/** Whether another core replaced `value` at `addr` while this core's load was under way. */
function wasOvertaken(history: History, core: number, addr: number, value: number): boolean {
  const { pairs } = history.overtaken[core] as Overtaken
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === addr && pairs[i + 1] === value) return true
  return false
}

/** Whether a load of `value` by `core` from a word of a finished buffer breaks the rule. */
function isStale(
  history: History,
  page: PageHistory,
  offset: number,
  core: number,
  addr: number,
  value: number,
): boolean {
  if (!(page.flags.get(offset) & wordFlag.known)) return false
  const own = pendingValue(history, core, addr)
  if (own !== undefined) return value !== own
  if (value === page.newest.get(offset) || wasOvertaken(history, core, addr, value)) return false
  return pendingStorer(history, addr, value) < 0
}

/** It needs no state of its own: the history holds the newest values and the buffers' phases. */
export const freshLoad: Oracle<Record<string, never>> = {
  name: 'fresh-load',
  always: 'CPU loads of a DMA buffer return the newest data',
  description:
    'a CPU load of a DMA buffer, after the completion of its transfer was observed, returns something else than the newest value',
  definition:
    'a CPU load of a buffer word, between the observed completion and the next doorbell, returns something else than the newest value (own pending store first)',
  notJudged:
    'words nobody wrote; values that another core replaced while this load was under way, or is just replacing',
  init: () => ({}),
  on: {
    'cpu.load'(_state, event, violate, where, { config, history, diagnosis, page, offset: base }) {
      if (page === null || page.places.length === 0) return
      const { addr, core, data } = event
      const noPending = (history.pending[core] as PendingStores).runs.length === 0
      if (noPending && page.newest.equals(base, data)) return
      let place: Place | null = null
      let first = -1
      let wrong = 0
      for (let i = 0; i < data.length; i++) {
        const offset = base + i * 4
        if (noPending && page.newest.get(offset) === data[i]) continue
        const at = addr + i * 4
        if (place === null || at < place.start || at >= place.end) place = placeIn(history, page, at)
        if (place === null || bufferOf(history, place).phase !== 'done') continue
        if (!isStale(history, page, offset, core, at, data[i] as number)) continue
        if (wrong === 0) first = i
        wrong++
      }
      if (wrong === 0) return
      const at = addr + first * 4
      const expected = pendingValue(history, core, at) ?? page.newest.get(base + first * 4)
      const known = describeFor(history, diagnosis, config, core, at)
      const found = placeIn(history, page, at) as Place
      violate({
        message: `cpu${core} loaded ${hex(at)} = ${hex(data[first] as number)} at step ${where.step}, expected ${hex(expected)} (${known}); likely a cached or earlier copy that was not invalidated after the transfer`,
        addr: at,
        words: wrong,
        handle: bufferOf(history, found).handle,
      })
    },
  },
}
