/** Litmus | names whose meaning depends on what is declared: what a poll looks at, a call's arguments, and pages as entries. */

import { atomicOf, pointedAt } from './atomics.ts'
import type { ActorForm, CallArgument, Expression, LitmusTest, Location, PollTarget, Statement } from './form.ts'
import { given } from './given.ts'
import { mapStatements, registerOwner, registersByActor } from './statements.ts'

interface Names {
  /** Devices and units, whose registers a poll can look at. */
  readonly targets: ReadonlySet<string>
  /** Words and tables. */
  readonly memory: ReadonlySet<string>
  readonly tables: ReadonlySet<string>
  readonly parameters: ReadonlySet<string>
}

/** The same test with each such name in its place. */
export function resolveNames(test: LitmusTest): LitmusTest {
  const { parts = [] } = test
  const memory = [...test.memory, ...parts.flatMap((part) => part.memory)]
  const units = [...test.platform.units, ...parts.flatMap((part) => part.platform.units)]
  const tables = memory.flatMap((each) => (each.kind === 'table' ? each.names : []))
  const words = memory.flatMap((each) => (each.kind === 'words' ? [each.name] : []))
  const names: Names = {
    targets: new Set([
      ...test.actors.flatMap((actor) => (actor.actor === 'device' ? [actor.name] : [])),
      ...units.flatMap((unit) => (unit.unit === 'sysmmu' || unit.unit === 'iommu' ? [unit.name] : [])),
    ]),
    memory: new Set([...words, ...tables]),
    tables: new Set(tables),
    parameters: new Set(test.parameters.map(({ name }) => name)),
  }
  const registersOf = registersByActor(test.actors)
  return {
    ...test,
    actors: test.actors.map((actor) =>
      resolveActor(actor, names, registersOf.get(registerOwner(actor)) as Set<string>),
    ),
  }
}

function resolveActor(actor: ActorForm, names: Names, registers: ReadonlySet<string>): ActorForm {
  const resolve = (body: readonly Statement[]) =>
    mapStatements(body, (statement) => resolveStatement(statement, names, registers))
  if (actor.actor !== 'device') return { ...actor, body: resolve(actor.body) }
  const reactions = actor.reactions.map((reaction) => ({ ...reaction, body: resolve(reaction.body) }))
  return { ...actor, reactions, body: resolve(actor.body) }
}

function resolveStatement(statement: Statement, names: Names, registers: ReadonlySet<string>): Statement {
  if (statement.do === 'store') return { ...statement, value: storedValue(statement.location, statement.value, names) }
  if (statement.do === 'poll') return { ...statement, what: polled(statement.what, names) }
  if (statement.do === 'call') {
    const resolved = { ...statement, args: statement.args.map((arg) => argument(arg, names, registers)) }
    return atomic(resolved) ?? resolved
  }
  return statement
}

/** A call of an atomic operation; undefined: it is none, or its arguments are not what it takes, which is told later. */
function atomic({ call, to, args, at }: Extract<Statement, { do: 'call' }>): Statement | undefined {
  const operation = atomicOf(call)
  const location = operation && pointedAt(args[operation.takes.indexOf('place')])
  if (location === undefined || operation === undefined || args.length !== operation.takes.length) return undefined
  const values = args.flatMap((arg, i) => (operation.takes[i] === 'place' ? [] : [arg]))
  if (to.length > (operation.gives === 'nothing' ? 0 : 1)) return undefined
  const known = values.flatMap((arg) => (arg.arg === 'expression' ? [arg.value] : []))
  if (known.length < values.length) return undefined
  return { do: 'atomic', call, location, values: known, ...given({ to: to[0], at }) }
}

/** `pte v0 = p0` and `pd 0 = T0`: the name of memory, stored to a table, is its entry. */
function storedValue(location: Location, value: Expression, names: Names): Expression {
  const isEntry =
    location.place === 'pte' ||
    location.place === 'pd' ||
    (location.place === 'named' && names.tables.has(location.name))
  if (!isEntry || value.expr !== 'name' || !names.memory.has(value.name)) return value
  const of = names.tables.has(value.name) ? 'table' : 'page'
  return { expr: 'entry', of, name: value.name, type: 'cacheable', readOnly: false, ...given({ at: value.at }) }
}

/** `D.STATUS` is a register if D is a device or a unit; otherwise a word of a record. */
function polled(what: PollTarget, names: Names): PollTarget {
  if (what.poll !== 'memory' || what.type !== undefined || what.location.place !== 'named') return what
  const { name, field, index, physical } = what.location
  if (field === undefined || index || physical || !names.targets.has(name)) return what
  return { poll: 'register', target: name, register: field }
}

function argument(arg: CallArgument, names: Names, registers: ReadonlySet<string>): CallArgument {
  if (arg.arg !== 'word') return arg
  const { word, at } = arg
  if (names.memory.has(word)) return { arg: 'location', location: { place: 'named', name: word, ...given({ at }) } }
  if (!registers.has(word) && !names.parameters.has(word)) return arg
  return { arg: 'expression', value: { expr: 'name', name: word, ...given({ at }) } }
}
