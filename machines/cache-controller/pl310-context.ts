/** Cache-controller | what the outer cache remembers, and the questions its guards ask. */

import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry, MemoryRange } from '../geometry.ts'
import type {
  LineWriteback,
  MaintenanceOp,
  MemoryWrite,
  ReadReq,
  ReadResp,
  RegReadReq,
  RegWriteReq,
  TranslationUse,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import {
  type CacheArray,
  type CacheShape,
  cacheShape,
  chooseSlot,
  crossesLine,
  emptyArray,
  findHeld,
  findSlot,
  lineOf,
  lineState,
} from './cache-array.ts'
import { isDisturbed } from './memory-ranges.ts'
import {
  auxControlValue,
  controlEnable,
  indexWayShift,
  isIndexOperation,
  isSync,
  lineOperation,
  pl310Offsets,
  sharedOverride,
  wayOperation,
} from './pl310-regs.ts'
import { bufferHolds, emptyStoreBuffer, entryCount, freeEntry, mayDrain, type StoreBuffer } from './store-buffer.ts'

/** Sizes, names and switches of one outer cache controller. */
export interface Pl310Config {
  /** Actor id; also the cache's name in events and the `from` of its bus transactions. */
  readonly id: string
  /** Physical base of its registers. */
  readonly base: number
  /** The prefetcher stays within a page. */
  readonly geometry: Pick<Geometry, 'lineBytes' | 'pageBytes' | 'l2' | 'l2StoreBufferEntries'>
  /** As in `L1Config`; elsewhere nothing is prefetched, either. */
  readonly disturbed?: readonly MemoryRange[] | undefined
  /** As in `L1Config`. */
  readonly beneath?: readonly MemoryRange[] | undefined
  /** Every register write waits until the buffers are empty before it does anything (HF-176). Default true. */
  readonly registerWritesSync?: boolean
  readonly features: Pick<
    Features,
    'l2' | 'l2StoreBuffer' | 'sharedOverride' | 'speculation' | 'eviction' | 'flushKeepsClean'
  >
}

/** The state of the outer cache beside its chart. */
export interface Pl310Context {
  readonly array: CacheArray
  readonly buffer: StoreBuffer
  /** The SCU's transaction under way; `entry` of a write that waits for memory; `exclusive`: core of such a write, else -1. */
  readonly request: { from: string; txn: number; addr: number; words: number; entry: number; exclusive: number }
  /** Lines being read from memory; -1: none. */
  fillLine: number
  readLine: number
  prefetchLine: number
  /** The line filled last; -1: none, or the next one is not to be prefetched. The prefetcher goes on behind it. */
  lastLine: number
  /** The register write that waits for the buffers to empty. */
  readonly command: { from: string; txn: number; addr: number }
  /** The way operation in the background: ways still to do, and the next set of the lowest one. */
  readonly sweep: { op: MaintenanceOp; mask: number; set: number }
  control: number
  auxControl: number
}

/** Everything the chart decides. */
export type Pl310Message = ReadReq | WriteReq | ReadResp | WriteResp | RegReadReq | RegWriteReq | SpontaneousMessage

/** AXI ids of the controller's own transactions: one for each unit that can have one outstanding. */
export const busTxn = { demand: 0, prefetch: 1, firstEntry: 2 } as const

export function pl310Context(config: Pl310Config): Pl310Context {
  return {
    array: emptyArray(cacheShape(config.geometry.l2, config.geometry.lineBytes)),
    buffer: emptyStoreBuffer(config.geometry.l2StoreBufferEntries, config.geometry.lineBytes),
    request: { from: '', txn: 0, addr: 0, words: 0, entry: 0, exclusive: -1 },
    fillLine: -1,
    readLine: -1,
    prefetchLine: -1,
    lastLine: -1,
    command: { from: '', txn: 0, addr: 0 },
    sweep: { op: 'clean', mask: 0, set: 0 },
    control: config.features.l2 ? controlEnable : 0,
    auxControl: config.features.sharedOverride ? auxControlValue : (auxControlValue & ~sharedOverride) >>> 0,
  }
}

/** The slot that a line register write names; -1: none. */
export function commandSlot(
  context: Pl310Context,
  config: Pl310Config,
  shape: CacheShape,
  message: RegWriteReq,
): number {
  if (!isIndexOperation(message.addr - config.base)) {
    return findSlot(context.array, shape, lineOf(shape, message.value))
  }
  const way = message.value >>> indexWayShift
  const slot = (lineOf(shape, message.value) & (shape.sets - 1)) * shape.ways + way
  return way < shape.ways && context.array.states[slot] !== lineState.invalid ? slot : -1
}

/** Whether a slot can be had for `line` now: a dirty line in the way needs a free buffer entry. */
export function hasRoom(context: Pl310Context, shape: CacheShape, line: number): boolean {
  const slot = chooseSlot(context.array, shape, line)
  return slot >= 0 && (context.array.states[slot] !== lineState.dirty || freeEntry(context.buffer) >= 0)
}

/** `line` as the last one filled, or -1 if the prefetcher may not go on behind it: it stays within a page. */
export function lastFilled(config: Pl310Config, shape: CacheShape, line: number): number {
  const next = line + 1
  if (next % (config.geometry.pageBytes / config.geometry.lineBytes) === 0) return -1
  return config.features.speculation && isDisturbed(config.disturbed, shape, next) ? line : -1
}

/** Whether the cache may give `slot` up of its own accord: it holds data, and it can be told whether it does. */
export function mayEvict({ array }: Pl310Context, shape: CacheShape, config: Pl310Config, slot: number): boolean {
  const state = array.states[slot] as number
  if (state < lineState.shared) return false
  return isDisturbed(state === lineState.dirty ? config.beneath : config.disturbed, shape, array.lines[slot] as number)
}

/** Whether the line behind the last fill can be fetched: it is nowhere in this cache, and there is room. */
export function canPrefetch(context: Pl310Context, shape: CacheShape): boolean {
  const next = context.lastLine + 1
  if (next === 0) return false
  if (findSlot(context.array, shape, next) >= 0 || bufferHolds(context.buffer, next)) return false
  return hasRoom(context, shape, next)
}

/** Whether `entry` may go to memory: oldest of its line, and no read of the line is on the bus. */
export function canDrain(context: Pl310Context, entry: number): boolean {
  if (!mayDrain(context.buffer, entry)) return false
  const line = context.buffer.lines[entry]
  return line !== context.fillLine && line !== context.readLine && line !== context.prefetchLine
}

/** Whether the background operation can go on: writing dirty lines back needs a free buffer entry. */
export function canSweep({ sweep, buffer }: Pl310Context): boolean {
  return sweep.mask !== 0 && (sweep.op === 'invalidate' || freeEntry(buffer) >= 0)
}

/**
 * Whether an access looks the array up: a cacheable one, and unless it is overridden a Normal non-cacheable one (HF-496). An exclusive
 * one of a core goes to the monitor, which is in memory. HF-564
 */
export function looksUp({ auxControl }: Pl310Context, { memory, exclusive }: ReadReq | WriteReq): boolean {
  if (exclusive !== undefined) return false
  return memory === 'cacheable' || (memory === 'non-cacheable' && (auxControl & sharedOverride) === 0)
}

/** Guards about transactions: of the SCU, of the bus and of the cache's own accord. */
export function transactionGuards(config: Pl310Config) {
  const shape = cacheShape(config.geometry.l2, config.geometry.lineBytes)
  const lineIn = (message: Pl310Message): number => lineOf(shape, (message as ReadReq).addr)
  const isCacheable = (message: Pl310Message): boolean => (message as ReadReq).memory === 'cacheable'
  const goesAround = (message: Pl310Message): boolean =>
    !isCacheable(message) || (message as WriteReq).data.length * 4 < config.geometry.lineBytes
  const stateAt = (context: Pl310Context, message: Pl310Message) =>
    context.array.states[(message as SpontaneousMessage).value]
  const mayFetch = (context: Pl310Context, line: number): boolean =>
    !bufferHolds(context.buffer, line) && hasRoom(context, shape, line)
  return {
    readHits: (context: Pl310Context, message: Pl310Message): boolean => {
      const { addr, words } = message as ReadReq
      if (!looksUp(context, message as ReadReq) || crossesLine(shape, addr, words)) return false
      return findHeld(context.array, shape, lineOf(shape, addr)) >= 0
    },
    writeHits: (context: Pl310Context, message: Pl310Message): boolean => {
      const { addr, data } = message as WriteReq
      if (!isCacheable(message) || crossesLine(shape, addr, data.length)) return false
      return findHeld(context.array, shape, lineOf(shape, addr)) >= 0
    },
    readCrossesLine: (_context: Pl310Context, message: Pl310Message): boolean =>
      crossesLine(shape, (message as ReadReq).addr, (message as ReadReq).words),
    writeCrossesLine: (_context: Pl310Context, message: Pl310Message): boolean =>
      crossesLine(shape, (message as WriteReq).addr, (message as WriteReq).data.length),
    isNonCacheable: (_context: Pl310Context, message: Pl310Message): boolean => !isCacheable(message),
    lineIsBuffered: (context: Pl310Context, message: Pl310Message): boolean =>
      bufferHolds(context.buffer, lineIn(message)),
    aroundMeetsItsLine: (context: Pl310Context, message: Pl310Message): boolean =>
      !isCacheable(message) && bufferHolds(context.buffer, lineIn(message)),
    missMayFetch: (context: Pl310Context, message: Pl310Message): boolean => mayFetch(context, lineIn(message)),
    // Nobody else fetches this line meanwhile: a prefetch needs what the read waits for.
    keptReadMayFetch: (context: Pl310Context): boolean => mayFetch(context, lineOf(shape, context.request.addr)),
    lineIsComing: (context: Pl310Context, message: Pl310Message): boolean =>
      looksUp(context, message as ReadReq) && lineIn(message) === context.prefetchLine,
    hasNoRoom: (context: Pl310Context, message: Pl310Message): boolean => !hasRoom(context, shape, lineIn(message)),
    bufferIsFull: (context: Pl310Context): boolean => freeEntry(context.buffer) < 0,
    aroundMeetsFullBuffer: (context: Pl310Context, message: Pl310Message): boolean =>
      goesAround(message) && freeEntry(context.buffer) < 0,
    aroundIsBuffered: (_context: Pl310Context, message: Pl310Message): boolean =>
      goesAround(message) &&
      config.features.l2StoreBuffer &&
      (message as WriteReq).memory !== 'strongly-ordered' &&
      (message as WriteReq).exclusive === undefined,
    goesAround: (_context: Pl310Context, message: Pl310Message): boolean => goesAround(message),
    isDemandAnswer: (_context: Pl310Context, message: Pl310Message): boolean =>
      (message as ReadResp).txn === busTxn.demand,
    demandFails: (_context: Pl310Context, message: Pl310Message): boolean =>
      (message as ReadResp).txn === busTxn.demand && !(message as ReadResp).ok,
    isPrefetchAnswer: (_context: Pl310Context, message: Pl310Message): boolean =>
      (message as ReadResp).txn === busTxn.prefetch,
    prefetchFails: (_context: Pl310Context, message: Pl310Message): boolean =>
      (message as ReadResp).txn === busTxn.prefetch && !(message as ReadResp).ok,
    answersEntry: (context: Pl310Context, message: Pl310Message): boolean =>
      (context.buffer.states[(message as WriteResp).txn - busTxn.firstEntry] ?? 0) !== 0,
    answersRequest: (context: Pl310Context, message: Pl310Message): boolean =>
      (message as WriteResp).txn - busTxn.firstEntry === context.request.entry,
    answersLastEntry: (context: Pl310Context, message: Pl310Message): boolean =>
      entryCount(context.buffer) === 1 &&
      (context.buffer.states[(message as WriteResp).txn - busTxn.firstEntry] ?? 0) !== 0,
    canDrain: (context: Pl310Context, message: Pl310Message): boolean =>
      canDrain(context, (message as SpontaneousMessage).value),
    canPrefetch: (context: Pl310Context): boolean => canPrefetch(context, shape),
    canSweep: (context: Pl310Context): boolean => canSweep(context),
    sweepIsDone: (context: Pl310Context): boolean => context.sweep.mask === 0,
    slotIsClean: (context: Pl310Context, message: Pl310Message): boolean =>
      stateAt(context, message) === lineState.clean,
    slotIsDirtyWithRoom: (context: Pl310Context, message: Pl310Message): boolean =>
      stateAt(context, message) === lineState.dirty && freeEntry(context.buffer) >= 0,
  }
}

/** Guards about register writes. */
export function registerGuards(config: Pl310Config) {
  const shape = cacheShape(config.geometry.l2, config.geometry.lineBytes)
  const offsetIn = (message: Pl310Message): number => (message as RegWriteReq).addr - config.base
  const isLineOperation = (message: Pl310Message): boolean => lineOperation(offsetIn(message)) !== undefined
  const slotOf = (context: Pl310Context, message: Pl310Message): number =>
    commandSlot(context, config, shape, message as RegWriteReq)
  const needsEntry = (context: Pl310Context, message: Pl310Message): boolean =>
    lineOperation(offsetIn(message)) !== 'invalidate' &&
    context.array.states[slotOf(context, message)] === lineState.dirty
  const switchesTo = (context: Pl310Context, message: Pl310Message, enable: number): boolean =>
    offsetIn(message) === pl310Offsets.control &&
    context.sweep.mask === 0 &&
    ((message as RegWriteReq).value & controlEnable) === enable
  return {
    /** The common case: nothing buffered, the line not here. */
    lineOperationMisses: (context: Pl310Context, message: Pl310Message): boolean =>
      isLineOperation(message) && entryCount(context.buffer) === 0 && slotOf(context, message) < 0,
    isMisaligned: (_context: Pl310Context, message: Pl310Message): boolean => ((message as RegWriteReq).addr & 3) !== 0,
    syncsFirst: (context: Pl310Context, message: Pl310Message): boolean =>
      (config.registerWritesSync ?? true) &&
      !isSync(offsetIn(message)) &&
      lineOperation(offsetIn(message)) !== 'evict' &&
      entryCount(context.buffer) > 0,
    lineOperationMeetsFill: (context: Pl310Context, message: Pl310Message): boolean =>
      isLineOperation(message) && context.array.states[slotOf(context, message)] === lineState.filling,
    lineOperationNeedsEntry: (context: Pl310Context, message: Pl310Message): boolean =>
      isLineOperation(message) && needsEntry(context, message) && freeEntry(context.buffer) < 0,
    lineOperationIsDone: (context: Pl310Context, message: Pl310Message): boolean => {
      if (!isLineOperation(message)) return false
      return config.features.l2StoreBuffer || (entryCount(context.buffer) === 0 && !needsEntry(context, message))
    },
    isLineOperation: (_context: Pl310Context, message: Pl310Message): boolean => isLineOperation(message),
    syncIsDone: (context: Pl310Context, message: Pl310Message): boolean =>
      isSync(offsetIn(message)) && entryCount(context.buffer) === 0,
    isSync: (_context: Pl310Context, message: Pl310Message): boolean => isSync(offsetIn(message)),
    beginsSweep: (_context: Pl310Context, message: Pl310Message): boolean =>
      wayOperation(offsetIn(message)) !== undefined && ((message as RegWriteReq).value & waysMask(shape)) !== 0,
    isControl: (_context: Pl310Context, message: Pl310Message): boolean => offsetIn(message) === pl310Offsets.control,
    auxIsLocked: (context: Pl310Context, message: Pl310Message): boolean =>
      offsetIn(message) === pl310Offsets.auxControl && (context.control & controlEnable) !== 0,
    isAux: (_context: Pl310Context, message: Pl310Message): boolean => offsetIn(message) === pl310Offsets.auxControl,
    disables: (context: Pl310Context, message: Pl310Message): boolean => switchesTo(context, message, 0),
    enables: (context: Pl310Context, message: Pl310Message): boolean => switchesTo(context, message, controlEnable),
  }
}

/** One bit for each way. */
export function waysMask(shape: CacheShape): number {
  return (1 << shape.ways) - 1
}

/**
 * Adversarial eviction, as a slot or -1: push a dirty line out over what a device writes or has just written, or as
 * soon as a core's cache has written it back.
 */
export function aimEviction(config: Pl310Config, shape: CacheShape, event: Message, context: Pl310Context): number {
  const addr = interferingAddr(config, event)
  if (addr === undefined) return -1
  const slot = findHeld(context.array, shape, lineOf(shape, addr))
  return slot >= 0 && context.array.states[slot] === lineState.dirty ? slot : -1
}

/** Adversarial prefetch: 0 if the line behind the last fill is one that a device is about to write, else -1. */
export function aimPrefetch(config: Pl310Config, shape: CacheShape, event: Message, context: Pl310Context): number {
  const addr = interferingAddr(config, event)
  return addr !== undefined && context.lastLine >= 0 && lineOf(shape, addr) === context.lastLine + 1 ? 0 : -1
}

function interferingAddr(config: Pl310Config, event: Message): number | undefined {
  switch (event.type) {
    case 'memory.write':
      return (event as MemoryWrite).from === config.id ? undefined : (event as MemoryWrite).addr
    case 'translation.use':
      return (event as TranslationUse).write ? (event as TranslationUse).addr : undefined
    case 'line.writeback':
      return (event as LineWriteback).cache === config.id ? undefined : (event as LineWriteback).addr
    default:
      return undefined
  }
}
