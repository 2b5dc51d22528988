/** DMA | runs a program on the simplest machine it can run on: one core in order, two cache levels, memory, the real os. */

import type { Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import type { Geometry } from '../../machines/geometry.ts'
import { compileCondition, compileOperand, evaluate, holds } from '../../machines/operand.ts'
import { defineOs, type OsConfig, type OsContext } from '../../machines/os/machine.ts'
import type { Emitted, MaintenanceOp } from '../../machines/protocol.ts'
import type { Message, Reactor } from '../kernel/actor.ts'

/** What an instruction did, as one line of text and in figures. */
export interface Row {
  readonly text: string
  readonly op: Instruction['op']
  readonly addr: number
  readonly bytes: number
  readonly action?: MaintenanceOp
  /** Which step of which operation, outermost first; empty if the program was given without its steps. */
  readonly path: readonly string[]
}

interface Line {
  readonly words: number[]
  dirty: boolean
}

const STEPS_MAX = 200_000

/** What an assertion of the program says. */
export class AssertionFailed extends Error {
  override name = 'AssertionFailed'
}

export class ProgramRunner {
  readonly rows: Row[] = []
  readonly events: Emitted[] = []
  readonly marks: { readonly name: string; readonly args: Record<string, number | string> }[] = []
  /** Device registers: what was written last; reads may be answered by `onRead`. */
  readonly registers = new Map<number, number>()
  onRead: (addr: number) => number = (addr) => this.registers.get(addr) ?? 0
  onWrite: (addr: number, value: number) => void = () => {}
  readonly l1 = new Map<number, Line>()
  readonly l2 = new Map<number, Line>()
  private readonly dram = new Map<number, number>()
  private readonly values = new Map<string, number>()
  private readonly os: Reactor
  private readonly geometry: Geometry
  private returned: readonly number[] = []
  private path: readonly string[] = []

  constructor(config: OsConfig) {
    this.geometry = config.geometry
    this.os = defineOs(config).createReactor('sim', {
      send: () => {},
      raise: () => {},
      emit: (event) => this.events.push(event as Emitted),
      reply: (message) => {
        this.returned = (message as Message & { values: number[] }).values
      },
    })
    this.os.start()
  }

  /** The step that is carried out, outermost name first. */
  get place(): readonly string[] {
    return this.path
  }

  get context(): OsContext {
    return this.os.context as OsContext
  }
  get lockStates(): unknown {
    return this.os.value()
  }

  set(register: string, value: number): void {
    this.values.set(register, value >>> 0)
  }
  get(register: string): number {
    return this.values.get(register) ?? 0
  }
  valueOf(operand: Operand): number {
    const names: string[] = []
    const expression = compileOperand(operand, (name) => names.push(name) - 1)
    return evaluate(
      expression,
      names.map((name) => this.get(name)),
    )
  }

  /** A word of memory as a device reads it. */
  memory(addr: number): number {
    return this.dram.get(addr) ?? 0
  }
  /** A device writes memory. */
  deviceWrite(addr: number, word: number): void {
    this.dram.set(addr, word)
  }

  /** Runs from the first instruction to the end or a return. */
  run(program: readonly Instruction[], steps: readonly (readonly string[])[] = []): void {
    const labels = new Map(program.flatMap((one, index) => (one.op === 'label' ? [[one.name, index] as const] : [])))
    let index = 0
    for (let taken = 0; index < program.length; taken++) {
      if (taken > STEPS_MAX) throw new Error(`the program does not end; it is at instruction ${index}`)
      const one = program[index] as Instruction
      this.path = steps[index] ?? []
      index++
      if (one.op === 'return') return
      if (one.op !== 'branch') this.execute(one)
      else if (one.when === undefined || this.test(one.when)) {
        const target = labels.get(one.to)
        if (target === undefined) throw new Error(`no label ${one.to}`)
        index = target
      }
    }
  }

  private test(condition: Parameters<typeof compileCondition>[0]): boolean {
    const names: string[] = []
    const compiled = compileCondition(condition, (name) => names.push(name) - 1)
    return holds(
      compiled,
      names.map((name) => this.get(name)),
    )
  }

  private execute(one: Exclude<Instruction, { op: 'branch' | 'return' }>): void {
    switch (one.op) {
      case 'load':
        this.set(one.to, this.load(this.valueOf(one.va)))
        this.row(one.op, 'load', this.valueOf(one.va), 4)
        break
      case 'store':
        this.store(this.valueOf(one.va), this.valueOf(one.value))
        this.row(one.op, 'store', this.valueOf(one.va), 4)
        break
      case 'load-range':
      case 'store-range': {
        const [va, bytes] = [this.valueOf(one.va), this.valueOf(one.bytes)]
        for (let at = va; at < va + bytes; at += 4) {
          if (one.op === 'load-range') this.load(at)
          else this.store(at, this.valueOf(one.value))
        }
        this.row(one.op, one.op, va, bytes)
        break
      }
      case 'maintain':
      case 'l2-maintain':
        this.maintain(one)
        break
      case 'mmio-write':
        this.registerWrite(this.valueOf(one.addr), this.valueOf(one.value))
        break
      case 'mmio-read': {
        const addr = this.valueOf(one.addr)
        this.set(one.to, this.onRead(addr))
        this.row(one.op, 'mmio-read', addr, 4)
        break
      }
      case 'call':
        this.call(
          one.call,
          one.args.map((arg) => this.valueOf(arg)),
          one.to,
        )
        break
      case 'set':
        this.set(one.to, this.valueOf(one.value))
        break
      case 'assert':
        if (!this.test(one.that)) throw new AssertionFailed(one.message)
        break
      case 'mark':
        this.mark(one)
        break
      case 'label':
        break
      default:
        this.row(one.op, one.op === 'interrupts' ? `interrupts ${one.enabled}` : one.op, 0, 0)
        break
    }
  }

  private row(op: Instruction['op'], text: string, addr: number, bytes: number, action?: MaintenanceOp): void {
    this.rows.push({ op, text, addr, bytes, ...(action ? { action } : {}), path: this.path })
  }

  private registerWrite(addr: number, value: number): void {
    this.registers.set(addr, value)
    this.onWrite(addr, value)
    this.row('mmio-write', `mmio-write ${value.toString(16)}`, addr, 4)
  }

  private mark(one: Extract<Instruction, { op: 'mark' }>): void {
    const args: Record<string, number | string> = {}
    for (const [key, value] of Object.entries(one.args)) {
      args[key] = typeof value === 'object' && 'text' in value ? value.text : this.valueOf(value as Operand)
    }
    this.marks.push({ name: one.name, args })
  }

  private call(type: string, args: number[], to: readonly string[]): void {
    this.callOs(type, args)
    for (const [index, register] of to.entries()) this.set(register, this.returned[index] as number)
    this.row('call', type, 0, 0)
  }

  private callOs(type: string, args: readonly number[]): readonly number[] {
    const message = { type, core: 0, args } as Message
    if (this.os.decide(message) !== 'react') throw new Error(`${type} waits for ever: ${this.os.reason}`)
    this.os.commit(message)
    return this.returned
  }

  // --- memory ---------------------------------------------------------------------------------------------------------

  /** Physical address and whether it is cacheable. */
  private translate(va: number): { readonly addr: number; readonly cacheable: boolean } {
    const [ok, addr = 0, memory] = this.callOs('va.translate', [va])
    if (ok !== 1) throw new Error(`abort at ${va.toString(16)}`)
    return { addr, cacheable: memory === 0 }
  }

  private load(va: number): number {
    const { addr, cacheable } = this.translate(va)
    if (!cacheable) return this.memory(addr)
    const base = addr - (addr % this.geometry.lineBytes)
    let line = this.l1.get(base)
    if (line === undefined) {
      const below = this.l2.get(base)?.words ?? this.readLine(base)
      if (!this.l2.has(base)) this.l2.set(base, { words: [...below], dirty: false })
      line = { words: [...below], dirty: false }
      this.l1.set(base, line)
    }
    return line.words[(addr - base) / 4] as number
  }

  private store(va: number, word: number): void {
    const { addr, cacheable } = this.translate(va)
    if (!cacheable) {
      this.deviceWrite(addr, word)
      return
    }
    this.load(va)
    const base = addr - (addr % this.geometry.lineBytes)
    const line = this.l1.get(base) as Line
    line.words[(addr - base) / 4] = word
    line.dirty = true
  }

  private readLine(base: number): number[] {
    return Array.from({ length: this.geometry.lineBytes / 4 }, (_, word) => this.memory(base + word * 4))
  }

  /** Every line touched by the range, as the hardware's operations by line do it. */
  private maintain(one: Extract<Instruction, { op: 'maintain' | 'l2-maintain' }>): void {
    const { lineBytes } = this.geometry
    const bytes = this.valueOf(one.bytes)
    const start = this.valueOf(one.op === 'maintain' ? one.va : one.addr)
    this.row(one.op, `${one.op === 'maintain' ? 'L1' : 'L2'} ${one.action}`, start, bytes, one.action)
    if (bytes === 0) return
    for (let at = start - (start % lineBytes); at < start + bytes; at += lineBytes) {
      if (one.op === 'maintain') this.maintainL1(this.translate(at).addr, one.action)
      else this.maintainL2(at, one.action)
    }
  }

  private maintainL1(base: number, action: MaintenanceOp): void {
    const line = this.l1.get(base)
    if (line?.dirty && action !== 'invalidate') {
      this.l2.set(base, { words: [...line.words], dirty: true })
      line.dirty = false
    }
    if (action !== 'clean') this.l1.delete(base)
  }

  private maintainL2(base: number, action: MaintenanceOp): void {
    const line = this.l2.get(base)
    if (line?.dirty && action !== 'invalidate') {
      for (const [index, word] of line.words.entries()) this.deviceWrite(base + index * 4, word)
      line.dirty = false
    }
    if (action !== 'clean') this.l2.delete(base)
  }
}
