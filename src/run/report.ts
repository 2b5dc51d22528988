/** Run | what a run has to say: a few lines for people, the failure report of each violated oracle, and JSON. Pure. */

import { type FeatureName, type Features, features as knownFeatures } from '../../machines/features.ts'
import { anything, demand, list, parts, text } from '../base/shape.ts'
import { hanging, lineWidth } from '../base/wrap.ts'
import { dmarace } from '../dma/index.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import { type OracleName, oracles } from '../oracle/index.ts'
import type { RunOptions } from './options.ts'
import type { RunResult } from './run.ts'
import { optionsShape } from './run-shape.ts'

/** A frame that was written as a picture. */
export interface FrameFile {
  /** The program's count, from 0. */
  readonly index: number
  readonly file: string
  /** Cache lines that differ from what the device sent. */
  readonly wrongLines: number
  /** The same picture with these lines marked; absent if there are none. */
  readonly damageFile?: string
}

/** A run that is over, and what the caller did with it. */
export interface PlayedRun {
  readonly options: RunOptions
  readonly runtime: RuntimeName
  readonly token: string
  readonly result: RunResult
  readonly wallMs: number
  readonly interrupted: boolean
  /** Files of the source pictures, in order. */
  readonly inputs: readonly string[]
  /** File of the edition, if it is the user's own. */
  readonly ops?: string
  readonly frames: readonly FrameFile[]
  /** Frames that the program read, whether or not there are pictures of them. */
  readonly framesRead: number
  readonly trace?: { readonly digest: string; readonly lines: number; readonly file: string | undefined }
}

/** Marks up a word of the report; the identity where there are no colours. */
export type Paint = (tone: 'good' | 'bad' | 'strong' | 'faint', text: string) => string

const plain: Paint = (_tone, text) => text

/** One cycle is a nanosecond: the cores run at 1 GHz. */
const cyclesPerMs = 1e6 // HF-026

const playedShape = parts('a run that was played', {
  options: optionsShape,
  runtime: text,
  token: text,
  result: parts('what Run returns', { verdict: text, violations: list(anything, 'a list') }),
  inputs: list(text, 'a list of files'),
  frames: list(anything, 'a list'),
})

/** The whole report, with a newline at its end. */
export function reportRun(run: PlayedRun, paint: Paint = plain): string {
  demand(playedShape, run, 'reportRun(run)')
  const lines = [
    headline(run, paint),
    ...factLines(run),
    ...pictureLines(run),
    ...traceLines(run),
    ...run.result.warnings.map((warning) => fact('warning', warning)),
    '',
    ...verdictLines(run, paint),
  ]
  return `${lines.join('\n')}\n`
}

function headline({ options, runtime }: PlayedRun, paint: Paint): string {
  const { scenario, parameters, seed, policy, edition } = options
  const { geometry, width, height, format, frames } = parameters
  const size = geometry.name === 'litmus' ? `${format} frames` : `${width}x${height} ${format}`
  return `${paint('strong', scenario.id)}  ${geometry.name}, ${size}, ${countOf(frames, 'frame')}, seed ${seed}, policy ${policy}, runtime ${runtime}${edition.name === dmarace.name ? '' : `, edition ${edition.name}`}`
}

function factLines(run: PlayedRun): string[] {
  const { statistics: s } = run.result
  const perSecond = Math.round(s.messages / (run.wallMs / 1000))
  return [
    fact('frames', `${s.framesCaptured} captured, ${s.framesDelivered} delivered, ${s.framesLost} lost`),
    fact('time', `${grouped(s.cycles)} cycles, ${milliseconds(s.cycles)} ms at 1 GHz`),
    fact(
      'messages',
      `${grouped(s.messages)} in ${(run.wallMs / 1000).toFixed(2)} s, ${grouped(perSecond)}/s; ${grouped(s.steps)} steps`,
    ),
    fact(
      'sysmmu',
      `${grouped(s.tlbHits)} TLB hits, ${countOf(s.tlbWalks, 'walk')}, ${countOf(s.tlbInvalidations, 'entry', 'entries')} invalidated, ${countOf(s.faults, 'fault')}${s.busErrors > 0 ? `, ${countOf(s.busErrors, 'bus error')}` : ''}`,
    ),
    fact(
      'caches',
      `L1 ${countOf(s.l1Refills, 'refill')} and ${grouped(s.l1SpeculativeRefills)} speculative, ${countOf(s.l1Writebacks, 'write-back')}; ` +
        `L2 ${countOf(s.l2Refills, 'refill')}, ${countOf(s.l2Writebacks, 'write-back')}; ${countOf(s.maintainedLines, 'line')} maintained`,
    ),
    ...(s.exhausted > 0
      ? [fact('used up', `${countOf(s.exhausted, 'call')} found no room in a pool or IO space`)]
      : []),
    fact('features', featureText(run.options.parameters.features)),
  ]
}

function pictureLines({ options, frames, framesRead }: PlayedRun): string[] {
  if (options.parameters.format === 'raw') return [fact('pictures', 'none: a litmus frame is a few words')]
  if (framesRead === 0) return [fact('pictures', 'none: no program marked a frame as read')]
  const damaged = frames.filter((frame) => frame.damageFile !== undefined)
  const text = [fact('pictures', rangeText(frames.map(({ file }) => file)))]
  if (damaged.length === 0) return text
  const wrongLines = damaged.reduce((sum, frame) => sum + frame.wrongLines, 0)
  const files = rangeText(damaged.map(({ damageFile }) => damageFile as string))
  return [...text, fact('damage', `${files}: ${countOf(wrongLines, 'wrong cache line')} marked`)]
}

function traceLines({ trace }: PlayedRun): string[] {
  if (!trace) return []
  const kept = trace.file === undefined ? '' : `; ${trace.file}`
  return [fact('trace', `digest ${trace.digest}, ${countOf(trace.lines, 'reaction')}${kept}`)]
}

function verdictLines(run: PlayedRun, paint: Paint): string[] {
  const { result } = run
  const lines: string[] = []
  if (run.interrupted) lines.push(paint('strong', 'interrupted: this is what was known by then'))
  const violations = failureReports(run, paint)
  if (violations.length > 0) return [...lines, ...violations]
  if (run.interrupted) return [...lines, '  no oracle was violated so far', replayLine(run)]
  if (result.verdict === 'bounded') {
    return [
      paint('bad', `not found (bounded: ${boundText(run)})`),
      '  not every program came to its end',
      replayLine(run),
    ]
  }
  const { twinOf, violates = [] } = run.options.scenario
  const broken = `  this is a broken twin of ${twinOf} (it can violate ${violates[0]}): try other seeds, or --geometry litmus`
  return [
    `${paint('good', 'clean')}: every program came to its end and no oracle was violated`,
    '  in this one schedule; that is no proof: other seeds and policies take other orders',
    ...(twinOf === undefined ? [] : [broken]),
    replayLine(run),
  ]
}

/** One report for each violated oracle, the first in full. */
export function failureReports(run: PlayedRun, paint: Paint = plain): string[] {
  return run.result.violations.flatMap(({ violation, count }, index) => {
    const { scenario, seed, policy } = run.options
    const rule = oracles[violation.oracle as OracleName].always
    const head = `${paint('bad', `always "${rule}" violated`)}: scenario ${scenario.id}, step ${violation.step}`
    const said = sentences(violation.message).flatMap((sentence) => hanging('  ', sentence, lineWidth, 4))
    const times = count > 1 ? `, the first of ${grouped(count)}` : ''
    if (index > 0) return [`${head}  (${violation.oracle}${times})`, ...said]
    return [
      head,
      ...said,
      `  found by oracle ${violation.oracle} in cycle ${grouped(violation.cycle)}${times} (seed ${seed}, policy ${policy})`,
      replayLine(run),
    ]
  })
}

/** A violation's message is "what, where, expected; likely cause": one line each. */
export function sentences(message: string): string[] {
  const cause = message.lastIndexOf('; likely ')
  return cause < 0 ? [message] : [message.slice(0, cause), message.slice(cause + 2)]
}

/** The line to paste. */
export function replayCommand({ token, inputs, ops }: Pick<PlayedRun, 'token' | 'inputs' | 'ops'>): string {
  const pictures = inputs.length > 0 ? ` --input ${inputs.map(quoted).join(' ')}` : ''
  return `npx dmarace replay ${token}${pictures}${ops === undefined ? '' : ` --ops ${quoted(ops)}`}`
}

function replayLine(run: PlayedRun): string {
  return `  replay: ${replayCommand(run)}`
}

/** As a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function boundText({ result }: PlayedRun): string {
  return result.end === 'cycles' ? `${grouped(result.statistics.cycles)} cycles` : result.end
}

/** Everything that the report says, as plain data. */
export function jsonOfRun(run: PlayedRun): Record<string, unknown> {
  const { scenario, parameters, seed, policy, pictures } = run.options
  const { result } = run
  return {
    scenario: scenario.id,
    question: scenario.question,
    ...(scenario.twinOf ? { twinOf: scenario.twinOf, violates: scenario.violates } : {}),
    verdict: run.interrupted ? 'interrupted' : result.verdict,
    end: result.end,
    geometry: parameters.geometry.name,
    frames: parameters.frames,
    ...(parameters.format === 'raw' ? {} : { size: `${parameters.width}x${parameters.height}` }),
    format: parameters.format,
    features: parameters.features,
    seed,
    policy,
    edition: run.options.edition.name,
    runtime: run.runtime,
    ...(pictures.length > 0 ? { inputs: run.inputs, pictures } : {}),
    token: run.token,
    replay: replayCommand(run),
    violations: result.violations.map(({ violation, count }) => ({
      always: oracles[violation.oracle as OracleName].always,
      count,
      ...violation,
    })),
    statistics: result.statistics,
    ...(result.warnings.length > 0 ? { warnings: result.warnings } : {}),
    simulatedMs: result.statistics.cycles / cyclesPerMs,
    wallMs: Math.round(run.wallMs),
    pictureFiles: run.frames,
    ...(run.trace ? { trace: { ...run.trace } } : {}),
  }
}

/** "speculation, eviction; off: tlbPrefetch". */
export function featureText(features: Features): string {
  const names = Object.keys(knownFeatures) as FeatureName[]
  const on = names.filter((name) => features[name])
  const off = names.filter((name) => !features[name])
  return `${on.join(', ') || 'none'}${off.length > 0 ? `; off: ${off.join(', ')}` : ''}`
}

function fact(name: string, text: string): string {
  return hanging(`  ${name.padEnd(10)}`, text, lineWidth).join('\n')
}

/** "out/frame-0.png to out/frame-3.png (4)". */
function rangeText(files: readonly string[]): string {
  if (files.length <= 2) return files.join(', ')
  return `${files[0]} to ${files.at(-1)} (${files.length})`
}

function countOf(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** 1234567 as 1,234,567. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

function milliseconds(cycles: number): string {
  const ms = cycles / cyclesPerMs
  return ms < 1 ? ms.toPrecision(3) : ms.toFixed(1)
}
