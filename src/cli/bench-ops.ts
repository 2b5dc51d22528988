/** Cli | `dmarace bench ops`: a megabyte of scatter list through the IOMMU, and a hundred thousand random calls. */

import { availableParallelism, cpus, loadavg } from 'node:os'
import { pageOwners } from '../../machines/os/calls.ts'
import { InternalError } from '../base/errors.ts'
import { backendNames } from '../dma/types.ts'
import { resolveOptions } from '../run/options.ts'
import { runJobs } from '../run/pool.ts'
import type { CallsJob, CallsOutcome, Sample } from '../run/random-calls.ts'
import { grouped } from '../run/report.ts'
import { Run } from '../run/run.ts'
import { type BuiltScenario, defineScenario, type ProgramContext } from '../scenario/build.ts'
import { conversionDefaults } from '../scenario/conversion-code.ts'
import { measureSim } from './bench-parts.ts'
import { Progress } from './progress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

const listBytes = 1 << 20
/** Times that the list is mapped and unmapped; the first few warm up. */
const rounds = 24
const warmUpRounds = 8
const callsWanted = 100_000
/** In one run: fewer, and most of the time would go by while systems are built; more, and a run on litmus would reach its bound. */
const callsOfCore = 100

interface Figures {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly load: number }
  /** One list of single pages, mapped and unmapped again and again. */
  readonly scatter: {
    readonly bytes: number
    readonly entries: number
    readonly rounds: number
    readonly messages: number
    readonly messagesPerSecond: number
    readonly secondsPerRound: number
  }
  /** Of the 640x480 capture, in the same process. */
  readonly captureMessagesPerSecond: number
  readonly calls: {
    readonly calls: number
    readonly messages: number
    readonly threads: number
    readonly seconds: number
  }
}

export async function benchOps(flags: { readonly json?: boolean }, terminal: Terminal): Promise<number> {
  const load = loadavg()[0] as number
  terminal.err('measuring: a scatter list of a megabyte\n')
  const scatter = measureScatter()
  terminal.err('measuring: the capture\n')
  const { messagesPerSecond: captureMessagesPerSecond } = measureSim()
  terminal.err(`measuring: ${grouped(callsWanted)} random calls\n`)
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, load }
  // The calls take minutes: what is known is said before.
  if (!flags.json) terminal.out(reportOfScatter({ machine, scatter, captureMessagesPerSecond }))
  const calls = await measureCalls(terminal)
  const figures: Figures = { machine, scatter, captureMessagesPerSecond, calls }
  terminal.out(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : reportOfCalls(calls))
  return exitCodes.clean
}

/** Pages that are no neighbours, in one list; map, sync both ways, unmap; no device works on them. */
function mapList({ asm, dma }: ProgramContext): void {
  const { pageBytes } = dma.env.geometry
  dma.attach()
  const entries = listBytes / pageBytes
  const owner = pageOwners.indexOf('kernel')
  // Twice as many pages, of which every other one is used.
  const [first] = asm.call('page.alloc', [2 * listBytes, owner])
  const pieces = Array.from({ length: entries }, (_, entry) => ({
    addr: ['add', first, 2 * entry * pageBytes] as const,
    bytes: pageBytes,
  }))
  const sg = dma.sgList(pieces)
  asm.times(rounds, () =>
    asm.scope(() => {
      const mapping = dma.mapSg(sg, entries, { direction: 'from-device' })
      dma.unmapSg(mapping)
    }),
  )
  dma.freeSg(sg)
  asm.perform('page.free', [first, 2 * listBytes])
}

const scatterScenario = (): BuiltScenario =>
  defineScenario({
    id: 'bench-scatter',
    question: 'This asks what mapping a scatter list of a megabyte costs.',
    cores: [{ main: mapList }],
    camera: 'none',
    backend: 'iommu',
    // A run may take as many cycles as that many pictures would.
    defaults: { ...conversionDefaults, board: { ...conversionDefaults.board, frames: 8, width: 640, height: 480 } },
  })

function measureScatter(): Figures['scatter'] {
  const request = { scenario: 'bench-scatter', geometry: 'board', seed: 1 }
  let marks = 0
  let begun: { readonly ms: number; readonly messages: number } | undefined
  const run = new Run(resolveOptions(request, scatterScenario()), {
    runtime: 'sim',
    onViolation: ({ oracle, message }) => {
      throw new InternalError(`${oracle}: ${message}`)
    },
    watchers: [
      ({ emitted }) => {
        for (const event of emitted) {
          if (event.type !== 'cpu.mark' || (event as { name?: string }).name !== 'dma.return') continue
          if (++marks === 2 * warmUpRounds) begun = { ms: performance.now(), messages: run.simulation.deliveries }
        }
      },
    ],
  })
  const { verdict } = run.complete()
  if (verdict !== 'clean' || begun === undefined) throw new InternalError(`the scatter list ended ${verdict}`)
  const seconds = (performance.now() - begun.ms) / 1000
  const messages = run.simulation.deliveries - begun.messages
  return {
    bytes: listBytes,
    entries: listBytes / run.options.parameters.geometry.pageBytes,
    rounds: rounds - warmUpRounds,
    messages,
    messagesPerSecond: Math.round(messages / seconds),
    secondsPerRound: Number((seconds / (rounds - warmUpRounds)).toFixed(3)),
  }
}

/** All backends, one core and two, both geometries; each run is a system of its own. Throws on the first violation or leak. */
async function measureCalls(terminal: Terminal): Promise<Figures['calls']> {
  const progress = new Progress(terminal)
  const threads = availableParallelism()
  const jobs = callJobs()
  const startMs = performance.now()
  let calls = 0
  let messages = 0
  const onResult = (result: CallsOutcome, index: number) => {
    const { sample, run } = jobs[index] as CallsJob
    if (result.problems.length > 0) {
      const where = `${sample.backend}, ${sample.geometry}, ${sample.cores} cores, run ${run}`
      throw new InternalError(`${where}: ${result.problems.join('; ')}`)
    }
    calls += result.calls
    messages += result.messages
    progress.update(() => `${grouped(calls)} calls, ${index + 1} of ${jobs.length} runs`)
  }
  await runJobs('random-calls', jobs, { maxThreads: threads, onResult, signal: terminal.interrupt })
  progress.end()
  return { calls, messages, threads, seconds: Number(((performance.now() - startMs) / 1000).toFixed(1)) }
}

/** Runs that make at least so many calls as are wanted: what is left over at the end is given back by further ones. */
function callJobs(): CallsJob[] {
  const samples = backendNames.flatMap((backend) =>
    ([1, 2] as const).flatMap((cores) =>
      (['litmus', 'board'] as const).map((geometry): Sample => ({ backend, cores, geometry, calls: callsOfCore })),
    ),
  )
  const callsOfRound = samples.reduce((sum, { calls, cores }) => sum + calls * cores, 0)
  const rounds = Math.ceil(callsWanted / callsOfRound)
  return Array.from({ length: rounds }, (_, round) =>
    samples.map((sample) => ({ sample, run: round + 1, seed: 1 })),
  ).flat()
}

function reportOfScatter({ machine, scatter, captureMessagesPerSecond }: Omit<Figures, 'calls'>): string {
  const ratio = (scatter.messagesPerSecond / captureMessagesPerSecond).toFixed(2)
  return [
    `${machine.cpu}, ${machine.cores} cores, node ${machine.node}, load ${machine.load.toFixed(1)}`,
    '',
    `map_sg and unmap_sg of ${grouped(scatter.entries)} pages behind the IOMMU (${grouped(scatter.bytes)} bytes), FROM_DEVICE, board, all oracles on`,
    `  ${grouped(scatter.messagesPerSecond)} messages a second, ${ratio} of the 640x480 capture's ${grouped(captureMessagesPerSecond)} (target: the same)`,
    `  ${grouped(Math.round(scatter.messages / scatter.rounds))} messages and ${scatter.secondsPerRound} s a round, ${scatter.rounds} rounds`,
    '',
  ].join('\n')
}

function reportOfCalls(calls: Figures['calls']): string {
  return [
    'random map, unmap, sync, alloc, mmap and free calls, all backends, all oracles on: no violation, no leak, bitmaps as at the start',
    `  ${grouped(calls.calls)} calls, ${grouped(calls.messages)} messages, ${calls.seconds} s in ${calls.threads} threads`,
    '',
  ].join('\n')
}
