/** CPU | compilePrograms turns the programs of a core into one indexed code with labels, slots and operands resolved. */

import { pl310Offsets } from '../cache-controller/pl310-regs.ts'
import { memoryMap } from '../geometry.ts'
import { compileCondition, compileOperand, type Expression, type Operand, type Test, zero } from '../operand.ts'
import type { LineOp, MarkName } from '../protocol.ts'
import { conditionOf, isPure, isText, labelsOf, readsOf, writesOf } from './instruction.ts'
import { accessMemory, memoryNumbers } from './memory.ts'
import type { CorePrograms, Instruction } from './micro-op.ts'
import { checkPrograms } from './program-check.ts'

/** What the pipeline does with an instruction. `register`: register instructions that the handler could interfere with. */
export type Kind =
  | 'load'
  | 'store'
  | 'load-exclusive'
  | 'store-exclusive'
  | 'clear-exclusive'
  | 'maintain'
  | 'prefetch'
  | 'register-write'
  | 'register-read'
  | 'dmb'
  | 'dsb'
  | 'isb'
  | 'call'
  | 'mark'
  | 'wait'
  | 'mask'
  | 'return'
  | 'register'
  | 'end'

/** One instruction. Every field is always there, so that the engine sees one object shape. */
export interface Code {
  readonly kind: Kind
  /** A register instruction that no other program of the core can interfere with: it takes no step of its own. */
  readonly folds: boolean
  /** A mark that may share the step of the mark before it. */
  readonly joins: boolean
  readonly program: 'main' | 'interrupt'
  /** 0 for main and the handler. */
  readonly thread: number
  readonly index: number
  readonly instruction: Instruction['op'] | 'end'
  readonly address: Expression
  readonly bytes: Expression
  readonly value: Expression
  /** Memory type that the instruction itself gives its access, by number; -1: as mapped. */
  readonly memory: number
  readonly op: LineOp
  /** Maintenance right behind a DSB, or behind other maintenance that is. */
  readonly barred: boolean
  /** Address of the PL310 register that does `op` on a line. */
  readonly lineRegister: number
  /** Slots of the results. */
  readonly to: readonly number[]
  readonly call: string
  readonly args: readonly Expression[]
  readonly condition: Test | undefined
  /** Where a branch goes. */
  readonly target: number
  readonly message: string
  readonly mark: MarkName
  readonly fields: readonly MarkField[]
  readonly interruptsOn: boolean
}

/** One argument of a mark: text, or a value. */
export interface MarkField {
  readonly name: string
  readonly text: string | undefined
  readonly value: Expression
}

/** Where a thread begins in the code, and where it has ended. */
export interface ThreadCode {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** All programs in one list: main from 0, its end, then the handler, then each thread with its end. */
export interface CoreCode {
  readonly code: readonly Code[]
  /** Main and the threads, by number. */
  readonly threads: readonly ThreadCode[]
  /** First instruction of the handler, -1 without one. */
  readonly handler: number
  /** Register names by slot; those of threads as `registerOfThread` has them. */
  readonly registers: readonly string[]
}

/** What a register of a thread is called among those of its core. */
export function registerOfThread(thread: string, register: string): string {
  return `${thread}.${register}`
}

const blank: Code = {
  kind: 'end',
  folds: false,
  joins: false,
  program: 'main',
  thread: 0,
  index: 0,
  instruction: 'end',
  address: zero,
  bytes: zero,
  value: zero,
  memory: memoryNumbers.asMapped,
  op: 'clean',
  barred: false,
  lineRegister: 0,
  to: [],
  call: '',
  args: [],
  condition: undefined,
  target: 0,
  message: '',
  mark: 'dma.call',
  fields: [],
  interruptsOn: false,
}

/** The same, as objects of one hidden class: spread ones have one each, which makes every look at an instruction slow. */
function uniform(code: Code): Code {
  return {
    kind: code.kind,
    folds: code.folds,
    joins: code.joins,
    program: code.program,
    thread: code.thread,
    index: code.index,
    instruction: code.instruction,
    address: code.address,
    bytes: code.bytes,
    value: code.value,
    memory: code.memory,
    op: code.op,
    barred: code.barred,
    lineRegister: code.lineRegister,
    to: code.to,
    call: code.call,
    args: code.args,
    condition: code.condition,
    target: code.target,
    message: code.message,
    mark: code.mark,
    fields: code.fields,
    interruptsOn: code.interruptsOn,
  }
}

/** PL310 operation by physical address → register. */
const lineRegisters: Readonly<Record<LineOp, number>> = {
  clean: memoryMap.pl310.base + pl310Offsets.cleanLinePa,
  invalidate: memoryMap.pl310.base + pl310Offsets.invalidateLinePa,
  'clean-invalidate': memoryMap.pl310.base + pl310Offsets.cleanInvalidateLinePa,
  evict: memoryMap.pl310.base + pl310Offsets.evictLinePa,
}

/** The register that `l2-sync` writes. */
const syncRegister: Expression = { op: 'constant', value: memoryMap.pl310.base + pl310Offsets.cacheSync }

const word: Expression = { op: 'constant', value: 4 }

/** Checks and compiles. Throws `UsageError` with every problem. @param id the core, for messages. */
export function compilePrograms(id: string, programs: CorePrograms): CoreCode {
  checkPrograms(id, programs)
  const registers: string[] = []
  const slotOf = (name: string): number => {
    const known = registers.indexOf(name)
    return known >= 0 ? known : registers.push(name) - 1
  }
  const compileAll = (listed: readonly Instruction[], first: number, of: Pick<Code, 'program' | 'thread'>): Code[] => {
    const labels = labelsOf(listed)
    const named = programs.threads?.[of.thread - 1]?.name
    const slot = named === undefined ? slotOf : (name: string) => slotOf(registerOfThread(named, name))
    const shared = of.program === 'main' && of.thread === 0 ? sharedWith(programs.interrupt) : undefined
    return listed.map((instruction, index) =>
      uniform({
        ...compileOne(instruction, slot),
        ...of,
        index,
        instruction: instruction.op,
        barred: instruction.op === 'maintain' && standsBehindDsb(listed, index),
        folds: isPure(instruction) && !shared?.(instruction),
        joins: instruction.op === 'mark' && !shared?.(instruction),
        target: first + (instruction.op === 'branch' ? (labels.get(instruction.to) as number) : 0),
      }),
    )
  }
  const code: Code[] = []
  const threads: ThreadCode[] = []
  const addThread = (name: string, listed: readonly Instruction[]): void => {
    const [start, thread] = [code.length, threads.length]
    code.push(...compileAll(listed, start, { program: 'main', thread }))
    threads.push({ name, start, end: code.length })
    code.push(uniform({ ...blank, thread, index: listed.length }))
  }
  addThread('main', programs.main)
  const handler = programs.interrupt.length > 0 ? code.length : -1
  code.push(...compileAll(programs.interrupt, code.length, { program: 'interrupt', thread: 0 }))
  for (const { name, program } of programs.threads ?? []) addThread(name, program)
  return { code, threads, handler, registers }
}

/** Whether nothing but maintenance and marks stands between a DSB and the instruction, whichever way leads there. */
function standsBehindDsb(program: readonly Instruction[], index: number): boolean {
  for (let at = index - 1; at >= 0; at--) {
    const { op } = program[at] as Instruction
    if (op === 'dsb') return true
    if (op !== 'maintain' && op !== 'mark' && op !== 'set') return false
  }
  return false
}

/** Tells whether running `handler` between an instruction and its neighbours can make a difference to a register. */
function sharedWith(handler: readonly Instruction[]): (instruction: Instruction) => boolean {
  const written = new Set(handler.flatMap((instruction) => writesOf(instruction)))
  const used = new Set([...written, ...handler.flatMap((instruction) => [...readsOf(instruction)])])
  return (instruction) => {
    for (const name of readsOf(instruction)) if (written.has(name)) return true
    return writesOf(instruction).some((name) => used.has(name))
  }
}

function compileOne(instruction: Instruction, slotOf: (name: string) => number): Code {
  const operand: Compile = (value) => compileOperand(value, slotOf)
  const to = writesOf(instruction).map(slotOf)
  switch (instruction.op) {
    case 'load':
    case 'load-range':
    case 'store':
    case 'store-range':
    case 'load-exclusive':
    case 'store-exclusive':
      return compileAccess(instruction, operand, to)
    case 'maintain':
    case 'evict':
    case 'prefetch':
      return {
        ...blank,
        kind: instruction.op === 'prefetch' ? 'prefetch' : 'maintain',
        op: lineOpOf(instruction),
        address: operand(instruction.va),
        bytes: operand(instruction.bytes),
      }
    case 'l2-maintain':
    case 'l2-evict':
      return {
        ...blank,
        kind: 'register-write',
        op: lineOpOf(instruction),
        lineRegister: lineRegisters[lineOpOf(instruction)],
        address: operand(instruction.addr),
        bytes: operand(instruction.bytes),
      }
    case 'l2-sync':
      return { ...blank, kind: 'register-write', address: syncRegister, bytes: word }
    case 'mmio-write':
      return {
        ...blank,
        kind: 'register-write',
        address: operand(instruction.addr),
        bytes: word,
        value: operand(instruction.value),
      }
    case 'mmio-read':
      return { ...blank, kind: 'register-read', address: operand(instruction.addr), bytes: word, to }
    case 'call':
      return { ...blank, kind: 'call', call: instruction.call, args: instruction.args.map(operand), to }
    case 'mark':
      return { ...blank, kind: 'mark', mark: instruction.name, fields: compileFields(instruction.args, operand) }
    case 'interrupts':
      return { ...blank, kind: 'mask', interruptsOn: instruction.enabled === 'on' }
    case 'set':
      return { ...blank, kind: 'register', value: operand(instruction.value), to }
    case 'label':
    case 'branch':
    case 'assert': {
      const condition = conditionOf(instruction)
      return {
        ...blank,
        kind: 'register',
        condition: condition && compileCondition(condition, slotOf),
        message: instruction.op === 'assert' ? instruction.message : '',
      }
    }
    case 'wait-for-interrupt':
      return { ...blank, kind: 'wait' }
    default:
      return { ...blank, kind: instruction.op }
  }
}

type Compile = (value: Operand) => Expression

const accessKinds = {
  load: 'load',
  'load-range': 'load',
  store: 'store',
  'store-range': 'store',
  'load-exclusive': 'load-exclusive',
  'store-exclusive': 'store-exclusive',
} as const

function compileAccess(
  instruction: Extract<
    Instruction,
    { op: 'load' | 'load-range' | 'store' | 'store-range' | 'load-exclusive' | 'store-exclusive' }
  >,
  operand: Compile,
  to: readonly number[],
): Code {
  return {
    ...blank,
    kind: accessKinds[instruction.op],
    address: operand(instruction.va),
    bytes: 'bytes' in instruction ? operand(instruction.bytes) : word,
    value: 'value' in instruction ? operand(instruction.value) : zero,
    memory: instruction.memory === undefined ? memoryNumbers.asMapped : accessMemory.indexOf(instruction.memory),
    to,
  }
}

/** What is done to each line; a preload does nothing to one that is there. */
function lineOpOf(instruction: Instruction): LineOp {
  if (instruction.op === 'maintain' || instruction.op === 'l2-maintain') return instruction.action
  return instruction.op === 'evict' || instruction.op === 'l2-evict' ? 'evict' : 'clean'
}

function compileFields(args: Extract<Instruction, { op: 'mark' }>['args'], operand: Compile): MarkField[] {
  return Object.entries(args).map(([name, value]) =>
    isText(value) ? { name, text: value.text, value: zero } : { name, text: undefined, value: operand(value) },
  )
}
