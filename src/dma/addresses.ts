/** DMA | address arithmetic that every operation needs: the linear mapping and pages of a range. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { Geometry } from '../../machines/geometry.ts'
import { u32 } from '../base/bits.ts'
import { add, alignUp, shr, sub } from './operands.ts'

/** Kernel virtual address of physical `addr` in the linear mapping. */
export function linearVa(geometry: Geometry, addr: Operand): Operand {
  return add(addr, u32(geometry.linearBase - geometry.dram.base))
}

/** Physical address behind linear `va`. */
export function linearPa(geometry: Geometry, va: Operand): Operand {
  return add(va, u32(geometry.dram.base - geometry.linearBase))
}

/** `bytes` rounded up to whole pages. */
export function pageAlign(geometry: Geometry, bytes: Operand): Operand {
  return alignUp(bytes, geometry.pageBytes)
}

/** Pages in page-aligned `bytes`. */
export function pageCountOf(geometry: Geometry, bytes: Operand): Operand {
  return shr(bytes, Math.log2(geometry.pageBytes))
}

/** Bytes of the whole pages that `bytes` from `pageOffset` on touch. */
export function spanBytes(geometry: Geometry, pageOffset: Operand, bytes: Operand): Operand {
  return pageAlign(geometry, add(pageOffset, bytes))
}

/** `addr` minus its position in its page, where that is known separately. */
export function pageBase(addr: Operand, pageOffset: Operand): Operand {
  return sub(addr, pageOffset)
}
