/** Test | memory bus: decode, ways back, limits, turns, posted writes, holes. */

import { describe, expect, test } from 'vitest'
import { board, memoryMap } from '../../../../machines/geometry.ts'
import { defineMemoryBus, platformBusConfig } from '../../../../machines/memory-bus/machine.ts'
import type { LaneConfig, MemoryBusConfig, MemoryBusContext } from '../../../../machines/memory-bus/types.ts'
import { Prng } from '../../../../src/base/prng.ts'
import { type Loose, MachineDriver } from '../drive-machine.ts'

const dram = board.dram.base
const platform = (postedDeviceWrites: boolean): MemoryBusConfig =>
  platformBusConfig({
    geometry: board,
    features: {
      postedDeviceWrites,
      clockGating: true,
      powerDomain: true,
      walkerCoherent: false,
      deviceCoherent: false,
    },
    cores: 2,
    sensor: 'sensor',
  })

const read = (from: string, txn: number, addr = dram): Loose => {
  return { type: 'read.req', from, txn, addr, words: 2, memory: 'cacheable' }
}
const readDone = (from: string, txn: number, addr = dram): Loose => {
  return { type: 'read.resp', from, txn, addr, data: [1, 2], ok: true }
}
const regWrite = (from: string, txn: number, addr: number): Loose => {
  return { type: 'reg.write.req', from, txn, addr, value: 9 }
}
const regWritten = (from: string, txn: number, addr: number, ok = true): Loose => {
  return { type: 'reg.write.resp', from, txn, addr, ok }
}

/** Nothing under way, nobody waiting: the context is as at the start. */
function isIdle(bus: MachineDriver, config: MemoryBusConfig): boolean {
  return (
    JSON.stringify(bus.reactor.context) === JSON.stringify(new MachineDriver(defineMemoryBus(config)).reactor.context)
  )
}

describe('routing', () => {
  test('every initiator reaches memory and gets its own answer back', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(false)))
    for (const [port, from] of [
      ['l2', 'l2'],
      ['sysmmu0', 'fimc0'],
      ['walker0', 'sysmmu0'],
    ] as const) {
      expect(bus.give(read(from, 3))).toBe('react')
      expect(bus.sent).toEqual([{ port: 'dram', message: read(from, 3) }])
      expect(bus.give(readDone(from, 3))).toBe('react')
      expect(bus.sent).toEqual([{ port, message: readDone(from, 3) }])
    }
    expect(isIdle(bus, platform(false))).toBe(true)
  })

  test('each register window has its port', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(false)))
    for (const [port, addr] of [
      ['l2-regs', memoryMap.pl310.base + 0x7b0],
      ['sysmmu0-regs', memoryMap.sysmmuFimc0.base],
      ['fimc0-regs', memoryMap.fimc0.base + 0xffc],
      ['gic-regs', memoryMap.gicCpu.base + 0xc],
      ['gic-regs', memoryMap.gicDistributor.base + 0x100],
      ['sensor-regs', memoryMap.sensor.base],
      ['clocks', memoryMap.clocks.base + 0x920],
      ['power-unit', memoryMap.powerUnit.base + 0xc04],
    ] as const) {
      bus.give(regWrite('cpu1', 0, addr))
      expect(bus.sent).toEqual([{ port, message: regWrite('cpu1', 0, addr) }])
      bus.give(regWritten('cpu1', 0, addr, false))
      expect(bus.sent).toEqual([{ port: 'cpu1', message: regWritten('cpu1', 0, addr, false) }])
    }
  })

  test('holes answer with an error and say so; registers take no bursts', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(false)))
    for (const addr of [dram - 4, dram + board.dram.bytes, memoryMap.fimc0.base]) {
      bus.give(read('fimc0', 1, addr))
      expect(bus.sent).toEqual([
        { port: 'sysmmu0', message: { type: 'read.resp', from: 'fimc0', txn: 1, addr, data: [], ok: false } },
      ])
      expect(bus.events('bus.error')).toEqual([{ type: 'bus.error', from: 'fimc0', addr }])
    }
    bus.give(regWrite('cpu0', 1, dram))
    expect(bus.to('cpu0')).toEqual([regWritten('cpu0', 1, dram, false)])
    expect(isIdle(bus, platform(false))).toBe(true)
  })

  test('strangers and answers nobody waits for are ignored', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(false)))
    expect(bus.give(read('nobody', 0))).toBe('ignore')
    expect(bus.give(readDone('l2', 0))).toBe('ignore')
  })
})

describe('limits', () => {
  const narrow: MemoryBusConfig = {
    id: 'bus',
    initiators: [
      { port: 'a', from: ['a'], access: 'read-write', outstanding: 4 },
      { port: 'b', from: ['b'], access: 'read-write', outstanding: 4 },
      { port: 'c', from: ['c'], access: 'read-write', outstanding: 1 },
    ],
    lanes: [
      {
        name: 'memory',
        kind: 'memory',
        outstanding: 2,
        targets: [{ port: 'dram', ...board.dram }],
        postsWrites: false,
      },
    ],
  }

  test('an initiator at its limit waits for an answer', () => {
    const bus = new MachineDriver(defineMemoryBus(narrow))
    expect(bus.give(read('c', 0))).toBe('react')
    expect(bus.give(read('c', 1))).toBe('stall')
    expect(bus.give(read('a', 1))).toBe('react')
  })

  test('at a full target each initiator has one place, and the places are served in turn', () => {
    const bus = new MachineDriver(defineMemoryBus(narrow))
    bus.give(read('a', 0))
    bus.give(read('a', 1))
    expect(bus.state).toBe('{memory:full}')
    expect(bus.give(read('a', 2))).toBe('react')
    expect(bus.sent).toEqual([])
    expect(bus.give(read('a', 3))).toBe('stall')
    expect(bus.give(read('c', 0))).toBe('react')
    expect(bus.give({ ...read('b', 0), type: 'write.req', data: [7] })).toBe('react')
    const granted: unknown[] = []
    for (const done of [readDone('a', 0), readDone('a', 1), { ...readDone('b', 0), type: 'write.resp' }]) {
      expect(bus.give(done)).toBe('react')
      expect(bus.to(done.from as string)).toHaveLength(1)
      granted.push(bus.to('dram')[0])
    }
    // A was served last when the queue formed, so B and C come before it.
    expect(granted).toMatchObject([
      { type: 'write.req', from: 'b', data: [7] },
      { type: 'read.req', from: 'c', words: 2 },
      { type: 'read.req', from: 'a', txn: 2 },
    ])
  })

  test('a busy initiator cannot starve another: whoever waits gets the place after next at the latest', () => {
    const prng = new Prng(7, 'bus')
    const bus = new MachineDriver(defineMemoryBus(narrow))
    const underWay: Loose[] = []
    let waited = 0
    for (let step = 0; step < 5_000; step++) {
      const context = bus.reactor.context as MemoryBusContext
      const place = context.waiting[1]
      const waits = place?.type !== ''
      if (prng.chance(1, 2)) bus.give(read(prng.pick(['a', 'a', 'a', 'b', 'c']), prng.below(4)))
      else if (underWay.length > 0) {
        const [done] = underWay.splice(prng.below(underWay.length), 1) as [Loose]
        expect(bus.give(readDone(done.from as string, done.txn as number))).toBe('react')
        waited = waits && context.waiting[1]?.type !== '' ? waited + 1 : 0
        expect(waited).toBeLessThan(narrow.initiators.length)
      }
      underWay.push(...bus.to('dram'))
      expect(underWay.length).toBeLessThanOrEqual(2)
    }
    while (underWay.length > 0) {
      const done = underWay.shift() as Loose
      bus.give(readDone(done.from as string, done.txn as number))
      underWay.push(...bus.to('dram'))
    }
    expect(isIdle(bus, narrow)).toBe(true)
  })
})

describe('posted register writes', () => {
  const addr = memoryMap.sysmmuFimc0.base

  test('answered at once; the target’s answer ends here, a failed one as a bus error', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(true)))
    bus.give(regWrite('cpu0', 2, addr))
    expect(bus.to('cpu0')).toEqual([regWritten('cpu0', 2, addr)])
    expect(bus.to('sysmmu0-regs')).toEqual([regWrite('cpu0', 2, addr)])
    expect(bus.give(regWritten('cpu0', 2, addr))).toBe('react')
    expect(bus.sent).toEqual([])
    bus.give(regWrite('cpu1', 0, addr))
    bus.give(regWritten('cpu1', 0, addr, false))
    expect(bus.events('bus.error')).toEqual([{ type: 'bus.error', from: 'cpu1', addr }])
    expect(isIdle(bus, platform(true))).toBe(true)
  })

  // Goal: the DSB after `outer_sync` waits until the PL310 has drained, whatever the interconnect does. HF-235
  test('writes to the PL310 are answered by the PL310 alone', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(true)))
    const sync = memoryMap.pl310.base + 0x730
    bus.give(regWrite('cpu0', 2, sync))
    expect(bus.sent).toEqual([{ port: 'l2-regs', message: regWrite('cpu0', 2, sync) }])
    bus.give(regWritten('cpu0', 2, sync))
    expect(bus.to('cpu0')).toEqual([regWritten('cpu0', 2, sync)])
    expect(isIdle(bus, platform(true))).toBe(true)
  })

  test('reads wait for their value', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(true)))
    bus.give({ type: 'reg.read.req', from: 'cpu0', txn: 0, addr })
    expect(bus.to('cpu0')).toEqual([])
    bus.give({ type: 'reg.read.resp', from: 'cpu0', txn: 0, addr, value: 5, ok: true })
    expect(bus.to('cpu0')[0]).toMatchObject({ value: 5 })
  })

  test('a posted write that waits at a full target is answered when it starts to wait', () => {
    const bus = new MachineDriver(defineMemoryBus(platform(true)))
    for (let txn = 0; txn < 4; txn++) bus.give(regWrite('cpu0', txn, addr))
    for (let txn = 0; txn < 2; txn++) bus.give(regWrite('cpu1', txn, addr))
    bus.give(regWrite('cpu1', 2, addr))
    expect(bus.to('cpu1')).toHaveLength(1)
    expect(bus.to('sysmmu0-regs')).toEqual([])
    bus.give(regWritten('cpu0', 0, addr))
    expect(bus.to('sysmmu0-regs')).toEqual([regWrite('cpu1', 2, addr)])
  })
})

test('a configuration that cannot work is refused', () => {
  const config = platform(false)
  const [memory] = config.lanes as [LaneConfig]
  expect(() => defineMemoryBus({ ...config, lanes: [memory, { ...memory, name: 'again' }] })).toThrow(/reaches into/)
  expect(() => defineMemoryBus({ ...config, lanes: [{ ...memory, outstanding: 0 }] })).toThrow(/must allow/)
  expect(() => defineMemoryBus({ ...config, initiators: [...config.initiators, ...config.initiators] })).toThrow(
    /share/,
  )
})
