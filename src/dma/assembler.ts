/** DMA | the assembler: calls of the operating system, interrupts, labels and structured control flow. */

import type { Condition, Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import { type OsCallType, osCalls, osCallTypes } from '../../machines/os/calls.ts'
import { type OsConfig, osNumber } from '../../machines/os/types.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { Arguments, Results } from './call-types.ts'
import { InstructionWriter } from './instruction-writer.ts'
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

export type { MarkArg, MarkArgs } from './instruction-writer.ts'

/** Writes one program. Methods append instructions in order; the ones that take a body append what the body appends. */
export class Assembler extends InstructionWriter {
  readonly context: ProgramContext
  readonly os: OsConfig
  private labels = 0
  private dies = false
  private locksHeld = 0
  /** Whether interrupts are masked at this place of the program, whichever way led here. */
  private masked: boolean

  constructor(options: AssemblerOptions) {
    super(options.prefix)
    this.os = options.os
    this.context = options.context ?? 'thread'
    this.masked = this.context !== 'thread'
  }

  /** The program so far. */
  override build(): Program {
    const program = super.build()
    if (!this.dies) return program
    const end: Instruction = { op: 'label', name: this.deadEnd }
    return { instructions: [...program.instructions, end], steps: [...program.steps, []] }
  }

  // --- the operating system -------------------------------------------------------------------------------------------

  /** Calls the operating system; the registers that hold its results, in the documented order. */
  call<Call extends OsCallType>(type: Call, args: Arguments<Call>, to?: readonly Register[]): Results<Call> {
    if (!Object.hasOwn(osCalls, type)) throw unknownName('call of the os', type, osCallTypes)
    const known = osCalls[type].results
    const results = to ?? known.map(() => this.temp())
    if (results.length > known.length) {
      throw new UsageError(`${type} has ${known.length} results, and ${results.length} registers are given for them`)
    }
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
