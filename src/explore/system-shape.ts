/** Explore | the shape of a system as its author writes it, for files that no compiler has checked. */

import {
  answers,
  choose,
  type FieldShapes,
  isRecord,
  leaf,
  list,
  object,
  oneOf,
  optional,
  type Shape,
  table,
  text,
  wholeNumber,
} from '../base/shape.ts'
import { actorExpected, actorShape, wireShape } from '../kernel/wiring-shape.ts'
import type { ActorFairness, IndexRole, Property, Symmetry, SystemConfig, ValueSymmetry } from './define-system.ts'

const fairness = oneOf('fairness', ['weak', 'strong'] satisfies readonly ActorFairness[])

/** A function of the state, of an event or of a context. */
const question = answers('a function that returns true or false')
const sentence = optional(answers('a function that returns a sentence'))

type Of<Kind extends Property['kind']> = Extract<Property, { readonly kind: Kind }>
type OfEvents = Extract<Property, { readonly event: string }>

const kind: Shape = text
const description = optional(text)
const onEvent: FieldShapes<OfEvents> = {
  kind,
  event: leaf('the type of an emitted event', (value) => typeof value === 'string' && value !== ''),
  when: optional(question),
  description,
  explain: sentence,
}

/** By kind. */
const propertyShapes: Readonly<Record<Property['kind'], Shape>> = {
  always: object<Of<'always'>>('always()', { kind, holds: question, description, explain: sentence }),
  never: object<OfEvents>('never()', onEvent),
  emits: object<OfEvents>('emits()', onEvent),
  sometimes: object<Of<'sometimes'>>('sometimes()', { kind, holds: question, description }),
  leadsTo: object<Of<'leadsTo'>>('leadsTo()', {
    kind,
    from: question,
    to: question,
    description,
    fairness: optional(fairness),
  }),
}

const property = choose(
  'what always(predicate), never(event), emits(event), sometimes(predicate) or leadsTo(from, to) returns',
  (value) => {
    const name: unknown = isRecord(value) ? value.kind : undefined
    return typeof name === 'string' && Object.hasOwn(propertyShapes, name)
      ? propertyShapes[name as Property['kind']]
      : undefined
  },
)

/** What `leadsTo` takes besides its two predicates. */
export const leadsToMore = choose('a description, or { description, fairness }', (value) =>
  isRecord(value) ? leadsToOptions : typeof value === 'string' ? text : undefined,
)
const leadsToOptions = object<Pick<Of<'leadsTo'>, 'description' | 'fairness'>>('the last argument', {
  description,
  fairness: optional(fairness),
})

const texts = list(text, 'a list of texts')
const role = oneOf('role', ['index', 'indexed', 'indexes', 'indexed-index'] satisfies readonly IndexRole[])
const families = optional(list(texts, 'a list of lists of texts'))
const roles = optional(table(role))

const symmetry = object<Symmetry>('a symmetry', {
  name: text,
  size: wholeNumber(1),
  group: oneOf('group', ['full', 'cyclic'] satisfies readonly Symmetry['group'][]),
  actors: families,
  ports: families,
  fields: roles,
  messages: roles,
})

const valueSymmetry = object<ValueSymmetry>('a value symmetry', {
  name: text,
  actor: text,
  rename: answers('a function of the context that returns the renamed one'),
})

/** What `defineSystem` takes. */
export const systemShape = object<SystemConfig>('a system', {
  id: text,
  description,
  actors: table(actorShape, `an object, { id: ${actorExpected} }`),
  channels: list(wireShape, 'a list of { from, to }'),
  properties: optional(table(property, 'an object, { name: always(predicate) }')),
  symmetries: optional(list(symmetry)),
  valueSymmetries: optional(list(valueSymmetry)),
  fairness: optional(table(fairness)),
})
