/** Scenario | a fault handler that retries: it ends when the mapping stays missing, or it does not. */

import { interruptLines, memoryMap } from '../../machines/geometry.ts'
import { gicCpuRegs } from '../../machines/gic/regs.ts'
import { sysmmuCtrl } from '../../machines/sysmmu/regs.ts'
import type { Assembler } from '../dma/assembler.ts'
import { eq, ne } from '../dma/operands.ts'
import { sysmmuReg } from '../dma/sysmmu-driver.ts'
import type { DmaEnv } from '../dma/types.ts'
import { type CoreCode, defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  keepMapped,
  ringDoorbell,
  setAddresses,
  storePicture,
  streamingBuffer,
} from './conversion-code.ts'
import { enableInterruptLines } from './fimc-driver.ts'
import { quietCaches } from './scenario.ts'

/** Converts into an address that nobody has mapped, and waits until the handler has given up. */
function convertUnmapped(context: ProgramContext): void {
  const { asm, dma, parameters } = context
  const bytes = beginConversions(context)
  enableInterruptLines(asm)
  const source = streamingBuffer(context, bytes.source, 'to-device', (va) => storePicture(asm, parameters, va, 0))
  const { geometry } = dma.env
  // The last page of the window: the allocator hands out the first ones.
  const target = { handle: geometry.iova.base + geometry.iova.bytes - geometry.pageBytes, bytes: bytes.target, va: 0 }
  setAddresses(asm, parameters, source.handle, target.handle)
  asm.mark('expect-fault')
  asm.enableInterrupts()
  ringDoorbell(asm, { source, target })
  asm.step('wait for the handler', () => asm.poll({ read: () => asm.flagGet('given-up'), until: (up) => ne(up, 0) }))
  // The device stands still, its access held: the SYSMMU stays on, or it would let it through; and the source, which the
  // device may still read, stays mapped.
  keepMapped(asm)
  asm.disableInterrupts()
}

/** The core's interrupt handler around the SYSMMU's. */
export function onSysmmuInterrupt(handle: (context: ProgramContext) => void): (context: ProgramContext) => void {
  return (context) => {
    const { asm } = context
    const gic = (register: keyof typeof gicCpuRegs): number => memoryMap.gicCpu.base + gicCpuRegs[register]
    asm.scope(() => {
      const id = asm.mmioRead(gic('acknowledge'))
      asm.if(eq(id, interruptLines.sysmmuFimc0), () => handle(context))
      asm.mmioWrite(gic('endOfInterrupt'), id)
    })
    asm.return()
  }
}

export const faultStorm = defineScenario({
  id: 'fault-storm',
  question:
    'This asks whether a handler that retries every fault comes to an end when the mapping stays missing: the SYSMMU must be left blocked after so many retries.',
  cores: [
    {
      main: convertUnmapped,
      interrupt: onSysmmuInterrupt(({ asm, dma }) =>
        dma.handleMmuFault({ repair: () => 1, givenUp: () => asm.flagSet('given-up', 1) }),
      ),
    },
  ],
  camera: 'none',
  backend: 'iommu',
  defaults: {
    board: conversionDefaults.board,
    // What the caches do of their own accord to buffers and tables: `conversion-streaming`.
    litmus: {
      frames: 1,
      width: 2,
      height: 1,
      format: 'raw',
      source: 'pictures',
      features: quietCaches,
    },
  },
  shared: { flags: ['given-up'] },
})

/** As Linux v3.6 `exynos_sysmmu_irq`: whatever the reason, the access is let go again. */
function clearAndUnblock(asm: Assembler, env: DmaEnv): void {
  asm.step('fault handler', () =>
    asm.scope(() => {
      const status = asm.mmioRead(sysmmuReg(env, 'intStatus'))
      asm.mmioWrite(sysmmuReg(env, 'intClear'), status)
      asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.enable)
      asm.scope(() => asm.mmioRead(sysmmuReg(env, 'status')))
    }),
  )
}

const endless: CoreCode = {
  main: convertUnmapped,
  interrupt: onSysmmuInterrupt(({ asm, dma }) => clearAndUnblock(asm, dma.env)),
}

export const faultStormEndless = twinOf(faultStorm, {
  id: 'fault-storm-endless',
  question:
    'This asks how often a core is interrupted when the handler unblocks the SYSMMU in any case: the access faults again at once, for ever.',
  violates: ['progress'],
  endless: true,
  cores: [endless],
})
