/** Unit | FIMC capture: the bytes in memory, slots, shadow registers, overflow, stop and reset. */

import { describe, expect, test } from 'vitest'
import { defaultFeatures } from '../../../../machines/features.ts'
import type { FormatName } from '../../../../machines/fimc/formats.ts'
import { defaultFimcConfig, type FimcConfig } from '../../../../machines/fimc/machine.ts'
import {
  cigctrl,
  ciimgcpt,
  cioctrl,
  cistatus,
  ciwdofst,
  fimcRegister,
  outputAddress,
} from '../../../../machines/fimc/regs.ts'
import { board, litmus } from '../../../../machines/geometry.ts'
import { defaultSensorConfig, type SensorConfig } from '../../../../machines/sensor/machine.ts'
import { Bytes } from '../../../../src/base/bytes.ts'
import { prngFor, seed } from '../../../support/seed.ts'
import { fromYuyv } from './expected.ts'
import { Rig } from './rig.ts'

const enable = ciimgcpt.IMGCPTEN | ciimgcpt.CPT_FREN
const slotBase = (slot: number) => 0x20000000 + slot * 0x400000

interface Setup {
  readonly width: number
  readonly height: number
  readonly format: FormatName
  readonly pictures?: readonly Uint8Array[]
  readonly fimc?: Partial<FimcConfig>
}

/** An armed FIMC with every slot programmed as a driver does for one memory plane, and a running sensor. */
function armed({ width, height, format, pictures = [], fimc = {} }: Setup): { rig: Rig; sensor: SensorConfig } {
  const sensor: SensorConfig = {
    ...defaultSensorConfig,
    words: format === 'raw' ? width : width / 2,
    lines: height,
    frames: pictures.map((picture) => Bytes.from(picture)),
  }
  const rig = new Rig({ fimc: { ...defaultFimcConfig, size: { width, height }, format, ...fimc }, sensor })
  for (let slot = 0; slot < board.outputSlots; slot++) {
    rig.write(outputAddress(0, slot), slotBase(slot))
    rig.write(outputAddress(1, slot), slotBase(slot) + width * height)
  }
  rig.write(fimcRegister.CIGCTRL, cigctrl.IRQ_LEVEL | cigctrl.IRQ_ENABLE)
  expect(rig.write(fimcRegister.CIIMGCPT, enable)).toBe(true)
  rig.startSensor(sensor)
  return { rig, sensor }
}

/** Lets the sensor send one frame, beginning with its blanking; the DMA runs after every line. */
function frame(rig: Rig, lines: number, pick?: (count: number) => number): void {
  rig.tick()
  for (let line = 0; line < lines; line++) {
    rig.settle(pick)
    rig.tick()
  }
  rig.settle(pick)
}

function noise(bytes: number, label: string): Uint8Array {
  const prng = prngFor(label)
  return Uint8Array.from({ length: bytes }, () => prng.below(256))
}

describe(`captured bytes are the test's own conversion, seed ${seed}`, () => {
  const sizes = [
    [64, 48],
    [66, 50], // rows of 66 and 132 bytes: no multiple of a line, nor of a word; the chroma plane ends in half a word
    [16, 16],
    [642, 6], // rows of 1284 bytes
    [2, 2],
    [1922, 4], // bursts that meet page ends
  ] as const
  for (const format of ['yuyv', 'nv12', 'rgb565'] as const) {
    for (const [width, height] of sizes) {
      test(`${format} ${width} x ${height}`, () => {
        const pictures = [noise(width * height * 2, 'one'), noise(width * height * 2, 'two')]
        const { rig } = armed({ width, height, format, pictures })
        const prng = prngFor('order of answers')
        for (let index = 0; index < 3; index++) {
          frame(rig, height, (count) => prng.below(count))
          expect(rig.events('frame.end')).toEqual([
            { type: 'frame.end', device: 'fimc0', frame: index, slot: index, ok: true },
          ])
          const expected = fromYuyv(pictures[index % 2] as Uint8Array, width, height, format)
          expect(rig.bytes(slotBase(index), expected.length)).toEqual(expected)
        }
        const words = rig.bursts.reduce((sum, burst) => sum + burst.data.length, 0)
        expect(words * 4).toBe(rig.memory.size * 4)
      })
    }
  }

  test('bursts are as long as the geometry says and never cross a page', () => {
    const { rig } = armed({ width: 642, height: 8, format: 'nv12' })
    frame(rig, 8)
    for (const burst of rig.bursts) {
      expect(burst.data.length).toBeLessThanOrEqual(board.burstBytes / 4)
      expect(Math.floor(burst.addr / 4096)).toBe(Math.floor((burst.addr + burst.data.length * 4 - 1) / 4096))
    }
    // Luma 5136 bytes from a page start: 32 + 9; chroma 2568 bytes from 1040 into a page: 21.
    expect(rig.bursts).toHaveLength(62)
    expect(rig.events('frame.burst').map((burst) => burst.addr)).toHaveLength(rig.bursts.length)
  })

  test('at most the configured number of writes is outstanding, with the lowest free ids', () => {
    const { rig } = armed({ width: 640, height: 2, format: 'yuyv' })
    rig.tick()
    rig.tick()
    while (rig.progress());
    expect(rig.waiting.map((request) => request.txn)).toEqual([0, 1, 2, 3])
    rig.answer(2)
    while (rig.progress());
    expect(rig.waiting.map((request) => request.txn)).toEqual([0, 1, 3, 2])
  })

  test('a litmus frame is two bursts of tokens', () => {
    const fimc = { geometry: litmus, outstandingWrites: 1, fifoLines: 2 }
    const tokens = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0)
    const { rig } = armed({ width: 4, height: 1, format: 'raw', pictures: [tokens], fimc })
    frame(rig, 1)
    expect(rig.bursts.map((burst) => [burst.addr, burst.data])).toEqual([
      [slotBase(0), [1, 2]],
      [slotBase(0) + 8, [3, 4]],
    ])
    expect(rig.interrupt).toBe(true)
  })

  test('a blank sensor gives black, and each test pattern its picture', () => {
    const { rig } = armed({ width: 16, height: 2, format: 'yuyv' })
    frame(rig, 2)
    expect([...rig.bytes(slotBase(0), 4)]).toEqual([0, 128, 0, 128])
    rig.write(fimcRegister.CIGCTRL, cigctrl.TESTPAT_COLOR_BAR)
    frame(rig, 2)
    const bars = [...rig.bytes(slotBase(1), 32)]
    expect(bars.filter((_, i) => i % 4 === 0)).toEqual([255, 226, 178, 149, 106, 77, 29, 0]) // falls from white to black
    expect(bars.slice(20, 24)).toEqual([77, 85, 77, 255]) // red
    rig.write(fimcRegister.CIGCTRL, cigctrl.TESTPAT_HOR_INC)
    frame(rig, 2)
    expect([...rig.bytes(slotBase(2), 8)]).toEqual([0, 128, 1, 128, 2, 128, 3, 128])
    rig.write(fimcRegister.CIGCTRL, cigctrl.TESTPAT_VER_INC)
    frame(rig, 2)
    expect([...rig.bytes(slotBase(3) + 32, 4)]).toEqual([1, 128, 1, 128])
  })
})

describe('slots', () => {
  const small = { width: 16, height: 2, format: 'yuyv' } as const

  test('rotate over the bits of CIFCNTSEQ and are reported from 1', () => {
    const { rig } = armed(small)
    rig.write(fimcRegister.CIFCNTSEQ, 0b1011)
    expect(rig.read(fimcRegister.CISTATUS2)).toBe(0)
    rig.tick()
    expect(rig.read(fimcRegister.CISTATUS2)).toBe(1)
    rig.tick()
    rig.tick()
    rig.settle()
    expect(rig.read(fimcRegister.CISTATUS2)).toBe(1 << 7)
    for (let index = 0; index < 3; index++) frame(rig, 2)
    expect(rig.events('frame.end').map((end) => end.slot)).toEqual([0, 1, 3, 0])
    expect((rig.read(fimcRegister.CISTATUS) & cistatus.FRAMECNT_MASK) >>> cistatus.FRAMECNT_SHIFT).toBe(0)
  })

  test('with none enabled no frame is taken', () => {
    const { rig } = armed(small)
    rig.write(fimcRegister.CIFCNTSEQ, 0)
    frame(rig, 2)
    expect(rig.bursts).toEqual([])
    expect(rig.state('capture')).toBe('armed')
  })

  /** Goal: the switch that makes tearing possible. Method: change the slot's address after the first line. */
  for (const shadowRegisters of [true, false]) {
    test(`an address written within a frame counts ${shadowRegisters ? 'from the next one on' : 'at once'} (shadowRegisters ${shadowRegisters})`, () => {
      const features = { ...defaultFeatures, shadowRegisters }
      const { rig } = armed({ width: 64, height: 2, format: 'yuyv', fimc: { features } })
      rig.tick()
      rig.tick()
      rig.settle()
      rig.write(outputAddress(0, 0), 0x28000000)
      rig.tick()
      rig.settle()
      const second = shadowRegisters ? slotBase(0) + 128 : 0x28000000 + 128
      expect(rig.bursts.map((burst) => burst.addr)).toEqual([slotBase(0), second])
    })
  }
})

describe('overflow', () => {
  test('drops the frame, sets the bit, keeps the slot and never holds the video up', () => {
    const { rig } = armed({ width: 64, height: 16, format: 'yuyv' })
    rig.write(fimcRegister.CIGCTRL, cigctrl.IRQ_LEVEL | cigctrl.IRQ_ENABLE | cigctrl.IRQ_OVFEN)
    for (let step = 0; step < 17; step++) {
      rig.tick()
      while (rig.progress()); // the bus answers nothing
    }
    expect(rig.events('frame.end')).toEqual([{ type: 'frame.end', device: 'fimc0', frame: 0, slot: 0, ok: false }])
    expect(rig.read(fimcRegister.CISTATUS) & cistatus.OVFIY).not.toBe(0)
    expect(rig.interrupt).toBe(true)
    rig.write(fimcRegister.CIWDOFST, ciwdofst.CLROVFIY)
    expect(rig.read(fimcRegister.CISTATUS) & cistatus.OVFIY).toBe(0)
    frame(rig, 16)
    expect(rig.events('frame.end')).toEqual([{ type: 'frame.end', device: 'fimc0', frame: 1, slot: 0, ok: true }])
  })

  test('a frame that begins while the one before still drains is left out', () => {
    const { rig } = armed({ width: 64, height: 2, format: 'yuyv' })
    for (let step = 0; step < 3; step++) rig.tick() // whole frame, nothing written
    expect(rig.state('capture')).toEqual({ active: 'ending' })
    for (let step = 0; step < 3; step++) rig.tick()
    rig.settle()
    expect(rig.events('frame.end').map((end) => [end.frame, end.ok])).toEqual([[0, true]])
    frame(rig, 2)
    expect(rig.events('frame.end').map((end) => [end.frame, end.slot])).toEqual([[2, 1]])
  })

  test('a line that is missing spoils the frame', () => {
    const { rig } = armed({ width: 64, height: 2, format: 'yuyv' })
    rig.tick()
    rig.tick()
    rig.offer({ type: 'video.end', frame: 0 } as never)
    expect(rig.events('frame.end').map((end) => end.ok)).toEqual([false])
    expect(rig.interrupt).toBe(false)
  })
})

describe('interrupt', () => {
  const small = { width: 16, height: 2, format: 'yuyv' } as const

  test('is raised when the last write is acknowledged, and lowered by IRQ_CLR', () => {
    const { rig } = armed(small)
    for (let step = 0; step < 3; step++) rig.tick()
    while (rig.progress());
    expect(rig.waiting).toHaveLength(1)
    expect(rig.interrupt).toBe(false)
    rig.answer()
    expect(rig.interrupt).toBe(true)
    expect(rig.read(fimcRegister.CISTATUS) & cistatus.FRAME_END).not.toBe(0)
    rig.write(fimcRegister.CIGCTRL, rig.read(fimcRegister.CIGCTRL) | cigctrl.IRQ_CLR)
    expect(rig.interrupt).toBe(false)
    expect(rig.read(fimcRegister.CIGCTRL) & cigctrl.IRQ_CLR).toBe(0)
  })

  test('waits while it is disabled', () => {
    const { rig } = armed(small)
    rig.write(fimcRegister.CIGCTRL, 0)
    frame(rig, 2)
    expect(rig.interrupt).toBe(false)
    rig.write(fimcRegister.CIGCTRL, cigctrl.IRQ_ENABLE)
    expect(rig.interrupt).toBe(true)
  })

  test('comes at the frame start where the engine is built so, and at the end too when IRQ_END asks', () => {
    const { rig } = armed({ ...small, fimc: { irqAtFrameEnd: false } })
    const clear = (extra = 0) => rig.write(fimcRegister.CIGCTRL, cigctrl.IRQ_ENABLE | cigctrl.IRQ_CLR | extra)
    rig.tick()
    expect(rig.interrupt).toBe(true)
    clear()
    rig.tick()
    rig.tick()
    rig.settle()
    expect(rig.interrupt).toBe(false)
    clear(cigctrl.IRQ_END)
    rig.tick()
    clear(cigctrl.IRQ_END)
    rig.tick()
    rig.tick()
    rig.settle()
    expect(rig.interrupt).toBe(true)
  })

  test('a write that ends in an error is not noticed by the engine, but the frame is reported as bad', () => {
    const { rig } = armed(small)
    for (let step = 0; step < 3; step++) rig.tick()
    while (rig.progress());
    rig.answer(0, false)
    expect(rig.interrupt).toBe(true)
    expect(rig.events('frame.end').map((end) => end.ok)).toEqual([false])
  })
})

describe('stop', () => {
  const small = { width: 16, height: 2, format: 'yuyv' } as const

  test('takes effect at the end of the frame', () => {
    const { rig } = armed(small)
    rig.tick()
    rig.tick()
    rig.write(fimcRegister.CIIMGCPT, 0)
    expect(rig.state('capture')).toEqual({ active: 'stopping' })
    rig.tick()
    rig.settle()
    expect(rig.state('capture')).toBe('off')
    expect(rig.events('frame.end').map((end) => end.ok)).toEqual([true])
    expect(rig.read(fimcRegister.CISTATUS) & cistatus.LASTCAPT_END).not.toBe(0)
    frame(rig, 2)
    expect(rig.events('frame.start')).toHaveLength(1)
  })

  test('between frames is immediate; LASTIRQ interrupts for it', () => {
    for (const lastIrq of [0, cioctrl.LASTIRQ_ENABLE]) {
      const { rig } = armed(small)
      rig.write(fimcRegister.CIOCTRL, cioctrl.ORDER422_YCBYCR | lastIrq)
      rig.write(fimcRegister.CIIMGCPT, 0)
      expect(rig.state('capture')).toBe('off')
      expect(rig.interrupt).toBe(lastIrq !== 0)
    }
  })

  test('can be taken back within the frame', () => {
    const { rig } = armed(small)
    rig.tick()
    rig.write(fimcRegister.CIIMGCPT, 0)
    rig.write(fimcRegister.CIIMGCPT, enable)
    rig.tick()
    rig.tick()
    rig.settle()
    expect(rig.state('capture')).toBe('armed')
  })

  test('reset is immediate, but writes on the bus still land', () => {
    const { rig } = armed({ width: 64, height: 2, format: 'yuyv' })
    rig.tick()
    rig.tick()
    while (rig.progress());
    rig.write(fimcRegister.CIGCTRL, cigctrl.SWRST | cigctrl.IRQ_LEVEL)
    expect(rig.events('frame.end').map((end) => end.ok)).toEqual([false])
    expect(rig.write(fimcRegister.CIIMGCPT, enable)).toBe(true)
    expect(rig.read(fimcRegister.CIIMGCPT)).toBe(0)
    expect(rig.waiting).toHaveLength(1)
    rig.write(fimcRegister.CIGCTRL, 0)
    rig.write(fimcRegister.CIIMGCPT, enable)
    rig.write(outputAddress(0, 0), slotBase(3))
    rig.tick() // the rest of the old frame
    frame(rig, 2)
    expect(rig.bursts[0]?.addr).toBe(slotBase(0))
    expect(rig.events('frame.end')).toEqual([{ type: 'frame.end', device: 'fimc0', frame: 1, slot: 0, ok: true }])
    expect(rig.context.writeTxns).toEqual([0, 0, 0, 0])
  })
})

describe('a write that needs what the model lacks is answered with an error', () => {
  const cases: readonly (readonly [string, number, number])[] = [
    ['three planes', fimcRegister.CIOCTRL, 0],
    ['another size than the source', fimcRegister.CITRGFMT, (64 << 16) | 32],
    ['a larger whole picture', fimcRegister.ORGOSIZE, (96 << 16) | 64],
    ['rotation', fimcRegister.CITRGFMT, (1 << 13) | (64 << 16) | 48],
    ['another order of the source', fimcRegister.CISRCFMT, (1 << 14) | (64 << 16) | 48],
    ['an effect', 0xd0, 1 << 30],
    ['a window of the source', fimcRegister.CIWDOFST, (ciwdofst.OFF_EN | (2 << 16)) >>> 0],
  ]
  for (const [what, offset, value] of cases) {
    test(what, () => {
      const rig = new Rig({ fimc: { ...defaultFimcConfig, size: { width: 64, height: 48 } } })
      expect(rig.write(offset, value)).toBe(true)
      expect(rig.write(fimcRegister.CIIMGCPT, enable)).toBe(false)
      expect(rig.state('capture')).toBe('off')
      expect(rig.read(fimcRegister.CIIMGCPT)).toBe(0)
    })
  }
})
