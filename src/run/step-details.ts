/** Run | what a trace of a user's own system leaves out and a reader of its steps asks for: changed contexts, values of choices. */

import { clone } from '../base/canonical.ts'
import type { Reaction } from '../kernel/step.ts'
import type { SystemSpec } from '../kernel/system.ts'

/** `before` is undefined of a field that was not there. */
export type ContextChange = readonly [path: string, value: unknown, before: unknown]

/** Of a run, beside its trace events. */
export interface StepDetails {
  /** By event: fields of its actor's context that it changed, with their new values and those before; a path is dotted. */
  readonly changes: readonly (readonly ContextChange[])[]
  /** `actor type` of the choices that take one of several values. */
  readonly valued: ReadonlySet<string>
}

/** Watches a run and notes, for each of its reactions, what changed. */
export class ContextWatcher {
  readonly changes: (readonly ContextChange[])[] = []
  private readonly before = new Map<string, unknown>()

  note({ actor }: Reaction): void {
    const context = clone(actor.reactor.context)
    const changed: ContextChange[] = []
    if (this.before.has(actor.id)) collect(this.before.get(actor.id), context, '', changed)
    this.before.set(actor.id, context)
    this.changes.push(changed)
  }
}

/** Choices with a domain of more than one value. */
export function valuedChoices({ actors }: SystemSpec): ReadonlySet<string> {
  return new Set(
    actors.flatMap(({ id, definition }) => {
      return definition.spontaneous.filter(({ domain }) => domain > 1).map(({ event }) => `${id} ${event}`)
    }),
  )
}

function collect(before: unknown, after: unknown, path: string, changed: ContextChange[]): void {
  if (Object.is(before, after)) return
  const [left, right] = [partsOf(before), partsOf(after)]
  // What has become longer or shorter is shown whole: its elements have moved.
  if (left === undefined || right === undefined || Object.keys(left).join() !== Object.keys(right).join()) {
    changed.push([path, after, before])
    return
  }
  for (const key of Object.keys(right)) {
    collect(left[key], right[key], path === '' ? key : `${path}.${key}`, changed)
  }
}

function partsOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? (value as Record<string, unknown>) : undefined
}
