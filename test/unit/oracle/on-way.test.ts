/** Tests | writes on their way to memory: order, arrival, and what is forgotten. */

import { describe, expect, test } from 'vitest'
import { arrive, heading, isOnWay, setOut } from '../../../src/oracle/on-way.ts'

const lineBytes = 8

describe('writes on their way', () => {
  test('are kept by line, and in each line by age: buffers with equal contents are equal', () => {
    const one = { runs: [] as number[] }
    setOut(one, lineBytes, 16, [3], heading.l2)
    setOut(one, lineBytes, 8, [1], heading.l2)
    setOut(one, lineBytes, 12, [2], heading.l2)
    const other = { runs: [] as number[] }
    setOut(other, lineBytes, 8, [1], heading.l2)
    setOut(other, lineBytes, 16, [3], heading.l2)
    setOut(other, lineBytes, 12, [2], heading.l2)
    expect(one).toEqual(other)
    expect(one.runs).toEqual([8, 0, 1, 1, 12, 0, 1, 2, 16, 0, 1, 3])
  })

  test('arrive oldest first', () => {
    const way = { runs: [] as number[] }
    for (const value of [7, 9, 7]) setOut(way, lineBytes, 8, [value], heading.memory)
    arrive(way, 8, [7], 'memory')
    expect(isOnWay(way, 8, 7, 'anywhere')).toBe(true)
    arrive(way, 8, [9], 'memory')
    arrive(way, 8, [7], 'memory')
    expect(way.runs).toEqual([])
  })

  test('at the outer cache only what was heading there', () => {
    const way = { runs: [] as number[] }
    setOut(way, lineBytes, 8, [7, 8], heading.memory)
    arrive(way, 8, [7, 8], 'l2')
    expect(isOnWay(way, 12, 8, 'anywhere')).toBe(true)
    expect(isOnWay(way, 12, 8, 'l2')).toBe(false)
    arrive(way, 8, [7, 8], 'memory')
    expect(isOnWay(way, 12, 8, 'anywhere')).toBe(false)
  })

  test('may have been merged into a line', () => {
    const way = { runs: [] as number[] }
    setOut(way, lineBytes, 12, [8], heading.l2)
    arrive(way, 8, [7, 8], 'l2')
    expect(way.runs).toEqual([])
  })

  test('are bounded where nobody reports their ends', () => {
    const way = { runs: [] as number[] }
    for (let i = 0; i < 1000; i++) setOut(way, lineBytes, 8, [i], heading.memory)
    expect(way.runs.length).toBeLessThan(200)
    expect(isOnWay(way, 8, 999, 'anywhere')).toBe(true)
  })
})
