/** Cli | the options of a run as they are typed: text to a request, checked as far as text can be. */

import { UsageError, unknownName } from '../base/errors.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import { type RunRequest, runtimes } from '../run/options.ts'

/** What commander hands over for `run`. */
export interface RunFlags {
  readonly variant?: string
  readonly input?: readonly string[]
  readonly out: string
  readonly frames?: string
  readonly size?: string
  readonly format?: string
  readonly features?: string
  readonly seed?: string
  readonly runtime: string
  readonly geometry?: string
  readonly policy?: string
  readonly edition?: string
  readonly ops?: string
  readonly place?: string
  readonly threads?: string
  readonly trace?: string
  readonly export?: string
  readonly html?: string
  readonly full?: boolean
  readonly json?: boolean
}

/** The request of `dmarace run <scenario>`, without its pictures. */
export function requestOf(scenario: string, flags: RunFlags): RunRequest {
  const { geometry, size, format, features, policy } = flags
  return {
    scenario,
    ...(geometry === undefined ? {} : { geometry }),
    ...(flags.frames === undefined ? {} : { frames: numberOf('frames', flags.frames) }),
    ...(size === undefined ? {} : { size }),
    ...(format === undefined ? {} : { format }),
    ...(features === undefined ? {} : { features }),
    ...(flags.seed === undefined ? {} : { seed: numberOf('seed', flags.seed) }),
    ...(policy === undefined ? {} : { policy }),
  }
}

/** A number as people write one: decimal or 0x. Range and wholeness are the run's to check. */
function numberOf(what: string, text: string): number {
  const trimmed = text.trim()
  if (!/^[+-]?(\d+(\.\d*)?(e\d+)?|0x[\da-f]+)$/i.test(trimmed)) {
    throw new UsageError(`--${what} must be a whole number, not "${text}"`)
  }
  return Number(trimmed)
}

export function runtimeOf(name: string): RuntimeName {
  if (!(runtimes as readonly string[]).includes(name)) throw unknownName('runtime', name, runtimes)
  return name as RuntimeName
}

/** The words of a comma list. */
export function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** A whole number out of a flag's text. */
export function whole(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) {
    const range = most === Number.MAX_SAFE_INTEGER ? `, at least ${least}` : ` from ${least} to ${most}`
    throw new UsageError(`--${name} must be a whole number${range}, not "${text}"`)
  }
  return value
}

/** Of a timed run there are too many steps to print. */
export function refuseFull({ full }: { readonly full?: boolean }): void {
  if (full) throw new UsageError('--full is for runs in single steps: of a timed run, --trace has every reaction')
}
