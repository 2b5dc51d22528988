/** Test | messages for the memory: bursts inside, across and outside its range, many to the same rows. */

import type { DramConfig } from '../../machines/dram/machine.ts'
import { board, litmus } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** The litmus memory with its one row, and a piece of the board's with several banks and rows. */
export const dramConfigs: Readonly<Record<string, DramConfig>> = {
  litmus: { id: 'dram', ...litmus.dram },
  board: { id: 'dram', base: board.dram.base, bytes: 1 << 16, rows: { banks: 4, rowBytes: 1024 } },
}

/** A generator for one configuration. */
export function dramMessages(
  config: DramConfig,
): (prng: Prng, present: { readonly value: unknown }) => Message | undefined {
  return (prng, { value }) => {
    if (prng.chance(1, 500)) return undefined
    const from = prng.pick(['l2', 'fimc0', 'sysmmu0'])
    const near = prng.chance(1, 2) ? 256 : config.bytes
    // Right after reset, bursts outside are rare unless helped.
    const outside = prng.chance(1, value === 'precharged' ? 3 : 20)
    const offset = outside ? config.bytes - 8 + prng.below(8) * 4 : prng.below(near / 4) * 4
    const addr = (prng.chance(1, 40) ? config.base - 64 : config.base) + offset
    const common = { from, txn: prng.below(4), addr, memory: prng.pick(['cacheable', 'non-cacheable']) }
    if (prng.chance(1, 4)) {
      // Now and then somebody else writes between the two.
      const one = {
        ...common,
        addr: config.base + prng.below(2) * 8,
        memory: 'non-cacheable',
        exclusive: prng.below(2),
      }
      if (prng.chance(1, 2)) return { type: 'read.req', ...one, words: 1 } as Message
      return { type: 'write.req', ...one, data: [prng.next() | 0] } as Message
    }
    const words = 1 + prng.below(8)
    if (prng.chance(1, 2)) return { type: 'read.req', ...common, words } as Message
    return { type: 'write.req', ...common, data: Array.from({ length: words }, () => prng.next() | 0) } as Message
  }
}
