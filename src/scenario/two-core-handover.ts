/** Scenario | one core syncs a buffer for the device and back, the other one works on it in between, or too early. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { Assembler } from '../dma/assembler.ts'
import { add, lt, ne } from '../dma/operands.ts'
import { defineScenario, twinOf } from './build.ts'
import {
  beginConversions,
  conversionBytes,
  conversionDefaults,
  convert,
  stopConversion,
  storePicture,
  streamingBuffers,
} from './conversion-code.ts'

// Flags: `buffer` is the address of the target buffer; `given` and `returned` count its hand-overs to and from core 1.

/** Counts a hand-over. The barrier orders what was done to the buffer before it. */
function handOver(asm: Assembler, flag: 'given' | 'returned'): void {
  asm.dmb()
  asm.scope(() => asm.flagSet(flag, add(asm.flagGet(flag), 1)))
}

/** Waits for hand-over number `index`, from 0. */
function waitFor(asm: Assembler, flag: 'given' | 'returned', index: Operand): void {
  asm.step(`wait until ${flag}`, () => asm.poll({ read: () => asm.flagGet(flag), until: (count) => lt(index, count) }))
  asm.dmb()
}

export const twoCoreHandover = defineScenario({
  id: 'two-core-handover',
  question:
    'This asks whether a second core that works on a buffer between sync_for_cpu and sync_for_device, and only then, sees every picture and disturbs none.',
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        beginConversions(context)
        const { source, target } = streamingBuffers(context)
        const { mapping } = target
        asm.flagSet('buffer', target.va)
        asm.times(parameters.frames, (index) => {
          dma.syncForCpu(source.mapping)
          storePicture(asm, parameters, source.va, index)
          dma.syncForDevice(source.mapping)
          convert(asm, { source, target })
          dma.syncForCpu(mapping)
          handOver(asm, 'given')
          waitFor(asm, 'returned', index)
          dma.syncForDevice(mapping)
        })
        dma.unmapSingle(source.mapping)
        dma.unmapSingle(mapping)
        source.free()
        target.free()
        stopConversion(context)
      },
    },
    {
      main: ({ asm, parameters }) => {
        const bytes = conversionBytes(parameters)
        asm.poll({ read: () => asm.flagGet('buffer'), until: (va) => ne(va, 0) })
        asm.times(parameters.frames, (index) => {
          waitFor(asm, 'given', index)
          asm.scope(() => {
            const va = asm.flagGet('buffer')
            asm.step('work on the buffer', () => {
              asm.loadRange(va, bytes.target)
              asm.store(va, 0)
            })
          })
          handOver(asm, 'returned')
        })
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  defaults: conversionDefaults,
  shared: { flags: ['buffer', 'given', 'returned'] },
})

export const touchedEarly = twinOf(twoCoreHandover, {
  id: 'two-core-handover-touched-early',
  question: "This asks what happens when the second core works on the buffer without waiting until it is the CPU's.",
  violates: ['ownership', 'no-lost-write', 'fresh-load', 'frame-intact'],
  drop: (path) => path.includes('wait until given'),
})
