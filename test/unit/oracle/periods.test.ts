/** Tests | ownership periods: splitting, merging, and who knows of what. */

import { describe, expect, test } from 'vitest'
import { deposit, knower, learn, merge, segment, segmentAt, split } from '../../../src/oracle/periods.ts'

describe('segments', () => {
  test('a partial hand-over splits, and equal neighbours join again', () => {
    const segments = [segment(0, 64, 'device', 1)]
    split(segments, 16, 32)
    expect(segments.map(({ start, end }) => [start, end])).toEqual([
      [0, 16],
      [16, 32],
      [32, 64],
    ])
    const middle = segmentAt(segments, 16)
    expect(middle?.start).toBe(16)
    if (middle) middle.owner = 'cpu'
    merge(segments)
    expect(segments).toHaveLength(3)
    if (middle) middle.owner = 'device'
    merge(segments)
    expect(segments).toHaveLength(1)
    expect(segmentAt(segments, 64)).toBeUndefined()
  })
})

describe('knowledge', () => {
  test('passes from core to device through the queue', () => {
    const one = segment(0, 8, 'device', knower.core(0))
    deposit([one], knower.core(0), knower.queue)
    learn([one], knower.queue, knower.device(0))
    expect(one.began & knower.device(0)).not.toBe(0)
  })

  test('a queue holds only what the last core that queued knew', () => {
    const one = segment(0, 8, 'device', knower.core(0))
    deposit([one], knower.core(0), knower.queue)
    deposit([one], knower.core(1), knower.queue)
    expect(one.began & knower.queue).toBe(0)
  })
})
