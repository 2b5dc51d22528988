/** Litmus | spaces of IO addresses: one for each domain of each unit that translates for devices, by number. */

import { constantsOf, constantValue } from './constants.ts'
import type { Expression, LitmusTest } from './form.ts'
import { statementsOfAll } from './statements.ts'
import { type TableUnit, unitBefore } from './table-units.ts'

/** Units that translate IO addresses; those that the DMA API drives come first, because its marks name no space. */
function unitsOfIo(units: readonly TableUnit[]): readonly TableUnit[] {
  const ofIo = units.filter(({ translates }) => translates === 'io')
  return [...ofIo.filter(({ kind }) => kind === 'sysmmu'), ...ofIo.filter(({ kind }) => kind !== 'sysmmu')]
}

/** Numbers of the spaces of a unit, by tag; of one that translates no IO addresses, none. */
function spacesOf(units: readonly TableUnit[], unit: string): readonly number[] {
  let first = 0
  for (const { name, tags } of unitsOfIo(units)) {
    if (name === unit) return Array.from({ length: tags }, (_, tag) => first + tag)
    first += tags
  }
  return []
}

/** The space that the entries of a unit's domain belong to. */
export function ioSpace(units: readonly TableUnit[], unit: string, tag: number): number {
  return spacesOf(units, unit)[tag] ?? 0
}

/** The spaces of a unit, or of all of them: they are numbered one after the other. `tag`: of one domain of the unit. */
export function ioSpacesIn(
  units: readonly TableUnit[],
  unit?: string,
  tag?: number,
): { readonly space: number; readonly spaces: number } {
  if (tag !== undefined) return { space: ioSpace(units, unit ?? unitsOfIo(units)[0]?.name ?? '', tag), spaces: 1 }
  const all = unit === undefined ? unitsOfIo(units).flatMap(({ name }) => spacesOf(units, name)) : spacesOf(units, unit)
  return { space: all[0] ?? 0, spaces: all.length }
}

/** Spaces as marks name them: not at all where it is the first one. */
export function spaceArgs({
  space,
  spaces = 1,
}: {
  readonly space: number
  readonly spaces?: number
}): Record<string, number> {
  return { ...(space === 0 ? {} : { space }), ...(spaces === 1 ? {} : { spaces }) }
}

/** Who keeps translations: units, and the devices that have a translation cache. */
export interface Translator {
  readonly id: string
  /** Numbers of the spaces whose translations it may hold. */
  readonly spaces: readonly number[]
  /** Its entries carry the number of a domain, which is the place of their space in `spaces`. */
  readonly isTagged: boolean
}

/** @param ids actor ids of units and devices by name */
export function translatorsOf(
  test: LitmusTest,
  units: readonly TableUnit[],
  ids: ReadonlyMap<string, string>,
): readonly Translator[] {
  const idOf = (name: string): string => ids.get(name) as string
  return [
    ...units.map(({ name, devices }) => ({
      id: idOf(name),
      spaces: spacesOf(units, name),
      isTagged: devices.length > 0,
    })),
    ...test.platform.units.flatMap((unit) =>
      unit.unit === 'atc'
        ? [{ id: `${idOf(unit.device)}-atc`, spaces: ioSpacesBefore(test, units, unit.device), isTagged: false }]
        : [],
    ),
  ]
}

/** The spaces whose entries may translate what a device accesses; none before which there is no unit. */
export function ioSpacesBefore(test: LitmusTest, units: readonly TableUnit[], device: string): readonly number[] {
  const name = unitBefore(test, device)?.name
  const unit = units.find((one) => one.name === name)
  if (unit === undefined) return []
  const spaces = spacesOf(units, unit.name)
  const domains = domainsOf(test, unit, device)
  return domains === undefined ? spaces : spaces.filter((_, tag) => domains.has(tag))
}

/** Domains whose tables the programs point a device, or its unit, to; undefined if not every one of them is known. */
function domainsOf(test: LitmusTest, { devices, name }: TableUnit, device: string): ReadonlySet<number> | undefined {
  const constants = constantsOf(test)
  const hasOwn = devices.includes(device)
  // Without a device table a unit begins with the first domain.
  const found = new Set(hasOwn ? [] : [0])
  for (const statement of statementsOfAll(test.actors)) {
    let root: Expression | undefined
    if (statement.do === 'root' && !hasOwn && (statement.unit ?? name) === name) root = statement.tag
    if (statement.do === 'store' && statement.location.place === 'dte' && statement.location.device === device) {
      if (constantValue(statement.location.index, constants) !== 1) root = statement.value
    }
    if (root === undefined) continue
    const domain = constantValue(root, constants)
    if (domain === undefined) return undefined
    found.add(domain)
  }
  return found
}
