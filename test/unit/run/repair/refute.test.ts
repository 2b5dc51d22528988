/** Unit | refuting changed programs by runs: what a run says is wrong, the search finds wrong; what helps is never refuted. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chooseVariant } from '../../../../src/litmus/choose.ts'
import type { LitmusTest, Statement } from '../../../../src/litmus/form.ts'
import { lowerLitmus } from '../../../../src/litmus/lower.ts'
import { parseLitmus } from '../../../../src/litmus/parse.ts'
import { check, findings } from '../../../../src/run/check.ts'
import { subjectOfLitmus, subjectOfLowered } from '../../../../src/run/litmus-subject.ts'
import { gapsOf, insertAt } from '../../../../src/run/repair/gaps.ts'
import { stillWrong } from '../../../../src/run/repair/refute.ts'

const corpus = join(import.meta.dirname, '../../../litmus/corpus')
const variant = 'buggy'

/** Steps to put in, a device that overwrites what a core holds, and one that reads what a core has not given up. */
const tried = [
  { file: 'arm-v7-from-device-prefetch', place: 'buf', helps: 'inv' },
  { file: 'l2x0-store-buffer-not-drained', place: 'desc', helps: 'drain' },
] as const

const forms = (place: string): readonly Statement[] => [
  { do: 'dsb' },
  { do: 'rmb' },
  { do: 'drain' },
  { do: 'maintain', action: 'inv', location: { place: 'named', name: place, index: { expr: 'number', value: 0 } } },
]

describe.each(tried)('$file', ({ file, place, helps }) => {
  const whole = parseLitmus(readFileSync(join(corpus, `${file}.litmus`), 'utf8'), file)
  const one = chooseVariant(whole, { variant })
  const [wrong] = check(subjectOfLitmus(one, { variant })).violations
  const property = wrong?.property ?? ''
  const isSought = (name: string): boolean => name === property

  const changed = (steps: readonly Statement[], index: number): LitmusTest => ({
    ...one,
    actors: one.actors.map((actor) =>
      actor.actor === 'cpu' ? { ...actor, body: insertAt(actor.body, index, steps) } : actor,
    ),
  })
  const gaps = one.actors.flatMap((actor) => (actor.actor === 'cpu' ? gapsOf(actor.body) : []))

  const said = forms(place).flatMap((step) =>
    gaps.map(({ index }) => {
      const form = changed([step], index)
      const lowered = lowerLitmus(form, { variant })
      const subject = subjectOfLowered(form, { variant }, lowered)
      const runs = [wrong?.labels ?? []]
      return {
        step,
        index,
        subject,
        wrong: stillWrong({ subject, lowered, added: [step], tried: [step] }, runs, isSought),
      }
    }),
  )

  test('what is refuted is violated', () => {
    const refuted = said.filter((each) => each.wrong !== undefined)
    expect(refuted.length).toBeGreaterThan(said.length / 2)
    for (const { step, index, subject } of refuted) {
      expect({ step, index, violated: findings(subject).violated }).toMatchObject({
        violated: expect.arrayContaining([property]),
      })
    }
  })

  test('what helps is not refuted, wherever it helps', () => {
    const helping = said.filter(({ subject }) => !findings(subject).violated.includes(property))
    expect(helping.map(({ step }) => (step.do === 'maintain' ? step.action : step.do))).toContain(helps)
    for (const { step, index, wrong: found } of helping)
      expect({ step, index, found }).toMatchObject({ found: undefined })
  })

  test('behind what is wrong, nothing helps: other steps there are refuted, too', () => {
    const behind = new Set(said.filter((each) => each.wrong === 'before it').map(({ index }) => index))
    for (const each of said.filter(({ index }) => behind.has(index))) expect(each.wrong).toBe('before it')
  })
})
