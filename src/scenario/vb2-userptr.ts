/** Scenario | capture into USERPTR buffers of videobuf2 behind the SYSMMU: one sync per hand-over, or none, as in v3.6. */

import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { type CaptureBuffer, captureCode, captureDefaults, captureLists } from './capture-code.ts'
import type { CaptureLayout } from './fimc-driver.ts'
import { mappedPlane, userPages } from './vb2-code.ts'

/** A buffer that the application has written to before it hands it in. */
export function userptrBuffer(context: ProgramContext, layout: CaptureLayout): CaptureBuffer {
  const { asm } = context
  const pages = userPages(context, layout.frameBytes)
  asm.step('application fills the buffer', () => asm.storeRange(pages.va, layout.frameBytes, 0))
  const { handle, prepare, finish, put } = mappedPlane(context, pages, 'from-device')
  return {
    handle,
    va: pages.va,
    give: prepare,
    take: finish,
    release: () => {
      put()
      pages.free()
    },
  }
}

export const vb2Userptr = defineScenario({
  id: 'vb2-userptr',
  question:
    'This asks whether a frame reaches user pages whole, when videobuf2 maps them once without maintenance and leaves it to the syncs at QBUF and at completion.',
  cores: [captureCode(userptrBuffer)],
  camera: 'sensor',
  backend: 'iommu',
  // Queued again with other buffers in between: `fimc-capture-userptr`, `vb2-m2m`.
  defaults: { ...captureDefaults, litmus: { ...captureDefaults.litmus, checkFrames: 1 } },
  shared: captureLists,
})

export const userptrNoMaintenance = twinOf(vb2Userptr, {
  id: 'vb2-userptr-no-maintenance',
  question:
    'This asks what becomes of a frame when the pages are mapped for the SYSMMU, but neither call of videobuf2 maintains the caches, as none did in v3.6.',
  violates: ['no-lost-write', 'fresh-load', 'ownership'],
  drop: (path) => path.includes('prepare') || path.includes('finish'),
})
