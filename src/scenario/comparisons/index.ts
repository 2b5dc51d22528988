/** Scenario | the registry of scenarios in which editions are compared. */

import type { Scenario } from '../scenario.ts'
import { mapAtZero, mmapSecondPage, mmapTooMuch, writeBesideAlias } from './addresses.ts'
import { allocAtomicAgain, allocAtomicPages } from './atomic.ts'
import {
  allocAfterFailure,
  allocNoIova,
  allocNoKernelRoom,
  allocNoPage,
  allocNoTable,
  allocOutOfPages,
} from './failing-allocation.ts'
import { allocBeyondMask, bounceSkip, setMaskOfBounced } from './masks.ts'
import { bounceUnwritten, sectionOverTable, tableEvicted } from './owners.ts'
import { reallocPosted, reallocPrefetched, remapPrefetched, unmapWhileWalking } from './reuse.ts'
import {
  listWithoutRoom,
  mapAndCheck,
  mapBesideNeighbour,
  mapWithoutRoom,
  syncLinear,
  syncNothing,
  syncOutside,
  syncScattered,
} from './syncs.ts'
import { faultForGood, linkAfterMiss, remapAfterTimeout, remapLargePage, remapTwoBanks } from './sysmmu.ts'
import { firstAllocations, mmapWithoutMemory, setMaskOfIommu, smallWindow, streamThroughIommu } from './tables.ts'

/** The key is the id. */
export const comparisons = {
  'alloc-after-failure': allocAfterFailure,
  'alloc-out-of-pages': allocOutOfPages,
  'alloc-no-page': allocNoPage,
  'alloc-no-iova': allocNoIova,
  'alloc-no-kernel-room': allocNoKernelRoom,
  'alloc-no-table': allocNoTable,
  'alloc-atomic-pages': allocAtomicPages,
  'alloc-atomic-again': allocAtomicAgain,
  'small-window': smallWindow,
  'first-allocations': firstAllocations,
  'stream-through-iommu': streamThroughIommu,
  'set-mask-of-iommu': setMaskOfIommu,
  'mmap-without-memory': mmapWithoutMemory,
  'mmap-second-page': mmapSecondPage,
  'mmap-too-much': mmapTooMuch,
  'sync-linear': syncLinear,
  'map-and-check': mapAndCheck,
  'sync-outside': syncOutside,
  'sync-nothing': syncNothing,
  'sync-scattered': syncScattered,
  'map-without-room': mapWithoutRoom,
  'list-without-room': listWithoutRoom,
  'map-beside-neighbour': mapBesideNeighbour,
  'map-at-zero': mapAtZero,
  'write-beside-alias': writeBesideAlias,
  'remap-prefetched': remapPrefetched,
  'realloc-prefetched': reallocPrefetched,
  'realloc-posted': reallocPosted,
  'unmap-while-walking': unmapWhileWalking,
  'remap-large-page': remapLargePage,
  'link-after-miss': linkAfterMiss,
  'remap-after-timeout': remapAfterTimeout,
  'remap-two-banks': remapTwoBanks,
  'fault-for-good': faultForGood,
  'bounce-unwritten': bounceUnwritten,
  'bounce-skip': bounceSkip,
  'set-mask-of-bounced': setMaskOfBounced,
  'alloc-beyond-mask': allocBeyondMask,
  'table-evicted': tableEvicted,
  'section-over-table': sectionOverTable,
} as const satisfies Record<string, Scenario>
