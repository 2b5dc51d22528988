/** Fimc | the register file: what a write stores, what a read returns, and what the values switch on. Pure on a context. */

import { type FormatName, type PictureSize, sourceWords } from './formats.ts'
import {
  cigctrl,
  ciimgcpt,
  cioctrl,
  ciscctrl,
  cisrcfmt,
  cistatus,
  cistatus2,
  citrgfmt,
  ciwdofst,
  fimcRegister,
  inputAddress,
  msctrl,
  orgsize,
  outputAddress,
  plainRegisters,
} from './regs.ts'
import type { FimcConfig, FimcContext } from './types.ts'

/** Register offset → index in `values`. */
const indexes: ReadonlyMap<number, number> = new Map(
  [...Object.values(fimcRegister), ...Object.values(plainRegisters)].map((offset, index) => [offset, index]),
)
const planeNumbers = [0, 1, 2] as const

/** The stored value of a plain register, u32. */
export function value(context: FimcContext, offset: number): number {
  return context.values[indexes.get(offset) as number] as number
}

/** Stores a plain register. */
export function setValue(context: FimcContext, offset: number, stored: number): void {
  context.values[indexes.get(offset) as number] = stored >>> 0
}

/** What `offset` would hold after the write of `written` to `target`. */
function valueAfter(context: FimcContext, write: Write, offset: number): number {
  return write.offset === offset ? write.value >>> 0 : value(context, offset)
}

/** A register write: offset from the base and u32 value. */
export interface Write {
  readonly offset: number
  readonly value: number
}

/** Values after reset: the configured picture, every slot in the rotation. HF-270 */
export function resetValues(config: FimcConfig): number[] {
  const { width, height } = config.size
  const values = new Array<number>(indexes.size).fill(0)
  const put = (offset: number, stored: number) => {
    values[indexes.get(offset) as number] = stored >>> 0
  }
  const target = {
    yuyv: citrgfmt.YCBCR422_1P,
    nv12: citrgfmt.YCBCR420,
    rgb565: citrgfmt.RGB,
    raw: 0,
  }[config.format]
  put(fimcRegister.CISRCFMT, ((width << 16) | height) & cisrcfmt.SIZE_MASK)
  put(fimcRegister.CITRGFMT, target | (((width << 16) | height) & citrgfmt.SIZE_MASK))
  put(fimcRegister.CIOCTRL, config.format === 'nv12' ? cioctrl.YCBCR_2PLANE : cioctrl.ORDER422_YCBYCR)
  put(fimcRegister.MSCTRL, msctrl.INFORMAT_YCBCR422_1P)
  put(fimcRegister.ORGISIZE, ((height << 16) | width) & orgsize.SIZE_MASK)
  put(fimcRegister.ORGOSIZE, ((height << 16) | width) & orgsize.SIZE_MASK)
  put(fimcRegister.CIFCNTSEQ, allSlots(config))
  return values
}

function allSlots(config: FimcConfig): number {
  return 2 ** config.geometry.outputSlots - 1
}

/** Index in `outputs` of an address register, or -1. */
export function outputIndex(config: FimcConfig, offset: number): number {
  const slots = config.geometry.outputSlots
  for (const plane of planeNumbers) {
    for (let slot = 0; slot < slots; slot++) {
      if (outputAddress(plane, slot) === offset) return plane * slots + slot
    }
  }
  return -1
}

/** What the CPU reads; reserved offsets read as 0. */
export function readRegister(config: FimcConfig, context: FimcContext, offset: number): number {
  if (offset === fimcRegister.CISTATUS) return statusWord(context)
  if (offset === fimcRegister.CISTATUS2) {
    const present = context.frame.active ? context.frame.slot + 1 : 0
    return (present << cistatus2.PRESENT_SHIFT) | ((context.previous + 1) << cistatus2.PREVIOUS_SHIFT)
  }
  if (indexes.has(offset)) return value(context, offset)
  for (const plane of planeNumbers) if (inputAddress(plane) === offset) return context.inputs[plane] as number
  const index = outputIndex(config, offset)
  return index < 0 ? 0 : (context.outputs[index] as number)
}

function statusWord(context: FimcContext): number {
  const capture = value(context, fimcRegister.CIIMGCPT)
  let word = context.status | (context.frameCount << cistatus.FRAMECNT_SHIFT)
  if (value(context, fimcRegister.CIWDOFST) & ciwdofst.OFF_EN) word |= cistatus.WINOFF_EN
  if (capture & ciimgcpt.IMGCPTEN) word |= cistatus.IMGCPT_EN
  if (capture & ciimgcpt.IMGCPTEN_SC) word |= cistatus.IMGCPT_SCEN
  return word >>> 0
}

/** Stores a write. While reset is held only CIGCTRL can be written; reserved offsets take nothing. */
export function writeRegister(config: FimcConfig, context: FimcContext, write: Write): void {
  const { offset } = write
  const written = write.value >>> 0
  if (offset !== fimcRegister.CIGCTRL && resetHeld(context)) return
  if (offset === fimcRegister.CIGCTRL) {
    if (written & cigctrl.SWRST) resetRegisters(config, context)
    setValue(context, offset, written & ~cigctrl.IRQ_CLR)
  } else if (offset === fimcRegister.CISTATUS) {
    if (!(written & cistatus.FRAME_END)) context.status &= ~cistatus.FRAME_END
  } else if (offset === fimcRegister.CIWDOFST) {
    clearOverflow(context, written)
    setValue(context, offset, written)
  } else if (offset === fimcRegister.MSCTRL && context.frame.active) {
    // A frame in hand is never restarted, so ENVID keeps saying whether that frame comes from memory.
    const running = value(context, offset) & msctrl.ENVID
    setValue(context, offset, (written & ~msctrl.ENVID) | running)
  } else if (offset === fimcRegister.CIFCNTSEQ) {
    setValue(context, offset, written & allSlots(config))
  } else if (offset !== fimcRegister.CISTATUS2 && indexes.has(offset)) {
    setValue(context, offset, written)
  } else {
    writeAddress(config, context, offset, written)
  }
}

function writeAddress(config: FimcConfig, context: FimcContext, offset: number, written: number): void {
  // The engine moves whole words, so the low two bits of an address do not exist. HF-265
  const address = (written & ~3) >>> 0
  for (const plane of planeNumbers) if (inputAddress(plane) === offset) context.inputs[plane] = address
  const index = outputIndex(config, offset)
  if (index >= 0) context.outputs[index] = address
}

function clearOverflow(context: FimcContext, written: number): void {
  if (written & ciwdofst.CLROVFIY) context.status &= ~cistatus.OVFIY
  if (written & ciwdofst.CLROVFICB) context.status &= ~cistatus.OVFICB
  if (written & ciwdofst.CLROVFICR) context.status &= ~cistatus.OVFICR
}

function resetRegisters(config: FimcConfig, context: FimcContext): void {
  context.values = resetValues(config)
  context.outputs.fill(0)
  context.inputs.fill(0)
  context.status = 0
  context.frameCount = 0
  context.previous = -1
  context.lastIrq = false
  context.conversion = 0
}

function resetHeld(context: FimcContext): boolean {
  return (value(context, fimcRegister.CIGCTRL) & cigctrl.SWRST) !== 0
}

/** Whether the write puts the block into reset, or keeps it there. */
export function resets(write: Write): boolean {
  return write.offset === fimcRegister.CIGCTRL && (write.value & cigctrl.SWRST) !== 0
}

/** Whether camera capture is switched on after `write`, on a block that is not in reset. */
export function capturesAfter(context: FimcContext, write: Write): boolean {
  const capture = valueAfter(context, write, fimcRegister.CIIMGCPT)
  if (!(capture & ciimgcpt.IMGCPTEN)) return false
  if (valueAfter(context, write, fimcRegister.MSCTRL) & msctrl.INPUT_MEMORY) return false
  const scaler = valueAfter(context, write, fimcRegister.CISCCTRL)
  return !(capture & ciimgcpt.IMGCPTEN_SC) || (scaler & ciscctrl.SCALERSTART) !== 0
}

/** Whether the write asks for a memory-to-memory frame. */
export function startsConversion(write: Write): boolean {
  const both = msctrl.ENVID | msctrl.INPUT_MEMORY
  return write.offset === fimcRegister.MSCTRL && (write.value & both) === both
}

/**
 * Whether the write is answered with an error, because it would run the engine with something this model does not
 * have: another format or order, scaling, rotation, effects, tiles, offsets into a larger picture.
 */
export function isRefused(config: FimcConfig, context: FimcContext, write: Write): boolean {
  if (resets(write) || resetHeld(context)) return false
  const fromMemory = startsConversion(write)
  if (!fromMemory && !capturesAfter(context, write)) return false
  const source = fromMemory
    ? sizeOfOriginal(valueAfter(context, write, fimcRegister.ORGISIZE))
    : sizeOf(valueAfter(context, write, fimcRegister.CISRCFMT), cisrcfmt.SIZE_MASK)
  const target = sizeOf(valueAfter(context, write, fimcRegister.CITRGFMT), citrgfmt.SIZE_MASK)
  const whole = sizeOfOriginal(valueAfter(context, write, fimcRegister.ORGOSIZE))
  if (!sameSize(source, target) || !sameSize(whole, target)) return true
  const format = outputFormatAfter(config, context, write)
  if (format === '' || hasEffects(context, write) || !fits(config, format, target)) return true
  return fromMemory
    ? inputFormat(config, write.value) === ''
    : (valueAfter(context, write, fimcRegister.CISRCFMT) & cisrcfmt.ORDER422_MASK) !== 0
}

/** Format that the registers select for the written picture, '' for one the model does not have. */
export function outputFormat(config: FimcConfig, context: FimcContext): FormatName | '' {
  return outputFormatAfter(config, context, { offset: -1, value: 0 })
}

function outputFormatAfter(config: FimcConfig, context: FimcContext, write: Write): FormatName | '' {
  if (config.format === 'raw') return 'raw'
  const target = valueAfter(context, write, fimcRegister.CITRGFMT) & citrgfmt.FORMAT_MASK
  const control = valueAfter(context, write, fimcRegister.CIOCTRL)
  if (target === citrgfmt.YCBCR420) {
    return control & cioctrl.YCBCR_2PLANE && !(control & cioctrl.ORDER2P_MASK) ? 'nv12' : ''
  }
  if (target === citrgfmt.YCBCR422_1P) {
    return (control & cioctrl.ORDER422_MASK) === cioctrl.ORDER422_YCBYCR ? 'yuyv' : ''
  }
  return target === citrgfmt.RGB && (control & cioctrl.RGB16_MASK) === cioctrl.RGB565 ? 'rgb565' : ''
}

/** Format that an MSCTRL value selects for the picture in memory, '' for one the model does not have. */
export function inputFormat(config: FimcConfig, control: number): FormatName | '' {
  if (config.format === 'raw') return 'raw'
  if (control & msctrl.FLIP_MASK) return ''
  const format = control & msctrl.INFORMAT_MASK
  if (format === msctrl.INFORMAT_YCBCR420) {
    return control & msctrl.C_INT_IN_2PLANE && !(control & msctrl.ORDER2P_MASK) ? 'nv12' : ''
  }
  if (format === msctrl.INFORMAT_YCBCR422_1P) return control & msctrl.ORDER422_MASK ? '' : 'yuyv'
  return format === msctrl.INFORMAT_RGB ? 'rgb565' : ''
}

/** Size of the written picture. */
export function targetSize(context: FimcContext): PictureSize {
  return sizeOf(value(context, fimcRegister.CITRGFMT), citrgfmt.SIZE_MASK)
}

function sizeOf(word: number, mask: number): PictureSize {
  return { width: (word & mask) >>> 16, height: word & mask & 0xffff }
}

function sizeOfOriginal(word: number): PictureSize {
  return {
    width: word & orgsize.SIZE_MASK & 0xffff,
    height: (word & orgsize.SIZE_MASK) >>> 16,
  }
}

function sameSize(a: PictureSize, b: PictureSize): boolean {
  return a.width === b.width && a.height === b.height
}

function hasEffects(context: FimcContext, write: Write): boolean {
  if (valueAfter(context, write, fimcRegister.CITRGFMT) & citrgfmt.ROTATE_FLIP_MASK) return true
  const window = valueAfter(context, write, fimcRegister.CIWDOFST)
  if (window & ciwdofst.OFF_EN) {
    if (window & (ciwdofst.HOROFF_MASK | ciwdofst.VEROFF_MASK)) return true
    if (valueAfter(context, write, plainRegisters.CIWDOFST2) !== 0) return true
  }
  const { CIIMGEFF, CIDMAPARAM, CIOYOFF, CIOCBOFF, CIOCROFF, CIIYOFF, CIICBOFF, CIICROFF } = plainRegisters
  for (const offset of [CIIMGEFF, CIDMAPARAM, CIOYOFF, CIOCBOFF, CIOCROFF, CIIYOFF, CIICBOFF, CIICROFF]) {
    if (valueAfter(context, write, offset) !== 0) return true
  }
  return false
}

/** Even sizes (whole pixel pairs, whole chroma rows) that the line buffers hold. */
function fits(config: FimcConfig, format: FormatName, size: PictureSize): boolean {
  const { width, height } = size
  if (width === 0 || height === 0) return false
  if (format !== 'raw' && ((width | height) & 1) !== 0) return false
  return sourceWords(format, width) <= sourceWords(config.format, config.size.width)
}
