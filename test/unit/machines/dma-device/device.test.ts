/** Unit | a programmed device: accesses, posted writes, fences, registers, the interrupt line, clock and power. */

import { describe, expect, test } from 'vitest'
import type { DeviceInstruction } from '../../../../machines/dma-device/instruction.ts'
import {
  type DmaDeviceConfig,
  type DmaDeviceContext,
  defineDmaDevice,
} from '../../../../machines/dma-device/machine.ts'
import type { Decision } from '../../../../src/kernel/actor.ts'
import { MachineDriver } from '../drive-machine.ts'

const base = 0x12000000

class Device extends MachineDriver {
  constructor(program: readonly DeviceInstruction[], more: Partial<DmaDeviceConfig> = {}) {
    const registers = [{ name: 'STATUS', value: 0 }]
    super(
      defineDmaDevice({
        ...{ id: 'd', base, registers, reactions: [], program, outstandingWrites: 2, interruptLine: 64, stepCycles: 1 },
        ...more,
      }),
    )
  }

  step(): Decision {
    return this.give({ type: 'step', value: 0 })
  }

  write(register: number, value: number): Decision {
    return this.give({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr: base + register * 4, value })
  }

  read(register: number): unknown {
    this.give({ type: 'reg.read.req', from: 'cpu0', txn: 0, addr: base + register * 4 })
    return this.to('regs')[0]?.value
  }

  acknowledge(txn: number, ok = true): Decision {
    return this.give({ type: 'write.resp', from: 'd', txn, addr: 0, ok })
  }

  data(...data: number[]): Decision {
    return this.give({ type: 'read.resp', from: 'd', txn: 2, addr: 0, data, ok: data.length > 0 })
  }

  get context(): DmaDeviceContext {
    return this.reactor.context as DmaDeviceContext
  }
}

describe('accesses', () => {
  test('a read waits for its data, which go into its register', () => {
    const device = new Device([
      { op: 'read', addr: 64, to: 'word' },
      { op: 'write', addr: ['add', 64, 4], value: 'word' },
    ])
    device.step()
    expect(device.to('bus')).toMatchObject([{ type: 'read.req', from: 'd', txn: 2, addr: 64, words: 1 }])
    expect(device.step()).toBe('stall')
    expect(device.data(7)).toBe('react')
    device.step()
    expect(device.to('bus')).toMatchObject([{ type: 'write.req', from: 'd', txn: 0, addr: 68, data: [7] }])
    expect(device.reactor.finished()).toBe(true)
  })

  test('a failed one is reported and leaves its register', () => {
    const device = new Device([
      { op: 'set', to: 'word', value: 9 },
      { op: 'read', addr: 64, to: 'word' },
      { op: 'assert', that: ['eq', 'word', 9], message: 'kept' },
    ])
    device.step()
    device.data()
    expect(device.emitted).toMatchObject([{ type: 'device.error', device: 'd', addr: 64, write: false }])
  })

  test('an access to part of a word is reported and left out', () => {
    const device = new Device([{ op: 'write', addr: ['add', 'BELL', 2], value: 1 }])
    device.step()
    expect(device.sent).toEqual([])
    expect(device.events('device.error')).toMatchObject([{ addr: 2, write: true }])
  })

  test('a physical address is marked', () => {
    const device = new Device([{ op: 'read', addr: 64, to: 'word', translated: true }])
    device.step()
    expect(device.to('bus')).toMatchObject([{ translated: true }])
  })

  test('a walk asks and waits; that there is nothing is reported', () => {
    const device = new Device([{ op: 'walk', addr: 64 }])
    device.step()
    expect(device.to('translate')).toMatchObject([{ type: 'translate.req', from: 'd', addr: 64, write: false }])
    const nothing = { addr: 64, ok: false, pa: 0, bytes: 0, memory: 0, readOnly: false }
    device.give({ type: 'translate.resp', from: 'd', txn: 2, ...nothing })
    expect(device.events('device.error')).toMatchObject([{ addr: 64, why: 'no translation' }])
    expect(device.reactor.finished()).toBe(true)
  })

  test('an assertion that does not hold says where', () => {
    const device = new Device([{ op: 'assert', that: ['eq', 'BELL', 1], message: 'rung' }])
    device.step()
    expect(device.emitted).toMatchObject([
      { type: 'device.assertion-failed', device: 'd', message: 'rung (d program, instruction 0)' },
    ])
  })
})

describe('posted writes', () => {
  const write = (value: number): DeviceInstruction => ({ op: 'write', addr: 64, value })

  test('go out until as many as may be are outstanding; the lowest free id is used again', () => {
    const device = new Device([write(1), write(2), write(3)])
    device.step()
    device.step()
    expect(device.to('bus')).toMatchObject([{ txn: 1, data: [2] }])
    expect(device.step()).toBe('stall')
    device.acknowledge(0)
    device.step()
    expect(device.to('bus')).toMatchObject([{ txn: 0, data: [3] }])
  })

  test('a fence waits for every one', () => {
    const device = new Device([write(1), write(2), { op: 'fence' }])
    device.step()
    device.step()
    expect(device.reactor.finished()).toBe(false)
    device.acknowledge(1)
    expect(device.reactor.finished()).toBe(false)
    device.acknowledge(0)
    expect(device.reactor.finished()).toBe(true)
  })

  test('a failed one is reported', () => {
    const device = new Device([write(1)])
    device.step()
    device.acknowledge(0, false)
    expect(device.events('device.error')).toMatchObject([{ write: true }])
    expect(device.acknowledge(0)).toBe('ignore')
  })
})

describe('registers', () => {
  test('a wait ends in the step of the write that makes its condition hold', () => {
    const device = new Device([
      { op: 'wait', until: ['ge', 'BELL', 2] },
      { op: 'write', addr: 64, value: 'BELL' },
    ])
    device.write(0, 1)
    expect(device.step()).toBe('stall')
    device.write(0, 2)
    device.write(0, 0)
    expect(device.step()).toBe('react')
    expect(device.to('bus')).toMatchObject([{ data: [0] }])
  })

  test('beyond the window answer with an error', () => {
    const device = new Device([])
    device.write(2, 1)
    expect(device.to('regs')).toMatchObject([{ type: 'reg.write.resp', ok: false }])
    device.read(2)
    expect(device.to('regs')).toMatchObject([{ type: 'reg.read.resp', ok: false }])
  })

  test('a reaction is part of the step of the write, and of the interrupt line only the end counts', () => {
    const device = new Device([{ op: 'raise' }], {
      reactions: [
        {
          register: 'STATUS',
          body: [
            { op: 'branch', to: 'keep', when: ['eq', 'STATUS', 0] },
            { op: 'set', to: 'STATUS', value: ['shl', 'STATUS', 4] },
            { op: 'raise' },
            { op: 'lower' },
            { op: 'label', name: 'keep' },
          ],
        },
      ],
    })
    device.step()
    expect(device.to('irq')).toEqual([{ type: 'irq.raise', line: 64 }])
    device.write(1, 0)
    expect(device.to('irq')).toEqual([])
    device.write(1, 3)
    expect(device.to('irq')).toEqual([{ type: 'irq.lower', line: 64 }])
    expect(device.read(1)).toBe(0x30)
  })
})

describe('what is finished', () => {
  const bell: DeviceInstruction = { op: 'wait', until: ['ne', 'BELL', 0] }

  test('not a program that could end and waits', () => {
    expect(new Device([bell]).reactor.finished()).toBe(false)
  })

  test('a server while nobody calls', () => {
    const server = new Device([
      { op: 'label', name: 'serve' },
      bell,
      { op: 'set', to: 'BELL', value: 0 },
      { op: 'branch', to: 'serve' },
    ])
    expect(server.reactor.finished()).toBe(true)
    server.write(0, 1)
    expect(server.reactor.finished()).toBe(false)
    server.step()
    expect(server.reactor.finished()).toBe(true)
  })
})

describe('clock and power', () => {
  const supply = { clock: 'on', power: 'on' } as const
  const reads: readonly DeviceInstruction[] = [
    { op: 'write', addr: 64, value: 1 },
    { op: 'read', addr: 64, to: 'word' },
    { op: 'raise' },
    { op: 'wait', until: ['eq', 'BELL', 1] },
  ]

  test('without a clock nothing moves and no answer is taken', () => {
    const device = new Device(reads, { supply })
    device.step()
    device.give({ type: 'clock.off' })
    expect(device.step()).toBe('stall')
    expect(device.acknowledge(0)).toBe('stall')
    device.give({ type: 'clock.on' })
    expect(device.acknowledge(0)).toBe('react')
    expect(device.step()).toBe('react')
  })

  test('without power registers, program and line are lost', () => {
    const device = new Device(reads, { supply })
    device.write(1, 5)
    for (const go of [() => device.step(), () => device.step(), () => device.data(3), () => device.step()]) go()
    device.give({ type: 'power.off' })
    expect(device.to('irq')).toEqual([{ type: 'irq.lower', line: 64 }])
    expect(device.context).toEqual({ pc: 0, registers: [0, 0, 0], writes: [1, 0] })
    expect(device.reactor.finished()).toBe(true)
    device.give({ type: 'power.on' })
    device.step()
    expect(device.to('bus')).toMatchObject([{ txn: 1 }])
  })

  test('an answer to a read from before is nobody’s, and the program begins after it', () => {
    const device = new Device(reads, { supply })
    device.step()
    device.step()
    device.give({ type: 'power.off' })
    device.give({ type: 'power.on' })
    expect(device.step()).toBe('stall')
    expect(device.data(3)).toBe('react')
    expect(device.context.registers).toEqual([0, 0, 0])
    expect(device.step()).toBe('react')
  })

  test('off at first', () => {
    const device = new Device(reads, { supply: { clock: 'off', power: 'off' } })
    expect(device.step()).toBe('stall')
    device.give({ type: 'power.on' })
    expect(device.step()).toBe('stall')
    device.give({ type: 'clock.on' })
    expect(device.step()).toBe('react')
  })
})
