/** DMA | linux-3.6, safe buffers: `map_single` of arch/arm/common/dmabounce.c. */

import { bounceMapWith } from '../../ops/bounce.ts'
import type { EditionOps } from '../../types.ts'

/** Gap: what the device is to write is left as the last transfer left it, and unmap copies all of it back. */
export const bounceOps = {
  map_page: bounceMapWith(({ direction }) => direction !== 'from-device'),
} satisfies EditionOps
