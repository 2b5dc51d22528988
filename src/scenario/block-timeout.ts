/** Scenario | a SYSMMU that takes its time to block, and a driver that gives up and goes on without the flush. */

import { sysmmuFlushNow } from '../../machines/sysmmu/regs.ts'
import { pageCountOf } from '../dma/addresses.ts'
import { dmarace } from '../dma/index.ts'
import { add, mul, or } from '../dma/operands.ts'
import { ifEnabled, readBack, sysmmuReg, tryBlock } from '../dma/sysmmu-driver.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, twinOf } from './build.ts'
import { conversionDefaults, conversionLoop, staleTranslation } from './conversion-code.ts'
import { convertOnce } from './conversion-streaming.ts'
import { quietCaches } from './scenario.ts'

export const blockTimeout = defineScenario({
  id: 'block-timeout',
  question:
    'This asks whether addresses are handed out again only after their invalidation, when the SYSMMU may block later than the driver cares to wait.',
  cores: [
    {
      main: conversionLoop((context, index) => convertOnce(context, index)),
    },
  ],
  camera: 'none',
  backend: 'iommu',
  features: { blockTimeout: true },
  defaults: {
    ...conversionDefaults,
    // The second conversion gets the addresses of the first. What the caches do of their own accord: `conversion-streaming`.
    litmus: { ...conversionDefaults.litmus, features: quietCaches },
  },
})

/** As Linux v3.6: after so many polls the block is taken back, and the caller goes on as if it had been flushed. */
const givesUp: Edition = {
  name: 'block-given-up',
  description: 'unmap skips the invalidation when the block does not come in time',
  base: dmarace,
  steps: {
    invalidate: (asm, env, { iova, bytes }) =>
      asm.step('invalidate TLB entries', () =>
        ifEnabled(asm, env, () => {
          tryBlock(asm, env, () =>
            asm.times(pageCountOf(env.geometry, bytes), (page) => {
              const entry = add(iova, mul(page, env.geometry.pageBytes))
              asm.mmioWrite(sysmmuReg(env, 'flushEntry'), or(entry, sysmmuFlushNow))
            }),
          )
          readBack(asm, env)
        }),
      ),
  },
}

export const blockGivenUp = twinOf(blockTimeout, {
  id: 'block-timeout-given-up',
  question: 'This asks what is left in the TLB when a driver stops waiting for the block and skips the invalidation.',
  violates: staleTranslation,
  rareOnBoard: true,
  edition: givesUp,
})
