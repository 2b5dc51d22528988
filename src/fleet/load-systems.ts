/** Fleet | systems and scenarios out of a user's own TypeScript file, and what is wrong with the file if there are none. */

import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import type { CheckableSystem } from '../explore/define-system.ts'
import type { OwnEdition } from '../run/options.ts'
import { type CheckRequest, subjectOfScenario } from '../run/scenario-subject.ts'
import { type Subject, subjectOfSystem } from '../run/subject.ts'
import type { Scenario } from '../scenario/scenario.ts'

/** Whether a word on the command line names a file rather than a scenario. */
export function isFileName(word: string): boolean {
  return /[\\/]|\.[cm]?[jt]sx?$/.test(word)
}

/** How scenarios of a file are to be checked. */
export interface OwnScenarios {
  readonly request?: Omit<CheckRequest, 'scenario'>
  readonly own?: OwnEdition | undefined
}

/** The systems and scenarios that a file exports, in the order of their export names; each once. */
export async function loadSystems(file: string, { request = {}, own }: OwnScenarios = {}): Promise<Subject[]> {
  const path = resolve(file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
  let exported: Record<string, unknown>
  // What runs is the compiled text; places in messages are those of the file.
  process.setSourceMapsEnabled(true)
  try {
    exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (error) {
    throw new UsageError(`${file}: ${reasonOf(error)}`)
  }
  const found = new Set<CheckableSystem | Scenario>()
  for (const name of Object.keys(exported).sort()) {
    const value = exported[name]
    for (const candidate of Array.isArray(value) ? value : [value]) {
      if (isSystem(candidate) || isScenario(candidate)) found.add(candidate)
    }
  }
  if (found.size === 0) {
    const names = Object.keys(exported).join(', ') || 'nothing'
    throw new UsageError(
      `${file} exports no system (it exports ${names}): export what defineSystem, defineScenario or twinOf returns`,
    )
  }
  const source = { file: shortened(path), digest: digest(text) }
  return [...found].map((one) => {
    if (isSystem(one)) return subjectOfSystem(one, source)
    return subjectOfScenario({ ...request, scenario: one.id }, one, own, source)
  })
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

/** What went wrong, and where in the file if the error says. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  // Of a missing module, Node says who imports it.
  const isPlaced = error.name === 'UsageError' || (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
  const where = isPlaced ? undefined : /(?:file:\/\/)?\/\S+?:(\d+):(\d+)/.exec(error.stack ?? '')
  const at =
    where && !error.message.includes(`:${where[1]}:${where[2]}`) ? ` (line ${where[1]}, column ${where[2]})` : ''
  return `${error.message}${at}`
}

/** A path as a user in this directory would type it. */
export function shortened(path: string): string {
  const below = relative(process.cwd(), path)
  return below.startsWith('..') ? path : below
}
