/** Cli | the bench of placed runs: one run in this thread, and the same in several. */

import { sourceOfRun } from '../fleet/placed-run.ts'
import { type RunRequest, resolveOptions } from '../run/options.ts'
import { PlacedSimulation } from '../run/placement/placed-simulation.ts'
import { planPlacement } from '../run/placement/plan.ts'
import { startPlacement } from '../run/pool.ts'
import { buildSystem, Run, type RunResult, timedOptions } from '../run/run.ts'

export interface PlacementFigures {
  readonly messages: number
  /** In this thread. */
  readonly messagesPerSecond: number
  /** In so many threads, which are there already when the clock starts; and how much that is of the former. */
  readonly placed: readonly { readonly threads: number; readonly messagesPerSecond: number; readonly ratio: number }[]
}

const request: RunRequest = {
  scenario: 'fimc-capture-userptr',
  geometry: 'board',
  size: '64x48',
  format: 'nv12',
  frames: 4,
}

/** Warms up first: V8 compiles what all of them share. */
export async function measurePlacement(): Promise<PlacementFigures> {
  const options = resolveOptions(request)
  new Run(options, { runtime: 'sim' }).complete()
  const alone = await timed(new Run(options, { runtime: 'sim' }))
  const placed: PlacementFigures['placed'][number][] = []
  for (const threads of [2, 3]) {
    const perSecond = await measureThreads(threads)
    placed.push({ threads, messagesPerSecond: perSecond, ratio: Number((perSecond / alone.perSecond).toPrecision(2)) })
  }
  return { messages: alone.messages, messagesPerSecond: alone.perSecond, placed }
}

async function measureThreads(threads: number): Promise<number> {
  const options = resolveOptions(request)
  const system = buildSystem(options)
  const { groupOf } = planPlacement(system, { threads })
  const chances = timedOptions(options)
  const source = sourceOfRun({ request, pictures: [] })
  const group = { runtime: 'sim', timed: chances, groupOf, tellsAll: false } as const
  const started = await startPlacement(source, group, threads)
  try {
    const engine = { groupOf, may: chances.may }
    const run = new Run(options, {
      runtime: 'sim',
      engine: (watching) => new PlacedSimulation(system, started, { ...engine, ...watching }),
    })
    // Systems are made, and the start is over.
    run.advance(0)
    return (await timed(run)).perSecond
  } finally {
    await started.end()
  }
}

async function timed(run: Run): Promise<{ readonly messages: number; readonly perSecond: number }> {
  const startMs = performance.now()
  let result: RunResult | undefined
  while (result === undefined) {
    result = run.advance(1 << 20)
    // A thread that is lost is heard of here.
    await new Promise(setImmediate)
  }
  const { messages } = result.statistics
  return { messages, perSecond: Math.round(messages / ((performance.now() - startMs) / 1000)) }
}
