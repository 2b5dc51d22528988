/** Explore | a system of actors and channels as a partition: steps are taken by the kernel, on real reactors, once each. */

import { InternalError, UsageError } from '../base/errors.ts'
import type { ActorDefinition, Message, Reactor, SavedState } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import { type Reaction, Stepper } from '../kernel/step.ts'
import { System, type SystemSpec } from '../kernel/system.ts'
import { ComponentValues, likelyContents } from './component-values.ts'
import type { Predicate, Property } from './define-system.ts'
import { type Emitted, EmittedEvents } from './emitted-events.ts'
import { impurityError, isEqual, type Reacted } from './impurity.ts'
import { Interner } from './intern.ts'
import type { Observer } from './observer.ts'
import type { Component, Expansion, Group, Partition, StepLabel, Successor } from './partition.ts'
import { PredicateView } from './predicate-view.ts'
import { PresentState } from './present-state.ts'
import { Memories } from './remembered-reactions.ts'
import { groupsOf, type OwnGroup, type StepGroup } from './system-groups.ts'
import { type TracedReactor, Tracing } from './traced-reactor.ts'

/** What a system partition is made from. */
export interface PartitionConfig {
  readonly spec: SystemSpec
  readonly properties?: Readonly<Record<string, Property>>
  readonly observers?: readonly Observer[]
  /** Report states without progress in which a program is unfinished as violations of `deadlock`. Default: yes. */
  readonly deadlock?: 'report' | 'ignore'
  /** Run each new reaction twice and compare. Default: yes. */
  readonly purity?: 'check' | 'trust'
  /** Reactions that are known, to go on from; only with those that are taken on trust. Default: none. */
  readonly memories?: Memories
}

/** The name of the built-in property. */
export const deadlockProperty = 'deadlock'

export class SystemPartition implements Partition {
  readonly components: Component[] = []
  readonly groups: Group[] = []
  readonly properties: string[] = []
  readonly witnesses = new Set<string>()
  readonly system: System
  /** By component: the values seen so far. Actors first (`SavedState`), then channels (messages, in canonical order where it does not matter), then parts of observers. */
  readonly interners: Interner<unknown>[]
  /** By channel index: its component, -1 for a rendezvous in which nothing waits. */
  readonly channelComponents: number[] = []
  /** First component of each observer. */
  readonly observerComponents: number[] = []
  private readonly channelOf: Channel[] = []
  private readonly config: PartitionConfig
  readonly observers: readonly Observer[]
  private readonly stepper: Stepper
  private readonly own: OwnGroup[] = []
  private readonly memories: Memories
  private readonly traced: readonly TracedReactor[]
  private readonly values: ComponentValues
  private readonly finished: (boolean | undefined)[][]
  private readonly view: PredicateView
  private readonly propertyOf: (Property | undefined)[] = []
  private readonly events: EmittedEvents
  private initially: ReturnType<Partition['initial']> | undefined
  // The expansion in progress.
  private readonly present: PresentState
  private readonly reacted: Reacted[] = []
  private readonly emitted: Emitted[] = []

  constructor(config: PartitionConfig) {
    this.config = config
    this.memories = config.memories ?? new Memories()
    this.values = new ComponentValues(this.components, this.memories)
    this.interners = this.values.interners
    this.observers = config.observers ?? []
    const { spec } = config
    const tracing = new Tracing(this.memories)
    this.traced = tracing.reactors
    this.present = new PresentState(this.traced, this.channelOf, this.interners)
    const actors = spec.actors.map(({ id, definition }, index) => ({
      id,
      definition: tracing.traced(definition, index, {
        actor: () => this.present.touch(index),
        room: (ports) => this.touchRoom(index, ports),
      }),
    }))
    this.system = new System({ actors, channels: spec.channels }, 'sim', (stream, error) => {
      throw new InternalError(`a subscriber of ${stream} threw during a search: ${String(error)}`)
    })
    this.stepper = new Stepper(this.system, { now: 0 }, (reaction) => this.keepEvents(reaction))
    this.finished = spec.actors.map(() => [])
    this.addComponents()
    this.view = new PredicateView(this)
    this.events = new EmittedEvents(this.observers, this.properties, {
      first: this.observerComponents,
      value: (component) => this.interners[component]?.values[this.present.read(component)],
      number: (component, value) => this.values.number(component, value),
    })
    this.addProperties(config.properties ?? {})
    const declared = this.properties.map((name, index) => ({ name, property: this.propertyOf[index] }))
    for (const { own, group } of groupsOf(this.system, declared)) {
      this.own.push(own)
      this.groups.push(group)
    }
  }

  /** Actors start once: what they start with is kept. */
  initial(): { readonly values: readonly number[]; readonly fires: readonly number[] } {
    this.initially ??= this.start()
    return this.initially
  }

  private start(): { readonly values: readonly number[]; readonly fires: readonly number[] } {
    const values: number[] = []
    this.emitted.length = 0
    for (const channel of this.system.channels) channel.refill([])
    for (const reactor of this.traced) reactor.isTracing = false
    this.stepper.start()
    for (const actor of this.system.actors) values.push(this.internActor(actor.index))
    for (const reactor of this.traced) reactor.isTracing = true
    for (const channel of this.system.channels) {
      const component = this.channelComponents[channel.index] as number
      if (component >= 0) values.push(this.internChannel(component))
    }
    for (const [o, observer] of this.observers.entries()) {
      for (let part = 0; part < observer.parts.length; part++) {
        values.push(this.values.number((this.observerComponents[o] as number) + part, observer.initial(part)))
      }
    }
    this.present.forget()
    this.present.enter((component) => values[component] as number)
    const writes = new Map<number, number>()
    const fires = this.events.observe(this.emitted, writes)
    for (const [component, value] of writes) values[component] = value
    return { values, fires }
  }

  expand(group: number, read: (component: number) => number): Expansion {
    this.memories.begin()
    const expansion = this.expandOnce(group, read)
    if (this.config.purity === 'trust' || (this.stepOf(group) && !this.memories.repeat())) return expansion
    const again = this.expandOnce(group, read)
    if (!isEqual(again, expansion)) {
      const { reacted, components } = this
      throw impurityError({ group: this.groups[group]?.name as string, reacted, components }, expansion, again)
    }
    return expansion
  }

  private expandOnce(group: number, read: (component: number) => number): Expansion {
    this.present.enter(read)
    this.reacted.length = 0
    const own = this.own[group] as OwnGroup
    if (own.kind === 'state') return this.expandState(own.property)
    if (own.kind === 'end') return this.expandEnd()
    const labels: Successor[] = []
    if (own.kind === 'deliver') this.expandChannel(own.channel, labels)
    else this.expandChoice(own.actor, own.choice, labels)
    return { successors: labels, fires: [] }
  }

  /** The value of a component, for reports: of an actor its state value and context, of a channel its messages. */
  describe(component: number, value: number): unknown {
    const interned = this.interners[component]?.values[value]
    if (component >= this.traced.length) return interned
    const saved = interned as SavedState
    return { state: this.untraced(component, saved, (reactor) => reactor.value()), context: saved.context }
  }

  /** What a group is made of. */
  memberOf(group: number): OwnGroup {
    return this.own[group] as OwnGroup
  }

  /** A partition of the same system that knows nothing yet: what it is asked leaves no trace in this one. Takes purity on trust. */
  twin(): SystemPartition {
    return new SystemPartition({ ...this.config, purity: 'trust' })
  }

  /** The number of a value that `component` may have: of an actor a `SavedState`, of a channel its messages in any order. */
  intern(component: number, value: unknown): number {
    const channel = this.channelOf[component]
    if (channel === undefined) return this.values.number(component, value)
    return this.values.numberOfContents(component, channel, value as readonly Message[])
  }

  /** The number that actor `to` has for a configuration of actor `from`; undefined if it has no such states. */
  configurationAt(to: number, from: number, configuration: number): number | undefined {
    const { actors } = this.config.spec
    if (actors[to]?.definition === actors[from]?.definition) return configuration
    const names = (this.traced[from] as TracedReactor).configurationNames(configuration)
    return (this.traced[to] as TracedReactor).configurationNumber(names)
  }

  /** How many values of each component are known. */
  valueCounts(): number[] {
    return this.interners.map(({ values }) => values.length)
  }

  /** XState's state value of an actor's interned state. */
  stateValue(actor: number, value: number): unknown {
    return (this.describe(actor, value) as { state: unknown }).state
  }

  isFinished(actor: number, value: number): boolean {
    const known = this.finished[actor] as (boolean | undefined)[]
    let finished = known[value]
    if (finished === undefined) {
      const saved = this.interners[actor]?.values[value] as SavedState
      finished = this.untraced(actor, saved, (reactor) => reactor.finished())
      known[value] = finished
    }
    return finished
  }

  /** What a group's steps are; undefined for groups that only look at states. */
  stepOf(group: number): StepGroup | undefined {
    const own = this.own[group] as OwnGroup
    return own.kind === 'deliver' || own.kind === 'spontaneous' ? own : undefined
  }

  /** The channel that a component holds the contents of, if it is one. */
  channelAt(component: number): Channel | undefined {
    return this.channelOf[component]
  }

  /** The messages that a value of a channel's component stands for. */
  contentsOf(component: number, value: number): readonly Message[] {
    return (this.interners[component] as Interner<unknown>).values[value] as readonly Message[]
  }

  /** Whether an actor in this local state leaves `message` on its channel. */
  stalls(actor: number, value: number, message: Message): boolean {
    const saved = this.interners[actor]?.values[value] as SavedState
    return this.untraced(actor, saved, (reactor) => reactor.decide(message)) === 'stall'
  }

  /** Reads a component for the expansion in progress. */
  readComponent(component: number): number {
    return this.present.read(component)
  }

  /** The predicate's value in the state that `read` tells of. */
  evaluate(predicate: Predicate, property: string, read: (component: number) => number): boolean {
    this.present.enter(read)
    return this.view.evaluate(predicate, property)
  }

  /** Puts the real actors and channels into the state with these values for as long as `look` looks; it must not step them. */
  inState<T>(values: ArrayLike<number>, look: (stepper: Stepper) => T): T {
    this.present.enter((component) => values[component] as number)
    const { length } = this.traced
    for (let component = 0; component < Math.max(length, this.channelOf.length); component++)
      this.present.touch(component)
    return look(this.stepper)
  }

  /** Asks a reactor about a state without that counting as a reading. */
  private untraced<T>(actor: number, saved: SavedState, ask: (reactor: Reactor) => T): T {
    const reactor = this.traced[actor] as TracedReactor
    reactor.isTracing = false
    reactor.restore(saved)
    this.present.forget(actor)
    const answer = ask(reactor)
    reactor.isTracing = true
    return answer
  }

  private addComponents(): void {
    const add = (name: string, likelyValues = 1): number => {
      this.interners.push(new Interner())
      return this.components.push({ name, likelyValues }) - 1
    }
    for (const actor of this.system.actors) add(actor.id)
    for (const channel of this.system.channels) {
      const component = channel.capacity === 0 ? -1 : add(channel.id, likelyContents(channel))
      this.channelComponents.push(component)
      if (component >= 0) this.channelOf[component] = channel
    }
    for (const observer of this.observers) {
      this.observerComponents.push(this.components.length)
      for (const part of observer.parts) add(`${observer.id}.${part}`)
    }
  }

  private addProperties(properties: Readonly<Record<string, Property>>): void {
    const add = (name: string, property: Property | undefined): number => {
      if (this.properties.includes(name)) throw new UsageError(`two properties are called "${name}"`)
      this.propertyOf.push(property)
      return this.properties.push(name) - 1
    }
    if (this.config.deadlock !== 'ignore') add(deadlockProperty, undefined)
    for (const observer of this.observers) for (const name of observer.properties) add(name, undefined)
    for (const [name, property] of Object.entries(properties)) {
      // Liveness is decided on the whole graph afterwards.
      if (property.kind === 'leadsTo') continue
      const index = add(name, property)
      if (property.kind === 'sometimes' || property.kind === 'emits') this.witnesses.add(name)
      if (property.kind === 'never' || property.kind === 'emits') this.events.lookFor(index, property)
    }
  }

  private expandChannel(channel: Channel, successors: Successor[]): void {
    this.present.touch(this.channelComponents[channel.index] as number)
    // A delivery takes its message out: the count is that of the state itself.
    const { count } = channel
    for (let position = 0; position < count; position++) {
      if (!channel.eligible(position)) continue
      const message = this.values.textOf(channel.at(position))
      if (this.stepper.deliverable(channel, position) !== 'enabled') continue
      const label: StepLabel = { kind: 'deliver', channel: channel.index, message }
      this.take(() => this.stepper.deliver(channel, position), label, true, successors)
    }
  }

  private expandChoice(index: number, choice: number, successors: Successor[]): void {
    const actor = this.system.actors[index] as System['actors'][number]
    const declared = actor.definition.spontaneous[choice] as ActorDefinition['spontaneous'][number]
    for (let value = 0; value < declared.domain; value++) {
      if (this.stepper.performable(actor, choice, value) !== 'enabled') continue
      const label: StepLabel = { kind: 'spontaneous', actor: index, choice, value }
      this.take(() => this.stepper.perform(actor, choice, value), label, declared.kind === 'must', successors)
    }
  }

  /** Takes one enabled step on the real system and notes what it changed. */
  private take(step: () => void, label: StepLabel, progress: boolean, successors: Successor[]): void {
    this.emitted.length = 0
    step()
    const after = new Map<number, number>()
    for (const component of this.present.touched) after.set(component, this.internPresent(component))
    const violates = this.events.observe(this.emitted, after)
    const writes: { component: number; from: number; to: number }[] = []
    for (const [component, to] of after) {
      const from = this.present.read(component)
      if (to !== from) writes.push({ component, from, to })
    }
    writes.sort((a, b) => a.component - b.component)
    successors.push({ writes, progress, violates, label })
    this.present.reload()
  }

  private expandState(property: number): Expansion {
    const declared = this.propertyOf[property] as Extract<Property, { kind: 'always' | 'sometimes' }>
    const holds = this.view.evaluate(declared.holds, this.properties[property] as string)
    // A state that shows what is asked for fires, too: the search reports it as a witness.
    const fires = declared.kind === 'always' ? !holds : holds
    return { successors: [], fires: fires ? [property] : [] }
  }

  /** In a state without progress: whether programs wait in vain, and what observers say at the end. */
  private expandEnd(): Expansion {
    const unfinished: string[] = []
    let ends = false
    for (const actor of this.system.actors) {
      if (!actor.definition.ends) continue
      ends = true
      if (!this.isFinished(actor.index, this.present.read(actor.index))) unfinished.push(actor.id)
    }
    // Where no chart has an end the system is meant to go on for ever.
    const deadlock = unfinished.length > 0 || !ends
    if (!ends) this.present.read(0)
    const fires = this.events.observeEnd({ deadlock, unfinished })
    if (deadlock && this.config.deadlock !== 'ignore') fires.unshift(this.properties.indexOf(deadlockProperty))
    return { successors: [], fires }
  }

  private keepEvents(reaction: Reaction): void {
    const { actor, message } = reaction
    if (message) {
      this.reacted.push({ actor: actor.id, message: message.type, actions: actor.reactor.actions?.() ?? [] })
    }
    for (const event of reaction.emitted) this.emitted.push({ actor: reaction.actor.id, event })
  }

  private internPresent(component: number): number {
    if (component < this.traced.length) {
      return this.traced[component]?.isAhead ? this.internActor(component) : this.present.read(component)
    }
    return this.internChannel(component)
  }

  private internActor(index: number): number {
    const { saved, text } = (this.traced[index] as TracedReactor).state
    return this.values.number(index, saved, text)
  }

  private internChannel(component: number): number {
    const channel = this.channelOf[component] as Channel
    return this.values.numberOfContents(component, channel, channel.contents())
  }

  private touchRoom(index: number, room: readonly number[]): void {
    const actor = this.system.actors[index] as System['actors'][number]
    for (let i = 0; i < room.length; i += 2) {
      const channel = actor.outChannels[room[i] as number] as Channel
      const component = this.channelComponents[channel.index] as number
      if (component >= 0) this.present.touch(component)
    }
  }
}
