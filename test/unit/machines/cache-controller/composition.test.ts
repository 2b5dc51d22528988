/** Test | the three charts together: coherence, no deadlock, one writer, and data where maintenance says they are. */

import { describe, expect, test } from 'vitest'
import { pl310Offsets } from '../../../../machines/cache-controller/pl310-regs.ts'
import { litmus, memoryMap } from '../../../../machines/geometry.ts'
import type { LoadResp, StoreResp } from '../../../../machines/protocol.ts'
import { Prng } from '../../../../src/base/prng.ts'
import type { Message } from '../../../../src/kernel/actor.ts'
import { defineAll, Pump, type PumpOptions } from './pump.ts'

const seedBase = Number(process.env.SEED ?? 1)
const runs = Number(process.env.RUNS ?? 200)
/** Machines under load are slow; a deadlock ends a run by itself. */
const timeout = 60_000
const base = litmus.dram.base
const stepsMax = 20_000

interface Driver {
  readonly pump: Pump
  /** Newest performed store by word address. */
  readonly newest: Map<number, number>
  wrong: string[]
  waiting: Set<string>
}

/** Follows answers: a store is performed, and a load samples, in the step that answers it. */
function drive(pump: Pump): Driver {
  const driver: Driver = { pump, newest: new Map(), wrong: [], waiting: new Set() }
  const stores = new Map<string, readonly number[]>()
  const offer = pump.offer.bind(pump)
  pump.offer = (port, message) => {
    if (message.type === 'store.req' || message.type === 'write.req')
      stores.set(port, (message as unknown as { data: number[] }).data)
    return offer(port, message)
  }
  pump.onAnswer = (from, message) => {
    const port = from === 'l2.regs' ? 'regs' : from === 'scu.acp0' ? 'dma' : `cpu${from.slice(3, 4)}`
    driver.waiting.delete(port)
    if (message.type === 'store.resp' || message.type === 'write.resp') {
      const { addr } = message as StoreResp
      stores.get(port)?.forEach((word, index) => {
        driver.newest.set(addr + index * 4, word)
      })
    }
    if (message.type === 'load.resp' || message.type === 'read.resp') {
      const { addr, data } = message as LoadResp
      data.forEach((word, index) => {
        const expected = driver.newest.get(addr + index * 4) ?? 0
        if (word !== expected) driver.wrong.push(`${port} loads ${addr + index * 4}: ${word}, newest ${expected}`)
      })
    }
  }
  return driver
}

/** Steps until `port` is answered. */
function finish(driver: Driver, ...ports: string[]): void {
  for (let step = 0; step < stepsMax; step++) {
    if (ports.every((port) => !driver.waiting.has(port))) return
    if (!driver.pump.step()) throw new Error(`deadlock; waiting: ${[...driver.waiting].join()}`)
  }
  throw new Error(`no end after ${stepsMax} steps; waiting: ${[...driver.waiting].join()}`)
}

function issue(driver: Driver, port: string, message: Message): void {
  if (!driver.pump.offer(port, message)) throw new Error(`${port} has no room`)
  // Nobody hears of a preload.
  if (message.type !== 'prefetch.req') driver.waiting.add(port)
}

function perform(driver: Driver, port: string, message: Message): void {
  issue(driver, port, message)
  finish(driver, port)
}

const maintain = (op: string, addr: number, core = 0) => ({ type: 'maintain.req', core, op, addr }) as Message
const register = (offset: number, value: number) =>
  ({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr: memoryMap.pl310.base + offset, value }) as Message
const load = (addr: number, words = 1, memory = 'cacheable') => ({ type: 'load.req', addr, words, memory }) as Message
const store = (addr: number, data: number[], memory = 'cacheable') =>
  ({ type: 'store.req', addr, data, memory }) as Message

/** Random accesses and cleaning maintenance by all cores at once; then everything is cleaned to memory. */
function randomRun(
  options: PumpOptions,
  definitions: ReturnType<typeof defineAll>,
  operations: number,
  lossy = false,
): Driver {
  const pump = new Pump(options, definitions)
  const driver = drive(pump)
  const prng = new Prng(options.seed, 'program')
  const ports = ['regs', ...definitions.l1.map((_, core) => `cpu${core}`), ...(options.device ? ['dma'] : [])]
  let value = 0
  for (let issued = 0; issued < operations; ) {
    const port = prng.pick(ports)
    if (!driver.waiting.has(port) && pump.hasRoom(port) && prng.chance(1, 3)) {
      issue(driver, port, randomOperation(prng, port, options.lines, ++value, lossy))
      issued++
    }
    if (!pump.step() && driver.waiting.size === ports.length) throw new Error('deadlock')
    if (lossy) driver.wrong.length = 0
    if (issued % 16 === 0) driver.wrong.push(...pump.complaints())
    if (driver.wrong.length > 0) return driver
  }
  finish(driver, ...ports)
  // A way operation may still be going on in the background, and refuses register writes meanwhile.
  for (let step = 0; step < 500; step++) pump.step()
  if (lossy) {
    driver.wrong = pump.complaints()
    return driver
  }
  for (let line = 0; line < options.lines; line++) {
    perform(driver, 'cpu0', maintain('clean', base + line * litmus.lineBytes))
    perform(driver, 'regs', register(pl310Offsets.cleanLinePa, base + line * litmus.lineBytes))
  }
  perform(driver, 'regs', register(pl310Offsets.cacheSync, 0))
  for (const [addr, word] of driver.newest) {
    const found = pump.memory.get(addr - base)
    if (found !== word) driver.wrong.push(`memory at ${addr} is ${found}, newest ${word}`)
  }
  driver.wrong.push(...pump.complaints())
  return driver
}

/** `lossy`: also operations that lose data, and non-cacheable accesses to lines that are cached. */
function randomOperation(prng: Prng, port: string, lines: number, value: number, lossy: boolean): Message {
  const line = base + prng.below(lines) * litmus.lineBytes
  if (port === 'dma') {
    const access = { from: 'dma', txn: 0, addr: line + 4 * prng.below(2), memory: 'non-cacheable' }
    if (prng.chance(1, 2)) return { ...access, type: 'read.req', words: 1 } as Message
    return { ...access, type: 'write.req', data: [value] } as Message
  }
  if (lossy && prng.chance(1, 3)) {
    if (port === 'regs') {
      return prng.chance(1, 4)
        ? register(pl310Offsets.invalidateWay, prng.below(4))
        : register(pl310Offsets.invalidateLinePa, line)
    }
    if (prng.chance(1, 2)) return maintain('invalidate', line, Number(port.slice(3)))
    return prng.chance(1, 2) ? load(line, 2, 'non-cacheable') : store(line, [value], 'non-cacheable')
  }
  if (port === 'regs') {
    const offset = prng.pick([
      pl310Offsets.cleanLinePa,
      pl310Offsets.cleanInvalidateLinePa,
      pl310Offsets.cacheSync,
      pl310Offsets.cleanWay,
      pl310Offsets.cleanInvalidateWay,
      pl310Offsets.evictLinePa,
    ])
    return register(offset, offset === pl310Offsets.cleanWay || offset === pl310Offsets.cleanInvalidateWay ? 3 : line)
  }
  const core = Number(port.slice(3))
  switch (prng.below(5)) {
    case 0:
      if (prng.chance(1, 4)) return { type: 'prefetch.req', core, addr: line } as Message
      return maintain(prng.pick(['clean', 'clean-invalidate', 'evict']), line, core)
    case 1:
    case 2:
      return prng.chance(1, 3) ? store(line, [value, -value]) : store(line + 4 * prng.below(2), [value])
    default:
      return prng.chance(1, 3) ? load(line, 2) : load(line + 4 * prng.below(2))
  }
}

const variants: Record<string, Omit<PumpOptions, 'seed'>> = {
  'any order, everything on': { order: 'random', spontaneousPercent: 20, lines: 6 },
  'few lines': { order: 'random', spontaneousPercent: 30, lines: 2 },
  'oldest first': { order: 'fifo', spontaneousPercent: 5, lines: 8 },
  'no initial sync': { order: 'random', spontaneousPercent: 20, lines: 8, registerWritesSync: false },
  'no store buffer': { order: 'random', spontaneousPercent: 20, lines: 8, features: { l2StoreBuffer: false } },
  'no outer cache': { order: 'random', spontaneousPercent: 20, lines: 6, features: { l2: false } },
  'one core': { order: 'random', spontaneousPercent: 20, lines: 8, cores: 1 },
  'four cores': { order: 'random', spontaneousPercent: 20, lines: 4, cores: 4 },
  'a coherent device': { order: 'random', spontaneousPercent: 20, lines: 4, device: true },
  'a coherent device, no outer cache': {
    order: 'random',
    spontaneousPercent: 20,
    lines: 4,
    device: true,
    features: { l2: false },
  },
  'nothing of its own accord': { order: 'random', spontaneousPercent: 0, lines: 12 },
}

describe('random programs', () => {
  for (const [name, options] of Object.entries(variants)) {
    test(
      `loads see the newest store, cleaned data reach memory: ${name} (seed ${seedBase})`,
      () => {
        const definitions = defineAll(options)
        for (let run = 0; run < runs; run++) {
          const driver = randomRun({ ...options, seed: seedBase + run }, definitions, 40)
          expect(driver.wrong, `run ${run}`).toEqual([])
        }
      },
      timeout,
    )
  }
})

describe('hostile programs', () => {
  for (const [name, options] of Object.entries(variants)) {
    test(
      `no deadlock, one writer, and every cache reports its contents: ${name} (seed ${seedBase})`,
      () => {
        const definitions = defineAll(options)
        for (let run = 0; run < runs / 4; run++) {
          const driver = randomRun({ ...options, seed: seedBase + run }, definitions, 40, true)
          expect(driver.wrong, `run ${run}`).toEqual([])
        }
      },
      timeout,
    )
  }
})

/** One transfer from a device into a dirty, cached line, with the given steps around it. Returns what the core loads then. */
function transfer(seed: number, definitions: ReturnType<typeof defineAll>, before: string[], after: string[]): number {
  const options: PumpOptions = { seed, order: 'random', spontaneousPercent: 30, lines: 4 }
  const pump = new Pump(options, definitions)
  const driver = drive(pump)
  const addr = base + 8
  const run = (step: string): void => {
    if (step === 'L1') perform(driver, `cpu${seed & 1}`, maintain('invalidate', addr, seed & 1))
    if (step === 'L2') perform(driver, 'regs', register(pl310Offsets.invalidateLinePa, addr))
    if (step === 'sync') perform(driver, 'regs', register(pl310Offsets.cacheSync, 0))
  }
  const prng = new Prng(seed, 'transfer')
  const idle = (): void => {
    for (let steps = prng.below(20); steps > 0; steps--) pump.step()
  }
  perform(driver, 'cpu0', store(addr, [1]))
  if (prng.chance(1, 2)) perform(driver, 'cpu1', load(addr))
  idle()
  for (const step of before) {
    run(step)
    if (before.includes('sync')) idle()
  }
  pump.memory.set(addr - base, 77)
  idle()
  for (const step of after) {
    run(step)
    idle()
  }
  driver.newest.set(addr, 77)
  perform(driver, 'cpu0', load(addr))
  return driver.wrong.length === 0 ? 77 : 0
}

describe('a transfer from a device', () => {
  const definitions = defineAll({ order: 'random', spontaneousPercent: 30, lines: 4 })
  const lenient = defineAll({ order: 'random', spontaneousPercent: 30, lines: 4, registerWritesSync: false })
  /** Whether any of `runs` runs loads something else than the device wrote. */
  const goesStale = (runs: number, set: typeof definitions, before: string[], after: string[]): boolean => {
    for (let run = 0; run < runs; run++) if (transfer(seedBase + run, set, before, after) !== 77) return true
    return false
  }

  test('L1, L2, sync before and L2, sync, L1 after never loses the data', () => {
    expect(goesStale(600, definitions, ['L1', 'L2', 'sync'], ['L2', 'sync', 'L1'])).toBe(false)
    expect(goesStale(600, lenient, ['L1', 'L2', 'sync'], ['L2', 'sync', 'L1'])).toBe(false)
  })

  test('nothing after the transfer: a speculative fill made it stale', () => {
    expect(goesStale(300, definitions, ['L1', 'L2', 'sync'], [])).toBe(true)
  })

  test('L1 before L2 after the transfer: refilled from the stale outer cache', () => {
    expect(goesStale(1000, definitions, ['L1', 'L2', 'sync'], ['L1', 'L2', 'sync'])).toBe(true)
  })

  test('L2 before L1 before the transfer: a dirty line slips into the outer cache in between', () => {
    expect(goesStale(1000, definitions, ['L2', 'sync', 'L1'], ['L2', 'sync', 'L1'])).toBe(true)
  })

  test('nothing before the transfer: a dirty line overwrites or hides it', () => {
    expect(goesStale(300, definitions, [], ['L2', 'sync', 'L1'])).toBe(true)
  })

  test('no sync before the transfer: an evicted line drains over it, unless a register write syncs first', () => {
    expect(goesStale(3000, lenient, ['L1', 'L2'], ['L2', 'sync', 'L1'])).toBe(true)
    expect(goesStale(600, definitions, ['L1', 'L2'], ['L2', 'sync', 'L1'])).toBe(false)
  })
})

describe('non-cacheable accesses', () => {
  test('reads see the own earlier write, and memory has it after CACHE_SYNC but not always before', () => {
    const definitions = defineAll({ order: 'random', spontaneousPercent: 10, lines: 4 })
    let late = 0
    for (let run = 0; run < 300; run++) {
      const pump = new Pump({ seed: seedBase + run, order: 'random', spontaneousPercent: 10, lines: 4 }, definitions)
      const driver = drive(pump)
      const addr = base + 8 * (run % 4)
      perform(driver, 'cpu0', store(addr, [run + 1], 'non-cacheable'))
      if (pump.memory.get(addr - base) !== run + 1) late++
      if (run % 2 === 0) perform(driver, 'cpu1', load(addr, 1, 'non-cacheable'))
      perform(driver, 'regs', register(pl310Offsets.dummy, 0))
      expect(pump.memory.get(addr - base)).toBe(run + 1)
      expect(driver.wrong).toEqual([])
    }
    expect(late).toBeGreaterThan(0)
  })

  test('without the store buffer memory has the write when the core is answered', () => {
    const options = { order: 'random', spontaneousPercent: 10, lines: 4, features: { l2StoreBuffer: false } } as const
    const definitions = defineAll(options)
    for (let run = 0; run < 100; run++) {
      const pump = new Pump({ seed: seedBase + run, ...options }, definitions)
      const driver = drive(pump)
      perform(driver, 'cpu0', store(base, [run + 1], 'non-cacheable'))
      expect(pump.memory.get(0)).toBe(run + 1)
    }
  })

  test('a non-cacheable load reads around a dirty cached copy', () => {
    const options = { order: 'fifo', spontaneousPercent: 0, lines: 4 } as const
    const driver = drive(new Pump({ seed: 1, ...options }, defineAll(options)))
    perform(driver, 'cpu0', store(base, [5]))
    perform(driver, 'cpu0', load(base, 1, 'non-cacheable'))
    expect(driver.wrong).toEqual([`cpu0 loads ${base}: 0, newest 5`])
  })
})
