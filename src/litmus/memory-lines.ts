/** Litmus | lines of memory that statements name, and what kind of access reaches them. */

import type { MemoryRange } from '../../machines/geometry.ts'
import { descriptorBytes } from '../../machines/sysmmu/walk.ts'
import { alignDown } from '../base/bits.ts'
import { constantValue } from './constants.ts'
import { type AccessType, accessTypes, type LitmusTest, type Location } from './form.ts'
import { type Ground, otherMemory, type Spot, spotOf } from './locations.ts'
import { partsIn, statementsOfAll } from './statements.ts'

/** Lines of memory, by the address of their first byte; `everywhere`: all of them. */
export class Lines {
  readonly addrs = new Set<number>()
  everywhere = false
  private readonly ground: Ground

  constructor(ground: Ground) {
    this.ground = ground
  }

  has(line: number): boolean {
    return this.everywhere || this.addrs.has(line)
  }

  /** All that a place names: which of its words is meant may be known only when the program runs. */
  add(location: Location): void {
    const { names, geometry } = this.ground.layout
    if (location.place === 'pointer') this.everywhere = true
    else if (location.place === 'named') {
      const known = names.get(location.name)
      if (known?.kind === 'words') this.addBytes(known.addr, known.words * known.elements * 4)
      else if (known?.kind === 'table') this.addBytes(known.addr, known.words * 4)
      else if (known?.kind === 'va' && known.to !== 0) this.addBytes(known.to, geometry.pageBytes)
      else this.addReached()
    } else {
      const { addr } = spotOf(
        this.ground,
        location,
        (value) => constantValue(value, this.ground.constants) ?? 'unknown',
      )
      if (typeof addr === 'number') this.addBytes(addr, 4)
      else if (location.place === 'pd') this.addDirectories()
      else this.everywhere = true
    }
  }

  /** All memory of these kinds: where a pointer may lead if such an access is made through it. */
  addOfKinds(kinds: ReadonlySet<AccessType>): void {
    const { dram } = this.ground.layout.geometry
    let from = dram.base
    for (const { base, bytes, type } of otherMemory(this.ground.layout)) {
      if (kinds.has('cacheable')) this.addBytes(from, base - from)
      if (kinds.has(type)) this.addBytes(base, bytes)
      from = base + bytes
    }
    if (kinds.has('cacheable')) this.addBytes(from, dram.base + dram.bytes - from)
  }

  /** As ranges, none touching another; undefined: all memory. */
  ranges(): readonly MemoryRange[] | undefined {
    const { lineBytes } = this.ground.layout.geometry
    return this.everywhere ? undefined : merged([...this.addrs].map((base) => ({ base, bytes: lineBytes })))
  }

  /** First-level tables. */
  private addDirectories(): void {
    const { roots, geometry } = this.ground.layout
    for (const root of [...roots.values()].flat()) this.addBytes(root, geometry.level1Entries * descriptorBytes)
  }

  /** All that walks may read, if every table entry leads to a table with a name or to a page. */
  addTables(): void {
    const { geometry, spare } = this.ground.layout
    const { dram, reservedBytes } = geometry
    this.addBytes(dram.base, reservedBytes)
    // The operating system takes them from what nobody names.
    this.addBytes(spare.base, spare.bytes)
    for (const known of this.ground.layout.names.values()) {
      if (known.kind === 'table') this.addBytes(known.addr, known.words * 4)
    }
  }

  /** What a translation leads to may change: all memory that tables may point to. */
  private addReached(): void {
    for (const known of this.ground.layout.names.values()) {
      if (known.kind === 'words') this.addBytes(known.addr, known.words * known.elements * 4)
    }
  }

  addBytes(addr: number, bytes: number): void {
    const { lineBytes } = this.ground.layout.geometry
    if (bytes === 0) return
    for (let line = alignDown(addr, lineBytes); line < addr + bytes; line += lineBytes) this.addrs.add(line)
  }
}

/** Whether a program writes a table entry whose meaning is known only when it runs, or may do so through a pointer. */
export function writesUnknownEntries({ actors }: LitmusTest, { layout: { names } }: Ground): boolean {
  for (const statement of statementsOfAll(actors)) {
    if (statement.do !== 'store') continue
    const { location, value } = statement
    if (location.place === 'pointer') return true
    const isTable = location.place === 'named' && names.get(location.name)?.kind === 'table'
    if (location.place !== 'pte' && location.place !== 'pd' && !isTable) continue
    const isKnown =
      value.expr === 'entry' ||
      (value.expr === 'number' && value.value === 0) ||
      (value.expr === 'name' && names.has(value.name))
    if (!isKnown) return true
  }
  return false
}

/** Kinds of memory that the entries of cores' tables lead to. */
export function kindsOfEntries(test: LitmusTest, ground: Ground): ReadonlySet<AccessType> {
  if (writesUnknownEntries(test, ground)) return new Set(accessTypes)
  const kinds = new Set<AccessType>()
  for (const part of partsIn([test.memory, test.actors])) {
    if (part.expr === 'entry' || part.kind === 'map') kinds.add(part.type as AccessType)
  }
  // The bare name of a page is an entry as well.
  for (const statement of statementsOfAll(test.actors)) {
    if (statement.do === 'store' && statement.value.expr === 'name') kinds.add('cacheable')
  }
  return kinds
}

export function isVirtual(ground: Ground, location: Location): boolean {
  const known = location.place === 'named' ? ground.layout.names.get(location.name) : undefined
  return known?.kind === 'va' && known.to === 0
}

export function typeOf(ground: Ground, location: Location): Spot['type'] {
  return spotOf(ground, location, (value) => constantValue(value, ground.constants) ?? 'unknown').type
}

/** In order of addresses, none touching another. */
export function merged(ranges: readonly MemoryRange[]): MemoryRange[] {
  const result: { base: number; bytes: number }[] = []
  for (const range of [...ranges].sort((a, b) => a.base - b.base)) {
    const last = result.at(-1)
    if (last === undefined || range.base > last.base + last.bytes) result.push({ ...range })
    else last.bytes = range.base + range.bytes - last.base
  }
  return result
}
