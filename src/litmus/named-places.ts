/** Litmus | what a test calls the addresses of its platform, so that a report can speak of `buf[1]`, `pte v` and `D.STATUS`. */

import { leafAttributes, plainDescriptor } from '../../machines/iommu/descriptors.ts'
import { level1Index, level1Kind, level2Index, tableOf } from '../../machines/sysmmu/walk.ts'
import { type Known, type Layout, tableKey } from './memory-layout.ts'

/** Names of addresses, for whoever tells of a run. */
export interface PlaceNames {
  /** Of the word or register at `addr`, be it a physical, an IO or a virtual address; undefined where nothing has a name. */
  readonly at: (addr: number) => string | undefined
  /** What a table entry of this kind leads to: `page buf nc`. */
  readonly entry: (kind: 'page' | 'table', value: number) => string | undefined
  /** A word as the test writes it: `&buf`, and in a table entry `page buf`; undefined for what is just a number. */
  readonly value: (addr: number, value: number) => string | undefined
}

/** Registers by window: the unit's or device's name, its first address, and the offsets of its registers. */
export interface NamedWindow {
  readonly name: string
  readonly base: number
  readonly registers: Readonly<Record<string, number>>
}

export function namePlaces(layout: Layout, windows: readonly NamedWindow[]): PlaceNames {
  const { geometry, units } = layout
  const names = new Map<number, string>()
  const pages = new Map<number, string>()
  const entries = nameEntries(layout, names)
  for (const [name, known] of layout.names) {
    pages.set(known.addr, name)
    for (const [at, word] of wordsOf(name, known, geometry.pageBytes).entries()) {
      // An entry that stands in a table of the test's own is known by its page.
      if (!names.has(known.addr + at * 4)) names.set(known.addr + at * 4, word)
    }
  }
  for (const { name, base, registers } of windows) {
    for (const [register, offset] of Object.entries(registers)) names.set(base + offset, `${name}.${register}`)
  }
  const entry: PlaceNames['entry'] = (kind, value) => {
    if (kind === 'table' && level1Kind(value) === 'table') {
      const table = names.get(tableOf(geometry, value))
      return table && `the table of ${table}`
    }
    // The SYSMMU has no attributes there, and no memory that high.
    const plain = plainDescriptor(value)
    const page = pages.get(plain - (plain % geometry.pageBytes))
    const { nonCacheable, readOnly } = units.some((unit) => unit.kind !== 'sysmmu')
      ? leafAttributes(value)
      : noAttributes
    return page && `page ${page}${nonCacheable ? ' nc' : ''}${readOnly ? ' read-only' : ''}`
  }
  return {
    at: (addr) => names.get(addr),
    entry,
    value: (addr, value) => {
      const kind = entries.get(addr)
      if (value === 0) return undefined
      if (kind !== undefined) return entry(kind, value)
      return names.has(value) ? `&${names.get(value)}` : undefined
    },
  }
}

const noAttributes = { nonCacheable: false, readOnly: false }

/** What the words of a name are called, in their order. */
function wordsOf(name: string, known: Known, pageBytes: number): string[] {
  if (known.kind === 'io' || known.kind === 'va') {
    return Array.from({ length: pageBytes / 4 }, (_, at) => (at === 0 ? name : `${name}[${at}]`))
  }
  const { words, elements, fields } = known.kind === 'words' ? known : { words: known.words, elements: 1, fields: [] }
  return Array.from({ length: words * elements }, (_, at) => {
    if (fields.length === 0) return words * elements > 1 ? `${name}[${at}]` : name
    const field = fields[at % words]
    const element = elements > 1 ? `${name}[${Math.floor(at / words)}]` : name
    return field === undefined ? element : `${element}.${field}`
  })
}

/** Names the words of tables; what a word there leads to, by address: a page, or a table. */
function nameEntries(layout: Layout, names: Map<number, string>): ReadonlyMap<number, 'page' | 'table'> {
  const { geometry, units, roots, tables, deviceTables } = layout
  const entries = new Map<number, 'page' | 'table'>()
  const several = units.length > 1
  for (const { name: unit, tags, translates, devices } of units) {
    const where = several ? ` in ${unit}` : ''
    for (let tag = 0; tag < tags; tag++) {
      const tagged = tags > 1 ? ` tag ${tag}` : ''
      const root = roots.get(unit)?.[tag]
      for (let entry = 0; root !== undefined && entry < geometry.level1Entries; entry++) {
        names.set(root + entry * 4, `pd ${entry}${where}${tagged}`)
        entries.set(root + entry * 4, 'table')
      }
      for (const [name, known] of layout.names) {
        if (known.kind !== translates) continue
        const table = tables.get(tableKey(unit, tag, level1Index(geometry, known.addr)))
        if (table === undefined) continue
        const addr = table + level2Index(geometry, known.addr) * 4
        if (!names.has(addr)) names.set(addr, `pte ${name}${where}${tagged}`)
        entries.set(addr, 'page')
      }
    }
    const first = deviceTables.get(unit)
    for (const [at, device] of devices.entries()) {
      for (const word of [0, 1]) if (first !== undefined) names.set(first + at * 8 + word * 4, `dte ${device}[${word}]`)
    }
  }
  return entries
}
