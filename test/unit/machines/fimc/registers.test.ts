/** Unit | FIMC registers: offsets as the Linux header has them, reset, read-back, reserved space. */

import { describe, expect, test } from 'vitest'
import { defaultFimcConfig } from '../../../../machines/fimc/machine.ts'
import {
  cigctrl,
  cistatus,
  citrgfmt,
  fimcRegister,
  inputAddress,
  outputAddress,
} from '../../../../machines/fimc/regs.ts'
import { Rig } from './rig.ts'

describe('offsets', () => {
  test('of the address slots', () => {
    expect([0, 3].map((slot) => outputAddress(0, slot))).toEqual([0x18, 0x24])
    expect([0, 3].map((slot) => outputAddress(1, slot))).toEqual([0x28, 0x34])
    expect([0, 3].map((slot) => outputAddress(2, slot))).toEqual([0x38, 0x44])
    expect([4, 31].map((slot) => outputAddress(0, slot))).toEqual([0x200, 0x26c])
    expect([4, 31].map((slot) => outputAddress(1, slot))).toEqual([0x270, 0x2dc])
    expect([4, 31].map((slot) => outputAddress(2, slot))).toEqual([0x2e0, 0x34c])
    expect(([0, 1, 2] as const).map(inputAddress)).toEqual([0xd4, 0xd8, 0xdc])
  })

  test('no two registers share one', () => {
    const all = [...Object.values(fimcRegister), ...([0, 1, 2] as const).map(inputAddress)]
    for (const plane of [0, 1, 2] as const) for (let slot = 0; slot < 32; slot++) all.push(outputAddress(plane, slot))
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('accesses', () => {
  test('reset values describe the configured picture', () => {
    const rig = new Rig({ fimc: defaultFimcConfig })
    expect(rig.read(fimcRegister.CITRGFMT)).toBe(citrgfmt.YCBCR420 | (640 << 16) | 480)
    expect(rig.read(fimcRegister.ORGOSIZE)).toBe((480 << 16) | 640)
    expect(rig.read(fimcRegister.CIFCNTSEQ)).toBe(0xf)
    expect(rig.read(fimcRegister.CISTATUS)).toBe(0)
  })

  test('addresses are whole words; reserved space reads as 0', () => {
    const rig = new Rig({ fimc: defaultFimcConfig })
    rig.write(outputAddress(0, 1), 0xf0000007)
    expect(rig.read(outputAddress(0, 1))).toBe(0xf0000004)
    rig.write(inputAddress(1), 0x80000003)
    expect(rig.read(inputAddress(1))).toBe(0x80000000)
    expect(rig.write(0x7c, 5)).toBe(true)
    expect(rig.read(0x7c)).toBe(0)
    expect(rig.write(outputAddress(0, 9), 4)).toBe(true) // a slot that this geometry does not use
    expect(rig.read(outputAddress(0, 9))).toBe(0)
  })

  test('status registers cannot be written, except that FRAME_END is cleared by a 0', () => {
    const rig = new Rig({ fimc: defaultFimcConfig })
    rig.write(fimcRegister.CISTATUS, 0xffffffff)
    rig.write(fimcRegister.CISTATUS2, 0xffffffff)
    expect(rig.read(fimcRegister.CISTATUS)).toBe(0)
    expect(rig.read(fimcRegister.CISTATUS2)).toBe(0)
    rig.context.status |= cistatus.FRAME_END
    rig.write(fimcRegister.CISTATUS, cistatus.FRAME_END)
    expect(rig.read(fimcRegister.CISTATUS)).toBe(cistatus.FRAME_END)
    rig.write(fimcRegister.CISTATUS, 0)
    expect(rig.read(fimcRegister.CISTATUS)).toBe(0)
  })

  /** Method: the sequence of fimc_hw_reset in Linux v3.6. */
  test("the driver's reset sequence", () => {
    const rig = new Rig({ fimc: defaultFimcConfig })
    rig.write(outputAddress(0, 0), 0x1000)
    rig.write(fimcRegister.CIGCTRL, rig.read(fimcRegister.CIGCTRL) | cigctrl.SWRST | cigctrl.IRQ_LEVEL)
    expect(rig.state('capture')).toBe('reset')
    const held = rig.read(fimcRegister.CIGCTRL)
    expect(held).toBe((cigctrl.SWRST | cigctrl.IRQ_LEVEL) >>> 0)
    rig.write(fimcRegister.CIGCTRL, held & ~cigctrl.SWRST)
    rig.write(fimcRegister.CIFCNTSEQ, 0xf)
    expect(rig.state('capture')).toBe('off')
    expect(rig.read(outputAddress(0, 0))).toBe(0)
  })
})
