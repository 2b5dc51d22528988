/** IOMMU | actions of the walkers, on the TLBs and on what else is kept. */

import { alignDown, u32 } from '../../src/base/bits.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import type { ReadReq, ReadResp, TlbDrop } from '../protocol.ts'
import { emptyFlpdCache, flpdKeep, flpdRemove } from '../sysmmu/flpd.ts'
import { leafAddr, leafBytes, level1Addr, level1Kind, level2Kind, sectionBytes } from '../sysmmu/walk.ts'
import { type IommuAction, noWalk, report } from './answers.ts'
import { deviceEntryAddr, leafAttributes, plainDescriptor, rootOf, tagOf } from './descriptors.ts'
import { descriptorIn, iovaOfWord, lineAddr, lineWords } from './lines.ts'
import {
  aheadWalker,
  domainField,
  domainOf,
  keptDescriptor,
  prefetchTarget,
  tagField,
  tagOfKey,
  tlbOf,
  walkCacheKey,
} from './lookup.ts'
import { emptyTlb, type Tlb, type TlbEntry, tlbCovers, tlbInsert, tlbRemove, tlbVictims } from './tlb.ts'
import type {
  DeviceEntry,
  IommuConfig,
  IommuContext,
  KeptDropChoice,
  TlbDropChoice,
  TlbPrefetchChoice,
  Walk,
} from './types.ts'

/** Number of the walker, as parameter. */
export interface Walker {
  readonly walker: number
}

/** No entry of the device table. */
export function noDeviceEntry(): DeviceEntry {
  return { known: false, root: 0, tag: 0 }
}

/** Takes entry `at` out of a TLB and says why; nobody needs to know of an entry without translation. */
function drop(config: IommuConfig, tlb: Tlb, out: Out, at: number, cause: TlbDrop['cause']): void {
  const { iova, bytes, kind, tag } = tlbRemove(tlb, at)
  if (kind !== 'nothing')
    report(out, { type: 'tlb.drop', mmu: config.id, iova, bytes, cause, ...tagField(config, tag) })
}

/** Takes the entries that `isMeant` picks out of every TLB, or out of those that `isReached` picks by number. */
export function dropEntries(
  config: IommuConfig,
  ctx: IommuContext,
  out: Out,
  cause: TlbDrop['cause'],
  isMeant: (entry: TlbEntry) => boolean,
  isReached: (tlb: number) => boolean = () => true,
): void {
  for (const [number, tlb] of ctx.tlbs.entries()) {
    if (!isReached(number)) continue
    for (let at = tlb.entries.length - 1; at >= 0; at--) {
      if (isMeant(tlb.entries[at] as TlbEntry)) drop(config, tlb, out, at, cause)
    }
  }
}

/** Forgets everything that is kept besides the TLB. */
export function forgetKept({ walkCacheEntries }: IommuConfig, ctx: IommuContext): void {
  ctx.walkCache = emptyFlpdCache(walkCacheEntries)
  ctx.devices = ctx.devices.map(noDeviceEntry)
}

/** The TLB entry for a descriptor of `iova` read at `level`; undefined if none is made. */
function entryFor(
  { geometry, faultCache }: IommuConfig,
  { level, descriptor, iova, tag }: { level: 1 | 2; descriptor: number; iova: number; tag: number },
): TlbEntry | undefined {
  const isLeaf = level === 1 ? level1Kind(descriptor) === 'section' : level2Kind(descriptor) !== 'fault'
  if (!isLeaf) {
    if (!faultCache) return undefined // HF-473
    const bytes = level === 1 ? sectionBytes(geometry) : geometry.pageBytes
    return { tag, iova: alignDown(iova, bytes), bytes, addr: 0, kind: 'nothing', nonCacheable: false }
  }
  const plain = plainDescriptor(descriptor)
  const { readOnly, nonCacheable } = leafAttributes(descriptor)
  const bytes = leafBytes(geometry, level, plain)
  const start = alignDown(iova, bytes)
  const addr = leafAddr(geometry, level, plain, start)
  return { tag, iova: start, bytes, addr, kind: readOnly ? 'read-only' : 'read-write', nonCacheable }
}

function walkOf(ctx: IommuContext, { walker }: Walker): Walk {
  return ctx.walks[walker] as Walk
}

/** A walker reads from its tables. */
function read(out: Out, id: string, txn: number, addr: number, words: number): void {
  out.send('walk', { type: 'read.req', from: id, txn, addr, words, memory: 'non-cacheable' } as ReadReq)
}

/** Actions that move a walk on. A walk is one read at a time; `txn` is the number of its walker. */
export function walkerActions(config: IommuConfig) {
  const { id, geometry, tlbEntries } = config
  const fill = (ctx: IommuContext, out: Out, requester: number, entry: TlbEntry): void => {
    if (tlbEntries === 0) return
    const tlb = tlbOf(config, ctx, requester)
    for (const at of tlbVictims(tlb, entry, tlbEntries)) drop(config, tlb, out, at, 'replace')
    tlbInsert(tlb, entry)
    const { iova, addr, bytes } = entry
    if (entry.kind !== 'nothing') {
      report(out, { type: 'tlb.fill', mmu: id, iova, addr, bytes, ...tagField(config, entry.tag) })
    }
  }
  return {
    takeDomain: {
      description: 'takes table and domain of the requester for the request',
      run: (ctx, _message, _out, params: Walker) =>
        Object.assign(walkOf(ctx, params), domainOf(config, ctx, params.walker)),
    } satisfies IommuAction<Message>,
    readLevel1: {
      description: 'reads the level-1 descriptor',
      sends: { walk: 1 },
      run: (ctx, _message, out, params: Walker) => {
        const { root, addr } = walkOf(ctx, params)
        read(out, id, params.walker, level1Addr(geometry, root, addr), 1)
      },
    } satisfies IommuAction<Message>,
    readLevel2: {
      description: 'reads the level-2 descriptor, or the line that it is in',
      sends: { walk: 1 },
      run: (ctx, message, out, params: Walker) => {
        const descriptor = message.data[0] as number
        read(out, id, params.walker, lineAddr(config, descriptor, walkOf(ctx, params).addr), lineWords(config))
      },
    } satisfies IommuAction<ReadResp>,
    reportTable: {
      description: 'says which level-1 descriptor leads on',
      run: (ctx, message, out, params: Walker) => {
        const { addr: iova, tag, root } = walkOf(ctx, params)
        const descriptor = descriptorIn(config, message, 1, iova)
        const read = { type: 'walk.read', mmu: id, level: 1, iova, descriptor } as const
        report(out, { ...read, ...tagField(config, tag), ...domainField(config, root) })
      },
    } satisfies IommuAction<ReadResp>,
    enter: {
      description: 'says what was read, and enters it into the TLB: translations, and where they are kept invalid ones',
      run: (ctx, message, out, params: Walker & { level: 1 | 2 }) => {
        const { level } = params
        const { requester, tag, addr, root } = walkOf(ctx, params)
        const domain = domainField(config, root)
        message.data.forEach((word, at) => {
          const descriptor = u32(word)
          const iova = iovaOfWord(config, level, addr, at)
          report(out, { type: 'walk.read', mmu: id, level, iova, descriptor, ...tagField(config, tag), ...domain })
          const entry = entryFor(config, { level, descriptor, iova, tag })
          if (entry !== undefined) fill(ctx, out, requester, entry)
        })
      },
    } satisfies IommuAction<ReadResp>,
    endWalk: {
      description: 'frees the walker',
      run: (ctx, _message, _out, { walker }: Walker) => {
        ctx.walks[walker] = noWalk()
      },
    } satisfies IommuAction<Message>,
  }
}

/** Actions with kept first-level descriptors. */
export function walkCacheActions(config: IommuConfig) {
  const { id } = config
  return {
    readLevel2Kept: {
      description: 'reads the level-2 descriptor, or the line that it is in; the level-1 descriptor is kept',
      sends: { walk: 1 },
      run: (ctx, _message, out, params: Walker) => {
        const { tag, addr } = walkOf(ctx, params)
        const descriptor = keptDescriptor(config, ctx, tag, addr)
        read(out, id, params.walker, lineAddr(config, descriptor, addr), lineWords(config))
      },
    } satisfies IommuAction<Message>,
    keepDescriptor: {
      description: 'keeps the level-1 descriptor, which points to a table',
      run: (ctx, message, _out, params: Walker) => {
        const { tag, addr } = walkOf(ctx, params)
        flpdKeep(ctx.walkCache, walkCacheKey(config, tag, addr), u32(message.data[0] as number))
      },
    } satisfies IommuAction<ReadResp>,
  }
}

/** Actions on entries of the device table. */
export function deviceTableActions(
  config: IommuConfig,
  { base, kept }: { readonly base: number; readonly kept: boolean },
) {
  const { id, geometry } = config
  const readWord = (out: Out, walker: number, word: 0 | 1): void =>
    read(out, id, walker, deviceEntryAddr(base, walker, word), 1)
  return {
    readDevice: {
      description: 'reads word 0 of the entry in the device table',
      sends: { walk: 1 },
      run: (_ctx, _message, out, { walker }: Walker) => readWord(out, walker, 0),
    } satisfies IommuAction<Message>,
    reportDevice: {
      description: 'says what the word of the device table is',
      run: (ctx, message, out, { walker }: Walker) => {
        const { addr: iova } = ctx.walks[walker] as Walk
        report(out, { type: 'walk.read', mmu: id, level: 0, iova, descriptor: u32(message.data[0] as number) })
      },
    } satisfies IommuAction<ReadResp>,
    takeRoot: {
      description: 'takes the level-1 table from word 0, and reads word 1',
      sends: { walk: 1 },
      run: (ctx, message, out, { walker }: Walker) => {
        const walk = ctx.walks[walker] as Walk
        walk.root = rootOf(geometry, message.data[0] as number)
        readWord(out, walker, 1)
      },
    } satisfies IommuAction<ReadResp>,
    takeTag: {
      description: `takes the domain from word 1${kept ? ', and keeps the entry' : ''}`,
      run: (ctx, message, _out, { walker }: Walker) => {
        const walk = ctx.walks[walker] as Walk
        walk.tag = tagOf(message.data[0] as number)
        if (kept) ctx.devices[walker] = { known: true, root: walk.root, tag: walk.tag }
      },
    } satisfies IommuAction<ReadResp>,
  }
}

/** Actions of the walker that looks ahead. */
export function prefetchActions(config: IommuConfig) {
  return {
    lookAhead: {
      description: 'takes up a page that no request has asked for',
      run: (ctx, message) => {
        const { requester, page } = prefetchTarget(config, message.value)
        const domain = domainOf(config, ctx, requester)
        ctx.walks[aheadWalker(config)] = { ...noWalk(), kind: 'prefetch', addr: page, requester, ...domain }
      },
    } satisfies IommuAction<TlbPrefetchChoice>,
  }
}

/** Actions of what vanishes by itself from the TLB. */
export function dropActions(config: IommuConfig) {
  const { tlbEntries } = config
  return {
    dropEntry: {
      description: 'drops the chosen TLB entry',
      run: (ctx, { value }, out) =>
        drop(config, ctx.tlbs[Math.floor(value / tlbEntries)] as Tlb, out, value % tlbEntries, 'spontaneous'),
    } satisfies IommuAction<TlbDropChoice>,
  }
}

/** The same besides the TLB. */
export function keptDropActions({ walkCacheEntries }: IommuConfig) {
  return {
    dropKept: {
      description: 'forgets the chosen first-level descriptor or entry of the device table',
      run: (ctx, { value }) => {
        if (value < walkCacheEntries) flpdRemove(ctx.walkCache, value)
        else ctx.devices[value - walkCacheEntries] = noDeviceEntry()
      },
    } satisfies IommuAction<KeptDropChoice>,
  }
}

/** TLBs, and what else is kept, as they are at reset. */
export function emptyCaches({
  tlbs,
  requesters,
  walkCacheEntries,
}: IommuConfig): Pick<IommuContext, 'tlbs' | 'walkCache' | 'devices'> {
  return {
    tlbs: Array.from({ length: tlbs === 'each' ? requesters.length : 1 }, emptyTlb),
    walkCache: emptyFlpdCache(walkCacheEntries),
    devices: requesters.map(noDeviceEntry),
  }
}

/** Whether the invalidation of a page reaches a TLB: a faulty broadcast ends in the core that asks for it. HF-525 */
function reachesTlb({ features, requesters }: IommuConfig, { writes }: IommuContext, tlb: number): boolean {
  const requester = requesters[tlb]
  return features.tlbiBroadcast || requester?.keeps !== 'core' || requester.from === writes.command.from
}

/** What an invalidation takes out. */
export function invalidate(
  config: IommuConfig,
  ctx: IommuContext,
  out: Out,
  { op, value, extra }: IommuContext['current'],
): void {
  // HF-469
  if (op === 'page') {
    const isCovered = (entry: TlbEntry): boolean => tlbCovers(entry, extra, value)
    dropEntries(config, ctx, out, 'invalidate', isCovered, (tlb) => reachesTlb(config, ctx, tlb))
  }
  if (op === 'all') {
    dropEntries(config, ctx, out, 'invalidate', () => true)
    forgetKept(config, ctx)
  }
  if (op === 'walks') forgetKept(config, ctx) // HF-582
  if (op === 'device' && value < ctx.devices.length) ctx.devices[value] = noDeviceEntry() // HF-642
  if (op !== 'tag') return
  dropEntries(config, ctx, out, 'invalidate', ({ tag }) => tag === value)
  for (let at = ctx.walkCache.count - 1; at >= 0; at--) {
    if (tagOfKey(config, ctx.walkCache.indices[at] as number) === value) flpdRemove(ctx.walkCache, at)
  }
}
