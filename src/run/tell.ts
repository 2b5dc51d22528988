/** Run | a run in one line a step: who did what, and what came of it. For people; the trace has every message. */

import type { Emitted, LineOp } from '../../machines/protocol.ts'
import type { Message } from '../kernel/actor.ts'
import type { TraceEvent } from '../kernel/trace.ts'
import type { PlaceNames } from '../litmus/named-places.ts'
import type { ToldStatement } from '../litmus/trails.ts'
import { type Fact, factOf, maintenance, Words } from './hardware-words.ts'
import { changedRegions } from './state-text.ts'
import type { ToldStatements } from './step-details.ts'
import type { Subject } from './subject.ts'

/** One step. */
export interface ToldStep {
  readonly step: number
  /** Who took it. */
  readonly actor: string
  /** Of the file, if it belongs to a statement there. */
  readonly line?: number
  readonly text: string
}

/** A run on hardware, told. Plain data. */
export interface ToldRun {
  readonly steps: readonly ToldStep[]
  /** What the author calls the addresses that stand in sentences about the run, by their text. */
  readonly names: Readonly<Record<string, string>>
}

/** Undefined for systems without hardware: of these, states and contexts are shown. @param sentences about the run */
export function tellRun(
  { features, names }: Subject,
  { events, statements }: { readonly events: readonly TraceEvent[]; readonly statements: ToldStatements },
  sentences: readonly string[],
): ToldRun | undefined {
  if (features === undefined) return undefined
  const mentioned = sentences.flatMap((sentence) => sentence.match(addressPattern) ?? [])
  const known = mentioned.flatMap((text) => {
    const name = names?.at(Number(text.replace('_', '')))
    return name === undefined ? [] : [[text, name] as const]
  })
  return { steps: tellSteps(events, { names, statements }), names: Object.fromEntries(known) }
}

/** As `hex` writes it. */
export const addressPattern = /\b0x[0-9a-f]{4}_[0-9a-f]{4}\b/g

/** What helps to tell a run. */
export interface Telling {
  readonly names?: PlaceNames | undefined
  /** By event. */
  readonly statements?: ToldStatements
}

/** Every step of a run on hardware, in order. */
export function tellSteps(events: readonly TraceEvent[], { names, statements = [] }: Telling = {}): ToldStep[] {
  const words = new Words(names)
  const states = new Map<string, unknown>()
  const told: ToldStep[] = []
  let at = 0
  while (at < events.length) {
    const { step } = events[at] as TraceEvent
    let end = at
    const reactions: Reacted[] = []
    while (events[end]?.step === step) {
      const event = events[end] as TraceEvent
      reactions.push({ ...event, before: states.get(event.actor), statement: statements[end] })
      states.set(event.actor, event.state)
      end++
    }
    at = end
    // Step 0 is the start.
    if (step > 0) told.push(tellStep(step, reactions, words))
  }
  return told
}

type Reacted = TraceEvent & {
  readonly before: unknown
  /** That its actor executes, or goes on with. */
  readonly statement: ToldStatement | undefined
}

function tellStep(step: number, reactions: readonly Reacted[], words: Words): ToldStep {
  const [first] = reactions as [Reacted]
  const { actor } = first
  const isOwn = first.channel === undefined
  const executes = isOwn && executing.has(first.message?.type ?? '')
  // A response lets a core, or a device, go on with what it had begun.
  const goesOn = reactions.find(({ channel, statement, emitted = [], message }) => {
    return channel !== undefined && statement !== undefined && (emitted.length > 0 || answers.has(message?.type ?? ''))
  })
  const statement = executes ? first.statement : goesOn?.statement
  const facts = reactions.flatMap((reaction) => factsOf(reaction, words, statement !== undefined))
  const what = executes ? executedText(first) : isOwn ? choiceText(first, words) : undefined
  const came = facts.map(({ who, what: text }) => (who === actor || who === '' ? text : `${who} ${text}`))
  if (came.length === 0) came.push(...quietly(reactions, words, what !== undefined))
  const text = [what, [...new Set(came)].join('; ')].filter((part) => part !== undefined && part !== '').join(': ')
  const line = statement?.line
  return { step, actor, ...(line === undefined ? {} : { line }), text }
}

/** Choices with which an actor goes on with its program. */
const executing = new Set(['issue', 'step'])

/** Messages that end what an instruction waits for. */
const answers = new Set(['reg.read.resp', 'read.resp', 'load.resp', 'os.return', 'translate.resp'])

/** Its statement; without one, the kind of instruction that its chart names. */
function executedText({ statement, before }: Reacted): string {
  if (statement) return statement.text
  const kind = /issuing\.(\w+)/.exec(changedRegions(undefined, before).join(' '))?.[1]
  return kind === undefined ? 'goes on' : spaced(kind)
}

/** Choices that no program asks for, in words. */
const choices: Readonly<Record<string, string>> = {
  'store.drain': 'its store buffer drains',
  'buffer.drain': 'its store buffer drains',
  'load.early': 'a later load goes ahead',
  'page.speculate': 'fetches a line ahead',
  'interrupt.take': 'takes the interrupt',
  'thread.switch': 'changes threads',
  'maintenance.miss': 'the next maintenance does nothing',
  'exclusive.fail': 'the store-exclusive fails for no reason',
  'line.speculate': 'fetches a line ahead',
  'line.evict': 'evicts a line',
  'tlb.prefetch': 'walks ahead',
  'tlb.drop': 'drops an entry',
}

function choiceText({ message }: Reacted, words: Words): string {
  const { type } = message as Message
  return choices[type] ?? messageWords(message as Message, words)
}

/** What a reaction came to: its events, and registers that were read or written by it. */
function factsOf({ actor, emitted = [], message, sent = [] }: Reacted, words: Words, hasStatement: boolean): Fact[] {
  const facts: Fact[] = []
  const { type, addr, value, from } = (message ?? {}) as Message & { addr: number; value: number; from: string }
  // Of the hops of a register access, the last one counts.
  const passesOn = sent.some((one) => one.message.type === type)
  if (type === 'reg.write.req' && !passesOn) {
    // The register says whose it is.
    facts.push({ who: '', what: `${words.at(addr)} = ${words.value(addr, value)}` })
  }
  if (type === 'reg.read.resp' && from === actor) {
    facts.push({ who: actor, what: `reads ${words.at(addr)} = ${words.value(addr, value)}` })
  }
  // Where it ends: what came of it is in the events.
  if (type === 'maintain.resp' && !passesOn) facts.push({ who: '', what: maintained(message as Message, words) })
  for (const event of emitted as Emitted[]) {
    // The statement says it.
    if (hasStatement && event.type === 'cpu.mark' && event.name.startsWith('dma.')) continue
    const one = factOf(event, words)
    if (one) facts.push(one)
  }
  return facts
}

/** What states are called in which a program waits. */
const waits: Readonly<Record<string, string>> = {
  synchronizing: 'until all before it is complete',
  draining: 'until all stores before it are performed',
  fencing: 'until all its writes are acknowledged',
  sleeping: 'for an interrupt',
  walking: 'for a translation',
  resting: 'for its registers',
}

/** "invalidate of buf is done". */
function maintained({ op, addr }: Message & { op?: LineOp; addr?: number }, words: Words): string {
  return `${maintenance[op ?? 'clean']} of ${words.line(addr ?? 0)} is done in every L1`
}

/** Of a step without events: where its message goes, or what its actor is now. */
function quietly(reactions: readonly Reacted[], words: Words, isOwn: boolean): string[] {
  const [first] = reactions as [Reacted]
  const last = reactions.at(-1) as Reacted
  if (!isOwn) {
    const to = last.actor === first.actor ? '' : ` -> ${last.actor}`
    return [`${messageWords(first.message as Message, words)}${to}`]
  }
  const [sent] = last.sent ?? []
  if (sent) return [`sends ${messageWords(sent.message, words)}`]
  const regions = changedRegions(first.before, first.state)
  const waiting = regions.map((region) => /waiting\.(\w+)/.exec(region)?.[1]).find((name) => name !== undefined)
  if (waiting !== undefined) return [`waits ${waits[waiting] ?? `(${spaced(waiting)})`}`]
  if (regions.some((region) => region.startsWith('storeBuffer.holding'))) return ['in the store buffer']
  return []
}

/** `read.req buf`: only what tells messages of a kind apart. */
function messageWords(message: Message, words: Words): string {
  const { type, addr, data, value, iova, ok } = message as Message & {
    addr?: number
    data?: readonly number[]
    value?: number
    iova?: number
    ok?: boolean
  }
  const parts: string[] = [type]
  if (addr !== undefined && data !== undefined && data.length > 0) parts.push(words.words(addr, data))
  else if (addr !== undefined && value !== undefined) parts.push(`${words.at(addr)} = ${words.value(addr, value)}`)
  else if (addr !== undefined) parts.push(words.at(addr))
  else if (iova !== undefined) parts.push(words.at(iova))
  if (ok === false) parts.push('(error)')
  return parts.join(' ')
}

/** `readingRegister` → `reading register`. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
