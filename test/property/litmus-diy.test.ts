/** Property | tests from random cycles: those that close parse, are well formed, lower and keep their layout; others are refused. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { problemsIn } from '../../src/litmus/check-names.ts'
import { buildTest } from '../../src/litmus/diy/build.ts'
import { parseCycle } from '../../src/litmus/diy/cycle.ts'
import { diyText } from '../../src/litmus/diy/text.ts'
import { formatLitmus } from '../../src/litmus/format.ts'
import { lowerLitmus } from '../../src/litmus/lower.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { closingCycles } from '../support/diy-cycles.ts'
import { placeless } from '../support/litmus-texts.ts'
import { seed } from '../support/seed.ts'

const settings = { seed, numRuns: 150 }

describe(`random cycles (seed ${seed})`, () => {
  test('that close give tests', () => {
    fc.assert(
      fc.property(closingCycles, (cycle) => {
        const built = buildTest(parseCycle(cycle))
        expect(problemsIn(built.test)).toEqual([])
        const text = diyText(built, [], '0')
        expect(formatLitmus(text)).toBe(text)
        expect(diyText(buildTest(parseCycle(cycle)), [], '0')).toBe(text)
        const parsed = parseLitmus(text, 'generated')
        expect(placeless(parsed)).toEqual(placeless(built.test))
        expect(lowerLitmus(parsed, { variant: 'main' }).system.actors.length).toBeGreaterThan(2)
      }),
      settings,
    )
  })

  test('are the same wherever they begin, up to names', () => {
    fc.assert(
      fc.property(closingCycles, fc.nat(), (cycle, by) => {
        const edges = cycle.split(' ')
        const turned = [...edges.slice(by % edges.length), ...edges.slice(0, by % edges.length)].join(' ')
        const [one, other] = [buildTest(parseCycle(cycle)), buildTest(parseCycle(turned))]
        expect(other.architecture).toBe(one.architecture)
        expect(other.cycle.agents.length).toBe(one.cycle.agents.length)
        expect(other.cycle.words.length).toBe(one.cycle.words.length)
      }),
      settings,
    )
  })

  test('are refused as soon as an edge is strange, or leads to a read instead of a write or the other way round', () => {
    fc.assert(
      fc.property(closingCycles, fc.nat(), (cycle, at) => {
        const edges = cycle.split(' ')
        const index = at % edges.length
        const edge = edges[index] as string
        expect(() => parseCycle(edges.with(index, `${edge}x`).join(' '))).toThrow(UsageError)
        const orders = edges.flatMap((name, where) => (/[sd][RW]+$/.test(name) ? [where] : []))
        const order = orders[at % orders.length] as number
        const name = edges[order] as string
        const other = `${name.slice(0, -1)}${name.endsWith('R') ? 'W' : 'R'}`
        expect(() => parseCycle(edges.with(order, other).join(' '))).toThrow(UsageError)
      }),
      settings,
    )
  })
})
