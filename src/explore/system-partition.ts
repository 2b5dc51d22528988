/** Explore | a system of actors and channels as a partition: steps are taken by the kernel, on real reactors, once each. */

import { canonical, clone } from '../base/canonical.ts'
import { InternalError, UsageError } from '../base/errors.ts'
import type { ActorDefinition, Decision, Message, Reactor, SavedState } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import { type Reaction, Stepper } from '../kernel/step.ts'
import { System, type SystemSpec } from '../kernel/system.ts'
import type { Property } from './define-system.ts'
import { Interner } from './intern.ts'
import type { Observer } from './observer.ts'
import type { Expansion, Group, Partition, StepLabel, Successor } from './partition.ts'
import { PredicateView } from './predicate-view.ts'

/** What a system partition is made from. */
export interface PartitionConfig {
  readonly spec: SystemSpec
  readonly properties?: Readonly<Record<string, Property>>
  readonly observers?: readonly Observer[]
  /** Report states without progress in which a program is unfinished as violations of `deadlock`. Default: yes. */
  readonly deadlock?: 'report' | 'ignore'
  /** Run each new reaction twice and compare. Default: yes. */
  readonly purity?: 'check' | 'trust'
}

/** A group of steps: what one channel can deliver, or one choice of one actor. */
export type StepGroup =
  | { readonly kind: 'deliver'; readonly channel: Channel }
  | { readonly kind: 'spontaneous'; readonly actor: number; readonly choice: number }

export type OwnGroup = StepGroup | { readonly kind: 'state'; readonly property: number } | { readonly kind: 'end' }

/** The name of the built-in property. */
export const deadlockProperty = 'deadlock'

export class SystemPartition implements Partition {
  readonly components: { readonly name: string }[] = []
  readonly groups: Group[] = []
  readonly properties: string[] = []
  readonly witnesses = new Set<string>()
  readonly system: System
  /**
   * By component: the values seen so far. Actors first (`SavedState`), then channels that can hold something (arrays of
   * messages, in canonical order where order does not matter), then parts of observers.
   */
  readonly interners: Interner<unknown>[] = []
  /** By channel index: its component, -1 for a rendezvous in which nothing waits. */
  readonly channelComponents: number[] = []
  /** First component of each observer. */
  readonly observerComponents: number[] = []
  private readonly channelOf: Channel[] = []
  private readonly config: PartitionConfig
  readonly observers: readonly Observer[]
  private readonly stepper: Stepper
  private readonly own: OwnGroup[] = []
  private readonly traced: TracedReactor[] = []
  private readonly messageTexts = new WeakMap<Message, string>()
  private readonly finished: (boolean | undefined)[][]
  private readonly view: PredicateView
  private readonly propertyOf: (Property | undefined)[] = []
  private readonly nevers: {
    readonly index: number
    readonly event: string
    readonly when?: (event: Message) => boolean
  }[] = []

  private begin: ReturnType<Partition['initial']> | undefined

  // The expansion in progress.
  private read: (component: number) => number = () => 0
  /** Ids loaded into the real actors and channels, by component; -1: something else. */
  private readonly loaded: number[] = []
  /** Components touched since the last load. */
  private readonly touched = new Set<number>()
  private readonly emitted: { readonly actor: string; readonly event: Message }[] = []

  constructor(config: PartitionConfig) {
    this.config = config
    this.observers = config.observers ?? []
    const { spec } = config
    const actors = spec.actors.map(({ id, definition }, index) => ({ id, definition: this.trace(definition, index) }))
    this.system = new System({ actors, channels: spec.channels }, 'sim', (stream, error) => {
      throw new InternalError(`a subscriber of ${stream} threw during a search: ${String(error)}`)
    })
    this.stepper = new Stepper(this.system, { now: 0 }, (reaction) => this.keepEvents(reaction))
    this.finished = spec.actors.map(() => [])
    this.addComponents()
    this.view = new PredicateView(this)
    this.addProperties(config.properties ?? {})
    this.addGroups()
  }

  initial(): { readonly values: readonly number[]; readonly fires: readonly number[] } {
    this.begin ??= this.start()
    return this.begin
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
        values.push(this.number((this.observerComponents[o] as number) + part, observer.initial(part)))
      }
    }
    this.loaded.length = 0
    for (let c = 0; c < values.length; c++) this.loaded.push(-1)
    this.read = (component) => values[component] as number
    const writes = new Map<number, number>()
    const fires = this.observe(writes)
    for (const [component, value] of writes) values[component] = value
    return { values, fires }
  }

  expand(group: number, read: (component: number) => number): Expansion {
    this.read = read
    this.touched.clear()
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

  /** A partition of the same system that knows nothing yet: what it is asked leaves no trace in this one. */
  twin(): SystemPartition {
    return new SystemPartition(this.config)
  }

  /** The number of a value that `component` may have: of an actor a `SavedState`, of a channel its messages in any order. */
  intern(component: number, value: unknown): number {
    const channel = this.channelOf[component]
    if (channel === undefined) return this.number(component, value)
    return this.internMessages(component, this.inCanonicalOrder(channel, value as readonly Message[]))
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
    return this.read(component)
  }

  /** Asks a reactor about a state without that counting as a reading. */
  private untraced<T>(actor: number, saved: SavedState, ask: (reactor: Reactor) => T): T {
    const reactor = this.traced[actor] as TracedReactor
    reactor.isTracing = false
    reactor.restore(saved)
    this.loaded[actor] = -1
    const answer = ask(reactor)
    reactor.isTracing = true
    return answer
  }

  private addComponents(): void {
    const add = (name: string): number => {
      this.interners.push(new Interner())
      return this.components.push({ name }) - 1
    }
    for (const actor of this.system.actors) add(actor.id)
    for (const channel of this.system.channels) {
      const component = channel.capacity === 0 ? -1 : add(channel.id)
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
      if (property.kind === 'sometimes') this.witnesses.add(name)
      if (property.kind === 'never') {
        this.nevers.push({ index, event: property.event, ...(property.when ? { when: property.when } : {}) })
      }
    }
  }

  private addGroups(): void {
    const add = (own: OwnGroup, kind: Group['kind'], name: string): void => {
      this.own.push(own)
      this.groups.push({ kind, name })
    }
    // By actor, because groups that read the same few components are fastest side by side.
    for (const actor of this.system.actors) {
      for (const channel of actor.inChannels) {
        if (channel.capacity > 0) add({ kind: 'deliver', channel }, 'step', channel.id)
      }
      actor.definition.spontaneous.forEach((declared, choice) => {
        add({ kind: 'spontaneous', actor: actor.index, choice }, 'step', `${declared.event} of ${actor.id}`)
      })
    }
    this.propertyOf.forEach((property, index) => {
      if (property?.kind === 'always' || property?.kind === 'sometimes') {
        add({ kind: 'state', property: index }, 'state', `${property.kind} ${this.properties[index]}`)
      }
    })
    add({ kind: 'end' }, 'end', 'end')
  }

  private expandChannel(channel: Channel, successors: Successor[]): void {
    this.touch(this.channelComponents[channel.index] as number)
    // A step that is taken changes the count until the next reload.
    const { count } = channel
    for (let position = 0; position < count; position++) {
      this.reload()
      if (!channel.eligible(position)) continue
      const message = this.textOf(channel.at(position))
      if (this.stepper.deliverable(channel, position) !== 'enabled') continue
      const label: StepLabel = { kind: 'deliver', channel: channel.index, message }
      this.take(() => this.stepper.deliver(channel, position), label, true, successors)
    }
    this.reload()
  }

  private expandChoice(index: number, choice: number, successors: Successor[]): void {
    const actor = this.system.actors[index] as System['actors'][number]
    const declared = actor.definition.spontaneous[choice] as ActorDefinition['spontaneous'][number]
    for (let value = 0; value < declared.domain; value++) {
      this.reload()
      if (this.stepper.performable(actor, choice, value) !== 'enabled') continue
      const label: StepLabel = { kind: 'spontaneous', actor: index, choice, value }
      this.take(() => this.stepper.perform(actor, choice, value), label, declared.kind === 'must', successors)
    }
    this.reload()
  }

  /** Takes one enabled step on the real system and notes what it changed. */
  private take(step: () => void, label: StepLabel, progress: boolean, successors: Successor[]): void {
    this.emitted.length = 0
    step()
    const after = new Map<number, number>()
    for (const component of this.touched) after.set(component, this.internPresent(component))
    const violates = this.observe(after)
    const writes: { component: number; from: number; to: number }[] = []
    for (const [component, to] of after) {
      const from = this.read(component)
      if (to !== from) writes.push({ component, from, to })
    }
    writes.sort((a, b) => a.component - b.component)
    successors.push({ writes, progress, violates, label })
  }

  /** Hands the emitted events to the observers; adds their new values to `after`; returns the violated properties. */
  private observe(after: Map<number, number>): number[] {
    const violated = new Set<number>()
    for (const { event } of this.emitted) {
      for (const never of this.nevers) {
        if (event.type === never.event && (never.when?.(event) ?? true)) violated.add(never.index)
      }
    }
    for (const [o, observer] of this.observers.entries()) {
      const drafts = new Map<number, unknown>()
      const parts = { get: (part: number) => this.draft(o, part, drafts) }
      const violate = (name: string): void => {
        violated.add(this.propertyIndex(name))
      }
      for (const { actor, event } of this.emitted) {
        if (observer.wants(event.type)) observer.observe(parts, event, actor, violate)
      }
      for (const [part, value] of drafts) {
        const component = (this.observerComponents[o] as number) + part
        after.set(component, this.number(component, value))
      }
    }
    return [...violated].sort((a, b) => a - b)
  }

  private draft(observer: number, part: number, drafts: Map<number, unknown>): unknown {
    let draft = drafts.get(part)
    if (draft === undefined) {
      const component = (this.observerComponents[observer] as number) + part
      draft = clone(this.interners[component]?.values[this.read(component)])
      drafts.set(part, draft)
    }
    return draft
  }

  private propertyIndex(name: string): number {
    const index = this.properties.indexOf(name)
    if (index < 0) throw new InternalError(`an observer reports "${name}", which it does not declare`)
    return index
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
      if (!this.isFinished(actor.index, this.read(actor.index))) unfinished.push(actor.id)
    }
    const fires = new Set<number>()
    // Where no chart has an end the system is meant to go on for ever.
    const deadlock = unfinished.length > 0 || !ends
    if (!ends) this.read(0)
    if (deadlock && this.config.deadlock !== 'ignore') fires.add(this.propertyIndex(deadlockProperty))
    for (const [o, observer] of this.observers.entries()) {
      const drafts = new Map<number, unknown>()
      const parts = { get: (part: number) => this.draft(o, part, drafts) }
      observer.atEnd?.(parts, { deadlock, unfinished }, (name) => {
        fires.add(this.propertyIndex(name))
      })
    }
    return { successors: [], fires: [...fires].sort((a, b) => a - b) }
  }

  private keepEvents(reaction: Reaction): void {
    for (const event of reaction.emitted) this.emitted.push({ actor: reaction.actor.id, event })
  }

  private textOf(message: Message): string {
    let text = this.messageTexts.get(message)
    if (text === undefined) {
      text = canonical(message)
      this.messageTexts.set(message, text)
    }
    return text
  }

  /** Called before anything of a component is used: reads it once, and puts the real actor or channel into that state. */
  private touch(component: number): void {
    if (this.touched.has(component)) return
    const value = this.read(component)
    this.touched.add(component)
    if (this.loaded[component] === value) return
    this.loaded[component] = value
    const interned = this.interners[component]?.values[value]
    if (component < this.traced.length) (this.traced[component] as TracedReactor).restore(interned as SavedState)
    else (this.channelOf[component] as Channel).refill(interned as readonly Message[])
  }

  /** Everything touched goes back to the state that is being expanded. */
  private reload(): void {
    const again = [...this.touched]
    this.touched.clear()
    for (const component of again) {
      this.loaded[component] = -1
      this.touch(component)
    }
  }

  private internPresent(component: number): number {
    if (component < this.traced.length) return this.internActor(component)
    return this.internChannel(component)
  }

  private internActor(index: number): number {
    return this.number(index, (this.traced[index] as TracedReactor).save())
  }

  private internChannel(component: number): number {
    const channel = this.channelOf[component] as Channel
    return this.internMessages(component, this.inCanonicalOrder(channel, channel.contents()))
  }

  private internMessages(component: number, contents: readonly Message[]): number {
    const key = contents.map((message) => this.textOf(message)).join(',')
    return (this.interners[component] as Interner<unknown>).number(contents, key)
  }

  private number(component: number, value: unknown): number {
    return (this.interners[component] as Interner<unknown>).number(value)
  }

  /** Contents that differ only in an order that the channel does not keep are the same. */
  private inCanonicalOrder(channel: Channel, contents: readonly Message[]): readonly Message[] {
    if (channel.inOrder || contents.length < 2) return contents
    const keyed = contents.map((message) => ({ message, text: this.textOf(message), lane: '' }))
    if (channel.order === 'per-id') {
      for (const entry of keyed) {
        const { from = '', txn = '' } = entry.message as { from?: string; txn?: number }
        entry.lane = `${from} ${txn}`
      }
      // Sorting is stable: the order within a lane stays.
      keyed.sort((a, b) => (a.lane < b.lane ? -1 : a.lane > b.lane ? 1 : 0))
    } else {
      keyed.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    }
    return keyed.map(({ message }) => message)
  }

  /** The same definition with reactors that tell what is read of them. */
  private trace(definition: ActorDefinition, index: number): ActorDefinition {
    const { id, description, inPorts, outPorts, spontaneous, ends } = definition
    return {
      id,
      description,
      inPorts,
      outPorts,
      spontaneous,
      ...(ends === undefined ? {} : { ends }),
      createReactor: (runtime, out) => {
        // The first one is the actor's own. Later ones rehearse a rendezvous, from states that the actor's own one saved.
        const isOwn = this.traced[index] === undefined
        const reactor = new TracedReactor(definition.createReactor(runtime, out), {
          actor: () => (isOwn ? this.touch(index) : undefined),
          room: (ports) => this.touchRoom(index, ports),
        })
        if (isOwn) this.traced[index] = reactor
        else reactor.isTracing = true
        return reactor
      },
    }
  }

  private touchRoom(index: number, room: readonly number[]): void {
    const actor = this.system.actors[index] as System['actors'][number]
    for (let i = 0; i < room.length; i += 2) {
      const channel = actor.outChannels[room[i] as number] as Channel
      const component = this.channelComponents[channel.index] as number
      if (component >= 0) this.touch(component)
    }
  }
}

/** Who is told of what is read. */
interface Touch {
  actor(): void
  /** The room that the present decision needs: pairs of out port index and count. */
  room(ports: readonly number[]): void
}

/** A reactor that makes its actor's state present before it is looked at. */
class TracedReactor implements Reactor {
  isTracing = false
  private readonly inner: Reactor
  private readonly touch: Touch

  constructor(inner: Reactor, touch: Touch) {
    this.inner = inner
    this.touch = touch
  }

  start(): void {
    this.inner.start()
  }

  decide(message: Message): Decision {
    if (this.isTracing) this.touch.actor()
    return this.inner.decide(message)
  }

  get room(): readonly number[] {
    const { room } = this.inner
    if (this.isTracing) this.touch.room(room)
    return room
  }

  get reason(): string {
    return this.inner.reason
  }

  get selection(): unknown {
    return this.inner.selection
  }

  set selection(selection: unknown) {
    this.inner.selection = selection
  }

  commit(message: Message): void {
    this.inner.commit(message)
  }

  value(): unknown {
    return this.inner.value()
  }

  get context(): unknown {
    if (this.isTracing) this.touch.actor()
    return this.inner.context
  }

  finished(): boolean {
    return this.inner.finished()
  }

  save(): SavedState {
    if (this.isTracing) this.touch.actor()
    return this.inner.save()
  }

  restore(saved: SavedState): void {
    this.inner.restore(saved)
  }

  configurationNames(configuration: number): string {
    return this.inner.configurationNames?.(configuration) ?? String(configuration)
  }

  configurationNumber(names: string): number | undefined {
    return this.inner.configurationNumber ? this.inner.configurationNumber(names) : Number(names)
  }
}
