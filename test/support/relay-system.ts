/** Tests | three actors that hand a message round; the second can fail in the middle, in one way or another. */

import type { SystemSpec } from '../../src/kernel/system.ts'
import { fakeActor, message } from './fake-actor.ts'

export interface RelayFault {
  readonly rounds: number
  /** What the second actor does halfway. */
  readonly fault: 'none' | 'throw' | 'exit'
}

export default function makeRelay({ rounds, fault }: RelayFault): SystemSpec {
  const relay = (id: string, isFirst: boolean) =>
    fakeActor({
      id,
      in: { in: ['baton'] },
      out: { out: ['baton'] },
      context: {},
      start: (_context, out) => {
        if (isFirst) out.send('out', message('baton', { round: 0 }))
      },
      on: {
        baton: {
          sends: { out: 1 },
          run: (_context, m, out) => {
            const { round } = m as { round?: number }
            const next = (round as number) + (isFirst ? 1 : 0)
            if (id === 'b' && next === rounds / 2) fail(fault)
            if (next < rounds) out.send('out', message('baton', { round: next }))
          },
        },
      },
    })
  const wire = (from: string, to: string) =>
    ({ from: `${from}.out`, to: `${to}.in`, order: 'fifo', capacity: 2, latencyCycles: 3 }) as const
  return {
    actors: ['a', 'b', 'c'].map((id) => ({ id, definition: relay(id, id === 'a') })),
    channels: [wire('a', 'b'), wire('b', 'c'), wire('c', 'a')],
  }
}

function fail(fault: RelayFault['fault']): void {
  if (fault === 'throw') throw new Error('out of order')
  if (fault === 'exit') process.exit(7)
}
