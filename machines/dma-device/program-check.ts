/** DMA device | checkDevice finds what is wrong with a device's registers, reactions and program before anything runs. */

import { UsageError, unknownName } from '../../src/base/errors.ts'
import { checkCondition, checkOperand } from '../operand.ts'
import {
  conditionOf,
  type DeviceInstruction,
  deviceOps,
  labelsOf,
  operandsOf,
  reachableFrom,
  reactionOps,
  readsOf,
  successorsOf,
  writeOf,
} from './instruction.ts'
import { bellRegister, deviceRegisters, sharedRegisters, takesNoStep } from './registers.ts'
import type { DmaDeviceConfig } from './types.ts'

type Report = (problem: string) => void

/** Throws one `UsageError` that lists every problem with its place and fix. */
export function checkDevice(config: DmaDeviceConfig): void {
  const problems: string[] = []
  checkRegisters(config, (problem) => problems.push(problem))
  const ofProgram = new Part('program', config.program, deviceOps, problems)
  ofProgram.check(config)
  if (problems.length === 0) checkEnd(config, ofProgram)
  for (const { register, body } of config.reactions) {
    const ofReaction = new Part(`on ${register}`, body, reactionOps, problems)
    ofReaction.check(config)
    if (problems.length === 0) checkForward(body, ofReaction)
  }
  if (problems.length === 0) return
  throw new UsageError(`the device ${config.id} cannot run:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
}

function checkRegisters({ registers, reactions, outstandingWrites }: DmaDeviceConfig, report: Report): void {
  const names = [bellRegister, ...registers.map(({ name }) => name)]
  if (new Set(names).size !== names.length) {
    report(`two registers have the same name: ${names.join(', ')} (${bellRegister} is always there)`)
  }
  for (const { value } of registers) checkOperand(value, report)
  const reacting = reactions.map(({ register }) => register)
  if (new Set(reacting).size !== reacting.length) report('a register has two reactions; put them into one')
  for (const register of reacting) {
    if (!names.includes(register)) report(unknownName('register', register, names).message)
  }
  if (!Number.isInteger(outstandingWrites) || outstandingWrites < 1) {
    report(`${outstandingWrites} writes outstanding; allow at least 1`)
  }
}

/** The program, or the body of one reaction. */
class Part {
  private readonly name: string
  private readonly body: readonly DeviceInstruction[]
  private readonly ops: readonly string[]
  private readonly problems: string[]

  constructor(name: string, body: readonly DeviceInstruction[], ops: readonly string[], problems: string[]) {
    this.name = name
    this.body = body
    this.ops = ops
    this.problems = problems
  }

  report(index: number, problem: string): void {
    this.problems.push(`${this.name}, instruction ${index} (${this.body[index]?.op}): ${problem}`)
  }

  check(config: DmaDeviceConfig): void {
    const before = this.problems.length
    this.body.forEach((instruction, index) => {
      if (this.ops.includes(instruction.op))
        this.checkOne(config, instruction, (problem) => this.report(index, problem))
      else this.report(index, unknownName('instruction', String(instruction.op), this.ops).message)
    })
    if (this.problems.length === before) this.checkLabels()
  }

  private checkOne(config: DmaDeviceConfig, instruction: DeviceInstruction, report: Report): void {
    for (const operand of operandsOf(instruction)) checkOperand(operand, report)
    const condition = conditionOf(instruction)
    if (condition !== undefined) checkCondition(condition, report)
    const written = writeOf(instruction)
    if (written !== undefined && (typeof written !== 'string' || written === '')) {
      report('the result needs a register name in "to"')
    }
    const known = deviceRegisters(config)
    for (const name of readsOf(instruction)) {
      if (!known.includes(name)) {
        report(`register "${name}" is neither listed nor written; list it in "registers", or set it first`)
      }
    }
    if ((instruction.op === 'raise' || instruction.op === 'lower') && config.interruptLine === undefined) {
      report('the device has no interrupt line; give it one ("interruptLine")')
    }
    if ('addr' in instruction && typeof instruction.addr === 'number' && instruction.addr % 4 !== 0) {
      report(`the address ${instruction.addr} is not a multiple of 4; use whole words`)
    }
  }

  private checkLabels(): void {
    const labels = labelsOf(this.body)
    this.body.forEach((instruction, index) => {
      if (instruction.op === 'label' && labels.get(instruction.name) !== index) {
        this.report(index, `the label "${instruction.name}" is there twice; use another name`)
      }
      if (instruction.op === 'branch' && !labels.has(instruction.to)) {
        this.report(index, unknownName('label', instruction.to, [...labels.keys()]).message)
      }
    })
  }
}

/** Every loop takes steps, and from everywhere the program can end or rest. */
function checkEnd(config: DmaDeviceConfig, part: Part): void {
  const { program } = config
  const shared = sharedRegisters(config)
  const mayTakeNoStep = (instruction: DeviceInstruction): boolean => {
    return takesNoStep(instruction, shared) || instruction.op === 'wait' || instruction.op === 'fence'
  }
  program.forEach((instruction, index) => {
    if (instruction.op === 'branch' && spinsFrom(program, index, mayTakeNoStep)) {
      part.report(index, 'an endless loop that takes no step; put an access into it')
    }
  })
  for (const index of reachableFrom(program, 0)) {
    const onwards = reachableFrom(program, index)
    if (onwards.has(program.length) || [...onwards].some((at) => program[at]?.op === 'wait')) continue
    part.report(index, 'from here the program can neither end nor rest; put a "wait" into its endless loop')
    return
  }
}

/** Whether control comes back to the branch at `start` without any choice or step. */
function spinsFrom(
  program: readonly DeviceInstruction[],
  start: number,
  mayTakeNoStep: (instruction: DeviceInstruction) => boolean,
): boolean {
  const labels = labelsOf(program)
  let index = start
  for (let steps = 0; steps <= program.length; steps++) {
    const instruction = program[index]
    const next = instruction && mayTakeNoStep(instruction) ? successorsOf(program, index, labels) : []
    if (next.length !== 1) return false
    index = next[0] as number
    if (index === start) return true
  }
  return false
}

/** A reaction is over in the step in which it began. */
function checkForward(body: readonly DeviceInstruction[], part: Part): void {
  const labels = labelsOf(body)
  body.forEach((instruction, index) => {
    if (instruction.op === 'branch' && (labels.get(instruction.to) as number) < index) {
      part.report(index, 'a reaction takes no time, so it branches forward only; let the program loop')
    }
  })
}
