/** DMA | the copies of dmabounce: words from the original to the safe buffer and back, by the core. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { linearVa } from '../addresses.ts'
import type { Assembler } from '../assembler.ts'
import { maintainL1 } from '../maintenance.ts'
import { add, alignDown, alignUp, and, eq, lt, mod, mul, or, shl, shr, sub } from '../operands.ts'
import type { DmaEnv } from '../types.ts'

/** A part of a buffer that is bounced: bytes [offset, offset + bytes) of it. */
export interface Bounced {
  /** Physical address of the original, and the kernel's address of its safe buffer's block. */
  readonly addr: Operand
  readonly va: Operand
  /** What is known of the original's position in its page, or of the safe buffer's: modulo a word it is the same. */
  readonly position: Operand
  readonly offset: Operand
  readonly bytes: Operand
}

/** Whether it is known while the program is written that the part begins and ends on words. */
function isWhole({ position, offset, bytes }: Bounced): boolean {
  return mod(add(position, offset), 4) === 0 && mod(bytes, 4) === 0
}

/** Copies word after word. A word that is partly outside keeps there what the target has. */
function copy(
  asm: Assembler,
  env: DmaEnv,
  part: Bounced,
  ends: (original: Operand, safe: Operand) => { readonly from: Operand; readonly to: Operand },
): void {
  const { addr, va, offset, bytes } = part
  const start = add(addr, offset)
  asm.scope(() => {
    const end = asm.set(asm.temp(), add(start, bytes))
    const at = asm.set(asm.temp(), alignDown(start, 4))
    const word = asm.temp()
    asm.while(
      () => lt(at, end),
      () => {
        const { from, to } = ends(linearVa(env.geometry, at), add(va, sub(at, alignDown(addr, 4))))
        asm.load(from, word)
        if (!isWhole(part)) keepEdges(asm, { at, start, end, word, to })
        asm.store(to, word)
        asm.set(at, add(at, 4))
      },
    )
  })
}

/** Replaces the bytes of `word` outside of [start, end) by those that are at `to`. */
function keepEdges(
  asm: Assembler,
  { at, start, end, word, to }: Readonly<Record<'at' | 'start' | 'end' | 'to', Operand>> & { readonly word: string },
): void {
  asm.scope(() => {
    const taken = asm.set(asm.temp(), 0xffffffff)
    const before = sub(start, at)
    asm.if(lt(at, start), () => asm.set(taken, shl(0xffffffff, mul(before, 8))))
    const after = sub(alignUp(end, 4), end)
    asm.if(eq(at, alignDown(end, 4)), () => asm.set(taken, and(taken, shr(0xffffffff, mul(after, 8)))))
    asm.if(lt(taken, 0xffffffff), () => {
      const old = asm.load(to)
      asm.set(word, or(and(word, taken), and(old, sub(0xffffffff, taken))))
    })
  })
}

/** COPY_IN: the device will find what the CPU has. */
export function copyIn(asm: Assembler, env: DmaEnv, part: Bounced): void {
  asm.step('copy in', () => copy(asm, env, part, (original, safe) => ({ from: original, to: safe })))
}

/**
 * COPY_OUT: the CPU will find what the device wrote. `written back`: and so will who reads past the L1, as the page cache's
 * users do through another mapping; the kernel does it at unmap, not at a sync.
 */
export function copyOut(asm: Assembler, env: DmaEnv, part: Bounced, then: 'written back' | 'left in the cache'): void {
  const { addr, offset, bytes } = part
  asm.step('copy out', () => copy(asm, env, part, (original, safe) => ({ from: safe, to: original })))
  if (then === 'written back') maintainL1(asm, env, 'clean-invalidate', { page: addr, offset, bytes })
}
