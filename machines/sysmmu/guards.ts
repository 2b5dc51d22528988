/** SYSMMU | what the chart asks: about an access and the TLB, about walk responses, about register writes. */

import { u32 } from '../../src/base/bits.ts'
import type { ReadResp, RegReadReq, RegWriteReq, WriteResp } from '../protocol.ts'
import { sysmmuCtrlBits, sysmmuFlushNow, sysmmuRegs } from './regs.ts'
import { tlbFind, tlbMiss, tlbMultiHit } from './tlb.ts'
import type { Access, SysmmuConfig, SysmmuContext, TlbDropChoice, TlbPrefetchChoice } from './types.ts'
import { level1Kind, level2Kind } from './walk.ts'

/** Pages that a prefetch may name. */
const prefetchPagesMax = 64 // HF-216

/** How many pages, from the start of the IO address window on, the walker may look ahead for. */
export function prefetchPages(config: SysmmuConfig): number {
  return Math.min(prefetchPagesMax, config.geometry.iova.bytes / config.geometry.pageBytes)
}

/** IO address of page `value` of the prefetch window. */
export function prefetchIova(config: SysmmuConfig, value: number): number {
  return u32(config.geometry.iova.base + value * config.geometry.pageBytes)
}

/** Whether the walker would look ahead for page `value`: one of the window's that no TLB entry matches. */
export function isPrefetchable(config: SysmmuConfig, ctx: SysmmuContext, value: number): boolean {
  if (!(value >= 0 && value < prefetchPages(config))) return false
  return tlbFind(ctx.tlb, prefetchIova(config, value)) === tlbMiss
}

/** Whether the burst leaves the page that it starts in. */
export function crossesPage(message: Access, pageBytes: number): boolean {
  const words = message.type === 'write.req' ? message.data.length : message.words
  return (message.addr & (pageBytes - 1)) + words * 4 > pageBytes // HF-217
}

/** All guards of the chart. */
export function sysmmuGuards(config: SysmmuConfig) {
  const { id, geometry, base } = config
  const { pageBytes } = geometry

  const offsetOf = (message: RegReadReq | RegWriteReq): number => message.addr - base
  const isCtrl = (message: RegWriteReq): boolean => offsetOf(message) === sysmmuRegs.ctrl
  const disables = (_ctx: SysmmuContext, message: RegWriteReq): boolean =>
    isCtrl(message) && (message.value & sysmmuCtrlBits.enable) === 0
  const blocks = (_ctx: SysmmuContext, message: RegWriteReq): boolean =>
    isCtrl(message) && (message.value & sysmmuCtrlBits.enable) !== 0 && (message.value & sysmmuCtrlBits.block) !== 0
  const enables = (_ctx: SysmmuContext, message: RegWriteReq): boolean =>
    isCtrl(message) && (message.value & sysmmuCtrlBits.enable) !== 0 && (message.value & sysmmuCtrlBits.block) === 0
  const isWalk = (_ctx: SysmmuContext, message: ReadResp): boolean => message.from === id
  const flushes = (offset: number, message: RegWriteReq): boolean =>
    offsetOf(message) === offset && (message.value & sysmmuFlushNow) !== 0

  return {
    // Device accesses.
    tlbHits: (ctx: SysmmuContext, message: Access) =>
      tlbFind(ctx.tlb, message.addr) >= 0 && !crossesPage(message, pageBytes),
    crossesPage: (_ctx: SysmmuContext, message: Access) => crossesPage(message, pageBytes),
    tlbMultiHits: (ctx: SysmmuContext, message: Access) => tlbFind(ctx.tlb, message.addr) === tlbMultiHit,

    // Responses.
    isWalk,
    walkFailed: (ctx: SysmmuContext, message: ReadResp) => isWalk(ctx, message) && !message.ok,
    tableFound: (ctx: SysmmuContext, message: ReadResp) =>
      isWalk(ctx, message) && level1Kind(message.data[0] as number) === 'table',
    sectionFound: (ctx: SysmmuContext, message: ReadResp) =>
      isWalk(ctx, message) && level1Kind(message.data[0] as number) === 'section',
    pageFound: (ctx: SysmmuContext, message: ReadResp) =>
      isWalk(ctx, message) && level2Kind(message.data[0] as number) !== 'fault',
    accessFailed: (_ctx: SysmmuContext, message: ReadResp | WriteResp) => !message.ok && message.from !== id,

    // Registers.
    disables,
    blocks,
    enables,
    unblocksHit: (ctx: SysmmuContext, message: RegWriteReq) =>
      enables(ctx, message) && tlbFind(ctx.tlb, ctx.held.addr) >= 0,
    unblocksMultiHit: (ctx: SysmmuContext, message: RegWriteReq) =>
      enables(ctx, message) && tlbFind(ctx.tlb, ctx.held.addr) === tlbMultiHit,
    flushesAll: (_ctx: SysmmuContext, message: RegWriteReq) => flushes(sysmmuRegs.flush, message),
    flushesEntry: (_ctx: SysmmuContext, message: RegWriteReq) => flushes(sysmmuRegs.flushEntry, message),
    clearsInterrupts: (_ctx: SysmmuContext, message: RegWriteReq) => offsetOf(message) === sysmmuRegs.intClear,
    readsStatus: (_ctx: SysmmuContext, message: RegReadReq) => offsetOf(message) === sysmmuRegs.status,
    interruptDue: (ctx: SysmmuContext) => ctx.regs.intStatus !== 0 && (ctx.regs.ctrl & sysmmuCtrlBits.interrupt) !== 0,
    interruptOver: (ctx: SysmmuContext) => ctx.regs.intStatus === 0 || (ctx.regs.ctrl & sysmmuCtrlBits.interrupt) === 0,

    // Choices.
    dropPossible: (ctx: SysmmuContext, message: TlbDropChoice) => message.value >= 0 && message.value < ctx.tlb.count,
    prefetchUseful: (ctx: SysmmuContext, message: TlbPrefetchChoice) => isPrefetchable(config, ctx, message.value),
  }
}
