/** Explore | traced reactors: whoever looks at an actor makes its state present first, and so is known to have looked. */

import type { ActorDefinition, Decision, Message, Reactor, SavedState } from '../kernel/actor.ts'
import { type LocalState, type Memories, RememberedReactor } from './remembered-reactions.ts'

/** Who is told of what is read. */
export interface Touch {
  readonly actor: () => void
  /** The room that the present decision needs: pairs of out port index and count. */
  readonly room: (ports: readonly number[]) => void
}

/** A reactor that makes its actor's state present before it is looked at. */
export class TracedReactor implements Reactor {
  isTracing = false
  /** Whether it has reacted since it was put into a state. */
  isAhead = true
  private readonly inner: RememberedReactor
  private readonly touch: Touch

  constructor(inner: RememberedReactor, touch: Touch) {
    this.inner = inner
    this.touch = touch
  }

  /** The local state it is in, without that counting as a reading. */
  get state(): LocalState {
    return this.inner.state
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
    this.isAhead = true
    this.inner.commit(message)
  }

  value(): unknown {
    return this.inner.value()
  }

  actions(): readonly string[] {
    return this.inner.actions()
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
    this.isAhead = false
    this.inner.restore(saved)
  }

  resumeFrom(other: Reactor): void {
    const { inner, isTracing, touch } = other as TracedReactor
    if (isTracing) touch.actor()
    this.isAhead = true
    this.inner.resumeFrom(inner)
  }

  configurationNames(configuration: number): string {
    return this.inner.configurationNames(configuration)
  }

  configurationNumber(names: string): number | undefined {
    return this.inner.configurationNumber(names)
  }
}

/** Makes definitions of one system whose reactors react from memory and tell what is read of them. */
export class Tracing {
  /** By actor: its own reactor. Filled as the system is made. */
  readonly reactors: TracedReactor[] = []
  private readonly memories: Memories

  constructor(memories: Memories) {
    this.memories = memories
  }

  /**
   * The same definition for the actor with this index. The first reactor that it makes is the actor's own. Later ones
   * rehearse a rendezvous, from states that the actor's own one saved.
   */
  traced(definition: ActorDefinition, index: number, touch: Touch): ActorDefinition {
    const { id, description, inPorts, outPorts, ends, states } = definition
    const memory = this.memories.of(definition)
    const { spontaneous } = memory
    return {
      id,
      description,
      inPorts,
      outPorts,
      spontaneous,
      ...(ends === undefined ? {} : { ends }),
      ...(states === undefined ? {} : { states }),
      createReactor: (_runtime, out) => {
        const isOwn = this.reactors[index] === undefined
        const own = { actor: () => (isOwn ? touch.actor() : undefined), room: touch.room }
        const reactor = new TracedReactor(new RememberedReactor(memory, out), own)
        if (isOwn) this.reactors[index] = reactor
        else reactor.isTracing = true
        return reactor
      },
    }
  }
}
