/** Scenario | the code that the memory-to-memory scenarios share: buffers, set-up, doorbell, completion. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { planeWords, sourceWords } from '../../machines/fimc/formats.ts'
import {
  cigctrl,
  ciimgcpt,
  cisrcfmt,
  fimcRegister,
  inputAddress,
  msctrl,
  outputAddress,
} from '../../machines/fimc/regs.ts'
import { type MemoryRange, memoryMap } from '../../machines/geometry.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { alignUp } from '../base/bits.ts'
import { linearVa } from '../dma/addresses.ts'
import type { Mapping } from '../dma/api.ts'
import type { Assembler } from '../dma/assembler.ts'
import { add, and, eq, ne } from '../dma/operands.ts'
import { sysmmuReg } from '../dma/sysmmu-driver.ts'
import { clocked } from '../dma/sysmmu-supply.ts'
import type { Direction } from '../dma/types.ts'
import type { OracleName } from '../oracle/index.ts'
import type { CoreCode, ProgramContext } from './build.ts'
import { configureOutput } from './fimc-driver.ts'
import type { Defaults, LitmusDefaults, Parameters } from './scenario.ts'

// One conversion as in torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-m2m.c `fimc_device_run`: addresses, one
// output slot, ENVID. The input is packed YUYV, or value tokens on `litmus`.

export const conversionDefaults: { readonly litmus: LitmusDefaults; readonly board: Defaults } = {
  // The target.
  litmus: { frames: 2, width: 2, height: 1, format: 'raw', source: 'pictures', disturbedLines: [0x60] },
  board: { frames: 2, width: 64, height: 48, format: 'rgb565', source: 'pictures' },
}

const { fimc0 } = memoryMap

/** A register of the engine whose window is that one. */
const fimc = (register: keyof typeof fimcRegister, { base }: MemoryRange = fimc0): number =>
  base + fimcRegister[register]

/** Bytes of a source and of a converted picture. */
export function conversionBytes(parameters: Parameters): { readonly source: number; readonly target: number } {
  const { width, height, format } = parameters
  return {
    source: sourceWords(format === 'raw' ? 'raw' : 'yuyv', width) * height * 4,
    target: planeWords(format, parameters).reduce((sum, words) => sum + words * 4, 0),
  }
}

/** Reset, sizes and formats; completion is polled, so interrupts stay off. @param engine its window: FIMC0's unless given */
export function configureConversion(asm: Assembler, parameters: Parameters, engine: MemoryRange = fimc0): void {
  const { width, height } = parameters
  const size = ((height << 16) | width) >>> 0
  const write = (register: keyof typeof fimcRegister, value: number) => asm.mmioWrite(fimc(register, engine), value)
  asm.step('configure FIMC', () => {
    write('CIGCTRL', (cigctrl.SWRST | cigctrl.IRQ_LEVEL) >>> 0)
    write('CIGCTRL', cigctrl.IRQ_LEVEL)
    write('CISRCFMT', (cisrcfmt.ITU601_8BIT | (width << 16) | height) >>> 0)
    write('ORGISIZE', size)
    write('CIREAL_ISIZE', size)
    write('ORGOSIZE', size)
    configureOutput(asm, parameters, engine)
    write('CIFCNTSEQ', 1)
    write('CIIMGCPT', ciimgcpt.IMGCPTEN >>> 0)
  })
}

/** Tells FIMC where source and target are. */
export function setAddresses(
  asm: Assembler,
  parameters: Parameters,
  source: Operand,
  target: Operand,
  { base }: MemoryRange = fimc0,
): void {
  const planes = planeWords(parameters.format, parameters)
  let offset = 0
  asm.step('set addresses', () => {
    asm.mmioWrite(base + inputAddress(0), source)
    planes.forEach((words, plane) => {
      asm.mmioWrite(base + outputAddress(plane as 0 | 1 | 2, 0), add(target, offset))
      offset += words * 4
    })
  })
}

/** A buffer as the device finds it. */
export interface DeviceBuffer {
  readonly handle: Operand
  readonly bytes: Operand
}

/** A buffer as the CPU finds it, too. */
export interface ConversionBuffer extends DeviceBuffer {
  readonly va: Operand
}

/** What a conversion reads and what it writes. */
export interface ConversionBuffers<Buffer extends DeviceBuffer = DeviceBuffer> {
  readonly source: Buffer
  readonly target: Buffer
}

/** How most programs begin: attached, FIMC set up. Returns the bytes of a source and of a converted picture. */
export function beginConversions({ asm, dma, parameters }: ProgramContext): ReturnType<typeof conversionBytes> {
  dma.attach()
  configureConversion(asm, parameters)
  return conversionBytes(parameters)
}

/** Starts a conversion and waits for its end; the buffers are the device's in between. */
export function convert(asm: Assembler, buffers: ConversionBuffers, engine: MemoryRange = fimc0): void {
  ringDoorbell(asm, buffers, engine)
  waitForConversion(asm, buffers, { engine })
}

/** Starts a conversion. The barrier before the doorbell puts what the CPU stored into memory. */
export function ringDoorbell(asm: Assembler, { source, target }: ConversionBuffers, engine: MemoryRange = fimc0): void {
  markQueued(asm, source.handle, source.bytes)
  markQueued(asm, target.handle, target.bytes)
  asm.step('doorbell', () => {
    asm.step('barrier', () => asm.wmb())
    asm.mmioWrite(fimc('MSCTRL', engine), msctrl.INPUT_MEMORY | msctrl.INFORMAT_YCBCR422_1P | msctrl.ENVID)
  })
}

/**
 * Polls until the conversion has ended: its last write has been acknowledged. @param pollsMax gives the wait up after so many
 * looks; the program believes all the same that the device is done.
 */
export function waitForConversion(
  asm: Assembler,
  { source, target }: ConversionBuffers,
  { pollsMax, engine = fimc0 }: { readonly pollsMax?: number | undefined; readonly engine?: MemoryRange } = {},
): void {
  asm.step('wait for conversion', () => {
    asm.poll({
      read: () => asm.mmioRead(fimc('MSCTRL', engine)),
      until: (control) => eq(and(control, msctrl.ENVID), 0),
      ...(pollsMax === undefined ? {} : { bound: pollsMax }),
    })
    asm.dmb()
  })
  // Not part of the wait: a program that leaves the wait out believes all the same that the device is done.
  markDone(asm, source.handle, source.bytes)
  markDone(asm, target.handle, target.bytes)
}

/**
 * Polls until the conversion has ended, or its SYSMMU has met a fault: then the device stands still, and waiting for it would
 * never end.
 */
export function waitForEndOrFault({ asm, dma }: ProgramContext): void {
  asm.step('wait for end or fault', () => {
    asm.forever((leave) =>
      asm.scope(() => {
        const status = asm.temp()
        const read = () => clocked(asm, dma.env, () => asm.mmioRead(sysmmuReg(dma.env, 'intStatus'), status))
        // Whoever holds the lock may be about to switch the clock off.
        if (dma.env.device.mmu?.supply.clock) asm.lock('sysmmu', read)
        else read()
        asm.if(ne(status, 0), leave)
        asm.scope(() => asm.if(eq(and(asm.mmioRead(fimc('MSCTRL')), msctrl.ENVID), 0), leave))
      }),
    )
    asm.dmb()
  })
}

/** A picture of eight bands, a different one for each conversion; value tokens on `litmus`. */
export function storePicture(asm: Assembler, parameters: Parameters, va: Operand, index: Operand): void {
  const bands = parameters.format === 'raw' ? 1 : 8
  const bandBytes = conversionBytes(parameters).source / bands
  asm.step('store picture', () => {
    for (let band = 0; band < bands; band++) {
      // Y0 Cb Y1 Cr, or a token that no other conversion uses.
      const word = parameters.format === 'raw' ? 0x11 : (0x80308030 + band * 0x18081808) >>> 0
      asm.storeRange(add(va, band * bandBytes), bandBytes, add(word, index))
    }
  })
}

/** Pages of the kernel and their streaming mapping. */
export interface StreamingBuffer extends ConversionBuffer {
  readonly mapping: Mapping
  readonly free: () => void
}

/** What a driver has to ask about every mapping; here it cannot fail. */
export function assertMapped({ asm, dma }: Pick<ProgramContext, 'asm' | 'dma'>, mapping: Mapping): void {
  asm.scope(() => asm.assert(eq(dma.mappingError(mapping.handle), 0), 'the mapping succeeded'))
}

/** A buffer stays mapped at the end on purpose: the device may still use it. */
export function keepMapped(asm: Assembler): void {
  for (const what of ['mapping', 'io address', 'page']) asm.mark('expect-kept', { what: { text: what } })
}

/** Allocates pages, lets `fill` store into them, and maps them. */
export function streamingBuffer(
  { asm, dma }: ProgramContext,
  bytes: number,
  direction: Direction,
  fill: (va: Operand) => void = () => {},
): StreamingBuffer {
  const { geometry } = dma.env
  const size = alignUp(bytes, geometry.pageBytes)
  const [page] = asm.call('page.alloc', [size, pageOwners.indexOf('kernel')])
  const va = linearVa(geometry, page)
  fill(va)
  const mapping = dma.mapSingle({ va, bytes, direction })
  assertMapped({ asm, dma }, mapping)
  return { va, handle: mapping.handle, bytes, mapping, free: () => asm.perform('page.free', [page, size]) }
}

/** Source and target in new streaming mappings, and their addresses in FIMC. `fill` stores into the source before it is mapped. */
export function streamingBuffers(
  context: ProgramContext,
  fill?: (va: Operand) => void,
): ConversionBuffers<StreamingBuffer> {
  const { asm, parameters } = context
  const bytes = conversionBytes(parameters)
  const source = streamingBuffer(context, bytes.source, 'to-device', fill)
  const target = streamingBuffer(context, bytes.target, 'from-device')
  setAddresses(asm, parameters, source.handle, target.handle)
  return { source, target }
}

/** The device may use the buffer from now on. For programs that do not start conversions by the functions above. */
export function markQueued(asm: Assembler, handle: Operand, bytes: Operand): void {
  asm.mark('buffer.queued', { handle, bytes })
}

/** The software has observed that the device is done with the buffer. See `markQueued`. */
export function markDone(asm: Assembler, handle: Operand, bytes: Operand): void {
  asm.mark('buffer.done', { handle, bytes, slot: 0 })
}

/** The CPU looks at the converted picture. */
export function readPicture(asm: Assembler, { va, handle, bytes }: ConversionBuffer, index: Operand): void {
  asm.step('read picture', () => {
    asm.mark('frame.read', { handle, bytes, index })
    asm.loadRange(va, bytes)
    asm.mark('frame.consumed', { handle, bytes, index })
  })
}

/** Turns FIMC off. Only when nothing is running. */
export function stopConversion({ asm, dma }: Pick<ProgramContext, 'asm' | 'dma'>): void {
  stopEngine(asm)
  if (dma.env.device.mmu) dma.disableMmu()
}

/** The same, but for its SYSMMU. */
export function stopEngine(asm: Assembler, engine: MemoryRange = fimc0): void {
  asm.step('stop FIMC', () => {
    asm.mmioWrite(fimc('CIIMGCPT', engine), 0)
    asm.scope(() => asm.mmioRead(fimc('CISTATUS', engine)))
  })
}

/** A program that converts so many frames, one after the other, each by `convertOne`. */
export function conversionLoop(convertOne: (context: ProgramContext, index: Operand) => void): CoreCode['main'] {
  return (context) => {
    const { asm, parameters } = context
    beginConversions(context)
    asm.times(parameters.frames, (index) => asm.scope(() => convertOne(context, index)))
    stopConversion(context)
  }
}

/** What a translation violates that outlives its mapping: the first, and what may follow from it. */
export const staleTranslation = [
  'iova-unique',
  'live-translation',
  'frame-intact',
  'page-owner',
  'ownership',
  'fresh-load',
  'fresh-dma-read',
] as const satisfies readonly OracleName[]
