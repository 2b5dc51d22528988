/** Cli | `dmarace bench stress`: walks a second, against the same walks in the sim runtime; threads, journal, memory. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Sampler } from '../explore/sampler.ts'
import { drive, makeSubjects } from '../fleet/campaign.ts'
import { Journal } from '../fleet/journal.ts'
import { loadSystems } from '../fleet/load-systems.ts'
import { RandomScheduler } from '../kernel/random.ts'
import { Simulation } from '../kernel/simulation.ts'
import { type CampaignPlan, campaignVersion } from '../run/campaign/plan.ts'
import { partitionOf } from '../run/campaign/shard.ts'
import { Tally } from '../run/campaign/tally.ts'
import { grouped } from '../run/report.ts'
import type { Subject } from '../run/subject.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** The DMA ring with two buffers: a CPU with its cache, a device, memory; it never rests. */
const ringFile = fileURLToPath(new URL('../../test/models/dma-ring.ts', import.meta.url))
const stepsMax = 60

interface Figures {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly load: number }
  readonly stepsPerRun: number
  /** By processor time. */
  readonly runsPerSecond: number
  readonly simRunsPerSecond: number
  readonly ratio: number
  /** On the wall, whole campaigns. */
  readonly oneThreadPerSecond: number
  readonly twoThreadsPerSecond: number
  readonly speedUp: number
  /** The same by processor time, which others on the machine do not change: runs of two processor seconds against one. */
  readonly speedUpByCpu: number
  /** Processor time of the main thread for results, journal and progress, as a share of all. */
  readonly overhead: number
  /** Resident set in the middle and at the end of the longer campaign, MB. */
  readonly memoryMB: readonly [number, number]
}

export async function benchStress(flags: { readonly json?: boolean }, terminal: Terminal): Promise<number> {
  const load = loadavg()[0] as number
  const [subject] = (await loadSystems(ringFile)) as [Subject]
  terminal.err('measuring: walks in one thread\n')
  const { runsPerSecond, simRunsPerSecond } = measureWalks(subject)
  terminal.err('measuring: campaigns with 1 and 2 threads\n')
  const one = await measureCampaign(subject, 1, terminal)
  const two = await measureCampaign(subject, 2, terminal)
  const figures: Figures = {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, load },
    stepsPerRun: stepsMax,
    runsPerSecond,
    simRunsPerSecond,
    ratio: rounded(runsPerSecond / simRunsPerSecond),
    oneThreadPerSecond: one.runsPerSecond,
    twoThreadsPerSecond: two.runsPerSecond,
    speedUp: rounded(two.runsPerSecond / one.runsPerSecond),
    speedUpByCpu: rounded((2 * two.runsPerCpuSecond) / one.runsPerCpuSecond),
    overhead: one.overhead,
    memoryMB: two.memoryMB,
  }
  terminal.out(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : reportOf(figures))
  return exitCodes.clean
}

/** The same lengths of walk, drawn uniformly: from tables, and by the compiled charts themselves. */
function measureWalks(subject: Subject): Pick<Figures, 'runsPerSecond' | 'simRunsPerSecond'> {
  const sampler = new Sampler(partitionOf(subject), { strategy: 'random', seed: 1, stepsMax, bugDepth: 1 })
  // The first runs fill the tables.
  sampler.run(0, 0, 50_000)
  const tables = cpuSeconds(() => sampler.run(1, 50_000, 200_000))
  const simRuns = 300
  const sim = cpuSeconds(() => {
    for (let seed = 0; seed < simRuns; seed++) {
      const simulation = new Simulation(subject.spec, { runtime: 'sim', scheduler: new RandomScheduler(seed) })
      simulation.run({ stepsMax })
      simulation.dispose()
    }
  })
  return { runsPerSecond: Math.round(200_000 / tables), simRunsPerSecond: Math.round(simRuns / sim) }
}

async function measureCampaign(subject: Subject, threads: number, terminal: Terminal) {
  const directory = mkdtempSync(join(tmpdir(), 'dmarace-bench-'))
  const plan: CampaignPlan = {
    version: campaignVersion,
    targets: [{ kind: 'system', id: subject.id, file: ringFile, digest: subject.digest ?? '' }],
    strategy: 'random',
    seed: 1,
    runs: 1_600_000,
    stepsMax,
    bugDepth: 1,
    searchStatesMax: 0,
  }
  const tally = new Tally(plan)
  const journal = Journal.create(join(directory, 'campaign'), plan)
  const subjects = await makeSubjects(plan)
  // Threads start and fill their tables: what comes after is measured.
  let since: { readonly runs: number; readonly ms: number; readonly cpu: number; readonly main: number } | undefined
  let half = 0
  try {
    await drive(plan, subjects, tally, journal, {
      threads,
      timeMs: Number.POSITIVE_INFINITY,
      shardMs: 600_000,
      memoryMB: 2048,
      interrupt: terminal.interrupt,
      onProgress: ({ runs }) => {
        if (since === undefined && runs > 200_000) since = { runs, ms: performance.now(), cpu: cpu(), main: mainCpu() }
        if (half === 0 && runs > 800_000) half = process.memoryUsage().rss
      },
    })
    const begun = since as NonNullable<typeof since>
    const seconds = (performance.now() - begun.ms) / 1000
    const cpuSeconds = cpu() - begun.cpu
    return {
      runsPerSecond: Math.round((tally.runs - begun.runs) / seconds),
      runsPerCpuSecond: (tally.runs - begun.runs) / cpuSeconds,
      overhead: rounded((mainCpu() - begun.main) / cpuSeconds, 4),
      memoryMB: [megabytes(half), megabytes(process.memoryUsage().rss)] as const,
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Processor seconds of the main thread so far; where the system does not tell, the time that its event loop was busy. */
function mainCpu(): number {
  try {
    const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    // proc_pid_stat(5): utime and stime, in clock ticks, of which Linux shows 100 a second.
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return performance.eventLoopUtilization().active / 1000
  }
}

/** Processor seconds of this process so far, all threads. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function cpuSeconds(work: () => unknown): number {
  const before = cpu()
  work()
  return cpu() - before
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

function reportOf(figures: Figures): string {
  const { machine, stepsPerRun, runsPerSecond, simRunsPerSecond, ratio, speedUp, speedUpByCpu, overhead, memoryMB } =
    figures
  const rows = [
    [
      `walks of ${stepsPerRun} steps, one thread`,
      `${grouped(runsPerSecond)} runs/s`,
      `${ratio} x sim`,
      '50,000 runs/s',
    ],
    ['  the same by charts, in sim', `${grouped(simRunsPerSecond)} runs/s`, '', ''],
    ['campaign, 1 thread (wall)', `${grouped(figures.oneThreadPerSecond)} runs/s`, '', ''],
    ['campaign, 2 threads (wall)', `${grouped(figures.twoThreadsPerSecond)} runs/s`, `${speedUp} x`, '1.8 x'],
    ['  by processor time', '', `${speedUpByCpu} x`, '1.8 x'],
    ['results, journal, progress', `${(100 * overhead).toFixed(2)} %`, '', 'under 3 %'],
    ['memory, half way and at the end', `${memoryMB[0]} MB, ${memoryMB[1]} MB`, '', 'flat'],
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n${machine.cpu}, ${machine.cores} cores, node ${machine.node}, load ${machine.load.toFixed(1)}\n`
}
