/** Scenario | the registry of scenarios in which editions are compared, and the gaps that they are about. */

import type { Scenario } from '../scenario.ts'
import {
  allocAfterFailure,
  allocNoIova,
  allocNoKernelRoom,
  allocNoPage,
  allocNoTable,
  allocOutOfPages,
} from './failing-allocation.ts'
import { reallocPosted, reallocPrefetched, remapPrefetched, unmapWhileWalking } from './reuse.ts'

/** The key is the id. */
export const comparisons = {
  'alloc-after-failure': allocAfterFailure,
  'alloc-out-of-pages': allocOutOfPages,
  'alloc-no-page': allocNoPage,
  'alloc-no-iova': allocNoIova,
  'alloc-no-kernel-room': allocNoKernelRoom,
  'alloc-no-table': allocNoTable,
  'remap-prefetched': remapPrefetched,
  'realloc-prefetched': reallocPrefetched,
  'realloc-posted': reallocPosted,
  'unmap-while-walking': unmapWhileWalking,
} as const satisfies Record<string, Scenario>
