/** Cli | what `dmarace draw` can draw: a machine of ours, one of a user's file, an actor or the blocks of a system. */

import { machines } from '../../machines/index.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { importFile, isFileName, wordParts } from '../fleet/import-file.ts'
import { isSystem } from '../fleet/load-systems.ts'
import type { ActorDefinition } from '../kernel/actor.ts'
import type { Outline } from '../kernel/outline.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { scenarios } from '../scenario/index.ts'
import { MachineDefinition } from '../statechart/define.ts'
import { XStateDefinition } from '../statechart/from-xstate.ts'
import { isMachine, outlineOf } from '../statechart/outline.ts'
import { isLitmusFile, litmusSubject } from './run-litmus.ts'

/** `name`: by which a coverage report may know the chart. */
export type ChartSource =
  | { readonly kind: 'chart'; readonly name: string; readonly outline: Outline }
  | { readonly kind: 'system'; readonly name: string; readonly spec: SystemSpec }

/**
 * @param flags.actor of a system or scenario, the actor whose chart is meant; of a file with several machines, the export.
 * @param flags.variant of a litmus test.
 */
export async function chartSource(
  word: string,
  flags: { readonly actor?: string; readonly variant?: string },
): Promise<ChartSource> {
  const { actor, variant } = flags
  if (isLitmusFile(word)) {
    const { id, spec } = await litmusSubject(word, flags)
    return fromSystem(id, spec, actor)
  }
  if (variant !== undefined) throw new UsageError(`--variant is for litmus tests, and ${word} is none`)
  if (isFileName(word)) return fromFile(word, actor)
  if (Object.hasOwn(machines, word)) {
    if (actor !== undefined) throw new UsageError('--actor is for scenarios, systems and files with several machines')
    const machine = machines[word as keyof typeof machines]
    return { kind: 'chart', name: machine.id, outline: outlineOf(machine) }
  }
  const known = Object.keys(scenarios)
  if (!known.includes(word)) throw unknownName('machine or scenario', word, [...Object.keys(machines), ...known])
  const { subjectOfScenario } = await import('../run/scenario-subject.ts')
  return fromSystem(word, subjectOfScenario({ scenario: word }).spec, actor)
}

function fromSystem(name: string, spec: SystemSpec, actor: string | undefined): ChartSource {
  if (actor === undefined) return { kind: 'system', name, spec }
  const found = spec.actors.find(({ id }) => id === actor)
  const ids = spec.actors.map(({ id }) => id)
  if (!found) throw unknownName('actor', actor, ids)
  return { kind: 'chart', name: actor, outline: outlineOf(machineOf(actor, found.definition)) }
}

function machineOf(actor: string, definition: ActorDefinition): Parameters<typeof outlineOf>[0] {
  if (definition instanceof MachineDefinition) return definition
  if (definition instanceof XStateDefinition) return definition.machine
  throw new UsageError(`actor ${actor} has no statechart`)
}

async function fromFile(word: string, actor: string | undefined): Promise<ChartSource> {
  const { file, only } = wordParts(word)
  const { exported, names: exports } = await importFile(file)
  const charts = Object.entries(exported).filter(([, value]) => isMachine(value) || value instanceof XStateDefinition)
  const systems = Object.keys(exported)
    .sort()
    .flatMap((key) => exported[key])
    .filter(isSystem)
  if (charts.length === 0 && systems.length === 0) {
    throw new UsageError(
      `${file} exports no machine (it exports ${exports}): export what createMachine or setup returns`,
    )
  }
  const meant = only === undefined ? undefined : systems.find(({ id }) => id === only)
  if (meant) return fromSystem(meant.id, meant.spec, actor)
  const name = only ?? actor
  // Without a name for a system, an actor is looked for in each of them.
  const system = systems.find(({ spec }) => name === undefined || spec.actors.some(({ id }) => id === name))
  if (system && only === undefined && (charts.length === 0 || name !== undefined)) {
    if (name === undefined && systems.length > 1) {
      throw new UsageError(
        `${file} exports several systems: say which, ${systems.map(({ id }) => `${word}#${id}`).join(', ')}`,
      )
    }
    return fromSystem(system.id, system.spec, name)
  }
  if (charts.length === 0) {
    const ids = systems.map(({ id }) => id)
    if (only !== undefined) throw unknownName(`system of ${file}`, only, ids)
    const actors = systems.flatMap(({ spec }) => spec.actors.map(({ id }) => id))
    throw unknownName('actor', name as string, [...new Set(actors)])
  }
  const names = charts.map(([key]) => key)
  if (name === undefined && charts.length > 1) {
    throw new UsageError(`${file} exports several machines: say which with --actor (${names.join(', ')})`)
  }
  const chosen = name === undefined ? charts[0] : charts.find(([key]) => key === name)
  if (!chosen) throw unknownName('machine', name as string, names)
  const [key, value] = chosen
  const machine = value instanceof XStateDefinition ? value.machine : (value as Parameters<typeof outlineOf>[0])
  return { kind: 'chart', name: key, outline: outlineOf(machine) }
}
