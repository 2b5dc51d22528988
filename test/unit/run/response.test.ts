/** Unit | what is said of a response that never comes: as a response property, in every form of a report and in its replay. */

import { expect, test } from 'vitest'
import { leadsTo } from '../../../src/explore/define-system.ts'
import { traceOf } from '../../../src/export/trace/trace.ts'
import { ruleIn } from '../../../src/kernel/trace.ts'
import { check, type ShownRun } from '../../../src/run/check.ts'
import { jsonOfVerdict, reportVerdict, tokenIn } from '../../../src/run/check-report.ts'
import { htmlReport } from '../../../src/run/html-report.ts'
import { junitOfVerdict, junitReport } from '../../../src/run/junit-report.ts'
import { lassoText } from '../../../src/run/lasso-text.ts'
import { replaySearched } from '../../../src/run/replay-searched.ts'
import { subjectOfSystem } from '../../../src/run/subject.ts'
import { parseToken } from '../../../src/run/token.ts'
import { system, walker } from '../../support/liveness-systems.ts'

// The asker goes from 0 to 1 and asks; who should come to 2 goes round between 0 and 1.
const lazy = system(
  { asker: walker('asker', ['must ask: 0>1', 'must idle: 1>1']), other: walker('other', ['must turn: 0>1 1>0']) },
  [],
  ['asker', 1],
  ['other', 2],
)
const described = {
  ...lazy,
  properties: {
    live: leadsTo(
      (state) => (state.actor('asker').context as { at: number }).at === 1,
      (state) => (state.actor('other').context as { at: number }).at === 2,
      'who asks is answered',
    ),
  },
}

test('it is a response that is violated, not something that is always so', () => {
  const verdict = check(described)
  const [run] = verdict.violations as [ShownRun]
  expect(run).toMatchObject({ property: 'live', response: 'who asks is answered' })
  expect(run).not.toHaveProperty('always')
  expect(run.message).toMatch(/^asked for after step 1, and it never comes: steps \d to \d can repeat for ever$/)
  const text = reportVerdict(verdict)
  expect(text).toContain('response "who asks is answered" violated: small, step ')
  expect(text).not.toContain('always "')
  const { violation } = jsonOfVerdict(verdict) as { violation: object }
  expect(violation).toMatchObject({ oracle: 'live', response: 'who asks is answered' })
  expect(violation).not.toHaveProperty('always')
  const junit = junitReport([{ name: 'small', cases: [junitOfVerdict(verdict)] }])
  expect(junit).toContain('response &quot;who asks is answered&quot; violated')
  expect(junit).not.toContain('always &quot;')
  const trace = traceOf({ dmarace: 'trace', version: 2, scenario: 'small', token: '' }, run.events, [
    { property: run.property, ...ruleIn(run), message: run.message, step: run.length },
  ])
  const facts = { title: 'small', verdict: '', isGood: false, facts: [], replay: run.replay, charts: [] }
  const page = htmlReport(trace, facts)
  expect(page).toContain('<h2>response “who asks is answered” violated')
  expect(page).not.toContain('always')
})

test('its replay says the same', () => {
  const [run] = check(described).violations as [ShownRun]
  const { schedule } = parseToken(tokenIn(run.replay))
  const { violations } = replaySearched(subjectOfSystem(described), schedule as never, 'live')
  expect(violations).toEqual([{ property: 'live', response: 'who asks is answered', message: run.message }])
})

test('lassos in words', () => {
  expect(lassoText({ askedAfter: 0, cycleFrom: 0, length: 0 })).toBe(
    'asked for at the start, and it never comes: nothing more need happen',
  )
  expect(lassoText({ askedAfter: 2, cycleFrom: 4, length: 5 })).toContain(
    'after step 2, and it never comes: step 5 can',
  )
  expect(lassoText({ askedAfter: 2, cycleFrom: 4, length: 4 })).toContain('after step 4 nothing more need happen')
})
