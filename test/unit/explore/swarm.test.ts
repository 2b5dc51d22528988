/** Unit | swarm: members differ in choices, order and depth; all of that comes from the seed. */

import { expect, test } from 'vitest'
import { Prng } from '../../../src/base/prng.ts'
import { drawMember, swarm } from '../../../src/explore/swarm.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { partitionOf, searchWith } from '../../support/searches.ts'

const { groups } = partitionOf(dmaRing(2))
const members = Array.from({ length: 200 }, (_, run) => drawMember(groups, new Prng(1, `swarm ${run}`), 1000))

test('only `may` choices are ever left out, each of them by some members and kept by others', () => {
  groups.forEach(({ kind, optional, name }, group) => {
    const users = members.filter((member) => member.groups.includes(group)).length
    if (kind !== 'step') expect(users, name).toBe(0)
    else if (!optional) expect(users, name).toBe(members.length)
    else {
      expect(users, name).toBeGreaterThan(members.length / 4)
      expect(users, name).toBeLessThan((members.length * 3) / 4)
    }
  })
})

test('orders and depths differ', () => {
  expect(new Set(members.map((member) => member.groups.join())).size).toBeGreaterThan(190)
  expect([...new Set(members.map(({ depthMax }) => depthMax))].sort((a, b) => a - b)).toEqual([125, 250, 500, 1000])
  expect(members.filter(({ off }) => off === 0).length).toBeGreaterThan(50)
})

test('members without a choice prove nothing; one that has all of them and comes to an end does', () => {
  const result = searchWith(swarm, dmaRing(2), { seed: 3 })
  expect(result).toMatchObject({ end: 'exhausted', isExhaustive: true, states: 1920 })
  const shallow = searchWith(swarm, dmaRing(2), { seed: 3, stepsMax: 30 })
  expect(shallow).toMatchObject({ end: 'runs', isExhaustive: false })
  expect(shallow.states).toBeLessThan(1920)
})
