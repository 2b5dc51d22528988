/** Cache-controller | movements of lines in the outer cache: what several of its actions share. */

import type { Out } from '../../src/kernel/actor.ts'
import type { LineDrop, LineFill, LineOp } from '../protocol.ts'
import {
  addrOf,
  type CacheShape,
  chooseSlot,
  claimSlot,
  clearSlot,
  findSlot,
  lineData,
  lineState,
  writeSlot,
} from './cache-array.ts'
import { emitDrop, emitFill, emitLoss, emitWriteback } from './cache-events.ts'
import type { Pl310Config, Pl310Context } from './pl310-context.ts'
import { putEntry } from './store-buffer.ts'

/** Takes a slot for `line`, which it returns, moving out what is there. The caller has checked `hasRoom`. */
export function makeRoom(
  context: Pl310Context,
  config: Pl310Config,
  shape: CacheShape,
  line: number,
  state: number,
  out: Out,
): number {
  const { array } = context
  const slot = chooseSlot(array, shape, line)
  if (array.states[slot] === lineState.dirty) moveToBuffer(context, config, shape, slot, 'eviction', out)
  else if (array.states[slot] === lineState.clean) {
    emitDrop(out, config.id, addrOf(shape, array.lines[slot] as number), 'eviction')
    clearSlot(array, shape, slot)
  }
  claimSlot(array, shape, slot, line, state)
  return slot
}

/** Puts `data` into the slot reserved for `line`, which it returns. */
export function fill(
  context: Pl310Context,
  config: Pl310Config,
  shape: CacheShape,
  line: number,
  data: readonly number[],
  cause: LineFill['cause'],
  out: Out,
): number {
  const { array } = context
  const slot = findSlot(array, shape, line)
  writeSlot(array, shape, slot, addrOf(shape, line), data)
  array.states[slot] = lineState.clean
  emitFill(out, config.id, addrOf(shape, line), data, cause)
  return slot
}

/** Moves a dirty line into a free buffer entry. */
export function moveToBuffer(
  context: Pl310Context,
  config: Pl310Config,
  shape: CacheShape,
  slot: number,
  cause: LineDrop['cause'],
  out: Out,
): void {
  const line = context.array.lines[slot] as number
  const addr = addrOf(shape, line)
  const data = lineData(context.array, shape, slot)
  putEntry(context.buffer, { line, offset: 0, data, eviction: true })
  emitWriteback(out, config.id, addr, data, cause)
  emitDrop(out, config.id, addr, cause)
  clearSlot(context.array, shape, slot)
}

/** Cleans, invalidates or evicts a slot that holds a line. The caller has checked that dirty data on their way out find an entry. */
export function maintainSlot(
  context: Pl310Context,
  config: Pl310Config,
  shape: CacheShape,
  slot: number,
  op: LineOp,
  out: Out,
): void {
  const { array } = context
  const line = array.lines[slot] as number
  const addr = addrOf(shape, line)
  const isDirty = array.states[slot] === lineState.dirty
  if (op === 'evict') {
    if (isDirty) moveToBuffer(context, config, shape, slot, 'eviction', out)
    else {
      emitDrop(out, config.id, addr, 'eviction')
      clearSlot(array, shape, slot)
    }
    return
  }
  if (op === 'clean-invalidate' && !isDirty && config.features.flushKeepsClean) return // HF-526
  const data = isDirty ? lineData(array, shape, slot) : []
  if (isDirty && op !== 'invalidate') {
    putEntry(context.buffer, { line, offset: 0, data, eviction: true })
    emitWriteback(out, config.id, addr, data, 'maintenance')
    array.states[slot] = lineState.clean
  }
  if (op === 'clean') return
  if (isDirty && op === 'invalidate') emitLoss(out, config.id, addr, data)
  else emitDrop(out, config.id, addr, 'maintenance')
  clearSlot(array, shape, slot)
}
