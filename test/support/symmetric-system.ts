/** Tests | random small systems of members that behave alike around a hub, and a plain way to permute their states. */

import { canonical } from '../../src/base/canonical.ts'
import type { Prng } from '../../src/base/prng.ts'
import { type CheckableSystem, defineSystem, never, type Symmetry, sometimes } from '../../src/explore/define-system.ts'
import type { SystemPartition } from '../../src/explore/system-partition.ts'
import type { Message, Out, SavedState } from '../../src/kernel/actor.ts'
import type { ChannelOrder } from '../../src/kernel/channel.ts'
import { fakeActor, message } from './fake-actor.ts'

/** `colour` can be renamed: only whether two are equal matters, and they are never compared with another member's. */
interface Member {
  state: number
  peer: number
  colour: number
  kept: number
}

interface Hub {
  state: number
  last: number
  seen: boolean[]
  order: number[]
  heirs: number[]
}

interface Numbered extends Message {
  readonly who: number
}

const states = 2

export interface SymmetricSystem {
  readonly system: CheckableSystem
  readonly size: number
  readonly group: 'full' | 'cyclic'
}

/** Members `m0`…; each talks with the hub, and in a ring with the next one, too. */
export function symmetricSystem(prng: Prng): SymmetricSystem {
  const group = prng.pick(['full', 'cyclic'] as const)
  const size = 2 + prng.below(2)
  const draw = (bound: number) => prng.below(bound)
  const table = (bound: number) => Array.from({ length: states * 2 }, () => draw(bound))
  const rules = { go: table(2), next: table(states), speak: table(3), hub: table(states), act: table(4) }
  const order = prng.pick(['fifo', 'set', 'unordered'] as const satisfies readonly ChannelOrder[])
  const ids = Array.from({ length: size }, (_, index) => `m${index}`)
  const at = (rule: readonly number[], state: number, other = 0) => rule[state * 2 + other] as number
  const ring = group === 'cyclic' && prng.chance(1, 2)
  const hears: (context: Member, who: number) => void = (context, who) => {
    context.state = at(rules.next, context.state, context.peer === who ? 1 : 0)
    context.peer = context.peer === who ? -1 : who
  }
  const member = (index: number) =>
    fakeActor<Member>({
      id: 'member',
      in: { tell: ['tell'], ...(ring ? { prev: ['nudge'] } : {}) },
      out: { hub: ['hello'], ...(ring ? { next: ['nudge'] } : {}) },
      context: { state: 0, peer: -1, colour: 0, kept: 0 },
      spontaneous: [
        { event: 'go', kind: 'must', when: ({ state }) => at(rules.go, state) === 1 },
        { event: 'paint', kind: 'may', when: ({ state }) => state === 1 },
        {
          event: 'point',
          kind: 'may',
          domain: size,
          when: ({ peer }, value) => peer < 0 && value !== index && rules.go[3] === 1,
        },
      ],
      on: {
        go: {
          sends: ring ? { hub: 1, next: 1 } : { hub: 1 },
          run: (context, _message, out) => {
            const speak = at(rules.speak, context.state, context.peer >= 0 ? 1 : 0)
            context.state = at(rules.next, context.state)
            if (speak !== 1) out.send('hub', message('hello', { who: index }))
            if (ring && speak > 0) out.send('next', message('nudge', { who: index }))
          },
        },
        paint: {
          run: (context, _message, out) => {
            context.colour = 1 - context.colour
            if (context.colour !== context.kept && context.peer >= 0) out.emit({ type: 'painted' })
            if (context.peer >= 0) context.kept = context.colour
          },
        },
        point: {
          run: (context, m) => {
            context.peer = (m as Message & { value: number }).value
          },
        },
        tell: { run: (context, m) => hears(context, (m as Numbered).who) },
        nudge: { run: (context, m) => hears(context, (m as Numbered).who) },
      },
    })
  const listens = (context: Hub, { who }: Numbered, out: Out): void => {
    const act = at(rules.act, context.state, context.seen[who] ? 1 : 0)
    context.state = at(rules.hub, context.state, context.last === who ? 1 : 0)
    if (act === 0) context.seen[who] = !context.seen[who]
    if (act === 1) out.send(`m${who}`, message('tell', { who: context.last < 0 ? who : context.last }))
    if (act === 2) context.order = [...context.order.filter((other) => other !== who), who].slice(-2)
    if (act === 3 && context.last >= 0) context.heirs[who] = context.last
    if (context.last === who && act === 0) out.emit({ type: 'repeated' })
    context.last = who
  }
  const hub = fakeActor<Hub>({
    id: 'hub',
    in: Object.fromEntries(ids.map((id) => [id, ['hello']])),
    out: Object.fromEntries(ids.map((id) => [id, ['tell']])),
    context: { state: 0, last: -1, seen: ids.map(() => false), order: [], heirs: ids.map(() => -1) },
    on: {
      hello: {
        sends: Object.fromEntries(ids.map((id) => [id, 1])),
        run: (context, m, out) => listens(context, m as Numbered, out),
      },
    },
  })
  const capacity = 1 + draw(2)
  const symmetry: Symmetry = {
    name: 'members',
    size,
    group,
    actors: [ids],
    ports: [ids.map((id) => `hub.${id}`)],
    fields: {
      'm0.peer': 'index',
      'hub.last': 'index',
      'hub.seen': 'indexed',
      'hub.order': 'indexes',
      'hub.heirs': 'indexed-index',
    },
    messages: {
      'hello.who': 'index',
      'tell.who': 'index',
      'point.value': 'index',
      ...(ring ? { 'nudge.who': 'index' as const } : {}),
    },
  }
  const system = defineSystem({
    id: 'symmetric',
    actors: { hub, ...Object.fromEntries(ids.map((id, index) => [id, member(index)])) },
    channels: ids.flatMap((id, index) => [
      { from: `${id}.hub`, to: `hub.${id}`, order, capacity },
      { from: `hub.${id}`, to: `${id}.tell` },
      ...(ring ? [{ from: `${id}.next`, to: `m${(index + 1) % size}.prev` }] : []),
    ]),
    properties: {
      painted: never('painted'),
      repeated: never('repeated'),
      'all point': sometimes((state) => ids.every((id) => (state.actor(id).context as Member).peer >= 0)),
    },
    symmetries: [symmetry],
    valueSymmetries: ids.map((actor) => ({
      name: `colour of ${actor}`,
      actor,
      rename: (context: Member) => ({ ...context, colour: 1 - context.colour, kept: 1 - context.kept }),
    })),
  })
  return { system, size, group }
}

/** The least text of all images of a state: plainly one for each orbit. */
export function orbitText({ size, group }: SymmetricSystem, partition: SystemPartition, values: Int32Array): string {
  const real = new Map<string, unknown>()
  partition.components.forEach(({ name }, component) => {
    const value = partition.interners[component]?.values[values[component] as number]
    real.set(name.replace(/>.*/, ''), component <= size ? (value as SavedState).context : value)
  })
  return permutations(size, group)
    .map((to) => canonical(permuted(real, to)))
    .sort()[0] as string
}

function permuted(real: ReadonlyMap<string, unknown>, to: readonly number[]): Record<string, unknown> {
  const index = (value: number): number => (value < 0 ? value : (to[value] as number))
  const image: Record<string, unknown> = {}
  for (const [name, value] of real) {
    const place = name.replace(/m(\d)/, (_, digit: string) => `m${index(Number(digit))}`)
    if (name === 'hub') {
      const { state, last, seen, order, heirs } = value as Hub
      const inverse = to.map((_, i) => to.indexOf(i))
      image[place] = {
        state,
        last: index(last),
        seen: inverse.map((i) => seen[i]),
        order: order.map(index),
        heirs: inverse.map((i) => index(heirs[i] as number)),
      }
    } else if (/^m\d$/.test(name)) {
      const { state, peer, colour, kept } = value as Member
      image[place] = { state, peer: index(peer), same: colour === kept }
    } else {
      const messages = (value as readonly Numbered[]).map((m) => canonical({ ...m, who: index(m.who) }))
      image[place] = name.endsWith('.hub') ? messages : messages
    }
  }
  return image
}

function permutations(size: number, group: 'full' | 'cyclic'): number[][] {
  const members = Array.from({ length: size }, (_, index) => index)
  if (group === 'cyclic') return members.map((shift) => members.map((index) => (index + shift) % size))
  const all = (left: readonly number[]): number[][] =>
    left.length === 0
      ? [[]]
      : left.flatMap((first) => all(left.filter((other) => other !== first)).map((rest) => [first, ...rest]))
  return all(members)
}
