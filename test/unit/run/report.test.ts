/** Unit | reports: the lines that a person reads, from a made-up result, against goldens. */

import { expect, test } from 'vitest'
import { resolveOptions } from '../../../src/run/options.ts'
import { grouped, jsonOfRun, type PlayedRun, replayCommand, reportRun } from '../../../src/run/report.ts'

const statistics = {
  steps: 2_005_584,
  cycles: 8_152_004,
  messages: 1_700_321,
  framesCaptured: 2,
  framesLost: 1,
  framesDelivered: 2,
  deviceBytesWritten: 921_600,
  deviceBytesRead: 0,
  tlbHits: 6_651,
  tlbWalks: 549,
  tlbInvalidations: 1,
  l1Refills: 58_183,
  l1SpeculativeRefills: 4_746,
  l1Writebacks: 28_648,
  l2Refills: 65_046,
  l2Writebacks: 1_106,
  maintainedLines: 116_410,
  faults: 0,
  busErrors: 0,
  exhausted: 0,
}

const violation = {
  oracle: 'fresh-load',
  message:
    'cpu0 loaded 0x4010_0720 = 0x0000_0000 at step 9, expected 0xbab9_b9b9; likely a copy that was not invalidated',
  step: 9,
  cycle: 1_234,
  actor: 'cpu0',
}

const base: PlayedRun = {
  options: resolveOptions({ scenario: 'fimc-capture-userptr', frames: 2, features: '-l2' }),
  runtime: 'sim',
  token: '1:fimc-capture-userptr:e30:abcdef',
  result: { verdict: 'clean', end: 'quiet', violations: [], statistics, warnings: [] },
  wallMs: 2_000,
  interrupted: false,
  inputs: [],
  frames: [0, 1, 2].map((index) => ({ index, file: `out/frame-${index}.png`, wrongLines: 0 })),
  framesRead: 3,
}

const runs: Readonly<Record<string, PlayedRun>> = {
  clean: base,
  violated: {
    ...base,
    inputs: ['my photo.png'],
    result: {
      ...base.result,
      verdict: 'violated',
      violations: [
        { violation, count: 3_208 },
        { violation: { ...violation, oracle: 'progress', message: 'a deadlock', step: 12 }, count: 1 },
      ],
    },
    frames: base.frames.map((frame) => ({
      ...frame,
      wrongLines: 7,
      damageFile: frame.file.replace('.png', '.damage.png'),
    })),
    trace: { digest: '0123456789abcdef', lines: 1, file: undefined },
  },
  bounded: { ...base, result: { ...base.result, verdict: 'bounded', end: 'cycles' }, frames: [], framesRead: 0 },
  interrupted: { ...base, interrupted: true, result: { ...base.result, verdict: 'bounded', end: 'stopped' } },
}

test.each(Object.entries(runs))('the report of a %s run is as it was reviewed', async (name, run) => {
  await expect(reportRun(run)).toMatchFileSnapshot(`../../golden/cli/report-${name}.txt`)
})

test('a bounded run never says that it holds', () => {
  const text = reportRun(runs.bounded as PlayedRun)
  expect(text).toContain('not found (bounded: 8,152,004 cycles)')
  // As words: there is a feature named flushKeepsClean.
  expect(text).not.toMatch(/\b(clean|holds|pass)\b/i)
})

test('JSON has the verdict, each violation and the token', () => {
  const json = JSON.parse(JSON.stringify(jsonOfRun(runs.violated as PlayedRun)))
  expect(json).toMatchObject({ verdict: 'violated', token: base.token })
  expect(json.violations[0]).toMatchObject({ oracle: 'fresh-load', count: 3_208, step: 9 })
  expect(jsonOfRun(runs.interrupted as PlayedRun).verdict).toBe('interrupted')
})

test('the replay command can be pasted', () => {
  expect(replayCommand({ token: '1:a:b:c', inputs: ["it's.png", 'b.png'] })).toBe(
    `npx dmarace replay 1:a:b:c --input 'it'\\''s.png' b.png`,
  )
})

test('numbers are grouped by thousands', () => {
  expect([0, 999, 1_000, 1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567'])
})

test('what subscribers threw is said in the report and in the JSON, and only then', () => {
  const warnings = ['a subscriber of messages$ threw and was unsubscribed: Error: boom']
  const run = { ...base, result: { ...base.result, warnings } }
  expect(reportRun(run)).toContain(`  warning   ${warnings[0]}\n`)
  expect(reportRun(base)).not.toContain('warning')
  expect(jsonOfRun(run)).toMatchObject({ verdict: 'clean', warnings })
  expect(jsonOfRun(base)).not.toHaveProperty('warnings')
})

test('calls that found a pool or an IO space used up are told, if there are any', () => {
  const full = { ...base, result: { ...base.result, statistics: { ...statistics, exhausted: 1 } } }
  expect(reportRun(full)).toContain('1 call found no room in a pool or IO space\n')
  expect(reportRun(base)).not.toContain('found no room')
})

// Goal: the summary accounts for all that the oracle no-fault counts, which judges faults and bus errors.
test('bus errors are told beside faults, if there are any', () => {
  const withErrors = { ...base, result: { ...base.result, statistics: { ...statistics, faults: 2, busErrors: 3 } } }
  expect(reportRun(withErrors)).toMatch(/2 faults, 3 bus errors\n/)
  expect(reportRun(base)).not.toContain('bus error')
})
