/** DMA | rfc-2011, alloc and free through the IOMMU: the only operations that its mapper had, with their defects. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { dmaError, memoryTypes } from '../../../../machines/os/calls.ts'
import { osNumber } from '../../../../machines/os/types.ts'
import { pageAlign, pageCountOf } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { markedAlloc, markedFree } from '../../marked-calls.ts'
import { type MarkedCall, markHook, markPages } from '../../marks.ts'
import { add, eq, isZero, mul, ne, sub } from '../../operands.ts'
import { takeEach } from '../../pages.ts'
import { reportMisuse } from '../../reach.ts'
import { startSysmmu } from '../../sysmmu-runtime.ts'
import { ioSpaceOf } from '../../sysmmu-space.ts'
import type { AllocArgs, DmaEnv, DmaSteps, FreeArgs, Lowering } from '../../types.ts'
import { freeBuffer, unmapKernel } from '../linux-3.6/coherent.ts'

// After "[RFC 2/2] ARM: initial proof-of-concept IOMMU mapper for DMA-mapping", Marek Szyprowski, linux-arm-kernel, 25 May 2011.
// Pages are allocated, mapped and unmapped one at a time. R1 to R15 are the defects that docs/editions.md lists.

/** What the edition adds to the os: the mapping's mutex, and whether its pool and domain have been made. */
export const mappingMutex = 'mapping'
export const initialised = 'mapping-initialised'

const nonCacheable = memoryTypes.indexOf('non-cacheable')

/** Defect (R7): whoever must not sleep gets here all the same; `might_sleep()` in `mutex_lock` says so. */
function mutexLock(asm: Assembler, env: DmaEnv): void {
  if (asm.atomic !== undefined) {
    const why = 'calls a function that may sleep in an interrupt handler, with interrupts off or under a lock'
    reportMisuse(asm, env, why, dmaError)
  }
  asm.perform('lock.acquire', [osNumber(env.os, 'locks', mappingMutex)])
  asm.dmb()
}
function mutexUnlock(asm: Assembler, env: DmaEnv): void {
  asm.dmb()
  asm.perform('lock.release', [osNumber(env.os, 'locks', mappingMutex)])
}

/** `arm_iommu_assign_device`: notes base and size; the domain is made when it is needed. */
export const attach: DmaSteps['attach'] = (asm) => {
  asm.step('attach', () => {})
}

/**
 * `arm_iommu_init`. Defect (R7): it runs before the mutex is taken, so that two first allocations make the pool and the
 * domain twice, and the second one's are empty.
 */
function initialise(asm: Assembler, env: DmaEnv): void {
  asm.step('initialise', () =>
    asm.scope(() => {
      const done = asm.flagGet(initialised)
      asm.if(isZero(done), () => {
        startSysmmu(asm, env)
        asm.flagSet(initialised, 1)
      })
    }),
  )
}

/** The pages, each zeroed and flushed. `fail` runs when there are no more. */
function allocPages(asm: Assembler, env: DmaEnv, count: Operand, array: Register, fail: () => void): void {
  const each = {
    ready: (page: Operand) => env.steps.clearPages(asm, env, { addr: page, bytes: env.geometry.pageBytes }),
    unwind: (taken: Operand) => unwindPages(asm, env, array, taken),
  }
  takeEach(asm, array, count, each, fail)
}

/**
 * `while (--i) __free_page(pages[i])`. Defect (R5): the first page is never freed; and if already the first allocation failed,
 * the index runs below the array, and what lies there is taken for a page.
 */
function unwindPages(asm: Assembler, env: DmaEnv, array: Operand, index: Operand): void {
  asm.step('unwind', () =>
    asm.scope(() => {
      const i = asm.set(asm.temp(), index)
      asm.forever((leave) => {
        asm.set(i, sub(i, 1))
        asm.if(isZero(i), leave)
        asm.scope(() => {
          const [page] = asm.call('array.get', [array, i])
          asm.if(isZero(page), () => asm.die())
          asm.perform('page.free', [page, env.geometry.pageBytes])
        })
      })
    }),
  )
  asm.perform('array.free', [array])
}

function allocHook({ attrs, to }: AllocArgs, handle: Register, bytes: Operand): MarkedCall {
  return { op: 'alloc', kind: 'coherent', handle, va: to.va, offset: 0, bytes, direction: 'bidirectional', attrs }
}

export const alloc: Lowering<AllocArgs> = (asm, env, args) => {
  const { pageBytes } = env.geometry
  const { va, handle } = args.to
  const bytes = pageAlign(env.geometry, args.bytes)
  const count = pageCountOf(env.geometry, bytes)
  markedAlloc(asm, env, args, () => {
    asm.set(va, 0)
    asm.set(handle, dmaError)
    initialise(asm, env)
    mutexLock(asm, env)
    asm.block((leave) => {
      const array = asm.temp()
      // Defect (R1): this way out leaves the mutex held.
      allocPages(asm, env, count, array, leave)
      asm.block((unlock) => {
        asm.call('iova.alloc', [ioSpaceOf(env).number, bytes], [handle])
        asm.if(eq(handle, dmaError), () => {
          // Defect (R2): 0 is no error value, and nobody gives the pages back.
          asm.set(handle, 0)
          unlock()
        })
        const pageAt = (index: Operand): Operand => asm.call('array.get', [array, index])[0]
        asm.times(count, (index) =>
          asm.scope(() => {
            const status = asm.temp()
            const iova = add(handle, mul(index, pageBytes))
            env.steps.prepareTables(asm, env, { iova, bytes: pageBytes, status })
            asm.if(ne(status, 0), () => {
              // Defect (R4): the entries written so far stay, and so does the IO address, while the pages go.
              freeBuffer(asm, env, array, count)
              asm.set(handle, 0)
              unlock()
            })
            env.steps.writeEntries(asm, env, { iova, bytes: pageBytes, pageAt: () => pageAt(index) })
          }),
        )
        markPages(asm, env, { handle, pageOffset: 0, bytes }, (position) => pageAt(pageCountOf(env.geometry, position)))
        // Defect (R3): without room for the CPU's mapping, everything stays as it is.
        asm.call('kernel.map', [0, bytes, nonCacheable, array], [va])
      })
      mutexUnlock(asm, env)
      markHook(asm, env, allocHook(args, handle, bytes))
    })
  })
}

/**
 * Defects: memory that is not known is passed over in silence (R9); IO addresses are given back before their entries are
 * cleared (R6); and the pages come last, which is of no use where clearing and invalidation are not complete (R15).
 */
export const free: Lowering<FreeArgs> = (asm, env, args) => {
  const bytes = pageAlign(env.geometry, args.bytes)
  const { pageBytes } = env.geometry
  markedFree(asm, env, args, () => {
    mutexLock(asm, env)
    const [found, , , array] = asm.call('kernel.find', [args.va])
    asm.if(ne(found, 0), () => {
      unmapKernel(asm, args.va)
      asm.perform('iova.free', [ioSpaceOf(env).number, args.handle, bytes])
      asm.times(pageCountOf(env.geometry, bytes), (index) => {
        const range = { iova: add(args.handle, mul(index, pageBytes)), bytes: pageBytes }
        env.steps.clearEntries(asm, env, range)
        env.steps.invalidate(asm, env, range)
      })
      freeBuffer(asm, env, array, pageCountOf(env.geometry, bytes))
    })
    mutexUnlock(asm, env)
    const { va, handle, attrs } = args
    markHook(asm, env, {
      op: 'free',
      kind: 'coherent',
      handle,
      va,
      offset: 0,
      bytes,
      direction: 'bidirectional',
      attrs,
    })
  })
}
