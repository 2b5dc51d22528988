/** Statechart | the shapes of what machine files state; names, and what may stand where in a chart, are looked at after them. */

import {
  answers,
  anything,
  choose,
  isRecord,
  leaf,
  list,
  number,
  object,
  oneOrList,
  optional,
  parts,
  type Shape,
  table,
  text,
  truth,
} from '../base/shape.ts'
import { cut } from '../base/shown.ts'
import type { ActionDefinition, MachineConfig, SpontaneousConfig, StateConfig, TransitionConfig } from './define.ts'
import type { FromXStateOptions } from './from-xstate.ts'

/** How a machine is called in what is wrong with it. */
export function machineNamed(given: unknown): string {
  const { id } = Object(given) as { id?: unknown }
  return typeof id === 'string' ? `machine "${cut(id)}"` : 'the machine'
}

const types = list(text, 'a list of message types')

/** Ports by name. */
const ports = table(types, 'an object, { port: [message types] }')

// biome-ignore lint/suspicious/noExplicitAny: context types matter only inside a machine file
const choice = object<SpontaneousConfig<any>>('a spontaneous choice', {
  description: optional(text),
  kind: text,
  domain: optional(number),
  when: optional(answers('a function (context, value) that returns true or false')),
  latencyCycles: optional(number),
  aim: optional(answers('a function (event, context) that returns a value')),
})

const choices = table(choice, 'an object, { event: { description, kind } }')

// biome-ignore lint/suspicious/noExplicitAny: as above
const action = object<ActionDefinition<any, any>>('an action', {
  description: optional(text),
  sends: optional(table(number, 'an object, { port: most messages }')),
  run: answers('a function (context, message, out, params)'),
})

const transition: Shape = parts<TransitionConfig>('a transition', {
  // Looked at with the names that they use.
  target: anything,
  guard: anything,
  actions: anything,
  reenter: optional(truth),
  description: optional(text),
  meta: optional(
    object<NonNullable<TransitionConfig['meta']>>('meta', { ignore: optional(text), stall: optional(text) }),
  ),
})

const oneTransition = choose('a target, or a transition { target, guard, actions }', (value) => {
  return typeof value === 'string' ? text : isRecord(value) ? transition : undefined
})
const transitions = oneOrList(optional(oneTransition))

/** One in its place stands for the shape that is being made. */
const inner: Shape = { expected: 'a state', look: (value, path, findings) => state.look(value, path, findings) }

const state: Shape = parts<StateConfig>('a state', {
  description: optional(text),
  type: optional(text),
  initial: optional(leaf('the name of a substate', (value) => typeof value === 'string')),
  states: optional(table(inner, 'an object, { name: state }')),
  on: optional(table(optional(transitions), 'an object, { event: transition }')),
  always: optional(transitions),
  onDone: optional(transitions),
  entry: anything,
  exit: anything,
  tags: optional(list(text, 'a list of texts')),
})

/** What `defineMachine` takes. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export const machineShape = object<MachineConfig<any, any>>('a machine', {
  id: text,
  description: optional(text),
  inPorts: ports,
  outPorts: ports,
  events: table(text, 'an object, { event: description }'),
  raised: optional(types),
  spontaneous: optional(choices),
  context: answers('a function that makes a fresh context'),
  guards: optional(table(answers('a function (context, message, params) that returns true or false'))),
  actions: optional(table(action, 'an object, { name: { description, run } }')),
  chart: state,
})

/** What `fromXState` takes besides the machine. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export const fromXStateShape = object<FromXStateOptions<any>>('the second argument of fromXState', {
  id: optional(text),
  description: optional(text),
  inPorts: optional(ports),
  outPorts: optional(ports),
  replies: optional(types),
  spontaneous: optional(choices),
  input: anything,
})
