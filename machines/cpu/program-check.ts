/** CPU | checkPrograms finds what is wrong with a core's programs before anything runs. */

import { hex } from '../../src/base/bits.ts'
import { UsageError, unknownName } from '../../src/base/errors.ts'
import { checkOperand, comparisonOps, compileOperand } from '../operand.ts'
import { type OsCallContract, osCalls } from '../os/calls.ts'
import { conditionOf, isPure, labelsOf, operandsOf, readsOf, successorsOf, writesOf } from './instruction.ts'
import { accessMemory } from './memory.ts'
import type { CorePrograms, Instruction, Operand } from './micro-op.ts'

const instructionOps: Readonly<Record<Instruction['op'], true>> = {
  load: true,
  store: true,
  'load-range': true,
  'store-range': true,
  'load-exclusive': true,
  'store-exclusive': true,
  'clear-exclusive': true,
  maintain: true,
  'l2-maintain': true,
  'l2-sync': true,
  prefetch: true,
  evict: true,
  'l2-evict': true,
  dmb: true,
  dsb: true,
  isb: true,
  'mmio-write': true,
  'mmio-read': true,
  call: true,
  set: true,
  label: true,
  branch: true,
  assert: true,
  mark: true,
  'wait-for-interrupt': true,
  interrupts: true,
  return: true,
}

/** Throws one `UsageError` that lists every problem with its program, instruction and fix. */
export function checkPrograms(id: string, programs: CorePrograms): void {
  const problems: string[] = []
  const registers = writtenIn([...programs.main, ...programs.interrupt])
  checkProgram('main', programs.main, registers, problems)
  checkProgram('interrupt', programs.interrupt, registers, problems)
  const names = new Set<string>()
  for (const { name, program } of programs.threads ?? []) {
    if (names.has(name)) problems.push(`two threads are called "${name}"; rename one`)
    names.add(name)
    checkProgram(`thread ${name}`, program, writtenIn(program), problems)
  }
  if (problems.length === 0) return
  throw new UsageError(`the programs of ${id} cannot run:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
}

function writtenIn(program: readonly Instruction[]): ReadonlySet<string> {
  return new Set(program.flatMap((instruction) => (known(instruction) ? [...writesOf(instruction)] : [])))
}

function known(instruction: Instruction): boolean {
  return Object.hasOwn(instructionOps, instruction.op)
}

type Report = (index: number, problem: string) => void

/** For messages. */
type ProgramName = 'main' | 'interrupt' | `thread ${string}`

function checkProgram(
  name: ProgramName,
  program: readonly Instruction[],
  registers: ReadonlySet<string>,
  problems: string[],
): void {
  const before = problems.length
  const report: Report = (index, problem) => {
    problems.push(`${name}, instruction ${index} (${program[index]?.op}): ${problem}`)
  }
  program.forEach((instruction, index) => {
    if (!known(instruction)) {
      report(index, unknownName('instruction', String(instruction.op), Object.keys(instructionOps)).message)
      return
    }
    for (const operand of operandsOf(instruction)) checkOperand(operand, (problem) => report(index, problem))
    for (const register of readsOf(instruction)) {
      if (!registers.has(register)) {
        report(index, `register "${register}" is read but never written; set it first, or write 0`)
      }
    }
    checkForm(instruction, (problem) => report(index, problem))
    if (problems.length === before) checkConstants(instruction, (problem) => report(index, problem))
    if (name !== 'interrupt' && instruction.op === 'return') {
      report(index, `only an interrupt program returns; ${name} ends after its last instruction, remove it`)
    }
  })
  if (problems.length === before) checkLabels(program, registers, report)
  if (problems.length === before) checkFlow(name, program, report)
}

/** What depends on the kind of instruction, constants apart. */
function checkForm(instruction: Instruction, report: (problem: string) => void): void {
  const condition = conditionOf(instruction)
  if (condition !== undefined && !comparisonOps.includes(condition[0])) {
    report(unknownName('comparison', String(condition[0]), comparisonOps).message)
  }
  for (const register of writesOf(instruction)) {
    if (typeof register !== 'string' || register === '') report('the result needs a register name in "to"')
  }
  if (instruction.op === 'call') checkCall(instruction, report)
  if ('memory' in instruction && instruction.memory !== undefined && !accessMemory.includes(instruction.memory)) {
    report(unknownName('memory type', String(instruction.memory), accessMemory).message)
  }
}

function checkCall(instruction: Extract<Instruction, { op: 'call' }>, report: (problem: string) => void): void {
  const contracts: Readonly<Record<string, OsCallContract>> = osCalls
  const contract = contracts[instruction.call]
  if (contract === undefined) {
    report(unknownName('call', instruction.call, Object.keys(contracts)).message)
    return
  }
  if (instruction.args.length !== contract.args.length) {
    report(
      `"${instruction.call}" takes ${contract.args.length} arguments (${contract.args.join(', ')}), not ${instruction.args.length}`,
    )
  }
  if (instruction.to.length > contract.results.length) {
    report(
      `"${instruction.call}" returns ${contract.results.length} values (${contract.results.join(', ')}), not ${instruction.to.length}`,
    )
  }
}

/** Constant addresses and lengths that no access can have. */
function checkConstants(instruction: Instruction, report: (problem: string) => void): void {
  const whole = (what: string, operand: Operand): void => {
    const value = constantOf(operand)
    if (value !== undefined && value % 4 !== 0) report(`${what} ${hex(value)} is not a multiple of 4; use whole words`)
  }
  switch (instruction.op) {
    case 'load':
    case 'store':
    case 'load-exclusive':
    case 'store-exclusive':
      whole('the address', instruction.va)
      break
    case 'store-range':
      whole('the address', instruction.va)
      whole('the length', instruction.bytes)
      break
    case 'mmio-read':
    case 'mmio-write':
      whole('the address', instruction.addr)
      break
    default:
  }
}

/** The value of an operand without registers. */
function constantOf(operand: Operand): number | undefined {
  const expression = compileOperand(operand, () => 0)
  return expression.op === 'constant' ? expression.value : undefined
}

function checkLabels(program: readonly Instruction[], registers: ReadonlySet<string>, report: Report): void {
  const labels = labelsOf(program)
  program.forEach((instruction, index) => {
    if (instruction.op === 'label') {
      const first = labels.get(instruction.name) as number
      if (first !== index)
        report(index, `label "${instruction.name}" stands at instruction ${first} already; rename one`)
      if (registers.has(instruction.name)) report(index, `"${instruction.name}" is also a register; rename one`)
    }
    if (instruction.op !== 'branch' || labels.has(instruction.to)) return
    if (registers.has(instruction.to)) {
      report(
        index,
        `"${instruction.to}" is a register, and a branch goes to a label; add the label and name it in "to"`,
      )
    } else report(index, unknownName('label', instruction.to, [...labels.keys()]).message)
  })
}

/** Where control can go: a handler must return, and a loop must do something that takes time. */
function checkFlow(name: ProgramName, program: readonly Instruction[], report: Report): void {
  const labels = labelsOf(program)
  const reached = new Set<number>()
  const open = program.length > 0 ? [0] : []
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (reached.has(index) || index === program.length) continue
    reached.add(index)
    for (const next of successorsOf(program, index, labels)) {
      if (next === program.length && name === 'interrupt') {
        report(index, 'the interrupt program ends here without a return; add { op: "return" }')
      }
      open.push(next)
    }
  }
  program.forEach((instruction, index) => {
    if (instruction.op === 'branch' && spinsFrom(program, index, labels)) {
      report(index, 'an endless loop of register instructions; put an access or { op: "wait-for-interrupt" } into it')
    }
  })
}

/** Whether control comes back to the branch at `start` through unconditional register instructions alone. */
function spinsFrom(program: readonly Instruction[], start: number, labels: ReadonlyMap<string, number>): boolean {
  let index = start
  for (let steps = 0; steps <= program.length; steps++) {
    const instruction = program[index]
    const next = instruction && isPure(instruction) ? successorsOf(program, index, labels) : []
    if (next.length !== 1) return false
    index = next[0] as number
    if (index === start) return true
  }
  return false
}
