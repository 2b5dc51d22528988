/** Tests | random small systems of hand-made actors that always come to rest, for properties of schedulers. */

import type { Prng } from '../../src/base/prng.ts'
import type { Decision, Message, Out } from '../../src/kernel/actor.ts'
import type { ChannelOrder, ChannelSpec } from '../../src/kernel/channel.ts'
import type { SystemSpec } from '../../src/kernel/system.ts'
import { type FakeHandler, fakeActor, message } from './fake-actor.ts'

/** States are small ints; every reaction that sends uses up fuel, so that each run ends. */
interface Context {
  state: number
  fuel: number
}

const types = ['m0', 'm1'] as const
const states = 3

/** What an actor does in one state about one event: drawn once, when the system is built. */
interface Rule {
  readonly decision: Decision
  readonly next: number
  readonly sends: Readonly<Record<string, number>>
  readonly raisesEvent: boolean
}

export interface RandomSystemOptions {
  /** Orders to draw from. */
  readonly orders: readonly ChannelOrder[]
  /** Most wires take this many cycles more, so that actors act on each other later only. */
  readonly apart?: number
}

/** Actors `a0`…, each out port wired to some in port; every in port accepts both types. */
export function randomSystem(prng: Prng, options: RandomSystemOptions): SystemSpec {
  const count = 2 + prng.below(3)
  const channels: ChannelSpec[] = []
  const outOf: string[][] = Array.from({ length: count }, () => [])
  const inOf: string[][] = Array.from({ length: count }, () => [])
  const rendezvous = prng.chance(2, 3)
  for (let from = 0; from < count; from++) {
    for (let out = 1 + prng.below(2); out > 0; out--) {
      const to = prng.below(count)
      const [outPort, inPort] = [`o${channels.length}`, `i${channels.length}`]
      ;(outOf[from] as string[]).push(outPort)
      ;(inOf[to] as string[]).push(inPort)
      channels.push(randomChannel(prng, options, `a${from}.${outPort}`, `a${to}.${inPort}`))
    }
  }
  // A call from a0 to a1 and back, in one step.
  if (rendezvous) {
    channels.push({
      from: 'a0.call',
      to: prng.chance(1, 2) ? ['a1.calls', 'a0.returns'] : ['a1.calls', `a${count - 1}.calls2`, 'a0.returns'],
      order: 'rendezvous',
      capacity: prng.below(3),
      latencyCycles: prng.below(3),
    })
  }
  // Whatever a1 does may need the last actor to take part; within a call of a0, too.
  const asks = rendezvous && count > 2 && prng.chance(1, 2)
  if (asks) {
    const to = [`a${count - 1}.calls`]
    channels.push({ from: 'a1.ask', to, order: 'rendezvous', capacity: prng.below(2), latencyCycles: prng.below(3) })
  }
  const actors = Array.from({ length: count }, (_, index) => {
    const calls = [...(rendezvous && index === 0 ? ['call'] : []), ...(asks && index === 1 ? ['ask'] : [])]
    const definition = randomActor(prng, index, inOf[index] as string[], outOf[index] as string[], calls)
    return { id: `a${index}`, definition }
  })
  return { actors, channels }
}

function randomChannel(prng: Prng, options: RandomSystemOptions, from: string, to: string): ChannelSpec {
  return {
    from,
    to,
    order: prng.pick(options.orders),
    capacity: 1 + prng.below(3),
    latencyCycles: latencyOf(prng, options),
    ...(prng.chance(1, 3) ? { jitterCycles: prng.below(5) } : {}),
  }
}

function latencyOf(prng: Prng, { apart }: RandomSystemOptions): ChannelSpec['latencyCycles'] {
  if (apart !== undefined && prng.chance(7, 8)) return apart + prng.below(6)
  return prng.chance(1, 4) ? 'message' : prng.below(6)
}

function randomActor(prng: Prng, index: number, ins: string[], outs: string[], calls: string[]) {
  const sendable = [...outs, ...calls]
  const on: Record<string, FakeHandler<Context>> = {}
  const events = [...types, 'call', 'go', 'drain', 'evict']
  for (const event of events) on[event] = handlerOf(rulesOf(prng, sendable))
  // A reply must be accepted at once; the third participant has its say on the call that is offered.
  on.call2 = { run: (_context, _m, out) => out.reply(message('return')) }
  on.return = {
    run: (context) => {
      context.state = (context.state + 1) % states
    },
  }
  const may = prng.below(states)
  const must = Array.from({ length: 4 }, () => prng.below(2 ** states))
  const outPorts = Object.fromEntries(outs.map((port) => [port, [...types]]))
  return fakeActor<Context>({
    id: `a${index}`,
    in: {
      ...Object.fromEntries(ins.map((port) => [port, [...types]])),
      calls: ['call'],
      calls2: ['call', 'call2'],
      returns: ['call2', 'return'],
    },
    out: { ...outPorts, ...Object.fromEntries(calls.map((port) => [port, ['call']])) },
    context: { state: prng.below(states), fuel: 4 + prng.below(12) },
    on,
    spontaneous: [
      { event: 'go', kind: 'must', latencyCycles: prng.below(4), when: (c) => c.fuel > 0 && holds(must[0], c.state) },
      {
        event: 'drain',
        kind: 'must',
        domain: 3,
        latencyCycles: prng.below(4),
        when: (c, value) => c.fuel > value && holds(must[1 + value], c.state),
      },
      {
        event: 'evict',
        kind: 'may',
        when: (c) => c.fuel > 0 && c.state === may,
        aim: (event, context: Context) => ((event as { state?: number }).state === context.state ? 0 : -1),
      },
    ],
  })
}

const isCall = (port: string) => port === 'call' || port === 'ask'

const holds = (bits: number | undefined, state: number) => (((bits ?? 0) >> state) & 1) === 1

function rulesOf(prng: Prng, outs: readonly string[]): Rule[] {
  return Array.from({ length: states }, () => {
    const sends: Record<string, number> = {}
    for (const port of outs) if (prng.chance(isCall(port) ? 3 : 2, 5)) sends[port] = 1
    return {
      decision: prng.pick(['react', 'react', 'react', 'stall', 'ignore'] as const),
      next: prng.below(states),
      sends,
      raisesEvent: prng.chance(1, 3),
    }
  })
}

function handlerOf(rules: readonly Rule[]): FakeHandler<Context> {
  const rule = (context: Context) => rules[context.state] as Rule
  return {
    decide: (context) => rule(context).decision,
    sends: (context) => (context.fuel > 0 ? rule(context).sends : {}),
    run: (context, m, out) => react(rule(context), context, m, out),
  }
}

function react(rule: Rule, context: Context, m: Message, out: Out): void {
  context.state = rule.next
  const { value = 0 } = m as { value?: number }
  if (context.fuel > 0) {
    // The payload depends on the fuel, so that messages differ and identifiers repeat.
    for (const port of Object.keys(rule.sends)) {
      const type = isCall(port) ? 'call' : (types[(context.fuel + value) % 2] as string)
      out.send(
        port,
        message(type, { from: 'x', txn: context.fuel % 2, n: context.fuel, afterCycles: context.fuel * 3 }),
      )
    }
    context.fuel--
  }
  if (rule.raisesEvent) out.emit(message('seen', { state: context.state }))
  // Two of three calls get an answer; the others end the chain.
  if (m.type === 'call' && context.fuel % 3 !== 1) out.reply(message('call2'))
}
