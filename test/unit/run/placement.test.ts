/** Unit | placed runs: plans, lookahead, rings, and what becomes of a run whose thread fails, dies or is killed. */

import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { TimedOptions } from '../../../src/kernel/timed.ts'
import { resolveOptions } from '../../../src/run/options.ts'
import { lookaheadOf } from '../../../src/run/placement/lookahead.ts'
import { PlacedSimulation } from '../../../src/run/placement/placed-simulation.ts'
import { planPlacement } from '../../../src/run/placement/plan.ts'
import { RingReader, RingWriter, ringMemory } from '../../../src/run/placement/ring.ts'
import { startPlacement } from '../../../src/run/pool.ts'
import { buildSystem } from '../../../src/run/run.ts'
import { inline } from '../../support/placed.ts'
import makeRelay, { type RelayFault } from '../../support/relay-system.ts'

const board = buildSystem(resolveOptions({ scenario: 'fimc-capture-userptr', size: '16x16' }))
const litmus = buildSystem(resolveOptions({ scenario: 'fimc-capture-userptr', geometry: 'litmus' }))

describe('plans', () => {
  test('groups as named; those that nobody named go to the first', () => {
    const { groups, notes } = planPlacement(board, { place: 'cpu0,os,l1d0|l2, bus,dram|sysmmu0,fimc0' })
    expect(groups).toEqual([
      ['cpu0', 'os', 'l1d0', 'scu', 'gic', 'sensor'],
      ['l2', 'bus', 'dram'],
      ['sysmmu0', 'fimc0'],
    ])
    expect(notes).toEqual(['in no group, so in the first: scu, gic, sensor'])
  })

  test('those that act on each other within a cycle stay together, which is said', () => {
    const { groups, notes } = planPlacement(board, { place: 'l1d0,scu,l2,bus,dram,sysmmu0,fimc0,gic,sensor,os|cpu0' })
    expect(groups[0]).toEqual(['cpu0', 'os'])
    expect(notes).toEqual(['together with cpu0, for they act on each other within a cycle: os'])
    const one = planPlacement(litmus, { place: 'cpu0,os|fimc0' })
    expect(one.groups).toHaveLength(1)
    expect(one.notes).toEqual(['together with cpu0, for they act on each other within a cycle: fimc0'])
  })

  test('so many threads: the longest wires are cut', () => {
    expect(planPlacement(board, { threads: 2 }).groups[1]).toEqual(['dram'])
    for (const threads of [1, 2, 3, 5, 10]) {
      const { groups, notes } = planPlacement(board, { threads })
      expect(groups).toHaveLength(threads)
      expect(groups.flat().sort()).toEqual(board.actors.map(({ id }) => id).sort())
      expect(notes).toEqual([])
    }
  })

  test('more threads than there can be are fewer, which is said', () => {
    const many = planPlacement(board, { threads: 64 })
    expect(many.groups).toHaveLength(10)
    expect(many.notes).toEqual(['10 threads instead of 64: no more parts of this system can be apart'])
    const one = planPlacement(litmus, { threads: 2 })
    expect(one.groups).toHaveLength(1)
    expect(one.notes).toEqual(['one thread instead of 2: all actors act on each other within a cycle'])
  })
})

test('lookahead: the shortest way over the wires, either way, and the hearing of those who aim', () => {
  const { groupOf } = planPlacement(board, { place: 'cpu0,os,l1d0,scu,l2,gic,sensor|bus|dram' })
  expect(lookaheadOf(board, groupOf, 'random')).toEqual([
    [0, 3, 23],
    [3, 0, 20],
    [23, 20, 0],
  ])
  expect(lookaheadOf(board, groupOf, 'adversarial')[2]?.[0]).toBe(16)
})

describe('a ring', () => {
  test('carries frames of any length, in order, however little there is room for', () => {
    const memory = ringMemory()
    const bell = new Int32Array(new SharedArrayBuffer(4))
    const [writer, reader] = [new RingWriter(memory, bell), new RingReader(memory, bell)]
    const frames = [0, 1, 5, 70_000, 3, 65_536, 65_532, 200_000, 2].map((length, n) =>
      Uint8Array.from({ length }, (_, at) => (at * 7 + n) & 255),
    )
    const got: Uint8Array[] = []
    for (let round = 0; round < 3; round++) for (const frame of frames) writer.put(frame)
    for (let isAll = false; !isAll; ) {
      isAll = writer.flush()
      for (let frame = reader.poll(); frame !== undefined; frame = reader.poll()) got.push(frame)
    }
    expect(got).toEqual([...frames, ...frames, ...frames])
    expect(reader.poll()).toBeUndefined()
  })

  test('wakes who waits, in another thread', async () => {
    const url = new URL('../../support/ring-echo.ts', import.meta.url).href
    const typescript = new URL('../../../bin/typescript.js', import.meta.url).href
    const [there, back] = [ringMemory(), ringMemory()]
    const bells = [new Int32Array(new SharedArrayBuffer(4)), new Int32Array(new SharedArrayBuffer(4))] as const
    const worker = new Worker(fileURLToPath(url), {
      workerData: { there, back, bells },
      execArgv: ['--import', typescript],
    })
    const [writer, reader] = [new RingWriter(there, bells[1]), new RingReader(back, bells[1])]
    for (const length of [3, 100_000, 0, 7]) {
      const frame = Uint8Array.from({ length }, (_, at) => at & 255)
      writer.put(frame)
      let answer: Uint8Array | undefined
      while (answer === undefined) {
        const seen = Atomics.load(bells[0], 0)
        writer.flush()
        answer = reader.poll()
        if (answer === undefined) expect(Atomics.wait(bells[0], 0, seen, 20_000)).not.toBe('timed-out')
      }
      expect(answer).toEqual(frame)
    }
    await worker.terminate()
  }, 60_000)
})

describe('threads', () => {
  const timed: TimedOptions = { seed: 1, may: 'off', mayPeriodCycles: 10, mustJitterCycles: 0 }
  const module = new URL('../../support/relay-system.ts', import.meta.url).href
  const groupOf = [0, 1, 2]
  const start = (fault: RelayFault) =>
    startPlacement({ module, argument: fault }, { runtime: 'sim', timed, groupOf, tellsAll: false }, 3)

  /** Runs until it ends or throws; the event loop has its turns in between. */
  async function run(fault: RelayFault, meanwhile: (turn: number) => void = () => {}): Promise<PlacedSimulation> {
    const threads = await start(fault)
    const watchers = { watchers: [], emittedWatchers: [] }
    try {
      const simulation = new PlacedSimulation(makeRelay(fault), threads, { groupOf, may: 'off', ...watchers })
      for (let turn = 0; simulation.run({ stepsMax: simulation.step + 200 }) === 'steps'; turn++) {
        meanwhile(turn)
        await new Promise(setImmediate)
      }
      expect(simulation.unfinished()).toEqual([])
      return simulation
    } finally {
      await threads.end()
    }
  }

  test('come to the end that one thread comes to', async () => {
    const { step, cycle, deliveries } = await run({ rounds: 40, fault: 'none' })
    expect({ step, cycle, deliveries }).toEqual(
      (({ steps, cycle, deliveries }) => ({ step: steps, cycle, deliveries }))(
        inline(makeRelay({ rounds: 40, fault: 'none' }), timed),
      ),
    )
  }, 60_000)

  test.each([
    ['a reaction that throws', 'throw', /^internal: the thread of b failed at the turn of b: .*out of order/],
    ['a reaction that ends its thread', 'exit', /^internal: the thread of b was lost at the turn of b: .*exit/],
  ] as const)(
    '%s ends the run with its actor',
    async (_, fault, message) => {
      await expect(run({ rounds: 40, fault })).rejects.toThrow(message)
    },
    60_000,
  )

  test('a system that cannot be made there ends the run with the actors of the group', async () => {
    const threads = await startPlacement(
      { module: 'file:///nowhere.ts', argument: 0 },
      { runtime: 'sim', timed, groupOf, tellsAll: false },
      3,
    )
    const simulation = new PlacedSimulation(makeRelay({ rounds: 1, fault: 'none' }), threads, {
      groupOf,
      may: 'off',
      watchers: [],
      emittedWatchers: [],
    })
    expect(() => simulation.run()).toThrow(/^internal: the thread of [abc] failed before the run began: .*nowhere/)
    await threads.end()
  }, 60_000)

  test('a thread that is killed in the middle ends the run with its actors', async () => {
    const threads = await start({ rounds: 1_000_000, fault: 'none' })
    const simulation = new PlacedSimulation(makeRelay({ rounds: 1_000_000, fault: 'none' }), threads, {
      groupOf,
      may: 'off',
      watchers: [],
      emittedWatchers: [],
    })
    const going = async () => {
      for (let turn = 0; simulation.run({ stepsMax: simulation.step + 200 }) === 'steps'; turn++) {
        if (turn === 5) await threads.workers[1]?.terminate()
        await new Promise(setImmediate)
      }
    }
    await expect(going()).rejects.toThrow(/^internal: the thread of [abc] was lost at the turn of [abc]: /)
    await threads.end()
  }, 60_000)
})
