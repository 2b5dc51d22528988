/** CPU | Core is what a machine knows from its definition: compiled programs and sizes. It never changes. */

import { alignDown } from '../../src/base/bits.ts'
import type { Geometry } from '../geometry.ts'
import { lateUntil, noLateLoad } from './late-load.ts'
import { type Code, type CoreCode, compilePrograms } from './program.ts'
import { emptyBuffer } from './store-buffer.ts'
import { emptyThreads, nothingSuspended } from './threads.ts'
import type { Access, CpuConfig, CpuContext } from './types.ts'

/** Most lines with posted maintenance. */
export const postedMax = 4 // HF-101

/** Most register instructions in a row; a loop that makes more is taken to be endless. */
export const foldedMax = 10_000

export interface Core extends CoreCode {
  readonly id: string
  readonly core: number
  readonly geometry: Geometry
  readonly lineBytes: number
  readonly entries: number
  /** Feature `storeBuffer`: off, each store waits until it is performed. */
  readonly buffered: boolean
  /** Feature `loadReordering`, and there are loads that could be performed early. */
  readonly reorders: boolean
  /** Indices in the code of the loads of one word, as `load.early` numbers them. */
  readonly loads: readonly number[]
  /** Feature `lateLoads`, and there are loads that could be performed late. */
  readonly defers: boolean
  /** By index in the code: the instruction before which a load has to be performed, 0 where none can be late. */
  readonly late: readonly number[]
  /** The user window is translated by a unit of the core's own. */
  readonly mmu: boolean
  /** Virtual addresses of the lines that may be fetched ahead through it. */
  readonly speculates: readonly number[]
  /** Feature `maintenanceMisses`, and there is maintenance that it is about. */
  readonly misses: boolean
  /** There are threads beside main. */
  readonly threaded: boolean
  /** There are exclusive accesses. */
  readonly exclusive: boolean
  /** Feature `exclusiveFailures`, and there are any that could fail. */
  readonly fails: boolean
}

/** Compiles a config; throws `UsageError` if the programs are wrong. */
export function makeCore(config: CpuConfig): Core {
  const { id, core, geometry, features, programs, mmu = false, speculates = [] } = config
  const code = compilePrograms(id, programs)
  const loads = code.code.flatMap(({ instruction }, index) => (instruction === 'load' ? [index] : []))
  const late = features.lateLoads ? code.code.map((_, at) => lateUntil(code.code, at)) : []
  return {
    ...code,
    id,
    core,
    geometry,
    lineBytes: geometry.lineBytes,
    entries: geometry.storeBufferEntries,
    buffered: features.storeBuffer,
    mmu,
    speculates: mmu && features.speculation ? speculates : [],
    reorders: features.loadReordering && loads.length > 0,
    loads,
    defers: late.some((until) => until > 0),
    late,
    misses: features.maintenanceMisses && code.code.some(canMiss),
    threaded: code.threads.length > 1,
    exclusive: code.code.some(({ kind }) => kind.endsWith('-exclusive')),
    fails: features.exclusiveFailures && code.code.some(({ kind }) => kind === 'store-exclusive'),
  }
}

/** Whether maintenance may do nothing: no DSB stands right before it, and it is an instruction of the core. HF-527 */
export function canMiss({ kind, op, barred }: Code): boolean {
  return kind === 'maintain' && op !== 'evict' && !barred
}

/** A core at reset. */
export function makeContext(core: Core): CpuContext {
  return {
    pc: 0,
    registers: core.registers.map(() => 0),
    access: { start: 0, bytes: 0, done: 0, value: 0 },
    suspended: nothingSuspended(),
    page: { va: -1, addr: 0, memory: 0 },
    buffer: emptyBuffer(core.entries),
    posted: { count: 0, line: new Array<number>(postedMax).fill(0) },
    ...(core.reorders ? { early: { at: -1, addr: 0, value: 0 } } : {}),
    ...(core.defers ? { late: noLateLoad() } : {}),
    ...(core.mmu ? { translated: { load: 0, stores: new Array<number>(core.entries).fill(0) } } : {}),
    ...(core.threaded ? { threads: emptyThreads(core) } : {}),
    ...(core.exclusive ? { monitored: -1 } : {}),
  }
}

/** Copies the fields of an access. */
export function copyAccess(to: Access, from: Access): void {
  to.start = from.start
  to.bytes = from.bytes
  to.done = from.done
  to.value = from.value
}

/** Makes an access empty. */
export function clearAccess(access: Access): void {
  access.start = 0
  access.bytes = 0
  access.done = 0
  access.value = 0
}

/** Forgets the micro-TLB. */
export function clearPage(context: CpuContext): void {
  context.page.va = -1
  context.page.addr = 0
  context.page.memory = 0
}

/** The first byte that the present instruction has not accessed yet. */
export function position(context: CpuContext): number {
  return (context.access.start + context.access.done) >>> 0
}

/** The page of `position`. */
export function pageOf(core: Core, context: CpuContext): number {
  return alignDown(position(context), core.geometry.pageBytes)
}
