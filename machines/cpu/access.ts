/** CPU | how an instruction proceeds through memory: its operands, its next piece, where that is, what it waits for. */

import { evaluate, holds } from '../operand.ts'
import type { Core } from './core.ts'
import { clearAccess, clearPage, foldedMax, position } from './core.ts'
import { memoryNumbers } from './memory.ts'
import type { Code } from './program.ts'
import type { CpuContext } from './types.ts'

/** `physical` answers this for an address that the operating system has to look up first. */
export const untranslated = -2
/** `physical` answers this for an address that the core's own unit has to translate first. */
export const unwalked = -3
/** `physical` answers this for an address in no window. */
export const unmapped = -1

/** Physical address of a virtual one in the linear mapping; -1: it is not there. */
export function linear(core: Core, va: number): number {
  const { linearBase, dram } = core.geometry
  const offset = va - linearBase
  return offset >= 0 && offset < dram.bytes ? dram.base + offset : -1
}

/** Physical address of a virtual one: the linear mapping, or the page that was translated last. */
export function physical(core: Core, context: CpuContext, va: number): number {
  const { pageBytes, vmalloc, user } = core.geometry
  const direct = linear(core, va)
  if (direct >= 0) return direct
  const offset = va - context.page.va
  if (context.page.va >= 0 && offset >= 0 && offset < pageBytes) return context.page.addr + offset
  if (va - user.base >= 0 && va - user.base < user.bytes) return core.mmu ? unwalked : untranslated
  return va - vmalloc.base >= 0 && va - vmalloc.base < vmalloc.bytes ? untranslated : unmapped
}

/** Memory type of the access at virtual address `va`, by number: the instruction's own, else that of its page. */
export function memoryIndex(core: Core, context: CpuContext, va: number): number {
  const { memory } = core.code[context.pc] as Code
  if (memory >= 0) return memory
  return linear(core, va) >= 0 ? memoryNumbers.cacheable : context.page.memory
}

/** Bytes of the next piece of a load or store: the rest of the range within the line. */
export function pieceBytes(core: Core, context: CpuContext): number {
  const left = context.access.bytes - context.access.done
  const inLine = core.lineBytes - (position(context) & (core.lineBytes - 1))
  return left < inLine ? left : inLine
}

/**
 * What the present instruction can do about its memory access: go `ahead`, ask for a translation, or give up. An
 * address that is not word-aligned aborts: the instruction set has whole words only.
 */
export function accessOf(core: Core, context: CpuContext): 'ahead' | 'ended' | 'untranslated' | 'unwalked' | 'aborted' {
  const { start, bytes, done } = context.access
  if (done >= bytes) return 'ended'
  if ((start & 3) !== 0 || (bytes & 3) !== 0) return 'aborted'
  const at = physical(core, context, position(context))
  if (at >= 0) return 'ahead'
  if (at === unwalked) return 'unwalked'
  return at === untranslated ? 'untranslated' : 'aborted'
}

/** Evaluates the operands of the instruction at `pc`. */
export function decode(core: Core, context: CpuContext): void {
  const code = core.code[context.pc] as Code
  const { access, registers } = context
  clearAccess(access)
  const start = evaluate(code.address, registers)
  const bytes = evaluate(code.bytes, registers)
  access.start = start
  access.bytes = bytes
  access.value = evaluate(code.value, registers)
  // Maintenance covers every line that the range touches; a ranged load every word that it touches.
  if (goesByLine(code)) widen(context, core.lineBytes)
  else if (code.instruction === 'load-range') widen(context, 4)
}

/** Whether each step of the instruction is about a whole line. */
export function goesByLine(code: Code): boolean {
  return code.kind === 'maintain' || code.kind === 'prefetch' || code.lineRegister !== 0
}

function widen(context: CpuContext, unit: number): void {
  const { access } = context
  if (access.bytes === 0) return
  const offset = access.start & (unit - 1)
  access.start -= offset
  access.bytes = Math.ceil((offset + access.bytes) / unit) * unit
}

/** Whether the present instruction writes memory. */
export function writes(core: Core, context: CpuContext): boolean {
  const { kind } = core.code[context.pc] as Code
  return kind === 'store' || kind === 'store-exclusive'
}

/** The next instruction becomes the present one. */
export function complete(context: CpuContext): void {
  context.pc++
  clearAccess(context.access)
  if (context.page.va >= 0) clearPage(context)
}

/** The piece just accessed is done; after the last one the instruction is complete. */
export function proceed(context: CpuContext, bytes: number): void {
  const { access } = context
  access.done += bytes
  if (access.done >= access.bytes) complete(context)
}

/** Executes one register instruction; false if it is an assertion that fails. */
export function runRegister(core: Core, context: CpuContext): boolean {
  const code = core.code[context.pc] as Code
  const { registers } = context
  const holding = code.condition === undefined || holds(code.condition, registers)
  if (code.instruction === 'set') registers[code.to[0] as number] = evaluate(code.value, registers)
  context.pc = code.instruction === 'branch' && holding ? code.target : context.pc + 1
  return holding || code.instruction !== 'assert'
}

/**
 * Executes the register instructions before the next one that takes a step. `onFailed` gets each assertion that does
 * not hold. False if there are more than `foldedMax`: then main has ended, wherever it was.
 */
export function fold(core: Core, context: CpuContext, onFailed: (code: Code) => void): boolean {
  for (let count = 0; count < foldedMax; count++) {
    const code = core.code[context.pc] as Code
    if (!code.folds || isLateEnd(core, context)) return true
    if (!runRegister(core, context)) onFailed(code)
  }
  return false
}

/** Whether the present instruction is the one that a late load has to come before. */
export function isLateEnd({ late }: Core, context: CpuContext): boolean {
  return context.late !== undefined && context.late.at >= 0 && context.pc >= (late[context.late.at] as number)
}
