/** Cli | `dmarace bench ops`: a megabyte of scatter list through the IOMMU, and a hundred thousand random calls. */

import { availableParallelism, cpus, loadavg } from 'node:os'
import { pageOwners } from '../../machines/os/calls.ts'
import { InternalError, InterruptedError, UsageError } from '../base/errors.ts'
import { type BackendName, backendNames } from '../dma/types.ts'
import { type RunOptions, resolveOptions } from '../run/options.ts'
import { grouped } from '../run/report.ts'
import { Run } from '../run/run.ts'
import { type BuiltScenario, defineScenario, type ProgramContext } from '../scenario/build.ts'
import { conversionDefaults } from '../scenario/conversion-code.ts'
import { measureSim } from './bench-parts.ts'
import { Progress } from './progress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** The random calls of the property test: it judges them, the bench makes more of them. */
const samplesFile = new URL('../../test/support/dma-samples.ts', import.meta.url)
interface Sample {
  readonly backend: BackendName
  readonly cores: 1 | 2
  readonly geometry: 'litmus' | 'board'
  readonly calls: number
}
interface Samples {
  readonly sampled: (sample: Sample, run: number, seed: number) => { plans: unknown[][]; options: RunOptions }
  readonly outcome: (options: RunOptions) => { problems: string[]; messages: number }
}

const listBytes = 1 << 20
/** Times that the list is mapped and unmapped; the first few warm up. */
const rounds = 24
const warmUpRounds = 8
const callsWanted = 100_000

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
  readonly calls: { readonly calls: number; readonly messages: number; readonly seconds: number }
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
  const { outcome, sampled } = (await import(samplesFile.href).catch((error: Error) => {
    throw new UsageError(`the bench needs ${samplesFile.pathname}: ${error.message}`)
  })) as Samples
  const progress = new Progress(terminal)
  const startMs = performance.now()
  let calls = 0
  let messages = 0
  for (let run = 1; calls < callsWanted; run++) {
    for (const sample of samplesOf(backendNames)) {
      if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
      const { plans, options } = sampled(sample, run, 1)
      const result = outcome(options)
      if (result.problems.length > 0) {
        throw new InternalError(`${sample.backend}, ${sample.geometry}, run ${run}: ${result.problems.join('; ')}`)
      }
      calls += plans.flat().length
      messages += result.messages
      progress.update(() => `${grouped(calls)} of ${grouped(callsWanted)} calls`)
    }
    // Lets Ctrl-C in.
    await new Promise((resolve) => setImmediate(resolve))
  }
  progress.end()
  return { calls, messages, seconds: Number(((performance.now() - startMs) / 1000).toFixed(1)) }
}

function samplesOf(backends: readonly BackendName[]): Sample[] {
  return backends.flatMap((backend) =>
    ([1, 2] as const).flatMap((cores) =>
      (['litmus', 'board'] as const).map((geometry) => ({ backend, cores, geometry, calls: 50 })),
    ),
  )
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
    `  ${grouped(calls.calls)} calls, ${grouped(calls.messages)} messages, ${calls.seconds} s`,
    '',
  ].join('\n')
}
