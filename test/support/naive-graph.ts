/** Tests | the state graph of a system built naively on the kernel, and small systems that go round for ever to build it of. */

import { canonical } from '../../src/base/canonical.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { SavedState } from '../../src/kernel/actor.ts'
import type { ChannelSpec } from '../../src/kernel/channel.ts'
import { apply, type Choice, enabled, Stepper } from '../../src/kernel/step.ts'
import { System, type SystemSpec } from '../../src/kernel/system.ts'
import type { PlainEdge } from './edge-partition.ts'
import { fakeActor, message } from './fake-actor.ts'

export interface NaiveGraph {
  /** By node, in the order of discovery. */
  readonly texts: readonly string[]
  readonly contexts: readonly (readonly { readonly state: number }[])[]
  /** Units are numbers of `units`. */
  readonly edges: readonly PlainEdge[]
  readonly units: readonly string[]
}

/** Undefined beyond `statesMax`. */
export function naiveGraph(spec: SystemSpec, statesMax: number): NaiveGraph | undefined {
  const system = new System(spec, 'sim', () => {})
  const stepper = new Stepper(system, { now: 0 }, () => {})
  const save = () => ({
    actors: system.actors.map(({ reactor }) => reactor.save()),
    channels: system.channels.map((channel) => channel.contents()),
  })
  type Whole = ReturnType<typeof save>
  const restore = ({ actors, channels }: Whole): void => {
    for (const [index, { reactor }] of system.actors.entries()) reactor.restore(actors[index] as SavedState)
    for (const channel of system.channels) channel.refill(channels[channel.index] ?? [])
  }
  const nodes = new Map<string, number>()
  const wholes: Whole[] = []
  const arrive = (): number => {
    const whole = save()
    const text = stateText(system, whole.actors, whole.channels)
    const known = nodes.get(text) ?? wholes.push(whole) - 1
    nodes.set(text, known)
    return known
  }
  const units: string[] = []
  const edges: PlainEdge[] = []
  stepper.start()
  arrive()
  for (let from = 0; from < wholes.length; from++) {
    if (wholes.length > statesMax) return undefined
    restore(wholes[from] as Whole)
    for (const choice of enabled(stepper)) {
      restore(wholes[from] as Whole)
      const unit = unitText(system, choice)
      if (unit !== undefined && !units.includes(unit)) units.push(unit)
      apply(stepper, choice)
      edges.push({ from, to: arrive(), ...(unit === undefined ? {} : { unit: units.indexOf(unit) }) })
    }
  }
  const contexts = wholes.map(({ actors }) => actors.map(({ context }) => context as { state: number }))
  return { texts: [...nodes.keys()], contexts, edges, units }
}

/** A state as text; where order means nothing it does not show. */
export function stateText(
  system: System,
  actors: readonly unknown[],
  channels: readonly (readonly unknown[])[],
): string {
  const contents = channels.map((messages, index) => {
    const texts = messages.map((one) => canonical(one))
    return system.channels[index]?.inOrder ? texts : texts.sort()
  })
  return canonical([actors, contents])
}

function unitText(system: System, choice: Choice): string | undefined {
  if (choice.kind === 'deliver') {
    const channel = system.channels[choice.channel]
    const head = channel?.inOrder ? '' : ` ${canonical(channel?.at(choice.position))}`
    return `${channel?.id}${head}`
  }
  const actor = system.actors[choice.actor]
  const declared = actor?.definition.spontaneous[choice.choice]
  return declared?.kind === 'must' ? `${actor?.id} ${declared.event}` : undefined
}

const states = 3

/** Two or three actors that go through three states by messages and choices drawn at random, and never use anything up. */
export function loopingSystem(prng: Prng): SystemSpec {
  const count = 2 + prng.below(2)
  const channels: ChannelSpec[] = Array.from({ length: count }, (_, from) => ({
    from: `a${from}.out`,
    to: `a${(from + 1) % count}.in`,
    order: prng.pick(['fifo', 'fifo', 'unordered', 'set'] as const),
    capacity: 1 + prng.below(2),
    latencyCycles: 1,
  }))
  return {
    actors: Array.from({ length: count }, (_, i) => ({ id: `a${i}`, definition: loopingActor(prng, i) })),
    channels,
  }
}

function loopingActor(prng: Prng, index: number) {
  const handler = () => {
    const rules = Array.from({ length: states }, () => ({
      decision: prng.pick(['react', 'react', 'ignore', 'stall'] as const),
      next: prng.below(states),
      send: prng.chance(1, 3) ? prng.pick(['m0', 'm1']) : undefined,
    }))
    type Rule = (typeof rules)[number]
    const rule = ({ state }: { state: number }) => rules[state] as Rule
    return {
      decide: (context: { state: number }) => rule(context).decision,
      sends: (context: { state: number }): Readonly<Record<string, number>> => (rule(context).send ? { out: 1 } : {}),
      run: (context: { state: number }, _m: unknown, out: { send(port: string, m: { type: string }): void }) => {
        const { next, send } = rule(context)
        context.state = next
        if (send) out.send('out', message(send))
      },
    }
  }
  return {
    ...fakeActor<{ state: number }>({
      id: `a${index}`,
      in: { in: ['m0', 'm1'] },
      out: { out: ['m0', 'm1'] },
      context: { state: 0 },
      on: { m0: handler(), m1: handler(), go: handler(), drain: handler(), evict: handler() },
      spontaneous: [
        { event: 'go', kind: 'must' },
        { event: 'drain', kind: prng.pick(['must', 'may'] as const), domain: 2, when: (c, value) => c.state !== value },
        { event: 'evict', kind: 'may' },
      ],
      finished: ({ state }) => state === 2,
    }),
    ends: true,
  }
}
