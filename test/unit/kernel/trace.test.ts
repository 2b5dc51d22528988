/** Tests | trace lines are the JSON of their reactions, and the digest tells runs apart by all but the cycle. */

import { describe, expect, it } from 'vitest'
import { Prng } from '../../../src/base/prng.ts'
import { RandomScheduler } from '../../../src/kernel/random.ts'
import { ReplayScheduler } from '../../../src/kernel/replay.ts'
import { Schedule } from '../../../src/kernel/schedule.ts'
import { apply, Stepper } from '../../../src/kernel/step.ts'
import { System, type SystemSpec } from '../../../src/kernel/system.ts'
import { TraceWriter, toTraceEvent } from '../../../src/kernel/trace.ts'
import { BenchTop } from '../../support/bench-top.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'
import { randomSystem } from '../../support/random-system.ts'
import { sink, source, wire } from '../../support/small-systems.ts'

/** Steps a random walk of `spec`; returns the lines, each with the JSON that it should be. */
function walk(spec: SystemSpec, seed: number): readonly (readonly [line: string, json: string])[] {
  const lines: [string, string][] = []
  const writer = new TraceWriter((line) => lines.push([line, '']))
  const system = new System(spec, 'sim', () => {})
  const scheduler = new RandomScheduler(seed)
  system.carrier = scheduler
  const stepper = new Stepper(system, { now: 7 }, (reaction) => {
    writer.add(reaction)
    ;(lines.at(-1) as [string, string])[1] = `${JSON.stringify(toTraceEvent(reaction))}\n`
  })
  scheduler.attach(stepper)
  for (let turn = 0; turn < 500 && scheduler.advance() !== 'quiet'; turn++);
  expect(writer.lines).toBe(lines.length)
  return lines
}

/** The digest of one delivery to `id`, which then emits `event`. */
function digestOf(id: string, payload: Readonly<Record<string, unknown>>, event = 'done', ignored = false): string {
  const actor = fakeActor({
    id,
    in: { in: ['work'] },
    context: {},
    on: { work: { decide: () => (ignored ? 'ignore' : 'react'), run: (_c, _m, out) => out.emit(message(event)) } },
  })
  const bench = new BenchTop(
    {
      actors: [
        { id: 'source', definition: source([message('work', payload)]) },
        { id, definition: actor },
      ],
      channels: [wire('source.out', `${id}.in`)],
    },
    new ReplayScheduler(new Schedule()),
  )
  expect(apply(bench.stepper, { kind: 'deliver', channel: 0, position: 0 })).toBe(true)
  return bench.writer.digest()
}

describe('trace lines', () => {
  // Lines are joined from kept pieces; the plain way of making them is the reference.
  it('are the JSON of their reactions, in every order of channels', () => {
    let lines = 0
    for (let n = 0; n < 60; n++) {
      const orders = ['fifo', 'per-id', 'unordered', 'set'] as const
      for (const [line, json] of walk(randomSystem(new Prng(n, 'trace'), { orders }), n)) {
        expect(line).toBe(json)
        lines++
      }
    }
    expect(lines).toBeGreaterThan(1000)
  })

  it('quote ids and payloads', () => {
    const odd = 'quo"te'
    const spec: SystemSpec = {
      actors: [
        { id: odd, definition: source([message('work', { text: 'back\\slash "quoted"\n', none: null })]) },
        { id: 'sink', definition: sink('work') },
      ],
      channels: [wire(`${odd}.out`, 'sink.in')],
    }
    const lines = walk(spec, 1)
    expect(lines).toHaveLength(3)
    for (const [line, json] of lines) expect(line).toBe(json)
  })
})

describe('the digest', () => {
  it('tells actors, payloads, emitted events and decisions apart', () => {
    const digests = [
      digestOf('a', { n: 1 }),
      digestOf('b', { n: 1 }),
      digestOf('a', { n: 2 }),
      digestOf('a', { m: 1 }),
      digestOf('a', { n: 1 }, 'failed'),
      digestOf('a', { n: 1 }, 'done', true),
    ]
    expect(new Set(digests).size).toBe(digests.length)
    expect(digestOf('a', { n: 1 })).toBe(digests[0])
  })
})
