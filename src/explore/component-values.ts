/** Explore | the values of components, interned: actors, channels whose order may mean nothing, and parts of observers. */

import type { Message } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import { checkFinite, fieldValuesMax } from './finiteness.ts'
import type { Interner } from './intern.ts'

/**
 * How many contents a channel will probably have. A set has one for each selection of the types it takes, if messages of a
 * type are alike; of other channels too little is known.
 */
export function likelyContents({ isSet, takes }: Channel): number {
  return isSet ? 2 ** Math.min(likelyTypesMax, takes[0]?.size ?? 0) : 1
}

/** Types of which a few bits can tell every selection. */
const likelyTypesMax = 4

export class ComponentValues {
  /** By component: the values seen so far. */
  readonly interners: Interner<unknown>[] = []
  private readonly components: readonly { readonly name: string }[]
  private readonly texts: { textOf(message: Message): string }

  /** @param components their names, for reports; there may be more of them later. */
  constructor(components: readonly { readonly name: string }[], texts: { textOf(message: Message): string }) {
    this.components = components
    this.texts = texts
  }

  number(component: number, value: unknown, key?: string): number {
    const interner = this.interners[component] as Interner<unknown>
    const before = interner.values.length
    const number = interner.number(value, key)
    if (number === before && number > 0 && number % (fieldValuesMax + 1) === 0) {
      checkFinite(this.components[component]?.name as string, interner.values)
    }
    return number
  }

  /** Of what a channel holds, in any order that it may hold it in. */
  numberOfContents(component: number, channel: Channel, contents: readonly Message[]): number {
    const sorted = this.inCanonicalOrder(channel, contents)
    return this.number(component, sorted, sorted.map((message) => this.textOf(message)).join(','))
  }

  textOf(message: Message): string {
    return this.texts.textOf(message)
  }

  /** Contents that differ only in an order that the channel does not keep are the same. */
  private inCanonicalOrder(channel: Channel, contents: readonly Message[]): readonly Message[] {
    if (channel.inOrder || contents.length < 2) return contents
    const keyed = contents.map((message) => ({ message, text: this.textOf(message), lane: '' }))
    if (channel.order === 'per-id' || channel.order === 'per-source') {
      for (const entry of keyed) {
        const { from = '', txn = '' } = entry.message as { from?: string; txn?: number }
        entry.lane = channel.order === 'per-id' ? `${from} ${txn}` : from
      }
      // Sorting is stable: the order within a lane stays.
      keyed.sort((a, b) => (a.lane < b.lane ? -1 : a.lane > b.lane ? 1 : 0))
    } else {
      keyed.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    }
    return keyed.map(({ message }) => message)
  }
}
