/** Scenario | capture into mapped user pages, synced around each frame, and what happens when a sync is left out or reversed. */

import { dmarace } from '../dma/index.ts'
import { maintainL1, maintainL2 } from '../dma/maintenance.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, twinOf } from './build.ts'
import { captureCode, captureDefaults, captureLists, userPagesBuffer } from './capture-code.ts'

export const fimcCaptureUserptr = defineScenario({
  id: 'fimc-capture-userptr',
  question:
    'This asks whether every frame that FIMC writes into cached user pages reaches the CPU whole, when the pages are synced before they are queued and after they are done, and queued again while the stream goes on.',
  cores: [captureCode(userPagesBuffer)],
  camera: 'sensor',
  backend: 'iommu',
  defaults: captureDefaults,
  shared: captureLists,
})

export const noSyncForCpu = twinOf(fimcCaptureUserptr, {
  id: 'fimc-capture-userptr-no-sync-for-cpu',
  question:
    'This asks what the CPU sees when it reads a finished frame without sync_for_cpu: lines fetched while the device wrote are still in its caches.',
  violates: ['fresh-load', 'ownership'],
  drop: (path) => path.includes('take from device'),
})

export const noSyncForDevice = twinOf(fimcCaptureUserptr, {
  id: 'fimc-capture-userptr-no-sync-for-device',
  question:
    'This asks what happens to a frame when its pages were queued without sync_for_device: lines that the CPU wrote are still dirty, and are evicted over what the device writes.',
  violates: ['no-lost-write', 'ownership', 'fresh-load'],
  drop: (path) => path.includes('give to device'),
})

/** Towards the CPU the L2 must be invalidated first; this does the L1 first. */
const levelsSwapped: Edition = {
  name: 'levels-swapped',
  description: 'sync_for_cpu maintains the L1 before the L2',
  base: dmarace,
  steps: {
    devToCpu: (asm, env, range) => {
      if (range.direction === 'to-device') return
      asm.step('device to cpu', () => {
        maintainL1(asm, env, 'invalidate', range)
        maintainL2(asm, env, 'invalidate', range)
      })
    },
  },
}

export const swappedLevels = twinOf(fimcCaptureUserptr, {
  id: 'fimc-capture-userptr-swapped-levels',
  question:
    'This asks what the CPU sees when sync_for_cpu invalidates the L1 before the L2: between the two, a speculative fill brings the stale L2 line back.',
  violates: ['fresh-load'],
  edition: levelsSwapped,
})
