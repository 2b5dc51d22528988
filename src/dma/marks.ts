/** DMA | the marks around every operation: who asked for what, and which pages are behind a handle. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { Assembler } from './assembler.ts'
import { add, lt, mod, sub } from './operands.ts'
import type { Direction, DmaEnv } from './types.ts'

/** As the marks name the operations. */
export type MarkedOp = 'map' | 'unmap' | 'sync-for-cpu' | 'sync-for-device' | 'alloc' | 'free' | 'mmap'

export interface MarkedCall {
  readonly op: MarkedOp
  readonly handle: Operand
  readonly offset: Operand
  readonly bytes: Operand
  readonly direction: Direction
}

/**
 * `body` between `dma.call` and `dma.return`. Where the handle is the result, `dma.call` says `dmaError`, and
 * `returned` names the register that holds it at the end.
 */
export function marked(asm: Assembler, env: DmaEnv, call: MarkedCall, body: () => void, returned = call.handle): void {
  const { op, offset, bytes } = call
  const fixed = {
    op: { text: op },
    device: { text: env.device.name },
    offset,
    bytes,
    direction: { text: call.direction },
  }
  asm.mark('dma.call', { ...fixed, handle: call.handle })
  asm.scope(body)
  asm.mark('dma.return', { ...fixed, handle: returned })
}

/**
 * A `dma.page` for each page of the buffer at `handle`: IO address, physical address and number of the bytes of the
 * buffer in this page. `pageOffset` is the handle's position in its page; `addrAt(position)` finds the physical address.
 */
export function markPages(
  asm: Assembler,
  env: DmaEnv,
  buffer: { readonly handle: Operand; readonly pageOffset: Operand; readonly bytes: Operand },
  addrAt: (position: Operand) => Operand,
): void {
  const { pageBytes } = env.geometry
  const { handle, pageOffset, bytes } = buffer
  const inFirst = sub(pageBytes, mod(pageOffset, pageBytes))
  if (typeof bytes === 'number' && typeof inFirst === 'number' && bytes <= inFirst) {
    asm.scope(() => asm.mark('dma.page', { handle, iova: handle, addr: addrAt(0), bytes }))
    return
  }
  asm.scope(() => {
    const position = asm.set(asm.temp(), 0)
    const part = asm.temp()
    asm.while(
      () => lt(position, bytes),
      () =>
        asm.scope(() => {
          asm.set(part, sub(pageBytes, mod(add(pageOffset, position), pageBytes)))
          asm.if(lt(sub(bytes, position), part), () => asm.set(part, sub(bytes, position)))
          const addr = addrAt(position)
          asm.mark('dma.page', { handle, iova: add(handle, position), addr, bytes: part })
          asm.set(position, add(position, part))
        }),
    )
  })
}
