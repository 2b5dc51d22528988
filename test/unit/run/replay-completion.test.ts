/** Unit | the replay of a run after which no end can be reached: it is proven again, from the last state. */

import { expect, test } from 'vitest'
import { defineSystem } from '../../../src/explore/define-system.ts'
import type { Schedule } from '../../../src/kernel/schedule.ts'
import { ruleIn } from '../../../src/kernel/trace.ts'
import { check, type ShownRun } from '../../../src/run/check.ts'
import { tokenIn } from '../../../src/run/check-report.ts'
import { replaySearched } from '../../../src/run/replay-searched.ts'
import { subjectOfSystem } from '../../../src/run/subject.ts'
import { parseToken } from '../../../src/run/token.ts'
import { walker } from '../../support/liveness-systems.ts'

const searchOn = { isInterrupted: () => false }
const scheduleOf = ({ replay }: ShownRun): Schedule => parseToken(tokenIn(replay)).schedule as Schedule

const polling = (moves: readonly string[]) =>
  subjectOfSystem(defineSystem({ id: 'polling', actors: { a: walker('a', moves, [9]) }, channels: [] }))

test('says so, and how it knows', () => {
  const subject = polling(['must poll: 0>0 1>2 2>1', 'must go: 0>9', 'may slip: 0>1'])
  const [run] = check(subject).violations as [ShownRun]
  expect(run).toMatchObject({ property: 'completion', length: 1 })
  for (const runtime of ['sim', 'live'] as const) {
    const { violations, notes } = replaySearched(subject, scheduleOf(run), runtime, { searchOn })
    expect(violations).toEqual([{ property: 'completion', ...ruleIn(run), message: run.message }])
    expect(notes).toEqual(['proven from the last state: of the 2 states that can follow, none is the end'])
  }
  // Where nobody asks for a search, it is left open.
  expect(replaySearched(subject, scheduleOf(run), 'sim').notes[0]).toContain('is for check to decide')
  const cut = replaySearched(subject, scheduleOf(run), 'sim', { searchOn: { isInterrupted: () => true } })
  expect(cut).toMatchObject({
    violations: [],
    notes: [expect.stringMatching(/was not reached in the \d+ states? searched/)],
  })
})

test('the same choices in a system that has a way out show nothing', () => {
  const [run] = check(polling(['must poll: 0>0 1>2 2>1', 'must go: 0>9', 'may slip: 0>1'])).violations as [ShownRun]
  const mended = polling(['must poll: 0>0 1>2 2>1', 'must go: 0>9 2>0', 'may slip: 0>1'])
  const { violations, notes } = replaySearched(mended, scheduleOf(run), 'live', { searchOn })
  expect(violations).toEqual([])
  expect(notes).toEqual(['not at the end: a; it can still be reached, in 3 more steps'])
})
