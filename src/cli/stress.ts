/** Cli | `dmarace stress` and `dmarace report`: campaigns of many runs on many threads, and what they came to. */

import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { InterruptedError, LimitError, UsageError, unknownName } from '../base/errors.ts'
import { type SampledStrategy, sampledStrategies } from '../explore/sampler.ts'
import { type CampaignProgress, drive, makeSubjects, take } from '../fleet/campaign.ts'
import { isFileName, wordParts } from '../fleet/import-file.ts'
import { Journal, readEntries, readPlan } from '../fleet/journal.ts'
import { isLitmusWord, litmusFiles } from '../fleet/litmus-files.ts'
import { loadSystems } from '../fleet/load-systems.ts'
import { readRates } from '../fleet/rates.ts'
import { campaignHtml } from '../run/campaign/html.ts'
import { type CampaignPlan, campaignVersion, planDigest, type Target } from '../run/campaign/plan.ts'
import { type CampaignReport, campaignText, reportOf } from '../run/campaign/report.ts'
import { Tally } from '../run/campaign/tally.ts'
import type { OwnEdition, RunRequest } from '../run/options.ts'
import { grouped } from '../run/report.ts'
import type { CheckRequest } from '../run/scenario-subject.ts'
import { type ChosenEdition, editionOf } from './choose-edition.ts'
import { whole } from './flags.ts'
import { Progress } from './progress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `stress`. */
export interface StressFlags {
  readonly runs?: string
  readonly time?: string
  readonly strategy: string
  readonly seed: string
  readonly threads: string
  readonly geometry: string
  readonly frames?: string
  readonly size?: string
  readonly format?: string
  readonly features?: string
  readonly edition?: string
  readonly ops?: string
  readonly maxSteps: string
  readonly bugDepth: string
  readonly searchStates: string
  readonly shardTime: string
  readonly shardMemory: string
  readonly out?: string
  readonly resume?: string
  readonly json?: boolean
  readonly html?: string
}

export interface ReportFlags {
  readonly json?: boolean
  readonly html?: string
  /** How fast it was, too. */
  readonly rates?: boolean
}

export async function stressCommand(words: readonly string[], flags: StressFlags, terminal: Terminal): Promise<number> {
  const threads = flags.threads === 'auto' ? availableParallelism() : whole('threads', flags.threads, 1, 64)
  const timeMs = flags.time === undefined ? Number.POSITIVE_INFINITY : 1000 * whole('time', flags.time, 1, 10 ** 7)
  const shardMs = 1000 * whole('shard-time', flags.shardTime, 1, 86_400)
  const memoryMB = whole('shard-memory', flags.shardMemory, 64, 2 ** 20)
  if (threads > availableParallelism()) {
    terminal.err(`dmarace: note: ${threads} threads on ${availableParallelism()} cores wait for each other\n`)
  }
  const { plan, subjects, tally, journal } = await (flags.resume === undefined ? begin : resume)(words, flags)
  terminal.err(`dmarace: journal in ${journal.directory}\n`)
  const progress = new Progress(terminal)
  let interrupted: unknown
  try {
    await drive(plan, subjects, tally, journal, {
      threads,
      timeMs,
      shardMs,
      memoryMB,
      interrupt: terminal.interrupt,
      onProgress: (now) => progress.update(() => progressText(now)),
    })
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    interrupted = error
  } finally {
    progress.end()
  }
  if (interrupted !== undefined) {
    terminal.err(
      `dmarace: interrupted after ${grouped(tally.runs)} runs, all written down; go on by: dmarace stress --resume ${journal.directory}\n`,
    )
    return exitCodes.interrupted
  }
  return answer(reportOf(plan, tally, subjects), journal.directory, flags, terminal)
}

export async function reportCommand(directory: string, flags: ReportFlags, terminal: Terminal): Promise<number> {
  const plan = readPlan(directory)
  const tally = new Tally(plan)
  readEntries(directory, (entry) => take(tally, entry))
  return answer(reportOf(plan, tally, await makeSubjects(plan)), directory, flags, terminal)
}

async function answer(
  report: CampaignReport,
  directory: string,
  { json, html, rates }: ReportFlags,
  terminal: Terminal,
): Promise<number> {
  if (html !== undefined) {
    try {
      await writeFile(html, campaignHtml(report, rates ? readRates(directory) : []))
    } catch (error) {
      throw new UsageError(`cannot write ${html}: ${(error as Error).message}`)
    }
  }
  terminal.out(json ? `${JSON.stringify(report, undefined, 2)}\n` : campaignText(report))
  if (report.violations > 0) return exitCodes.violated
  if (report.failed.length > 0) throw new LimitError(`${report.failed.length} shards have no result`)
  return exitCodes.clean
}

async function begin(words: readonly string[], flags: StressFlags) {
  const plan = await planOf(words, flags)
  const subjects = await makeSubjects(plan)
  const directory = flags.out ?? join('out', `stress-${planDigest(plan).slice(0, 8)}`)
  return { plan, subjects, tally: new Tally(plan), journal: Journal.create(directory, plan) }
}

async function resume(words: readonly string[], flags: StressFlags) {
  const { resume: directory = '', out, runs } = flags
  if (words.length > 0)
    throw new UsageError('--resume goes on with what the campaign was begun with; name nothing else')
  if (out !== undefined) throw new UsageError(`--resume writes to ${directory}; leave --out away`)
  if (runs !== undefined) throw new UsageError('--resume goes on with the runs that the campaign was begun with')
  const plan = readPlan(directory)
  const subjects = await makeSubjects(plan)
  const tally = new Tally(plan)
  return { plan, subjects, tally, journal: Journal.open(directory, (entry) => take(tally, entry)) }
}

async function planOf(words: readonly string[], flags: StressFlags): Promise<CampaignPlan> {
  if (words.length === 0) throw new UsageError('name scenarios or files to run, or a directory to go on with: --resume')
  if (flags.runs === undefined && flags.time === undefined) {
    throw new UsageError('say how much: --runs of each, or --time in seconds')
  }
  if (!(sampledStrategies as readonly string[]).includes(flags.strategy)) {
    throw unknownName('strategy', flags.strategy, sampledStrategies)
  }
  const edition = await editionOf(flags)
  const targets: Target[] = []
  for (const word of words) targets.push(...(await targetsOf(word, edition, flags)))
  return {
    version: campaignVersion,
    targets,
    strategy: flags.strategy as SampledStrategy,
    seed: whole('seed', flags.seed, 0, 0xffffffff),
    ...(flags.runs === undefined ? {} : { runs: whole('runs', flags.runs, 1, 10 ** 12) }),
    stepsMax: whole('max-steps', flags.maxSteps, 1, 2 ** 28 - 1),
    bugDepth: whole('bug-depth', flags.bugDepth, 1, 1000),
    searchStatesMax: whole('search-states', flags.searchStates, 0, 10 ** 9),
  }
}

async function targetsOf(
  word: string,
  { request: edition, own }: ChosenEdition,
  flags: StressFlags,
): Promise<Target[]> {
  const { size, format, geometry } = flags
  const ops = own ? { ops: own.file } : {}
  const asked = {
    ...(flags.frames === undefined ? {} : { frames: whole('frames', flags.frames, 1, 108_000) }),
    ...(flags.features === undefined ? {} : { features: flags.features }),
    ...edition,
  }
  const isLitmus = await isLitmusWord(word)
  if (geometry !== 'board' && (size !== undefined || format !== undefined)) {
    throw new UsageError(`--${size === undefined ? 'format' : 'size'} is for --geometry board`)
  }
  if (isLitmus || isFileName(word)) {
    if (geometry === 'board') throw new UsageError(`--geometry board is for scenarios by name, and ${word} is a file`)
    const files = isLitmus ? await litmusFiles([word]) : [word]
    const targets = await Promise.all(files.map((file) => targetsIn(file, asked, flags, own)))
    return targets.flat().map((target) => ({ ...target, ...ops }))
  }
  if (geometry === 'litmus') return [{ kind: 'litmus', request: { ...asked, scenario: word }, ...ops }]
  const request: Omit<RunRequest, 'seed'> = {
    ...asked,
    scenario: word,
    geometry,
    ...(size === undefined ? {} : { size }),
    ...(format === undefined ? {} : { format }),
  }
  return [{ kind: 'board', request, ...ops }]
}

/** Flags that mean nothing to some files. */
const fileFlags = ['features', 'frames', 'edition', 'ops'] as const

async function targetsIn(
  file: string,
  request: Omit<CheckRequest, 'scenario'>,
  flags: StressFlags,
  own: OwnEdition | undefined,
): Promise<Target[]> {
  const isLitmus = await isLitmusWord(file)
  const systems = await loadSystems(file, { request, own })
  for (const name of fileFlags) {
    if (flags[name] === undefined || (isLitmus && name === 'features')) continue
    if (isLitmus) throw new UsageError(`--${name} is for scenarios: a litmus test says itself what runs`)
    // Only scenarios have hardware.
    if (!systems.some((subject) => subject.features)) {
      throw new UsageError(`--${name} is for scenarios: a system of your own has none`)
    }
  }
  const asked = Object.keys(request).length > 0 ? { request } : {}
  return systems.map(({ id, digest = '' }) => ({ kind: 'system', id, file: wordParts(file).file, digest, ...asked }))
}

function progressText({ tally, runs, runsPerSecond, seconds, shards, shardsEnd }: CampaignProgress): string {
  const left = shardsEnd === undefined || shards === 0 ? '' : `, ${eta((seconds * (shardsEnd - shards)) / shards)} left`
  return (
    `${grouped(runs)} runs, ${grouped(Math.round(runsPerSecond))}/s, ${grouped(tally.violations)} violations ` +
    `(${tally.causes} causes), ${tally.distinctOutcomes} outcomes, ${grouped(tally.states)} states${left}`
  )
}

function eta(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
