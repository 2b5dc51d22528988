/** Explore | what becomes of the events that a step emits: `never` and `emits` properties and the parts of observers. */

import { clone } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { Message } from '../kernel/actor.ts'
import type { Property } from './define-system.ts'
import type { Observer } from './observer.ts'

/** An event and who emitted it. */
export interface Emitted {
  readonly actor: string
  readonly event: Message
}

/** The part of a partition that its observers live in. */
export interface ObservedParts {
  /** First component of each observer. */
  readonly first: readonly number[]
  /** The value that a component has in the present state. */
  value(component: number): unknown
  number(component: number, value: unknown): number
}

type OfEvents = Extract<Property, { kind: 'never' | 'emits' }>
type Sought = OfEvents & { readonly index: number }

export class EmittedEvents {
  private readonly observers: readonly Observer[]
  private readonly properties: readonly string[]
  private readonly parts: ObservedParts
  private readonly sought: Sought[] = []

  constructor(observers: readonly Observer[], properties: readonly string[], parts: ObservedParts) {
    this.observers = observers
    this.properties = properties
    this.parts = parts
  }

  /** From now on, events that `property` speaks of violate it, or are the witness that it asks for. */
  lookFor(index: number, property: OfEvents): void {
    this.sought.push({ index, ...property })
  }

  /** Hands the emitted events to the observers; adds their new values to `after`; returns the properties violated or witnessed. */
  observe(emitted: readonly Emitted[], after: Map<number, number>): number[] {
    const violated = new Set<number>()
    for (const { event } of emitted) {
      for (const one of this.sought) {
        if (event.type === one.event && (one.when?.(event) ?? true)) violated.add(one.index)
      }
    }
    for (const [o, observer] of this.observers.entries()) {
      const drafts = new Map<number, unknown>()
      const parts = { get: (part: number) => this.draft(o, part, drafts) }
      for (const { actor, event } of emitted) {
        if (observer.wants(event.type)) {
          observer.observe(parts, event, actor, (name) => violated.add(this.propertyIndex(name)))
        }
      }
      for (const [part, value] of drafts) {
        const component = (this.parts.first[o] as number) + part
        after.set(component, this.parts.number(component, value))
      }
    }
    return inOrder(violated)
  }

  /** What observers say of a state without progress: the violated properties. */
  observeEnd(end: { readonly deadlock: boolean; readonly unfinished: readonly string[] }): number[] {
    const violated = new Set<number>()
    for (const [o, observer] of this.observers.entries()) {
      const drafts = new Map<number, unknown>()
      const parts = { get: (part: number) => this.draft(o, part, drafts) }
      observer.atEnd?.(parts, end, (name) => violated.add(this.propertyIndex(name)))
    }
    return inOrder(violated)
  }

  private draft(observer: number, part: number, drafts: Map<number, unknown>): unknown {
    let draft = drafts.get(part)
    if (draft === undefined) {
      draft = clone(this.parts.value((this.parts.first[observer] as number) + part))
      drafts.set(part, draft)
    }
    return draft
  }

  private propertyIndex(name: string): number {
    const index = this.properties.indexOf(name)
    if (index < 0) throw new InternalError(`an observer reports "${name}", which it does not declare`)
    return index
  }
}

function inOrder(violated: ReadonlySet<number>): number[] {
  return [...violated].sort((a, b) => a - b)
}
