/** Litmus | options of single parts of a platform, `<part>.<option>`, which are switched as features are. */

import { sysmmuVersions } from '../../machines/sysmmu/regs.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import {
  type AtcOption,
  atcOptions,
  type FeatureForm,
  type IommuOption,
  iommuOptions,
  type LitmusTest,
  type Statement,
  type UnitForm,
} from './form.ts'
import { placed } from './sizes.ts'

/** `M.version-3.1` is the version of a SYSMMU. */
export const versionOption = 'version-'

type Platform = Pick<LitmusTest, 'platform' | 'actors'>

/** `M.walk-cache` is option walk-cache of M; undefined: the name is no option but a feature. */
export function splitOption(name: string): { readonly part: string; readonly option: string } | undefined {
  const dot = name.indexOf('.')
  return dot < 0 ? undefined : { part: name.slice(0, dot), option: name.slice(dot + 1) }
}

/** Every option of every part, and whether the platform has it as it stands. */
export function optionsOf({ platform, actors }: Platform): ReadonlyMap<string, boolean> {
  const options = new Map<string, boolean>()
  for (const unit of platform.units) {
    if (unit.unit === 'iommu') {
      for (const option of iommuOptions) options.set(`${unit.name}.${option}`, unit.options.includes(option))
      for (const device of unit.devices) options.set(`${device}.atc`, false)
    } else if (unit.unit === 'sysmmu') {
      for (const version of sysmmuVersions)
        options.set(`${unit.name}.${versionOption}${version}`, unit.version === version)
    } else if (unit.unit === 'supply') for (const kind of unit.kinds) options.set(`${unit.of}.${kind}`, true)
  }
  for (const actor of actors) if (actor.actor === 'device') options.set(`${actor.name}.coherent`, false)
  for (const unit of platform.units) {
    if (unit.unit === 'atc' || unit.unit === 'coherent') options.set(`${unit.device}.${unit.unit}`, true)
    if (unit.unit !== 'atc') continue
    for (const option of atcOptions)
      options.set(`${unit.device}.atc-${option}`, unit.options?.includes(option) === true)
  }
  return options
}

/** The units with these switches made, of which the later ones win. Usage errors for options that no part has. */
export function withOptions(test: Platform, switches: readonly FeatureForm[]): UnitForm[] {
  const known = optionsOf(test)
  let units = [...test.platform.units]
  for (const { name, on, at } of switches) {
    const { part, option } = splitOption(name) ?? { part: '', option: name }
    if (!known.has(name)) throw new UsageError(`${placed(at)}${unknownName('option', name, [...known.keys()]).message}`)
    if (option === 'atc' || option === 'coherent') {
      units = units.filter((unit) => unit.unit !== option || unit.device !== part)
      if (on) units.push({ unit: option, device: part })
    } else units = units.map((unit) => switched(unit, part, option, on))
  }
  return units.filter((unit) => unit.unit !== 'supply' || unit.kinds.length > 0)
}

function switched(unit: UnitForm, part: string, option: string, on: boolean): UnitForm {
  if (unit.unit === 'sysmmu' && unit.name === part && on) {
    return { ...unit, version: option.slice(versionOption.length) }
  }
  if (unit.unit === 'iommu' && unit.name === part) {
    const options = iommuOptions.filter((one) => (one === option ? on : unit.options.includes(one)))
    return { ...unit, options: options satisfies IommuOption[] }
  }
  if (unit.unit === 'atc' && unit.device === part) {
    const has = (one: AtcOption): boolean => (`atc-${one}` === option ? on : unit.options?.includes(one) === true)
    return { ...unit, options: atcOptions.filter(has) }
  }
  if (unit.unit !== 'supply' || unit.of !== part || on) return unit
  return { ...unit, kinds: unit.kinds.filter((kind) => kind !== option) }
}

/** Whether a statement switches a supply that the options say is always on. */
export function isSwitchGone(statement: Statement, switches: readonly FeatureForm[]): boolean {
  if (statement.do !== 'supply') return false
  const name = `${statement.of}.${statement.kind}`
  return switches.findLast((one) => one.name === name)?.on === false
}
