/** Property | totality and room on generated charts, against brute force. */

import { describe, expect, test } from 'vitest'
import { Prng } from '../../src/base/prng.ts'
import { buildChart, type ChartNode } from '../../src/statechart/chart.ts'
import { CompiledReactor, compile } from '../../src/statechart/compile.ts'
import type { MachineConfig, TransitionConfig } from '../../src/statechart/define.ts'
import { checkTotality } from '../../src/statechart/totality.ts'
import { type Context, type Event, EXTERNAL, generateMachine } from '../differential/generated-chart.ts'

const SEED = Number(process.env.SEED ?? 7)
type Config = MachineConfig<Context, Event>

function draw(prng: Prng): Config {
  for (;;) {
    const config = generateMachine(prng, { lines: [] })
    if (config !== undefined) return config
  }
}

describe(`generated charts (seed ${SEED})`, () => {
  test('totality reports exactly the pairs at rest in which no active state decides whatever its guards say', () => {
    const prng = new Prng(SEED, 'totality')
    let undecided = 0
    for (let i = 0; i < 250; i++) {
      const config = withoutSomeRootHandlers(draw(prng), prng)
      const expected = bruteForce(config)
      expect(reported(config), `chart ${i}`).toBe(expected)
      undecided += expected
    }
    expect(undecided).toBeGreaterThan(1000)
  })

  test('no step sends more than its room, and the room is not far from what is sent', () => {
    const prng = new Prng(SEED, 'room')
    const total = { sent: 0, room: 0 }
    for (let i = 0; i < 250; i++) runWithoutRaising(draw(prng), prng, total)
    expect(total.sent).toBeGreaterThan(2000)
    expect(total.room / total.sent).toBeLessThan(6)
  })
})

function withoutSomeRootHandlers(config: Config, prng: Prng): Config {
  const on = Object.fromEntries(
    Object.entries(config.chart.on as Record<string, TransitionConfig[]>).filter(() => prng.chance(1, 2)),
  )
  return { ...config, chart: { ...config.chart, on } }
}

function bruteForce(config: Config): number {
  const chart = buildChart(config, [])
  let count = 0
  for (const active of configurations(chart.root)) {
    if (active.some((node) => node.always.some((candidate) => candidate.guard === undefined))) continue
    for (const event of chart.events) {
      const decides = (node: ChartNode) => node.on.get(event)?.some((candidate) => candidate.guard === undefined)
      if (!active.some(decides)) count++
    }
  }
  return count
}

/** Every set of active states of a subtree. */
function configurations(node: ChartNode): ChartNode[][] {
  if (node.children.length === 0) return [[node]]
  const parts = node.children.map(configurations)
  if (node.kind === 'compound') return parts.flat().map((active) => [node, ...active])
  const product = parts.reduce((all, part) => all.flatMap((left) => part.map((right) => [...left, ...right])), [[]])
  return product.map((active) => [node, ...active])
}

function reported(config: Config): number {
  try {
    checkTotality(config)
  } catch (error) {
    const lines = (error as Error).message.split('\n').slice(1)
    const more = lines.map((line) => /and (\d+) more undecided pairs/.exec(line)?.[1] ?? '0')
    const listed = lines.filter((line) => line.includes('is undecided in')).length
    return more.reduce((sum, count) => sum + Number(count), listed)
  }
  return 0
}

/** The reactor itself checks the bound: it throws when a step sends more than its room. */
function runWithoutRaising(config: Config, prng: Prng, total: { sent: number; room: number }): void {
  const raise = { description: 'raises nothing', run: () => {} }
  const chart = compile({ ...config, actions: { ...config.actions, raise } })
  const send = () => {
    total.sent++
  }
  const reactor = new CompiledReactor(chart, { send, raise() {}, emit() {}, reply() {} })
  reactor.start()
  for (let i = 0; i < 40; i++) {
    const message = { type: prng.pick(EXTERNAL), value: prng.below(6) }
    if (reactor.decide(message) !== 'react') continue
    for (let pair = 1; pair < reactor.room.length; pair += 2) total.room += reactor.room[pair] as number
    reactor.commit(message)
  }
}
