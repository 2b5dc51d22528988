/** Run | what a check has to say: a verdict, counterexamples step by step, and JSON. Pure. */

import { dmarace } from '../dma/index.ts'
import { formatCoverage } from '../explore/coverage.ts'
import type { Message } from '../kernel/actor.ts'
import { ruleIn, type TraceEvent, violatedText } from '../kernel/trace.ts'
import { rootLines } from '../oracle/root.ts'
import type { ShownRun, Verdict } from './check.ts'
import { grouped, type Paint } from './report.ts'
import type { StepDetails } from './step-details.ts'

const plain: Paint = (_tone, text) => text

/** The whole report, with a newline at its end. */
export function reportVerdict(verdict: Verdict, paint: Paint = plain): string {
  const lines = [headline(verdict, paint), ...factLines(verdict)]
  for (const run of verdict.violations) lines.push('', ...runLines(verdict, run, paint))
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
      const names = verdict.violations.map(({ property, length }) => `${property} in ${length}`)
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

function headline(verdict: Verdict, paint: Paint): string {
  const text = verdictText(verdict)
  const tone = verdict.verdict === 'holds' ? 'good' : 'bad'
  return `${paint('strong', verdict.subject)}  ${paint(tone, text)}`
}

function factLines(verdict: Verdict): string[] {
  const { strategy, reductions, transitions, depth, seconds, bytes, states, features, witnesses } = verdict
  const notes = [...verdict.notes, ...verdict.undecided.map((name) => `"${name}" is not decided`)]
  const how = [strategy, ...reductions].join(' + ')
  const rate = Math.round(transitions / Math.max(seconds, 1e-3))
  const lines = [
    `  ${how}: ${grouped(transitions)} transitions, depth ${depth}, ${seconds.toFixed(2)} s (${grouped(rate)}/s), ${(bytes / Math.max(1, states)).toFixed(1)} bytes a state`,
  ]
  if (features) {
    const on = Object.keys(features).filter((name) => features[name])
    const off = Object.keys(features).filter((name) => !features[name])
    lines.push(`  features: ${on.join(', ') || 'none'}${off.length > 0 ? `; off: ${off.join(', ')}` : ''}`)
  }
  if (verdict.edition !== undefined && verdict.edition !== dmarace.name) lines.push(`  edition: ${verdict.edition}`)
  for (const { property, length } of witnesses) lines.push(`  sometimes "${property}": after ${length} steps`)
  for (const property of verdict.isExhaustive ? [] : verdict.unwitnessed) {
    lines.push(`  sometimes "${property}": not seen in what was searched`)
  }
  for (const note of notes) lines.push(`  note: ${note}`)
  return lines
}

function runLines(verdict: Verdict, run: ShownRun, paint: Paint): string[] {
  const kind = minimalityText[run.minimality]
  return [
    `${paint('bad', violatedText(run))}: ${verdict.subject}, step ${run.length} (${kind})`,
    `  ${run.message}`,
    ...stepLines(run.events, run.details).map((line) => `  ${line}`),
    ...(run.waits ?? []).map((line) => `  ${line}`),
    ...noReturnLines(run),
    ...(run.root ? rootLines(run.root).map((line) => `  ${line}`) : []),
    `  found by ${[verdict.strategy, ...verdict.reductions].join(' + ')}; confirmed in the live runtime`,
    `  replay: ${run.replay}`,
  ]
}

const minimalityText = {
  shortest: 'a shortest run',
  '1-minimal': 'no single step can be left out',
  unproved: 'there may be shorter runs',
} as const

function noReturnLines({ noReturn, length }: ShownRun): string[] {
  if ('reason' in noReturn) return noReturn.reason === '' ? [] : [`  point of no return: ${noReturn.reason}`]
  const last = noReturn.step === length ? ', the last one' : ''
  return [`  point of no return: step ${noReturn.step}${last}; before it, it could still have ended well`]
}

/** One line for each reaction of each step: who, what, and what came of it. */
export function stepLines(events: readonly TraceEvent[], details?: StepDetails): string[] {
  const states = new Map<string, string>()
  const width = Math.max(...events.map(({ actor }) => actor.length))
  const last = events.at(-1)?.step ?? 0
  const lines: string[] = []
  let shown = 0
  for (const [index, { step, actor, channel, message, state, sent = [], emitted = [], ignored }] of events.entries()) {
    const now = stateText(state)
    const before = states.get(actor)
    states.set(actor, now)
    if (step === 0 || message === undefined) continue
    // A choice without a parameter has the value 0.
    const isBare = channel === undefined && !details?.valued.has(`${actor} ${message.type}`)
    const parts = [messageText(message, isBare ? 'bare' : 'whole')]
    if (ignored) parts.push('(ignored)')
    if (before !== now) parts.push(`-> ${now}`)
    const changes = details?.changes[index] ?? []
    if (changes.length > 0) parts.push(`{${changesText(changes)}}`)
    if (sent.length > 0)
      parts.push(`sends ${sent.map(({ port, message: m }) => `${messageText(m)} on ${port}`).join(', ')}`)
    if (emitted.length > 0) parts.push(`: ${emitted.map((event) => messageText(event)).join(', ')}`)
    const number = step === shown ? '' : String(step)
    shown = step
    lines.push(`${number.padStart(String(last).length)}  ${actor.padEnd(width)}  ${parts.join('  ')}`)
  }
  return lines
}

/** Most fields of a context that are shown of one step. */
const changesMax = 6

/** "floor=1 calls.0=false". */
function changesText(changes: StepDetails['changes'][number]): string {
  const shown = changes.slice(0, changesMax).map(([path, value]) => `${path}=${valueText(value)}`)
  return [...shown, ...(changes.length > changesMax ? ['…'] : [])].join(' ')
}

/** "read.req addr=0x4000_0040 words=2". @param form `bare`: a value of 0 is none. */
function messageText(message: Message, form: 'bare' | 'whole' = 'whole'): string {
  const { type, ...payload } = message
  const fields = Object.entries(payload)
    .filter(([key, value]) => form === 'whole' || key !== 'value' || value !== 0)
    .map(([key, value]) => `${key}=${valueText(value)}`)
  return [type, ...fields].join(' ')
}

export function valueText(value: unknown): string {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 0xff) return hex(value)
  if (Array.isArray(value)) return `[${value.map(valueText).join(' ')}]`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function hex(value: number): string {
  const digits = (value >>> 0).toString(16).padStart(8, '0')
  return `0x${digits.slice(0, 4)}_${digits.slice(4)}`
}

/** A state value as a path: "busy.walking", regions joined by "|". */
function stateText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  const parts = Object.entries(value).map(([key, inner]) => {
    const below = stateText(inner)
    return below === '' ? key : `${key}.${below}`
  })
  return parts.join('|')
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
  const { violations, witnesses, subject, isExhaustive, ...rest } = verdict
  const shown = (run: ShownRun) => {
    const { property, message, minimality, length, labels: _labels, events, replay, details: _details, ...more } = run
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
