/** Tests | the naive explorer: breadth-first over a real System, one canonical text per state; slow, and plainly right. */

import { canonical, clone, deepFreeze } from '../../src/base/canonical.ts'
import { UsageError } from '../../src/base/errors.ts'
import type { ActorView, CheckableSystem, Property, StateView } from '../../src/explore/define-system.ts'
import type { Message, RuntimeName, SavedState } from '../../src/kernel/actor.ts'
import { apply, type Choice, enabled, Stepper } from '../../src/kernel/step.ts'
import { System } from '../../src/kernel/system.ts'
import { type Canon, canonOf, type Portrait } from './orbits.ts'

/** What an exhaustive search found. */
export interface NaiveResult {
  readonly states: number
  /** Pairs of a state and a choice enabled in it, those that lead back to it included. */
  readonly transitions: number
  /** The largest breadth-first distance from the initial state. */
  readonly depth: number
  /** States in which no delivery and no `must` choice is enabled while a program is unfinished, or nothing has an end. */
  readonly deadlocks: number
  /** States in which nothing is enabled at all. */
  readonly ends: number
  /** Property → steps of a shortest run that violates it (for `sometimes`: that reaches it). `deadlock` is one of them. */
  readonly found: Readonly<Record<string, number>>
  /** `sometimes` properties that no state satisfies. */
  readonly unreached: readonly string[]
  /** With option `orbits`: states that differ only by a declared symmetry count once, and so do their choices. */
  readonly orbits?: { readonly states: number; readonly transitions: number }
}

/** One state of a system, as plain data. */
interface WholeState {
  readonly actors: readonly SavedState[]
  readonly channels: readonly (readonly Message[])[]
}

export interface NaiveOptions {
  readonly runtime?: RuntimeName
  /** More states than these are a mistake in a test. */
  readonly statesMax?: number
  /** Whether to count orbits as well. */
  readonly orbits?: true
  /** Called for every state found, with its text. */
  readonly onState?: (view: StateView, text: string) => void
}

/** Explores everything; violated properties do not end the search. `leadsTo` is not decided here. */
export function exploreNaively(checkable: CheckableSystem, options: NaiveOptions = {}): NaiveResult {
  return new NaiveExplorer(checkable, options).run()
}

class NaiveExplorer {
  private readonly system: System
  private readonly stepper: Stepper
  private readonly properties: [string, Property][]
  private readonly options: NaiveOptions
  private readonly seen = new Map<string, number>()
  private readonly found: Record<string, number> = {}
  private readonly view: View
  private emitted: Message[] = []
  private readonly canon: Canon | undefined
  /** Orbit → enabled choices in each of its states. */
  private readonly orbits = new Map<string, number>()

  constructor(checkable: CheckableSystem, options: NaiveOptions) {
    this.options = options
    this.canon = options.orbits ? canonOf(checkable) : undefined
    this.system = new System(checkable.spec, options.runtime ?? 'sim', () => {})
    this.stepper = new Stepper(this.system, { now: 0 }, ({ emitted }) => {
      this.emitted.push(...emitted.map(clone))
    })
    this.properties = Object.entries(checkable.properties)
    this.view = new View(this.system)
  }

  run(): NaiveResult {
    const counts = { transitions: 0, deadlocks: 0, ends: 0 }
    this.stepper.start()
    this.judgeEvents(0)
    let layer: WholeState[] = this.arrive(0)
    let depth = 0
    for (;;) {
      const next: WholeState[] = []
      for (const state of layer) {
        this.restore(state)
        const choices = enabled(this.stepper)
        counts.transitions += choices.length
        if (this.canon) this.countOrbit(this.canon(this.portrait()), choices.length)
        if (choices.length === 0) counts.ends++
        if (this.isDeadlock(choices)) {
          counts.deadlocks++
          this.note('deadlock', depth)
        }
        for (const choice of choices) {
          this.restore(state)
          this.emitted = []
          if (!apply(this.stepper, choice)) throw new Error('a choice was enabled and then was not')
          this.judgeEvents(depth + 1)
          next.push(...this.arrive(depth + 1))
        }
      }
      if (next.length === 0) break
      depth++
      layer = next
    }
    const result = { states: this.seen.size, depth, ...counts, found: this.found, unreached: this.unreached() }
    if (!this.canon) return result
    const transitions = [...this.orbits.values()].reduce((sum, choices) => sum + choices, 0)
    return { ...result, orbits: { states: this.orbits.size, transitions } }
  }

  /** States of one orbit can do the same, up to names; if not, the symmetry is declared wrongly. */
  private countOrbit(orbit: string, choices: number): void {
    const known = this.orbits.get(orbit)
    if (known !== undefined && known !== choices) {
      throw new Error(`states of one orbit have ${known} and ${choices} choices: ${orbit}`)
    }
    this.orbits.set(orbit, choices)
  }

  private portrait(): Portrait {
    const { actors, channels } = this.system
    return {
      actors: Object.fromEntries(
        actors.map(({ id, reactor }) => [id, { value: reactor.value(), context: reactor.context }]),
      ),
      channels: Object.fromEntries(channels.map((channel) => [channel.spec.from, channel.contents()])),
    }
  }

  /** The present state, if it is new. */
  private arrive(depth: number): WholeState[] {
    const text = this.text()
    if (this.seen.has(text)) return []
    this.seen.set(text, depth)
    if (this.seen.size > (this.options.statesMax ?? 1_000_000)) throw new Error('too many states for a naive search')
    this.view.forget()
    this.options.onState?.(this.view, text)
    for (const [name, property] of this.properties) {
      if (property.kind === 'always' && !property.holds(this.view)) this.note(name, depth)
      if (property.kind === 'sometimes' && property.holds(this.view)) this.note(name, depth)
    }
    return [this.save()]
  }

  private judgeEvents(depth: number): void {
    for (const [name, property] of this.properties) {
      if (property.kind !== 'never') continue
      const isBad = (event: Message) => event.type === property.event && (property.when?.(event) ?? true)
      if (this.emitted.some(isBad)) this.note(name, depth)
    }
  }

  /** The search is breadth-first, so the first time is the shortest. */
  private note(name: string, depth: number): void {
    this.found[name] ??= depth
  }

  private unreached(): string[] {
    return this.properties
      .filter(([name, { kind }]) => kind === 'sometimes' && !(name in this.found))
      .map(([name]) => name)
  }

  private isDeadlock(choices: readonly Choice[]): boolean {
    if (choices.some((choice) => this.isProgress(choice))) return false
    // Where no chart has an end the system is meant to go on for ever.
    const ending = this.system.actors.filter(({ definition }) => definition.ends)
    return ending.length === 0 || ending.some(({ reactor }) => !reactor.finished())
  }

  private isProgress(choice: Choice): boolean {
    if (choice.kind === 'deliver') return true
    return this.system.actors[choice.actor]?.definition.spontaneous[choice.choice]?.kind === 'must'
  }

  private save(): WholeState {
    return {
      actors: this.system.actors.map(({ reactor }) => reactor.save()),
      channels: this.system.channels.map((channel) => channel.contents()),
    }
  }

  private restore({ actors, channels }: WholeState): void {
    for (const [index, { reactor }] of this.system.actors.entries()) reactor.restore(actors[index] as SavedState)
    for (const channel of this.system.channels) channel.refill(channels[channel.index] as readonly Message[])
  }

  /** Where messages may overtake each other their order means nothing. */
  private text(): string {
    const { actors, channels } = this.save()
    const contents = channels.map((messages, index) => {
      const texts = messages.map(canonical)
      const { order } = this.system.channels[index] as { order: string }
      if (order === 'per-id' || order === 'per-source') return lanesOf(messages, order)
      return order === 'set' || order === 'unordered' ? texts.sort() : texts
    })
    return canonical([actors, contents])
  }
}

/** The present state of a system, for predicates. */
class View implements StateView {
  private readonly system: System
  private readonly actors = new Map<string, ActorView>()

  constructor(system: System) {
    this.system = system
  }

  /** The system has moved on. */
  forget(): void {
    this.actors.clear()
  }

  actor(id: string): ActorView {
    const known = this.actors.get(id)
    if (known) return known
    const actor = this.system.actors.find((candidate) => candidate.id === id)
    if (!actor)
      throw new UsageError(`no actor "${id}"; there are: ${this.system.actors.map((one) => one.id).join(', ')}`)
    const value = actor.reactor.value()
    const view: ActorView = {
      value: deepFreeze(clone(value)),
      context: deepFreeze(clone(actor.reactor.context)),
      matches: (path) => isActive(value, path.split('.')),
      finished: actor.reactor.finished(),
    }
    this.actors.set(id, view)
    return view
  }

  channel(from: string): readonly Message[] {
    const channel = this.system.channels.find(({ spec }) => spec.from === from)
    if (!channel) throw new UsageError(`no out port "${from}"`)
    return deepFreeze(clone(channel.contents()))
  }
}

/** Whether the state at `path` is part of an XState value. */
function isActive(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true
  if (typeof value === 'string') return value === first && rest.length === 0
  const record = value as Readonly<Record<string, unknown>>
  return Object.hasOwn(record, first) && isActive(record[first], rest)
}

/** The messages of each transaction id, in order. */
function lanesOf(messages: readonly Message[], order: 'per-id' | 'per-source'): string[] {
  const lanes = new Map<string, string[]>()
  for (const message of messages) {
    const { from, txn } = message as { from?: string; txn?: number }
    const lane = canonical([from ?? null, order === 'per-id' ? (txn ?? null) : null])
    lanes.set(lane, [...(lanes.get(lane) ?? []), canonical(message)])
  }
  return [...lanes].map(([lane, texts]) => `${lane}: ${texts.join()}`).sort()
}
