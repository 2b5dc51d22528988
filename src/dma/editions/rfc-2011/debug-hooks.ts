/** DMA | rfc-2011, the linear table's streaming operations: right in what they do, wrong in what they tell dma-debug, and round in circles. */

import { dmaError } from '../../../../machines/os/calls.ts'
import { pageBase } from '../../addresses.ts'
import type { Assembler } from '../../assembler.ts'
import { markedMapPage, markedUnmapPage, syncCall } from '../../marked-calls.ts'
import { type MarkedCall, markCall, marked, markHook, markMissing, markPages, markReturn } from '../../marks.ts'
import { add, eq, mod } from '../../operands.ts'
import type {
  DmaEnv,
  DmaOps,
  Lowering,
  MapPageArgs,
  MappingErrorArgs,
  SyncSingleArgs,
  UnmapPageArgs,
} from '../../types.ts'

/** Defect (R11): the method tells dma-debug, and the wrapper around it once more. */
function hookTwice(asm: Assembler, env: DmaEnv, hook: MarkedCall): void {
  markHook(asm, env, hook)
  markHook(asm, env, hook)
}

const mapPage: Lowering<MapPageArgs> = (asm, env, args) => {
  const { page, offset, bytes, direction, attrs, va, to } = args
  markedMapPage(asm, env, args, () => {
    env.steps.cpuToDev(asm, env, { page, offset, bytes, direction })
    asm.set(to, add(page, offset))
    const buffer = { handle: to, pageOffset: mod(offset, env.geometry.pageBytes), bytes }
    markPages(asm, env, buffer, (position) => add(to, position))
    const kind = va === undefined ? 'page' : 'single'
    hookTwice(asm, env, { op: 'map', kind, handle: to, offset: 0, bytes, direction, attrs, addr: add(page, offset) })
  })
}

const unmapPage: Lowering<UnmapPageArgs> = (asm, env, args) => {
  const { kind, handle, pageOffset, bytes, direction, attrs } = args
  markedUnmapPage(asm, env, args, () => {
    env.steps.devToCpu(asm, env, { page: pageBase(handle, pageOffset), offset: pageOffset, bytes, direction })
    hookTwice(asm, env, { op: 'unmap', kind, handle, offset: 0, bytes, direction, attrs })
  })
}

/** Told once, by the wrapper: it is no method. */
const mappingError: Lowering<MappingErrorArgs> = (asm, env, { handle, to }) => {
  const call = { op: 'mapping-error', handle, offset: 0, bytes: 0, direction: 'bidirectional' } as const
  const run = () => {
    asm.set(to, 0)
    asm.if(eq(handle, dmaError), () => asm.set(to, 1))
    markHook(asm, env, call)
  }
  asm.step('mapping_error', () => marked(asm, env, call, run, { result: to }))
}

/**
 * Wrappers and methods that fit the kernel's stack of 8 KiB, one inside the other, on a small scale: more than any right call
 * needs, and what comes after shows nothing new.
 */
const nestedMax = 6

/** Defect (R10): the method calls the public wrapper, which calls the method, until the stack is full. */
function callEachOther(op: 'sync-for-cpu' | 'sync-for-device'): Lowering<SyncSingleArgs> {
  return (asm, env, args) =>
    asm.step(`sync_single ${op}`, () => {
      for (let depth = 0; depth < nestedMax; depth++) markCall(asm, env, syncCall(op, args))
      asm.die()
    })
}

export const linearOps = {
  map_page: mapPage,
  unmap_page: unmapPage,
  mapping_error: mappingError,
  sync_single_for_cpu: callEachOther('sync-for-cpu'),
  sync_single_for_device: callEachOther('sync-for-device'),
} satisfies Partial<DmaOps>

/**
 * The wrapper of a range sync where the table has no method. Defects: nothing is done (R8), and dma-debug is told of the range
 * as if it began at the start of the mapping (R12).
 */
function syncNothing(op: 'sync-for-cpu' | 'sync-for-device'): Lowering<SyncSingleArgs> {
  return (asm, env, args) =>
    asm.step(`sync_single ${op}`, () => {
      const call = syncCall(op, args)
      markCall(asm, env, call)
      markMissing(asm, env, op, 'skipped')
      markHook(asm, env, { ...call, offset: 0 })
      markReturn(asm, env, call)
    })
}

export const missingSyncs = {
  sync_single_for_cpu: syncNothing('sync-for-cpu'),
  sync_single_for_device: syncNothing('sync-for-device'),
} satisfies Partial<DmaOps>
