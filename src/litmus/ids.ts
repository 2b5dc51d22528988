/** Litmus | by which ids the cores, devices and units of a test are actors of its platform. */

import type { LitmusParts } from '../../machines/litmus-windows.ts'
import { UsageError } from '../base/errors.ts'
import type { CoreForm } from './cores.ts'
import type { ActorForm, LitmusTest } from './form.ts'
import { placed } from './sizes.ts'
import { namedUnits } from './table-units.ts'

export type DeviceForm = Extract<ActorForm, { actor: 'device' }>

/** Actor ids that the platform has anyway. */
const takenIds = ['scu', 'l2', 'bus', 'dram', 'gic', 'os', 'memory']

/** Actor ids by the names of the test. */
export type Ids = ReadonlyMap<string, string>

/** Usage errors for a name that another part of the platform has. */
export function idsOf(test: LitmusTest, cores: readonly CoreForm[], devices: readonly DeviceForm[]): Ids {
  const ids = new Map<string, string>()
  for (const [core, { name }] of cores.entries()) ids.set(name, `cpu${core}`)
  for (const { name, at } of [...devices, ...namedUnits(test)]) {
    const id = name.toLowerCase()
    if (takenIds.includes(id) || /^(cpu|l1d)\d+$/.test(id) || [...ids.values()].includes(id)) {
      throw new UsageError(`${placed(at)}"${name}" is what another part of the platform is called: choose another name`)
    }
    ids.set(name, id)
  }
  return ids
}

/** Who has register windows, in the order of their addresses. */
export function partsOf(test: LitmusTest, ids: Ids): LitmusParts {
  const idOf = (name: string) => ({ id: ids.get(name) as string })
  return {
    devices: test.actors.flatMap((actor) => (actor.actor === 'device' ? [idOf(actor.name)] : [])),
    units: namedUnits(test).map(({ name }) => idOf(name)),
    supplies: test.platform.units.flatMap((unit) =>
      unit.unit === 'supply' ? [{ of: ids.get(unit.of) as string }] : [],
    ),
  }
}
