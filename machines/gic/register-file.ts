/** GIC | what register reads return and register writes store, for the distributor and the banked CPU interfaces. */

import { memoryMap } from '../geometry.ts'
import { highestPending, isPending, noLine, runningPriority } from './priority.ts'
import { gicDistributorRegs as dist, gicCpuRegs, gicSpurious } from './regs.ts'
import type { GicConfig, GicContext } from './types.ts'

/** Priority bits that exist. */
export const priorityBits = 0xf8 // HF-225
const binaryPointBits = 7 // HF-224
/** Bytes of a register bank with one bit per line, and with one byte per line. */
const bitBankBytes = 0x80 // HF-220
const byteBankBytes = 0x400 // HF-220

/** Offset in the distributor's window, or -1. */
export function distributorOffset(addr: number): number {
  const offset = addr - memoryMap.gicDistributor.base
  return offset >= 0 && offset < memoryMap.gicDistributor.bytes ? offset : -1
}

/** Offset in the CPU interface's window, or -1. */
export function interfaceOffset(addr: number): number {
  const offset = addr - memoryMap.gicCpu.base
  return offset >= 0 && offset < memoryMap.gicCpu.bytes ? offset : -1
}

/** Which core's interface `from` sees; -1 for anyone else. */
export function coreOf(config: GicConfig, from: string): number {
  for (let core = 0; core < config.cores; core++) if (from === `cpu${core}`) return core
  return -1
}

/** A register read without side effect. Control registers are states of the chart and read as zero here. */
export function readRegister(config: GicConfig, ctx: GicContext, core: number, addr: number): number {
  const offset = distributorOffset(addr)
  return offset >= 0 ? readDistributor(config, ctx, offset) : readInterface(config, ctx, core, interfaceOffset(addr))
}

function readDistributor(config: GicConfig, ctx: GicContext, offset: number): number {
  if (offset === dist.type) {
    const words = Math.max(1, ...config.lines.map((line) => Math.ceil((line + 1) / 32)))
    return (words - 1) | ((config.cores - 1) << 5) // HF-226
  }
  const bits = (base: number, holds: (at: number) => boolean): number => {
    let word = 0
    config.lines.forEach((line, at) => {
      if (base + (line >>> 5) * 4 === offset && holds(at)) word |= 1 << (line & 31)
    })
    return word >>> 0
  }
  const bytes = (base: number, values: readonly number[]): number => {
    let word = 0
    config.lines.forEach((line, at) => {
      if (base + (line & ~3) === offset) word |= (values[at] as number) << ((line & 3) * 8)
    })
    return word >>> 0
  }
  if (inBank(offset, dist.enableSet, bitBankBytes)) return bits(dist.enableSet, (at) => ctx.enabled[at] as boolean)
  if (inBank(offset, dist.enableClear, bitBankBytes)) return bits(dist.enableClear, (at) => ctx.enabled[at] as boolean)
  if (inBank(offset, dist.pendingSet, bitBankBytes)) return bits(dist.pendingSet, (at) => isPending(ctx, at))
  if (inBank(offset, dist.pendingClear, bitBankBytes)) return bits(dist.pendingClear, (at) => isPending(ctx, at))
  if (inBank(offset, dist.active, bitBankBytes)) return bits(dist.active, (at) => ctx.activeCore[at] !== noLine)
  if (inBank(offset, dist.priority, byteBankBytes)) return bytes(dist.priority, ctx.priority)
  if (inBank(offset, dist.targets, byteBankBytes)) return bytes(dist.targets, ctx.targets)
  return 0
}

function inBank(offset: number, base: number, bytes: number): boolean {
  return offset >= base && offset < base + bytes
}

function readInterface(config: GicConfig, ctx: GicContext, core: number, offset: number): number {
  if (core < 0) return 0
  switch (offset) {
    case gicCpuRegs.priorityMask:
      return ctx.priorityMask[core] as number
    case gicCpuRegs.binaryPoint:
      return ctx.binaryPoint[core] as number
    case gicCpuRegs.acknowledge:
      return gicSpurious
    case gicCpuRegs.runningPriority:
      return runningPriority(ctx, core)
    case gicCpuRegs.highestPending: {
      const at = highestPending(ctx, core)
      return at === noLine ? gicSpurious : (config.lines[at] as number)
    }
    default:
      return 0
  }
}

/** A register write other than to a control register or ICCEOIR. Reserved and read-only offsets ignore it. */
export function writeRegister(config: GicConfig, ctx: GicContext, core: number, addr: number, value: number): void {
  const offset = distributorOffset(addr)
  if (offset >= 0) {
    writeDistributor(config, ctx, offset, value)
  } else if (core >= 0) {
    if (interfaceOffset(addr) === gicCpuRegs.priorityMask) ctx.priorityMask[core] = value & priorityBits
    if (interfaceOffset(addr) === gicCpuRegs.binaryPoint) ctx.binaryPoint[core] = value & binaryPointBits
  }
}

function writeDistributor(config: GicConfig, ctx: GicContext, offset: number, value: number): void {
  const lines = config.lines
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as number
    const bit = (value & (1 << (line & 31))) !== 0
    const byte = (value >>> ((line & 3) * 8)) & 0xff
    const word = (line >>> 5) * 4
    if (offset === dist.enableSet + word && bit) ctx.enabled[at] = true
    if (offset === dist.enableClear + word && bit) ctx.enabled[at] = false
    if (offset === dist.pendingSet + word && bit) ctx.latched[at] = true
    if (offset === dist.pendingClear + word && bit) ctx.latched[at] = false
    if (offset === dist.priority + (line & ~3)) ctx.priority[at] = byte & priorityBits
    if (offset === dist.targets + (line & ~3)) ctx.targets[at] = byte & ((1 << config.cores) - 1)
  }
}
