/** SYSMMU | actions of the table walker and on the TLB: start, next level, fill, drop. */

import { alignDown, u32 } from '../../src/base/bits.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import type { ReadReq, ReadResp, RegWriteReq, TlbDrop } from '../protocol.ts'
import { report, type SysmmuAction } from './access.ts'
import { emptyFlpdCache, flpdFind, flpdKeep, flpdRemove } from './flpd.ts'
import { flpdPrefetchIova, keptDescriptor, prefetchIova } from './guards.ts'
import { sysmmuCfg } from './regs.ts'
import { rights, tlbCovers, tlbInsert, tlbRemove } from './tlb.ts'
import type { FlpdPrefetchChoice, SysmmuConfig, SysmmuContext, TlbDropChoice, TlbPrefetchChoice } from './types.ts'
import { keepsFaults, tlbEntryBytes } from './variant.ts'
import { leafAddr, leafBytes, leafRights, level1Addr, level1Index, level1Kind, level2Addr } from './walk.ts'

/** Takes entry `at` out of the TLB and says why. */
function drop(ctx: SysmmuContext, out: Out, mmu: string, at: number, cause: TlbDrop['cause']): void {
  const iova = ctx.tlb.iovas[at] as number
  const bytes = ctx.tlb.bytes[at] as number
  tlbRemove(ctx.tlb, at)
  report(out, { type: 'tlb.drop', mmu, iova, bytes, cause })
}

/** Takes every entry out of the TLB. */
export function dropAll({ id }: SysmmuConfig, ctx: SysmmuContext, out: Out, cause: TlbDrop['cause']): void {
  for (let at = ctx.tlb.count - 1; at >= 0; at--) drop(ctx, out, id, at, cause)
}

/** Actions that move a walk on. A walk is one transaction at a time, the SYSMMU's own. */
export function walkerActions(config: SysmmuConfig) {
  const { id, geometry, version } = config
  const readDescriptor = (out: Out, addr: number): void => {
    const request: ReadReq = { type: 'read.req', from: id, txn: 0, addr, words: 1, memory: 'non-cacheable' }
    out.send('walk', request)
  }
  const start = (ctx: SysmmuContext, out: Out, iova: number): void => {
    ctx.walkIova = iova
    readDescriptor(out, level1Addr(geometry, ctx.regs.ptBase, iova))
  }
  return {
    walkHeld: {
      description: 'reads the level-1 descriptor for the held access',
      sends: { walk: 1 },
      run: (ctx, _message, out) => start(ctx, out, ctx.held.addr),
    } satisfies SysmmuAction<Message>,
    walkAhead: {
      description: 'reads the level-1 descriptor of a page that no access has asked for',
      sends: { walk: 1 },
      run: (ctx, message, out) => start(ctx, out, prefetchIova(config, message.value)),
    } satisfies SysmmuAction<TlbPrefetchChoice>,
    readLevel2: {
      description: 'reads the level-2 descriptor',
      sends: { walk: 1 },
      run: (ctx, message, out) => readDescriptor(out, level2Addr(geometry, message.data[0] as number, ctx.walkIova)),
    } satisfies SysmmuAction<ReadResp>,
    reportWalk: {
      description: 'says which descriptor the walk has read',
      run: (ctx, message, out, params: { level: 1 | 2 }) => {
        const descriptor = u32(message.data[0] as number)
        report(out, { type: 'walk.read', mmu: id, level: params.level, iova: ctx.walkIova, descriptor })
      },
    } satisfies SysmmuAction<ReadResp>,
    fill: {
      description:
        'enters the leaf descriptor into the TLB, replacing the last entry in order if all are valid; without entries nothing is kept',
      run: (ctx, message, out, params: { level: 1 | 2 }) => {
        if (geometry.tlbEntries === 0) return
        const { tlb, walkIova } = ctx
        const descriptor = message.data[0] as number
        const bytes = tlbEntryBytes(geometry, version, leafBytes(geometry, params.level, descriptor))
        const iova = alignDown(walkIova, bytes)
        const addr = leafAddr(geometry, params.level, descriptor, iova)
        const isProtected = (ctx.regs.cfg & sysmmuCfg.accessProtection) !== 0
        const allowed = isProtected ? leafRights(geometry, params.level, descriptor) : rights.readWrite
        if (tlb.count === geometry.tlbEntries) drop(ctx, out, id, tlb.count - 1, 'replace')
        tlbInsert(tlb, iova, bytes, addr, allowed)
        report(out, { type: 'tlb.fill', mmu: id, iova, addr, bytes })
      },
    } satisfies SysmmuAction<ReadResp>,
    endWalk: {
      description: 'frees the walker',
      run: (ctx) => {
        ctx.walkIova = 0
      },
    } satisfies SysmmuAction<Message>,
  }
}

/** Actions with kept first-level descriptors, where the version has a cache for them. */
export function flpdActions(config: SysmmuConfig) {
  const { id, geometry } = config
  const readLevel2 = (ctx: SysmmuContext, out: Out, iova: number): void => {
    ctx.walkIova = iova
    const addr = level2Addr(geometry, keptDescriptor(config, ctx, iova), iova)
    out.send('walk', { type: 'read.req', from: id, txn: 0, addr, words: 1, memory: 'non-cacheable' } as ReadReq)
  }
  return {
    walkHeldKept: {
      description: 'reads the level-2 descriptor for the held access; the level-1 descriptor is kept',
      sends: { walk: 1 },
      run: (ctx, _message, out) => readLevel2(ctx, out, ctx.held.addr),
    } satisfies SysmmuAction<Message>,
    walkAheadKept: {
      description:
        'reads the level-2 descriptor of a page that no access has asked for; the level-1 descriptor is kept',
      sends: { walk: 1 },
      run: (ctx, message, out) => readLevel2(ctx, out, prefetchIova(config, message.value)),
    } satisfies SysmmuAction<TlbPrefetchChoice>,
    fetchAhead: {
      description: 'reads the level-1 descriptor of a section that no access has asked for',
      sends: { walk: 1 },
      run: (ctx, message, out) => {
        ctx.walkIova = flpdPrefetchIova(config, message.value)
        const addr = level1Addr(geometry, ctx.regs.ptBase, ctx.walkIova)
        out.send('walk', { type: 'read.req', from: id, txn: 0, addr, words: 1, memory: 'non-cacheable' } as ReadReq)
      },
    } satisfies SysmmuAction<FlpdPrefetchChoice>,
    keepDescriptor: {
      description:
        'keeps the level-1 descriptor if it points to a table, or, on a version that does so, if it is invalid',
      run: (ctx, message) => {
        if ((ctx.regs.cfg & sysmmuCfg.flpdCache) === 0) return
        const descriptor = u32(message.data[0] as number)
        const kind = level1Kind(descriptor)
        if (kind === 'table' || (kind === 'fault' && keepsFaults(config))) {
          flpdKeep(ctx.flpd, level1Index(geometry, ctx.walkIova), descriptor)
        }
      },
    } satisfies SysmmuAction<ReadResp>,
    forgetDescriptors: {
      description: 'forgets every kept level-1 descriptor',
      run: (ctx) => {
        ctx.flpd = emptyFlpdCache(geometry.flpdEntries)
      },
    } satisfies SysmmuAction<Message>,
    forgetDescriptor: {
      description: 'forgets the level-1 descriptor of the page written',
      run: (ctx, message) => {
        const at = flpdFind(ctx.flpd, level1Index(geometry, message.value))
        if (at >= 0) flpdRemove(ctx.flpd, at)
      },
    } satisfies SysmmuAction<RegWriteReq>,
  }
}

/** Actions that take entries out of the TLB. A walk in flight is not touched, its result enters the TLB afterwards: HF-228. */
export function tlbActions(config: SysmmuConfig) {
  const { id } = config
  return {
    dropEntry: {
      description: 'drops the chosen entry',
      run: (ctx, message, out) => drop(ctx, out, id, message.value, 'spontaneous'),
    } satisfies SysmmuAction<TlbDropChoice>,
    flushAll: {
      description: 'drops every entry',
      run: (ctx, _message, out) => dropAll(config, ctx, out, 'invalidate'),
    } satisfies SysmmuAction<RegWriteReq>,
    flushEntry: {
      description: 'drops the entries that translate the page written',
      run: (ctx, message, out) => {
        // The low bits, the command among them, lie within a page and do not matter.
        for (let at = ctx.tlb.count - 1; at >= 0; at--) {
          if (tlbCovers(ctx.tlb, at, message.value)) drop(ctx, out, id, at, 'invalidate')
        }
      },
    } satisfies SysmmuAction<RegWriteReq>,
  }
}
