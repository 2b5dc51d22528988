/** Unit | the thread pool and its jobs: order of results, errors of the right kind, odd numbers of jobs and threads. */

import { describe, expect, test } from 'vitest'
import { InternalError, LimitError, UsageError } from '../../../src/base/errors.ts'
import { answering, resultOf } from '../../../src/run/job.ts'
import { runJobs, startTeam } from '../../../src/run/pool.ts'
import { runSeeds, type SeedsJob, seedJobs } from '../../../src/run/seeds.ts'

const job: SeedsJob = {
  request: { scenario: 'conversion-doorbell', geometry: 'litmus', frames: 1 },
  firstSeed: 5,
  seeds: 3,
}

describe('jobs', () => {
  test('are cut without gap or overlap', () => {
    const cut = seedJobs({ ...job, seeds: 10 }, 4)
    expect(cut.map(({ firstSeed, seeds }) => [firstSeed, seeds])).toEqual([
      [5, 4],
      [9, 4],
      [13, 2],
    ])
    expect(seedJobs({ ...job, seeds: 0 }, 4)).toEqual([])
  })

  test('run seed after seed', () => {
    const outcomes = runSeeds(job)
    expect(outcomes.map(({ seed, verdict, oracles }) => [seed, verdict, oracles])).toEqual([
      [5, 'clean', []],
      [6, 'clean', []],
      [7, 'clean', []],
    ])
    for (const { messages } of outcomes) expect(messages).toBeGreaterThan(100)
  })

  test('answer with plain data, and errors keep their kind', () => {
    const failing = (error: unknown) =>
      answering(() => {
        throw error
      })(undefined)
    expect(resultOf(answering((n: number) => n + 1)(1))).toBe(2)
    for (const answer of [failing(new UsageError('a')), failing(new LimitError('b')), failing('c')]) {
      expect(structuredClone(answer)).toEqual(answer)
    }
    expect(() => resultOf(failing(new UsageError('bad name')))).toThrow(new UsageError('bad name'))
    expect(() => resultOf(failing(new LimitError('too long')))).toThrow(new LimitError('too long'))
    expect(() => resultOf(failing(new TypeError('boom')))).toThrow(InternalError)
    expect(() => resultOf(failing('text'))).toThrow('internal: a worker failed: text')
  })
})

describe('pool', () => {
  test('gives what the jobs give here, in the order of the jobs, with more threads than jobs', async () => {
    const jobs = seedJobs(job, 1)
    expect(await runJobs('run-seeds', jobs, { maxThreads: 8 })).toEqual(jobs.map(runSeeds))
  })

  test('has nothing to do without jobs', async () => {
    expect(await runJobs('run-seeds', [], { maxThreads: 2 })).toEqual([])
  })

  test('a usage error in a thread is a usage error here, with its words', async () => {
    const jobs = [job, { ...job, request: { scenario: 'nope' } }, job]
    const failure = runJobs('run-seeds', jobs, { maxThreads: 1 })
    await expect(failure).rejects.toThrow(UsageError)
    await expect(failure).rejects.toThrow('unknown scenario "nope"')
  })

  test('runs wherever the process was started', async () => {
    const before = process.cwd()
    process.chdir('/')
    try {
      expect(await runJobs('run-seeds', [job], { maxThreads: 1 })).toEqual([runSeeds(job)])
    } finally {
      process.chdir(before)
    }
  })
})

describe('a team', () => {
  test('that loses a member to an error says which error', async () => {
    const team = await startTeam(2)
    const none = team.makeInts(1)
    const tables = { code: none, roots: none, leafOffsets: none, leaves: none, descriptions: none, answers: none }
    const layout = { words: 1, word: none, shift: none, mask: none }
    const shared = { words: 1, states: none, parents: none, arrivals: none, table: none, numbers: none, places: none }
    const counts = { numberMask: 0, regionMask: 0, placesMax: 1, era: 0, from: undefined }
    // No room for anybody's list.
    const more = { layout, groups: 0, clusters: 0, summaries: none, skips: none, skipInts: 1 }
    team.share({ ...shared, ...counts, lists: none, tables: { ...tables, ...more } })
    expect(() => team.perform('expand', 0, () => {})).toThrow(
      /^internal: a thread of the search failed: RangeError: .*team/s,
    )
    await team.end()
  })
})
