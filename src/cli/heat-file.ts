/** Cli | a coverage report from a file, as colours for a picture: what `check --coverage --json` prints. */

import { readFile } from 'node:fs/promises'
import { UsageError } from '../base/errors.ts'
import type { ActorCoverage } from '../explore/coverage.ts'
import type { ChartMarks } from '../export/picture/chart-diagram.ts'
import type { Exercised } from '../export/picture/system-diagram.ts'

/** The report of each actor. Usage errors say what the file is instead. */
export async function readHeat(file: string): Promise<ReadonlyMap<string, ActorCoverage>> {
  let data: unknown
  try {
    data = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}; make it with check --coverage --json`)
  }
  const verdict = data as { coverage?: { actors?: unknown }; actors?: unknown } | null
  const actors = verdict?.coverage?.actors ?? verdict?.actors
  if (!Array.isArray(actors) || !actors.every(isActor)) {
    throw new UsageError(`${file} holds no coverage report of one system: make it with check --coverage --json`)
  }
  return new Map(actors.map((actor) => [actor.actor, actor]))
}

function isActor(value: unknown): value is ActorCoverage {
  const { actor, states, transitions } = (value ?? {}) as Partial<ActorCoverage>
  return typeof actor === 'string' && Array.isArray(states?.missing) && Array.isArray(transitions?.missing)
}

/** Of the actor of that name, or the only one that is an instance of it: `sysmmu0` of `sysmmu`. */
export function heatOf(name: string, report: ReadonlyMap<string, ActorCoverage>): NonNullable<ChartMarks['never']> {
  const found = report.get(name) ?? [...report.values()].find(({ actor }) => kindOf(actor) === kindOf(name))
  if (!found) {
    throw new UsageError(`the coverage report has nothing about ${name}; it has ${[...report.keys()].join(', ')}`)
  }
  return { states: new Set(found.states.missing), transitions: new Set(found.transitions.missing) }
}

function kindOf(actor: string): string {
  return actor.replace(/\d+$/, '')
}

export function exercisedOf(report: ReadonlyMap<string, ActorCoverage>): Map<string, Exercised> {
  return new Map(
    [...report].map(([actor, { transitions }]) => {
      return [actor, { seen: transitions.total - transitions.missing.length, total: transitions.total }]
    }),
  )
}
