/** Differential | placed runs against runs in one thread: every scenario, both geometries; and with real threads, every output. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digest } from '../../src/base/canonical.ts'
import { UsageError } from '../../src/base/errors.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { disarmed, trapped } from '../../src/kernel/traps.ts'
import { policies, type RunOptions, type RunRequest, resolveOptions } from '../../src/run/options.ts'
import { PlacedSimulation } from '../../src/run/placement/placed-simulation.ts'
import { planPlacement } from '../../src/run/placement/plan.ts'
import { buildSystem, Run, type RunResult, timedOptions } from '../../src/run/run.ts'
import { scenarios } from '../../src/scenario/index.ts'
import { isBase } from '../support/base-scenarios.ts'
import { dmarace } from '../support/fake-terminal.ts'
import { linksHere } from '../support/placed.ts'

interface Seen {
  readonly digest: string
  readonly lines: number
  readonly frames: readonly string[]
  readonly result: RunResult
}

/** A run with a trace and frames; in one thread without `threads`. Groups share this thread, but nothing else. */
function seenOf(options: RunOptions, threads?: number): Seen {
  const writer = new TraceWriter(undefined, threads === undefined ? 'same' : 'copies')
  const frames: string[] = []
  const timed = timedOptions(options)
  const run = new Run(options, {
    runtime: 'sim',
    watchers: [(reaction) => writer.add(reaction)],
    onFrame: ({ seen, wrong }) => frames.push(digest(`${seen.join()} ${JSON.stringify(wrong)}`)),
    ...(threads === undefined
      ? {}
      : {
          engine: (watching) => {
            const { groupOf, groups } = planPlacement(buildSystem(options), { threads })
            const specs = groups.map(() => buildSystem(options))
            const links = linksHere(specs, { runtime: 'sim', timed, groupOf, tellsAll: true })
            return new PlacedSimulation(buildSystem(options), links, { groupOf, may: timed.may, ...watching })
          },
        }),
  })
  // Groups set the traps for each order, which is quick where they are set already.
  const result = trapped(() => disarmed(() => run.complete()))
  return { digest: writer.digest(), lines: writer.lines, frames, result }
}

const ids = Object.keys(scenarios) as (keyof typeof scenarios)[]
/** A board takes its time: those that others are made from, and those with hardware that differs from the defaults. */
const onBoard = ids.filter((id) => isBase(id) || (!('twinOf' in scenarios[id]) && 'features' in scenarios[id]))
const groupCounts = [2, 3, 5]
const cases = ids.flatMap((id, index) => {
  const policy = policies[index % policies.length] as string
  const seed = index + 1
  const requests: RunRequest[] = [{ scenario: id, geometry: 'litmus', policy, seed }]
  if (onBoard.includes(id)) requests.push({ scenario: id, geometry: 'board', size: '64x48', frames: 1, policy, seed })
  return requests.flatMap((request) => {
    try {
      return [
        {
          name: `${id}, ${request.geometry}`,
          // A small run takes no time; on the board one number of groups each must do.
          threads: request.geometry === 'litmus' ? groupCounts : [groupCounts[index % groupCounts.length] as number],
          options: resolveOptions(request),
        },
      ]
    } catch (error) {
      // Scenarios that compare editions have a small form only.
      if (error instanceof UsageError) return []
      throw error
    }
  })
})

describe('every scenario', () => {
  test('there are many, on both geometries', () => {
    expect(cases.filter(({ options }) => options.parameters.geometry.name === 'litmus').length).toBeGreaterThan(50)
    expect(cases.filter(({ options }) => options.parameters.geometry.name === 'board').length).toBeGreaterThan(7)
  })

  test.each(cases)(
    '$name: $threads groups are one',
    ({ options, threads }) => {
      const inOne = seenOf(options)
      for (const count of threads) expect(seenOf(options, count), `${count} groups`).toEqual(inOne)
    },
    120_000,
  )
})

test('a run that reaches its bound ends at the same step', () => {
  const options = resolveOptions({ scenario: 'fault-storm-endless', geometry: 'litmus', policy: 'off' })
  const alone = seenOf(options)
  expect(alone.result.end).toBe('cycles')
  expect(seenOf(options, 2)).toEqual(alone)
})

describe('with threads', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dmarace-placement-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  /** Everything that a run prints and writes, but for how fast it was. */
  async function everything(name: string, args: readonly string[]): Promise<Record<string, string>> {
    const out = join(directory, name)
    await mkdir(out)
    const files = ['--out', out, '--trace', join(out, 'trace.jsonl'), '--html', join(out, 'page.html')]
    const ran = await dmarace(['run', ...args, ...files, '--export', 'vcd,chrome', '--json'])
    expect(ran.err).not.toContain('internal:')
    const all: Record<string, string> = { code: String(ran.code) }
    const { wallMs, messagesPerSecond, ...result } = JSON.parse(ran.out)
    all.json = JSON.stringify(result).replaceAll(out, 'OUT')
    for (const entry of await readdir(out, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      all[file.replace(out, 'OUT')] = digest((await readFile(file, 'latin1')).replaceAll(out, 'OUT'))
    }
    return all
  }

  const size = ['--size', '16x16', '--frames', '1']
  test.each<[string, string[]]>([
    ['fimc-capture-userptr-no-sync-for-cpu', size],
    ['conversion-streaming', [...size, '--policy', 'adversarial', '--seed', '7', '--runtime', 'live']],
    ['fimc-capture-userptr', ['--geometry', 'litmus']],
  ])(
    '%s: trace, pictures, exports, page and result are the same',
    async (scenario, args) => {
      const alone = await everything(`${scenario} alone`, [scenario, ...args])
      expect(Object.keys(alone).length).toBeGreaterThan(4)
      const counts = args.includes('litmus') ? ['2'] : args.includes('live') ? ['3'] : ['2', '3', '5']
      const places = counts.map((count) => ['--threads', count])
      for (const place of [...places, ['--place', 'cpu0,l1d0|l2,bus,dram|sysmmu0,fimc0']]) {
        expect([place, await everything(`${scenario} ${place.join(' ')}`, [scenario, ...args, ...place])]).toEqual([
          place,
          alone,
        ])
      }
    },
    180_000,
  )

  test('so they are with an edition, pictures and features of the user', async () => {
    const ops = join(directory, 'my-ops.mts')
    const index = new URL('../../src/index.ts', import.meta.url).href
    const page = await readFile(new URL('../../docs/own-ops.md', import.meta.url), 'utf8')
    const code = /```ts\n([\s\S]*?)```/.exec(page)?.[1] as string
    await writeFile(ops, code.replace("'dmarace'", `'${index}'`))
    const picture = fileURLToPath(new URL('../../docs/pictures/still-life-small.png', import.meta.url))
    const mine = ['--ops', ops, '--input', picture, '--features', '-tlbPrefetch,-eviction']
    const args = ['fimc-capture-userptr', ...size, ...mine]
    const alone = await everything('mine alone', args)
    expect(alone.json).toContain('"edition":"swapped-levels"')
    const place = ['--place', 'cpu0,l1d0|l2,bus,dram|sysmmu0,fimc0']
    expect(await everything('mine placed', [...args, ...place])).toEqual(alone)
    // Each of the three matters: without it the run is another one.
    for (const without of [0, 2, 4]) {
      const others = ['fimc-capture-userptr', ...size, ...mine.toSpliced(without, 2)]
      expect((await everything(`without ${mine[without]}`, others))['OUT/trace.jsonl']).not.toBe(
        alone['OUT/trace.jsonl'],
      )
    }
  }, 180_000)

  test('which thread has whom is said, and what is not as it was asked for', async () => {
    const args = ['run', 'fimc-capture-userptr', '--geometry', 'litmus', '--place', 'cpu0|fimc0']
    const { code, err } = await dmarace(args)
    expect(code).toBe(0)
    expect(err).toContain('note: together with cpu0, for they act on each other within a cycle: fimc0\n')
    expect(err).toContain('dmarace: 1 thread: cpu0 os l1d0 scu l2 bus dram sysmmu0 fimc0 gic sensor\n')
  }, 60_000)
})
