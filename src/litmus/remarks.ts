/** Litmus | what is allowed in a test and yet hardly meant: said once to whoever checks it by itself. */

import { isKebabCase } from '../base/names.ts'
import type { LitmusTest } from './form.ts'
import { statementsOfAll } from './statements.ts'

const beginning = 'This asks whether'

/** In sentences; none if there is nothing to say. */
export function remarksOn(test: LitmusTest): string[] {
  return [...wordingOf(test), ...handingOver(test), ...supplying(test)]
}

function wordingOf({ name, question }: LitmusTest): string[] {
  return [
    ...(isKebabCase(name) ? [] : [`the name ${name} is not in kebab-case: small letters, digits and single "-"`]),
    ...(question.startsWith(beginning) ? [] : [`a question begins with "${beginning} …"`]),
  ]
}

/** A device and a core that share memory, and no word about whose it is when. */
function handingOver({ actors }: LitmusTest): string[] {
  const all = [...statementsOfAll(actors)]
  const isAccessed = all.some(({ do: what }) => what === 'read' || what === 'write')
  const isTouched = all.some(({ do: what }) => ['load', 'store', 'atomic'].includes(what))
  const isSaid = all.some(({ do: what }) => what === 'hand-over' || what === 'mark' || what === 'call')
  if (!isAccessed || !isTouched || isSaid) return []
  return ['nothing is handed over by own->, done, queued or a call of the DMA API: whose a buffer is, is not judged']
}

/** Units that the test means to be without clock or power, and that nobody can switch. */
function supplying({ platform, expectations }: LitmusTest): string[] {
  return (['powerDomain', 'clockGating'] as const).flatMap((name) => {
    const features = [...platform.features, ...expectations.flatMap((one) => one.features)]
    if (!features.some((one) => one.name === name && one.on)) return []
    const kind = name === 'powerDomain' ? 'power' : 'clock'
    return platform.units.flatMap((unit) => {
      if (unit.unit !== 'sysmmu' && unit.unit !== 'iommu') return []
      const isSupplied = platform.units.some(
        (one) => one.unit === 'supply' && one.of === unit.name && one.kinds.includes(kind),
      )
      return isSupplied ? [] : [`${name} changes nothing for ${unit.name}: say "supply ${unit.name} ${kind}"`]
    })
  })
}
