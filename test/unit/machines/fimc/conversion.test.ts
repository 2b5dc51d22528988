/** Unit | FIMC memory to memory: bytes read through the bus, converted, written; one frame for each ENVID. */

import { describe, expect, test } from 'vitest'
import type { FormatName } from '../../../../machines/fimc/formats.ts'
import { defaultFimcConfig } from '../../../../machines/fimc/machine.ts'
import {
  cigctrl,
  ciimgcpt,
  cioctrl,
  citrgfmt,
  fimcRegister,
  inputAddress,
  msctrl,
  outputAddress,
} from '../../../../machines/fimc/regs.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { prngFor, seed } from '../../../support/seed.ts'
import { fromYuyv, toYuyv } from './expected.ts'
import { Rig } from './rig.ts'

const source = 0x24000000
const target = 0x20000000
const start = msctrl.INPUT_MEMORY | msctrl.ENVID

const inputWords: Readonly<Record<string, number>> = {
  yuyv: msctrl.INFORMAT_YCBCR422_1P,
  nv12: msctrl.INFORMAT_YCBCR420 | msctrl.C_INT_IN_2PLANE,
  rgb565: msctrl.INFORMAT_RGB,
}
const outputWords: Readonly<Record<string, readonly [number, number]>> = {
  yuyv: [citrgfmt.YCBCR422_1P, cioctrl.ORDER422_YCBYCR],
  nv12: [citrgfmt.YCBCR420, cioctrl.YCBCR_2PLANE],
  rgb565: [citrgfmt.RGB, cioctrl.RGB565],
}

function noise(bytes: number, label: string): Uint8Array {
  const prng = prngFor(label)
  return Uint8Array.from({ length: bytes }, () => prng.below(256))
}

function load(rig: Rig, address: number, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 4) {
    const word = [0, 1, 2, 3].reduce((sum, part) => sum | ((bytes[i + part] ?? 0) << (part * 8)), 0)
    rig.memory.set(address + i, word)
  }
}

/** A FIMC programmed through its registers as a driver does, picture in memory. */
function ready(from: FormatName, to: FormatName, width: number, height: number, picture: Uint8Array): Rig {
  const rig = new Rig({ fimc: { ...defaultFimcConfig, size: { width, height }, format: 'yuyv' } })
  load(rig, source, picture)
  const [format, control] = outputWords[to] as readonly [number, number]
  rig.write(fimcRegister.CITRGFMT, format | (width << 16) | height)
  rig.write(fimcRegister.CIOCTRL, control)
  rig.write(fimcRegister.CIGCTRL, cigctrl.IRQ_ENABLE | cigctrl.IRQ_LEVEL)
  for (let slot = 0; slot < 4; slot++) {
    rig.write(outputAddress(0, slot), target)
    rig.write(outputAddress(1, slot), target + width * height)
  }
  rig.write(inputAddress(0), source)
  rig.write(inputAddress(1), source + width * height)
  expect(rig.write(fimcRegister.MSCTRL, (inputWords[from] as number) | start)).toBe(true)
  return rig
}

/** YUYV of the source, except that RGB565 to RGB565 has no colour conversion at all. */
function expected(from: FormatName, to: FormatName, width: number, height: number, picture: Uint8Array): Uint8Array {
  if (from === to && from === 'rgb565') return picture
  return fromYuyv(toYuyv(picture, width, height, from), width, height, to)
}

describe(`converted bytes are the test's own conversion, seed ${seed}`, () => {
  for (const from of ['yuyv', 'nv12', 'rgb565'] as const) {
    for (const to of ['yuyv', 'nv12', 'rgb565'] as const) {
      for (const [width, height] of [
        [16, 4],
        [66, 6],
        [642, 4],
      ] as const) {
        test(`${from} to ${to}, ${width} x ${height}`, () => {
          // The chroma plane of NV12 may end in half a word, so the source has the padding too.
          const bytes = from === 'nv12' ? Math.ceil((width * height * 1.5) / 4) * 4 : width * height * 2
          const picture = noise(bytes, `${from} ${width}`)
          const rig = ready(from, to, width, height, picture)
          const prng = prngFor('order of answers')
          rig.settle((count) => prng.below(count))
          const wanted = expected(from, to, width, height, picture)
          expect(rig.bytes(target, wanted.length)).toEqual(wanted)
          expect(rig.events('frame.end')).toEqual([{ type: 'frame.end', device: 'fimc0', frame: 0, slot: 0, ok: true }])
          expect(rig.interrupt).toBe(true)
          expect(rig.read(fimcRegister.MSCTRL) & msctrl.ENVID).toBe(0)
        })
      }
    }
  }

  test('tokens on litmus go through unchanged', () => {
    const size = { width: 4, height: 1 }
    const rig = new Rig({ fimc: { ...defaultFimcConfig, geometry: litmus, size, format: 'raw', outstandingWrites: 1 } })
    load(rig, source, Uint8Array.of(9, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 6, 0, 0, 0))
    rig.write(inputAddress(0), source)
    rig.write(outputAddress(0, 0), target)
    rig.write(fimcRegister.MSCTRL, start)
    rig.settle()
    expect([0, 4, 8, 12].map((offset) => rig.memory.get(target + offset))).toEqual([9, 8, 7, 6])
  })
})

describe('a conversion', () => {
  const picture = noise(16 * 4 * 2, 'picture')

  test('is done once for each ENVID, and rotates the slots', () => {
    const rig = ready('yuyv', 'yuyv', 16, 4, picture)
    rig.write(fimcRegister.MSCTRL, (inputWords.yuyv as number) | start) // ignored: one is running
    rig.settle()
    expect(rig.events('frame.end')).toHaveLength(1)
    rig.write(fimcRegister.MSCTRL, (inputWords.yuyv as number) | start)
    rig.settle()
    expect(rig.events('frame.end').map((end) => [end.frame, end.slot])).toEqual([[1, 1]])
  })

  test('reads a row only when the FIFO has room for its line', () => {
    const rig = ready('yuyv', 'yuyv', 66, 40, noise(66 * 40 * 2, 'picture'))
    // Reads are answered, writes are not.
    for (;;) {
      while (rig.progress());
      const read = rig.waiting.findIndex((request) => request.type === 'read.req')
      if (read < 0) break
      rig.answer(read)
    }
    expect(rig.context.frame.lines).toBeLessThan(40)
    rig.settle()
    expect(rig.events('frame.end').map((end) => end.ok)).toEqual([true])
  })

  test('takes no camera frame meanwhile, and ends in capture if that was enabled meanwhile', () => {
    const rig = ready('yuyv', 'yuyv', 16, 4, picture)
    rig.offer({ type: 'video.start', frame: 0 } as never)
    expect(rig.events('frame.start')).toHaveLength(1)
    rig.write(fimcRegister.MSCTRL, inputWords.yuyv as number)
    rig.write(fimcRegister.CIIMGCPT, ciimgcpt.IMGCPTEN)
    rig.settle()
    expect(rig.state('capture')).toBe('armed')
  })

  test('with a failing read is reported as bad; with an unknown input format it is refused', () => {
    const rig = ready('yuyv', 'yuyv', 16, 4, picture)
    rig.progress()
    rig.answer(0, false)
    rig.settle()
    expect(rig.events('frame.end').map((end) => end.ok)).toEqual([false])
    expect(rig.write(fimcRegister.MSCTRL, msctrl.INFORMAT_YCBCR420 | start)).toBe(false)
    expect(rig.state('capture')).toBe('off')
  })

  test('given up by reset takes no late answer for its own', () => {
    const rig = ready('yuyv', 'yuyv', 16, 4, picture)
    rig.progress()
    const [late] = rig.waiting
    rig.write(fimcRegister.CIGCTRL, cigctrl.SWRST)
    rig.write(fimcRegister.CIGCTRL, cigctrl.IRQ_ENABLE)
    rig.write(inputAddress(0), source)
    rig.write(outputAddress(0, 0), target)
    rig.write(fimcRegister.MSCTRL, (inputWords.yuyv as number) | start)
    rig.progress()
    expect(rig.waiting.map((request) => request.txn)).toEqual([4, 5])
    expect(late?.txn).toBe(4)
    rig.settle()
    expect(rig.bytes(target, picture.length)).toEqual(picture)
    expect(rig.context.readTxns).toEqual([0, 0])
  })
})
