/** Unit | futures: what steps may still do, where the actor whose steps they are is not the first that is asked. */

import { expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { defineSystem, never } from '../../../src/explore/define-system.ts'
import { searchPartialOrder } from '../../../src/explore/partial-order.ts'
import type { SpontaneousMessage } from '../../../src/kernel/actor.ts'
import { partitionOf, verdictOf } from '../../support/compare-searches.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'

/** Fills a channel that nobody empties. Has a say in `job`, and wants room there for it, but is never replied to. */
const companion = fakeActor({
  id: 'companion',
  in: { in: ['job'] },
  out: { out: ['token'] },
  context: {},
  on: {
    job: { sends: { out: 1 } },
    fill: { sends: { out: 1 }, run: (_context, _job, out) => out.send('out', message('token')) },
  },
  spontaneous: [{ event: 'fill', kind: 'must' }],
})

const deaf = fakeActor({
  id: 'deaf',
  in: { in: ['token'] },
  context: {},
  on: { token: { decide: () => 'stall' } },
})

/** Asks for a job once it is called, then is done. */
const sender = fakeActor({
  id: 'sender',
  in: { in: ['ready'] },
  out: { out: ['job'] },
  context: { at: 'waits' },
  on: {
    ready: {
      run: (context) => {
        context.at = 'called'
      },
    },
    ask: {
      sends: { out: 1 },
      run: (context, _message, out) => {
        context.at = 'done'
        out.send('out', message('job'))
      },
    },
  },
  spontaneous: [{ event: 'ask', kind: 'must', when: ({ at }) => at === 'called' }],
})

/** Picks one of two ways; only on the second one a job does harm. */
const worker = fakeActor({
  id: 'worker',
  in: { in: ['job'] },
  out: { out: ['ready'] },
  context: { way: 'none' },
  on: {
    job: {
      run: ({ way }, _message, out) => {
        if (way === 'second') out.emit(message('harm'))
      },
    },
    pick: {
      sends: { out: 1 },
      run: (context, choice, out) => {
        context.way = (choice as SpontaneousMessage).value === 0 ? 'first' : 'second'
        out.send('out', message('ready'))
      },
    },
  },
  spontaneous: [{ event: 'pick', kind: 'must', domain: 2, when: ({ way }) => way === 'none' }],
})

const system = defineSystem({
  id: 'companion-asked-first',
  actors: { companion, deaf, sender, worker },
  channels: [
    { from: 'companion.out', to: 'deaf.in' },
    { from: 'worker.out', to: 'sender.in' },
    { from: 'sender.out', to: ['worker.in', 'companion.in'], order: 'rendezvous' },
  ],
  properties: { harm: never('harm') },
})

// The job waits for room that its companion asks for, and so without a look at the worker. That is learned in one state
// of the worker and holds in all of them: else, on the second way, filling the channel passes for independent of the job.
test('what is asked before the actor itself is part of every future', () => {
  const full = searchLevels(partitionOf(system))
  const less = searchPartialOrder(partitionOf(system))
  expect([...full.found.keys()].sort()).toEqual(['deadlock', 'harm'])
  expect(verdictOf(less)).toEqual(verdictOf(full))
})
