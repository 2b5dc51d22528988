/** Run | expand: one call of the DMA API on a machine of its own, and every step that it takes, in order. */

import { geometries, memoryMap } from '../../machines/geometry.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { sysmmuCtrl, sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { DmaApi } from '../dma/api.ts'
import { Assembler } from '../dma/assembler.ts'
import { bouncePoolNames } from '../dma/bounce-pools.ts'
import { operations } from '../dma/index.ts'
import { add } from '../dma/operands.ts'
import { dmaPlatform } from '../dma/platform.ts'
import { ProgramRunner, type Row } from '../dma/program-runner.ts'
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
    if (!Number.isInteger(value) || value < least || value > 0x1000000) {
      throw new UsageError(`--${name} must be a whole number from ${least} to ${0x1000000}, not ${value}`)
    }
  }
  const bench = new Bench(geometry, backend, edition)
  const call = calls[op]
  const options = { direction, attrs, bytes, offset }
  bench.run((dma) => dma.attach())
  if (tables === 'warm') bench.run((dma) => warm(dma, options))
  const prepared = bench.run((dma, asm) => call.prepare(dma, asm, options))
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

  constructor(geometry: Parameters<typeof dmaPlatform>[0], backend: BackendName, edition: Edition) {
    // Of what there is, a device that bounces reaches half.
    const halfMask = geometry.dram.base + geometry.dram.bytes / 2 - 1
    const [small] = bouncePoolNames('fimc0')
    const pools = [{ name: small, blockBytes: geometry.pageBytes, blocks: 2 }]
    const reach = backend === 'dmabounce' ? { masks: { streaming: halfMask, coherent: 0xffffffff }, pools } : {}
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
    this.runner.run(program.instructions, program.steps)
    return result
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
  return asm.set(page, add(page, block - span))
}

/** Level-2 tables stay once they are made. */
function warm(dma: DmaApi, options: CallOptions): void {
  if (dma.env.device.mmu === undefined) return
  dma.free(dma.alloc(options.bytes + options.offset))
}

const mapped = (dma: DmaApi, asm: Assembler, options: CallOptions) =>
  dma.mapPage({ page: memory(dma, asm, options), ...options })

const list = (dma: DmaApi, asm: Assembler, options: CallOptions) => {
  const page = memory(dma, asm, options)
  return dma.sgList([{ addr: add(page, options.offset), bytes: options.bytes }])
}
const mappedList = (dma: DmaApi, asm: Assembler, options: CallOptions) => dma.mapSg(list(dma, asm, options), 1, options)

/** The registers of the sensor stand for a device's memory. */
const resource = { addr: memoryMap.sensor.base } as const

const calls: Readonly<Record<OpName, Call<unknown>>> = {
  alloc: callOf({ prepare: nothing, run: (dma, _asm, { bytes, attrs }) => void dma.alloc(bytes, attrs) }),
  free: callOf({
    prepare: (dma, _asm, { bytes, attrs }) => dma.alloc(bytes, attrs),
    run: (dma, _asm, _o, it) => dma.free(it),
  }),
  mmap: callOf({
    prepare: (dma, _asm, { bytes, attrs }) => dma.alloc(bytes, attrs),
    run: (dma, _asm, _o, it) => void dma.mmap(it),
  }),
  get_sgtable: callOf({
    prepare: (dma, _asm, { bytes, attrs }) => dma.alloc(bytes, attrs),
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
    prepare: (dma, _asm, options) => dma.mapResource({ ...resource, ...options }),
    run: (dma, _asm, _o, it) => dma.unmapResource(it),
  }),
  mapping_error: callOf({ prepare: mapped, run: (dma, _asm, _o, it) => void dma.mappingError(it.handle) }),
  dma_supported: callOf({ prepare: nothing, run: (dma) => void dma.supported(0xffffffff) }),
  set_dma_mask: callOf({ prepare: nothing, run: (dma) => void dma.setMask(0xffffffff) }),
  get_required_mask: callOf({ prepare: nothing, run: (dma) => void dma.requiredMask() }),
}
