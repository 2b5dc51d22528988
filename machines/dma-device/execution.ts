/** DMA device | how instructions change registers and the program counter; what they ask of the bus is in actions.ts. */

import { evaluate, holds } from '../operand.ts'
import type { DeviceCode, DeviceProgram } from './program.ts'
import type { DmaDeviceConfig, DmaDeviceContext } from './types.ts'

/** What a machine knows from its definition. It never changes. */
export interface Device extends DeviceProgram {
  readonly config: DmaDeviceConfig
}

/** Most instructions in a row that take no step; a loop that makes more is taken to be endless. */
const foldedMax = 10_000

/** Memory of a device whose writes are posted: the id of a read is behind those of the writes. */
export function readTxn({ config }: Device): number {
  return config.outstandingWrites
}

/** A device at reset. */
export function makeContext({ config, reset }: Device): DmaDeviceContext {
  return { pc: 0, registers: [...reset], writes: new Array<number>(config.outstandingWrites).fill(0) }
}

/** The instruction at `pc`. */
export function present(device: Device, context: DmaDeviceContext): DeviceCode {
  return device.code[context.pc] as DeviceCode
}

/** Writes that are not acknowledged. */
export function outstanding(context: DmaDeviceContext): number {
  let count = 0
  for (const used of context.writes) count += used
  return count
}

/** The address that the present instruction accesses. */
export function addressOf(device: Device, context: DmaDeviceContext): number {
  return evaluate(present(device, context).address, context.registers)
}

/** The lowest id that no write uses; -1 if there is none. */
export function freeTxn(context: DmaDeviceContext): number {
  return context.writes.indexOf(0)
}

/** Executes one register instruction of `code`; false if it is an assertion that fails. Returns through `pc` what is next. */
function executeRegister(code: DeviceCode, registers: number[]): { readonly next: number; readonly ok: boolean } {
  const holding = code.condition === undefined || holds(code.condition, registers)
  if (code.op === 'set') registers[code.to] = evaluate(code.value, registers)
  return { next: code.op === 'branch' && holding ? code.target : code.index + 1, ok: holding || code.op !== 'assert' }
}

/** Executes the register instruction at `pc`; false if it is an assertion that fails. */
export function runRegister(device: Device, context: DmaDeviceContext): boolean {
  const { next, ok } = executeRegister(present(device, context), context.registers)
  context.pc = next
  return ok
}

/** Whether the present instruction has no time of its own. */
function passes(device: Device, context: DmaDeviceContext): boolean {
  const code = present(device, context)
  // HF-435
  if (code.kind === 'wait') return code.condition !== undefined && holds(code.condition, context.registers)
  return code.kind === 'fence' ? outstanding(context) === 0 : code.folds
}

/**
 * Goes on to the next instruction that takes a step or has to wait. `onFailed` gets each assertion that does not hold. False
 * if there are more than `foldedMax` before it: then the program has ended, wherever it was.
 */
export function fold(device: Device, context: DmaDeviceContext, onFailed: (code: DeviceCode) => void): boolean {
  for (let count = 0; count < foldedMax; count++) {
    if (!passes(device, context)) return true
    const code = present(device, context)
    if (code.kind === 'registers') {
      if (!runRegister(device, context)) onFailed(code)
    } else context.pc++
  }
  context.pc = device.code.length - 1
  return false
}

/** A core has written the register in `slot`: runs what happens then. Returns what becomes of the interrupt line. */
export function reactToWrite(
  device: Device,
  context: DmaDeviceContext,
  slot: number,
  onFailed: (code: DeviceCode) => void,
): 'raise' | 'lower' | 'stays' {
  let line: 'raise' | 'lower' | 'stays' = 'stays'
  const reaction = device.reactions[slot] as readonly DeviceCode[]
  for (let at = 0; reaction[at]?.kind !== 'end'; ) {
    const code = reaction[at] as DeviceCode
    if (code.kind === 'line') {
      line = code.op as 'raise' | 'lower'
      at++
      continue
    }
    const { next, ok } = executeRegister(code, context.registers)
    if (!ok) onFailed(code)
    at = next
  }
  return line
}
