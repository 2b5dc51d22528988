/** Test | an unmap while the device goes on, in every order: what each IOMMU promises is enough, and less is not. */

import { describe, expect, test } from 'vitest'
import type { IommuConfig } from '../../../../machines/iommu/machine.ts'
import type { IommuCommand } from '../../../../machines/iommu/regs.ts'
import { searchLevels } from '../../../../src/explore/breadth-first.ts'
import { SystemPartition } from '../../../../src/explore/system-partition.ts'
import { type CoreStep, iommuSystem, leafOf, places } from '../../../support/iommu-system.ts'

const { v0, p0, slot } = places
const give = (command: IommuCommand): CoreStep => ({ do: 'command', command })
const clear: CoreStep = { do: 'store', addr: leafOf(v0), value: 0 }
const invalidate = give({ command: 'invalidate-page', iova: v0, tag: 0 })
const free: CoreStep = { do: 'free', addr: p0 }
const sync: readonly CoreStep[] = [give({ command: 'sync' }), { do: 'poll-status' }]
const wait = (value: number): readonly CoreStep[] => [
  give({ command: 'write-status', slot: 0, value }),
  { do: 'poll', addr: slot, value },
]
const queued: Partial<IommuConfig> = { queueEntries: 2 }

/** `holds`, or what is violated and after how many steps; and how many states there are. */
function judge(program: readonly CoreStep[], iommu: Partial<IommuConfig> = {}, atc?: object): string {
  const system = iommuSystem({ program, accesses: [v0, v0], iommu, ...(atc ? { atc } : {}) })
  const { end, states, found } = searchLevels(new SystemPartition(system), { statesMax: 200_000 })
  expect(end).toBe('exhausted')
  const violations = [...found.values()].map(({ property, depth }) => `${property} after ${depth}`)
  return `${violations.length > 0 ? violations.join(', ') : 'holds'}, ${states} states`
}

describe('without a queue', () => {
  test('clear, invalidate, free', () => {
    expect(judge([clear, invalidate, free])).toBe('holds, 50 states')
  })
  test('without invalidation', () => {
    expect(judge([clear, free])).toBe('late after 6, 43 states')
  })
  test('invalidated before the entry is cleared', () => {
    expect(judge([invalidate, clear, free])).toBe('late after 7, 62 states')
  })
  test('an IOMMU that ignores walks in flight', () => {
    expect(judge([clear, invalidate, free], { walksInFlight: 'ignored' })).toBe('late after 7, 60 states')
  })
  test('an IOMMU that ignores accesses in flight', () => {
    expect(judge([clear, invalidate, free], { accessesInFlight: 'ignored' })).toBe('late after 7, 52 states')
  })
  test('an IOMMU that ignores walks in flight, blocked meanwhile', () => {
    const [block, unblock] = [give({ command: 'block' }), give({ command: 'unblock' })]
    expect(judge([clear, block, invalidate, unblock, free], { walksInFlight: 'ignored' })).toBe('holds, 62 states')
  })
})

describe('with a queue', () => {
  test('without waiting', () => {
    expect(judge([clear, invalidate, free], queued)).toBe('late after 7, 88 states')
  })
  test('with a sync, polled', () => {
    expect(judge([clear, invalidate, ...sync, free], queued)).toBe('holds, 111 states')
  })
  test('with a status word, polled', () => {
    expect(judge([clear, invalidate, ...wait(1), free], queued)).toBe('holds, 118 states')
  })
  test('a status word that an earlier wait writes', () => {
    const early = give({ command: 'write-status', slot: 0, value: 1 })
    expect(judge([early, clear, invalidate, ...wait(1), free], { queueEntries: 3 })).toBe('late after 12, 341 states')
  })
})

describe('with a translation cache in the device', () => {
  const atc = give({ command: 'invalidate-atc', requester: 0, iova: v0 })
  test('first the IOMMU, then the device', () => {
    expect(judge([clear, invalidate, atc, ...sync, free], queued, {})).toBe('holds, 206 states')
  })
  test('first the device, then the IOMMU', () => {
    expect(judge([clear, atc, invalidate, ...sync, free], queued, {})).toBe('late after 13, 268 states')
  })
  test('the IOMMU alone', () => {
    expect(judge([clear, invalidate, ...sync, free], queued, {})).toBe('late after 11, 167 states')
  })
})
