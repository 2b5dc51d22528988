/** Scenario | comparisons: what a device can reach, and attributes, where older editions do not look at them. */

import { litmus } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import { linearVa } from '../../dma/addresses.ts'
import { eq, ge, isZero, ne } from '../../dma/operands.ts'
import { defineComparison } from './define.ts'

const { pageBytes, lineBytes, iova } = litmus

/** The device reaches the first page that the allocator has, and the pool takes it. */
const nearMask = 0x4000004f
const pools = [{ name: 'fimc0-small', blockBytes: lineBytes, blocks: 2 }]

export const bounceSkip = defineComparison({
  id: 'bounce-skip',
  question:
    'This asks whether what the CPU stored after its sync is still there when it unmaps a bounced buffer and asks for no sync.',
  gaps: ['L17'],
  expects: { 'rfc-2011': ['assertion'], 'linux-3.6': ['assertion'] },
  backend: 'dmabounce',
  reach: { masks: { streaming: nearMask, coherent: nearMask }, pools },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const [page] = asm.call('page.alloc', [pageBytes, pageOwners.indexOf('kernel')])
        const va = linearVa(litmus, page)
        asm.storeRange(va, lineBytes, 0x11)
        const mapping = dma.mapSingle({ va, bytes: lineBytes, direction: 'bidirectional' })
        asm.assert(isZero(dma.mappingError(mapping.handle)), 'there is a safe buffer')
        dma.syncForCpu(mapping)
        asm.store(va, 0x22)
        dma.unmapSingle({ ...mapping, attrs: ['skip-cpu-sync'] })
        asm.assert(eq(asm.load(va), 0x22), 'nobody but the CPU has had the buffer since its sync')
        asm.perform('page.free', [page, pageBytes])
        dma.detach()
      },
    },
  ],
})

export const setMaskOfBounced = defineComparison({
  id: 'set-mask-of-bounced',
  question: 'This asks whether a device that is bounced gets no handle above a mask that was set with success.',
  gaps: ['L18'],
  expects: { 'rfc-2011': ['assertion'], 'linux-3.6': ['assertion'] },
  backend: 'dmabounce',
  reach: { masks: { streaming: 0xffffffff, coherent: nearMask }, pools },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const status = dma.setMask(nearMask)
        asm.assert(eq(status, 0), 'the pool is within the mask')
        const [page] = asm.call('page.alloc', [pageBytes, pageOwners.indexOf('kernel')])
        const mapping = dma.mapPage({ page, bytes: lineBytes, direction: 'to-device' })
        asm.assert(isZero(dma.mappingError(mapping.handle)), 'there is a safe buffer')
        asm.assert(ge(nearMask, mapping.handle), 'the device can put the handle out')
        dma.unmapPage(mapping)
        asm.perform('page.free', [page, pageBytes])
        dma.detach()
      },
    },
  ],
})

const firstPage = iova.base + pageBytes - 1

export const allocBeyondMask = defineComparison({
  id: 'alloc-beyond-mask',
  question: 'This asks whether an allocation fails when no IO address is left that the device can put out.',
  gaps: ['L19'],
  expects: { 'rfc-2011': ['assertion'], 'linux-3.6': ['assertion'] },
  reach: { masks: { streaming: firstPage, coherent: firstPage } },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const buffers = [dma.alloc(pageBytes), dma.alloc(pageBytes)]
        for (const { va, handle } of buffers) {
          asm.if(ne(va, 0), () => asm.assert(ge(firstPage, handle), 'the device can put the handle out'))
        }
        for (const buffer of buffers) asm.if(ne(buffer.va, 0), () => dma.free(buffer))
      },
    },
  ],
})
