/** Cli | `dmarace bench draw`: how long pictures of charts take, and exports of a trace of 100,000 reactions. */

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { InternalError, InterruptedError, unknownName } from '../base/errors.ts'
import { root } from '../base/program.ts'
import { type ExportName, exporters } from '../export/trace/index.ts'
import type { Outline, OutlineNode, OutlineTransition } from '../kernel/outline.ts'
import { TraceWriter, traceVersion } from '../kernel/trace.ts'
import { drawChart } from '../run/draw.ts'
import { resolveOptions } from '../run/options.ts'
import { grouped } from '../run/report.ts'
import { Run } from '../run/run.ts'
import { writeExports } from './export-files.ts'
import { readTraceFile } from './read-trace.ts'
import { exitCodes, type Terminal } from './terminal.ts'
import { TraceFile } from './trace-file.ts'

const reactions = 100_000
const statesOfCharts = [20, 60, 150, 400] as const

/** Seconds of processor time, and seconds on the wall. */
interface Taken {
  readonly cpuSeconds: number
  readonly seconds: number
  readonly bytes: number
}

type PartName = `chart${(typeof statesOfCharts)[number]}` | ExportName

const parts: readonly PartName[] = [
  ...statesOfCharts.map((states) => `chart${states}` as const),
  ...(Object.keys(exporters) as ExportName[]),
]

export async function benchDraw(
  flags: { readonly json?: boolean; readonly part?: string; readonly trace?: string },
  terminal: Terminal,
): Promise<number> {
  if (flags.part !== undefined) {
    const [name, file] = flags.part.split('@')
    if (!(parts as readonly string[]).includes(name as string)) throw unknownName('part', name as string, parts)
    terminal.out(`${JSON.stringify(await measure(name as PartName, file))}\n`)
    return exitCodes.clean
  }
  const directory = await mkdtemp(join(tmpdir(), 'dmarace-bench-'))
  const load = loadavg()[0] as number
  try {
    const trace = join(directory, 'trace.jsonl')
    writeLongTrace(trace)
    const rows: ({ readonly part: PartName } & Taken)[] = []
    for (const part of parts) rows.push({ part, ...(await inProcess(part, trace, terminal)) })
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, load }
    terminal.out(flags.json ? `${JSON.stringify({ machine, rows }, undefined, 2)}\n` : reportOf(machine, rows))
    return exitCodes.clean
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(part: PartName, file: string | undefined): Promise<Taken> {
  const states = /^chart(\d+)$/.exec(part)?.[1]
  const directory = await mkdtemp(join(tmpdir(), 'dmarace-bench-'))
  try {
    const trace = file ?? join(directory, 'trace.jsonl')
    if (!states && file === undefined) writeLongTrace(trace)
    const start = process.cpuUsage()
    const startMs = performance.now()
    let bytes = 0
    if (states) bytes = (await drawChart(gridChart(Number(states)))).length
    else writeExports(readTraceFile(trace), [part as ExportName], join(directory, 'trace'))
    const { user, system } = process.cpuUsage(start)
    return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - startMs) / 1000, bytes }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function inProcess(part: PartName, trace: string, terminal: Terminal): Promise<Taken> {
  terminal.err(`measuring: ${part}\n`)
  const command = fileURLToPath(new URL('bin/dmarace.js', root))
  try {
    const args = [command, 'bench', 'draw', '--part', `${part}@${trace}`]
    return JSON.parse((await promisify(execFile)(process.execPath, args, { signal: terminal.interrupt })).stdout)
  } catch (error) {
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
    throw new InternalError(`part ${part} of the bench failed: ${String(error)}`)
  }
}

/** The first reactions of a capture, under headers of a whole trace. */
function writeLongTrace(path: string): void {
  const options = resolveOptions({ scenario: 'fimc-capture-userptr', geometry: 'board', seed: 1 })
  const file = new TraceFile(path)
  const writer = new TraceWriter((text) => file.write(text))
  writer.header({ dmarace: 'trace', version: traceVersion, scenario: options.scenario.id, token: '' })
  const run = new Run(options, {
    runtime: 'sim',
    watchers: [
      (reaction) => {
        if (writer.lines < reactions) writer.add(reaction)
      },
    ],
  })
  while (writer.lines < reactions && run.advance(1000) === undefined);
  if (writer.lines < reactions) throw new InternalError(`the run ends after ${writer.lines} reactions`)
  writer.end([])
  file.end()
}

/** Groups of ten states; each state goes on to the next, some go back, groups lead to each other. */
export function gridChart(leaves: number): Outline {
  const nodes: OutlineNode[] = []
  const transitions: OutlineTransition[] = []
  const add = (key: string, parent: OutlineNode | undefined): OutlineNode => {
    const path = parent ? (parent.parent === undefined ? key : `${parent.path}.${key}`) : ''
    const node: OutlineNode = {
      index: nodes.length,
      id: path || key,
      key,
      path,
      kind: 'atomic',
      parent: parent?.index,
      children: [],
      initial: undefined,
      initialActions: [],
      history: undefined,
      entry: [],
      exit: [],
      invokes: [],
      tags: [],
      description: undefined,
    }
    nodes.push(node)
    if (parent) {
      const children = [...(nodes[parent.index] as OutlineNode).children, node.index]
      nodes[parent.index] = {
        ...(nodes[parent.index] as OutlineNode),
        kind: 'compound',
        children,
        initial: children[0],
      }
    }
    return node
  }
  const go = (source: number, target: number, event: string) => {
    transitions.push({
      index: transitions.length,
      source,
      event,
      trigger: event,
      kind: 'event',
      targets: [target],
      guard: 'isReady',
      actions: ['note'],
      reenter: false,
      ignore: undefined,
      stall: undefined,
      description: undefined,
      label: undefined,
    })
  }
  const root = add('grid', undefined)
  const groups: OutlineNode[] = []
  for (let first = 0; first < leaves; first += 10) {
    const group = add(`group${groups.length}`, root)
    groups.push(group)
    const members = Array.from({ length: Math.min(10, leaves - first) }, (_, n) => add(`state${n}`, group).index)
    for (const [n, member] of members.entries()) {
      go(member, members[(n + 1) % members.length] as number, 'next')
      if (n % 4 === 3) go(member, members[n - 2] as number, 'back')
    }
  }
  for (const [n, group] of groups.entries()) {
    if (groups.length > 1) go(group.index, (groups[(n + 1) % groups.length] as OutlineNode).index, 'skip')
  }
  return { id: 'grid', description: undefined, nodes, transitions }
}

function reportOf(
  machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly load: number },
  rows: readonly ({ readonly part: PartName } & Taken)[],
): string {
  const lines = rows.map(({ part, cpuSeconds, seconds }) => {
    const states = /^chart(\d+)$/.exec(part)?.[1]
    const what = states ? `chart of ${states} states to SVG` : `${grouped(reactions)} reactions to ${part}`
    const target = states ? (states === '60' ? 'under 2 s' : '') : 'under 5 s'
    return `${what.padEnd(32)}${`${cpuSeconds.toFixed(2)} s`.padStart(9)}${`${seconds.toFixed(2)} s`.padStart(9)}  ${target}`.trimEnd()
  })
  return `${[
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)} before the start, Node ${machine.node}`,
    `${''.padEnd(32)}${'cpu'.padStart(9)}${'wall'.padStart(9)}  target`,
    ...lines,
    '',
    'Each in a process of its own, without warm-up; the start of the process is not counted, loading the layouter is.',
  ].join('\n')}\n`
}
