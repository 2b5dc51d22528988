/** IOMMU | what the chart asks: about requests, answers from memory, register writes and choices. */

import type { Message } from '../../src/kernel/actor.ts'
import type { ReadReq, ReadResp, RegReadReq, RegWriteReq, WriteReq, WriteResp } from '../protocol.ts'
import { level1Kind, level2Kind } from '../sysmmu/walk.ts'
import { commandIn } from './commands.ts'
import { isDeviceEntryValid, leafAttributes } from './descriptors.ts'
import { descriptorIn } from './lines.ts'
import {
  domainOf,
  type Found,
  find,
  findsBy,
  isPrefetchable,
  keptDescriptor,
  needsDeviceEntry,
  prefetchTarget,
  tlbOf,
} from './lookup.ts'
import { iommuCtrlBits, iommuRegs, noCommand, type QueuedCommand, statusWriter } from './regs.ts'
import { type TlbEntry, tlbCovers, tlbFind, tlbMiss } from './tlb.ts'
import type {
  IommuConfig,
  IommuContext,
  KeptDropChoice,
  MatchUseChoice,
  Request,
  TlbDropChoice,
  TlbPrefetchChoice,
  Walk,
  Which,
} from './types.ts'
import type { Walker } from './walker.ts'

/** Which commands a guard asks for; `index`: only for this requester. */
export interface Asked {
  readonly ops: readonly QueuedCommand['op'][]
  readonly index?: number
}

/** Whether entry `value` of a requester's choice may be used: it matches, or none does and it stands for all. */
export function isUsable(config: IommuConfig, ctx: IommuContext, value: number): boolean {
  const { requester, at } = choiceOf(config, value)
  const walk = ctx.walks[requester]
  if (walk === undefined || walk.kind === '') return false
  const tlb = tlbOf(config, ctx, requester)
  const entry = tlb.entries[at]
  if (entry !== undefined && tlbCovers(entry, walk.tag, walk.addr)) return true
  return at === 0 && tlbFind(tlb, walk.tag, walk.addr) === tlbMiss
}

/** Requester and entry that a choice among several entries means. */
export function choiceOf(
  { tlbEntries }: IommuConfig,
  value: number,
): { readonly requester: number; readonly at: number } {
  return { requester: Math.floor(value / tlbEntries), at: value % tlbEntries }
}

/** Whether something kept besides the TLB may vanish under this number. */
export function isKept({ walkCacheEntries }: IommuConfig, ctx: IommuContext, value: number): boolean {
  if (value < walkCacheEntries) return value >= 0 && value < ctx.walkCache.count
  return ctx.devices[value - walkCacheEntries]?.known === true
}

/** Whether an entry of a TLB may vanish under this number. */
export function isEntry({ tlbEntries }: IommuConfig, ctx: IommuContext, value: number): boolean {
  return value >= 0 && ctx.tlbs[Math.floor(value / tlbEntries)]?.entries[value % tlbEntries] !== undefined
}

/** Guards about requests and their walks. */
export function requestGuards(config: IommuConfig) {
  const { id, requesters } = config
  const fromOf = ({ requester }: Which): string => requesters[requester]?.from as string
  const walkOf = (ctx: IommuContext, { walker }: Walker): Walk => ctx.walks[walker] as Walk
  const isWalk = (_ctx: IommuContext, { from, txn }: ReadResp, { walker }: Walker): boolean =>
    from === id && txn === walker
  const isFrom = (_ctx: IommuContext, { from }: Message & { readonly from: string }, which: Which): boolean =>
    from === fromOf(which)
  const leafFound = (ctx: IommuContext, message: ReadResp, params: Walker & { readonly level: 1 | 2 }): boolean => {
    if (!isWalk(ctx, message, params)) return false
    const descriptor = descriptorIn(config, message, params.level, walkOf(ctx, params).addr)
    return params.level === 1 ? level1Kind(descriptor) === 'section' : level2Kind(descriptor) !== 'fault'
  }
  return {
    isFrom,
    isTranslated: (ctx: IommuContext, message: ReadReq | WriteReq, which: Which) =>
      message.translated === true && isFrom(ctx, message, which),
    needsTranslation: (_ctx: IommuContext, message: ReadReq | WriteReq) => message.translated !== true,
    needsDevice: (ctx: IommuContext, message: Request, which: Which) =>
      isFrom(ctx, message, which) && needsDeviceEntry(config, ctx, which.requester),
    answers: isFrom,

    finds: (ctx: IommuContext, _message: Message, params: Walker & { readonly what: Found }) =>
      find(config, ctx, walkOf(ctx, params)) === params.what,

    isWalk,
    walkFailed: (ctx: IommuContext, message: ReadResp, params: Walker) => isWalk(ctx, message, params) && !message.ok,
    tableFound: (ctx: IommuContext, message: ReadResp, params: Walker) =>
      isWalk(ctx, message, params) && level1Kind(message.data[0] as number) === 'table',
    leafFound,
    leafDenied: (ctx: IommuContext, message: ReadResp, params: Walker & { readonly level: 1 | 2 }) => {
      const walk = walkOf(ctx, params)
      if (walk.kind !== 'write' || !leafFound(ctx, message, params)) return false
      return leafAttributes(descriptorIn(config, message, params.level, walk.addr)).readOnly
    },
    deviceValid: (ctx: IommuContext, message: ReadResp, params: Walker) =>
      isWalk(ctx, message, params) && isDeviceEntryValid(message.data[0] as number),

    isChoice: (_ctx: IommuContext, { value }: MatchUseChoice, which: Which) =>
      choiceOf(config, value).requester === which.requester,
    chosen: (
      ctx: IommuContext,
      { value }: MatchUseChoice,
      { requester, what }: Which & { readonly what: 'translation' | 'nothing' | 'denied' },
    ) => {
      const choice = choiceOf(config, value)
      const walk = ctx.walks[requester] as Walk
      const entry = tlbOf(config, ctx, requester).entries[choice.at] as TlbEntry | undefined
      if (choice.requester !== requester || entry === undefined) return false
      return tlbCovers(entry, walk.tag, walk.addr) && findsBy(ctx, config, walk, choice.at) === what
    },

    prefetchKept: (ctx: IommuContext, { value }: TlbPrefetchChoice) => {
      if (!isPrefetchable(config, ctx, value)) return false
      const { requester, page } = prefetchTarget(config, value)
      const kept = keptDescriptor(config, ctx, domainOf(config, ctx, requester).tag, page)
      return kept >= 0 && level1Kind(kept) === 'table'
    },
    prefetchUseful: (ctx: IommuContext, { value }: TlbPrefetchChoice) => isPrefetchable(config, ctx, value),
    dropPossible: (ctx: IommuContext, { value }: TlbDropChoice) => isEntry(config, ctx, value),
    keptDropPossible: (ctx: IommuContext, { value }: KeptDropChoice) => isKept(config, ctx, value),
  }
}

/** Guards about registers and commands. */
export function commandGuards(config: IommuConfig) {
  const { id, base, requesters, slots, roots, queueEntries } = config
  const offsetOf = ({ addr }: RegReadReq | RegWriteReq): number => addr - base
  const isControl = (_ctx: IommuContext, message: RegWriteReq): boolean => offsetOf(message) === iommuRegs.ctrl
  const isSet = ({ value }: RegWriteReq, bit: number): boolean => (value & bit) !== 0
  const exists = ({ op, index }: QueuedCommand): boolean => {
    if (op === 'atc') return requesters[index]?.keeps === 'atc'
    return op === 'status' ? slots[index] !== undefined : op !== ''
  }
  const commandOf = (ctx: IommuContext, message: Message): QueuedCommand => {
    if (message.type === 'command.execute') return ctx.queue[0] ?? noCommand()
    return commandIn(config, message as RegWriteReq)
  }
  const isCommand = (ctx: IommuContext, message: RegWriteReq): boolean => exists(commandOf(ctx, message))
  const accessesOver = ({ outstanding }: IommuContext): boolean => outstanding.every(({ awaited }) => !awaited)
  return {
    isControl,
    disables: (ctx: IommuContext, message: RegWriteReq) =>
      isControl(ctx, message) && !isSet(message, iommuCtrlBits.enable),
    blocks: (ctx: IommuContext, message: RegWriteReq) =>
      isControl(ctx, message) && isSet(message, iommuCtrlBits.enable) && isSet(message, iommuCtrlBits.block),
    enables: (ctx: IommuContext, message: RegWriteReq) =>
      isControl(ctx, message) && isSet(message, iommuCtrlBits.enable) && !isSet(message, iommuCtrlBits.block),
    readsStatus: (_ctx: IommuContext, message: RegReadReq) => offsetOf(message) === iommuRegs.status,
    setsRoot: (_ctx: IommuContext, message: RegWriteReq) =>
      offsetOf(message) === iommuRegs.root && roots[message.value] !== undefined,
    clearsFaults: (_ctx: IommuContext, message: RegWriteReq) => offsetOf(message) === iommuRegs.faultStatus,

    isCommand,
    queueFull: (ctx: IommuContext, message: RegWriteReq) => isCommand(ctx, message) && ctx.queue.length >= queueEntries,
    begins: (ctx: IommuContext, message: Message, { ops, index }: Asked) => {
      const command = commandOf(ctx, message)
      return exists(command) && ops.includes(command.op) && (index === undefined || index === command.index)
    },
    walksOver: ({ walks }: IommuContext) => walks.every(({ awaited }) => !awaited),
    accessesOver,
    statusDue: (ctx: IommuContext) => ctx.current.op === 'status' && accessesOver(ctx),
    isLastAnswer: ({ unanswered }: IommuContext) => unanswered === 1,
    isStatusWrite: (_ctx: IommuContext, message: WriteResp) => message.from === statusWriter(id),

    walkUnderWay: ({ walks }: IommuContext) => walks.some(({ kind }) => kind !== ''),
    noWalk: ({ walks }: IommuContext) => walks.every(({ kind }) => kind === ''),
    interruptDue: ({ fault }: IommuContext) => fault.status !== 0,
    interruptOver: ({ fault }: IommuContext) => fault.status === 0,
  }
}
