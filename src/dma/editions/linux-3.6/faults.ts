/** DMA | linux-3.6, the SYSMMU driver's fault handler: `exynos_sysmmu_irq` of drivers/iommu/exynos-iommu.c. */

import { osNumber } from '../../../../machines/os/types.ts'
import { sysmmuCtrl } from '../../../../machines/sysmmu/regs.ts'
import { ne } from '../../operands.ts'
import { sysmmuReg } from '../../sysmmu-driver.ts'
import { readFaultAddr } from '../../sysmmu-faults.ts'
import type { DmaSteps } from '../../types.ts'

/**
 * The fault is cleared if somebody says to have repaired it, and the access is let go whatever was said.
 *
 * Gap: an access whose mapping stays missing faults again at once, for ever; and one that nobody repaired does so with the
 * old interrupt still pending.
 */
const handleFault: DmaSteps['handleFault'] = (asm, env, { policy }) => {
  const device = osNumber(env.os, 'devices', env.device.name)
  asm.step('fault handler', () =>
    asm.lock('sysmmu', () =>
      asm.scope(() => {
        const status = asm.mmioRead(sysmmuReg(env, 'intStatus'))
        asm.if(ne(status, 0), () => {
          const iova = asm.temp()
          readFaultAddr(asm, env, status, iova)
          asm.perform('fault.report', [device, status, iova])
          const clear = () => asm.mmioWrite(sysmmuReg(env, 'intClear'), status)
          if (policy) asm.if(ne(policy.repair({ status, iova }), 0), clear)
          asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.enable)
        })
      }),
    ),
  )
}

export const faultSteps = { handleFault } satisfies Partial<DmaSteps>
