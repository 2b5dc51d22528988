/** Run | replay tokens: format version, scenario, every option and, for searched schedules, the choices. One line of text. */

import { defaultFeatures, type FeatureName } from '../../machines/features.ts'
import { canonical, digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import { text as aText, demand, leaf, object, optional } from '../base/shape.ts'
import { dmarace } from '../dma/index.ts'
import { fromBase64Url, Schedule, toBase64Url } from '../kernel/schedule.ts'
import { type RunOptions, type RunRequest, requestShape } from './options.ts'
import { optionsShape } from './run-shape.ts'

/** Bumped when the same token would mean another run: prng, choice order, scheduling points, message protocol. */
export const tokenVersion = 4

/** What a token says. */
export interface Replay {
  readonly request: RunRequest
  /** The choices of a searched schedule; timed runs repeat from their seed. */
  readonly schedule?: Schedule
}

const replayShape = object<Replay>('a replay', {
  request: requestShape,
  schedule: optional(leaf('a Schedule', (value) => value instanceof Schedule)),
})

/** Every option that a token may carry, and what its value looks like. */
const fields = {
  geometry: isText,
  frames: isNumber,
  size: isText,
  format: isText,
  features: isText,
  seed: isNumber,
  policy: isText,
  pictures: (value: unknown) => Array.isArray(value) && value.every(isText),
  edition: isText,
  parameters: isText,
  ops: isText,
  system: isText,
} as const satisfies Record<Exclude<keyof RunRequest, 'scenario'>, (value: unknown) => boolean>

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

/** The token of a run. Every option is in it; of the features, those that are not as the scenario has them. */
export function tokenOf(options: RunOptions, schedule?: Schedule): string {
  demand(optionsShape, options, 'tokenOf(options)')
  const { scenario, parameters, seed, policy, pictures, edition, ops, system } = options
  const { geometry, frames, width, height, format } = parameters
  const features = featureChanges(options)
  const request: RunRequest = {
    scenario: scenario.id,
    geometry: geometry.name,
    frames,
    ...(geometry.name === 'board' ? { size: `${width}x${height}` } : {}),
    format,
    ...(features === '' ? {} : { features }),
    seed,
    policy,
    ...(pictures.length > 0 ? { pictures } : {}),
    ...(edition.name === dmarace.name ? {} : { edition: edition.name }),
    ...(ops === undefined ? {} : { ops }),
    ...(system === undefined ? {} : { system }),
  }
  return printToken(schedule ? { request, schedule } : { request })
}

/** Features that are not as the scenario has them. */
function featureChanges({ scenario, parameters }: RunOptions): string {
  const usual = { ...defaultFeatures, ...scenario.features }
  return (Object.keys(usual) as FeatureName[])
    .filter((name) => parameters.features[name] !== usual[name])
    .map((name) => (parameters.features[name] ? name : `-${name}`))
    .join(',')
}

/** `<version>:<scenario>:<options>:<check>[:<choices>]`. */
export function printToken(replay: Replay): string {
  demand(replayShape, replay, 'printToken(replay)')
  const { scenario, ...options } = replay.request
  const payload = toBase64Url(new TextEncoder().encode(canonical(options)))
  const body = `${tokenVersion}:${scenario}:${payload}`
  const choices = replay.schedule?.encode() ?? ''
  return `${body}:${check(body, choices)}${choices ? `:${choices}` : ''}`
}

/** Reads a token; usage errors say what is wrong with it. The options are still to be resolved. */
export function parseToken(text: string): Replay {
  demand(aText, text, 'parseToken(text)')
  const parts = text.trim().split(':')
  const [version, scenario, payload, sum, choices] = parts
  if (!version || !/^\d+$/.test(version)) {
    throw new UsageError(
      `"${shorten(text)}" is not a replay token; one looks like ${tokenVersion}:<scenario>:<options>:<check>`,
    )
  }
  if (Number(version) !== tokenVersion) {
    throw new UsageError(
      `this token has format version ${version}, this dmarace reads version ${tokenVersion}; replay it with the version that printed it`,
    )
  }
  if (scenario === undefined || payload === undefined || sum === undefined || parts.length > 5) {
    throw new UsageError(`the token "${shorten(text)}" is cut short or has text added; paste the whole line`)
  }
  if (sum !== check(`${version}:${scenario}:${payload}`, choices ?? '')) {
    throw new UsageError(
      `the token "${shorten(text)}" is damaged or was changed: its check does not match; paste it again`,
    )
  }
  const options = parseOptions(payload)
  const request = { ...options, scenario } as RunRequest
  if (choices) return { request, schedule: Schedule.decode(choices) }
  // Of a user's system there are no timed runs, which would have a geometry: something is wrong before its first step.
  const isSearched = request.system !== undefined && request.geometry === undefined
  return isSearched ? { request, schedule: new Schedule() } : { request }
}

function parseOptions(payload: string): Record<string, unknown> {
  let options: unknown
  try {
    options = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64Url(payload)))
  } catch {
    throw new UsageError('the options in this token cannot be read')
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new UsageError('the options in this token are not a list of names and values')
  }
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(fields, key)) {
      throw new UsageError(`this token has an option "${key}" that this version does not know`)
    }
    if (!fields[key as keyof typeof fields](value)) {
      throw new UsageError(`the option "${key}" in this token has a value of the wrong kind`)
    }
  }
  return options as Record<string, unknown>
}

function check(body: string, choices: string): string {
  return digest(`${body}:${choices}`).slice(0, 6)
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
