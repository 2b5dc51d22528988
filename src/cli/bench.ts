/** Cli | `dmarace bench`: what the engine does in a second, in each runtime, with the targets beside it. */

import { execFile } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { InternalError, InterruptedError, unknownName } from '../base/errors.ts'
import { root } from '../base/program.ts'
import { grouped } from '../run/report.ts'
import {
  type ChartFigures,
  type LiveFigures,
  measureCharts,
  measureLive,
  measureSim,
  type SimFigures,
} from './bench-parts.ts'
import { measurePlacement, type PlacementFigures } from './bench-placement.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** Each part has a process of its own, so that one's garbage is not counted or collected in another. */
const parts = { charts: measureCharts, live: measureLive, sim: measureSim, placement: measurePlacement } as const

type PartName = keyof typeof parts

interface Figures {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly load: number }
  readonly charts: ChartFigures
  readonly live: LiveFigures
  readonly sim: SimFigures
  readonly placement: PlacementFigures
  readonly ratios: { readonly compiledToXState: number; readonly simToLive: number; readonly simTracedToLive: number }
}

export async function benchCommand(
  flags: { readonly json?: boolean; readonly part?: string },
  terminal: Terminal,
): Promise<number> {
  if (flags.part !== undefined) {
    if (!Object.hasOwn(parts, flags.part)) throw unknownName('part', flags.part, Object.keys(parts))
    terminal.out(`${JSON.stringify(await parts[flags.part as PartName](), undefined, 2)}\n`)
    return exitCodes.clean
  }
  const load = loadavg()[0] as number
  const charts = (await part('charts', terminal)) as ChartFigures
  const live = (await part('live', terminal)) as LiveFigures
  const sim = (await part('sim', terminal)) as SimFigures
  const placement = (await part('placement', terminal)) as PlacementFigures
  const figures: Figures = {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, load },
    charts,
    live,
    sim,
    placement,
    ratios: {
      compiledToXState: rounded(charts.compiledPerSecond / charts.xstatePerSecond),
      simToLive: rounded(sim.messagesPerSecond / live.messagesPerSecond),
      simTracedToLive: rounded(sim.tracedMessagesPerSecond / live.messagesPerSecond),
    },
  }
  terminal.out(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : reportOf(figures))
  return exitCodes.clean
}

async function part(name: PartName, terminal: Terminal): Promise<unknown> {
  terminal.err(`measuring: ${name}\n`)
  const command = fileURLToPath(new URL('bin/dmarace.js', root))
  try {
    const run = promisify(execFile)(process.execPath, [command, 'bench', '--part', name], {
      signal: terminal.interrupt,
    })
    return JSON.parse((await run).stdout)
  } catch (error) {
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
    throw new InternalError(`part ${name} of the bench failed: ${String(error)}`)
  }
}

function reportOf({ machine, charts, live, sim, placement, ratios }: Figures): string {
  const rows: (readonly [what: string, value: string, ratio: string, target: string])[] = [
    ['', '', 'to live', 'target'],
    [`XState actor.send, ${charts.chart} chart`, `${grouped(charts.xstatePerSecond)}/s`, '', ''],
    [
      'compiled decide and commit, same chart',
      `${grouped(charts.compiledPerSecond)}/s`,
      '',
      `(${ratios.compiledToXState} x XState)`,
    ],
    ['live, 640x480 NV12 capture', `${grouped(live.messagesPerSecond)} messages/s`, '1', '20,000 messages/s'],
    [
      'sim, the same',
      `${grouped(sim.messagesPerSecond)} messages/s`,
      `${ratios.simToLive}`,
      '2,000,000 messages/s, 40 x live',
    ],
    ['sim with trace', `${grouped(sim.tracedMessagesPerSecond)} messages/s`, `${ratios.simTracedToLive}`, ''],
    ...placement.placed.map(({ threads, messagesPerSecond, ratio }): (typeof rows)[number] => {
      const what = `placement: a small run in ${threads} threads`
      return [what, `${grouped(messagesPerSecond)} messages/s`, '', `(${ratio} x the same in one)`]
    }),
    ['one frame, maintenance included', `${sim.frameSeconds} s`, '', 'under 0.5 s'],
    ['peak memory of the sim runs', `${sim.peakMegabytes} MB`, '', 'under 400 MB'],
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  const table = rows.map(([what, value, ratio, target]) =>
    `${what.padEnd(widths[0] as number)}  ${value.padStart(widths[1] as number)}  ${ratio.padStart(widths[2] as number)}  ${target}`.trimEnd(),
  )
  return `${[
    `${machine.cpu}, ${machine.cores} cores (one used), load ${machine.load.toFixed(1)} before the start, Node ${machine.node}`,
    ...table,
    '',
    'A message is one delivery that ran a reaction: no stalled retries, no raised events, no spontaneous choices.',
    `live: ${grouped(live.messages)} messages after ${grouped(live.warmUp)} to warm up. sim: ${grouped(sim.messages)} messages (${sim.frames} frames, the median one) after ${grouped(sim.warmUp)}.`,
    `placement: 64x48, ${grouped(placement.messages)} messages; in one thread ${grouped(placement.messagesPerSecond)} messages/s. It is there to show that the result is the same, not to be faster.`,
    'All oracles on, every message through the Subject of its port. Trace: every JSONL line made and digested, not stored.',
  ].join('\n')}\n`
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3))
}
