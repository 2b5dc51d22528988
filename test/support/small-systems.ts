/** Tests | pieces of small systems: a wire, an actor that sends, one that takes, a timed scheduler, and what happened when. */

import type { Message } from '../../src/kernel/actor.ts'
import type { ChannelSpec } from '../../src/kernel/channel.ts'
import { type TimedOptions, TimedScheduler } from '../../src/kernel/timed.ts'
import type { BenchTop } from './bench-top.ts'
import { fakeActor } from './fake-actor.ts'

export const timed = (options: Partial<TimedOptions> = {}) =>
  new TimedScheduler({ seed: 1, may: 'off', mayPeriodCycles: 10, mustJitterCycles: 0, ...options })

export const wire = (from: string, to: ChannelSpec['to'], more: Partial<ChannelSpec> = {}): ChannelSpec => ({
  from,
  to,
  order: 'fifo',
  capacity: 8,
  latencyCycles: 1,
  ...more,
})

/** Sends `messages` on its port `out` at the start. */
export const source = (messages: readonly Message[]) =>
  fakeActor({
    id: 'source',
    out: { out: [...new Set(messages.map((m) => m.type))] },
    context: {},
    start: (_context, out) => {
      for (const m of messages) out.send('out', m)
    },
  })

/** Takes everything. */
export const sink = (...types: string[]) =>
  fakeActor({ id: 'sink', in: { in: types }, context: {}, on: Object.fromEntries(types.map((type) => [type, {}])) })

/** What reacted when, the start left out. */
export const times = (bench: BenchTop) =>
  bench.lines
    .filter((line) => line.step > 0)
    .map(({ cycle, actor, message: m }) => {
      const { n, value } = m as { n?: number; value?: number }
      return `${cycle} ${actor} ${m?.type}${n ?? value ?? ''}`
    })

export function run(bench: BenchTop): string[] {
  bench.runToQuiet()
  return times(bench)
}
