/** Scenario | a large page unmapped on a SYSMMU with page-sized TLB entries: every one of them must go. */

import { pageOwners } from '../../machines/os/calls.ts'
import { largePageBytes } from '../../machines/sysmmu/walk.ts'
import { linearVa } from '../dma/addresses.ts'
import { dmarace } from '../dma/index.ts'
import { add } from '../dma/operands.ts'
import { flushEntries } from '../dma/sysmmu-driver.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  assertMapped,
  conversionBytes,
  conversionDefaults,
  conversionLoop,
  convert,
  readPicture,
  type StreamingBuffer,
  setAddresses,
  staleTranslation,
  storePicture,
  streamingBuffer,
} from './conversion-code.ts'
import { quietCaches } from './scenario.ts'

/** A buffer of a large page, and in it a picture that lies across the end of its first small page. */
export function largeBuffer(context: ProgramContext): StreamingBuffer {
  const { asm, dma, parameters } = context
  const { geometry } = dma.env
  const size = largePageBytes(geometry)
  const offset = geometry.pageBytes - 4
  const [page] = asm.call('page.alloc', [size, pageOwners.indexOf('kernel')])
  const va = linearVa(geometry, page)
  const mapping = dma.mapSingle({ va, bytes: size, direction: 'from-device' })
  assertMapped(context, mapping)
  return {
    va: add(va, offset),
    handle: asm.set(asm.temp(), add(mapping.handle, offset)),
    bytes: conversionBytes(parameters).target,
    mapping,
    free: () => asm.perform('page.free', [page, size]),
  }
}

function convertLarge(context: ProgramContext, index: Parameters<typeof storePicture>[3]): void {
  const { asm, dma, parameters } = context
  const fill = (va: Parameters<typeof storePicture>[2]) => storePicture(asm, parameters, va, index)
  const source = streamingBuffer(context, conversionBytes(parameters).source, 'to-device', fill)
  const target = largeBuffer(context)
  setAddresses(asm, parameters, source.handle, target.handle)
  convert(asm, { source, target })
  dma.unmapSingle(target.mapping)
  dma.unmapSingle(source.mapping)
  readPicture(asm, target, index)
  source.free()
  target.free()
}

export const largePageUnmap = defineScenario({
  id: 'large-page-unmap',
  question:
    'This asks whether any translation of a large page is left when it is unmapped, on a SYSMMU of version 2, whose TLB has an entry for each small page of it.',
  cores: [
    {
      main: conversionLoop((context, index) => convertLarge(context, index)),
    },
  ],
  camera: 'none',
  backend: 'iommu',
  sysmmuVersion: '2.0',
  defaults: {
    ...conversionDefaults,
    // The second conversion gets the addresses of the first. What the caches do of their own accord: `conversion-streaming`.
    litmus: {
      ...conversionDefaults.litmus,
      disturbedLines: [0x68, 0x70],
      features: quietCaches,
    },
  },
})

/** As Linux v3.6: FLUSH_ENTRY is written once, with the first address. */
const oneEntry: Edition = {
  name: 'one-entry',
  description: 'unmap invalidates one TLB entry, whatever the size of the mapping',
  base: dmarace,
  steps: {
    invalidate: (asm, env, { iova }) => flushEntries(asm, env, { iova, bytes: env.geometry.pageBytes }),
  },
}

export const largePageOneEntry = twinOf(largePageUnmap, {
  id: 'large-page-unmap-one-entry',
  question:
    'This asks what a device can still reach when one TLB entry is invalidated for a large page, as Linux v3.6 does.',
  violates: staleTranslation,
  edition: oneEntry,
})
