/** DMA | the instruction writer: registers, named steps, one method for each instruction without control flow. */

import type { Condition, Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import type { MaintenanceOp, MarkName } from '../../machines/protocol.ts'
import { UsageError } from '../base/errors.ts'
import type { Program, Register } from './program.ts'

export type MarkArg = Operand | { readonly text: string }
export type MarkArgs = Readonly<Record<string, MarkArg>>

/** Straight-line code. Methods append instructions in order; the ones that take a body append what the body appends. */
export class InstructionWriter {
  protected readonly prefix: string
  protected readonly instructions: Instruction[] = []
  protected path: readonly string[] = []
  private readonly steps: (readonly string[])[] = []
  private readonly used: boolean[] = []
  private readonly named = new Set<string>()
  /** Inside `asPart`. */
  private inner = false

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** How many instructions there are so far. */
  get size(): number {
    return this.instructions.length
  }

  /** The program so far. */
  build(): Program {
    return { instructions: [...this.instructions], steps: [...this.steps] }
  }

  /** Appends one instruction as it is. */
  emit(instruction: Instruction): void {
    this.instructions.push(instruction)
    this.steps.push(this.path)
  }

  /** Everything that `body` appends belongs to the step `name`, inside the present one. */
  step<T>(name: string, body: () => T): T {
    const outer = this.path
    this.path = [...outer, name]
    const result = body()
    this.path = outer
    return result
  }

  // --- registers ------------------------------------------------------------------------------------------------------

  /** A register of its own name, for good. */
  variable(name: string): Register {
    if (this.named.has(name)) throw new UsageError(`the program ${this.prefix} has a variable ${name} already`)
    this.named.add(name)
    return `${this.prefix}.${name}`
  }

  /** A free register; given back at the end of the enclosing `scope`. Holds whatever was left in it. */
  temp(): Register {
    let index = this.used.indexOf(false)
    if (index < 0) index = this.used.length
    this.used[index] = true
    return `${this.prefix}.t${index}`
  }

  /** Registers that `body` takes with `temp` are free again afterwards, so that few states differ by dead values. */
  scope<T>(body: () => T): T {
    const before = [...this.used]
    const result = body()
    for (let index = 0; index < this.used.length; index++) this.used[index] = before[index] ?? false
    return result
  }

  // --- memory, caches, barriers ---------------------------------------------------------------------------------------

  load(va: Operand, to: Register = this.temp()): Register {
    this.emit({ op: 'load', va, to })
    return to
  }
  store(va: Operand, value: Operand): void {
    this.emit({ op: 'store', va, value })
  }
  loadRange(va: Operand, bytes: Operand): void {
    this.emit({ op: 'load-range', va, bytes })
  }
  storeRange(va: Operand, bytes: Operand, value: Operand): void {
    this.emit({ op: 'store-range', va, bytes, value })
  }
  /** L1 by virtual address. */
  maintain(action: MaintenanceOp, va: Operand, bytes: Operand): void {
    if (bytes !== 0) this.emit({ op: 'maintain', action, va, bytes })
  }
  /** L2 by physical address. */
  l2Maintain(action: MaintenanceOp, addr: Operand, bytes: Operand): void {
    if (bytes !== 0) this.emit({ op: 'l2-maintain', action, addr, bytes })
  }
  l2Sync(): void {
    this.emit({ op: 'l2-sync' })
  }
  dmb(): void {
    this.emit({ op: 'dmb' })
  }
  dsb(): void {
    this.emit({ op: 'dsb' })
  }
  isb(): void {
    this.emit({ op: 'isb' })
  }

  /** The kernel's `wmb()`: DSB, then the outer cache's sync; a second DSB waits for the sync's own register write. */
  wmb(): void {
    this.dsb()
    this.l2Sync()
    this.dsb()
  }

  // --- registers of devices -------------------------------------------------------------------------------------------

  /** `writel_relaxed`: no barrier. */
  mmioWrite(addr: Operand, value: Operand): void {
    this.emit({ op: 'mmio-write', addr, value })
  }
  /** `readl_relaxed`. */
  mmioRead(addr: Operand, to: Register = this.temp()): Register {
    this.emit({ op: 'mmio-read', addr, to })
    return to
  }
  /** `writel`: everything stored before is in memory before the register is written. */
  writel(addr: Operand, value: Operand): void {
    this.wmb()
    this.mmioWrite(addr, value)
  }
  /** `readl`: nothing after it is read before. */
  readl(addr: Operand, to: Register = this.temp()): Register {
    this.mmioRead(addr, to)
    this.dsb()
    return to
  }

  // --- values, checks, marks ------------------------------------------------------------------------------------------

  set(to: Register, value: Operand): Register {
    this.emit({ op: 'set', to, value })
    return to
  }
  assert(that: Condition, message: string): void {
    this.emit({ op: 'assert', that, message })
  }
  mark(name: MarkName, args: MarkArgs = {}): void {
    if (this.inner && (name === 'dma.call' || name === 'dma.return')) return
    this.emit({ op: 'mark', name, args })
  }

  /** Operations called by `body` are parts of another one: they are not marked as calls of the driver's. */
  asPart(body: () => void): void {
    const outer = this.inner
    this.inner = true
    body()
    this.inner = outer
  }
}
