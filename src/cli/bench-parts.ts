/** Cli | the measurements of the bench: plain functions, each to be run in a process of its own. */

import { defaultL1Config, defineL1 } from '../../machines/cache-controller/index.ts'
import type { Message, Out } from '../kernel/actor.ts'
import type { Watcher } from '../kernel/simulation.ts'
import { TraceWriter } from '../kernel/trace.ts'
import { resolveOptions } from '../run/options.ts'
import { Run } from '../run/run.ts'
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
  /** Frames measured, after `warmUp` messages. Rates are those of the median frame: the machine may have others to serve. */
  readonly frames: number
  readonly warmUp: number
  readonly messages: number
  readonly messagesPerSecond: number
  readonly tracedMessagesPerSecond: number
  /** From one frame read to its end to the next one, median. */
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
  const untraced = timedFrames(frames, [])
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024)
  const trace = new TraceWriter(() => {})
  const traced = timedFrames(2, [(reaction) => trace.add(reaction)])
  return {
    frames,
    warmUp: simWarmUp,
    messages: untraced.reduce((sum, { messages }) => sum + messages, 0),
    messagesPerSecond: Math.round(median(untraced.map(({ messages, seconds }) => messages / seconds))),
    tracedMessagesPerSecond: Math.round(median(traced.map(({ messages, seconds }) => messages / seconds))),
    frameSeconds: Number(median(untraced.map(({ seconds }) => seconds)).toFixed(3)),
    peakMegabytes,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/**
 * The first frame is read after one and a half million; what reading does is compiled, and compiled again, in the next half
 * million (`--trace-opt --trace-deopt`: 150 functions, against ten in the half million after the third).
 */
const simWarmUp = 3_000_000
/** And one before the first that is measured. */
const framesToWarmUp = 7

interface TimedFrame {
  readonly messages: number
  readonly seconds: number
}

/** Each of `frames` frames after the warm-up, from one read to its end to the next one. */
function timedFrames(frames: number, watchers: readonly Watcher[]): TimedFrame[] {
  const read: { readonly ms: number; readonly count: number }[] = []
  const run: Run = new Run(resolveOptions({ ...capture, frames: frames + framesToWarmUp }), {
    runtime: 'sim',
    watchers,
    onFrame: () => {
      const { deliveries } = run.simulation
      if (deliveries >= simWarmUp) read.push({ ms: performance.now(), count: deliveries })
    },
  })
  run.complete()
  return read.slice(1, frames + 1).map(({ ms, count }, i) => {
    const before = read[i] as { readonly ms: number; readonly count: number }
    return { messages: count - before.count, seconds: (ms - before.ms) / 1000 }
  })
}
