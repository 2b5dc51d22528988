/** Cache-controller | movements of lines in a level-1 data cache: what several of its actions share. */

import type { Out } from '../../src/kernel/actor.ts'
import type { CpuStore, CpuStored, EvictReq, FetchResp, StoreReq } from '../protocol.ts'
import {
  addrOf,
  type CacheShape,
  chooseSlot,
  claimSlot,
  clearSlot,
  findSlot,
  lineData,
  lineOf,
  lineState,
  writeSlot,
} from './cache-array.ts'
import { emitDrop, emitFill } from './cache-events.ts'
import type { L1Config, L1Context } from './l1-context.ts'

/** Moves the dirty line of `slot` into the free eviction buffer and asks the SCU to fetch it. */
export function moveToVictim(context: L1Context, config: L1Config, shape: CacheShape, slot: number, out: Out): void {
  const line = context.array.lines[slot] as number
  context.victimLine = line
  context.victimData.write(0, lineData(context.array, shape, slot))
  clearSlot(context.array, shape, slot)
  out.send('scu', { type: 'evict.req', core: config.core, addr: addrOf(shape, line) } as EvictReq)
}

/** Reserves a slot for `line`; a clean line in the way vanishes. */
export function reserve(context: L1Context, config: L1Config, shape: CacheShape, line: number, out: Out): void {
  const { array } = context
  const slot = chooseSlot(array, shape, line)
  if (array.states[slot] !== lineState.invalid) {
    emitDrop(out, config.id, addrOf(shape, array.lines[slot] as number), 'eviction')
    clearSlot(array, shape, slot)
  }
  claimSlot(array, shape, slot, line, lineState.filling)
}

/** Puts the line into its reserved slot, which it returns. A copy that survived an upgrade is the newer one and stays. */
export function fill(
  context: L1Context,
  config: L1Config,
  shape: CacheShape,
  message: FetchResp,
  cause: 'demand' | 'speculation',
  out: Out,
): number {
  const { array } = context
  const { addr, data, exclusive } = message
  const slot = findSlot(array, shape, lineOf(shape, addr))
  if (array.states[slot] === lineState.filling) {
    writeSlot(array, shape, slot, addr, data)
    emitFill(out, config.id, addr, data, cause)
  }
  array.states[slot] = exclusive ? lineState.clean : lineState.shared
  return slot
}

export function abandonFill(context: L1Context, shape: CacheShape, line: number): void {
  const { array } = context
  const slot = findSlot(array, shape, line)
  if (array.states[slot] === lineState.filling) clearSlot(array, shape, slot)
  else array.states[slot] = lineState.shared
}

/** A line leaves the array; the slot stays reserved if its upgrade is on its way. */
export function dropSlot(context: L1Context, shape: CacheShape, slot: number): void {
  const { array } = context
  const line = array.lines[slot] as number
  const wasUpgrading = array.states[slot] === lineState.upgrading
  clearSlot(array, shape, slot)
  if (!wasUpgrading) return
  array.lines[slot] = line
  array.states[slot] = lineState.filling
}

/** A store of the core is performed; a store-exclusive is executed only now, and ends what its load has begun. */
export function reportStore(
  context: L1Context,
  { core }: L1Config,
  store: Pick<StoreReq, 'addr' | 'data' | 'memory' | 'exclusive'>,
  out: Out,
): void {
  const { addr, data, memory, exclusive } = store
  if (exclusive) {
    out.emit({ type: 'cpu.store', core, addr, data, memory } as CpuStore)
    context.monitoredLine = -1
  }
  out.emit({ type: 'cpu.stored', core, addr, data, memory } as CpuStored)
}

/** Keeps a store until its line is here. Returns the line. */
export function keepStore(context: L1Context, shape: CacheShape, message: StoreReq): number {
  context.accessAddr = message.addr
  context.accessIsExclusive = message.exclusive === true
  context.accessWords = message.data.length
  context.accessData.write(0, message.data)
  return lineOf(shape, message.addr)
}

/** Equal caches are equal data: nothing stays behind of an access that has been answered. */
export function forgetAccess(context: L1Context, shape: CacheShape): void {
  context.accessAddr = 0
  context.accessIsExclusive = false
  context.accessWords = 0
  context.accessData.fill(0, shape.lineBytes >>> 2, 0)
}

export function forgetVictim(context: L1Context, config: L1Config): void {
  context.victimLine = -1
  context.victimData.fill(0, config.geometry.lineBytes >>> 2, 0)
}
