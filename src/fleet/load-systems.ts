/** Fleet | systems and scenarios out of a user's own TypeScript file, and what is wrong with the file if there are none. */

import { UsageError, unknownName } from '../base/errors.ts'
import type { CheckableSystem } from '../explore/define-system.ts'
import { featureForms, parameterForms, subjectOfLitmus } from '../run/litmus-subject.ts'
import type { OwnEdition } from '../run/options.ts'
import { type CheckRequest, subjectOfScenario } from '../run/scenario-subject.ts'
import { type Subject, subjectOfSystem } from '../run/subject.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { importFile, wordParts } from './import-file.ts'
import { readLitmus } from './litmus-files.ts'

/** How scenarios of a file are to be checked. */
export interface OwnScenarios {
  readonly request?: Omit<CheckRequest, 'scenario'>
  readonly own?: OwnEdition | undefined
}

/**
 * The systems and scenarios that a file exports, in the order of their export names, each once; or a litmus test's variants.
 * @param word a file, or `file.ts#id` for one of them.
 */
export async function loadSystems(word: string, { request = {}, own }: OwnScenarios = {}): Promise<Subject[]> {
  const { file, only } = wordParts(word)
  if (file.endsWith('.litmus')) {
    const { test, source } = await readLitmus(file)
    const features = featureForms(request.features)
    const parameters = parameterForms(request.parameters)
    return test.variants.map((variant) => subjectOfLitmus(test, { variant, features, parameters }, source))
  }
  const { exported, names, ...source } = await importFile(file)
  const found = new Set<CheckableSystem | Scenario>()
  for (const name of Object.keys(exported).sort()) {
    const value = exported[name]
    for (const candidate of Array.isArray(value) ? value : [value]) {
      if (isSystem(candidate) || isScenario(candidate)) found.add(candidate)
    }
  }
  if (found.size === 0) {
    const hints = Object.entries(exported).flatMap(([name, value]) => hintOn(name, value))
    throw new UsageError(
      `${file} exports no system (it exports ${names}): export what defineSystem, defineScenario or twinOf returns${hints.map((hint) => `; ${hint}`).join('')}`,
    )
  }
  const ids = [...found].map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  // A token names a system by its id.
  if (twice !== undefined) throw new UsageError(`${file} exports two systems with the id "${twice}": give each its own`)
  if (only !== undefined && !ids.includes(only)) throw unknownName(`system of ${file}`, only, ids)
  return [...found]
    .filter(({ id }) => only === undefined || id === only)
    .map((one) => {
      if (isSystem(one)) return subjectOfSystem(one, source)
      return subjectOfScenario({ ...request, scenario: one.id }, one, own, source)
    })
}

/** What is likely meant by an export that is nothing to check. */
function hintOn(name: string, value: unknown): string[] {
  if (typeof value === 'function') return [`${name} is a function: export what it returns`]
  const { root, then, getSnapshot } = Object(value) as Record<string, unknown>
  if (typeof then === 'function') return [`${name} is a promise: export what you await`]
  if (typeof getSnapshot === 'function')
    return [`${name} is a running actor: give its machine to fromXState, and that to defineSystem`]
  if (root !== undefined) return [`${name} is a machine: give it to fromXState, and that to defineSystem`]
  return []
}

function isScenario(value: unknown): value is Scenario {
  const { id, programs, defaults } = Object(value) as Partial<Scenario>
  return typeof id === 'string' && typeof programs === 'function' && typeof defaults?.litmus === 'object'
}

export function isSystem(value: unknown): value is CheckableSystem {
  if (typeof value !== 'object' || value === null) return false
  const { id, spec, properties } = value as Partial<CheckableSystem>
  return (
    typeof id === 'string' && Array.isArray(spec?.actors) && Array.isArray(spec?.channels) && properties !== undefined
  )
}
