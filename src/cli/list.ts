/** Cli | `dmarace list`: everything that has a name, from the registries. */

import { features } from '../../machines/features.ts'
import type { geometries } from '../../machines/geometry.ts'
import { machines } from '../../machines/index.ts'
import { unknownName } from '../base/errors.ts'
import { lineWidth, wrap } from '../base/wrap.ts'
import { editions } from '../dma/index.ts'
import type { Edition } from '../dma/types.ts'
import { loadEdition } from '../fleet/load-edition.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import { oracles } from '../oracle/index.ts'
import type { Oracle } from '../oracle/oracle.ts'
import { type PolicyName, policies, runtimes } from '../run/options.ts'
import { pictureFormats } from '../run/picture.ts'
import { families, scenarios } from '../scenario/index.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { columns } from './columns.ts'
import { exitCodes, type Terminal } from './terminal.ts'

type Family = Readonly<Record<string, Scenario>>

/** One kind of named thing: how it is listed, as text and as plain data. */
interface Kind {
  readonly title: string
  readonly text: (paint: Terminal['paint']) => string[]
  readonly json: () => unknown
}

const policyTexts = {
  off: 'choices that may happen (evictions, speculative fills, dropped TLB entries) never do',
  random: 'they happen at random moments',
  adversarial: 'they also happen right after what they can interfere with',
  mixed: 'each seed draws one of the above for each kind of choice',
} as const satisfies Record<PolicyName, string>

const runtimeTexts = {
  live: 'XState actors: the reference',
  sim: 'the same charts compiled to tables: fast',
} as const satisfies Record<RuntimeName, string>

const geometryTexts = {
  litmus: 'the same charts with lines of two words and pages of two lines; no pictures',
  board: 'sizes and addresses of an Exynos4210',
} as const satisfies Record<keyof typeof geometries, string>

const kinds = {
  scenarios: {
    title: 'Scenarios: each correct form, then its broken twins',
    text: (paint) => Object.values<Scenario>(scenarios).flatMap((scenario) => scenarioText(scenario, paint)),
    json: () => Object.values<Scenario>(scenarios).map(scenarioJson),
  },
  families: {
    title: 'Families of scenarios: the right calls and a wrong one, for each entry of a table',
    text: (paint) =>
      Object.values<Family>(families).flatMap((family) =>
        Object.values(family).flatMap((scenario) => scenarioText(scenario, paint)),
      ),
    json: () =>
      Object.fromEntries(
        Object.entries<Family>(families).map(([name, family]) => [name, Object.values(family).map(scenarioJson)]),
      ),
  },
  editions: editionsKind(Object.values<Edition>(editions)),
  machines: named('Machines', () => entriesOf(machines, (machine) => machine.description)),
  oracles: {
    title: 'Oracles, all always on: what holds as long as they are silent',
    text: () => columns(entriesOf(oracles as Record<string, Oracle<object>>, ({ always }) => always)),
    json: () =>
      Object.values(oracles as Record<string, Oracle<object>>).map(({ name, always, description }) => ({
        name,
        always,
        violatedWhen: description,
      })),
  },
  features: {
    title: 'Hardware features: --features speculation,-eviction',
    text: () => columns(entriesOf(features, (feature) => `(${feature.default ? 'on' : 'off'}) ${feature.description}`)),
    json: () => Object.entries(features).map(([name, feature]) => ({ name, ...feature })),
  },
  formats: named('Formats on the board', () => entriesOf(pictureFormats, ({ description }) => description)),
  geometries: named('Geometries', () => entriesOf(geometryTexts, (text) => text)),
  policies: named('Policies', () => policies.map((name) => [name, policyTexts[name]])),
  runtimes: named('Runtimes', () => runtimes.map((name) => [name, runtimeTexts[name]])),
} as const satisfies Record<string, Kind>

/** @param flags `ops`: a file with an edition of the user's own, which stands with ours then. */
export async function listCommand(
  kind: string | undefined,
  flags: { readonly json?: boolean; readonly ops?: string },
  terminal: Terminal,
): Promise<number> {
  const own = flags.ops === undefined ? [] : [(await loadEdition(flags.ops)).edition]
  const listed = { ...kinds, editions: editionsKind([...Object.values<Edition>(editions), ...own]) }
  if (kind !== undefined && !Object.hasOwn(kinds, kind)) throw unknownName('kind', kind, Object.keys(kinds))
  const names = (kind === undefined ? Object.keys(kinds) : [kind]) as (keyof typeof kinds)[]
  if (flags.json) {
    const all = Object.fromEntries(names.map((name) => [name, listed[name].json()]))
    terminal.out(`${JSON.stringify(kind === undefined ? all : all[kind], undefined, 2)}\n`)
  } else {
    const blocks = names.map((name) => [
      terminal.paint('strong', listed[name].title),
      ...listed[name].text(terminal.paint),
    ])
    terminal.out(`${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`)
  }
  return exitCodes.clean
}

function editionsKind(all: readonly Edition[]): Kind {
  return named('Editions of the DMA operations: --edition linux-3.6', () =>
    all.map((edition) => [edition.name, [edition.description, overridesOf(edition)].filter(Boolean).join('; ')]),
  )
}

/** What an edition has of its own, where it is not one of ours, whose pages say more. */
function overridesOf({ name, base, ops = {}, steps = {} }: Edition): string {
  if (Object.hasOwn(editions, name)) return ''
  const tables = Object.entries(ops).map(([backend, table]) => `${Object.keys(table).join(', ')} of ${backend}`)
  const shared = Object.keys(steps).length > 0 ? [`the steps ${Object.keys(steps).join(', ')}`] : []
  return `over ${base?.name ?? 'dmarace'}: ${[...tables, ...shared].join('; ')}`
}

function named(title: string, entries: () => readonly (readonly [string, string])[]): Kind {
  return {
    title,
    text: () => columns(entries()),
    json: () => entries().map(([name, description]) => ({ name, description })),
  }
}

function entriesOf<Value>(
  registry: Readonly<Record<string, Value>>,
  text: (value: Value) => string,
): [string, string][] {
  return Object.entries(registry).map(([name, value]) => [name, text(value)])
}

function scenarioText({ id, question, twinOf, violates, rareOnBoard }: Scenario, paint: Terminal['paint']): string[] {
  const indent = twinOf === undefined ? '  ' : '    '
  const broken =
    violates === undefined
      ? []
      : [`Broken: violates ${violates.join(' or ')}${rareOnBoard ? ', rarely on board: try --geometry litmus' : ''}.`]
  const text = [question, ...broken].flatMap((sentence) => wrap(sentence, lineWidth - indent.length - 4))
  return [`${indent}${paint('strong', id)}`, ...text.map((line) => `${indent}    ${line}`)]
}

function scenarioJson(scenario: Scenario): unknown {
  const { id, question, twinOf, violates, rareOnBoard, cores, camera, backend, defaults, compares } = scenario
  return {
    id,
    question,
    ...(twinOf ? { twinOf, violates, rareOnBoard: rareOnBoard === true } : {}),
    ...(compares ?? {}),
    cores,
    camera,
    backend,
    defaults,
  }
}
