/** Cli | `dmarace bench explore`: the explorer's speed and memory on exact models, beside other model checkers and the targets. */

import { execFile } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { InternalError, InterruptedError, unknownName } from '../base/errors.ts'
import { root } from '../base/program.ts'
import { grouped } from '../run/report.ts'
import { type Counts, counts, type Search, type SearchName, searches } from './bench-searches.ts'
import { isInstalled, type PeerSearch, Peers, type TwinName, type Verifier } from './peers.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** Runs of what takes a few seconds; the median counts. */
const runsOfShort = 3

interface Row {
  readonly what: string
  readonly value: string
  /** To whom it is compared. */
  readonly ratio: string
  readonly target: string
}

/** Everything that was measured. Absent: not installed. */
interface Figures {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly load: number }
  readonly full: readonly FullSpace[]
  readonly reduced: readonly ReducedSearch[]
  readonly memory: { readonly states: number; readonly bytesPerState: number }
  readonly threads: {
    readonly oneSeconds: number
    readonly twoSeconds: number
    readonly ratio: number
    /** The same if the work could be halved: two searches in processes of their own, both at once, against one after the other. */
    readonly halvedRatio: number
  }
  readonly graph: {
    readonly states: number
    readonly graphPerSecond: number
    readonly perSecond: number
    readonly ratio: number
  }
}

interface FullSpace extends Counts {
  readonly model: string
  /** Transitions for each second of processor time. */
  readonly perSecond: number
  readonly spinPerSecond?: number
  readonly spinSeconds?: number
  readonly ratio?: number
  /** Transitions for each second on the wall, by number of threads. */
  readonly rumurPerSecond?: { readonly 1: number; readonly 2: number }
}

interface ReducedSearch extends Counts {
  readonly model: string
  readonly cpuSeconds: number
  readonly target: string
  /** SPIN's time for all states over ours for those that stand for them. */
  readonly toSpin?: number
}

const fullSpaces = [
  { model: 'two-phase commit, 8 managers', twin: 'two-phase-commit', size: 8, search: 'commit8' },
  { model: 'DMA ring, 6 buffers', twin: 'dma-ring', size: 6, search: 'ring6' },
] as const satisfies readonly {
  model: string
  twin: TwinName
  size: number
  search: SearchName & keyof typeof counts
}[]

export async function benchExplore(
  flags: { readonly json?: boolean; readonly part?: string },
  terminal: Terminal,
): Promise<number> {
  if (flags.part !== undefined) {
    if (!Object.hasOwn(searches, flags.part)) throw unknownName('part', flags.part, Object.keys(searches))
    terminal.out(`${JSON.stringify(await searches[flags.part as SearchName]())}\n`)
    return exitCodes.clean
  }
  const load = loadavg()[0] as number
  const peers = await Peers.start(terminal.interrupt)
  try {
    const full: FullSpace[] = []
    for (const space of fullSpaces) full.push(await measureFull(space, peers, terminal))
    const reduced = await measureReduced(full[1]?.spinSeconds, terminal)
    const { one, threads } = await measureThreads(terminal)
    const graph = await part('graph5', terminal)
    const own = await median('commit5', terminal)
    const figures: Figures = {
      machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, load },
      full,
      reduced,
      memory: { states: one.states, bytesPerState: rounded(one.bytes / one.states) },
      threads,
      graph: {
        states: graph.states,
        graphPerSecond: Math.round(graph.states / graph.cpuSeconds),
        perSecond: Math.round(own.states / own.cpuSeconds),
        ratio: rounded(graph.cpuSeconds / own.cpuSeconds),
      },
    }
    terminal.out(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : reportOf(figures))
    return exitCodes.clean
  } catch (error) {
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
    throw error
  } finally {
    await peers.end()
  }
}

/** Ours and SPIN's by turns, so that what else the machine does weighs on both. */
async function measureFull(
  { model, twin, size, search }: (typeof fullSpaces)[number],
  peers: Peers,
  terminal: Terminal,
): Promise<FullSpace> {
  const expected = counts[search]
  const hasCompiler = await isInstalled('gcc')
  const spin = hasCompiler && (await isInstalled('spin')) ? await peers.spin(twin, size, expected) : undefined
  const own: Search[] = []
  const spins: PeerSearch[] = []
  for (let run = 0; run < runsOfShort; run++) {
    own.push(await part(search, terminal))
    if (spin) spins.push(await peer(spin, model, terminal))
  }
  const perSecond = expected.transitions / middle(own.map(({ cpuSeconds }) => cpuSeconds))
  const spinSeconds = middle(spins.map(({ cpuSeconds }) => cpuSeconds))
  const rumur: number[] = []
  if (hasCompiler && (await isInstalled('rumur'))) {
    for (const threads of [1, 2]) {
      const verifier = await peers.rumur(twin, size, expected, threads)
      rumur.push(expected.transitions / (await peer(verifier, model, terminal)).seconds)
    }
  }
  return {
    model,
    ...expected,
    perSecond: Math.round(perSecond),
    ...(spin
      ? {
          spinSeconds,
          spinPerSecond: Math.round(expected.transitions / spinSeconds),
          ratio: rounded((perSecond * spinSeconds) / expected.transitions),
        }
      : {}),
    ...(rumur.length > 0
      ? { rumurPerSecond: { 1: Math.round(rumur[0] as number), 2: Math.round(rumur[1] as number) } }
      : {}),
  }
}

/** By turns, as above; the median counts. */
async function measureThreads(terminal: Terminal): Promise<{ one: Search } & Pick<Figures, 'threads'>> {
  const ones: Search[] = []
  const two: number[] = []
  const both: number[] = []
  for (let run = 0; run < runsOfShort; run++) {
    ones.push(await part('commit9', terminal))
    two.push((await part('commit9Together', terminal)).seconds)
    const pair = await Promise.all([part('commit9', terminal), part('commit9', terminal)])
    both.push(Math.max(...pair.map(({ seconds }) => seconds)))
  }
  const oneSeconds = middle(ones.map(({ seconds }) => seconds))
  const twoSeconds = middle(two)
  const ratio = rounded(oneSeconds / twoSeconds)
  const halvedRatio = rounded((2 * oneSeconds) / middle(both))
  return { one: ones[0] as Search, threads: { oneSeconds, twoSeconds, ratio, halvedRatio } }
}

async function measureReduced(spinRingSeconds: number | undefined, terminal: Terminal): Promise<ReducedSearch[]> {
  const commit = await median('commit10Symmetric', terminal)
  const ring = await median('ring6Symmetric', terminal)
  const election = await median('election5', terminal)
  const factsOf = ({ states, transitions, cpuSeconds }: Search) => ({ states, transitions, cpuSeconds })
  return [
    { model: 'two-phase commit, 10 managers, symmetry', ...factsOf(commit), target: 'under 2 s' },
    {
      model: 'DMA ring, 6 buffers, symmetry',
      ...factsOf(ring),
      ...(spinRingSeconds === undefined ? {} : { toSpin: rounded(spinRingSeconds / ring.cpuSeconds) }),
      target: "5 x SPIN's full search",
    },
    { model: 'leader election, 5 nodes, partial order', ...factsOf(election), target: '97 of 15,779 states, as SPIN' },
  ]
}

async function median(name: SearchName, terminal: Terminal): Promise<Search> {
  const runs: Search[] = []
  for (let run = 0; run < runsOfShort; run++) runs.push(await part(name, terminal))
  runs.sort((a, b) => a.cpuSeconds - b.cpuSeconds)
  return runs[runs.length >> 1] as Search
}

async function peer(verifier: Verifier, model: string, terminal: Terminal): Promise<PeerSearch> {
  terminal.err(`measuring: ${verifier.name} on ${model}\n`)
  return verifier.search()
}

async function part(name: SearchName, terminal: Terminal): Promise<Search> {
  terminal.err(`measuring: ${name}\n`)
  const command = fileURLToPath(new URL('bin/dmarace.js', root))
  try {
    const run = promisify(execFile)(process.execPath, [command, 'bench', 'explore', '--part', name], {
      signal: terminal.interrupt,
    })
    return JSON.parse((await run).stdout) as Search
  } catch (error) {
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
    throw new InternalError(`part ${name} of the bench failed: ${String(error)}`)
  }
}

function reportOf({ machine, full, reduced, memory, threads, graph }: Figures): string {
  const rows: Row[] = [{ what: '', value: '', ratio: 'ratio', target: 'target' }]
  for (const { model, states, perSecond, spinPerSecond, ratio, rumurPerSecond } of full) {
    const each = (count: number | undefined) =>
      count === undefined ? 'not installed' : `${grouped(count)} transitions/s`
    rows.push({
      what: `${model}, all ${grouped(states)} states`,
      value: each(perSecond),
      ratio: ratio === undefined ? '' : `${ratio} x SPIN`,
      target: '2 x SPIN, goal 5 x',
    })
    rows.push({ what: '  SPIN', value: each(spinPerSecond), ratio: '', target: '' })
    rows.push({ what: '  rumur, 1 thread (wall)', value: each(rumurPerSecond?.[1]), ratio: '', target: '' })
    rows.push({ what: '  rumur, 2 threads (wall)', value: each(rumurPerSecond?.[2]), ratio: '', target: '' })
  }
  for (const { model, states, cpuSeconds, target, toSpin } of reduced) {
    rows.push({
      what: `${model}, ${grouped(states)} states`,
      value: `${cpuSeconds.toFixed(2)} s`,
      ratio: toSpin === undefined ? '' : `${toSpin} x SPIN`,
      target,
    })
  }
  rows.push(
    {
      what: `two-phase commit, 9 managers, all ${grouped(memory.states)} states`,
      value: `${memory.bytesPerState} bytes/state`,
      ratio: '',
      target: '24 bytes/state',
    },
    {
      what: '  2 threads over 1 (wall)',
      value: `${threads.oneSeconds.toFixed(1)} s, ${threads.twoSeconds.toFixed(1)} s`,
      ratio: `${threads.ratio} x`,
      target: `1.7 x; two searches at once: ${threads.halvedRatio} x one after the other`,
    },
    {
      what: `two-phase commit in XState, 5 managers, ${grouped(graph.states)} states`,
      value: `${grouped(graph.perSecond)} states/s`,
      ratio: `${graph.ratio} x graph`,
      target: '',
    },
    { what: '  xstate/graph', value: `${grouped(graph.graphPerSecond)} states/s`, ratio: '', target: '' },
  )
  const widest = (column: 'what' | 'value' | 'ratio') => Math.max(...rows.map((row) => row[column].length))
  const [what, value, ratio] = [widest('what'), widest('value'), widest('ratio')]
  const table = rows.map((row) =>
    `${row.what.padEnd(what)}  ${row.value.padStart(value)}  ${row.ratio.padStart(ratio)}  ${row.target}`.trimEnd(),
  )
  return `${[
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)} before the start, Node ${machine.node}`,
    ...table,
    '',
    'Every count of states and transitions was exact. Each search has a process of its own and no warm-up; of most, the',
    'median of three. Rates are for a second of processor time, all threads of the process counted, except where it says wall.',
    'SPIN: depth-first, -DNOREDUCE -DSAFETY, gcc -O2. rumur: no symmetry, gcc -O3. Invariants and assertions on everywhere.',
  ].join('\n')}\n`
}

/** The median. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3))
}
