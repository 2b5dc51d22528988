/** Unit | the sensor: order and timing of a frame, pictures in turn, start and stop. */

import { describe, expect, test } from 'vitest'
import type { TimerMessage, VideoLine } from '../../../../machines/protocol.ts'
import { defaultSensorConfig, defineSensor, type SensorConfig } from '../../../../machines/sensor/machine.ts'
import { sensorCtrl, sensorRegister, sensorStatus } from '../../../../machines/sensor/regs.ts'
import { Bytes } from '../../../../src/base/bytes.ts'
import type { Message, Out, Reactor } from '../../../../src/kernel/actor.ts'

function picture(first: number): Bytes {
  const frame = new Bytes(16)
  for (let i = 0; i < 4; i++) frame.set(i * 4, first + i)
  return frame
}

const config: SensorConfig = {
  ...defaultSensorConfig,
  words: 2,
  lines: 2,
  frames: [picture(10), picture(20)],
  frameIds: 3,
  cyclesPerLine: 7,
  blankCycles: 50,
}

class Bench implements Out {
  readonly video: Message[] = []
  timers: number[] = []
  value = 0
  private readonly sensor: Reactor

  constructor(of: SensorConfig = config) {
    this.sensor = defineSensor(of).createReactor('sim', this)
    this.sensor.start()
  }
  send(port: string, message: Message): void {
    if (port === 'video') this.video.push(structuredClone(message))
    if (port === 'timer') this.timers.push((message as TimerMessage).afterCycles)
    if (message.type === 'reg.read.resp') this.value = (message as unknown as { value: number }).value
  }
  raise(): void {}
  emit(): void {}
  reply(): void {}

  give(message: Message): void {
    if (this.sensor.decide(message) === 'react') this.sensor.commit(message)
  }
  write(offset: number, value: number): void {
    this.give({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr: config.base + offset, value } as Message)
  }
  read(offset: number): number {
    this.give({ type: 'reg.read.req', from: 'cpu0', txn: 0, addr: config.base + offset } as Message)
    return this.value
  }
  /** Lets the only timer expire; returns how long it ran. */
  tick(): number {
    expect(this.timers).toHaveLength(1)
    const [cycles] = this.timers as [number]
    this.timers = []
    this.give({ type: 'timer.line', afterCycles: cycles } as Message)
    return cycles
  }
  ticks(count: number): number[] {
    return Array.from({ length: count }, () => this.tick())
  }
}

describe('frames', () => {
  test('start, lines and end, at the pace of the registers', () => {
    const bench = new Bench()
    bench.write(sensorRegister.CTRL, sensorCtrl.START)
    expect(bench.ticks(4)).toEqual([50, 7, 7, 50])
    expect(bench.video).toEqual([
      { type: 'video.start', frame: 0 },
      { type: 'video.line', frame: 0, line: 0, data: [10, 11] },
      { type: 'video.line', frame: 0, line: 1, data: [12, 13] },
      { type: 'video.end', frame: 0 },
      { type: 'video.start', frame: 1 },
    ])
    bench.write(sensorRegister.LINE_CYCLES, 9)
    bench.write(sensorRegister.BLANK_CYCLES, 0) // at least 1
    bench.ticks(2)
    expect(bench.ticks(2)).toEqual([1, 9])
  })

  test('pictures take turns; numbers wrap', () => {
    const bench = new Bench()
    bench.write(sensorRegister.CTRL, sensorCtrl.START)
    bench.ticks(12)
    const lines = bench.video.filter((message) => message.type === 'video.line') as VideoLine[]
    expect(lines.filter((line) => line.line === 0).map((line) => [line.frame, line.data[0]])).toEqual([
      [0, 10],
      [1, 20],
      [2, 10],
      [0, 20],
    ])
  })

  test('without pictures every word is the empty one', () => {
    const bench = new Bench({ ...config, frames: [], emptyWord: 5 })
    bench.write(sensorRegister.CTRL, sensorCtrl.START)
    bench.ticks(2)
    expect((bench.video[1] as VideoLine).data).toEqual([5, 5])
  })
})

describe('control', () => {
  test('a stop counts at the end of the frame', () => {
    const bench = new Bench()
    bench.write(sensorRegister.CTRL, sensorCtrl.START)
    bench.ticks(2)
    bench.write(sensorRegister.CTRL, 0)
    expect(bench.read(sensorRegister.STATUS) & sensorStatus.STREAMING).toBe(1)
    bench.tick()
    expect(bench.video.at(-1)?.type).toBe('video.end')
    expect(bench.timers).toEqual([])
    expect(bench.read(sensorRegister.STATUS)).toBe(1 << sensorStatus.FRAME_SHIFT)
  })

  test('a stop between frames lets the timer run out; a start meanwhile takes it over', () => {
    const bench = new Bench()
    bench.write(sensorRegister.CTRL, sensorCtrl.START)
    bench.write(sensorRegister.CTRL, 0)
    bench.write(sensorRegister.CTRL, sensorCtrl.START)
    bench.tick()
    expect(bench.video).toHaveLength(1)
    const other = new Bench()
    other.write(sensorRegister.CTRL, sensorCtrl.START)
    other.write(sensorRegister.CTRL, 0)
    other.tick()
    expect(other.video).toEqual([])
    expect(other.timers).toEqual([])
  })

  test('FRAMES limits a run, also one that is started again', () => {
    const bench = new Bench()
    bench.write(sensorRegister.FRAMES, 2)
    for (const frames of [2, 4]) {
      bench.write(sensorRegister.CTRL, sensorCtrl.START)
      bench.ticks(6)
      expect(bench.timers).toEqual([])
      expect(bench.video.filter((message) => message.type === 'video.end')).toHaveLength(frames)
    }
    expect(bench.read(sensorRegister.FRAMES)).toBe(2)
  })
})
