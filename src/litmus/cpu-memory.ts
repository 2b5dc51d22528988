/** Litmus | loads, stores, cache maintenance and barriers of cores. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { MemoryRange } from '../../machines/geometry.ts'
import type { MemoryType } from '../../machines/protocol.ts'
import { sectionDescriptor, smallPageDescriptor, tableDescriptor } from '../../machines/sysmmu/walk.ts'
import { UsageError } from '../base/errors.ts'
import { add, ge, sub } from '../dma/operands.ts'
import type { CpuProgram } from './cpu-program.ts'
import { leafValue } from './entries.ts'
import type { AccessType, Barrier, Expression, LitmusTest, Location, MaintenanceName, Statement } from './form.ts'
import { otherMemory, rootOf, type Spot, spotOf } from './locations.ts'
import { placed } from './sizes.ts'
import { statementsOfAll } from './statements.ts'

const memoryTypes: Readonly<Record<AccessType, MemoryType>> = {
  cacheable: 'cacheable',
  nc: 'non-cacheable',
  so: 'strongly-ordered',
}

/** Where an access of a core goes: an address in its view. */
export function placeOf(
  { ground, expressions }: CpuProgram,
  location: Location,
): { readonly va: Operand; readonly spot: Spot } {
  const spot = spotOf(ground, location, expressions.value)
  const { geometry } = ground.layout
  if (spot.space === 'va') return { va: spot.addr, spot }
  if (spot.space === 'io' && location.place === 'named') {
    throw new UsageError(
      `${placed(location.at)}${location.name} is an IO address: only devices reach memory through it`,
    )
  }
  return { va: add(sub(geometry.linearBase, geometry.dram.base), spot.addr), spot }
}

/** The attributes, if they are not those of the linear mapping. */
interface Attributes {
  readonly memory?: MemoryType
}

/** Appends an access at an address in the core's view. */
type Emit = (va: Operand, attributes: Attributes) => void

/**
 * Appends an access with the attributes that a statement names, else those of the memory. Where a pointer leads is known only
 * when the program runs: then it branches to the access that is right for the address.
 */
export function access(
  { asm, ground }: CpuProgram,
  { va, spot }: ReturnType<typeof placeOf>,
  type: AccessType | undefined,
  emit: Emit,
): void {
  const as = (chosen: AccessType): Attributes => (chosen === 'cacheable' ? {} : { memory: memoryTypes[chosen] })
  const named = type ?? (spot.type === 'by address' ? undefined : spot.type)
  // An MMU in front of the core says what kind of memory it is.
  if (spot.space === 'va') emit(va, {})
  else if (spot.type !== 'by address') emit(va, as(named ?? 'cacheable'))
  else {
    byAddress(asm, spot.addr, [
      ...kernelWindows(ground).map((window) => ({ window, write: () => emit(spot.addr, type ? as(type) : {}) })),
      ...(named === undefined ? otherMemory(ground.layout) : []).map((window) => ({
        window,
        write: () => emit(va, as(window.type)),
      })),
      { write: () => emit(va, as(named ?? 'cacheable')) },
    ])
  }
}

/** Branches to what is right for an address that is known only when the program runs; the last one is for all others. */
function byAddress(
  asm: CpuProgram['asm'],
  addr: Operand,
  choices: readonly { readonly window?: MemoryRange; readonly write: () => void }[],
): void {
  const done = asm.label('accessed')
  for (const { window, write } of choices) {
    if (window === undefined) {
      write()
      continue
    }
    const elsewhere = asm.label('elsewhere')
    asm.branch(ge(sub(addr, window.base), window.bytes), elsewhere)
    write()
    asm.goto(done)
    asm.place(elsewhere)
  }
  asm.place(done)
}

/** Pointers hold physical addresses, but for those from an allocation: these are what the kernel maps the memory at. */
function kernelWindows({ test, layout }: CpuProgram['ground']): readonly MemoryRange[] {
  const { vmalloc, linearBase, dram } = layout.geometry
  const isAllocating = ({ do: what, ...rest }: Statement): boolean =>
    what === 'call' && 'call' in rest && rest.call.startsWith('dma_alloc_')
  if (![...statementsOfAll(test.actors)].some(isAllocating)) return []
  return [vmalloc, { base: linearBase, bytes: dram.bytes }]
}

/** Of several words the register keeps the last one, as it does when a device reads them. */
export function loadFrom(program: CpuProgram, location: Location, to: string, type?: AccessType): void {
  const place = placeOf(program, location)
  const before = place.spot.bytes - 4
  access(program, place, type, (va, attributes) => {
    if (before > 0) program.asm.emit({ op: 'load-range', va, bytes: before, ...attributes })
    program.asm.emit({ op: 'load', va: add(va, before), to, ...attributes })
  })
}

/** LDREX. */
export function loadExclusive(program: CpuProgram, { location, to, type }: Extract<Statement, { do: 'load' }>): void {
  const place = placeOf(program, location)
  oneWord(location, place.spot, 'a load-exclusive')
  access(program, place, type, (va, attributes) => program.asm.emit({ op: 'load-exclusive', va, to, ...attributes }))
}

export function oneWord(location: Location, { bytes }: Spot, what: string): void {
  if (bytes === 4) return
  throw new UsageError(
    `${placed(location.at)}${what} is about one word, and this is ${bytes / 4}: name one, as in <buf>[0]`,
  )
}

export function storeTo(program: CpuProgram, statement: Extract<Statement, { do: 'store' }>): void {
  const { location, value: given, type, status } = statement
  const { asm, ground } = program
  const place = placeOf(program, location)
  const { bytes } = place.spot
  const value = storedValue(program, location, place.spot, given)
  const store = () =>
    access(program, place, type, (va, attributes) => {
      if (status !== undefined) {
        oneWord(location, place.spot, 'a store-exclusive')
        asm.emit({ op: 'store-exclusive', va, value, to: status, ...attributes })
      } else
        asm.emit(
          bytes === 4
            ? { op: 'store', va, value, ...attributes }
            : { op: 'store-range', va, bytes, value, ...attributes },
        )
    })
  if (location.place === 'pte' || (given.expr === 'entry' && keepsDirectories(ground.test))) {
    ground.buffers.markEntry(asm, { addr: place.spot.addr, value: given }, store)
  } else store()
}

/** Whether tables stay linked as they are at the start: else a word of one may be an entry no more. */
function keepsDirectories({ actors, memory }: LitmusTest): boolean {
  const tables = new Set(memory.flatMap((form) => (form.kind === 'table' ? form.names : [])))
  return [...statementsOfAll(actors)].every((one) => {
    if (one.do === 'page') return !tables.has(one.page)
    return one.do !== 'store' || one.location.place !== 'pd'
  })
}

/** What is stored: in tables the name of a page or table stands for the entry that leads to it. */
function storedValue({ ground, expressions }: CpuProgram, location: Location, spot: Spot, value: Expression): Operand {
  if (value.expr === 'entry') {
    const known = ground.layout.names.get(value.name)
    if (known?.kind === 'table') return tableDescriptor(known.addr)
    if (known?.kind !== 'words') throw new UsageError(`${placed(value.at)}${value.name} is no page and no table`)
    const { type, readOnly } = value
    const leaf = value.of === 'table' ? 'page' : value.of
    const { units, geometry } = ground.layout
    const named = 'unit' in location ? location.unit : undefined
    const reader = units.find(({ name }) => named === undefined || name === named)
    return leafValue({ leaf, addr: known.addr, type, readOnly }, reader?.kind ?? 'iommu', geometry)
  }
  if (spot.holds === 'device-table') return deviceWord(ground, spot, value, expressions.value(value))
  const known = value.expr === 'name' && spot.holds !== 'words' ? ground.layout.names.get(value.name) : undefined
  if (known?.kind === 'table') return tableDescriptor(known.addr)
  if (known?.kind === 'words') {
    return spot.holds === 'directory' ? sectionDescriptor(known.addr) : smallPageDescriptor(known.addr)
  }
  return expressions.value(value)
}

/** The first word of a device's entry is the number of a domain, and becomes its tables with the valid bit; 0 is invalid. */
function deviceWord(ground: CpuProgram['ground'], spot: Spot, from: Expression, value: Operand): Operand {
  for (const [name, base] of ground.layout.deviceTables) {
    const unit = ground.layout.units.find((one) => one.name === name)
    const offset = typeof spot.addr === 'number' ? spot.addr - base : -1
    if (unit === undefined || offset < 0 || offset >= unit.devices.length * 8 || offset % 8 !== 0) continue
    if (typeof value !== 'number') {
      throw new UsageError(`${placed(from.at)}the domain of a device must be known before the test runs`)
    }
    return value === 0 ? 0 : (rootOf(ground, unit, value, from) | 1) >>> 0
  }
  return value
}

/**
 * Towards memory the inner cache comes first. What is dropped is dropped there first, too, or a dirty line goes to the outer
 * cache after it was its turn; and once more at the end, since between the two the inner one may be filled with what the
 * outer one still has.
 */
function levelOrder<Step>(action: MaintenanceName, l1: Step, l2: Step, hasL2: boolean): readonly Step[] {
  if (!hasL2) return [l1]
  return action === 'inv' || action === 'flush' ? [l1, l2, l1] : [l1, l2]
}

const actions = { clean: 'clean', inv: 'invalidate', flush: 'clean-invalidate' } as const

/** Without a level: every cache, in the order that is right, complete at the end. With one: the bare operation. */
export function maintain(program: CpuProgram, statement: MaintainStatement): void {
  const { asm, ground } = program
  const { va, spot } = placeOf(program, statement.location)
  const { vmalloc, linearBase, dram } = ground.layout.geometry
  const at = (virtual: Operand, addr: Operand) => ({ va: virtual, addr, bytes: spot.bytes })
  const plain = (): void => maintainAt(program, statement, at(va, spot.addr))
  if (spot.type !== 'by address') {
    plain()
    return
  }
  byAddress(asm, spot.addr, [
    ...kernelWindows(ground).map((window) => ({
      window,
      write: () => {
        const isLinear = window.base !== vmalloc.base
        // The outer cache goes by physical addresses.
        const addr = isLinear ? add(sub(dram.base, linearBase), spot.addr) : asm.call('va.translate', [spot.addr])[1]
        maintainAt(program, statement, at(spot.addr, addr))
        if (!isLinear) asm.set(addr as string, 0)
      },
    })),
    { write: plain },
  ])
}

type MaintainStatement = Extract<Statement, { do: 'maintain' }>

function maintainAt(
  { asm, ground }: CpuProgram,
  { action, level }: MaintainStatement,
  { va, addr, bytes }: { readonly va: Operand; readonly addr: Operand; readonly bytes: number },
): void {
  if (action === 'spec') {
    asm.emit({ op: 'prefetch', va, bytes })
    return
  }
  const l1 = (): void => {
    asm.emit(action === 'evict' ? { op: 'evict', va, bytes } : { op: 'maintain', action: actions[action], va, bytes })
  }
  const l2 = (): void => {
    if (!ground.hasL2) return
    asm.emit(
      action === 'evict'
        ? { op: 'l2-evict', addr, bytes }
        : { op: 'l2-maintain', action: actions[action], addr, bytes },
    )
  }
  if (level === 'L1') l1()
  else if (level === 'L2') l2()
  else {
    for (const one of levelOrder(action, l1, l2, ground.hasL2)) {
      one()
      if (one === l2) asm.l2Sync()
      asm.dsb()
    }
  }
}

/** `wmb` and `mb` as on this architecture: DSB, then the outer cache's sync. `rmb`: DMB. `drain`: that sync alone. */
export function barrier({ asm, ground }: CpuProgram, name: Barrier): void {
  switch (name) {
    case 'dmb':
    case 'rmb':
      asm.dmb()
      return
    case 'dsb':
      asm.dsb()
      return
    case 'isb':
      asm.isb()
      return
    case 'wmb':
    case 'mb':
      if (ground.hasL2) asm.wmb()
      else asm.dsb()
      return
    case 'drain':
      if (ground.hasL2) asm.l2Sync()
      asm.dsb()
      return
    default:
      name satisfies never
  }
}
