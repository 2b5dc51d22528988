/** SYSMMU | what the chart asks: about an access and the TLB, about walk responses, about register writes. */

import { u32 } from '../../src/base/bits.ts'
import type { ReadResp, RegReadReq, RegWriteReq, WriteResp } from '../protocol.ts'
import { flpdFind } from './flpd.ts'
import { sysmmuCfg, sysmmuCtrlBits, sysmmuFlushNow, sysmmuRegs } from './regs.ts'
import { rights, tlbAllows, tlbFind, tlbMiss, tlbMultiHit } from './tlb.ts'
import type {
  Access,
  FlpdPrefetchChoice,
  SysmmuConfig,
  SysmmuContext,
  SysmmuRegisters,
  TlbDropChoice,
  TlbPrefetchChoice,
} from './types.ts'
import { hasPrefetchWindows } from './variant.ts'
import { leafRights, level1Index, level1Kind, level2Kind, sectionBytes } from './walk.ts'

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

/** Whether version 3 lets the walker look ahead for `iova`: CFG switches it on, and a window holds the address. */
function isInPrefetchWindow({ cfg, prefetch }: SysmmuRegisters, iova: number): boolean {
  if ((cfg & sysmmuCfg.prefetch) >>> 0 !== sysmmuCfg.prefetch) return false
  const { start0, end0, start1, end1 } = prefetch
  return (iova >= start0 && iova <= end0) || (iova >= start1 && iova <= end1)
}

/** Sections that the first-level prefetcher may look at: those of the IO address window. */
export function flpdPrefetchSections({ geometry }: SysmmuConfig): number {
  return Math.min(geometry.level1Entries, Math.ceil(geometry.iova.bytes / sectionBytes(geometry)), prefetchPagesMax)
}

/** First IO address of section `value` of the window. */
export function flpdPrefetchIova({ geometry }: SysmmuConfig, value: number): number {
  return u32(geometry.iova.base + value * sectionBytes(geometry))
}

/** Kept descriptor of the section of `iova`, or -1: none is kept, or CFG does not let it be used. */
export function keptDescriptor({ geometry }: SysmmuConfig, { regs, flpd }: SysmmuContext, iova: number): number {
  if ((regs.cfg & sysmmuCfg.flpdCache) === 0) return -1
  const at = flpdFind(flpd, level1Index(geometry, iova))
  return at < 0 ? -1 : u32(flpd.descriptors[at] as number)
}

/** Whether a first-level descriptor may be fetched ahead: nothing is kept for the section yet. */
export function isFlpdPrefetchable(config: SysmmuConfig, ctx: SysmmuContext, value: number): boolean {
  if (!(value >= 0 && value < flpdPrefetchSections(config)) || (ctx.regs.cfg & sysmmuCfg.flpdCache) === 0) return false
  return keptDescriptor(config, ctx, flpdPrefetchIova(config, value)) < 0
}

/** Whether the walker would look ahead for page `value`: one of the window's that no TLB entry matches. */
export function isPrefetchable(config: SysmmuConfig, ctx: SysmmuContext, value: number): boolean {
  if (!(value >= 0 && value < prefetchPages(config))) return false
  const iova = prefetchIova(config, value)
  if (hasPrefetchWindows(config.version) && !isInPrefetchWindow(ctx.regs, iova)) return false
  return tlbFind(ctx.tlb, iova) === tlbMiss
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
  const isProtected = (ctx: SysmmuContext): boolean => (ctx.regs.cfg & sysmmuCfg.accessProtection) !== 0
  /** One entry matches, and allows the access. */
  const hits = ({ tlb }: SysmmuContext, iova: number, write: boolean): boolean => {
    const at = tlbFind(tlb, iova)
    return at >= 0 && (tlb.rights[at] === rights.readWrite || tlbAllows(tlb, at, write))
  }
  /** One entry matches, and does not. */
  const denies = ({ tlb }: SysmmuContext, iova: number, write: boolean): boolean => {
    const at = tlbFind(tlb, iova)
    return at >= 0 && !tlbAllows(tlb, at, write)
  }
  const keeps = (kind: 'table' | 'fault', ctx: SysmmuContext, iova: number): boolean => {
    const descriptor = keptDescriptor(config, ctx, iova)
    return descriptor >= 0 && level1Kind(descriptor) === kind
  }
  const flushes = (offset: number, message: RegWriteReq): boolean =>
    offsetOf(message) === offset && (message.value & sysmmuFlushNow) !== 0

  return {
    // Device accesses.
    tlbHits: (ctx: SysmmuContext, message: Access) =>
      hits(ctx, message.addr, message.type === 'write.req') && !crossesPage(message, pageBytes),
    crossesPage: (_ctx: SysmmuContext, message: Access) => crossesPage(message, pageBytes),
    tlbMultiHits: (ctx: SysmmuContext, message: Access) => tlbFind(ctx.tlb, message.addr) === tlbMultiHit,
    tlbDenies: (ctx: SysmmuContext, message: Access) => denies(ctx, message.addr, message.type === 'write.req'),
    flpdKeepsTable: (ctx: SysmmuContext, message: Access) => keeps('table', ctx, message.addr),
    flpdKeepsFault: (ctx: SysmmuContext, message: Access) => keeps('fault', ctx, message.addr),

    // Responses.
    isWalk,
    walkFailed: (ctx: SysmmuContext, message: ReadResp) => isWalk(ctx, message) && !message.ok,
    tableFound: (ctx: SysmmuContext, message: ReadResp) =>
      isWalk(ctx, message) && level1Kind(message.data[0] as number) === 'table',
    sectionFound: (ctx: SysmmuContext, message: ReadResp) =>
      isWalk(ctx, message) && level1Kind(message.data[0] as number) === 'section',
    pageFound: (ctx: SysmmuContext, message: ReadResp) =>
      isWalk(ctx, message) && level2Kind(message.data[0] as number) !== 'fault',
    leafDenies: (ctx: SysmmuContext, message: ReadResp, params: { level: 1 | 2 }) => {
      const descriptor = message.data[0] as number
      if (!isWalk(ctx, message) || !isProtected(ctx)) return false
      const isLeaf = params.level === 1 ? level1Kind(descriptor) === 'section' : level2Kind(descriptor) !== 'fault'
      const allowed = leafRights(geometry, params.level, descriptor)
      return isLeaf && (allowed === rights.none || (allowed === rights.readOnly && ctx.held.write))
    },
    accessFailed: (_ctx: SysmmuContext, message: ReadResp | WriteResp) => !message.ok && message.from !== id,

    // Registers.
    disables,
    blocks,
    enables,
    unblocksHit: (ctx: SysmmuContext, message: RegWriteReq) =>
      enables(ctx, message) && hits(ctx, ctx.held.addr, ctx.held.write),
    unblocksDenied: (ctx: SysmmuContext, message: RegWriteReq) =>
      enables(ctx, message) && denies(ctx, ctx.held.addr, ctx.held.write),
    unblocksKeptTable: (ctx: SysmmuContext, message: RegWriteReq) =>
      enables(ctx, message) && keeps('table', ctx, ctx.held.addr),
    unblocksKeptFault: (ctx: SysmmuContext, message: RegWriteReq) =>
      enables(ctx, message) && keeps('fault', ctx, ctx.held.addr),
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
    prefetchKeptFault: (ctx: SysmmuContext, message: TlbPrefetchChoice) =>
      keeps('fault', ctx, prefetchIova(config, message.value)),
    prefetchKeptTable: (ctx: SysmmuContext, message: TlbPrefetchChoice) =>
      isPrefetchable(config, ctx, message.value) && keeps('table', ctx, prefetchIova(config, message.value)),
    flpdPrefetchUseful: (ctx: SysmmuContext, message: FlpdPrefetchChoice) =>
      isFlpdPrefetchable(config, ctx, message.value),
  }
}
