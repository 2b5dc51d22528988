/** Differential | compareMachine feeds one machine's compiled chart and its live XState actor the same messages. */

/*
 * Usage, in `test/differential/<machine>.test.ts`:
 *
 *   const coverage = compareMachine({
 *     definition: fimc(litmus),                       // a MachineDefinition
 *     generate: (prng, { value, context }) => ...,    // next message; steer by the present state to get deep
 *     messages: 100_000,
 *     seed: 42,
 *     contextEvery: 50,                               // contexts are compared every so many messages (default 100)
 *   })
 *   expect(coverage.transitionsNeverTaken).toEqual([])
 *   expect(coverage.guardsOneSided).toEqual([])
 *
 * After every message the decision, reason, room, state value, sends, emits and replies are compared. Where contexts
 * are compared, they must also be plain data and share nothing with the message or what was emitted or sent. A message that stalls is left out in
 * both; an ignored one is consumed without effect. A spontaneous event is given as `{ type, value }` and left out
 * where its `when` does not hold. `generate` may return undefined to start both instances afresh; it must not change
 * `context`. Messages come as copies, as they do on channels. They and emitted events are frozen, so that an action which changes one later throws, and no context
 * may share a part with them: the sim runtime does not copy what is emitted or given away, the live one does. The whole run
 * is made with clocks and random sources trapped.
 *
 * Throws an Error that names the message number, the seed and the difference. Well above 100 thousand messages a
 * second for small contexts: the XState side sets the pace, and with large contexts `contextEvery` does.
 */

import { Bytes } from '../../src/base/bytes.ts'
import { canonical, deepFreeze } from '../../src/base/canonical.ts'
import { Prng } from '../../src/base/prng.ts'
import type { IndexedOut, Message, Out } from '../../src/kernel/actor.ts'
import { copyPayload } from '../../src/kernel/payload.ts'
import { trapped } from '../../src/kernel/traps.ts'
import type { ChartTransition } from '../../src/statechart/chart.ts'
import { CompiledReactor, compile } from '../../src/statechart/compile.ts'
import type { MachineDefinition } from '../../src/statechart/define.ts'
import { LiveReactor } from '../../src/statechart/live.ts'

export interface Present {
  /** XState's state value. */
  readonly value: unknown
  // biome-ignore lint/suspicious/noExplicitAny: each machine's test knows its own context
  readonly context: any
}

export interface CompareOptions {
  readonly definition: MachineDefinition
  readonly generate: (prng: Prng, present: Present) => Message | undefined
  readonly messages: number
  readonly seed: number
  readonly contextEvery?: number
}

export interface Coverage {
  readonly reacted: number
  readonly ignored: number
  readonly stalled: number
  /** Spontaneous events left out because their `when` did not hold. */
  readonly disabled: number
  readonly restarts: number
  readonly sends: number
  /** Labels, in document order; `ignore` and `stall` count as taken when they are selected. */
  readonly transitionsNeverTaken: readonly string[]
  /** `<label> never true` or `<label> never false`, for every guard in the chart. */
  readonly guardsOneSided: readonly string[]
}

/** Runs the comparison; see the header. */
export function compareMachine(options: CompareOptions): Coverage {
  return trapped(() => new Comparison(options).run())
}

/** Everything a reactor reports, as text, in order. */
class Recorder implements Out {
  readonly lines: string[] = []
  /** What the present reaction emitted, frozen. */
  readonly emitted: Message[] = []
  sends = 0

  send(port: string, message: Message): void {
    this.sends++
    this.lines.push(`send ${port} ${canonical(message)}`)
  }
  raise(message: Message): void {
    this.lines.push(`raise ${canonical(message)}`)
  }
  emit(event: Message): void {
    this.emitted.push(deepFreeze(event))
    this.lines.push(`emit ${canonical(event)}`)
  }
  reply(message: Message): void {
    this.lines.push(`reply ${canonical(message)}`)
  }
}

/** As an actor is to its reactor: gets what actions give away itself, where others get a copy. */
class IndexedRecorder extends Recorder implements IndexedOut {
  /** What the present reaction sent, frozen. */
  readonly sent: Message[] = []
  private readonly ports: readonly string[]

  constructor(ports: readonly string[]) {
    super()
    this.ports = ports
  }

  sendAt(port: number, message: Message): void {
    this.sent.push(deepFreeze(message))
    this.send(this.ports[port] as string, message)
  }
}

class Comparison {
  private readonly options: CompareOptions
  private readonly prng: Prng
  private readonly taken = new Set<ChartTransition>()
  private readonly passed = new Set<ChartTransition>()
  private readonly refused = new Set<ChartTransition>()
  private readonly simOut: IndexedRecorder
  private readonly liveOut = new Recorder()
  private readonly sim: CompiledReactor
  private readonly live: LiveReactor
  private readonly transitions: readonly ChartTransition[]
  private readonly spontaneous
  private readonly valueText = new Map<unknown, string>()
  private at = 0
  private last = '(start)'

  constructor(options: CompareOptions) {
    const { definition, seed } = options
    this.options = options
    this.prng = new Prng(seed, definition.id)
    const probe = {
      guard: (transition: ChartTransition, passed: boolean) => {
        ;(passed ? this.passed : this.refused).add(transition)
      },
      taken: (transitions: readonly ChartTransition[]) => {
        for (const transition of transitions) this.taken.add(transition)
      },
    }
    const chart = compile(definition.config, { probe })
    this.transitions = chart.chart.transitions
    this.simOut = new IndexedRecorder(Object.keys(definition.outPorts))
    this.sim = new CompiledReactor(chart, this.simOut)
    this.live = new LiveReactor(definition, this.liveOut)
    this.spontaneous = new Map(definition.spontaneous.map((choice) => [choice.event, choice]))
  }

  run(): Coverage {
    const counts = { reacted: 0, ignored: 0, stalled: 0, disabled: 0, restarts: 0 }
    this.restart()
    for (this.at = 1; this.at <= this.options.messages; this.at++) {
      const message = this.options.generate(this.prng, { value: this.sim.value(), context: this.sim.context })
      if (message === undefined) {
        counts.restarts++
        this.restart()
      } else if (this.isDisabled(message)) counts.disabled++
      else counts[this.step(deepFreeze(copyPayload(message)))]++
    }
    this.compareContexts(undefined)
    return {
      ...counts,
      sends: this.simOut.sends,
      transitionsNeverTaken: this.transitions.filter((each) => !this.taken.has(each)).map((each) => each.label),
      guardsOneSided: this.transitions.flatMap((each) => this.oneSided(each)),
    }
  }

  private isDisabled(message: Message): boolean {
    const choice = this.spontaneous.get(message.type)
    if (choice === undefined) return false
    return !choice.when(this.sim.context as never, (message as { value?: number }).value ?? 0)
  }

  private restart(): void {
    this.last = '(start)'
    for (const out of [this.simOut, this.liveOut]) out.emitted.length = 0
    this.simOut.sent.length = 0
    for (const reactor of [this.sim, this.live]) reactor.start()
    this.compareEffects()
    this.compareContexts(undefined)
  }

  private step(message: Message): 'reacted' | 'ignored' | 'stalled' {
    this.last = canonical(message)
    const decision = this.sim.decide(message)
    this.same('decision', decision, this.live.decide(message))
    for (const transition of this.sim.selected) if (decision !== 'react') this.taken.add(transition)
    if (decision === 'stall' || decision === 'ignore') {
      this.same('reason', this.sim.reason, this.live.reason)
      return decision === 'stall' ? 'stalled' : 'ignored'
    }
    if (this.sim.room.length > 0 || this.live.room.length > 0) {
      this.same('room', this.sim.room.join(), this.live.room.join())
    }
    for (const out of [this.simOut, this.liveOut]) out.emitted.length = 0
    this.simOut.sent.length = 0
    this.sim.commit(message)
    this.live.commit(message)
    this.compareEffects()
    for (const sent of this.simOut.sent) this.checkKeys(sent)
    if (this.at % (this.options.contextEvery ?? 100) === 0) this.compareContexts(message)
    return 'reacted'
  }

  private compareEffects(): void {
    this.same('outputs', this.simOut.lines.join('\n'), this.liveOut.lines.join('\n'))
    this.simOut.lines.length = 0
    this.liveOut.lines.length = 0
    const value = this.sim.value()
    let text = this.valueText.get(value)
    if (text === undefined) {
      text = canonical(value)
      this.valueText.set(value, text)
    }
    this.same('state value', text, canonical(this.live.value()))
    this.same('finished', String(this.sim.finished()), String(this.live.finished()))
  }

  /** A copy has its keys in an order of its own, which traces show: what is given away must have it already. */
  private checkKeys(sent: Message): void {
    this.same(`order of the keys of ${sent.type}`, Object.keys(sent).join(), Object.keys(copyPayload(sent)).join())
  }

  private compareContexts(message: Message | undefined): void {
    this.same('context', canonical(this.sim.context), canonical(this.live.context))
    const foreign = new Map<unknown, string>()
    collectObjects(message, 'the message', foreign)
    for (const event of this.simOut.emitted) collectObjects(event, `the emitted ${event.type}`, foreign)
    for (const sent of this.simOut.sent) collectObjects(sent, `the sent ${sent.type}`, foreign)
    this.same('plain context', checkPlain(this.sim.context, 'context', foreign), '')
  }

  private same(what: string, compiled: string, xstate: string): void {
    if (compiled === xstate) return
    const { definition, seed } = this.options
    throw new Error(
      `${definition.id}: ${what} differs at message ${this.at} (seed ${seed}) ${this.last}\n` +
        `  compiled: ${compiled}\n  XState:   ${xstate}`,
    )
  }

  private oneSided(transition: ChartTransition): string[] {
    if (transition.guard === undefined) return []
    const result: string[] = []
    if (!this.passed.has(transition)) result.push(`${transition.label} never true`)
    if (!this.refused.has(transition)) result.push(`${transition.label} never false`)
    return result
  }
}

function collectObjects(value: unknown, owner: string, found: Map<unknown, string>): void {
  if (typeof value !== 'object' || value === null) return
  found.set(value, owner)
  for (const part of Object.values(value)) collectObjects(part, owner, found)
}

/** What is wrong with a context: parts that are not plain data, or that a message shares. Empty when nothing is. */
function checkPlain(value: unknown, where: string, foreign: ReadonlyMap<unknown, string>): string {
  if (value === null || ['number', 'string', 'boolean'].includes(typeof value) || value instanceof Bytes) return ''
  if (typeof value !== 'object') return `${where} is ${typeof value}`
  if (foreign.has(value)) return `${where} is also part of ${foreign.get(value)}`
  const prototype = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return `${where} is not plain data`
  for (const [key, part] of Object.entries(value)) {
    const problem = checkPlain(part, `${where}.${key}`, foreign)
    if (problem !== '') return problem
  }
  return ''
}
