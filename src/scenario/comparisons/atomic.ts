/** Scenario | comparisons: memory for who must not sleep, from the pool that is mapped already. */

import { litmus } from '../../../machines/geometry.ts'
import { atomicPool } from '../../dma/bounce-pools.ts'
import { ne } from '../../dma/operands.ts'
import type { ProgramContext } from '../build.ts'
import { defineComparison } from './define.ts'

const { pageBytes } = litmus
const poolOf = (pages: number) => ({ pools: [{ name: atomicPool, blockBytes: pageBytes, blocks: pages }] })

/** Allocates so many pages with interrupts off, stores into each, and frees; `times` times. */
function allocateAtomic(context: ProgramContext, pages: number, times: number): void {
  const { dma } = context
  dma.createAtomicPool()
  dma.attach()
  for (let time = 0; time < times; time++) allocateOnce(context, pages)
  dma.destroyAtomicPool()
}

function allocateOnce({ asm, dma }: ProgramContext, pages: number): void {
  asm.scope(() => {
    asm.disableInterrupts()
    const buffer = dma.alloc(pages * pageBytes, [], { gfp: 'atomic' })
    asm.enableInterrupts()
    asm.assert(ne(buffer.va, 0), 'the pool has pages enough')
    asm.if(ne(buffer.va, 0), () => {
      asm.storeRange(buffer.va, pages * pageBytes, 0x11)
      dma.free(buffer)
    })
  })
}

export const allocAtomicPages = defineComparison({
  id: 'alloc-atomic-pages',
  question: 'This asks whether two pages can be allocated with interrupts off.',
  gaps: ['R7', 'L20'],
  expects: { 'rfc-2011': ['api'], 'linux-3.6': ['api', 'leak'] },
  reach: poolOf(2),
  cores: [{ main: (context) => allocateAtomic(context, 2, 1) }],
})

export const allocAtomicAgain = defineComparison({
  id: 'alloc-atomic-again',
  question: 'This asks whether a page that was allocated with interrupts off, and freed, can be allocated again.',
  gaps: ['R7', 'L21'],
  expects: { 'rfc-2011': ['api'], 'linux-3.6': ['assertion', 'api', 'leak'] },
  reach: poolOf(1),
  cores: [{ main: (context) => allocateAtomic(context, 1, 2) }],
})
