/** Cli | the measurements of the bench: plain functions, each to be run in a process of its own. */

import { defaultL1Config, defineL1 } from '../../machines/cache-controller/index.ts'
import type { Message, Out } from '../kernel/actor.ts'
import { TraceWriter } from '../kernel/trace.ts'
import { resolveOptions } from '../run/options.ts'
import { Run, type RunHooks } from '../run/run.ts'
import { LiveReactor } from '../statechart/live.ts'

export interface ChartFigures {
  readonly chart: string
  readonly xstatePerSecond: number
  readonly compiledPerSecond: number
}

export interface LiveFigures {
  readonly warmUp: number
  readonly messages: number
  readonly messagesPerSecond: number
}

export interface SimFigures {
  /** Frames measured, after `warmUp` messages. */
  readonly frames: number
  readonly warmUp: number
  readonly messages: number
  readonly messagesPerSecond: number
  readonly tracedMessagesPerSecond: number
  /** From one frame read to its end to the next one, mean. */
  readonly frameSeconds: number
  /** Peak resident set of the process before the traced run. */
  readonly peakMegabytes: number
}

const capture = {
  scenario: 'fimc-capture-userptr',
  geometry: 'board',
  size: '640x480',
  format: 'nv12',
  seed: 1,
} as const

/** Swallows everything, so that the chart alone is measured. */
const nowhere: Out = { send: () => {}, raise: () => {}, emit: () => {}, reply: () => {} }

const fill: readonly Message[] = [
  { type: 'store.req', addr: 0x40000000, data: [1], memory: 'cacheable' } as Message,
  { type: 'fetch.resp', addr: 0x40000000, data: [0, 0, 0, 0, 0, 0, 0, 0], exclusive: true } as Message,
]
const traffic: readonly Message[] = [
  { type: 'store.req', addr: 0x40000000, data: [2], memory: 'cacheable' } as Message,
  { type: 'load.req', addr: 0x40000000, words: 1, memory: 'cacheable' } as Message,
]

/** Loads and stores that hit in an L1: by XState's actor, by the compiled chart. */
export function measureCharts(): ChartFigures {
  const definition = defineL1(defaultL1Config)
  const xstate = new LiveReactor(definition, nowhere)
  xstate.start()
  for (const message of fill) xstate.actor.send(message)
  const compiled = definition.createReactor('sim', nowhere)
  compiled.start()
  const react = (message: Message) => {
    if (compiled.decide(message) === 'react') compiled.commit(message)
  }
  fill.forEach(react)
  return {
    chart: 'L1',
    xstatePerSecond: perSecond((message) => xstate.actor.send(message), 20_000),
    compiledPerSecond: perSecond(react, 2_000_000),
  }
}

/** Operations a second over `count`, after a quarter of it to warm up. */
function perSecond(take: (message: Message) => void, count: number): number {
  const repeat = (times: number) => {
    for (let i = 0; i < times; i++) take(traffic[i % traffic.length] as Message)
  }
  repeat(count / 4)
  const startMs = performance.now()
  repeat(count)
  return Math.round(count / ((performance.now() - startMs) / 1000))
}

/** The first messages of the capture in the live runtime. */
export function measureLive(): LiveFigures {
  const warmUp = 5_000
  const messages = 30_000
  const run = new Run(resolveOptions(capture), { runtime: 'live' })
  advanceTo(run, warmUp)
  const startMs = performance.now()
  const startCount = run.simulation.deliveries
  advanceTo(run, startCount + messages)
  const count = run.simulation.deliveries - startCount
  return { warmUp, messages: count, messagesPerSecond: Math.round(count / ((performance.now() - startMs) / 1000)) }
}

function advanceTo(run: Run, deliveries: number): void {
  while (run.simulation.deliveries < deliveries && run.advance(500) === undefined);
}

/** Whole frames in the sim runtime, without and then with a trace. */
export function measureSim(): SimFigures {
  const frames = 8
  const readMs: number[] = []
  const untraced = timedRun(frames, { runtime: 'sim', onFrame: () => readMs.push(performance.now()) })
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024)
  const trace = new TraceWriter(() => {})
  const traced = timedRun(2, { runtime: 'sim', watchers: [(reaction) => trace.add(reaction)] })
  const steadyMs = ((readMs.at(-1) as number) - (readMs[0] as number)) / (readMs.length - 1)
  return {
    frames,
    warmUp: simWarmUp,
    messages: untraced.messages,
    messagesPerSecond: untraced.perSecond,
    tracedMessagesPerSecond: traced.perSecond,
    frameSeconds: Number((steadyMs / 1000).toFixed(3)),
    peakMegabytes,
  }
}

/**
 * The first frame is read after one and a half million; what reading does is compiled, and compiled again, in the next half
 * million (`--trace-opt --trace-deopt`: 150 functions, against ten in the half million after the third).
 */
const simWarmUp = 3_000_000

/** A whole run of `frames` frames after the warm-up, which takes five more. */
function timedRun(frames: number, hooks: RunHooks): { readonly messages: number; readonly perSecond: number } {
  const run = new Run(resolveOptions({ ...capture, frames: frames + 5 }), hooks)
  advanceTo(run, simWarmUp)
  const startMs = performance.now()
  const startCount = run.simulation.deliveries
  run.complete()
  const messages = run.simulation.deliveries - startCount
  return { messages, perSecond: Math.round(messages / ((performance.now() - startMs) / 1000)) }
}
