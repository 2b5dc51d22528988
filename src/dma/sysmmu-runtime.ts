/** DMA | a SYSMMU's life under its device: attach, suspend, resume. */

import { sysmmuCtrl, sysmmuFlushNow } from '../../machines/sysmmu/regs.ts'
import type { Assembler } from './assembler.ts'
import { enabledFlag, enableSysmmu, readBack, sysmmuReg } from './sysmmu-driver.ts'
import { forEachBank, mmuOf } from './sysmmu-space.ts'
import { clocked, switchPower } from './sysmmu-supply.ts'
import { createLevel1Table } from './sysmmu-tables.ts'
import type { DmaEnv, DmaSteps } from './types.ts'

/** `arm_iommu_attach_device`: an empty table, then translation on. The device must not run. */
const attach: DmaSteps['attach'] = (asm, env) => {
  asm.step('attach', () => startSysmmu(asm, env))
}

/** An empty table, and translation on. */
export function startSysmmu(asm: Assembler, env: DmaEnv): void {
  createLevel1Table(asm, env)
  enableSysmmu(asm, env)
}

/**
 * Runtime PM: the device is idle. Invalidations are skipped from here on, for the registers may be out of reach; so the TLB
 * must not outlive this. Linux leaves that to the flush at resume alone.
 */
export function suspendSysmmu(asm: Assembler, env: DmaEnv): void {
  asm.step('suspend', () =>
    asm.lock('sysmmu', () => {
      asm.flagSet(enabledFlag(mmuOf(env).name), 0)
      clocked(asm, env, () =>
        forEachBank(env, (bank) => {
          asm.step('flush', () => asm.mmioWrite(sysmmuReg(bank, 'flush'), sysmmuFlushNow))
          asm.mmioWrite(sysmmuReg(bank, 'ctrl'), sysmmuCtrl.disable)
          readBack(asm, bank)
        }),
      )
      switchPower(asm, env, 'off')
    }),
  )
}

/** Power again, then everything that enabling writes: nothing of what was written before is left. */
export function resumeSysmmu(asm: Assembler, env: DmaEnv): void {
  asm.step('resume', () => {
    asm.lock('sysmmu', () => switchPower(asm, env, 'on'))
    enableSysmmu(asm, env)
  })
}

export const runtimeSteps = { attach } satisfies Partial<DmaSteps>
