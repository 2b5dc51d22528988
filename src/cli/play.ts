/** Cli | plays one run to its end: in pieces, so that Ctrl-C is seen, with its pictures, trace and progress. */

import { relative } from 'node:path'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { Bytes } from '../base/bytes.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import type { Schedule } from '../kernel/schedule.ts'
import type { Watcher } from '../kernel/simulation.ts'
import { type TraceViolation, TraceWriter, traceVersion } from '../kernel/trace.ts'
import { type OracleName, oracles } from '../oracle/index.ts'
import type { RunOptions } from '../run/options.ts'
import type { PictureFormatName } from '../run/picture.ts'
import { PlacedSimulation } from '../run/placement/placed-simulation.ts'
import { startPlacement } from '../run/pool.ts'
import { grouped, type PlayedRun } from '../run/report.ts'
import { type EngineWatchers, Run, type RunResult, timedOptions } from '../run/run.ts'
import { tokenOf } from '../run/token.ts'
import { FrameFiles } from './frame-files.ts'
import { prepareOutputDirectory } from './image-files.ts'
import type { ChosenPlacement } from './placement.ts'
import { Progress } from './progress.ts'
import type { Terminal } from './terminal.ts'
import { TraceFile } from './trace-file.ts'

export interface PlayRequest {
  readonly options: RunOptions
  readonly runtime: RuntimeName
  /** Source pictures as the sensor sends them, and the files they are from. */
  readonly pictures: readonly Bytes[]
  readonly inputs: readonly string[]
  /** File of the edition, if it is the user's own. */
  readonly ops?: string
  /** Directory for frames. */
  readonly out: string
  /** File for the trace. */
  readonly trace?: string | undefined
  /** Digest the trace even if it is not kept. */
  readonly digest?: boolean
  readonly schedule?: Schedule | undefined
  /** Where its actors live; absent: in this thread. */
  readonly placement?: ChosenPlacement | undefined
}

/** Work between two looks at the event loop. */
const pieceMs = 40

/** Throws usage errors before anything is written, and removes what it began if it fails. */
export async function play(request: PlayRequest, terminal: Terminal): Promise<PlayedRun> {
  const { options, runtime, schedule } = request
  const { parameters } = options
  const token = tokenOf(options, schedule)
  const traceFile = request.trace === undefined ? undefined : new TraceFile(request.trace)
  let threads: Awaited<ReturnType<typeof startThreads>> | undefined
  try {
    const frames = await frameFiles(request)
    if (request.placement) threads = await startThreads(request, request.placement)
    const trace =
      traceFile || request.digest
        ? new TraceWriter((text) => traceFile?.write(text), threads ? 'copies' : 'same')
        : undefined
    trace?.header({ dmarace: 'trace', version: traceVersion, scenario: options.scenario.id, token })
    const watchers: Watcher[] = trace ? [(reaction) => trace.add(reaction)] : []
    let framesRead = 0
    const run = new Run(options, {
      runtime,
      pictures: request.pictures,
      onFrame: (frame) => {
        framesRead++
        frames?.add(frame)
      },
      watchers,
      ...(threads ? { engine: threads.engine } : {}),
      ...(schedule ? { schedule } : {}),
    })
    const startMs = performance.now()
    const progress = new Progress(terminal)
    const result = await advanceToEnd(run, terminal, async () => {
      progress.update(() => progressLine(run, framesRead, parameters.frames, performance.now() - startMs))
      await frames?.settle()
    })
    const wallMs = performance.now() - startMs
    await frames?.settle(0)
    progress.end()
    trace?.end(violationsOf(result))
    traceFile?.end()
    return {
      options,
      runtime,
      token,
      result,
      wallMs,
      interrupted: result.end === 'stopped',
      inputs: request.inputs,
      ...(request.ops === undefined ? {} : { ops: request.ops }),
      frames: (frames?.files ?? []).map((file) => shortened(file)),
      framesRead,
      ...(trace ? { trace: { digest: trace.digest(), lines: trace.lines, file: request.trace } } : {}),
    }
  } catch (error) {
    traceFile?.discard()
    throw error
  } finally {
    await threads?.end()
  }
}

/** The threads that the actors live in, and what a run advances then. */
async function startThreads(request: PlayRequest, { plan: { groupOf, groups }, system, source }: ChosenPlacement) {
  const { options, runtime, trace, digest } = request
  const timed = timedOptions(options)
  const tellsAll = trace !== undefined || digest === true
  const threads = await startPlacement(source, { runtime, timed, groupOf, tellsAll }, groups.length)
  return {
    engine: (watchers: EngineWatchers) =>
      new PlacedSimulation(system, threads, { groupOf, may: timed.may, ...watchers }),
    end: () => threads.end(),
  }
}

function violationsOf({ violations }: RunResult): TraceViolation[] {
  return violations.map(({ violation: { oracle, message, step } }) => {
    return { property: oracle, always: oracles[oracle as OracleName].always, message, step }
  })
}

/** Advances by pieces of about `pieceMs`; between them, `between` and the event loop. */
async function advanceToEnd(run: Run, terminal: Terminal, between: () => Promise<void>): Promise<RunResult> {
  let steps = 500
  for (;;) {
    const startMs = performance.now()
    const result = run.advance(steps)
    if (result) return result
    const factor = pieceMs / Math.max(1, performance.now() - startMs)
    steps = Math.max(100, Math.round(steps * Math.min(2, Math.max(0.25, factor))))
    await between()
    await yieldToEvents()
    if (terminal.interrupt.aborted) return run.interrupt()
  }
}

async function frameFiles({ options, out }: PlayRequest): Promise<FrameFiles | undefined> {
  const { format } = options.parameters
  if (format === 'raw') return undefined
  const name: PictureFormatName = format
  return new FrameFiles(await prepareOutputDirectory(out), name, options.parameters)
}

/** File names as a user in this directory would type them. */
function shortened<File extends { readonly file: string; readonly damageFile?: string }>(file: File): File {
  const short = (path: string) => {
    const below = relative(process.cwd(), path)
    return below.startsWith('..') ? path : below
  }
  return { ...file, file: short(file.file), ...(file.damageFile ? { damageFile: short(file.damageFile) } : {}) }
}

function progressLine(run: Run, framesRead: number, frames: number, wallMs: number): string {
  const { engine } = run
  const rate = Math.round(engine.deliveries / (wallMs / 1000))
  return (
    `frame ${framesRead} of ${frames}, cycle ${grouped(engine.cycle)}, ` +
    `${grouped(engine.deliveries)} messages (${grouped(rate)}/s)`
  )
}
