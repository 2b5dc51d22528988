/** Litmus | memory that changes behind the caches and is seen through them: only there do unmodified copies matter. */

import type { Features } from '../../machines/features.ts'
import type { MemoryRange } from '../../machines/geometry.ts'
import { descriptorBytes } from '../../machines/sysmmu/walk.ts'
import { alignDown } from '../base/bits.ts'
import { CallLines, type Touched } from './call-lines.ts'
import { constantValue } from './constants.ts'
import { type AccessType, accessTypes, type LitmusTest, type Location, type Statement } from './form.ts'
import { type Ground, otherMemory, type Spot, spotOf } from './locations.ts'
import { partsIn, programsOf, registerOwner, statementsOf, statementsOfAll } from './statements.ts'

/** Lines of memory, by the address of their first byte; `everywhere`: all of them. */
class Lines {
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

interface Both {
  readonly changed: Lines
  readonly seen: Lines
}

/**
 * Lines that somebody changes past the caches (devices, non-cacheable stores, an IOMMU's status) and somebody sees through them
 * (cores, and whoever looks the caches up). A clean copy of any other line equals memory, or nobody looks at it. Dirty lines
 * may be evicted wherever they are. Absent: any line.
 */
export function disturbedLines(
  test: LitmusTest,
  ground: Ground,
  features: Features,
): readonly MemoryRange[] | undefined {
  const changed = new Lines(ground)
  const seen = new Lines(ground)
  const entries = kindsOfEntries(test, ground)
  const calls = new CallLines(test, ground)
  const coherent = new Set(test.platform.units.flatMap((unit) => (unit.unit === 'coherent' ? [unit.device] : [])))
  const isCoherent = (device: string): boolean => features.deviceCoherent || coherent.has(device)
  for (const actor of test.actors) {
    const isDevice = actor.actor === 'device'
    const statements = statementsOf(programsOf(actor).flat())
    for (const statement of statements) {
      if (statement.do === 'call') noteCall(calls.touchedBy(statement, registerOwner(actor)), { changed, seen })
      else if (!isDevice) noteCore(statement, { changed, seen }, ground, features, entries)
      else if (statement.do === 'read' && isCoherent(actor.name)) seen.add(statement.location)
      else if (statement.do === 'write') {
        // What goes through the coherency port changes what the caches hold too.
        ;(isCoherent(actor.name) ? seen : changed).add(statement.location)
      }
    }
  }
  // What a core sees in the end is a load of it.
  for (const part of partsIn(test.conditions)) {
    if (part.expr === 'word' && part.observer !== 'memory') seen.add(part.location as Location)
  }
  if (features.walkerCoherent && ground.layout.units.length > 0) {
    if (writesUnknownEntries(test, ground)) seen.everywhere = true
    else seen.addTables()
  }
  if (changed.everywhere && seen.everywhere) return undefined
  const { lineBytes } = ground.layout.geometry
  const lines = [...(changed.everywhere ? seen : changed).addrs].filter((line) => changed.has(line) && seen.has(line))
  return merged(lines.map((base) => ({ base, bytes: lineBytes })))
}

/** Whether a program writes a table entry whose meaning is known only when it runs, or may do so through a pointer. */
function writesUnknownEntries({ actors }: LitmusTest, { layout: { names } }: Ground): boolean {
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
function kindsOfEntries(test: LitmusTest, ground: Ground): ReadonlySet<AccessType> {
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

function noteCore(
  statement: Statement,
  { changed, seen }: Both,
  ground: Ground,
  features: Features,
  entries: ReadonlySet<AccessType>,
): void {
  switch (statement.do) {
    case 'store':
    case 'load':
    case 'atomic': {
      const named = statement.do === 'atomic' ? undefined : statement.type
      const kind = named ?? typeOf(ground, statement.location)
      if (kind === 'by address') {
        seen.addOfKinds(new Set(features.sharedOverride ? ['cacheable'] : accessTypes))
        changed.addOfKinds(new Set(['nc', 'so']))
        return
      }
      // What an MMU leads to is of the kind that some entry says.
      const kinds = isVirtual(ground, statement.location) ? entries : new Set([kind])
      if (kinds.has('cacheable')) seen.add(statement.location)
      if (kinds.has('nc') || kinds.has('so')) {
        changed.add(statement.location)
        if (!features.sharedOverride) seen.add(statement.location)
      }
      return
    }
    case 'poll':
      if (statement.what.poll === 'memory') {
        const { location, type } = statement.what
        noteCore(
          { do: 'load', to: '', location, ...(type ? { type } : {}) },
          { changed, seen },
          ground,
          features,
          entries,
        )
      }
      return
    case 'maintain':
      seen.add(statement.location)
      // What one cache fetched from another that drops it then is nowhere else.
      if (statement.action === 'inv') changed.add(statement.location)
      return
    case 'tlbsync':
      if (statement.slot) changed.add(statement.slot)
      return
    default:
  }
}

function noteCall({ buffers, drops, tables }: Touched, { changed, seen }: Both): void {
  if (tables) seen.addTables()
  if (buffers === 'anything') {
    changed.everywhere = true
    seen.everywhere = true
    return
  }
  for (const { addr, bytes } of buffers) {
    seen.addBytes(addr, bytes)
    if (drops) changed.addBytes(addr, bytes)
  }
}

function isVirtual(ground: Ground, location: Location): boolean {
  const known = location.place === 'named' ? ground.layout.names.get(location.name) : undefined
  return known?.kind === 'va' && known.to === 0
}

function typeOf(ground: Ground, location: Location): Spot['type'] {
  return spotOf(ground, location, (value) => constantValue(value, ground.constants) ?? 'unknown').type
}

/** In order of addresses, none touching another. */
function merged(ranges: readonly MemoryRange[]): MemoryRange[] {
  const result: { base: number; bytes: number }[] = []
  for (const range of [...ranges].sort((a, b) => a.base - b.base)) {
    const last = result.at(-1)
    if (last === undefined || range.base > last.base + last.bytes) result.push({ ...range })
    else last.bytes = range.base + range.bytes - last.base
  }
  return result
}
