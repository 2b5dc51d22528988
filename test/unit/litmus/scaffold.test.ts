/** Unit | first texts for tests of one's own. */

import { describe, expect, test } from 'vitest'
import { directions } from '../../../src/litmus/form.ts'
import { formatLitmus } from '../../../src/litmus/format.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { directionOf, scaffoldIommus, scaffoldLitmus } from '../../../src/litmus/scaffold.ts'

describe.each(directions)('%s', (direction) => {
  test.each(scaffoldIommus)('behind %s it parses, is in canonical layout and has what was asked for', (iommu) => {
    const text = scaffoldLitmus({ name: 'my-test', device: 'FIMC', iommu, cores: 3, direction })
    expect(formatLitmus(text)).toBe(text)
    const form = parseLitmus(text, 'my-test')
    expect(form.platform.units.map(({ unit }) => unit)).toEqual(iommu === 'none' ? [] : [iommu])
    expect(form.actors.map((actor) => (actor.actor === 'isr' ? actor.core : actor.name))).toEqual([
      'C0',
      'FIMC',
      'C1',
      'C2',
    ])
    expect(text).toContain(`own->dev buf ${direction}\n`)
    expect(form.variants).toEqual(['buggy', 'fixed'])
  })
})

test('names and numbers that no test can have', () => {
  expect(() => scaffoldLitmus({ name: 'My Test' })).toThrow('"My Test" is no name of a test')
  expect(() => scaffoldLitmus({ name: 'a', device: '1' })).toThrow('"1" is no name of a device')
  expect(() => scaffoldLitmus({ name: 'a', device: 'C0' })).toThrow('"C0" is what something else in the test is called')
  for (const device of ['cpu0', 'bus', 'buf', 'r0'])
    expect(() => scaffoldLitmus({ name: 'a', device })).toThrow('choose another name')
  expect(() => scaffoldLitmus({ name: 'a', cores: 0 })).toThrow('1 to 4 cores, not 0')
})

test('directions by any spelling', () => {
  expect(['from-device', 'FROM_DEVICE', 'DMA_FROM_DEVICE', 'sideways'].map(directionOf)).toEqual([
    'FROM_DEVICE',
    'FROM_DEVICE',
    'FROM_DEVICE',
    undefined,
  ])
})
