/** Litmus | what cores tell the units: invalidations and their completion, block, enable, tables, clock and power. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { commandWrite, type IommuCommand, iommuRegs, iommuStatus, statusAddr } from '../../machines/iommu/regs.ts'
import { prefetchEndMax } from '../../machines/sysmmu/register-file.ts'
import { sysmmuCfg, sysmmuCtrl, sysmmuFlushNow, sysmmuRegs, sysmmuStatus } from '../../machines/sysmmu/regs.ts'
import { UsageError } from '../base/errors.ts'
import { add, and, eq } from '../dma/operands.ts'
import { knownValue } from './constants.ts'
import { bounded } from './control.ts'
import type { CpuProgram } from './cpu-program.ts'
import type { Place, Statement } from './form.ts'
import { deviceTableUnit, knownNamed, rootOf, spotOf, unitOf } from './locations.ts'
import { placed } from './sizes.ts'
import { mmuName, type TableUnit } from './table-units.ts'

type UnitStatement = Extract<Statement, { do: 'tlbi' | 'tlbsync' | 'atc' | 'mmu' | 'root' | 'supply' }>

/** What is known of the units beyond their tables. */
export interface UnitWriter {
  /** Requesters of an IOMMU, in the order of its registers. */
  readonly requesters: ReadonlyMap<string, readonly string[]>
  /** Memory words that its status writes may go to, by address, in the order of its registers. */
  readonly slots: ReadonlyMap<string, readonly number[]>
  /** IOMMUs whose commands wait in a queue. */
  readonly queued: ReadonlySet<string>
  /** What CFG of a SYSMMU has to hold, by name. */
  readonly cfg: ReadonlyMap<string, number>
  /** Register writes may be answered before they arrive. */
  readonly posted: boolean
  /** The register write that switches clock or power, and the value it needs. */
  readonly supply: (
    of: string,
    kind: 'clock' | 'power',
    on: boolean,
  ) => { readonly addr: number; readonly value: number }
}

export function writeUnitStatement(program: CpuProgram, statement: UnitStatement): void {
  switch (statement.do) {
    case 'tlbi':
      invalidate(program, statement)
      return
    case 'tlbsync':
      sync(program, statement)
      return
    case 'atc':
      invalidateAtc(program, statement)
      return
    case 'mmu':
      control(program, statement)
      return
    case 'root':
      chooseRoot(program, statement)
      return
    case 'supply': {
      const { addr, value } = program.ground.units.supply(statement.of, statement.kind, statement.on)
      program.asm.mmioWrite(addr, value)
      return
    }
    default:
      statement satisfies never
  }
}

function baseOf({ ground }: CpuProgram, unit: TableUnit): number {
  return ground.windows.get(unit.name) as number
}

function give(program: CpuProgram, unit: TableUnit, command: IommuCommand): void {
  const { addr, value } = commandWrite(baseOf(program, unit), command)
  program.asm.mmioWrite(addr, value)
}

function invalidate(program: CpuProgram, statement: Extract<UnitStatement, { do: 'tlbi' }>): void {
  const { asm, ground, expressions } = program
  const { what, page, tag } = statement
  if (statement.device !== undefined) {
    invalidateDevice(program, { ...statement, device: statement.device })
    return
  }
  const known = page === undefined ? undefined : knownNamed(ground, page, { place: 'named', name: page })
  if (known !== undefined && known.kind !== 'io' && known.kind !== 'va') {
    throw new UsageError(`${placed(statement.at)}tlbi ${page}: ${page} is no io or va page`)
  }
  const translates = known?.kind
  const named = statement.unit ?? (translates === 'va' ? mmuName : undefined)
  const unit = unitOf(ground, named, statement, translates)
  const base = baseOf(program, unit)
  if (unit.kind === 'sysmmu') {
    if (tag !== undefined) throw new UsageError(`${placed(statement.at)}a SYSMMU has no tags`)
    if (known === undefined) asm.mmioWrite(base + sysmmuRegs.flush, sysmmuFlushNow)
    else asm.mmioWrite(base + sysmmuRegs.flushEntry, (known.addr | sysmmuFlushNow) >>> 0)
    return
  }
  if (known !== undefined) {
    asm.mmioWrite(base + iommuRegs.invalidatePage, add(known.addr, tag === undefined ? 0 : expressions.value(tag)))
  } else if (what === 'tag') {
    asm.mmioWrite(base + iommuRegs.invalidateTag, tag === undefined ? 0 : expressions.value(tag))
  } else give(program, unit, { command: what === 'walks' ? 'invalidate-walks' : 'invalidate-all' })
}

/** What a unit has read of the device table for one device. */
function invalidateDevice(
  program: CpuProgram,
  of: { readonly device: string; readonly unit?: string; readonly at?: Place },
): void {
  const unit = deviceTableUnit(program.ground, of)
  const requester = (program.ground.units.requesters.get(unit.name) ?? []).indexOf(of.device)
  give(program, unit, { command: 'invalidate-device', requester })
}

/** Everything posted is complete: with a queue a sync of its own, else the barrier that waits for the answers. */
function sync(program: CpuProgram, statement: Extract<UnitStatement, { do: 'tlbsync' }>): void {
  const { asm, ground, expressions } = program
  const unit = unitOf(ground, statement.unit, statement)
  const base = baseOf(program, unit)
  const { slot } = statement
  if (slot !== undefined) {
    const { addr } = spotOf(ground, slot, expressions.value)
    const index = typeof addr === 'number' ? (ground.units.slots.get(unit.name) ?? []).indexOf(addr) : -1
    if (index < 0)
      throw new UsageError(
        `${placed(statement.at)}${unit.name} writes its status to words that are named, and has a queue`,
      )
    const value = statement.value === undefined ? 1 : expressions.value(statement.value)
    asm.mmioWrite(base + iommuRegs.writeStatus + index * 4, value)
    return
  }
  // Where the answer to a posted write tells nothing of what it started, the unit is asked, as one with a queue is.
  if (ground.units.queued.has(unit.name) || (ground.units.posted && unit.kind !== 'sysmmu')) {
    give(program, unit, { command: 'sync' })
    const found = asm.temp()
    bounded(
      program,
      expressions,
      statement.times,
      (again, end) => {
        asm.mmioRead(statusAddr(base), found)
        asm.branch(eq(and(found, iommuStatus.busy), 0), end)
        again()
      },
      () => program.write(statement.otherwise ?? []),
    )
    asm.set(found, 0)
    asm.dsb()
    return
  }
  // A read comes back only after the posted writes before it have arrived.
  if (ground.units.posted) asm.mmioRead(base + sysmmuRegs.status)
  asm.dsb()
}

/** Reads a register until a bit of it is set. */
function pollStatus({ asm }: CpuProgram, addr: Operand, bit: number): void {
  const top = asm.label('poll')
  const found = asm.temp()
  asm.place(top)
  asm.mmioRead(addr, found)
  asm.branch(eq(and(found, bit), 0), top)
  asm.set(found, 0)
}

function invalidateAtc(program: CpuProgram, statement: Extract<UnitStatement, { do: 'atc' }>): void {
  const { ground } = program
  const { device, page } = statement
  for (const [name, requesters] of ground.units.requesters) {
    const requester = requesters.indexOf(device)
    const unit = ground.layout.units.find((one) => one.name === name)
    if (requester < 0 || unit === undefined) continue
    const known = page === undefined ? undefined : knownNamed(ground, page, { place: 'named', name: page })
    if (known !== undefined && known.kind !== 'io') {
      throw new UsageError(`${placed(statement.at)}atc ${device} ${page}: ${page} is no io page`)
    }
    give(program, unit, { command: 'invalidate-atc', requester, ...(known ? { iova: known.addr } : {}) })
    return
  }
  throw new UsageError(`${placed(statement.at)}${device} is not behind an IOMMU that could reach its translation cache`)
}

function control(program: CpuProgram, statement: Extract<UnitStatement, { do: 'mmu' }>): void {
  const { asm, ground } = program
  const unit = unitOf(ground, statement.unit, statement)
  const base = baseOf(program, unit)
  const { action } = statement
  if (unit.kind !== 'sysmmu') {
    give(program, unit, { command: action })
    if (action === 'block') pollStatus(program, statusAddr(base), iommuStatus.blocked)
    return
  }
  const value = {
    block: sysmmuCtrl.block,
    unblock: sysmmuCtrl.enable,
    enable: sysmmuCtrl.enable,
    disable: sysmmuCtrl.disable,
  }
  // Reset and lost power have cleared it.
  if (action === 'enable') {
    const cfg = ground.units.cfg.get(unit.name) ?? 0
    asm.mmioWrite(base + sysmmuRegs.cfg, cfg)
    if ((cfg & sysmmuCfg.prefetch) >>> 0 === sysmmuCfg.prefetch) {
      asm.mmioWrite(base + sysmmuRegs.prefetchEnd0, prefetchEndMax)
    }
  }
  asm.mmioWrite(base + sysmmuRegs.ctrl, value[action])
  if (action === 'block') pollStatus(program, base + sysmmuRegs.status, sysmmuStatus.blocked)
}

function chooseRoot(program: CpuProgram, statement: Extract<UnitStatement, { do: 'root' }>): void {
  const { asm, ground, expressions } = program
  const unit = unitOf(ground, statement.unit, statement)
  const base = baseOf(program, unit)
  if (unit.kind === 'sysmmu') {
    const tag = knownValue(statement.tag, ground.constants, 'the number of the tables')
    asm.mmioWrite(base + sysmmuRegs.ptBase, rootOf(ground, unit, tag, statement))
  } else asm.mmioWrite(base + iommuRegs.root, expressions.value(statement.tag))
}
