/** Run | what a trace leaves out and a reader of its steps asks for: changed contexts, values of choices, statements of programs. */

import { clone } from '../base/canonical.ts'
import type { Reaction } from '../kernel/step.ts'
import type { SystemSpec } from '../kernel/system.ts'
import type { ToldStatement } from '../litmus/trails.ts'
import type { Subject } from './subject.ts'

/** `before` is undefined of a field that was not there. */
export type ContextChange = readonly [path: string, value: unknown, before: unknown]

/** Of a run, beside its trace events. */
export interface StepDetails {
  /** By event: fields of its actor's context that it changed, with their new values and those before; a path is dotted. */
  readonly changes: readonly (readonly ContextChange[])[]
  /** `actor type` of the choices that take one of several values. */
  readonly valued: ReadonlySet<string>
}

/** By event: the statement that its actor executes, or has begun and now goes on with. */
export type ToldStatements = readonly (ToldStatement | undefined)[]

/** Choices with which an actor executes the statement at which it stands. */
const executing = ['issue', 'step']

/** Watches a run and notes, for each of its reactions, the statement that it belongs to. */
export class StatementWatcher {
  readonly statements: (ToldStatement | undefined)[] = []
  private readonly at: NonNullable<Subject['statementAt']>
  /** By actor: where it stands, and what it executed last. */
  private readonly standing = new Map<string, ToldStatement | undefined>()
  private readonly begun = new Map<string, ToldStatement | undefined>()

  constructor(at: NonNullable<Subject['statementAt']>) {
    this.at = at
  }

  note({ actor: { id, reactor }, channel, message }: Reaction): void {
    if (channel === undefined && message !== undefined && executing.includes(message.type)) {
      this.begun.set(id, this.standing.get(id))
    }
    this.standing.set(id, this.at(id, reactor.context as { readonly pc: number }))
    this.statements.push(this.begun.get(id))
  }
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

/** Of a subject: contexts of its own charts are small enough to be read. */
export function detailsOf({ features }: Pick<Subject, 'features'>): 'wanted' | undefined {
  return features === undefined ? 'wanted' : undefined
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
