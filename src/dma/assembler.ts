/** DMA | the assembler: instructions, fresh registers and labels, structured control flow, named steps. */

import type { Condition, Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import { type OsCallType, osCalls } from '../../machines/os/calls.ts'
import { type OsConfig, osNumber } from '../../machines/os/types.ts'
import type { MaintenanceOp, MarkName } from '../../machines/protocol.ts'
import { assert } from '../base/assert.ts'
import { UsageError } from '../base/errors.ts'
import type { Arguments, Results } from './call-types.ts'
import { add, knownCondition, lt, not } from './operands.ts'
import type { Program, Register } from './program.ts'

export type { Register } from './program.ts'

export type ProgramContext = 'thread' | 'undisturbed' | 'interrupt'

export interface AssemblerOptions {
  /** Starts the names of this program's registers and labels; different for each program of a core. */
  readonly prefix: string
  /** Names of locks, lists and flags are looked up here. */
  readonly os: OsConfig
  /**
   * `thread` (default): a program of a core with a handler; it starts with interrupts enabled, as a driver finds them.
   * `undisturbed`: a program of a core without one. `interrupt`: a handler, entered and left with interrupts masked.
   */
  readonly context?: ProgramContext
}

export type MarkArgs = Readonly<Record<string, Operand | { readonly text: string }>>

/** Writes one program. Methods append instructions in order; the ones that take a body append what the body appends. */
export class Assembler {
  readonly context: ProgramContext
  readonly os: OsConfig
  private readonly prefix: string
  private readonly instructions: Instruction[] = []
  private readonly steps: (readonly string[])[] = []
  private path: readonly string[] = []
  private readonly used: boolean[] = []
  private readonly named = new Set<string>()
  private labels = 0
  private dies = false
  private locksHeld = 0
  /** Inside `asPart`. */
  private inner = false
  /** Whether interrupts are masked at this place of the program, whichever way led here. */
  private masked: boolean

  constructor(options: AssemblerOptions) {
    this.prefix = options.prefix
    this.os = options.os
    this.context = options.context ?? 'thread'
    this.masked = this.context !== 'thread'
  }

  /** The program so far. */
  build(): Program {
    if (!this.dies) return { instructions: [...this.instructions], steps: [...this.steps] }
    const end: Instruction = { op: 'label', name: this.deadEnd }
    return { instructions: [...this.instructions, end], steps: [...this.steps, []] }
  }

  /** Appends one instruction as it is. */
  emit(instruction: Instruction): void {
    this.instructions.push(instruction)
    this.steps.push(this.path)
  }

  /** Everything that `body` appends belongs to the step `name`, inside the present one. */
  step(name: string, body: () => void): void {
    const outer = this.path
    this.path = [...outer, name]
    body()
    this.path = outer
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

  // --- the operating system -------------------------------------------------------------------------------------------

  /** Calls the operating system; the registers that hold its results, in the documented order. */
  call<Call extends OsCallType>(type: Call, args: Arguments<Call>, to?: readonly Register[]): Results<Call> {
    const results = to ?? osCalls[type].results.map(() => this.temp())
    assert(results.length <= osCalls[type].results.length, `${type} returns ${osCalls[type].results.length} values`)
    this.emit({ op: 'call', call: type, args: args as readonly Operand[], to: results })
    return results as unknown as Results<Call>
  }

  /** A call whose results nobody looks at. */
  perform<Call extends OsCallType>(type: Call, args: Arguments<Call>): void {
    this.call(type, args, [])
  }

  /** Where this place of the program must not sleep: in a handler, with interrupts off, under a lock. */
  get atomic(): 'in a handler' | 'interrupts off' | 'lock held' | undefined {
    if (this.context === 'interrupt') return 'in a handler'
    if (this.locksHeld > 0) return 'lock held'
    return this.context === 'thread' && this.masked ? 'interrupts off' : undefined
  }

  /** `spin_lock_irqsave` … `spin_unlock_irqrestore` around `body`, which must not leave by a branch. */
  lock(name: string, body: () => void): void {
    const lock = osNumber(this.os, 'locks', name)
    this.interruptsOff(() => {
      this.perform('lock.acquire', [lock])
      // Barriers of the kernel's spin lock: what the holder does stays between them.
      this.dmb()
      this.locksHeld += 1
      body()
      this.locksHeld -= 1
      this.dmb()
      this.perform('lock.release', [lock])
    })
  }

  listPush(list: string, value: Operand): Register {
    return this.call('list.push', [osNumber(this.os, 'lists', list), value])[0]
  }
  /** Registers: whether there was a value, and the value. */
  listPop(list: string): { readonly found: Register; readonly value: Register } {
    const [found, value] = this.call('list.pop', [osNumber(this.os, 'lists', list)])
    return { found, value }
  }
  listCount(list: string): Register {
    return this.call('list.count', [osNumber(this.os, 'lists', list)])[0]
  }
  flagSet(flag: string, value: Operand): void {
    this.perform('flag.set', [osNumber(this.os, 'flags', flag), value])
  }
  flagGet(flag: string): Register {
    return this.call('flag.get', [osNumber(this.os, 'flags', flag)])[0]
  }

  // --- interrupts -----------------------------------------------------------------------------------------------------

  /** CPSIE: from here on a thread can be interrupted. */
  enableInterrupts(): void {
    this.emit({ op: 'interrupts', enabled: 'on' })
    this.masked = false
  }
  /** CPSID. */
  disableInterrupts(): void {
    this.emit({ op: 'interrupts', enabled: 'off' })
    this.masked = true
  }
  /** `local_irq_save` … `local_irq_restore` around `body`; nothing where interrupts are masked already. */
  interruptsOff(body: () => void): void {
    if (this.masked) {
      body()
      return
    }
    this.disableInterrupts()
    body()
    this.enableInterrupts()
  }
  waitForInterrupt(): void {
    this.emit({ op: 'wait-for-interrupt' })
  }
  /** Ends a handler. */
  return(): void {
    this.emit({ op: 'return' })
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

  // --- control flow ---------------------------------------------------------------------------------------------------

  /** A new label, to be placed with `place`. */
  label(hint: string): string {
    this.labels += 1
    return `${this.prefix}:${hint}${this.labels}`
  }
  place(label: string): void {
    this.emit({ op: 'label', name: label })
  }
  goto(label: string): void {
    this.emit({ op: 'branch', to: label })
  }
  /** Branches when the condition holds; one that is known now becomes a plain branch, or nothing. */
  branch(when: Condition, label: string): void {
    const known = knownCondition(when)
    if (known === undefined) this.emit({ op: 'branch', to: label, when })
    else if (known) this.goto(label)
  }

  /** `then` when the condition holds, else `otherwise`. Known conditions leave no trace in the program. */
  if(condition: Condition, then: () => void, otherwise?: () => void): void {
    const known = knownCondition(condition)
    if (known !== undefined) {
      if (known) then()
      else otherwise?.()
      return
    }
    const elseLabel = this.label('else')
    const before = this.masked
    this.branch(not(condition), elseLabel)
    then()
    const ways = this.joins() ? [this.masked] : []
    const endLabel = this.label('end')
    const around = otherwise !== undefined && ways.length > 0
    if (around) this.goto(endLabel)
    this.place(elseLabel)
    this.masked = before
    otherwise?.()
    if (this.joins()) ways.push(this.masked)
    if (around) this.place(endLabel)
    if (ways.length > 0) this.meet(ways)
  }

  /** Runs `body`; `leave()` inside it appends a branch behind it. */
  block(body: (leave: () => void) => void): void {
    const end = this.label('end')
    const ways: boolean[] = []
    body(() => {
      if (!this.joins()) return
      ways.push(this.masked)
      this.goto(end)
    })
    if (ways.length === 0) return
    if (this.joins()) ways.push(this.masked)
    this.place(end)
    this.meet(ways)
  }

  /** Whether control gets from the last instruction to the next one. */
  private joins(): boolean {
    const last = this.instructions.at(-1)
    return last === undefined || !(last.op === 'return' || (last.op === 'branch' && last.when === undefined))
  }

  /** Several ways meet here: interrupts must be masked on all of them or on none. */
  private meet(ways: readonly boolean[]): void {
    this.masked = ways[0] as boolean
    if (ways.some((masked) => masked !== this.masked)) {
      throw new UsageError(
        `${this.path.join(' > ') || this.prefix}: interrupts are masked on one way here and not on another`,
      )
    }
  }

  /**
   * An oops: the kernel ends this thread where it stands, with interrupts enabled and every lock that it holds still held; of
   * a handler, what is left of it.
   */
  die(): void {
    if (this.context === 'interrupt') {
      this.return()
      return
    }
    if (this.masked && this.context === 'thread') this.emit({ op: 'interrupts', enabled: 'on' })
    this.dies = true
    this.goto(this.deadEnd)
  }

  private get deadEnd(): string {
    return `${this.prefix}:dead`
  }

  /** Repeats `body` while the condition, evaluated anew each time, holds. */
  while(condition: () => Condition, body: () => void): void {
    const top = this.label('while')
    const end = this.label('end')
    const before = this.masked
    this.place(top)
    this.branch(not(condition()), end)
    body()
    this.repeat(top, before)
    this.place(end)
    this.masked = before
  }

  /** Repeats `body` until `leave()` in it branches out. */
  forever(body: (leave: () => void) => void): void {
    this.block((leave) => {
      const top = this.label('loop')
      const before = this.masked
      this.place(top)
      body(leave)
      this.repeat(top, before)
    })
  }

  private repeat(top: string, before: boolean): void {
    if (!this.joins()) return
    this.meet([before, this.masked])
    this.goto(top)
  }

  /** `body(0)` to `body(count - 1)`: a loop, or plain code where the count is known to be 0 or 1. */
  times(count: Operand, body: (index: Operand) => void): void {
    if (count === 0) return
    if (count === 1) {
      body(0)
      return
    }
    this.scope(() => {
      const index = this.set(this.temp(), 0)
      this.while(
        () => lt(index, count),
        () => {
          body(index)
          this.set(index, add(index, 1))
        },
      )
    })
  }

  /**
   * Reads until `until(value)` holds: at most `bound` times, then runs `onTimeout` and goes on. Without `bound`, for ever.
   */
  poll(options: {
    readonly read: () => Register
    readonly until: (value: Register) => Condition
    readonly bound?: number
    readonly onTimeout?: () => void
  }): void {
    const { read, until, bound, onTimeout } = options
    this.scope(() => {
      const tries = bound === undefined ? undefined : this.set(this.temp(), 0)
      const top = this.label('poll')
      const done = this.label('polled')
      this.place(top)
      this.scope(() => this.branch(until(read()), done))
      if (tries === undefined || bound === undefined) this.goto(top)
      else {
        this.set(tries, add(tries, 1))
        this.branch(lt(tries, bound), top)
        onTimeout?.()
      }
      this.place(done)
    })
  }
}
