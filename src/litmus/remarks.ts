/** Litmus | what is allowed in a test and yet hardly meant: said once to whoever checks it by itself. */

import { isKebabCase } from '../base/names.ts'
import type { LitmusTest, Statement } from './form.ts'
import { bodiesOf, partsIn, statementsOfAll } from './statements.ts'

const beginning = 'This asks whether'

/** In sentences; none if there is nothing to say. */
export function remarksOn(test: LitmusTest): string[] {
  return [...wordingOf(test), ...handingOver(test), ...supplying(test), ...unlinked(test), ...replaced(test)]
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

/** Tables that are written to and that no walk can come to. */
function unlinked({ memory, parts = [], actors }: LitmusTest): string[] {
  const all = [...memory, ...parts.flatMap((part) => part.memory)]
  const tables = all.flatMap((form) => (form.kind === 'table' ? form.names : []))
  const statements = [...statementsOfAll(actors)]
  const named = new Set<unknown>([
    ...all.flatMap((form) => (form.kind === 'map' ? [form.to] : [])),
    // As an entry, or by its address.
    ...[...partsIn(statements.map((one) => (one.do === 'store' ? one.value : one)))].flatMap((part) =>
      part.expr === 'entry' || part.expr === 'name' ? [part.name] : [],
    ),
    ...[...partsIn(statements)].flatMap((part) =>
      part.expr === 'address' ? [(part.location as { readonly name?: unknown }).name] : [],
    ),
  ])
  const written = new Set(
    statements.flatMap((one) => (one.do === 'store' && 'name' in one.location ? [one.location.name] : [])),
  )
  return tables.flatMap((table) =>
    written.has(table) && !named.has(table)
      ? [
          `nothing leads to table ${table}: link it with "map <v> -> ${table}", or in a program with "pd <v> = ${table}"`,
        ]
      : [],
  )
}

/** `pte v` goes on being an entry of the table that it was in, when a program has linked another one. */
function replaced({ actors, memory }: LitmusTest): string[] {
  const linked = new Map(memory.flatMap((form) => (form.kind === 'map' ? [[form.from, form.to] as const] : [])))
  const found: string[] = []
  const read = (body: readonly Statement[], tables: Map<string, string>): void => {
    for (const statement of body) {
      if (statement.do === 'store') {
        const { location, value } = statement
        const page = location.place === 'pd' && location.index.expr === 'name' ? location.index.name : undefined
        const isTable = value.expr === 'entry' && value.of === 'table'
        if (page !== undefined && isTable && linked.get(page) !== value.name) tables.set(page, value.name)
        else if (page !== undefined) tables.delete(page)
        const table = location.place === 'pte' ? tables.get(location.page) : undefined
        const at = statement.at === undefined ? '' : ` (line ${statement.at.line})`
        if (location.place === 'pte' && table !== undefined) {
          found.push(
            `pte ${location.page}${at} is an entry of the table that was there first, and no walk comes to it after "pd ${location.page} = ${table}": an entry of ${table} is written st ${table}[<n>] = page <p>`,
          )
        }
      }
      for (const inner of bodiesOf(statement)) read(inner, new Map(tables))
    }
  }
  for (const actor of actors) if (actor.actor !== 'device') read(actor.body, new Map())
  return [...new Set(found)]
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
