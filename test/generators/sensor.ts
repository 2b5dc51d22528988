/** Test generators | messages for the sensor: register accesses and timers at any moment. */

import { blackWord } from '../../machines/fimc/formats.ts'
import { litmus } from '../../machines/geometry.ts'
import { defaultSensorConfig, type SensorConfig } from '../../machines/sensor/machine.ts'
import { sensorRegister } from '../../machines/sensor/regs.ts'
import { Bytes } from '../../src/base/bytes.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

function tokens(words: number, first: number): Bytes {
  const frame = new Bytes(words * 4)
  for (let i = 0; i < words; i++) frame.set(i * 4, first + i)
  return frame
}

/** Both geometries; with pictures and without. */
export const configs: Readonly<Record<string, SensorConfig>> = {
  litmus: {
    ...defaultSensorConfig,
    words: 4,
    lines: 1,
    frames: [tokens(4, 16), tokens(4, 32)],
    emptyWord: 0,
    frameIds: litmus.frameIds,
    cyclesPerLine: 1,
    blankCycles: 1,
  },
  board: { ...defaultSensorConfig, words: 8, lines: 6, frames: [], emptyWord: blackWord('yuyv') },
}

/** A generator for one configuration. */
export function generator(config: SensorConfig): (prng: Prng) => Message {
  return (prng) => {
    const kind = prng.below(8)
    if (kind < 5) return { type: 'timer.line', afterCycles: 1 } as Message
    const offset = prng.chance(1, 2) ? sensorRegister.CTRL : prng.pick([...Object.values(sensorRegister), 0x20])
    const access = { from: 'cpu0', txn: prng.below(2), addr: config.base + offset }
    if (kind === 5) return { type: 'reg.read.req', ...access } as Message
    const value = prng.chance(1, 8) ? prng.next() : prng.below(4)
    return { type: 'reg.write.req', ...access, value } as Message
  }
}
