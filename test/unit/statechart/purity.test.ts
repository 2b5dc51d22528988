/** Unit | the traps for clocks and randomness, and the comparison of instances run in different order. */

import { describe, expect, test } from 'vitest'
import { trapped } from '../../../src/kernel/traps.ts'
import { impurity } from '../../../src/statechart/purity.ts'
import { type Context, type Loose, RUNTIMES, Run, sample } from './sample.ts'

const doing = (what: (context: Context) => void): Loose =>
  sample({ on: { go: { actions: 'do' } } }, { actions: { do: { description: 'does', run: what } } })

describe.each(RUNTIMES)('trapped, in %s', (runtime) => {
  const offenders: readonly (readonly [string, () => unknown])[] = [
    ['Math.random', () => Math.random()],
    ['Date', () => Date.now()],
    ['Date', () => new Date()],
    ['Date', () => Date()],
    ['performance.now', () => performance.now()],
    ['setTimeout', () => setTimeout(() => {}, 0)],
    ['queueMicrotask', () => queueMicrotask(() => {})],
    ['crypto.randomUUID', () => crypto.randomUUID()],
  ]
  test.each(offenders)('%s in an action is internal, with machine and action', (name, offence) => {
    const run = new Run(doing(offence), runtime)
    expect(() => trapped(() => run.send('go'))).toThrow(`internal: m action do: uses ${name}, so it would not replay`)
  })

  test('a guard is caught too', () => {
    const chart = { on: { go: [{ guard: 'lucky' }, {}] } }
    const run = new Run(sample(chart, { guards: { lucky: () => Math.random() > 0.5 } }), runtime)
    expect(() => trapped(() => run.send('go'))).toThrow('m guard lucky: uses Math.random')
  })

  test('raised events are plain data', () => {
    const raise = {
      description: 'raises',
      run: (_: Context, __: Loose, out: Loose) => out.raise({ type: 'r', f: () => 1 }),
    }
    const chart = { on: { go: { actions: 'raise' }, r: {} } }
    const run = new Run(sample(chart, { raised: ['r'], actions: { raise } }), runtime)
    expect(() => run.send('go')).toThrow('internal: m action raise: a message holds a function that is not plain data')
  })

  test('everything else works, also computing with dates', () => {
    const run = new Run(
      doing((context) => {
        context.n = new Date(86_400_000).getUTCDate()
      }),
      runtime,
    )
    trapped(() => run.send('go'))
    expect(run.context.n).toBe(2)
  })

  test('an action with a memory of its own is found', () => {
    let calls = 0
    const definition = doing((context) => {
      context.n = calls++ % 2
    })
    const messages = [{ type: 'go' }, { type: 'go' }]
    expect(impurity(definition, messages, runtime)).toContain('message 0 {"type":"go"}, instance 2 of 2')
    const pure = doing((context) => {
      context.n++
    })
    expect(impurity(pure, messages, runtime)).toBeUndefined()
  })
})
