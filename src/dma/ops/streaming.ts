/** DMA | what streaming operations share: marks around them, the linear path, everything of a mapping that can fail. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { dmaError } from '../../../machines/os/calls.ts'
import { pageBase } from '../addresses.ts'
import type { Assembler, Register } from '../assembler.ts'
import { markedMapPage } from '../marked-calls.ts'
import { markPages } from '../marks.ts'
import { add, eq, isZero, mod, ne } from '../operands.ts'
import { deviceNumber, reportMisuse } from '../reach.ts'
import { ioSpaceOf } from '../sysmmu-space.ts'
import { type DmaAttribute, type DmaEnv, isCoherent, type MapPageArgs, type UnmapPageArgs } from '../types.ts'

/** Whether the caches are to be looked after: not where the device snoops them, not for memory that is never in them. */
export function maintains(env: DmaEnv, attrs: readonly DmaAttribute[]): boolean {
  return !isCoherent(env.device.backend) && !attrs.includes('skip-cpu-sync') && !attrs.includes('mmio')
}

/** Reports a size that is 0, or too large for the addresses there are. */
export function reportSize(asm: Assembler, env: DmaEnv): void {
  reportMisuse(asm, env, 'maps or allocates nothing, or more than there are addresses', dmaError)
}

/** `dma.call` to `dma.return` around a mapping; `body` leaves with `dmaError` in `to` where it cannot map. */
export function mapping(asm: Assembler, env: DmaEnv, args: MapPageArgs, body: (leave: () => void) => void): void {
  const { bytes, to } = args
  markedMapPage(asm, env, args, () =>
    asm.block((leave) => {
      asm.set(to, dmaError)
      asm.if(isZero(bytes), () => {
        reportSize(asm, env)
        leave()
      })
      body(leave)
    }),
  )
}

/** A linear mapping of memory that the device reaches: caches, handle, pages. */
export function mapDirectly(asm: Assembler, env: DmaEnv, args: MapPageArgs): void {
  const { page, offset, bytes, direction, attrs, to } = args
  if (maintains(env, attrs)) env.steps.cpuToDev(asm, env, { page, offset, bytes, direction })
  asm.set(to, add(page, offset))
  const buffer = { handle: to, pageOffset: mod(offset, env.geometry.pageBytes), bytes }
  markPages(asm, env, buffer, (position) => add(to, position))
}

/** The end of a linear mapping. */
export function unmapDirectly(asm: Assembler, env: DmaEnv, args: UnmapPageArgs): void {
  if (!maintains(env, args.attrs)) return
  const { handle, pageOffset, bytes, direction } = args
  env.steps.devToCpu(asm, env, { page: pageBase(handle, pageOffset), offset: pageOffset, bytes, direction })
}

/** What a streaming mapping takes before anything becomes visible. */
export interface Reservation {
  /** Where the IO address goes. */
  readonly iova: Register
  /** Whole pages. */
  readonly span: Operand
  /** Physical address of the first page, if all follow it in memory. */
  readonly block?: Operand
  /** As the list of live mappings has it. */
  readonly entry: Readonly<Record<'addr' | 'handle' | 'bytes' | 'direction' | 'kind' | 'array', Operand>>
}

/** Everything of a streaming mapping behind a SYSMMU that can fail. `fail` runs after what was taken is given back. */
export function reserve(asm: Assembler, env: DmaEnv, reservation: Reservation, fail: () => void): void {
  const { iova, span, entry, block: addr } = reservation
  env.steps.takeIova(asm, env, { bytes: span, coherent: false, to: iova })
  asm.if(eq(iova, dmaError), fail)
  const undo = () => {
    asm.perform('iova.free', [ioSpaceOf(env).number, iova, span])
    fail()
  }
  const status = asm.temp()
  env.steps.prepareTables(asm, env, { iova, bytes: span, status, ...(addr === undefined ? {} : { addr }) })
  asm.if(ne(status, 0), undo)
  const { handle, bytes, direction, kind, array } = entry
  asm.call('mapping.add', [deviceNumber(env), handle, entry.addr, bytes, direction, kind, array], [status])
  asm.if(ne(status, 0), undo)
}
