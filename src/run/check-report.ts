/** Run | what a check has to say: a verdict, counterexamples step by step, and JSON. Pure. */

import { defaultFeatures, type FeatureName } from '../../machines/features.ts'
import { counted } from '../base/counted.ts'
import { anything, demand, list, number, parts, text } from '../base/shape.ts'
import { hanging, lineWidth } from '../base/wrap.ts'
import { dmarace } from '../dma/index.ts'
import { formatCoverage } from '../explore/coverage.ts'
import { ruleIn, violatedText } from '../kernel/trace.ts'
import { rootLines } from '../oracle/root.ts'
import type { ShownRun, Verdict } from './check.ts'
import { grouped, type Paint, sentences } from './report.ts'
import { stepLines, toldLines } from './step-lines.ts'
import { addressPattern } from './tell.ts'

/** How a report is laid out. */
export interface ReportStyle {
  readonly paint?: Paint
  /** Columns of a line; only what cannot be broken, such as a token, is longer. Default 100. */
  readonly width?: number
  /** `full`: every reaction with its messages and states, and every feature by name. Default `brief`: a line for each step. */
  readonly detail?: 'brief' | 'full'
}

type Style = Required<ReportStyle>

const forms = list(anything, 'a list')
const verdictShape = parts('what check returns', {
  subject: text,
  verdict: text,
  states: number,
  violations: forms,
  witnesses: forms,
  unwitnessed: forms,
  undecided: forms,
  notes: forms,
})

/** The whole report, with a newline at its end. */
export function reportVerdict(
  verdict: Verdict,
  { paint = (_tone, text) => text, width = lineWidth, detail = 'brief' }: ReportStyle = {},
): string {
  demand(verdictShape, verdict, 'reportVerdict(verdict)')
  const style: Style = { paint, width, detail }
  const lines = [headline(verdict, paint), ...factLines(verdict, style)]
  for (const run of verdict.violations) lines.push('', ...violationLines(verdict, run, style))
  for (const property of verdict.isExhaustive ? verdict.unwitnessed : []) {
    lines.push('', `${paint('bad', `sometimes "${property}" has no witness`)}: no reachable state shows it`)
  }
  if (verdict.coverage) lines.push('', formatCoverage(verdict.coverage).trimEnd())
  return `${lines.join('\n')}\n`
}

/** "holds (exhaustive, 288 states)". */
export function verdictText(verdict: Verdict): string {
  const states = `${grouped(verdict.states)} ${verdict.states === 1 ? 'state' : 'states'}`
  switch (verdict.verdict) {
    case 'holds':
      return `holds (exhaustive, ${states})`
    case 'violated': {
      const names = verdict.violations.map(lengthText)
      const missing = verdict.isExhaustive ? verdict.unwitnessed : []
      const all = [...names, ...missing.map((property) => `no ${property}`)]
      if (verdict.end === 'interrupted') return `violated: ${all.join(', ')} (${interruptedText(verdict)})`
      return `violated: ${all.join(', ')} (${verdict.isExhaustive ? 'exhaustive' : 'search ended early'}, ${states})`
    }
    case 'not found':
      if (verdict.end === 'interrupted') {
        return `not found (bounded: ${interruptedText(verdict)}, nothing violated so far)`
      }
      return `not found (bounded: ${boundText(verdict)}, ${states})`
  }
}

/** "fresh-load in 25": steps of the run. */
function lengthText({ property, length }: ShownRun): string {
  return `${property} ${length === 0 ? 'from the start' : `in ${length}`}`
}

function headline(verdict: Verdict, paint: Paint): string {
  const text = verdictText(verdict)
  const tone = verdict.verdict === 'holds' ? 'good' : 'bad'
  return `${paint('strong', verdict.subject)}  ${paint(tone, text)}`
}

function factLines(verdict: Verdict, { width, detail }: Style): string[] {
  const { strategy, reductions, transitions, depth, seconds, bytes, states, features, witnesses } = verdict
  const notes = [...verdict.notes, ...verdict.undecided.map((name) => `"${name}" is not decided`)]
  const how = [strategy, ...reductions].join(' + ')
  const rate = Math.round(transitions / Math.max(seconds, 1e-3))
  const facts = [
    `${how}: ${grouped(transitions)} transitions, depth ${depth}, ${seconds.toFixed(2)} s (${grouped(rate)}/s), ${(bytes / Math.max(1, states)).toFixed(1)} bytes a state`,
  ]
  if (features) facts.push(`features: ${detail === 'full' ? everyFeature(features) : unusualFeatures(features)}`)
  if (verdict.edition !== undefined && verdict.edition !== dmarace.name) facts.push(`edition: ${verdict.edition}`)
  for (const { property, length } of witnesses) facts.push(`sometimes "${property}": after ${counted(length, 'step')}`)
  for (const property of verdict.isExhaustive ? [] : verdict.unwitnessed) {
    facts.push(`sometimes "${property}": not seen in what was searched`)
  }
  for (const note of notes) facts.push(`note: ${note}`)
  return facts.flatMap((fact) => hanging('  ', fact, width, 4))
}

function everyFeature(features: Readonly<Record<string, boolean>>): string {
  const on = Object.keys(features).filter((name) => features[name])
  const off = Object.keys(features).filter((name) => !features[name])
  return `${on.join(', ') || 'none'}${off.length > 0 ? `; off: ${off.join(', ')}` : ''}`
}

/** What differs from `dmarace list features`. */
function unusualFeatures(features: Readonly<Record<string, boolean>>): string {
  const unusual = Object.keys(features).filter((name) => features[name] !== defaultFeatures[name as FeatureName])
  const on = unusual.filter((name) => features[name])
  const off = unusual.filter((name) => !features[name])
  const parts = [
    ...(on.length > 0 ? [`on: ${on.join(', ')}`] : []),
    ...(off.length > 0 ? [`off: ${off.join(', ')}`] : []),
  ]
  return parts.length === 0 ? 'as usual (dmarace list features)' : `as usual, but ${parts.join('; ')}`
}

function violationLines(verdict: Verdict, run: ShownRun, style: Style): string[] {
  const { paint, width, detail } = style
  // Then the message says at which statement each program stands.
  const standsSomewhere = run.told?.steps.some(({ line }) => line !== undefined) ?? false
  const named = namer(run.told?.names)
  const below = (text: string, indent = 2) => hanging(' '.repeat(indent), text, width, indent + 2)
  const where = run.length === 0 ? 'at the start' : `step ${run.length}`
  const rule = violatedText(run)
  const shorter = run.length === 0 ? '' : ` (${minimalityText[run.minimality]})`
  const facts = `${verdict.subject}, ${where}${shorter}`
  return [
    `${paint('bad', rule)}:${rule.length + facts.length + 2 > width ? '\n ' : ''} ${facts}`,
    ...messageLines(named(run.message), style),
    ...runLines(run, style),
    ...(standsSomewhere && detail === 'brief' ? [] : (run.waits ?? [])).flatMap((line) => below(line)),
    ...noReturnLines(run).flatMap((line) => below(line)),
    ...(run.root ? rootLines(run.root) : []).flatMap((line) => {
      const text = line.trimStart()
      return below(named(text), 2 + line.length - text.length)
    }),
    `  found by ${[verdict.strategy, ...verdict.reductions].join(' + ')}; confirmed in the live runtime`,
    // In one piece: it is to be pasted.
    `  replay: ${run.replay}`,
  ]
}

/** The steps of a run. */
export function runLines(
  { events, details, told }: Pick<ShownRun, 'events' | 'details' | 'told'>,
  style: Style,
): string[] {
  const width = style.width - 2
  const isBrief = told !== undefined && style.detail === 'brief'
  return (isBrief ? toldLines(told.steps, width) : stepLines(events, details, width)).map((line) => `  ${line}`)
}

/** What happened, and below it the likely cause. */
export function messageLines(message: string, { width }: Style): string[] {
  return sentences(message).flatMap((sentence) => hanging('  ', sentence, width, 4))
}

/** Puts names in place of addresses; the first time each address stands behind its name. */
export function namer(names: Readonly<Record<string, string>> = {}): (text: string) => string {
  const seen = new Set<string>()
  return (text) =>
    text.replace(addressPattern, (address) => {
      const name = names[address]
      if (name === undefined) return address
      if (seen.has(address)) return name
      seen.add(address)
      return `${name} (${address})`
    })
}

const minimalityText = {
  shortest: 'a shortest run',
  '1-minimal': 'no single step can be left out',
  unproved: 'there may be shorter runs',
} as const

function noReturnLines({ noReturn, length }: ShownRun): string[] {
  if ('reason' in noReturn) return noReturn.reason === '' ? [] : [`point of no return: ${noReturn.reason}`]
  const last = noReturn.step === length ? ', the last one' : ''
  return [`point of no return: step ${noReturn.step}${last}; before it, it could still have ended well`]
}

/** "interrupted after 1,234 states, depth 5". */
function interruptedText({ states, depth }: Verdict): string {
  return `interrupted after ${grouped(states)} ${states === 1 ? 'state' : 'states'}, depth ${depth}`
}

function boundText({ end, strategy, undecided }: Verdict): string {
  switch (end) {
    case 'states':
      return 'the most states allowed'
    case 'bytes':
      return 'the memory allowed'
    case 'stopped':
      return 'stopped'
    case 'runs':
      return `${strategy} samples`
    case 'exhausted':
      return undecided.length > 0 ? `${undecided.join(', ')} not decided` : strategy
    default:
      return strategy
  }
}

/** Everything that the report says, as plain data: the published schema is docs/check.schema.json. */
export function jsonOfVerdict(verdict: Verdict): Record<string, unknown> {
  demand(verdictShape, verdict, 'jsonOfVerdict(verdict)')
  const { violations, witnesses, subject, isExhaustive, ...rest } = verdict
  const shown = (run: ShownRun) => {
    const {
      property,
      message,
      minimality,
      length,
      events,
      replay,
      labels: _labels,
      details: _details,
      told: _told,
      ...more
    } = run
    return {
      oracle: property,
      ...ruleIn(run),
      message,
      minimality,
      length,
      ...more,
      steps: events,
      token: tokenIn(replay),
      replay,
    }
  }
  const [first] = violations
  return {
    scenario: subject,
    ...rest,
    exhaustive: isExhaustive,
    ...(first ? { violation: shown(first) } : {}),
    violations: violations.map(shown),
    witnesses: witnesses.map(({ property, length }) => ({ property, length })),
  }
}

/** The token of a replay line. */
export function tokenIn(replay: string): string {
  return replay.split(' ').find((word) => /^\d+:/.test(word)) ?? ''
}
