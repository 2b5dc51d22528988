/** Litmus | the units of a test that translate by tables in memory, and which second-level tables its programs name. */

import { constantsOf, constantValue } from './constants.ts'
import type { Expression, LitmusTest, Location, Place, UnitForm } from './form.ts'
import { partsIn } from './statements.ts'

/** A unit with tables of its own. The MMUs of all cores are one unit. */
export interface TableUnit {
  readonly name: string
  readonly kind: 'sysmmu' | 'iommu' | 'mmu'
  readonly translates: 'io' | 'va'
  /** Number of domains; each has first-level tables. */
  readonly tags: number
  /** With a device table: the devices in its order. */
  readonly devices: readonly string[]
}

/** Units that are actors of their own, by name. */
export function namedUnits({ platform }: LitmusTest): readonly { readonly name: string; readonly at?: Place }[] {
  return platform.units.flatMap((unit) => {
    const name = unit.unit === 'sysmmu' || unit.unit === 'iommu' ? unit.name : unit.unit === 'mmu' ? mmuName : undefined
    return name === undefined ? [] : [{ name, ...(unit.at ? { at: unit.at } : {}) }]
  })
}

/** Name of the unit that the MMUs of the cores are. */
export const mmuName = 'mmu'

export function tableUnitsOf(test: LitmusTest): readonly TableUnit[] {
  const tags = highestTag(test) + 1
  return test.platform.units.flatMap((unit): TableUnit[] => {
    switch (unit.unit) {
      case 'sysmmu':
        return [{ name: unit.name, kind: 'sysmmu', translates: 'io', tags, devices: [] }]
      case 'iommu':
        return [
          {
            name: unit.name,
            kind: 'iommu',
            translates: 'io',
            tags,
            devices: unit.options.includes('tags') ? unit.devices : [],
          },
        ]
      case 'mmu':
        return [{ name: mmuName, kind: 'mmu', translates: 'va', tags, devices: [] }]
      default:
        return []
    }
  })
}

function highestTag(test: LitmusTest): number {
  const constants = constantsOf(test)
  let highest = 0
  for (const { tag } of partsIn([test.memory, test.actors])) {
    const value = typeof tag === 'number' ? tag : constantValue((tag ?? { expr: 'none' }) as Expression, constants)
    if (value !== undefined && value > highest) highest = value
  }
  // The domain whose tables a device is given.
  for (const part of partsIn(test.actors)) {
    const { location, value } = part as { location?: Location; value?: Expression }
    if (part.do !== 'store' || location?.place !== 'dte' || value === undefined) continue
    highest = Math.max(highest, constantValue(value, constants) ?? 0)
  }
  return highest
}

/** A page whose leaf entry must have a place: it is mapped at the start, or a program names its entry. */
export interface NamedTable {
  readonly unit: string
  readonly tag: number
  readonly page: string
}

export function tablesNamed(test: LitmusTest, units: readonly TableUnit[]): readonly NamedTable[] {
  const named: NamedTable[] = []
  const pages = new Map(
    test.memory.flatMap((form) =>
      form.kind === 'io' || form.kind === 'va' ? form.names.map((name) => [name, form.kind] as const) : [],
    ),
  )
  const add = (page: string, tag: number, unit: string | undefined): void => {
    for (const { name, translates } of units) {
      if (pages.get(page) === translates && (unit === undefined || unit === name)) named.push({ unit: name, tag, page })
    }
  }
  for (const form of test.memory)
    if (form.kind === 'map' && form.leaf !== 'section') add(form.from, form.tag, form.unit)
  for (const part of partsIn([test.actors, test.conditions])) {
    const location = part as unknown as Location
    if (location.place === 'pte') add(location.page, location.tag ?? 0, location.unit)
  }
  return named
}

/** The unit that stands in front of a device, or undefined. */
export function unitBefore(
  test: LitmusTest,
  device: string,
): Extract<UnitForm, { unit: 'sysmmu' | 'iommu' }> | undefined {
  for (const unit of test.platform.units) {
    if (unit.unit === 'sysmmu' && unit.device === device) return unit
    if (unit.unit === 'iommu' && unit.devices.includes(device)) return unit
  }
  return undefined
}
