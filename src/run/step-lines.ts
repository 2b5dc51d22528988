/** Run | the steps of a run as lines of a report: one for each step, or one for each reaction with its messages and states. */

import { hex } from '../base/bits.ts'
import { hanging, lineWidth } from '../base/wrap.ts'
import type { Message } from '../kernel/actor.ts'
import type { TraceEvent } from '../kernel/trace.ts'
import { changedRegions } from './state-text.ts'
import type { StepDetails } from './step-details.ts'
import type { ToldStep } from './tell.ts'

/** Of a run that was told: number, actor, line of the file, and what happened. */
export function toldLines(steps: readonly ToldStep[], width = lineWidth): string[] {
  const numbers = String(steps.at(-1)?.step ?? 0).length
  const actors = Math.max(0, ...steps.map(({ actor }) => actor.length))
  const places = Math.max(0, ...steps.map(({ line }) => (line === undefined ? 0 : lineText(line).length)))
  return steps.flatMap(({ step, actor, line, text }) => {
    const place = places === 0 ? '' : `${(line === undefined ? '' : lineText(line)).padEnd(places)}  `
    const lead = `${String(step).padStart(numbers)}  ${actor.padEnd(actors)}  ${place}`
    return hanging(lead, text, width)
  })
}

function lineText(line: number): string {
  return `line ${line}`
}

/** One line for each reaction of each step: who, what, and what came of it. Longer ones go on below. */
export function stepLines(events: readonly TraceEvent[], details?: StepDetails, width = lineWidth): string[] {
  const states = new Map<string, unknown>()
  const actors = Math.max(...events.map(({ actor }) => actor.length))
  const numbers = String(events.at(-1)?.step ?? 0).length
  const lines: string[] = []
  let shown = 0
  for (const [index, { step, actor, channel, message, state, sent = [], emitted = [], ignored }] of events.entries()) {
    const changed = changedRegions(states.get(actor), state)
    states.set(actor, state)
    if (step === 0 || message === undefined) continue
    // A choice without a parameter has the value 0.
    const isBare = channel === undefined && !details?.valued.has(`${actor} ${message.type}`)
    const parts = [messageText(message, isBare ? 'bare' : 'whole')]
    if (ignored) parts.push('(ignored)')
    if (changed.length > 0) parts.push(`-> ${changed.join('|')}`)
    const changes = details?.changes[index] ?? []
    if (changes.length > 0) parts.push(`{${changesText(changes)}}`)
    if (sent.length > 0)
      parts.push(`sends ${sent.map(({ port, message: m }) => `${messageText(m)} on ${port}`).join(', ')}`)
    if (emitted.length > 0) parts.push(`: ${emitted.map((event) => messageText(event)).join(', ')}`)
    const number = step === shown ? '' : String(step)
    shown = step
    const lead = `${number.padStart(numbers)}  ${actor.padEnd(actors)}  `
    lines.push(...hanging(lead, parts.join('  '), width, lead.length + 2))
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
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}=${valueText(inner)}`)
      .join(' ')}}`
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
