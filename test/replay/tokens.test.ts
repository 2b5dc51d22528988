/** Replay | the token of every scenario gives the same trace again, byte for byte, in both runtimes. */

import { describe, expect, test } from 'vitest'
import type { RuntimeName } from '../../src/kernel/actor.ts'
import type { Schedule } from '../../src/kernel/schedule.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { type RunOptions, resolveOptions } from '../../src/run/options.ts'
import { Run } from '../../src/run/run.ts'
import { parseToken, tokenOf } from '../../src/run/token.ts'
import { scenarios } from '../../src/scenario/index.ts'
import { prngFor } from '../support/seed.ts'

interface Traced {
  readonly lines: string[]
  readonly digest: string
  readonly violations: unknown
  readonly schedule: Schedule | undefined
}

function traced(options: RunOptions, runtime: RuntimeName, schedule?: Schedule): Traced {
  const lines: string[] = []
  const writer = new TraceWriter((line) => lines.push(line))
  const run = new Run(options, {
    runtime,
    watchers: [(reaction) => writer.add(reaction)],
    ...(schedule ? { schedule } : { record: 'schedule' }),
  })
  const { violations } = run.complete()
  return { lines, digest: writer.digest(), violations, schedule: run.simulation.schedule }
}

const ids = Object.keys(scenarios)
const prng = prngFor('tokens')

describe.each(ids)('%s', (scenario) => {
  const seed = prng.below(1 << 30)

  test(`litmus, seed ${seed}: its token repeats the trace in sim and live`, () => {
    const options = resolveOptions({ scenario, geometry: 'litmus', seed, policy: 'adversarial' })
    const token = tokenOf(options)
    const replay = parseToken(token)
    expect(resolveOptions(replay.request)).toEqual(options)
    expect(replay.schedule).toBeUndefined()
    const first = traced(options, 'sim')
    for (const runtime of ['sim', 'live'] as const) {
      const again = traced(resolveOptions(replay.request), runtime)
      expect(again.digest, runtime).toBe(first.digest)
      expect(again.lines.join('') === first.lines.join(''), runtime).toBe(true)
    }
  })

  test(`litmus, seed ${seed}: the choices it took, in a token, lead to the same steps without time`, () => {
    const options = resolveOptions({ scenario, geometry: 'litmus', seed, frames: 2 })
    const first = traced(options, 'sim')
    const { request, schedule } = parseToken(tokenOf(options, first.schedule))
    expect(schedule?.length).toBe(first.schedule?.length)
    expect(traced(resolveOptions(request), 'sim', schedule).digest).toBe(first.digest)
  })
})

describe('options', () => {
  test('all of them survive the token', () => {
    const options = resolveOptions({
      scenario: 'fimc-capture-userptr',
      frames: 3,
      size: '66x34',
      format: 'rgb565',
      features: '-speculation,tlbPrefetch',
      seed: 0xfeedbeef,
      policy: 'adversarial',
      pictures: ['0123456789abcdef', 'fedcba9876543210'],
    })
    expect(resolveOptions(parseToken(tokenOf(options)).request)).toEqual(options)
  })

  test('a small picture on the board: the same trace in sim and live', () => {
    const options = resolveOptions({ scenario: 'fimc-capture-userptr-no-sync-for-cpu', size: '16x16', frames: 5 })
    expect(traced(options, 'live').digest).toBe(traced(options, 'sim').digest)
  })

  test('every changed character of a token is noticed', () => {
    const token = tokenOf(resolveOptions({ scenario: 'unmap-reuse', geometry: 'litmus' }))
    for (let i = 0; i < token.length; i++) {
      const changed = `${token.slice(0, i)}${token[i] === 'x' ? 'y' : 'x'}${token.slice(i + 1)}`
      expect(() => resolveOptions(parseToken(changed).request), changed).toThrow(/token|unknown scenario/)
    }
  })
})
