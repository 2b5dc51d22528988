/** Litmus | where the places that statements name are: addresses as operands, and what is known about them. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { MemoryRange } from '../../machines/geometry.ts'
import { descriptorBytes, level1Index, level2Index } from '../../machines/sysmmu/walk.ts'
import { UsageError } from '../base/errors.ts'
import { add, mul } from '../dma/operands.ts'
import { type Constants, constantValue, knownValue } from './constants.ts'
import type { AccessType, Expression, Location, Placed } from './form.ts'
import { type Known, type Layout, tableKey } from './memory-layout.ts'
import { placed } from './sizes.ts'
import { mmuName, type TableUnit } from './table-units.ts'

/** A place in memory. */
export interface Spot {
  /** Of the first byte. `space` says of what kind it is. */
  readonly addr: Operand
  readonly space: 'physical' | 'io' | 'va'
  readonly bytes: number
  /** What a plain access uses; `by address`: that of the memory which the pointer leads to. */
  readonly type: AccessType | 'by address'
  /** What is stored here: table entries are written by the name of what they point to. */
  readonly holds: 'words' | 'leaf' | 'directory' | 'device-table'
}

/** What a writer of programs knows about the test as a whole. */
export interface Ground {
  readonly layout: Layout
  readonly constants: Constants
}

/** The value of an expression in the program under way. */
export type Evaluate = (value: Expression) => Operand

/** The place. Usage errors for names that are no memory and for what lies outside of it. */
export function spotOf(ground: Ground, location: Location, evaluate: Evaluate): Spot {
  switch (location.place) {
    case 'named':
      return namedSpot(ground, location, evaluate)
    case 'pointer': {
      const addr = add(evaluate({ expr: 'name', name: location.register }), mul(evaluate(location.words), 4))
      return { addr, space: location.physical ? 'physical' : 'io', bytes: 4, type: 'by address', holds: 'words' }
    }
    case 'pte':
      return { ...leafSpot(ground, location), holds: 'leaf' }
    case 'pd': {
      const unit = unitOf(ground, location.unit, location)
      const root = rootOf(ground, unit, location.tag ?? 0, location)
      return {
        ...table(add(root, mul(directoryIndex(ground, location.index, evaluate), descriptorBytes))),
        holds: 'directory',
      }
    }
    case 'dte': {
      const unit = deviceTableUnit(ground, location)
      const base = ground.layout.deviceTables.get(unit.name) as number
      const entry = base + unit.devices.indexOf(location.device) * 8
      return { ...table(add(entry, mul(evaluate(location.index), 4))), holds: 'device-table' }
    }
    default:
      return location satisfies never
  }
}

/** A table of the test's own says how it is accessed. */
function leafSpot(ground: Ground, location: Extract<Location, { place: 'pte' }>): Omit<Spot, 'holds'> {
  const addr = leafAddr(ground, location)
  const other = otherMemory(ground.layout).find(({ base, bytes }) => addr >= base && addr < base + bytes)
  return { ...table(addr), ...(other ? { type: other.type } : {}) }
}

function table(addr: Operand): Omit<Spot, 'holds'> {
  return { addr, space: 'physical', bytes: descriptorBytes, type: 'cacheable' }
}

/** Memory that plain accesses do not find cacheable, in the order of addresses. */
export function otherMemory({ names }: Layout): readonly (MemoryRange & { readonly type: AccessType })[] {
  const found = [...names.values()].flatMap((known) => {
    if ((known.kind !== 'words' && known.kind !== 'table') || known.type === 'cacheable') return []
    const { addr: base, type, words } = known
    return [{ base, bytes: words * (known.kind === 'words' ? known.elements : 1) * 4, type }]
  })
  return found.sort((a, b) => a.base - b.base)
}

/** Names that are declared, or a usage error. */
export function knownNamed({ layout }: Ground, name: string, location: Location): Known {
  const known = layout.names.get(name)
  if (known === undefined) throw new UsageError(`${placed(location.at)}nothing in memory is called "${name}"`)
  return known
}

function namedSpot(ground: Ground, location: Extract<Location, { place: 'named' }>, evaluate: Evaluate): Spot {
  const known = knownNamed(ground, location.name, location)
  const { pageBytes } = ground.layout.geometry
  const isPage = known.kind === 'io' || known.kind === 'va'
  const element = known.kind === 'words' ? known.words : 1
  const words = isPage ? pageBytes / 4 : known.kind === 'words' ? known.words * known.elements : known.words
  const fields = known.kind === 'words' ? known.fields : []
  let at: Operand = 0
  let count = words
  const { index, to, field } = location
  if (index !== undefined) {
    const isElement = fields.length > 0
    at = mul(evaluate(index), isElement ? element * 4 : 4)
    count = isElement ? element : 1
    const first = constantValue(index, ground.constants)
    const last = to === undefined ? first : knownValue(to, ground.constants, 'the end of a range')
    const limit = isElement ? words / element : words
    for (const one of [first, last]) {
      if (one === undefined || one < limit) continue
      throw new UsageError(
        `${placed(location.at)}${location.name}[${one}] is outside: the last one is ${location.name}[${limit - 1}]`,
      )
    }
    if (to !== undefined) {
      if (first === undefined)
        throw new UsageError(`${placed(location.at)}a range begins at a number that is known before the test runs`)
      count *= (last as number) - first + 1
    }
  } else if (fields.length > 0 && field !== undefined && words > element) {
    throw new UsageError(
      `${placed(location.at)}${location.name} is an array: say which element, as in ${location.name}[0].${field}`,
    )
  }
  if (field !== undefined) {
    const offset = fields.indexOf(field)
    if (offset < 0) {
      throw new UsageError(
        `${placed(location.at)}${location.name} has no field "${field}"; it has ${fields.join(', ') || 'none'}`,
      )
    }
    at = add(at, offset * 4)
    count = 1
  }
  const holds = known.kind === 'table' ? ('leaf' as const) : ('words' as const)
  if (known.kind === 'va' && known.to !== 0) {
    return { addr: add(known.to, at), space: 'physical', bytes: count * 4, type: known.type, holds }
  }
  const space = isPage ? known.kind : 'physical'
  return { addr: add(known.addr, at), space, bytes: count * 4, type: isPage ? 'cacheable' : known.type, holds }
}

/** The unit of that name, or the only one; a usage error says which there are. */
export function unitOf(
  { layout }: Ground,
  name: string | undefined,
  location: { readonly at?: Location['at'] },
  translates?: TableUnit['translates'],
): TableUnit {
  const { units } = layout
  const fitting = units.filter(
    (unit) => (name === undefined || unit.name === name) && (translates ?? unit.translates) === unit.translates,
  )
  const [unit] = fitting
  if (fitting.length === 1 && unit !== undefined) return unit
  const known = units.map((one) => one.name).join(', ') || 'none'
  if (fitting.length === 0)
    throw new UsageError(
      `${placed(location.at)}no unit${name ? ` "${name}"` : ''} translates here; units with tables: ${known}`,
    )
  throw new UsageError(
    `${placed(location.at)}say which unit is meant, as in "in ${unit?.name}"; units with tables: ${known}`,
  )
}

export function rootOf(
  { layout }: Ground,
  unit: TableUnit,
  tag: number,
  location: { readonly at?: Location['at'] },
): number {
  const root = layout.roots.get(unit.name)?.[tag]
  if (root === undefined) throw new UsageError(`${placed(location.at)}${unit.name} has no domain with tag ${tag}`)
  return root
}

function leafAddr(ground: Ground, location: Extract<Location, { place: 'pte' }>): number {
  const { geometry, tables } = ground.layout
  const known = knownNamed(ground, location.page, location)
  if (known.kind !== 'io' && known.kind !== 'va') {
    throw new UsageError(`${placed(location.at)}pte ${location.page}: ${location.page} is no io or va page`)
  }
  const unit = unitOf(ground, location.unit ?? (known.kind === 'va' ? mmuName : undefined), location, known.kind)
  const at = tables.get(tableKey(unit.name, location.tag ?? 0, level1Index(geometry, known.addr)))
  if (at === undefined)
    throw new UsageError(`${placed(location.at)}${unit.name} has no domain with tag ${location.tag}`)
  return at + level2Index(geometry, known.addr) * descriptorBytes
}

/** The pages of IO addresses whose leaf entry stands at `addr`, in tables that are linked at the start; units may share them. */
export function ioPagesAt(
  { geometry, names, tables, units }: Layout,
  addr: Operand,
): { readonly page: number; readonly unit: string; readonly tag: number }[] {
  const found = []
  for (const known of names.values()) {
    if (known.kind !== 'io') continue
    for (const { name: unit, translates, tags } of units) {
      for (let tag = 0; translates === 'io' && tag < tags; tag++) {
        const table = tables.get(tableKey(unit, tag, level1Index(geometry, known.addr)))
        if (table === undefined || table + level2Index(geometry, known.addr) * descriptorBytes !== addr) continue
        found.push({ page: known.addr, unit, tag })
      }
    }
  }
  return found
}

/** Number of a first-level entry, or the one over an IO page. */
function directoryIndex(ground: Ground, index: Expression, evaluate: Evaluate): Operand {
  const known = index.expr === 'name' ? ground.layout.names.get(index.name) : undefined
  if (known?.kind === 'io' || known?.kind === 'va') return level1Index(ground.layout.geometry, known.addr)
  return evaluate(index)
}

/** The unit with an entry for a device: the one that is named, or the only one. */
export function deviceTableUnit(
  { layout }: Ground,
  location: Placed & { readonly device: string; readonly unit?: string },
): TableUnit {
  const unit = layout.units.find(
    ({ name, devices }) => devices.includes(location.device) && (location.unit === undefined || location.unit === name),
  )
  if (unit !== undefined) return unit
  throw new UsageError(
    `${placed(location.at)}no IOMMU with tags has an entry for ${location.device}: say "iommu … with tags"`,
  )
}
