/** Litmus | walks over statements, each written once: the bodies inside a statement, and the registers it sets. */

import { bellRegister } from '../../machines/dma-device/registers.ts'
import type { ActorForm, Statement } from './form.ts'

/** The same statements, each replaced, from the inside out. */
export function mapStatements(
  body: readonly Statement[],
  replace: (statement: Statement) => Statement | readonly Statement[],
): Statement[] {
  const inner = (part: readonly Statement[]) => mapStatements(part, replace)
  return body.flatMap((statement) => replace(withBodies(statement, inner)))
}

function withBodies(statement: Statement, inner: (body: readonly Statement[]) => Statement[]): Statement {
  switch (statement.do) {
    case 'if':
      return { ...statement, body: inner(statement.body), otherwise: inner(statement.otherwise) }
    case 'while':
    case 'repeat':
    case 'variant':
      return { ...statement, body: inner(statement.body) }
    case 'poll':
    case 'tlbsync':
      return statement.otherwise ? { ...statement, otherwise: inner(statement.otherwise) } : statement
    default:
      return statement
  }
}

/** Every statement, the outer ones first. */
export function* statementsOf(body: readonly Statement[]): Generator<Statement> {
  for (const statement of body) {
    yield statement
    yield* statementsOf(bodiesOf(statement).flat())
  }
}

/** The bodies inside a statement. */
export function bodiesOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.do) {
    case 'if':
      return [statement.body, statement.otherwise]
    case 'while':
    case 'repeat':
    case 'variant':
      return [statement.body]
    case 'poll':
    case 'tlbsync':
      return statement.otherwise ? [statement.otherwise] : []
    default:
      return []
  }
}

/** Every statement of all programs of these actors. */
export function* statementsOfAll(actors: readonly ActorForm[]): Generator<Statement> {
  for (const actor of actors) for (const body of programsOf(actor)) yield* statementsOf(body)
}

/** Every object that stands in a form, depth first and in the order of the text. */
export function* partsIn(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (Array.isArray(value)) for (const one of value) yield* partsIn(one)
  else if (typeof value === 'object' && value !== null) {
    yield value as Readonly<Record<string, unknown>>
    for (const one of Object.values(value)) yield* partsIn(one)
  }
}

/** All programs of an actor: its body and, for devices, its reactions. */
export function programsOf(actor: ActorForm): readonly (readonly Statement[])[] {
  return actor.actor === 'device' ? [actor.body, ...actor.reactions.map(({ body }) => body)] : [actor.body]
}

/** Whose registers an actor uses: an interrupt handler has those of its core, a thread its own. */
export function registerOwner(actor: ActorForm): string {
  if (actor.actor === 'cpu') return actor.thread ?? actor.name
  return actor.actor === 'isr' ? actor.core : actor.name
}

/** Registers that programs set, by their owner; of a device, those it declares as well. */
export function registersByActor(actors: readonly ActorForm[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const actor of actors) {
    const owner = registerOwner(actor)
    const registers = found.get(owner) ?? new Set()
    found.set(owner, registers)
    if (actor.actor === 'device')
      for (const name of [bellRegister, ...actor.registers.map((each) => each.name)]) registers.add(name)
    for (const body of programsOf(actor)) {
      for (const statement of statementsOf(body)) for (const name of targetsOf(statement)) registers.add(name)
    }
  }
  return found
}

/** Registers that a statement sets. */
export function targetsOf(statement: Statement): readonly string[] {
  switch (statement.do) {
    case 'store':
      return statement.status === undefined ? [] : [statement.status]
    case 'atomic':
      return statement.to === undefined ? [] : [statement.to]
    case 'load':
    case 'mmio-read':
    case 'read':
    case 'set':
      return [statement.to]
    case 'call':
      return statement.to
    default:
      return []
  }
}
