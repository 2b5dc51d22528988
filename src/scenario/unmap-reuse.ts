/** Scenario | an IO address freed by one core and taken by the other: the TLB must be invalidated between the two. */

import { mappingKinds, osNumber } from '../../machines/os/types.ts'
import { spanBytes } from '../dma/addresses.ts'
import { dmarace } from '../dma/index.ts'
import { marked } from '../dma/marks.ts'
import { ne, sub } from '../dma/operands.ts'
import { ioSpaceOf } from '../dma/sysmmu-space.ts'
import { directionNumbers, type Edition } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { configureConversion, conversionDefaults, stopConversion, streamingBuffer } from './conversion-code.ts'
import { convertOnce } from './conversion-streaming.ts'
import { quietCaches } from './scenario.ts'

/** Maps and unmaps a page that no device uses. */
function remap(context: ProgramContext): void {
  const { dma, asm } = context
  asm.scope(() => {
    const buffer = streamingBuffer(context, dma.env.geometry.pageBytes, 'to-device')
    dma.unmapSingle(buffer.mapping)
    buffer.free()
  })
}

export const unmapReuse = defineScenario({
  id: 'unmap-reuse',
  question:
    'This asks whether an IO address can be handed out again while the TLB still holds its old translation, when one core unmaps and the other maps.',
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        dma.attach()
        configureConversion(asm, parameters)
        asm.times(parameters.frames, (index) =>
          asm.scope(() => convertOnce(context, index, () => asm.flagSet('begun', 1))),
        )
        asm.flagSet('converted', 1)
        asm.poll({ read: () => asm.flagGet('remapped'), until: (done) => ne(done, 0) })
        stopConversion(context)
      },
    },
    {
      main: (context) => {
        const { asm } = context
        // The first core's buffers have the lowest addresses then: what is found free next is one that it gave back.
        asm.poll({ read: () => asm.flagGet('begun'), until: (begun) => ne(begun, 0) })
        asm.forever((leave) => {
          remap(context)
          asm.scope(() => asm.if(ne(asm.flagGet('converted'), 0), leave))
        })
        asm.flagSet('remapped', 1)
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  defaults: {
    ...conversionDefaults,
    // One conversion: what is given back once can be handed out again. What the caches do of their own accord to the
    // buffers and tables of one core is what `conversion-streaming` asks; here the second core multiplies it.
    litmus: { ...conversionDefaults.litmus, frames: 1, features: quietCaches },
  },
  shared: { flags: ['begun', 'converted', 'remapped'] },
})

/** As the base, but the IO address is free before the TLB is invalidated. */
const freedFirst: Edition = {
  name: 'freed-first',
  description: 'unmap gives the IO address back before it invalidates the TLB',
  base: dmarace,
  ops: {
    iommu: {
      unmap_page: (asm, env, { kind, handle, pageOffset, bytes, direction }) => {
        const device = osNumber(env.os, 'devices', env.device.name)
        const range = { iova: sub(handle, pageOffset), bytes: spanBytes(env.geometry, pageOffset, bytes) }
        asm.step('unmap_page', () =>
          marked(asm, env, { op: 'unmap', kind, handle, offset: 0, bytes, direction }, () => {
            const claim = [device, handle, bytes, directionNumbers[direction], mappingKinds.streaming] as const
            const [found, addr] = asm.call('mapping.take', claim)
            asm.if(ne(found, 0), () => {
              env.steps.clearEntries(asm, env, range)
              asm.perform('iova.free', [ioSpaceOf(env).number, range.iova, range.bytes])
              env.steps.invalidate(asm, env, range)
              env.steps.devToCpu(asm, env, { page: sub(addr, pageOffset), offset: pageOffset, bytes, direction })
            })
          }),
        )
      },
    },
  },
}

export const freeBeforeInvalidate = twinOf(unmapReuse, {
  id: 'unmap-reuse-free-before-invalidate',
  question: 'This asks who may get an IO address that is given back before the SYSMMU has been told to forget it.',
  violates: ['iova-unique', 'live-translation', 'ownership', 'frame-intact', 'page-owner'],
  rareOnBoard: true,
  edition: freedFirst,
})
