/** Run | replay tokens: format version, scenario, every option and, for searched schedules, the choices. One line of text. */

import { canonical, digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import { fromBase64Url, Schedule, toBase64Url } from '../kernel/schedule.ts'
import type { RunRequest } from './options.ts'

/** Bumped when the same token would mean another run: prng, choice order, scheduling points, message protocol. */
export const tokenVersion = 1

/** What a token says. */
export interface Replay {
  readonly request: RunRequest
  /** The choices of a searched schedule; timed runs repeat from their seed. */
  readonly schedule?: Schedule
}

const fields = ['geometry', 'frames', 'size', 'format', 'features', 'seed', 'policy', 'pictures'] as const

/** `<version>:<scenario>:<options>:<check>[:<choices>]`. */
export function printToken(replay: Replay): string {
  const { scenario, ...options } = replay.request
  const payload = toBase64Url(new TextEncoder().encode(canonical(options)))
  const body = `${tokenVersion}:${scenario}:${payload}`
  const choices = replay.schedule?.encode() ?? ''
  return `${body}:${check(body, choices)}${choices ? `:${choices}` : ''}`
}

/** Reads a token; usage errors say what is wrong with it. The options are still to be resolved. */
export function parseToken(text: string): Replay {
  const parts = text.trim().split(':')
  const [version, scenario, payload, sum, choices] = parts
  if (!version || !/^\d+$/.test(version)) {
    throw new UsageError(`"${shorten(text)}" is not a replay token; one looks like ${tokenVersion}:<scenario>:<options>:<check>`)
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
    throw new UsageError(`the token "${shorten(text)}" is damaged: its check does not match; paste it again`)
  }
  const options = parseOptions(payload)
  const request = { ...options, scenario } as RunRequest
  return choices ? { request, schedule: Schedule.decode(choices) } : { request }
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
  for (const key of Object.keys(options)) {
    if (!(fields as readonly string[]).includes(key)) {
      throw new UsageError(`this token has an option "${key}" that this version does not know`)
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
