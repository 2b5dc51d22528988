/** Test generators | messages for FIMC: plausible ones that reach every state, and hostile ones at any moment. */

import { defaultFeatures } from '../../machines/features.ts'
import { defaultFimcConfig, type FimcConfig, type FimcContext } from '../../machines/fimc/machine.ts'
import { value as registerValue } from '../../machines/fimc/registers.ts'
import {
  cigctrl,
  ciimgcpt,
  cioctrl,
  ciscctrl,
  citrgfmt,
  ciwdofst,
  fimcRegister,
  inputAddress,
  msctrl,
  outputAddress,
  plainRegisters,
} from '../../machines/fimc/regs.ts'
import { txnFree } from '../../machines/fimc/types.ts'
import { board, litmus } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

const small = { ...defaultFimcConfig, outstandingWrites: 2, burstCycles: 1 }

/** Both geometries; formats, a FIFO that overflows, interrupts at frame start, and registers without shadows. */
export const configs: Readonly<Record<string, FimcConfig>> = {
  litmus: { ...small, geometry: litmus, size: { width: 4, height: 1 }, format: 'raw', fifoLines: 2 },
  'litmus, overflowing': { ...small, geometry: litmus, size: { width: 4, height: 3 }, format: 'raw', fifoLines: 1 },
  'board, NV12': { ...small, geometry: { ...board, burstBytes: 16 }, size: { width: 18, height: 4 }, fifoLines: 2 },
  'board, RGB565 without shadows, interrupt at frame start': {
    ...small,
    geometry: { ...board, burstBytes: 16 },
    features: { ...defaultFeatures, shadowRegisters: false },
    size: { width: 8, height: 2 },
    format: 'rgb565',
    fifoLines: 1,
    irqAtFrameEnd: false,
  },
}

interface Present {
  readonly value: unknown
  readonly context: FimcContext
}

/** A generator for one configuration. */
export function generator(config: FimcConfig): (prng: Prng, present: Present) => Message {
  return (prng, present) => {
    const kind = prng.below(16)
    if (kind < 3) return videoMessage(prng, config, present)
    if (kind < 7) return { type: prng.chance(2, 3) ? 'burst.issue' : 'read.issue', value: 0 } as Message
    if (kind < 11) return answer(prng, config, present)
    if (kind === 11)
      return { type: 'reg.read.req', from: 'cpu0', txn: prng.below(2), addr: anyAddress(prng, config) } as Message
    return write(prng, config, controlWrite(prng, present))
  }
}

function videoMessage(prng: Prng, config: FimcConfig, { context }: Present): Message {
  const { frame } = context
  const words = config.format === 'raw' ? config.size.width : config.size.width / 2
  const id = prng.below(config.geometry.frameIds)
  let type = 'video.start'
  if (frame.active) type = frame.lines < frame.height || prng.chance(1, 3) ? 'video.line' : 'video.end'
  if (prng.chance(1, 12)) type = prng.pick(['video.start', 'video.line', 'video.end'])
  if (type !== 'video.line') return { type, frame: id } as Message
  const length = prng.chance(1, 20) ? prng.below(words * 2) : words
  const data = Array.from({ length }, () => prng.next() | 0)
  return { type, frame: id, line: prng.below(4), data } as Message
}

/** An answer to something outstanding if there is any; sometimes to nothing, or an error. */
function answer(prng: Prng, config: FimcConfig, { context }: Present): Message {
  const ok = !prng.chance(1, 20)
  const reads = context.readTxns.flatMap((state, txn) => (state === txnFree ? [] : [txn]))
  const writes = context.writeTxns.flatMap((state, txn) => (state === txnFree ? [] : [txn]))
  const hostile = prng.chance(1, 20)
  if (reads.length > 0 && prng.chance(1, 2)) {
    const txn = config.outstandingWrites + (hostile ? prng.below(4) - 1 : prng.pick(reads))
    const data = ok ? Array.from({ length: context.input.asked }, () => prng.next() | 0) : []
    return { type: 'read.resp', from: config.id, txn, addr: 0, data, ok } as Message
  }
  if (writes.length > 0 || prng.chance(1, 2)) {
    const txn = hostile || writes.length === 0 ? prng.below(config.outstandingWrites + 2) : prng.pick(writes)
    return { type: 'write.resp', from: config.id, txn, addr: 0, ok } as Message
  }
  return { type: 'read.resp', from: config.id, txn: prng.below(8), addr: 0, data: [], ok } as Message
}

function write(prng: Prng, config: FimcConfig, [offset, value]: readonly [number, number]): Message {
  return { type: 'reg.write.req', from: 'cpu0', txn: prng.below(2), addr: config.base + offset, value } as Message
}

function anyAddress(prng: Prng, config: FimcConfig): number {
  const offset = prng.chance(1, 2) ? prng.pick(Object.values(fimcRegister)) : prng.below(0x120) * 4
  return config.base + offset
}

const enabled = ciimgcpt.IMGCPTEN
const interrupts = cigctrl.IRQ_ENABLE | cigctrl.IRQ_LEVEL

/** Register and value; what a driver would do next is likelier than the rest. */
function controlWrite(prng: Prng, { value, context }: Present): readonly [number, number] {
  const capture = JSON.stringify((value as { capture: unknown }).capture)
  if (capture === '"reset"') return [fimcRegister.CIGCTRL, prng.chance(2, 3) ? interrupts : cigctrl.SWRST]
  const idle = !context.frame.active
  switch (prng.below(idle ? 10 : 14)) {
    case 0:
      return [fimcRegister.CIIMGCPT, prng.pick([enabled, enabled, 0, enabled | ciimgcpt.IMGCPTEN_SC])]
    case 1:
      return [fimcRegister.CISCCTRL, prng.pick([0, ciscctrl.SCALERSTART])]
    case 2:
      return [
        fimcRegister.CIGCTRL,
        prng.pick([interrupts, interrupts | cigctrl.IRQ_CLR, interrupts, 0, cigctrl.IRQ_OVFEN | interrupts]),
      ]
    case 3:
      return [fimcRegister.CIOCTRL, prng.pick([0, cioctrl.LASTIRQ_ENABLE]) | prng.pick([cioctrl.YCBCR_2PLANE, 3, 0])]
    case 4:
      return memoryControl(prng)
    case 5:
      return [fimcRegister.CITRGFMT, formatWord(prng, context)]
    case 6:
      return [outputAddress(prng.pick([0, 1, 2]), prng.below(5)), prng.next()]
    case 7:
      return [inputAddress(prng.pick([0, 1, 2])), prng.next()]
    case 8:
      return [fimcRegister.CIFCNTSEQ, prng.chance(1, 4) ? 0 : prng.below(16)]
    case 9:
      return rareWrite(prng, context)
    default:
      return prng.chance(1, 3) ? [fimcRegister.CIIMGCPT, prng.pick([0, enabled])] : [fimcRegister.CIWDOFST, prng.next()]
  }
}

function memoryControl(prng: Prng): readonly [number, number] {
  const input = prng.pick([
    msctrl.INFORMAT_YCBCR420 | msctrl.C_INT_IN_2PLANE,
    msctrl.INFORMAT_YCBCR422_1P,
    msctrl.INFORMAT_RGB,
    msctrl.INFORMAT_YCBCR420,
  ])
  const run = prng.pick([
    0,
    0,
    msctrl.INPUT_MEMORY,
    msctrl.INPUT_MEMORY | msctrl.ENVID,
    msctrl.INPUT_MEMORY | msctrl.ENVID,
  ])
  return [fimcRegister.MSCTRL, input | run]
}

/** Mostly the size that is there, with any of the formats. */
function formatWord(prng: Prng, context: FimcContext): number {
  const size = (registerValue(context, fimcRegister.CITRGFMT) & citrgfmt.SIZE_MASK) >>> 0
  const format = prng.pick([citrgfmt.YCBCR420, citrgfmt.YCBCR422_1P, citrgfmt.RGB])
  return (prng.chance(1, 12) ? prng.next() : size | format) >>> 0
}

function rareWrite(prng: Prng, context: FimcContext): readonly [number, number] {
  if (prng.chance(1, 4)) return [fimcRegister.CIGCTRL, cigctrl.SWRST]
  if (prng.chance(1, 3)) return [fimcRegister.CIGCTRL, prng.next() & ~cigctrl.SWRST]
  if (prng.chance(1, 2)) return [prng.pick([fimcRegister.CISTATUS, fimcRegister.CISTATUS2, 0x7c]), prng.next()]
  if (prng.chance(1, 2)) return [prng.pick(Object.values(plainRegisters)), prng.chance(1, 4) ? prng.next() : 0]
  const clear = ciwdofst.CLROVFIY | ciwdofst.CLROVFICB
  return [fimcRegister.CIWDOFST, context.status === 0 ? prng.next() : clear]
}
