/** Differential | functions written as text and the loops they replace agree, on generated charts and on a whole run. */

import { afterEach, describe, expect, test, vi } from 'vitest'
import { canonical } from '../../src/base/canonical.ts'
import { compileText } from '../../src/base/compile-text.ts'
import { Prng } from '../../src/base/prng.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import { copyPayload } from '../../src/kernel/payload.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { hotAfter } from '../../src/oracle/dispatch.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { runScenario } from '../../src/run/run.ts'
import { CompiledReactor, compile } from '../../src/statechart/compile.ts'
import type { Specialise } from '../../src/statechart/specialise.ts'
import { message } from '../support/fake-actor.ts'
import { type Context, EXTERNAL, generateMachine, type Trace } from './generated-chart.ts'

const SEED = Number(process.env.SEED ?? 20110521)
const CHARTS = 60
const MESSAGES = 20

afterEach(() => {
  vi.unstubAllGlobals()
})

/** What a page's security policy does. */
function forbidTexts(): void {
  vi.stubGlobal('Function', () => {
    throw new EvalError('forbidden')
  })
}

/** All that can be observed of one generated chart under `MESSAGES` messages, as lines. */
function runChart(seed: number, specialise: Specialise): { readonly lines: string[]; readonly written: boolean } {
  const prng = new Prng(seed, 'specialise')
  const lines: string[] = []
  const trace: Trace & Out = {
    lines,
    send: (port, sent) => lines.push(`send ${port} ${canonical(sent)}`),
    raise: () => lines.push('raise'),
    emit: (event) => lines.push(`emit ${canonical(event)}`),
    reply: (reply) => lines.push(`reply ${canonical(reply)}`),
  }
  let config = generateMachine(prng, trace)
  while (config === undefined) config = generateMachine(prng, trace)
  const chart = compile(config, { specialise })
  const reactor = new CompiledReactor(chart, trace)
  reactor.start()
  for (let at = 0; at < MESSAGES; at++) {
    const event: Message & { value: number } = { type: prng.pick(EXTERNAL), value: prng.below(6) }
    const decision = reactor.decide(event)
    lines.push(`${decision} ${decision === 'react' ? reactor.room.join() : reactor.reason}`)
    if (decision !== 'react') continue
    ;(reactor.context as Context).fuel = 3
    reactor.commit(event)
    lines.push(canonical(reactor.value()), canonical(reactor.context))
  }
  return { lines, written: chart.initial.call.name === 'run' }
}

/** A broken twin with real data, long enough for everything hot to become a text. */
function runBoard(scenario: string): { readonly digest: string; readonly violations: string; readonly events: number } {
  const trace = new TraceWriter()
  let events = 0
  const options = resolveOptions({ scenario, geometry: 'board', size: '64x48', seed: 1, frames: 2 })
  const result = runScenario(options, {
    runtime: 'sim',
    watchers: [
      (reaction) => {
        trace.add(reaction)
        events += reaction.emitted.length
      },
    ],
  })
  return { digest: trace.digest(), violations: JSON.stringify(result.violations), events }
}

/** Goal: no observable difference. Method: the same charts and messages, everything written at once or nothing ever. */
describe(`texts and loops (seed ${SEED})`, () => {
  test(`agree on ${CHARTS} generated charts`, () => {
    for (let seed = SEED; seed < SEED + CHARTS; seed++) {
      const written = runChart(seed, 'always')
      const looped = runChart(seed, 'never')
      expect([written.written, looped.written], 'each way must be at work').toEqual([true, false])
      expect(written.lines, `chart ${seed}`).toEqual(looped.lines)
    }
  })

  test('where Function is forbidden the loops go on', () => {
    forbidTexts()
    expect(compileText({}, 'return 1')).toBeUndefined()
    for (let seed = SEED; seed < SEED + CHARTS / 10; seed++) {
      const refused = runChart(seed, 'always')
      expect(refused.written).toBe(false)
      expect(refused.lines, `chart ${seed}`).toEqual(runChart(seed, 'never').lines)
    }
  })

  test.each(['two-core-handover-touched-early', 'fimc-capture-userptr-no-sync-for-cpu'])(
    '%s is the same both ways, oracles included',
    (scenario) => {
      const written = runBoard(scenario)
      expect(written.events).toBeGreaterThan(hotAfter)
      expect(written.violations).not.toBe('[]')
      forbidTexts()
      expect(runBoard(scenario)).toEqual(written)
    },
    120_000,
  )

  test('a field that changes its kind is still copied as what it is', () => {
    const kinds = [1, 'a', true, [1], { deep: [1] }, null]
    for (const [at, first] of kinds.entries()) {
      for (const value of kinds) {
        const sent = message(`kinds ${at}`, { value: first })
        copyPayload(sent)
        const copy = copyPayload(message(`kinds ${at}`, { value })) as Message & { value: unknown }
        expect(copy.value).toEqual(value)
        if (typeof value === 'object' && value !== null) expect(copy.value).not.toBe(value)
      }
    }
  })

  test('copies of messages are the same both ways', () => {
    const payload = { b: [1, 2], a: { deep: [3] }, c: 'x' }
    const text = (type: string) => JSON.stringify(copyPayload(message(type, payload))).replace(type, '')
    const written = [text('written'), text('written')]
    forbidTexts()
    expect([text('looped'), text('looped')]).toEqual(written)
  })
})
