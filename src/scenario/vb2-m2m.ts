/** Scenario | memory to memory between USERPTR buffers of videobuf2 without a SYSMMU, queued again; and with the calls of v3.6: none. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { add, eq, lt } from '../dma/operands.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  readPicture,
  setAddresses,
  stopConversion,
  storePicture,
} from './conversion-code.ts'
import { mappedPlane, type Plane, userPages } from './vb2-code.ts'

/** What is done with a plane when conversion `index` is over. */
type Finish = (context: ProgramContext, plane: Plane, index: Operand) => void
const finishAlways: Finish = (_, plane) => plane.finish()

/** The OUTPUT buffer is filled, both are queued, the CAPTURE buffer is read; the same two for every conversion. */
function convertUserPages(finishTarget: Finish = finishAlways): (context: ProgramContext) => void {
  return (context) => {
    const { asm, parameters } = context
    const bytes = beginConversions(context)
    const [output, capture] = [userPages(context, bytes.source), userPages(context, bytes.target)]
    storePicture(asm, parameters, output.va, 0)
    const source = mappedPlane(context, output, 'to-device')
    const target = mappedPlane(context, capture, 'from-device')
    setAddresses(asm, parameters, source.handle, target.handle)
    const read = { va: capture.va, handle: target.handle, bytes: bytes.target }
    asm.times(parameters.frames, (index) => {
      source.prepare()
      target.prepare()
      convert(asm, { source: { handle: source.handle, bytes: bytes.source }, target: read })
      source.finish()
      finishTarget(context, target, index)
      readPicture(asm, read, index)
      asm.if(lt(add(index, 1), parameters.frames), () => storePicture(asm, parameters, output.va, add(index, 1)))
    })
    source.put()
    target.put()
    output.free()
    capture.free()
    stopConversion(context)
  }
}

export const vb2M2m = defineScenario({
  id: 'vb2-m2m',
  question:
    'This asks whether conversions between two mapped user buffers, queued again and again, read and write what they should when each is synced at QBUF and at completion.',
  cores: [{ main: convertUserPages() }],
  camera: 'none',
  backend: 'linear',
  // Without page tables the target lies elsewhere.
  defaults: { ...conversionDefaults, litmus: { ...conversionDefaults.litmus, disturbedLines: [0x50] } },
})

export const m2mV36 = twinOf(vb2M2m, {
  id: 'vb2-m2m-v36',
  question:
    'This asks what conversions read and write with the USERPTR calls of v3.6: the physical address of the pages, and no maintenance at all.',
  violates: ['fresh-dma-read', 'no-lost-write', 'fresh-load', 'ownership'],
  drop: (path) => path.includes('prepare') || path.includes('finish'),
})

export const m2mFinishedOnce = twinOf(vb2M2m, {
  id: 'vb2-m2m-finished-once',
  question:
    'This asks what the CPU reads from a buffer that was queued again and not synced for it when it was done: what it read the time before.',
  violates: ['ownership', 'fresh-load', 'frame-intact'],
  cores: [
    {
      main: convertUserPages(({ asm }, plane, index) => asm.if(eq(index, 0), () => plane.finish())),
    },
  ],
})
