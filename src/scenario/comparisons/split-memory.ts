/** Scenario | comparisons: a memory of which every second page is taken, so that no two free ones are neighbours. */

import { litmus } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import type { Register } from '../../dma/assembler.ts'
import type { ProgramContext } from '../build.ts'

const { pageBytes, reservedBytes, dram } = litmus

/** Main memory with so many pages for the page allocator. */
export const memoryOf = (pages: number) => ({
  dram: { base: dram.base, bytes: reservedBytes + pages * pageBytes },
})

/**
 * Takes all `2 * free` pages there are and gives back every second one, the first among them. `pages`: those that are kept, by
 * physical address, each behind a free one; `restore` gives them back.
 */
export function splitMemory(
  { asm }: ProgramContext,
  free: number,
): { readonly pages: readonly Register[]; readonly restore: () => void } {
  const all = Array.from(
    { length: 2 * free },
    () => asm.call('page.alloc', [pageBytes, pageOwners.indexOf('kernel')])[0],
  )
  const give = (page: Register) => asm.perform('page.free', [page, pageBytes])
  all.filter((_page, index) => index % 2 === 0).forEach(give)
  const pages = all.filter((_page, index) => index % 2 === 1)
  return { pages, restore: () => pages.forEach(give) }
}
