/** Run | what a run is asked to do: names and numbers from outside, checked and completed from the scenario's defaults. */

import { defaultFeatures, type FeatureName, type Features, features as knownFeatures } from '../../machines/features.ts'
import { type FormatName, formatNames } from '../../machines/fimc/formats.ts'
import { type Geometry, geometries } from '../../machines/geometry.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { demand, leaf, list, number, object, optional, text } from '../base/shape.ts'
import { shown } from '../base/shown.ts'
import { dmarace, editionNamed } from '../dma/index.ts'
import type { Edition } from '../dma/types.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import type { MayPolicy } from '../kernel/timed.ts'
import { scenarioIds, scenarioNamed } from '../scenario/index.ts'
import type { LitmusSizes, Parameters, Scenario } from '../scenario/scenario.ts'
import { scenarioShape } from '../scenario/scenario-shape.ts'
import { checkSize } from './picture.ts'

/** As typed by a user or carried by a token: absent means the scenario's default. */
export interface RunRequest {
  readonly scenario: string
  readonly geometry?: string
  readonly frames?: number
  /** `WxH` in pixels. */
  readonly size?: string
  readonly format?: string
  /** Comma list; a leading `-` or `no-` switches a feature off: `-speculation,tlbPrefetch`. */
  readonly features?: string
  readonly seed?: number
  readonly policy?: string
  /** Digests of the source pictures, in the order the sensor shows them. */
  readonly pictures?: readonly string[]
  /** Whose forms of the DMA operations; `dmarace` if absent. With `ops`, the name that the user's file gives it. */
  readonly edition?: string
  /** Of a litmus test: `name=value`, comma between. */
  readonly parameters?: string
  /** For an edition of the user's own: digest of its file. */
  readonly ops?: string
  /** For a system or scenario of the user's own: digest of its file. `scenario` is its id; to a system, nothing else applies. */
  readonly system?: string
}

/** A checked request. */
export interface RunOptions {
  readonly scenario: Scenario
  readonly parameters: Parameters
  readonly seed: number
  readonly policy: PolicyName
  readonly pictures: readonly string[]
  readonly edition: Edition
  /** Digest of the file, if the edition is the user's own. */
  readonly ops?: string
  /** Digest of the file, if the scenario is the user's own. */
  readonly system?: string
}

/** An edition out of a user's file. */
export interface OwnEdition {
  readonly edition: Edition
  readonly file: string
  readonly digest: string
}

/** How choices that need not happen are made. */
export const policies = ['off', 'random', 'adversarial', 'mixed'] as const satisfies readonly MayPolicy[]
export type PolicyName = (typeof policies)[number]

export const runtimes = ['live', 'sim'] as const satisfies readonly RuntimeName[]

/** Most frames of one run: an hour of camera at 30 frames a second. */
const framesMax = 108_000

/** Its names and numbers are looked at one by one. */
export const requestShape = object<RunRequest>('a request', {
  scenario: text,
  geometry: optional(text),
  frames: optional(number),
  size: optional(text),
  format: optional(text),
  features: optional(leaf('a text, as in "-speculation,tlbPrefetch"', (value) => typeof value === 'string')),
  seed: optional(number),
  policy: optional(text),
  pictures: optional(list(text, 'a list of texts')),
  edition: optional(text),
  parameters: optional(text),
  ops: optional(text),
  system: optional(text),
})

/**
 * Checks every field; a usage error names the field, the value, and what is possible.
 * @param given the scenario itself, if it is not one of the registry.
 * @param own the edition of the user's own that the request asks for with `ops`.
 */
export function resolveOptions(request: RunRequest, given?: Scenario, own?: OwnEdition): RunOptions {
  demand(requestShape, request, 'resolveOptions(request)')
  const scenario = given ?? findScenario(request.scenario)
  demand(scenarioShape, scenario, 'the scenario of resolveOptions(request, scenario)')
  const geometry = findGeometry(request.geometry ?? (scenario.compares ? 'litmus' : 'board'))
  if (scenario.compares && geometry.name === 'board') {
    throw new UsageError(
      `${scenario.id} compares editions, and has a small form only: leave --geometry out, or say litmus`,
    )
  }
  const defaults = scenario.defaults[geometry.name]
  const frames = wholeNumber('frames', request.frames ?? defaults.frames, 1, framesMax)
  const format = findFormat(request.format ?? defaults.format, geometry)
  const { width, height } = request.size !== undefined ? checkSize(request.size) : defaults
  if (request.size !== undefined && geometry.name === 'litmus') {
    throw new UsageError('--size is for the board geometry; a litmus frame is a few words')
  }
  // Small systems run in no time, with many seeds: each tries another kind of trouble. A frame has a million moments.
  const policy = request.policy ?? (geometry.name === 'litmus' ? 'mixed' : 'random')
  if (!policies.includes(policy as PolicyName)) throw unknownName('policy', policy, policies)
  return {
    scenario,
    parameters: {
      geometry: fitGeometry({ ...geometry, ...sizesOf(scenario, geometry) }, width * height * 2),
      features: resolveFeatures(request.features ?? '', scenario, geometry),
      frames,
      width,
      height,
      format,
      source: (request.pictures ?? []).length > 0 ? 'pictures' : defaults.source,
    },
    seed: wholeNumber('seed', request.seed ?? 1, 0, 0xffffffff),
    policy: policy as PolicyName,
    pictures: request.pictures ?? [],
    edition: findEdition(request, own),
    ...(request.ops === undefined ? {} : { ops: request.ops }),
    ...(request.system === undefined ? {} : { system: request.system }),
  }
}

/** The edition that a request names; one of the user's own must be at hand, unchanged. */
function findEdition({ edition, ops }: RunRequest, own: OwnEdition | undefined): Edition {
  if (ops === undefined) return edition === undefined ? dmarace : editionNamed(edition)
  if (own === undefined) {
    throw new UsageError(
      `this run is with the edition ${edition} of a file of your own: say where it is, --ops file.ts`,
    )
  }
  if (own.digest !== ops) {
    throw new UsageError(
      `${own.file}, or a file that it imports, has changed since this token was printed: it may not mean the same run any more`,
    )
  }
  return own.edition
}

/** What asks for a user's own edition. */
export function requestOwn({ edition, digest }: OwnEdition): Pick<RunRequest, 'edition' | 'ops'> {
  return { edition: edition.name, ops: digest }
}

/** The scenario of that id; a usage error lists the known ones. */
export function findScenario(id: string): Scenario {
  const scenario = scenarioNamed(id)
  if (scenario === undefined) throw unknownName('scenario', id, scenarioIds())
  return scenario
}

function findGeometry(name: string): Geometry {
  const geometry = (geometries as Readonly<Record<string, Geometry>>)[name]
  if (!geometry || !Object.hasOwn(geometries, name)) throw unknownName('geometry', name, Object.keys(geometries))
  return geometry
}

function findFormat(name: string, geometry: Geometry): FormatName {
  if (!(formatNames as readonly string[]).includes(name)) {
    throw unknownName(
      'format',
      name,
      geometry.name === 'board' ? formatNames.filter((known) => known !== 'raw') : ['raw'],
    )
  }
  if ((name === 'raw') !== (geometry.name === 'litmus')) {
    throw new UsageError(
      `format ${name} does not go with the ${geometry.name} geometry; a litmus frame is raw, a board frame is not`,
    )
  }
  return name as FormatName
}

/** Defaults, then the scenario's own, then the request. */
function resolveFeatures(text: string, scenario: Scenario, { name: geometry }: Geometry): Features {
  const litmus = geometry === 'litmus' ? scenario.defaults.litmus.features : {}
  const result: Record<FeatureName, boolean> = { ...defaultFeatures, ...scenario.features, ...litmus }
  for (const word of text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')) {
    const off = word.startsWith('-') || word.startsWith('no-')
    const name = word.replace(/^(-|no-|\+)/, '')
    if (!Object.hasOwn(knownFeatures, name)) throw unknownName('feature', name, Object.keys(knownFeatures))
    result[name as FeatureName] = !off
  }
  return result
}

function wholeNumber(what: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`--${what} must be a whole number from ${least} to ${most}, not ${shown(value)}`)
  }
  return value
}

/**
 * A scenario's caches have a slot of its own for every line it uses: which line goes is a choice by itself (`eviction`), so
 * that the order of the ways and a pointer to the next victim would only make equal caches look different.
 */
const litmusCache = { sets: 16, ways: 1 } as const

/** What the scenario makes smaller. */
function sizesOf(scenario: Scenario, { name }: Geometry): LitmusSizes {
  return name === 'litmus' ? (scenario.defaults.litmus.sizes ?? {}) : {}
}

/** The main memory of a board holds the buffers of the largest picture with room to spare. */
function fitGeometry(geometry: Geometry, frameBytes: number): Geometry {
  if (geometry.name === 'litmus') return { ...geometry, l1: litmusCache, l2: litmusCache, burstBytes: 4 }
  const needed = geometry.reservedBytes + frameBytes * (geometry.outputSlots + 2)
  let bytes = geometry.dram.bytes
  while (bytes < needed) bytes *= 2
  return { ...geometry, dram: { ...geometry.dram, bytes } }
}
