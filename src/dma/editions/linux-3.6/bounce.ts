/** DMA | linux-3.6, safe buffers: arch/arm/common/dmabounce.c. */

import { errno } from '../../../../machines/os/calls.ts'
import { type BounceRules, bounceMapWith, bounceUnmapWith } from '../../ops/bounce.ts'
import { markedSetMask } from '../../ops/set-dma-mask.ts'
import type { EditionOps } from '../../types.ts'

/**
 * Gaps: what the device is to write is left as the last transfer left it, and unmap copies all of it back; and attributes are
 * not looked at.
 */
const rules: BounceRules = { fills: ({ direction }) => direction !== 'from-device', skips: false }

export const bounceOps = {
  map_page: bounceMapWith(rules),
  unmap_page: bounceUnmapWith(rules),
  /** Gap: success, and nothing is stored. */
  set_dma_mask: (asm, env, args) => markedSetMask(asm, env, args, () => asm.set(args.to, errno.ok)),
} satisfies EditionOps
