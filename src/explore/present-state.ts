/** Explore | the state being expanded: real actors and channels are put into it one by one, when they are looked at. */

import type { Message, SavedState } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import type { Interner } from './intern.ts'
import type { TracedReactor } from './traced-reactor.ts'

export class PresentState {
  /** Components touched since the last load. */
  readonly touched = new Set<number>()
  private readonly reactors: readonly TracedReactor[]
  private readonly channels: readonly (Channel | undefined)[]
  private readonly interners: readonly Interner<unknown>[]
  private reading: (component: number) => number = () => 0
  /** Values loaded into the real actors and channels, by component; absent: something else. */
  private readonly loaded: (number | undefined)[] = []

  /** By component, actors first; all may still grow. */
  constructor(
    reactors: readonly TracedReactor[],
    channels: readonly (Channel | undefined)[],
    interners: readonly Interner<unknown>[],
  ) {
    this.reactors = reactors
    this.channels = channels
    this.interners = interners
  }

  /** From now on, the state that `read` tells of. */
  enter(read: (component: number) => number): void {
    this.reading = read
    this.touched.clear()
  }

  /** The value of a component. */
  read(component: number): number {
    return this.reading(component)
  }

  /** Called before anything of a component is used: reads it once, and puts the real actor or channel into that state. */
  touch(component: number): void {
    if (this.touched.has(component)) return
    const value = this.reading(component)
    this.touched.add(component)
    // An actor that has only been asked is where it was.
    if (this.loaded[component] === value && !this.reactors[component]?.isAhead) return
    this.loaded[component] = value
    const interned = this.interners[component]?.values[value]
    if (component < this.reactors.length) (this.reactors[component] as TracedReactor).restore(interned as SavedState)
    else (this.channels[component] as Channel).refill(interned as readonly Message[])
  }

  /** Everything touched goes back to the state that is being expanded. */
  reload(): void {
    const again = [...this.touched]
    this.touched.clear()
    for (const component of again) {
      // Channels are refilled in any case: that is as cheap as looking.
      if (component >= this.reactors.length) this.forget(component)
      this.touch(component)
    }
  }

  /** A real actor, or by default everything, may be in another state than was loaded. */
  forget(component?: number): void {
    if (component === undefined) this.loaded.length = 0
    else this.loaded[component] = undefined
  }
}
