/** Kernel | the shape of wired actors, for callers that no compiler has checked, and what is likely meant by what is no actor. */

import {
  choose,
  type FieldShapes,
  isRecord,
  leaf,
  list,
  object,
  oneOf,
  optional,
  parts,
  type Shape,
  text,
  wholeNumber,
} from '../base/shape.ts'
import { shown } from '../base/shown.ts'
import { type ChannelSpec, channelOrders } from './channel.ts'
import type { SystemSpec } from './wiring.ts'

/** Capacities and latencies beyond this are mistakes. */
export const countMax = 2 ** 20

function isActor(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { createReactor, inPorts } = value as Record<string, unknown>
  return typeof createReactor === 'function' && typeof inPorts === 'object'
}

export const actorExpected = 'what defineMachine or fromXState returns'

export const actorShape: Shape = {
  expected: actorExpected,
  look: (value, path, { problems }) => {
    if (!isActor(value)) problems.push(`${path}${notAnActor(value)}`)
  },
}

function notAnActor(value: unknown): string {
  const given = Object(value) as Readonly<Record<string, unknown>>
  if (given.root !== undefined && typeof given.transition === 'function') {
    return ': an XState machine says nothing of ports; wrap it: fromXState(machine, { inPorts, … })'
  }
  if (typeof given.getSnapshot === 'function') {
    return ' is a running actor; give its machine to fromXState, and what that returns here'
  }
  const within = isRecord(value) ? Object.keys(value).find((name) => isActor(given[name])) : undefined
  const hint = within === undefined ? '' : `; that is in its field "${within}": write it here without the object`
  const circular = value === undefined ? '; is it imported in a circle, or under another name?' : ''
  return ` is ${shown(value)}: expected ${actorExpected}${hint}${circular}`
}

const oneEnd = leaf('a text, actor.port', (value) => typeof value === 'string')
const ends = list(oneEnd, 'a list of texts, each actor.port')
const cycles = wholeNumber(0, countMax)

const channelFields = {
  from: oneEnd,
  to: choose('a text, actor.port, or for a rendezvous a list of such', (value) => {
    return Array.isArray(value) ? ends : oneEnd
  }),
  order: oneOf('order', channelOrders),
  capacity: wholeNumber(0, countMax),
} satisfies Partial<FieldShapes<ChannelSpec>>

/** A wire as a system's author writes it. */
export const wireShape = object<
  Pick<ChannelSpec, 'from' | 'to'> & Partial<Pick<ChannelSpec, 'order' | 'capacity' | 'latencyCycles'>>
>('a channel', {
  ...channelFields,
  order: optional(channelFields.order),
  capacity: optional(channelFields.capacity),
  latencyCycles: optional(cycles),
})

/** What a simulation takes. */
export const specShape = parts<SystemSpec>('a system', {
  actors: list(
    parts<SystemSpec['actors'][number]>('an actor', { id: text, definition: actorShape }),
    'a list of { id, definition }',
  ),
  channels: list(
    object<ChannelSpec>('a channel', {
      ...channelFields,
      latencyCycles: choose('a number of cycles, or "message"', (value) => (value === 'message' ? text : cycles)),
      jitterCycles: optional(cycles),
    }),
    'a list of { from, to, order, capacity, latencyCycles }',
  ),
})
