/** DMA | scatter lists: loops over entries and segments, and the marks around an operation on a list. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { dmaError } from '../../../machines/os/calls.ts'
import type { Assembler, Register } from '../assembler.ts'
import { type MarkedCall, markedSegments } from '../marks.ts'
import { add, isZero, ne } from '../operands.ts'
import { reportMisuse } from '../reach.ts'
import type { DmaEnv, MapSgArgs, SyncSgArgs, UnmapSgArgs } from '../types.ts'

/** An entry as `sg.get` finds it. `dma` and `dmaBytes`: of the segment with the same number. */
export interface Entry {
  readonly page: Register
  readonly offset: Register
  readonly bytes: Register
  readonly dma: Register
  readonly dmaBytes: Register
}

export function entryAt(asm: Assembler, sg: Operand, index: Operand): Entry {
  const [page, offset, bytes, dma, dmaBytes] = asm.call('sg.get', [sg, index])
  return { page, offset, bytes, dma, dmaBytes }
}

/** `body` for each of the first `count` entries. */
export function forEachEntry(
  asm: Assembler,
  sg: Operand,
  count: Operand,
  body: (entry: Entry, index: Operand) => void,
): void {
  asm.times(count, (index) => asm.scope(() => body(entryAt(asm, sg, index), index)))
}

/** `body` for each entry that has a DMA length: one for each segment, all at the front of the list. */
export function forEachSegment(asm: Assembler, sg: Operand, count: Operand, body: (entry: Entry) => void): void {
  forEachEntry(asm, sg, count, (entry) => asm.if(ne(entry.dmaBytes, 0), () => body(entry)))
}

type SgCall = { readonly op: 'map-sg' | 'unmap-sg' | 'sync-sg-for-cpu' | 'sync-sg-for-device' }

function callOf(op: SgCall['op'], { entries, direction, ...rest }: SyncSgArgs | UnmapSgArgs): MarkedCall & SgCall {
  const attrs = 'attrs' in rest ? { attrs: rest.attrs } : {}
  return { op, handle: 0, offset: 0, bytes: 0, direction, entries, ...attrs }
}

/** Marks around an unmap or a sync of a list. */
export function markedList(
  asm: Assembler,
  env: DmaEnv,
  op: Exclude<SgCall['op'], 'map-sg'>,
  args: SyncSgArgs | UnmapSgArgs,
  body: () => void,
): void {
  const each = (mark: (segment: { handle: Operand; bytes: Operand }) => void) =>
    forEachSegment(asm, args.sg, args.entries, ({ dma, dmaBytes }) => mark({ handle: dma, bytes: dmaBytes }))
  markedSegments(asm, env, callOf(op, args), each, body)
}

/** Marks around map_sg, and what is wrong with any list without entries. `body` leaves with 0 in `to` where it cannot map. */
export function mappingList(asm: Assembler, env: DmaEnv, args: MapSgArgs, body: (leave: () => void) => void): void {
  const { sg, entries, to } = args
  const run = () =>
    asm.block((leave) => {
      asm.set(to, 0)
      asm.if(isZero(entries), () => {
        reportEmpty(asm, env)
        leave()
      })
      body(leave)
    })
  asm.step('map_sg', () =>
    markedSegments(
      asm,
      env,
      { ...callOf('map-sg', args), handle: dmaError },
      (mark) =>
        forEachEntry(asm, sg, to, ({ dma, dmaBytes, page, offset }) =>
          mark({ handle: dma, bytes: dmaBytes, addr: add(page, offset) }),
        ),
      run,
      { mapped: to, result: to },
    ),
  )
}

/** Reports an entry without memory: a gap in the list, or one beyond its end. */
export function reportEmpty(asm: Assembler, env: DmaEnv): void {
  reportMisuse(asm, env, 'maps a scatter list without entries, or with an empty one', dmaError)
}
