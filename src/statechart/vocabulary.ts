/** Statechart | which keys of an XState chart a machine may use; the others are rejected by name. */

import { nearNames } from '../base/errors.ts'
import { cut } from '../base/shown.ts'
import type { StateConfig, TransitionConfig } from './define.ts'

const STATE_KEYS = new Set('description type initial states on always onDone entry exit tags meta'.split(' '))
const TRANSITION_KEYS = new Set('target guard actions reenter description meta'.split(' '))
const STATE_TYPES = new Set(['atomic', 'compound', 'parallel', 'final'])

/** Why a key that XState knows is not for us. */
const REASONS: Readonly<Record<string, string>> = {
  invoke: 'other machines are reached by messages through ports',
  spawn: 'the set of machines is fixed by the wiring',
  after: 'latency belongs to channels; time arrives as timer messages',
  history: 'use a state for what has to be remembered',
  route: 'name the event',
  id: 'a state is targeted as #machine.path',
  context: 'the context belongs to the definition',
  output: 'send a message or raise an event',
  delay: 'latency belongs to channels',
}

/** Checks one state's keys, type, name and description. */
export function checkStateKeys(
  config: StateConfig,
  key: string,
  where: string,
  isRoot: boolean,
  problems: string[],
): void {
  if (!config.description) problems.push(`${where} has no description`)
  if (!isRoot && !/^[A-Za-z_][\w-]*$/.test(key)) {
    problems.push(`${where}: a state's name is letters, digits, "_" and "-", and starts with a letter`)
  }
  reportUnknownKeys(config, STATE_KEYS, where, problems)
  if (config.type !== undefined && !STATE_TYPES.has(config.type)) {
    problems.push(`${where}: type "${config.type}" is not supported${because(config.type, STATE_TYPES)}`)
  }
  for (const event of Object.keys(config.on ?? {})) {
    if (event === '*' || event.endsWith('.*')) {
      problems.push(`${where}: the wildcard "${event}" is not supported: every event is decided by name`)
    } else if (event === '' || event.startsWith('xstate.')) {
      problems.push(`${where}: "${event}" cannot be handled by name: use always or onDone`)
    }
  }
}

/** Checks one transition's keys and that `ignore` and `stall` stand alone. */
export function checkTransition(
  config: TransitionConfig,
  kind: 'on' | 'always' | 'done',
  where: string,
  problems: string[],
): void {
  reportUnknownKeys(config, TRANSITION_KEYS, where, problems)
  if (config.target !== undefined && typeof config.target !== 'string') {
    const what = Array.isArray(config.target) ? 'a list of targets is not supported' : 'a target is the name of a state'
    problems.push(`${where}: ${what}`)
  }
  const { ignore, stall } = config.meta ?? {}
  if (ignore === undefined && stall === undefined) return
  const word = ignore === undefined ? 'stall' : 'ignore'
  if (ignore !== undefined && stall !== undefined) problems.push(`${where}: both ignored and stalled`)
  if (kind !== 'on') problems.push(`${where}: only a message can be declared ${word}`)
  if (!(ignore ?? stall)) problems.push(`${where}: ${word} needs a reason`)
  if (config.target !== undefined || config.actions !== undefined || config.reenter !== undefined) {
    problems.push(`${where}: ${word} excludes a target, actions and reenter`)
  }
}

function reportUnknownKeys(config: object, known: ReadonlySet<string>, where: string, problems: string[]): void {
  for (const key of Object.keys(config)) {
    if (!known.has(key)) problems.push(`${where}: "${cut(key)}" is not supported${because(key, known)}`)
  }
}

/** The reason, or what is likely meant. */
function because(key: string, known: ReadonlySet<string>): string {
  if (Object.hasOwn(REASONS, key)) return `: ${REASONS[key]}`
  const near = nearNames(key, [...known])
  return near.length > 0 ? `. Did you mean ${near.join(' or ')}?` : ''
}
