/** Unit | PCT: bugs of known depth are found at least as often as the paper's bound says. */

import { expect, test } from 'vitest'
import { always } from '../../../src/explore/define-system.ts'
import { pct } from '../../../src/explore/pct.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { partitionOf, programs, searchWith } from '../../support/searches.ts'

// p1 is done before p0 has begun: one ordering.
const first = always((state) => !(state.actor('p0').matches('at0') && state.actor('p1').matches('at5')))
// p1 comes to its third step while p0 stands after its second: two orderings.
const between = always((state) => !(state.actor('p0').matches('at2') && state.actor('p1').matches('at3')))
// p0 stands after its second step, p1 after its third, p2 is done: three.
const three = always((state) => {
  return !(state.actor('p0').matches('at2') && state.actor('p1').matches('at1') && state.actor('p2').matches('at2'))
})

test.each([
  ['first', 1, [5, 5], { first }],
  ['between', 2, [5, 5], { between }],
  ['three', 3, [3, 3, 2], { three }],
] as const)('%s, of depth %i', (name, bugDepth, lengths, properties) => {
  const stepsMax = lengths.reduce((a: number, b) => a + b, 0)
  const bound = 1 / (lengths.length * stepsMax ** (bugDepth - 1))
  const partition = partitionOf(programs(lengths, properties))
  const samples = 2000
  let hits = 0
  for (let seed = 0; seed < samples; seed++) {
    if (pct.search(partition, { seed, runs: 1, stepsMax, bugDepth }).found.has(name)) hits++
  }
  // Three standard deviations below the bound would be a coincidence of one in a thousand; the seeds are fixed.
  expect(hits / samples).toBeGreaterThan(bound - 3 * Math.sqrt((bound * (1 - bound)) / samples))
})

test('depth 1 is two orders of two programs, whatever the seed', () => {
  const partition = partitionOf(programs([5, 5], { first, between }))
  const orders = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const { found, states } = pct.search(partition, { seed, runs: 1, stepsMax: 10, bugDepth: 1 })
    orders.add(`${[...found.keys()].join()} ${states}`)
  }
  expect([...orders].sort()).toEqual([' 11', 'first 11'])
})

test('reports the bound for its n, k and d', () => {
  const { notes } = searchWith(pct, programs([5, 5], {}), { runs: 100, stepsMax: 10, bugDepth: 2 })
  expect(notes).toEqual([
    '100 runs of at most 10 steps',
    'each run shows a bug of depth 2 with probability at least 1/(n k^(d-1)) = 1/20.0 (n = 2 units, k = 10 steps, d = 2); 100 runs together: 0.994',
  ])
})

test('says what the bound does not cover', () => {
  const { notes } = searchWith(pct, dmaRing(2), { runs: 20, stepsMax: 50 })
  expect(notes.join('\n')).toContain('could do more than one thing')
  expect(notes.join('\n')).toContain('up to the first `may` choice')
})
