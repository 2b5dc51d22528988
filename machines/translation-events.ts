/** Machines | events of translation: walks, entries of TLBs, accesses that are translated. */

import type { Message } from '../src/kernel/actor.ts'

/** A device access was translated: from here on it is on the bus with `addr`, the physical address. */
export interface TranslationUse extends Message {
  readonly type: 'translation.use'
  readonly mmu: string
  readonly from: string
  readonly iova: number
  readonly addr: number
  readonly words: number
  readonly write: boolean
  /** `hit`: from the TLB; `walk`: just walked; `bypass`: MMU off, `iova` is physical. */
  readonly via: 'hit' | 'walk' | 'bypass'
  /** Domain that the translation is kept under, where a device table says so. */
  readonly tag?: number
}
/** A table walk read a descriptor. `level` 1 or 2; 0: a word of the requester's entry in the device table. */
export interface WalkRead extends Message {
  readonly type: 'walk.read'
  readonly mmu: string
  readonly level: number
  readonly iova: number
  readonly descriptor: number
  /** Domain that the translation is kept under, where a device table says so. */
  readonly tag?: number
  /** Number of the domain whose tables these are, where there are several. */
  readonly domain?: number
}
/** A translation entered the TLB; both addresses aligned to its size. `bytes`: its size, a page when absent. */
export interface TlbFill extends Message {
  readonly type: 'tlb.fill'
  readonly mmu: string
  readonly iova: number
  readonly addr: number
  readonly bytes?: number
  /** Domain that the translation is kept under, where a device table says so. */
  readonly tag?: number
}
/** A translation left the TLB. `bytes`: its size, a page when absent. */
export interface TlbDrop extends Message {
  readonly type: 'tlb.drop'
  readonly mmu: string
  readonly iova: number
  readonly bytes?: number
  readonly cause: 'invalidate' | 'replace' | 'spontaneous' | 'power'
  /** Domain that the translation is kept under, where a device table says so. */
  readonly tag?: number
}
