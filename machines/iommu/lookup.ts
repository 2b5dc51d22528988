/** IOMMU | what a request finds: in the TLB, among kept descriptors, or that it has to be walked for; pure functions. */

import { u32 } from '../../src/base/bits.ts'
import { flpdFind } from '../sysmmu/flpd.ts'
import { level1Index, level1Kind } from '../sysmmu/walk.ts'
import { crossesPage } from './held.ts'
import { type Tlb, tlbFind, tlbMiss, tlbMultiHit } from './tlb.ts'
import type { DeviceEntry, IommuConfig, IommuContext, Walk } from './types.ts'

/** Number of the walker for pages that nobody asked for. */
export function aheadWalker({ requesters }: Pick<IommuConfig, 'requesters'>): number {
  return requesters.length
}

/** Whether one of several entries that match is used: there can be several, and they are no fault. */
export function usesAnyMatch({ multipleHits, tlbEntries }: IommuConfig): boolean {
  return multipleHits === 'any' && tlbEntries > 0
}

/** The TLB of a requester. */
export function tlbOf({ tlbs }: IommuConfig, ctx: IommuContext, requester: number): Tlb {
  return ctx.tlbs[tlbs === 'each' ? requester : 0] as Tlb
}

/** Whether the entry of the device table has to be read for a request of `requester`. */
export function needsDeviceEntry({ deviceTable }: IommuConfig, ctx: IommuContext, requester: number): boolean {
  return deviceTable !== undefined && !(ctx.devices[requester] as DeviceEntry).known
}

/** Level-1 table and domain of a requester; its entry of the device table must be kept if there is such a table. */
export function domainOf(
  { deviceTable, roots }: IommuConfig,
  ctx: IommuContext,
  requester: number,
): { readonly root: number; readonly tag: number } {
  if (deviceTable === undefined) return { root: roots[ctx.root] as number, tag: 0 }
  const { root, tag } = ctx.devices[requester] as DeviceEntry
  return { root, tag }
}

/** Key of a kept first-level descriptor. */
export function walkCacheKey({ geometry }: IommuConfig, tag: number, iova: number): number {
  return tag * geometry.level1Entries + level1Index(geometry, iova)
}

/** Domain of a kept first-level descriptor. */
export function tagOfKey({ geometry }: IommuConfig, key: number): number {
  return Math.floor(key / geometry.level1Entries)
}

/** Kept first-level descriptor for `iova`, or -1. */
export function keptDescriptor(config: IommuConfig, ctx: IommuContext, tag: number, iova: number): number {
  const at = flpdFind(ctx.walkCache, walkCacheKey(config, tag, iova))
  return at < 0 ? -1 : u32(ctx.walkCache.descriptors[at] as number)
}

/** What a request finds. `kept`: the descriptor of its level-2 table is kept. */
export type Found = 'crossing' | 'several' | 'nothing' | 'denied' | 'translation' | 'kept' | 'walk'

/** What the request that `walk` holds finds now. */
export function find(config: IommuConfig, ctx: IommuContext, walk: Walk): Found {
  if (crossesPage(walk, config.geometry.pageBytes)) return 'crossing'
  const tlb = tlbOf(config, ctx, walk.requester)
  const at = tlbFind(tlb, walk.tag, walk.addr)
  if (at === tlbMultiHit) return 'several' // HF-468
  if (at !== tlbMiss) return findsBy(ctx, config, walk, at)
  const kept = keptDescriptor(config, ctx, walk.tag, walk.addr)
  return kept >= 0 && level1Kind(kept) === 'table' ? 'kept' : 'walk'
}

/** What the request finds by entry `at`. Whoever asks for a translation is told what it may do with it. */
export function findsBy(
  ctx: IommuContext,
  config: IommuConfig,
  walk: Walk,
  at: number,
): 'nothing' | 'denied' | 'translation' {
  const kind = tlbOf(config, ctx, walk.requester).entries[at]?.kind
  if (kind === 'nothing') return 'nothing'
  return kind === 'read-only' && walk.kind === 'write' ? 'denied' : 'translation'
}

/** Requesters whose pages the walker may look ahead for: one stands for all that share TLB and tables. */
export function prefetchRequesters({ tlbs, deviceTable, requesters }: IommuConfig): number {
  return tlbs === 'each' || deviceTable !== undefined ? requesters.length : 1
}

/** Requester and page that a choice of the prefetcher means. */
export function prefetchTarget(
  config: IommuConfig,
  value: number,
): { readonly requester: number; readonly page: number } {
  const pages = config.prefetchPages.length
  return { requester: Math.floor(value / pages), page: config.prefetchPages[value % pages] as number }
}

/** Whether the walker would look ahead: for a page that no TLB entry matches, of a requester whose domain is known. */
export function isPrefetchable(config: IommuConfig, ctx: IommuContext, value: number): boolean {
  const pages = config.prefetchPages.length
  if (!(value >= 0 && value < prefetchRequesters(config) * pages)) return false
  const { requester, page } = prefetchTarget(config, value)
  if (needsDeviceEntry(config, ctx, requester)) return false
  return tlbFind(tlbOf(config, ctx, requester), domainOf(config, ctx, requester).tag, page) === tlbMiss
}

/** Whose tables a walk reads, as events have it: where there are several. */
export function domainField({ roots }: IommuConfig, root: number): { readonly domain?: number } {
  const domain = roots.length > 1 ? roots.indexOf(root) : -1
  return domain < 0 ? {} : { domain }
}

/** The domain as events have it: where entries carry one. */
export function tagField({ deviceTable }: IommuConfig, tag: number): { readonly tag?: number } {
  return deviceTable === undefined ? {} : { tag }
}
