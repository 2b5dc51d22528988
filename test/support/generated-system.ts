/** Tests | generated systems: a few small random charts on channels of every order, with random properties, for comparing searches. */

import type { Prng } from '../../src/base/prng.ts'
import {
  always,
  type CheckableSystem,
  defineSystem,
  never,
  type Property,
  type StateView,
  type SystemConfig,
  sometimes,
} from '../../src/explore/define-system.ts'
import type { Observer } from '../../src/explore/observer.ts'
import type { Message } from '../../src/kernel/actor.ts'
import type { ChannelOrder } from '../../src/kernel/channel.ts'
import {
  type ActionDefinition,
  defineMachine,
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
} from '../../src/statechart/define.ts'

/** Bits of the generated charts; contexts and messages hold one small number each. */
interface Context {
  n: number
}
interface Numbered extends Message {
  readonly n?: number
  readonly value?: number
}

export interface GeneratedOptions {
  /** Orders to draw from. Default: all. */
  readonly orders?: readonly ChannelOrder[]
  /** Default: 4. */
  readonly actorsMax?: number
  /** Whether channels of rendezvous that hold a message have further participants, who are asked first. Default: none do. */
  readonly companions?: 'some' | 'none'
}

type Channels = SystemConfig['channels']

interface Actor {
  readonly name: string
  /** In port → types. */
  readonly ins: Record<string, string[]>
  /** Out port → type sent there; a port sends one type. */
  readonly outs: Record<string, string>
  /** Whether it takes every answer, because the one who gives it has no way back. */
  takesAnswers?: true
}

const types = ['red', 'blue'] as const
const events = ['chirp', 'bark'] as const
const orders: readonly ChannelOrder[] = ['fifo', 'fifo', 'unordered', 'per-id', 'set', 'rendezvous']

/** Draws a system. Its states are finitely many, but there is no bound on how many. */
export function generateSystem(prng: Prng, id: string, options: GeneratedOptions = {}): CheckableSystem {
  const count = 2 + prng.below((options.actorsMax ?? 4) - 1)
  const actors: Actor[] = Array.from({ length: count }, (_, index) => ({ name: `a${index}`, ins: {}, outs: {} }))
  const channels = generateChannels(prng, actors, options)
  const stateCounts = actors.map(() => 2 + prng.below(2))
  const definitions = actors.map((actor, index) => generateMachine(prng, actor, stateCounts[index] as number))
  return defineSystem({
    id,
    actors: Object.fromEntries(actors.map(({ name }, index) => [name, definitions[index] as (typeof definitions)[0]])),
    channels,
    properties: generateProperties(prng, stateCounts, channels),
  })
}

function generateChannels(prng: Prng, actors: readonly Actor[], options: GeneratedOptions): Channels {
  const choices = options.orders ?? orders
  const channels: Channels[number][] = []
  const connect = (from: number, to: number, order: ChannelOrder, capacity: number, answers: boolean): void => {
    const number = channels.length
    const type = prng.pick(types)
    const sender = actors[from] as Actor
    const receiver = actors[to] as Actor
    sender.outs[`o${number}`] = type
    receiver.ins[`i${number}`] = [type]
    const receivers = [`${receiver.name}.i${number}`]
    if (answers) {
      sender.ins[`r${number}`] = ['answer']
      receivers.push(`${sender.name}.r${number}`)
    }
    if (options.companions === 'some' && order === 'rendezvous' && capacity > 0 && prng.chance(3, 4)) {
      const companion = actors[(to + 1 + prng.below(actors.length - 1)) % actors.length] as Actor
      companion.ins[`c${number}`] = [type, 'answer']
      companion.takesAnswers = true
      receivers.push(`${companion.name}.c${number}`)
    }
    channels.push({ from: `${sender.name}.o${number}`, to: receivers, order, capacity })
  }
  for (let from = 0; from < actors.length; from++) {
    for (let outs = 1 + prng.below(2); outs > 0; outs--) {
      const order = prng.pick(choices)
      const isStep = order === 'rendezvous' && prng.chance(2, 3)
      // Calls within a step go one way only, so that nobody calls itself.
      if (isStep && from === actors.length - 1) continue
      const to = isStep ? from + 1 + prng.below(actors.length - from - 1) : prng.below(actors.length)
      connect(from, to, order, isStep ? 0 : 1 + prng.below(2), isStep && prng.chance(1, 3))
    }
  }
  if (channels.length === 0) connect(0, 1, prng.pick(choices), 1, false)
  return channels.map((channel) => (channel.to.length === 1 ? { ...channel, to: channel.to[0] as string } : channel))
}

function generateMachine(prng: Prng, actor: Actor, stateCount: number) {
  const answers = Object.values(actor.ins).some((ins) => ins.includes('answer'))
  const choices = Array.from({ length: 1 + prng.below(2) }, (_, index) => `go${index}`)
  const handled = [...new Set([...Object.values(actor.ins).flat(), ...choices])]
  const actions: Record<string, ActionDefinition<Context, Numbered>> = generateActions(prng, actor)
  const names = Object.keys(actions).filter((name) => name !== 'reply')
  const quiet = names.filter((name) => !name.startsWith('send'))
  const candidate = (event: string): TransitionConfig => {
    const isMove = prng.chance(3, 4)
    // An answer to a call that calls again would have no end.
    const sends = event === 'answer' ? [] : names.filter((name) => name.startsWith('send'))
    const drawn = Array.from({ length: prng.below(2) }, () => prng.pick(quiet))
    if (sends.length > 0 && prng.chance(1, 2)) drawn.push(prng.pick(sends))
    if (!isMove && drawn.length === 0) drawn.push('flip')
    if (prng.chance(2, 3)) drawn.push('reply')
    return { ...(isMove ? { target: `#machine.s${prng.below(stateCount)}` } : {}), actions: drawn }
  }
  const handler = (event: string): readonly TransitionConfig[] => {
    if (event === 'answer' && actor.takesAnswers) return [candidate(event)]
    const last = prng.chance(1, event === 'answer' ? 6 : 4)
      ? stall('drawn')
      : prng.chance(1, 6)
        ? ignore('drawn')
        : candidate(event)
    return prng.chance(1, 3) ? [{ guard: prng.pick(['isOdd', 'agrees']), ...candidate(event) }, last] : [last]
  }
  const states = Array.from({ length: stateCount }, (_, index): [string, StateConfig] => [
    `s${index}`,
    {
      description: 'drawn',
      ...(prng.chance(1, 2) ? { tags: ['finished'] } : {}),
      on: Object.fromEntries(handled.map((event) => [event, handler(event)])),
    },
  ])
  return defineMachine<Context, Numbered>({
    id: 'machine',
    description: 'drawn',
    inPorts: actor.ins,
    outPorts: Object.fromEntries(Object.entries(actor.outs).map(([port, type]) => [port, [type]])),
    events: Object.fromEntries([...handled, ...(answers ? ['answer'] : [])].map((event) => [event, 'drawn'])),
    spontaneous: Object.fromEntries(
      choices.map((choice) => {
        const wanted = prng.below(3)
        return [
          choice,
          {
            description: 'drawn',
            kind: prng.chance(1, 3) ? ('may' as const) : ('must' as const),
            domain: 1 + prng.below(2),
            when: ({ n }: Context, value: number) => wanted === 2 || (n + value) % 2 === wanted,
          },
        ]
      }),
    ),
    context: () => ({ n: 0 }),
    guards: { isOdd: ({ n }) => n % 2 === 1, agrees: ({ n }, { n: m = 0 }) => n === m },
    actions,
    chart: { description: 'drawn', initial: 's0', states: Object.fromEntries(states) },
  })
}

function generateActions(prng: Prng, actor: Actor): Record<string, ActionDefinition<Context, Numbered>> {
  const actions: Record<string, ActionDefinition<Context, Numbered>> = {
    flip: {
      description: 'flips the number',
      run: (context) => {
        context.n = 1 - context.n
      },
    },
    keep: {
      description: 'keeps the number received',
      run: (context, { n, value }) => {
        context.n = n ?? value ?? context.n
      },
    },
    reply: {
      description: 'answers',
      run: ({ n }, _message, out) => out.reply({ type: 'answer', n } as Numbered),
    },
  }
  for (const event of events) {
    actions[event] = {
      description: 'emits',
      run: ({ n }, _message, out) => out.emit({ type: event, n } as Numbered),
    }
  }
  for (const [port, type] of Object.entries(actor.outs)) {
    const own = prng.chance(1, 2)
    actions[`send ${port}`] = {
      description: 'sends',
      sends: { [port]: 1 },
      run: ({ n }, _message, out) => out.send(port, { type, n: own ? n : 0 } as Numbered),
    }
  }
  return actions
}

/** Conjunctions of small facts, which look at one component after the other. */
function generateProperties(prng: Prng, stateCounts: readonly number[], channels: Channels): Record<string, Property> {
  const fact = (): ((state: StateView) => boolean) => {
    const actor = prng.below(stateCounts.length)
    const id = `a${actor}`
    const which = prng.below(3)
    const wanted = prng.below(2)
    if (which === 0) return (state) => (state.actor(id).context as Context).n === wanted
    const { from, capacity } = prng.pick(channels)
    if (which === 1 && capacity !== 0) return (state) => state.channel(from).length > wanted
    const name = `s${prng.below(stateCounts[actor] as number)}`
    return (state) => state.actor(id).matches(name)
  }
  const all = (facts: readonly ((state: StateView) => boolean)[]) => (state: StateView) =>
    facts.every((one) => one(state))
  const properties: Record<string, Property> = {}
  for (let index = 0; index < 3; index++) {
    const bad = all(Array.from({ length: 2 + prng.below(2) }, fact))
    properties[`always ${index}`] = always((state) => !bad(state))
  }
  properties.sometimes = sometimes(all(Array.from({ length: 3 }, fact)))
  const wanted = prng.below(2)
  properties.never = never('chirp', (event) => (event as Numbered).n === wanted)
  return properties
}

/** An observer that minds the order of what actors emit, with one part for each of two groups of actors. */
export function orderObserver(): Observer {
  return {
    id: 'order',
    parts: ['even', 'odd'],
    properties: ['bark after chirp', 'chirps in a row'],
    initial: () => ({ last: '', row: 0 }),
    wants: (type) => (events as readonly string[]).includes(type),
    observe: (parts, event, actor, violate) => {
      const part = parts.get(Number(actor.slice(1)) % 2) as { last: string; row: number }
      const { type, n } = event as Numbered
      if (type === 'bark' && part.last === 'chirp' && n === 1) violate('bark after chirp')
      part.row = type === 'chirp' ? Math.min(3, part.row + 1) : 0
      if (part.row === 3) violate('chirps in a row')
      part.last = type
    },
  }
}
