/** Oracle | page-owner: a device access only hits pages that still belong to who mapped them. */

import type { MemoryRead, MemoryWrite } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import type { Oracle, StepInfo, View, Violate } from './oracle.ts'

function landed(
  _state: Record<string, never>,
  event: MemoryRead | MemoryWrite,
  violate: Violate,
  where: StepInfo,
  { page, device }: View,
): void {
  // Pages that no allocator speaks of, or that never were mapped, are a scenario's own.
  if (device < 0 || page === null || page.mapped || !page.wasMapped || page.owner === '') return
  const did = event.type === 'memory.write' ? 'wrote' : 'read'
  const owner = page.owner === 'free' ? 'which is free' : `which belongs to ${page.owner} now`
  violate({
    message: `${event.from} ${did} ${hex(event.addr)} at step ${where.step} in a page ${owner}, expected a page mapped for it; likely it was freed before the device's translation was gone`,
    addr: event.addr,
    words: event.data.length,
  })
}

/** It needs no state of its own: the history holds each page's owner and whether it was mapped since. */
export const pageOwner: Oracle<Record<string, never>> = {
  name: 'page-owner',
  always: 'device accesses hit only pages that their mapping still owns',
  description: 'a device access, landing in memory, hits a page that changed hands since it was mapped',
  definition: 'a device access lands in a page whose owner changed since it was last mapped',
  notJudged: 'pages that the page allocator never spoke of',
  init: () => ({}),
  on: { 'memory.read': landed, 'memory.write': landed },
}
