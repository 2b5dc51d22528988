/** Tests | small systems whose liveness is known by hand: actors that go from state to state by choices and messages. */

import { type CheckableSystem, defineSystem, leadsTo, type SystemConfig } from '../../src/explore/define-system.ts'
import type { ActorDefinition } from '../../src/kernel/actor.ts'
import { fakeActor, message } from './fake-actor.ts'

/** "must go: 0>1" or "may spin: 0>1 1>0"; `!type` behind a move sends a message on port `out`. */
export type Moves = readonly string[]

interface Place {
  at: number
}

/**
 * An actor whose state is a number. Choices are `must` or `may` with the moves that they make; `on type` handles a
 * message and stalls it where it has no move. It has ended in the states of `ends`.
 */
export function walker(id: string, moves: Moves, ends?: readonly number[]): ActorDefinition {
  const parsed = moves.map((text) => {
    const [head = '', tail = ''] = text.split(': ')
    const [kind = '', event = ''] = head.split(' ')
    const steps = tail.split(' ').map((move) => {
      const [way = '', send] = move.split('!')
      const [from = 0, to = 0] = way.split('>').map(Number)
      return { from, to, send }
    })
    return { kind, event, steps }
  })
  const sent = parsed.flatMap(({ steps }) => steps.flatMap(({ send }) => (send ? [send] : [])))
  const taken = parsed.filter(({ kind }) => kind === 'on').map(({ event }) => event)
  const stepOf = (steps: (typeof parsed)[number]['steps'], { at }: Place) => steps.find(({ from }) => from === at)
  const definition = fakeActor<Place>({
    id,
    in: taken.length > 0 ? { in: taken } : {},
    out: sent.length > 0 ? { out: [...new Set(sent)] } : {},
    context: { at: 0 },
    on: Object.fromEntries(
      parsed.map(({ event, steps }) => [
        event,
        {
          decide: (context: Place) => (stepOf(steps, context) ? ('react' as const) : ('stall' as const)),
          sends: (context: Place): Readonly<Record<string, number>> => (stepOf(steps, context)?.send ? { out: 1 } : {}),
          run: (context: Place, _message: unknown, out: { send(port: string, m: { type: string }): void }) => {
            const step = stepOf(steps, context)
            if (step?.send) out.send('out', message(step.send))
            context.at = step?.to ?? context.at
          },
        },
      ]),
    ),
    spontaneous: parsed.flatMap(({ kind, event, steps }) => {
      if (kind === 'on') return []
      return [{ event, kind: kind as 'must' | 'may', when: (context: Place) => stepOf(steps, context) !== undefined }]
    }),
    ...(ends ? { finished: ({ at }: Place) => ends.includes(at) } : {}),
  })
  return ends ? { ...definition, ends: true } : definition
}

/** Whenever the first actor is at `from`, it or `who` comes to `to`. */
export function system(
  actors: Readonly<Record<string, ActorDefinition>>,
  channels: SystemConfig['channels'],
  [asks, from]: readonly [string, number],
  [who, to]: readonly [string, number],
): CheckableSystem {
  const at = (id: string, place: number) => leadsToPlace(id, place)
  return defineSystem({ id: 'small', actors, channels, properties: { live: leadsTo(at(asks, from), at(who, to)) } })
}

function leadsToPlace(id: string, place: number) {
  return (state: { actor(id: string): { readonly context: unknown } }) =>
    (state.actor(id).context as Place).at === place
}
