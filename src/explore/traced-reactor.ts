/** Explore | traced reactors: whoever looks at an actor makes its state present first, and so is known to have looked. */

import type { ActorDefinition, Decision, Message, Reactor, SavedState } from '../kernel/actor.ts'

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
  private restored: SavedState | undefined
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
    this.isAhead = true
    this.inner.commit(message)
  }

  value(): unknown {
    return this.inner.value()
  }

  actions(): readonly string[] {
    return this.inner.actions?.() ?? []
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
    return this.isAhead || this.restored === undefined ? this.inner.save() : this.restored
  }

  restore(saved: SavedState): void {
    this.isAhead = false
    this.restored = saved
    this.inner.restore(saved)
  }

  get changes(): number | undefined {
    if (this.isTracing) this.touch.actor()
    return this.inner.changes
  }

  resumeFrom(other: Reactor): void {
    const { inner, isTracing, touch } = other as TracedReactor
    if (isTracing) touch.actor()
    this.isAhead = true
    if (this.inner.resumeFrom) this.inner.resumeFrom(inner)
    else this.inner.restore(inner.save())
  }

  configurationNames(configuration: number): string {
    return this.inner.configurationNames?.(configuration) ?? String(configuration)
  }

  configurationNumber(names: string): number | undefined {
    return this.inner.configurationNumber ? this.inner.configurationNumber(names) : Number(names)
  }
}

/**
 * The same definition with reactors that tell what is read of them. The first one that it makes becomes `reactors[index]`:
 * it is the actor's own. Later ones rehearse a rendezvous, from states that the actor's own one saved.
 */
export function traced(
  definition: ActorDefinition,
  reactors: TracedReactor[],
  index: number,
  touch: Touch,
): ActorDefinition {
  const { id, description, inPorts, outPorts, spontaneous, ends } = definition
  return {
    id,
    description,
    inPorts,
    outPorts,
    spontaneous,
    ...(ends === undefined ? {} : { ends }),
    createReactor: (runtime, out) => {
      const isOwn = reactors[index] === undefined
      const own = { actor: () => (isOwn ? touch.actor() : undefined), room: touch.room }
      const reactor = new TracedReactor(definition.createReactor(runtime, out), own)
      if (isOwn) reactors[index] = reactor
      else reactor.isTracing = true
      return reactor
    },
  }
}
