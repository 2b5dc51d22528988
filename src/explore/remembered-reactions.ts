/** Explore | remembered reactions: what a chart does with a message in a local state is worked out once, and replayed after that. */

import { canonical } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type {
  ActorDefinition,
  Decision,
  IndexedOut,
  Message,
  Out,
  Reactor,
  SavedState,
  Spontaneous,
} from '../kernel/actor.ts'
import { copyPayload } from '../kernel/payload.ts'

/** A local state of a chart, and what is known of it. */
export interface LocalState {
  readonly saved: SavedState
  /** Its canonical text. */
  readonly text: string
  /** By a text of the message. */
  readonly answers: Map<string, Answer>
}

/** What a chart says to a message in one local state. */
interface Answer {
  readonly decision: Decision
  readonly room: readonly number[]
  readonly reason: string
  readonly actions: readonly string[]
  reaction: Reaction | undefined
  /** The round in which the chart itself was asked last. */
  round: number
}

/** What a reaction does. Messages are shared by all who get them: nobody changes a message. */
interface Reaction {
  readonly sent: readonly { readonly port: number; readonly message: Message }[]
  readonly emitted: readonly Message[]
  readonly replied: Message | undefined
  readonly next: LocalState
}

/** Local states of one definition that are remembered beyond a search, at most. */
const statesKept = 20_000

/**
 * The memories of the definitions of a system, or of several whose reactions are known to be pure: what one search finds out, the
 * next one knows. They have the texts of messages in common, and rounds. A round is what is worked out at a time; it can be done
 * again, with everything that was new in it worked out anew, to see if it comes to the same.
 */
export class Memories {
  private readonly ofDefinitions = new WeakMap<ActorDefinition, ReactionMemory>()
  private round = 0
  private isAgain = false
  /** Whether a chart was asked in this round. */
  private hasNews = false
  private readonly texts = new WeakMap<Message, string>()

  of(definition: ActorDefinition): ReactionMemory {
    let memory = this.ofDefinitions.get(definition)
    if (memory === undefined || memory.size > statesKept) {
      memory = new ReactionMemory(definition, this)
      this.ofDefinitions.set(definition, memory)
    }
    return memory
  }

  /** A new round. */
  begin(): void {
    this.round++
    this.isAgain = false
    this.hasNews = false
  }

  /** The same round again; false if all of it came from memory: then it would be the same. */
  repeat(): boolean {
    this.isAgain = this.hasNews
    return this.hasNews
  }

  /** The number of this round, for something that is worked out in it. */
  news(): number {
    this.hasNews = true
    return this.round
  }

  /** Whether what was worked out in `round` is to be worked out again. */
  isDueAgain(round: number): boolean {
    return this.isAgain && round === this.round
  }

  textOf(message: Message): string {
    let text = this.texts.get(message)
    if (text === undefined) {
      text = canonical(message)
      this.texts.set(message, text)
    }
    return text
  }
}

/** Notes what the reaction in progress sends. */
class Recorder implements IndexedOut {
  sent: { port: number; message: Message }[] = []
  emitted: Message[] = []
  replied: Message | undefined
  private readonly definition: ActorDefinition
  private readonly ports: ReadonlyMap<string, number>

  constructor(definition: ActorDefinition) {
    this.definition = definition
    this.ports = new Map(Object.keys(definition.outPorts).map((port, index) => [port, index]))
  }

  clear(): void {
    this.sent = []
    this.emitted = []
    this.replied = undefined
  }

  send(name: string, message: Message): void {
    const port = this.ports.get(name)
    if (port === undefined) {
      throw new InternalError(`${this.definition.id} sent ${message.type} on undeclared port ${name}`)
    }
    this.sendAt(port, copyPayload(message))
  }

  sendAt(port: number, message: Message): void {
    this.sent.push({ port, message })
  }

  emit(event: Message): void {
    this.emitted.push(event)
  }

  reply(message: Message): void {
    this.replied = copyPayload(message)
  }

  raise(message: Message): void {
    throw new InternalError(`${this.definition.id} raised ${message.type} past its reactor`)
  }
}

/** All that is known of the reactions of one definition. Its one real reactor serves every actor of that definition. */
export class ReactionMemory {
  readonly reactor: Reactor
  readonly portNames: readonly string[]
  /** The choices of the definition, with guards that are remembered, too. */
  readonly spontaneous: readonly Spontaneous[]
  private readonly rounds: Memories
  private readonly recorder: Recorder
  private readonly states = new Map<string, LocalState>()
  private readonly known = new WeakMap<SavedState, LocalState>()
  /** Where the real reactor is; undefined: somewhere else. */
  private loaded: LocalState | undefined
  /** The message that it has decided on last, there. */
  private asked: Message | undefined

  constructor(definition: ActorDefinition, rounds: Memories) {
    this.rounds = rounds
    this.spontaneous = definition.spontaneous.map((declared) => ({ ...declared, when: this.guard(declared) }))
    this.portNames = Object.keys(definition.outPorts)
    this.recorder = new Recorder(definition)
    this.reactor = definition.createReactor('sim', this.recorder)
  }

  /** Local states that it knows. */
  get size(): number {
    return this.states.size
  }

  stateOf(saved: SavedState): LocalState {
    let state = this.known.get(saved)
    if (state === undefined) {
      const text = canonical(saved)
      state = this.states.get(text)
      if (state === undefined) {
        state = { saved, text, answers: new Map() }
        this.states.set(text, state)
      }
      this.known.set(saved, state)
    }
    return state
  }

  /** What starting does. */
  start(): Reaction {
    return this.record(() => this.reactor.start())
  }

  /** The real reactor in this state, for questions. */
  at(state: LocalState): Reactor {
    if (this.loaded !== state) {
      this.asked = undefined
      this.reactor.restore(state.saved)
      this.loaded = state
    }
    return this.reactor
  }

  /** The same guard, asked once for each context and value. */
  private guard({ when }: Spontaneous): Spontaneous['when'] {
    const known = new WeakMap<object, Map<number, { readonly holds: boolean; readonly round: number }>>()
    return (context: unknown, value) => {
      let held = known.get(context as object)
      if (held === undefined) {
        held = new Map()
        known.set(context as object, held)
      }
      let answer = held.get(value)
      if (answer === undefined || this.rounds.isDueAgain(answer.round)) {
        answer = { holds: when(context as never, value), round: this.rounds.news() }
        held.set(value, answer)
      }
      return answer.holds
    }
  }

  answerTo(message: Message, state: LocalState): Answer {
    const text = this.keyOf(message)
    const known = state.answers.get(text)
    if (known !== undefined && !this.rounds.isDueAgain(known.round)) return known
    const answer = this.ask(message, state)
    if (known === undefined) state.answers.set(text, answer)
    return answer
  }

  /** What an answer's reaction does; the message must be the one that was answered in this state. */
  reactionTo(message: Message, state: LocalState, answer: Answer): Reaction {
    if (answer.reaction === undefined) {
      const reactor = this.at(state)
      if (this.asked !== message) reactor.decide(message)
      answer.reaction = this.record(() => reactor.commit(message))
      answer.round = this.rounds.news()
    }
    return answer.reaction
  }

  /** A text that no other message has; a message with its fields in two orders may have two. */
  private keyOf(message: Message): string {
    for (const field in message) {
      if (typeof message[field as keyof Message] === 'object') return this.rounds.textOf(message)
    }
    return JSON.stringify(message)
  }

  private ask(message: Message, state: LocalState): Answer {
    const reactor = this.at(state)
    const decision = reactor.decide(message)
    this.asked = message
    return {
      decision,
      room: decision === 'react' ? reactor.room : [],
      reason: decision === 'react' ? '' : reactor.reason,
      actions: decision === 'stall' ? [] : (reactor.actions?.() ?? []),
      reaction: undefined,
      round: this.rounds.news(),
    }
  }

  private record(act: () => void): Reaction {
    const { recorder } = this
    recorder.clear()
    this.loaded = undefined
    this.asked = undefined
    act()
    const { sent, emitted, replied } = recorder
    const next = this.stateOf(this.reactor.save())
    this.loaded = next
    return { sent, emitted, replied, next }
  }
}

/** Reacts from memory as far as that goes. */
export class RememberedReactor implements Reactor {
  private readonly memory: ReactionMemory
  private readonly out: Out
  private readonly indexed: IndexedOut | undefined
  private present: LocalState | undefined
  private answer: Answer | undefined

  constructor(memory: ReactionMemory, out: Out) {
    this.memory = memory
    this.out = out
    this.indexed = 'sendAt' in out ? (out as IndexedOut) : undefined
  }

  /** Where it is. */
  get state(): LocalState {
    if (this.present === undefined) throw new InternalError('a reactor was asked before it was started')
    return this.present
  }

  start(): void {
    this.replay(this.memory.start())
  }

  decide(message: Message): Decision {
    this.answer = this.memory.answerTo(message, this.state)
    return this.answer.decision
  }

  get room(): readonly number[] {
    return (this.answer as Answer).room
  }

  get reason(): string {
    return (this.answer as Answer).reason
  }

  get selection(): unknown {
    return this.answer
  }

  set selection(selection: unknown) {
    this.answer = selection as Answer
  }

  actions(): readonly string[] {
    return (this.answer as Answer).actions
  }

  commit(message: Message): void {
    this.replay(this.memory.reactionTo(message, this.state, this.answer as Answer))
  }

  value(): unknown {
    return this.memory.at(this.state).value()
  }

  get context(): unknown {
    return this.state.saved.context
  }

  finished(): boolean {
    return this.memory.at(this.state).finished()
  }

  save(): SavedState {
    return this.state.saved
  }

  restore(saved: SavedState): void {
    this.present = this.memory.stateOf(saved)
  }

  /** States are shared and never change: there is nothing to copy. */
  resumeFrom(other: Reactor): void {
    this.present = (other as RememberedReactor).state
  }

  configurationNames(configuration: number): string {
    return this.memory.reactor.configurationNames?.(configuration) ?? String(configuration)
  }

  configurationNumber(names: string): number | undefined {
    const { reactor } = this.memory
    return reactor.configurationNumber ? reactor.configurationNumber(names) : Number(names)
  }

  private replay({ sent, emitted, replied, next }: Reaction): void {
    for (const { port, message } of sent) {
      if (this.indexed !== undefined) this.indexed.sendAt(port, message)
      else this.out.send(this.memory.portNames[port] as string, message)
    }
    for (const event of emitted) this.out.emit(event)
    if (replied !== undefined) this.out.reply(replied)
    this.present = next
  }
}
