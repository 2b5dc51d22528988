/** Run | expand: one call of the DMA API on a machine of its own, and every step that it takes, in order. */

import { type Geometry, geometries, memoryMap } from '../../machines/geometry.ts'
import { dmaError, pageOwners } from '../../machines/os/calls.ts'
import { sysmmuCtrl, sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { alignUp } from '../base/bits.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { DmaApi } from '../dma/api.ts'
import { Assembler } from '../dma/assembler.ts'
import { bouncePoolNames } from '../dma/bounce-pools.ts'
import { editions, operations } from '../dma/index.ts'
import { add, ne } from '../dma/operands.ts'
import { dmaPlatform } from '../dma/platform.ts'
import type { Program } from '../dma/program.ts'
import { AssertionFailed, ProgramRunner, type Row } from '../dma/program-runner.ts'
import {
  type BackendName,
  backendNames,
  type Direction,
  type DmaAttribute,
  directionNumbers,
  dmaAttributes,
  type Edition,
  type OpName,
} from '../dma/types.ts'

/** Which call. Names as the user typed them; numbers in bytes. */
export interface ExpandRequest {
  readonly op: string
  readonly edition: Edition
  readonly backend?: string
  readonly direction?: string
  readonly attrs?: readonly string[]
  /** Size of the buffer. Default: a page. */
  readonly bytes?: number
  /** Where the buffer begins in its page. Default 0. */
  readonly offset?: number
  readonly geometry?: string
  /** `cold`: nothing was mapped before, so that there are no level-2 tables. */
  readonly tables?: 'warm' | 'cold'
}

export interface Expansion {
  readonly op: OpName
  readonly backend: BackendName
  readonly edition: string
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  readonly bytes: number
  readonly offset: number
  readonly geometry: 'litmus' | 'board'
  readonly lineBytes: number
  readonly rows: readonly Row[]
  /** What the table of this edition lacks, if the call asked for it. */
  readonly missing?: 'called' | 'skipped'
}

/** Runs the call. Usage errors name what is not known. */
export function expandOperation(request: ExpandRequest): Expansion {
  const op = known('operation', request.op, Object.keys(operations)) as OpName
  const backend = known('backend', request.backend ?? 'iommu', backendNames) as BackendName
  const direction = directionOf(request.direction ?? 'to-device')
  const attrs = (request.attrs ?? []).map((name) => known('attribute', name, dmaAttributes) as DmaAttribute)
  const geometryName = known('geometry', request.geometry ?? 'board', Object.keys(geometries)) as 'litmus' | 'board'
  const geometry = geometries[geometryName]
  const { bytes = geometry.pageBytes, offset = 0, edition, tables = 'warm' } = request
  for (const [name, value, least] of [
    ['bytes', bytes, 1],
    ['offset', offset, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > bytesMax) {
      throw new UsageError(`--${name} must be a whole number from ${least} to ${bytesMax}, not ${value}`)
    }
  }
  const bounces = backend === 'dmabounce' && !op.endsWith('_resource')
  const bench = new Bench(geometry, { backend, bounces }, edition, alignUp(bytes + offset, geometry.pageBytes))
  const call = calls[op]
  const options = { direction, attrs, bytes, offset }
  bench.run((dma) => dma.attach())
  if (tables === 'warm') bench.run((dma) => warm(dma, options))
  const prepared = prepare(bench, op, options)
  const before = bench.runner.rows.length
  const marks = bench.runner.marks.length
  bench.run((dma, asm) => call.run(dma, asm, options, prepared))
  const missing = bench.runner.marks.slice(marks).find(({ name }) => name === 'dma.missing')?.args.effect
  return {
    op,
    backend,
    edition: edition.name,
    direction,
    attrs,
    bytes,
    offset,
    geometry: geometryName,
    lineBytes: geometry.lineBytes,
    rows: bench.runner.rows.slice(before),
    ...(missing === undefined ? {} : { missing: missing as 'called' | 'skipped' }),
  }
}

/** Large enough for every size of mapping; more words would only take time. */
const bytesMax = 0x400000

/** What the call needs. Throws a usage error where there is no room for a buffer of that size. */
function prepare(bench: Bench, op: OpName, options: CallOptions): unknown {
  try {
    return bench.run((dma, asm) => calls[op].prepare(dma, asm, options))
  } catch (error) {
    if (!(error instanceof AssertionFailed)) throw error
    throw new UsageError(`${op} of ${options.bytes} bytes at offset ${options.offset}: ${error.message}; ask for less`)
  }
}

function known(kind: string, name: string, names: readonly string[]): string {
  if (!names.includes(name)) throw unknownName(kind, name, names)
  return name
}

/** Ours, or the kernel's: `DMA_FROM_DEVICE`, `FROM_DEVICE`. */
function directionOf(text: string): Direction {
  const name = text.replace(/^DMA_/i, '').toLowerCase().replaceAll('_', '-')
  return known('direction', name, Object.keys(directionNumbers)) as Direction
}

/** One core, the os and a SYSMMU that blocks at once. */
class Bench {
  readonly runner: ProgramRunner
  private readonly platform: ReturnType<typeof dmaPlatform>
  private programs = 0

  /**
   * @param device `bounces`: it does not reach the buffer
   * @param span bytes of the buffer, whole pages
   */
  constructor(
    geometry: Geometry,
    { backend, bounces }: { readonly backend: BackendName; readonly bounces: boolean },
    edition: Edition,
    span: number,
  ) {
    // Of what there is, a device that bounces reaches half.
    const halfMask = geometry.dram.base + geometry.dram.bytes / 2 - 1
    const [small] = bouncePoolNames('fimc0')
    const pools = [{ name: small, blockBytes: span, blocks: 2 }]
    const reach = bounces ? { masks: { streaming: halfMask, coherent: 0xffffffff }, pools } : {}
    this.platform = dmaPlatform(geometry, { backend, edition, os: reach })
    this.runner = new ProgramRunner(this.platform.os)
    const { base } = memoryMap.sysmmuFimc0
    const { registers } = this.runner
    this.runner.onRead = (addr) => {
      const blocked = registers.get(base + sysmmuRegs.ctrl) === sysmmuCtrl.block
      return addr === base + sysmmuRegs.status && blocked ? 1 : (registers.get(addr) ?? 0)
    }
  }

  run<T>(write: (dma: DmaApi, asm: Assembler) => T): T {
    const asm = new Assembler({ prefix: `p${this.programs++}`, os: this.platform.os, context: 'undisturbed' })
    const result = write(new DmaApi(asm, this.platform, 'fimc0'), asm)
    const program = asm.build()
    this.carryOut(program)
    return result
  }

  /** What a lowering of the user's own asks for may be more than there is: no fault of ours. */
  private carryOut({ instructions, steps }: Program): void {
    const { edition } = this.platform
    try {
      this.runner.run(instructions, steps)
    } catch (error) {
      const isOurs = (Object.values(editions) as Edition[]).includes(edition)
      if (isOurs || error instanceof AssertionFailed || !(error instanceof Error)) throw error
      const { place } = this.runner
      const at = place.length > 0 ? `in the step ${place.join(' > ')}` : 'outside of all steps'
      throw new UsageError(
        `what the lowerings of ${edition.name} append cannot be carried out, ${at}: ${error.message}`,
      )
    }
  }
}

interface CallOptions {
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  readonly bytes: number
  readonly offset: number
}

/** What a call needs, and the call itself. `Ready`: registers of the first for the second. */
interface Call<Ready> {
  readonly prepare: (dma: DmaApi, asm: Assembler, options: CallOptions) => Ready
  readonly run: (dma: DmaApi, asm: Assembler, options: CallOptions, ready: Ready) => void
}
function callOf<Ready>(call: Call<Ready>): Call<unknown> {
  return call as Call<unknown>
}

const nothing = () => undefined

const kernel = pageOwners.indexOf('kernel')

/** Memory of the kernel for the buffer; its physical address. For a device that bounces: the end of a block it does not reach. */
function memory(dma: DmaApi, asm: Assembler, { bytes, offset }: CallOptions) {
  const { pageBytes, dram } = dma.env.geometry
  const span = Math.ceil((bytes + offset) / pageBytes) * pageBytes
  const block = dma.env.device.backend === 'dmabounce' ? dram.bytes / 2 : span
  const [page] = asm.call('page.alloc', [block, kernel])
  asm.assert(ne(page, 0), 'there is no memory for the buffer')
  return asm.set(page, add(page, block - span))
}

/** Level-2 tables stay once they are made. */
function warm(dma: DmaApi, options: CallOptions): void {
  if (dma.env.device.mmu === undefined) return
  dma.free(dma.alloc(options.bytes + options.offset))
}

function mapped(dma: DmaApi, asm: Assembler, options: CallOptions) {
  const mapping = dma.mapPage({ page: memory(dma, asm, options), ...options })
  asm.assert(ne(mapping.handle, dmaError), 'there is no room to map the buffer first')
  return mapping
}

const list = (dma: DmaApi, asm: Assembler, options: CallOptions) => {
  const page = memory(dma, asm, options)
  return dma.sgList([{ addr: add(page, options.offset), bytes: options.bytes }])
}
function mappedList(dma: DmaApi, asm: Assembler, options: CallOptions) {
  const mapping = dma.mapSg(list(dma, asm, options), 1, options)
  asm.assert(ne(mapping.mapped, 0), 'there is no room to map the list first')
  return mapping
}
function allocated(dma: DmaApi, asm: Assembler, { bytes, attrs }: CallOptions) {
  const memory = dma.alloc(bytes, attrs)
  asm.assert(ne(memory.va, 0), 'there is no room to allocate the memory first')
  return memory
}

/** The registers of the sensor stand for a device's memory. */
const resource = { addr: memoryMap.sensor.base } as const

const calls: Readonly<Record<OpName, Call<unknown>>> = {
  alloc: callOf({ prepare: nothing, run: (dma, _asm, { bytes, attrs }) => void dma.alloc(bytes, attrs) }),
  free: callOf({
    prepare: allocated,
    run: (dma, _asm, _o, it) => dma.free(it),
  }),
  mmap: callOf({
    prepare: allocated,
    run: (dma, _asm, _o, it) => void dma.mmap(it),
  }),
  get_sgtable: callOf({
    prepare: allocated,
    run: (dma, _asm, _o, it) => void dma.getSgtable(it),
  }),
  map_page: callOf({ prepare: memory, run: (dma, _asm, options, page) => void dma.mapPage({ page, ...options }) }),
  unmap_page: callOf({ prepare: mapped, run: (dma, _asm, _o, it) => dma.unmapPage(it) }),
  map_sg: callOf({ prepare: list, run: (dma, _asm, options, sg) => void dma.mapSg(sg, 1, options) }),
  unmap_sg: callOf({ prepare: mappedList, run: (dma, _asm, _o, it) => dma.unmapSg(it) }),
  sync_single_for_cpu: callOf({ prepare: mapped, run: (dma, _asm, _o, it) => dma.syncForCpu(it) }),
  sync_single_for_device: callOf({ prepare: mapped, run: (dma, _asm, _o, it) => dma.syncForDevice(it) }),
  sync_sg_for_cpu: callOf({ prepare: mappedList, run: (dma, _asm, _o, it) => dma.syncSgForCpu(it) }),
  sync_sg_for_device: callOf({ prepare: mappedList, run: (dma, _asm, _o, it) => dma.syncSgForDevice(it) }),
  map_resource: callOf({
    prepare: nothing,
    run: (dma, _asm, options) => void dma.mapResource({ ...resource, ...options }),
  }),
  unmap_resource: callOf({
    prepare: (dma, asm, options) => {
      const mapping = dma.mapResource({ ...resource, ...options })
      asm.assert(ne(mapping.handle, dmaError), 'there is no room to map the resource first')
      return mapping
    },
    run: (dma, _asm, _o, it) => dma.unmapResource(it),
  }),
  mapping_error: callOf({ prepare: mapped, run: (dma, _asm, _o, it) => void dma.mappingError(it.handle) }),
  dma_supported: callOf({ prepare: nothing, run: (dma) => void dma.supported(0xffffffff) }),
  set_dma_mask: callOf({ prepare: nothing, run: (dma) => void dma.setMask(0xffffffff) }),
  get_required_mask: callOf({ prepare: nothing, run: (dma) => void dma.requiredMask() }),
}
