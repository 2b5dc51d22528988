/** Cache-controller | the events by which a cache reports every line that enters it, leaves it, or is written on. */

import type { Out } from '../../src/kernel/actor.ts'
import type { LineDrop, LineFill, LineWriteback } from '../protocol.ts'

// Together they tell a cache's exact contents: a line is in the cache (an eviction buffer of level 1 included) from its
// `line.fill` to its `line.drop`. `dirty` in a drop means that data are lost there; data that went on to the next
// level or to another core were reported by a `line.writeback` or arrive with that core's `line.fill`.

/** A line came in. */
export function emitFill(
  out: Out,
  cache: string,
  addr: number,
  data: readonly number[],
  cause: LineFill['cause'],
): void {
  out.emit({ type: 'line.fill', cache, addr, data, cause } as LineFill)
}

/** A line left; nothing was lost. */
export function emitDrop(out: Out, cache: string, addr: number, cause: LineDrop['cause']): void {
  out.emit({ type: 'line.drop', cache, addr, dirty: false, data: [], cause } as LineDrop)
}

/** A dirty line was dropped by an invalidation: `data` are lost here. */
export function emitLoss(out: Out, cache: string, addr: number, data: readonly number[]): void {
  out.emit({ type: 'line.drop', cache, addr, dirty: true, data, cause: 'maintenance' } as LineDrop)
}

/** Dirty data are on their way to the next level. */
export function emitWriteback(
  out: Out,
  cache: string,
  addr: number,
  data: readonly number[],
  cause: LineWriteback['cause'],
): void {
  out.emit({ type: 'line.writeback', cache, addr, data, cause } as LineWriteback)
}
