/** DMA | the prefetch windows of a SYSMMU of version 3: where its walker may look ahead. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { versionParts } from '../../machines/sysmmu/regs.ts'
import { largePageBytes } from '../../machines/sysmmu/walk.ts'
import { alignUp } from '../base/bits.ts'
import { UsageError } from '../base/errors.ts'
import type { Assembler } from './assembler.ts'
import { add } from './operands.ts'
import { blocked, ifEachEnabled, sysmmuReg } from './sysmmu-driver.ts'
import { mmuOf } from './sysmmu-space.ts'
import type { DmaEnv } from './types.ts'

/** IO addresses [base, base + bytes). */
export interface PrefetchWindow {
  readonly base: Operand
  readonly bytes: number
}

/**
 * `exynos_sysmmu_set_prefbuf`: two windows, under a block of every bank. One window alone is given to both, or, where it is larger
 * than two large pages, split in two parts of whole large pages. HF-543
 *
 * Nothing for other versions, and none while the SYSMMU is off: enabling it makes every address part of both windows. Throws
 * `UsageError` for a window without bytes.
 */
export function setPrefetchWindows(
  asm: Assembler,
  env: DmaEnv,
  first: PrefetchWindow,
  second: PrefetchWindow | undefined,
): void {
  for (const { bytes } of second ? [first, second] : [first]) {
    if (!Number.isInteger(bytes) || bytes < 1) {
      throw new UsageError(`a prefetch window of ${bytes} bytes: give it a whole number of bytes, at least 1`)
    }
  }
  if (versionParts(mmuOf(env).version).major !== 3) return
  const windows = second ? [first, second] : bothOf(first, largePageBytes(env.geometry))
  ifEachEnabled(asm, { ...env, clients: [mmuOf(env)] }, 'set prefetch windows', (bank) =>
    blocked(asm, bank, () =>
      windows.forEach(({ base, bytes }, index) => {
        const [start, end] = registers[index as 0 | 1]
        asm.mmioWrite(sysmmuReg(bank, start), base)
        asm.mmioWrite(sysmmuReg(bank, end), add(base, bytes - 1))
      }),
    ),
  )
}

const registers = [
  ['prefetchStart0', 'prefetchEnd0'],
  ['prefetchStart1', 'prefetchEnd1'],
] as const

function bothOf(window: PrefetchWindow, unit: number): readonly [PrefetchWindow, PrefetchWindow] {
  const { base, bytes } = window
  if (bytes <= 2 * unit) return [window, window]
  const half = alignUp(bytes / 2, unit)
  return [
    { base, bytes: half },
    { base: add(base, half), bytes: bytes - half },
  ]
}
