/** Litmus | where everything of a test is: addresses of names and tables, and what memory holds at the start. */

import { type Geometry, type MemoryRange, litmus as usual } from '../../machines/geometry.ts'
import {
  descriptorBytes,
  largePageBytes,
  level1Index,
  level2Index,
  level2TableBytes,
  sectionBytes,
  tableDescriptor,
} from '../../machines/sysmmu/walk.ts'
import { alignUp } from '../base/bits.ts'
import { UsageError } from '../base/errors.ts'
import { type Constants, constantsOf, knownValue } from './constants.ts'
import { leafValue } from './entries.ts'
import type { AccessType, LitmusTest, MemoryForm } from './form.ts'
import { geometryOf, placed } from './sizes.ts'
import { spareBytes } from './spare-memory.ts'
import { type TableUnit, tablesNamed, tableUnitsOf } from './table-units.ts'

/** What a name stands for. Addresses are physical, or those of IO and virtual pages. */
export type Known =
  | {
      readonly kind: 'words'
      readonly addr: number
      /** Of one element. */
      readonly words: number
      readonly elements: number
      readonly fields: readonly string[]
      readonly type: AccessType
    }
  | { readonly kind: 'table'; readonly addr: number; readonly words: number; readonly type: AccessType }
  | { readonly kind: 'io'; readonly addr: number }
  /** `to`: with no MMU in front of the cores it is another way to that memory. */
  | { readonly kind: 'va'; readonly addr: number; readonly to: number; readonly type: AccessType }

/** A translation that stands in the tables at the start. */
export interface InitialMapping {
  readonly unit: string
  readonly tag: number
  readonly from: number
  readonly to: number
  readonly bytes: number
}

export interface Layout {
  readonly geometry: Geometry
  readonly names: ReadonlyMap<string, Known>
  readonly units: readonly TableUnit[]
  /** First-level tables by unit, one for each tag. */
  readonly roots: ReadonlyMap<string, readonly number[]>
  /** Device tables by unit: two words for each of its devices. */
  readonly deviceTables: ReadonlyMap<string, number>
  /** Second-level tables that are linked at the start, by `tableKey`. */
  readonly tables: ReadonlyMap<string, number>
  readonly mappings: readonly InitialMapping[]
  /** What the test names and its tables; behind it are the pages that the operating system hands out. */
  readonly inUse: readonly MemoryRange[]
  /** What nobody names: the operating system hands it out. */
  readonly spare: MemoryRange
  /** First byte of what devices with safe buffers do not reach, if there is any. */
  readonly far?: number
  /** Words of memory that are not zero at the start, by address. */
  readonly initial: ReadonlyMap<number, number>
}

/** Most memory of a test, in bytes; more would make every state large for nothing. */
export const memoryBytesMax = 0x4000

/** Key of the second-level table behind a first-level entry. */
export function tableKey(unit: string, tag: number, entry: number): string {
  return `${unit}/${tag}/${entry}`
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type MapForm = Extract<MemoryForm, { kind: 'map' }>
type WordsForm = Extract<MemoryForm, { kind: 'words' }>
type PagesForm = Extract<MemoryForm, { kind: 'io' | 'va' }>

/** Lays a test out. Usage errors name what does not fit. */
export function layOut(test: LitmusTest): Layout {
  return new Layouter(test).layOut()
}

class Layouter {
  private readonly test: LitmusTest
  private readonly geometry: Geometry
  private readonly constants: Constants
  private readonly units: readonly TableUnit[]
  private readonly names = new Map<string, Known>()
  private readonly words = new Map<number, number>()
  private readonly roots = new Map<string, readonly number[]>()
  private readonly deviceTables = new Map<string, number>()
  private readonly tables = new Map<string, number>()
  private readonly mappings: InitialMapping[] = []
  private next = usual.dram.base

  constructor(test: LitmusTest) {
    this.test = test
    this.geometry = geometryOf(test)
    this.constants = constantsOf(test)
    this.units = tableUnitsOf(test)
  }

  layOut(): Layout {
    const { geometry, test } = this
    const maps = test.memory.filter((form): form is MapForm => form.kind === 'map')
    this.placePages()
    for (const unit of this.units) this.placeRoots(unit)
    const ownTables = new Set(test.memory.flatMap((form) => (form.kind === 'table' ? form.names : [])))
    const linked = maps.filter(({ to }) => ownTables.has(to))
    const claimed = new Set(linked.flatMap((map) => this.keysOf(map)))
    for (const used of tablesNamed(test, this.units)) this.linkTable(used.unit, used.tag, used.page, claimed)
    const reservedBytes = Math.max(geometry.pageBytes, alignUp(this.next - usual.dram.base, geometry.pageBytes))
    this.next = usual.dram.base + reservedBytes
    for (const form of test.memory) if (form.kind === 'table') this.placeNamedTables(form)
    for (const map of linked) this.linkNamedTable(map)
    const words = test.memory.filter((form): form is WordsForm => form.kind === 'words')
    for (const form of words) if (!form.far) this.placeWords(form)
    const usedBytes = this.next - usual.dram.base
    const spare = spareBytes(test, geometry, this.constants)
    this.take(spare, geometry.pageBytes)
    const far = this.placeFar(words)
    for (const map of maps) this.enter(map)
    const bytes = alignUp(this.next - usual.dram.base, geometry.pageBytes)
    if (bytes > memoryBytesMax) {
      throw new UsageError(
        `${test.name} takes ${bytes} bytes of memory, and ${memoryBytesMax} are possible: make it smaller`,
      )
    }
    return {
      geometry: { ...geometry, dram: { base: usual.dram.base, bytes }, reservedBytes },
      names: this.names,
      units: this.units,
      roots: this.roots,
      deviceTables: this.deviceTables,
      tables: this.tables,
      mappings: this.mappings,
      inUse: [
        { base: usual.dram.base, bytes: usedBytes },
        ...(far === undefined ? [] : [{ base: far, bytes: usual.dram.base + bytes - far }]),
      ],
      spare: {
        base: usual.dram.base + usedBytes,
        bytes: (far ?? usual.dram.base + bytes) - usual.dram.base - usedBytes,
      },
      ...(far === undefined ? {} : { far }),
      initial: this.words,
    }
  }

  /** Behind everything else; its first byte. */
  private placeFar(words: readonly WordsForm[]): number | undefined {
    const forms = words.filter((form) => form.far)
    if (forms.length === 0) return undefined
    const begin = alignUp(this.next, this.geometry.pageBytes)
    this.next = begin
    for (const form of forms) this.placeWords(form)
    return begin
  }

  private take(bytes: number, unit = bytes): number {
    const addr = alignUp(this.next, unit)
    this.next = addr + bytes
    return addr
  }

  /** IO and virtual pages follow each other in the order in which they are declared. */
  private placePages(): void {
    const { geometry, test } = this
    const next = { io: geometry.iova.base, va: geometry.user.base }
    for (const form of test.memory) {
      if (form.kind !== 'io' && form.kind !== 'va') continue
      if (form.place.base === 'section') next[form.kind] = alignUp(next[form.kind], sectionBytes(geometry))
      for (const name of form.names) {
        this.names.set(name, pageNamed(form, next[form.kind]))
        next[form.kind] += geometry.pageBytes
      }
    }
    for (const kind of ['io', 'va'] as const) {
      const { base, bytes } = kind === 'io' ? geometry.iova : geometry.user
      const used = next[kind] - base
      if (used <= bytes) continue
      throw new UsageError(
        `${test.name} has ${used / geometry.pageBytes} ${kind} pages, and the tables translate ${bytes / geometry.pageBytes}: set "size directory" or "size table" larger`,
      )
    }
  }

  private placeRoots({ name, tags, devices }: TableUnit): void {
    const bytes = this.geometry.level1Entries * descriptorBytes
    const roots: number[] = []
    for (let tag = 0; tag < tags; tag++) roots.push(this.take(bytes))
    this.roots.set(name, roots)
    if (devices.length > 0) this.deviceTables.set(name, this.take(devices.length * 8, 8))
  }

  /** Tables of the test's own are pages that it can give back. */
  private placeNamedTables(form: Extract<MemoryForm, { kind: 'table' }>): void {
    const bytes = level2TableBytes(this.geometry)
    for (const name of form.names) {
      const addr = this.take(bytes, Math.max(bytes, this.geometry.pageBytes))
      this.names.set(name, { kind: 'table', addr, words: bytes / descriptorBytes, type: form.type })
    }
    this.next = alignUp(this.next, this.geometry.pageBytes)
  }

  private keysOf(map: MapForm): string[] {
    const entry = level1Index(this.geometry, this.pageOf(map.from, map).addr)
    return this.unitsOf(map).map(({ name }) => tableKey(name, map.tag, entry))
  }

  /** `map v0 -> T0`: the section of that page has a table of the test's own. */
  private linkNamedTable(map: MapForm): void {
    const table = this.names.get(map.to)
    if (table?.kind !== 'table') return
    for (const unit of this.unitsOf(map)) this.link(unit.name, map.tag, this.pageOf(map.from, map).addr, table.addr)
  }

  private linkTable(unit: string, tag: number, page: string, claimed: ReadonlySet<string>): void {
    const known = this.names.get(page)
    if (known?.kind !== 'io' && known?.kind !== 'va') return
    const key = tableKey(unit, tag, level1Index(this.geometry, known.addr))
    if (this.tables.has(key) || claimed.has(key)) return
    this.link(unit, tag, known.addr, this.take(level2TableBytes(this.geometry)))
  }

  private link(unit: string, tag: number, page: number, table: number): void {
    const entry = level1Index(this.geometry, page)
    const root = this.roots.get(unit)?.[tag]
    if (root === undefined) return
    this.tables.set(tableKey(unit, tag, entry), table)
    this.words.set(root + entry * descriptorBytes, tableDescriptor(table))
  }

  private placeWords(form: WordsForm): void {
    const { geometry } = this
    const unit = { words: 1, lines: geometry.lineBytes / 4, pages: geometry.pageBytes / 4 }[form.size.of]
    const words = form.size.count * unit
    const begin = {
      next: 4,
      line: form.size.of === 'pages' ? geometry.pageBytes : geometry.lineBytes,
      page: geometry.pageBytes,
      section: sectionBytes(geometry),
    }[form.place.base]
    const addr = alignUp(this.next, begin) + form.place.words * 4
    const whole = words * form.elements
    this.next = addr + whole * 4
    this.names.set(form.name, { ...form, kind: 'words', addr, words })
    const init = form.init.map((value) => knownValue(value, this.constants, `an initial value of ${form.name}`))
    for (let word = 0; word < whole && init.length > 0; word++) {
      const value = init[word % init.length] as number
      if (value !== 0) this.words.set(addr + word * 4, value)
    }
  }

  private pageOf(name: string, map: MapForm): Extract<Known, { kind: 'io' | 'va' }> {
    const page = this.names.get(name)
    if (page?.kind === 'io' || page?.kind === 'va') return page
    throw new UsageError(`${placed(map.at)}map ${name} -> ${map.to}: ${name} is no io or va page`)
  }

  /** The units whose tables a mapping stands in. */
  private unitsOf(map: MapForm): readonly TableUnit[] {
    const kind = this.pageOf(map.from, map).kind
    return this.units.filter(
      ({ name, translates }) => translates === kind && (map.unit === undefined || map.unit === name),
    )
  }

  private enter(map: MapForm): void {
    const { geometry } = this
    const page = this.pageOf(map.from, map) as Mutable<ReturnType<Layouter['pageOf']>>
    const to = this.names.get(map.to)
    if (to?.kind === 'table') return
    if (to?.kind !== 'words')
      throw new UsageError(`${placed(map.at)}map ${map.from} -> ${map.to}: ${map.to} is no memory`)
    const units = this.unitsOf(map)
    const bytes = { page: geometry.pageBytes, large: largePageBytes(geometry), section: sectionBytes(geometry) }[
      map.leaf
    ]
    for (const [what, addr] of [
      [map.to, to.addr],
      [map.from, page.addr],
    ] as const) {
      // Another way to the same memory needs no table.
      if (units.length === 0 || addr % bytes === 0) continue
      throw new UsageError(
        `${placed(map.at)}map ${map.from} -> ${map.to}: ${what} must begin at a multiple of ${bytes} bytes (${map.leaf}); say "at ${map.leaf === 'page' ? 'page' : 'section'}" where it is declared`,
      )
    }
    if (page.kind === 'va' && units.length === 0) {
      page.to = to.addr
      page.type = map.type
    }
    if (page.kind === 'io' && units.length === 0) {
      throw new UsageError(
        `${placed(map.at)}map ${map.from} -> ${map.to}: no IOMMU of this test translates IO addresses`,
      )
    }
    for (const { name: unit, kind } of units) {
      this.writeLeaf(unit, kind, map, page.addr, to.addr)
      this.mappings.push({ unit, tag: map.tag, from: page.addr, to: to.addr, bytes })
    }
  }

  private writeLeaf(unit: string, kind: TableUnit['kind'], map: MapForm, from: number, to: number): void {
    const { geometry } = this
    const root = this.roots.get(unit)?.[map.tag]
    if (root === undefined) throw new UsageError(`${placed(map.at)}${unit} has no domain with tag ${map.tag}`)
    const leaf = { leaf: map.leaf, addr: to, type: map.type, readOnly: false }
    const value = leafValue(leaf, kind, geometry)
    if (map.leaf === 'section') {
      this.words.set(root + level1Index(geometry, from) * descriptorBytes, value)
      return
    }
    const table = this.tables.get(tableKey(unit, map.tag, level1Index(geometry, from))) as number
    const entries = map.leaf === 'large' ? largePageBytes(geometry) / geometry.pageBytes : 1
    for (let entry = 0; entry < entries; entry++) {
      this.words.set(table + (level2Index(geometry, from) + entry) * descriptorBytes, value)
    }
  }
}

function pageNamed({ kind }: PagesForm, addr: number): Known {
  return kind === 'io' ? { kind, addr } : { kind, addr, to: 0, type: 'cacheable' }
}
