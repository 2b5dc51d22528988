/** Scenario | two engines, each behind a TLB of its own, on one mapping: every TLB must forget what is unmapped. */

import { memoryMap } from '../../machines/geometry.ts'
import { dmarace } from '../dma/index.ts'
import { add, mul } from '../dma/operands.ts'
import { flushEntries } from '../dma/sysmmu-driver.ts'
import { mmuOf } from '../dma/sysmmu-space.ts'
import type { DmaEnv, Edition, MmuDevice } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  configureConversion,
  conversionBytes,
  conversionDefaults,
  readPicture,
  ringDoorbell,
  setAddresses,
  staleTranslation,
  stopConversion,
  stopEngine,
  storePicture,
  streamingBuffer,
  streamingBuffers,
  waitForConversion,
} from './conversion-code.ts'
import { quietCaches } from './scenario.ts'

const { fimc1 } = memoryMap

/** Both engines convert one picture at the same time, each to a target of its own. All is mapped once, and unmapped once. */
function convertTogether(context: ProgramContext, index: Parameters<typeof storePicture>[3]): void {
  const { asm, dma, parameters } = context
  const { source, target } = streamingBuffers(context, (va) => storePicture(asm, parameters, va, index))
  const second = streamingBuffer(context, conversionBytes(parameters).target, 'from-device')
  setAddresses(asm, parameters, source.handle, second.handle, fimc1)
  ringDoorbell(asm, { source, target })
  ringDoorbell(asm, { source, target: second }, fimc1)
  waitForConversion(asm, { source, target })
  waitForConversion(asm, { source, target: second }, { engine: fimc1 })
  const buffers = [source, target, second]
  for (const { mapping } of buffers) dma.unmapSingle(mapping)
  readPicture(asm, target, mul(index, 2))
  readPicture(asm, second, add(mul(index, 2), 1))
  for (const { free } of buffers) free()
}

/** As often as asked for: the next time gets the IO addresses of the last. FIMC0 is set up. */
export function conversionsTogether(context: ProgramContext, times = context.parameters.frames): void {
  const { asm, parameters } = context
  configureConversion(asm, parameters, fimc1)
  asm.times(times, (index) => asm.scope(() => convertTogether(context, index)))
  stopEngine(asm, fimc1)
}

const common = {
  camera: 'none',
  backend: 'iommu',
  defaults: {
    ...conversionDefaults,
    // What the caches do of their own accord: `conversion-streaming`.
    litmus: { ...conversionDefaults.litmus, disturbedLines: [0x60, 0x70, 0x80], features: quietCaches },
  },
} as const

export const sharedMapping = defineScenario({
  ...common,
  id: 'shared-mapping',
  question:
    'This asks whether two devices can share a mapping: what is unmapped for one must be out of reach for the other, whose SYSMMU has walked the same tables.',
  cores: [
    {
      main: (context) => {
        const other = context.dmaOf('fimc1')
        beginConversions(context)
        other.attach('shared')
        conversionsTogether(context)
        other.disableMmu()
        stopConversion(context)
      },
    },
  ],
  secondEngine: 'device',
})

export const sysmmuBanks = defineScenario({
  ...common,
  id: 'sysmmu-banks',
  question:
    'This asks whether a device with two engines is cut off from what is unmapped, when its SYSMMU has a bank of registers and a TLB for each, which are blocked one after the other.',
  cores: [
    {
      main: (context) => {
        beginConversions(context)
        conversionsTogether(context)
        stopConversion(context)
      },
    },
  ],
  secondEngine: 'bank',
})

/** Invalidates as the base does, but knows less of what there is. */
function forgetful(name: string, description: string, known: (env: DmaEnv) => readonly MmuDevice[]): Edition {
  return {
    name,
    description,
    base: dmarace,
    steps: { invalidate: (asm, env, range) => flushEntries(asm, { ...env, clients: known(env) }, range) },
  }
}

export const sharedMappingOneDevice = twinOf(sharedMapping, {
  id: 'shared-mapping-own-sysmmu',
  question:
    'This asks what the other device of a mapping can still reach when unmap invalidates the SYSMMU of its own device alone.',
  violates: staleTranslation,
  edition: forgetful('own-sysmmu', 'unmap invalidates the SYSMMU of the device it is called for', (env) => [
    mmuOf(env),
  ]),
})

export const sysmmuBanksFirst = twinOf(sysmmuBanks, {
  id: 'sysmmu-banks-first-bank',
  question:
    'This asks what the second engine of a device can still reach when unmap invalidates the first bank of its SYSMMU alone.',
  violates: staleTranslation,
  edition: forgetful('first-bank', 'unmap invalidates the first bank of each SYSMMU', (env) =>
    env.clients.map(({ furtherBanks: _further, ...mmu }) => mmu),
  ),
})
