/** Unit | one variant of a litmus test. */

import { describe, expect, test } from 'vitest'
import { chooseVariant } from '../../../src/litmus/choose.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { placeless } from '../../support/litmus-texts.ts'

const form = placeless(
  parseLitmus(
    `litmus choice
"q"
param rounds = 1
param slots = 2
variants a, b, c
platform { feature no l2 }
cpu C0 {
  variant a { dsb; variant a, b { isb } }
  if rounds { variant b, c { dmb } } else { variant a { nop } }
  while rounds max 2 { variant c { nop }; r0 = 1 }
  repeat 2 { variant c { nop } }
  poll D.BELL == 1 else { variant b { wmb } }
}
device D {
  registers GO
  on GO { variant a { raise } }
  variant b { fence }
}
never a: 1
always b, c: C0.r0
sometimes D.BELL
expect a, b: holds
expect c: violated
expect without speculation: holds
`,
    'choice',
  ),
)

const bodies = (variant: string) => {
  const { actors } = chooseVariant(form, { variant })
  return actors.map((actor) => actor.body)
}

describe('a variant', () => {
  test('has its own statements in place of the blocks, wherever they stand', () => {
    const [core, device] = bodies('a')
    expect(core?.map((statement) => statement.do)).toEqual(['dsb', 'isb', 'if', 'while', 'repeat', 'poll'])
    expect(core?.[2]).toMatchObject({ body: [], otherwise: [{ do: 'nop' }] })
    expect(core?.[3]).toMatchObject({ body: [{ do: 'set' }] })
    expect(core?.[5]).toMatchObject({ otherwise: [] })
    expect(device).toEqual([])
    expect(JSON.stringify(chooseVariant(form, { variant: 'a' }))).not.toContain('"variant"')
  })

  test('has its own conditions and expectations', () => {
    const chosen = chooseVariant(form, { variant: 'c' })
    expect(chosen.variants).toEqual(['c'])
    expect(chosen.conditions.map(({ kind, variants }) => [kind, variants])).toEqual([
      ['always', []],
      ['sometimes', []],
    ])
    expect(chosen.expectations.map(({ verdict }) => verdict)).toEqual(['violated', 'holds'])
  })

  test('leaves the whole test as it was', () => {
    const before = JSON.stringify(form)
    chooseVariant(form, { variant: 'b', parameters: [{ name: 'slots', value: 4 }] })
    expect(JSON.stringify(form)).toBe(before)
  })
})

test('parameters and features that are chosen count, the later ones most', () => {
  const chosen = chooseVariant(form, {
    variant: 'a',
    parameters: [
      { name: 'slots', value: 4 },
      { name: 'slots', value: 5 },
    ],
    features: [
      { name: 'l2', on: true },
      { name: 'eviction', on: false },
    ],
  })
  expect(chosen.parameters).toEqual([
    { name: 'rounds', value: 1 },
    { name: 'slots', value: 5 },
  ])
  expect(chosen.platform.features).toEqual([
    { name: 'l2', on: true },
    { name: 'eviction', on: false },
  ])
})

describe('what is chosen for one part', () => {
  const parts = placeless(
    parseLitmus(
      `litmus parts
"q"
platform {
  size line 4
  iommu M for D, E with queue, walk cache
  atc for D
  supply M clock, power
}
cpu C0 { clk+ M ; pwr+ M ; dsb }
device D { nop }
device E { nop }
`,
      'parts',
    ),
  )
  const chosen = (...switches: readonly string[]) =>
    chooseVariant(parts, {
      variant: 'main',
      features: switches.map((name) => ({ name: name.replace('-', ''), on: !name.startsWith('-') })),
      parameters: [
        { name: 'line', value: 1 },
        { name: 'l1-ways', value: 4 },
      ],
    })

  test('is switched in its unit, the later ones most', () => {
    const { platform, actors } = chosen('-M.queue', 'M.tags', '-D.atc', 'E.atc', '-M.clock', '-E.atc', 'E.coherent')
    expect(platform.features).toEqual([])
    expect(platform.units).toEqual([
      { unit: 'iommu', name: 'M', devices: ['D', 'E'], options: ['tags', 'walk-cache'], enabled: true },
      { unit: 'supply', of: 'M', kinds: ['power'], on: false },
      { unit: 'coherent', device: 'E' },
    ])
    expect(actors[0]?.body.map((statement) => statement.do)).toEqual(['supply', 'dsb'])
  })

  test('without anything to switch there is no supply', () => {
    const { platform, actors } = chosen('-M.clock', '-M.power')
    expect(platform.units.map(({ unit }) => unit)).toEqual(['iommu', 'atc'])
    expect(actors[0]?.body.map((statement) => statement.do)).toEqual(['dsb'])
  })

  test('sizes are set as parameters are', () => {
    expect(chosen().platform.sizes.map(({ name, value }) => [name, value])).toEqual([
      ['line', 1],
      ['l1-ways', 4],
    ])
  })
})

test('names and values that are not there are usage errors', () => {
  expect(() => chooseVariant(form, { variant: 'd' })).toThrow(/^unknown variant "d". Known: a, b, c/)
  const setting = (name: string, value: number) => () =>
    chooseVariant(form, { variant: 'a', parameters: [{ name, value }] })
  expect(setting('runds', 1)).toThrow(/^unknown parameter or size "runds". Did you mean rounds\?/)
  expect(setting('rounds', -1)).toThrow(/must be a whole number from 0 to 4294967295, not -1/)
  expect(() =>
    chooseVariant({ ...form, parameters: [] }, { variant: 'a', parameters: [{ name: 'x', value: 1 }] }),
  ).toThrow(/^unknown parameter or size "x". Known: line, page/)
  const switching = (name: string) => () => chooseVariant(form, { variant: 'a', features: [{ name, on: true }] })
  expect(switching('D.cohrent')).toThrow(/^unknown option "D.cohrent". Did you mean D.coherent\?/)
  expect(switching('M.queue')).toThrow(/^unknown option "M.queue". Known: D.coherent/)
})
