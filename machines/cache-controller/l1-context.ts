/** Cache-controller | what a level-1 data cache remembers, and the questions its guards ask. */

import { Bytes } from '../../src/base/bytes.ts'
import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry, MemoryRange } from '../geometry.ts'
import type {
  CpuMaintain,
  EvictResp,
  FetchResp,
  LineDrop,
  LoadReq,
  MaintainReq,
  MaintainResp,
  MemoryWrite,
  PrefetchReq,
  ReadResp,
  SnoopReq,
  StoreReq,
  TranslationUse,
  WriteResp,
} from '../protocol.ts'
import {
  type CacheArray,
  type CacheShape,
  cacheShape,
  chooseSlot,
  displacesDirty,
  emptyArray,
  findHeld,
  findSlot,
  lineOf,
  lineState,
} from './cache-array.ts'
import { indexOfLine, isDisturbed, lineAt } from './memory-ranges.ts'

/** Sizes, names and switches of one level-1 data cache. */
export interface L1Config {
  /** Actor id, also the cache's name in events: `l1d0`. */
  readonly id: string
  /** Number of the core it belongs to; `cpu<core>` is the initiator of its non-cacheable accesses. */
  readonly core: number
  readonly geometry: Pick<Geometry, 'lineBytes' | 'l1'>
  /** Physical memory that may be fetched without an instruction asking. */
  readonly speculationWindow: readonly MemoryRange[]
  /** Memory that changes behind the caches: elsewhere no unmodified line is given up of the cache's own accord. Default: all. */
  readonly disturbed?: readonly MemoryRange[] | undefined
  /** Memory that somebody looks at, or changes, past the caches: elsewhere no dirty line is given up of its own accord. Default: all. */
  readonly beneath?: readonly MemoryRange[] | undefined
  readonly features: Pick<Features, 'speculation' | 'eviction' | 'l2'> & Partial<Pick<Features, 'speculativeStores'>>
}

/** The state of one level-1 data cache beside its chart. */
export interface L1Context {
  readonly array: CacheArray
  /** Line in the eviction buffer; -1: none, or a snoop has taken it. */
  victimLine: number
  readonly victimData: Bytes
  /** The core's access that waits: its address, words of a load, and the words of a store. */
  accessAddr: number
  accessWords: number
  readonly accessData: Bytes
  /** That access is a load-exclusive or a store-exclusive. */
  accessIsExclusive: boolean
  /** Line of the core's last load-exclusive, until a store-exclusive or another writer of the line; -1: none. */
  monitoredLine: number
  /** Line of the speculative fill on its way; -1: none. */
  speculatedLine: number
}

/** Everything the chart decides. */
export type L1Message =
  | LoadReq
  | StoreReq
  | MaintainReq
  | PrefetchReq
  | FetchResp
  | EvictResp
  | MaintainResp
  | SnoopReq
  | ReadResp
  | WriteResp
  | SpontaneousMessage

export function l1Context(config: L1Config): L1Context {
  return {
    array: emptyArray(cacheShape(config.geometry.l1, config.geometry.lineBytes)),
    victimLine: -1,
    victimData: new Bytes(config.geometry.lineBytes),
    accessAddr: 0,
    accessWords: 0,
    accessData: new Bytes(config.geometry.lineBytes),
    accessIsExclusive: false,
    monitoredLine: -1,
    speculatedLine: -1,
  }
}

/** The guards of one cache. */
export function l1Guards(config: L1Config) {
  const shape = cacheShape(config.geometry.l1, config.geometry.lineBytes)
  const stateOf = (context: L1Context, addr: number): number => {
    const slot = findSlot(context.array, shape, lineOf(shape, addr))
    return slot < 0 ? lineState.invalid : (context.array.states[slot] as number)
  }
  const isHeld = (state: number): boolean => state !== lineState.invalid && state !== lineState.filling
  const accessOf = (message: L1Message) => message as LoadReq | StoreReq
  const isEviction = (message: L1Message): boolean => (message as MaintainReq).op === 'evict'
  return {
    loadHits: (context: L1Context, message: L1Message): boolean => {
      const { memory, addr } = accessOf(message)
      return memory === 'cacheable' && isHeld(stateOf(context, addr))
    },
    exclusiveIsLost: (context: L1Context, message: L1Message): boolean => {
      const { exclusive, memory, addr } = accessOf(message)
      return exclusive === true && memory === 'cacheable' && context.monitoredLine !== lineOf(shape, addr)
    },
    exclusiveAccessIsLost: (context: L1Context, message: L1Message): boolean =>
      context.accessIsExclusive &&
      context.monitoredLine !== lineOf(shape, context.accessAddr) &&
      lineOf(shape, (message as FetchResp).addr) === lineOf(shape, context.accessAddr),
    storeHits: (context: L1Context, message: L1Message): boolean => {
      const { memory, addr } = accessOf(message)
      return memory === 'cacheable' && stateOf(context, addr) >= lineState.clean
    },
    storeHitsShared: (context: L1Context, message: L1Message): boolean =>
      stateOf(context, accessOf(message).addr) === lineState.shared,
    isNonCacheable: (_context: L1Context, message: L1Message): boolean => accessOf(message).memory !== 'cacheable',
    lineIsComing: (context: L1Context, message: L1Message): boolean =>
      stateOf(context, accessOf(message).addr) === lineState.filling,
    everyWayWaits: (context: L1Context, message: L1Message): boolean =>
      chooseSlot(context.array, shape, lineOf(shape, accessOf(message).addr)) < 0,
    missEvicts: (context: L1Context, message: L1Message): boolean => missEvicts(context, shape, accessOf(message)),
    evictionMeetsFill: (context: L1Context, message: L1Message): boolean =>
      isEviction(message) && stateOf(context, accessOf(message).addr) === lineState.filling,
    evictsDirty: (context: L1Context, message: L1Message): boolean =>
      isEviction(message) && stateOf(context, accessOf(message).addr) === lineState.dirty,
    evictsUnmodified: (context: L1Context, message: L1Message): boolean =>
      isEviction(message) && stateOf(context, accessOf(message).addr) >= lineState.shared,
    evictsNothing: (_context: L1Context, message: L1Message): boolean => isEviction(message),
    preloadIsVain: (context: L1Context, message: L1Message): boolean =>
      findSlot(context.array, shape, lineOf(shape, (message as PrefetchReq).addr)) >= 0,
    preloadWaits: (context: L1Context, message: L1Message): boolean => {
      const line = lineOf(shape, (message as PrefetchReq).addr)
      return line === context.victimLine || chooseSlot(context.array, shape, line) < 0
    },
    preloadEvicts: (context: L1Context, message: L1Message): boolean => {
      const line = lineOf(shape, (message as PrefetchReq).addr)
      return findSlot(context.array, shape, line) < 0 && displacesDirty(context.array, shape, line)
    },
    fillAnswersAccess: (context: L1Context, message: L1Message): boolean =>
      lineOf(shape, (message as FetchResp).addr) === lineOf(shape, context.accessAddr),
    fillFailsAccess: (context: L1Context, message: L1Message): boolean =>
      lineOf(shape, (message as FetchResp).addr) === lineOf(shape, context.accessAddr) &&
      (message as FetchResp).data.length === 0,
    fillAnswersSpeculation: (context: L1Context, message: L1Message): boolean =>
      lineOf(shape, (message as FetchResp).addr) === context.speculatedLine,
    fillFailsSpeculation: (context: L1Context, message: L1Message): boolean =>
      lineOf(shape, (message as FetchResp).addr) === context.speculatedLine && (message as FetchResp).data.length === 0,
    snoopMisses: (context: L1Context, message: L1Message): boolean => {
      const { addr, op } = message as SnoopReq
      return lineOf(shape, addr) !== context.victimLine && (op === 'evict' || !isHeld(stateOf(context, addr)))
    },
    snoopInvalidatesVictim: (context: L1Context, message: L1Message): boolean =>
      (message as SnoopReq).op === 'invalidate' && lineOf(shape, (message as SnoopReq).addr) === context.victimLine,
    snoopHitsVictim: (context: L1Context, message: L1Message): boolean =>
      lineOf(shape, (message as SnoopReq).addr) === context.victimLine,
    snoopAsks: (_context: L1Context, message: L1Message, params: SnoopReq['op']): boolean =>
      (message as SnoopReq).op === params,
    cannotSpeculate: (context: L1Context, message: L1Message): boolean =>
      !canSpeculate(context, shape, config, (message as SpontaneousMessage).value),
    speculationEvicts: (context: L1Context, message: L1Message): boolean =>
      displacesDirty(context.array, shape, windowLine(config, shape, (message as SpontaneousMessage).value)),
    slotMayBeDirtied: (context: L1Context, message: L1Message): boolean =>
      mayDirty(context, shape, config, (message as SpontaneousMessage).value),
    slotIsDirty: (context: L1Context, message: L1Message): boolean =>
      context.array.states[(message as SpontaneousMessage).value] === lineState.dirty,
    slotIsUnmodified: (context: L1Context, message: L1Message): boolean => {
      const state = context.array.states[(message as SpontaneousMessage).value]
      return state === lineState.shared || state === lineState.clean
    },
  }
}

function missEvicts(context: L1Context, shape: CacheShape, access: LoadReq | StoreReq): boolean {
  if (access.memory !== 'cacheable') return false
  const line = lineOf(shape, access.addr)
  return findSlot(context.array, shape, line) < 0 && displacesDirty(context.array, shape, line)
}

/** Whether the cache may give `slot` up of its own accord: it holds data, and it can be told whether it does. */
export function mayEvict({ array }: L1Context, shape: CacheShape, config: L1Config, slot: number): boolean {
  const state = array.states[slot] as number
  if (state < lineState.shared) return false
  return isDisturbed(state === lineState.dirty ? config.beneath : config.disturbed, shape, array.lines[slot] as number)
}

/** Whether a store that is never executed may leave `slot` dirty: it is this cache's own, and it can be told whether it does. */
export function mayDirty({ array }: L1Context, shape: CacheShape, config: L1Config, slot: number): boolean {
  if (!config.features.speculativeStores || array.states[slot] !== lineState.clean) return false
  return isDisturbed(config.disturbed, shape, array.lines[slot] as number)
}

/** The line that value `value` of `line.speculate` names. */
export function windowLine(config: L1Config, shape: CacheShape, value: number): number {
  return lineAt(config.speculationWindow, shape, value)
}

/** Whether `line.speculate` with `value` is possible: the line is nowhere in this cache and a way is to be had. */
export function canSpeculate(context: L1Context, shape: CacheShape, config: L1Config, value: number): boolean {
  const line = windowLine(config, shape, value)
  if (line === context.victimLine || findSlot(context.array, shape, line) >= 0) return false
  return chooseSlot(context.array, shape, line) >= 0
}

/**
 * Adversarial speculation, as a value of `line.speculate` or -1: fetch the line that a device writes next, while it is
 * still old; fetch a line again just after maintenance has dropped it, or around the maintenance of the outer cache.
 */
export function aimSpeculation(config: L1Config, shape: CacheShape, event: Message): number {
  const addr = nextWrittenAddr(event) ?? maintainedAddr(event)
  if (addr === undefined) return -1
  return indexOfLine(config.speculationWindow, shape, lineOf(shape, addr))
}

/**
 * Adversarial eviction, as a slot or -1: push a dirty line out over data that a device writes or has just written,
 * or behind the maintenance of the outer cache.
 */
export function aimEviction(shape: CacheShape, event: Message, context: L1Context): number {
  const addr = interferingAddr(event)
  if (addr === undefined) return -1
  const slot = findHeld(context.array, shape, lineOf(shape, addr))
  return slot >= 0 && context.array.states[slot] === lineState.dirty ? slot : -1
}

function interferingAddr(event: Message): number | undefined {
  switch (event.type) {
    case 'memory.write':
      return (event as MemoryWrite).addr
    case 'translation.use':
      return (event as TranslationUse).write ? (event as TranslationUse).addr : undefined
    default:
      return maintainedAddr(event)
  }
}

/** The byte behind what was just written: devices write upwards. */
function nextWrittenAddr(event: Message): number | undefined {
  switch (event.type) {
    case 'memory.write':
      return (event as MemoryWrite).addr + (event as MemoryWrite).data.length * 4
    case 'translation.use': {
      const { write, addr, words } = event as TranslationUse
      return write ? addr + words * 4 : undefined
    }
    default:
      return undefined
  }
}

/** The line that maintenance of the outer cache is about, or that maintenance of either level has dropped. */
function maintainedAddr(event: Message): number | undefined {
  switch (event.type) {
    case 'cpu.maintain':
      return (event as CpuMaintain).level === 'l2' ? (event as CpuMaintain).addr : undefined
    case 'line.drop':
      return (event as LineDrop).cause === 'maintenance' ? (event as LineDrop).addr : undefined
    default:
      return undefined
  }
}
