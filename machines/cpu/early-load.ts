/** CPU | early loads: which later load may be performed before the present instruction, as the program and ARMv7 allow. */

import { alignDown, alignUp } from '../../src/base/bits.ts'
import { type Expression, evaluate, holds } from '../operand.ts'
import { linear } from './access.ts'
import type { Core } from './core.ts'
import { memoryNumbers } from './memory.ts'
import type { Code } from './program.ts'
import { isPosted } from './store-buffer.ts'
import type { CpuContext } from './types.ts'

// Along every way that the program can go from the present instruction on, as far as registers do not tell already, a load of
// one word of Normal memory may overtake what stands before it, unless (HF-495)
// - its address depends on a register that is not there yet, or its mapping would have to be looked up;
// - a load or store before it touches the word, maintenance before it the line, or the address of one is not known;
// - a barrier, a call of the operating system, a change of the interrupt mask, a WFI or a return stands before it.
// A branch is no reason to wait: its outcome is guessed. Device accesses and preloads are overtaken.

/** Most loads that one overtakes, the present one included. */
const overtakenMax = 2 // HF-497

/** How many instructions the core looks ahead, register instructions and marks included. */
const lookaheadMax = 24 // HF-497

/** One way through the program. */
interface Way {
  pc: number
  /** Register values, and which of them are not there yet. */
  readonly registers: number[]
  readonly pending: boolean[]
  /** Bytes that may not be loaded ahead: start and end, in turn, virtual. */
  readonly touched: number[]
  loads: number
}

/**
 * Whether the load at `at` (index in the code) can be, or could have been, performed before the present instruction with physical
 * address `addr`; -1: with any.
 */
export function overtakes(core: Core, context: CpuContext, at: number, addr: number): boolean {
  return earlyAddress(core, context, at, addr) >= 0
}

/** The physical address with which the load at `at` can be performed now, before it is the present instruction; -1: it cannot. */
export function earlyAddress(core: Core, context: CpuContext, at: number, wanted = -1): number {
  if (at === context.pc && wanted < 0) return -1
  const { registers } = context
  const start: Way = {
    pc: context.pc,
    registers: registers.slice(),
    pending: registers.map(() => false),
    touched: [],
    loads: 0,
  }
  return follow({ core, context, at, wanted }, start, lookaheadMax)
}

interface Search {
  readonly core: Core
  readonly context: CpuContext
  readonly at: number
  readonly wanted: number
}

/** Goes `way` up to the load searched for; returns its address, or -1. */
function follow(search: Search, way: Way, stepsMax: number): number {
  const { core, at, wanted } = search
  for (let left = stepsMax; left > 0; left--) {
    const code = core.code[way.pc] as Code
    if (way.pc === at) {
      const addr = addressOnWay(core, code, way)
      return wanted < 0 || addr === wanted ? addr : -1
    }
    if (code.instruction === 'branch' && code.condition !== undefined && !isKnownTest(code, way)) {
      const guessed: Way = {
        pc: code.target,
        registers: way.registers.slice(),
        pending: way.pending.slice(),
        touched: way.touched.slice(),
        loads: way.loads,
      }
      const addr = follow(search, guessed, left - 1)
      if (addr >= 0) return addr
      way.pc++
    } else if (!pass(search, code, way)) return -1
  }
  return -1
}

/** Physical address of the load `code`, if everything that its way has passed lets it be performed; else -1. */
function addressOnWay(core: Core, code: Code, way: Way): number {
  if (code.instruction !== 'load' || code.memory === memoryNumbers.stronglyOrdered) return -1
  if (!isKnown(code.address, way)) return -1
  const va = evaluate(code.address, way.registers)
  for (let i = 0; i < way.touched.length; i += 2) {
    if (va >= (way.touched[i] as number) && va < (way.touched[i + 1] as number)) return -1
  }
  return (va & 3) === 0 ? linear(core, va) : -1
}

/** Passes by one instruction; false if nothing may overtake it. */
function pass(search: Search, code: Code, way: Way): boolean {
  switch (code.kind) {
    case 'register':
      passRegister(code, way)
      return true
    case 'load':
    case 'load-exclusive':
      if (++way.loads > overtakenMax || !touch(search, code, way)) return false
      break
    case 'store':
    case 'store-exclusive':
    case 'maintain':
      if (!touch(search, code, way)) return false
      break
    case 'clear-exclusive':
    case 'register-read':
    case 'register-write':
    case 'prefetch':
    case 'mark':
      break
    default:
      return false
  }
  for (const slot of code.to) way.pending[slot] = true
  way.pc++
  return true
}

/** Computes what is known already. */
function passRegister(code: Code, way: Way): void {
  const [slot] = code.to
  if (code.instruction === 'set' && slot !== undefined) {
    const known = isKnown(code.value, way)
    way.pending[slot] = !known
    if (known) way.registers[slot] = evaluate(code.value, way.registers)
  }
  const isTaken = code.condition === undefined || (isKnownTest(code, way) && holds(code.condition, way.registers))
  way.pc = code.instruction === 'branch' && isTaken ? code.target : way.pc + 1
}

/** Notes what an access is about; false if that is not known yet, or not in the linear mapping. */
function touch({ core, context }: Search, code: Code, way: Way): boolean {
  const { access } = context
  // In the middle of a range its operands are fixed.
  const isFixed = access.done > 0 && way.pc === context.pc
  if (!isFixed && !(isKnown(code.address, way) && isKnown(code.bytes, way))) return false
  const start = isFixed ? access.start : evaluate(code.address, way.registers)
  const bytes = isFixed ? access.bytes : evaluate(code.bytes, way.registers)
  if (bytes === 0) return true
  if (linear(core, start) < 0 || linear(core, start + bytes - 4) < 0) return false
  const unit = code.kind === 'maintain' ? core.lineBytes : 4
  way.touched.push(alignDown(start, unit), alignUp(start + bytes, unit))
  return true
}

function isKnownTest({ condition }: Code, way: Way): boolean {
  return condition !== undefined && isKnown(condition.left, way) && isKnown(condition.right, way)
}

/** Whether every register in `expression` has its value. */
function isKnown(expression: Expression, way: Way): boolean {
  if (expression.op === 'constant') return true
  if (expression.op === 'register') return !way.pending[expression.slot]
  return isKnown(expression.left, way) && isKnown(expression.right, way)
}

/** The physical address with which `load.early` with `value` would be performed; -1: it is not possible. */
export function choiceAddress(core: Core, context: CpuContext, value: number): number {
  const addr = earlyAddress(core, context, core.loads[value] as number)
  // Older maintenance of the line comes first, as it does for a load in its turn. HF-104
  return addr >= 0 && !isPosted(context.posted, addr, core.lineBytes) ? addr : -1
}
