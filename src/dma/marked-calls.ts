/** DMA | the marks of each operation: the same in every edition, whatever happens in between. */

import { dmaError } from '../../machines/os/calls.ts'
import { pageAlign } from './addresses.ts'
import type { Assembler } from './assembler.ts'
import { type MarkedCall, marked } from './marks.ts'
import { add } from './operands.ts'
import type { AllocArgs, DmaEnv, FreeArgs, MapPageArgs, MmapArgs, SyncSingleArgs, UnmapPageArgs } from './types.ts'

export function markedMapPage(asm: Assembler, env: DmaEnv, args: MapPageArgs, body: () => void): void {
  const { page, offset, bytes, direction, attrs, va, to } = args
  const kind = args.kind ?? (va === undefined ? 'page' : 'single')
  const call = {
    op: 'map',
    kind,
    ...(va === undefined ? {} : { va }),
    handle: dmaError,
    offset: 0,
    bytes,
    direction,
    addr: add(page, offset),
    attrs,
  } as const
  asm.step('map_page', () => marked(asm, env, call, body, to))
}

export function markedUnmapPage(asm: Assembler, env: DmaEnv, args: UnmapPageArgs, body: () => void): void {
  const { kind, handle, bytes, direction, attrs } = args
  asm.step('unmap_page', () =>
    marked(asm, env, { op: 'unmap', kind, handle, offset: 0, bytes, direction, attrs }, body),
  )
}

export function syncCall(op: 'sync-for-cpu' | 'sync-for-device', args: SyncSingleArgs): MarkedCall {
  const { handle, offset, bytes, direction } = args
  return { op, kind: 'single', handle, offset, bytes, direction }
}

export function markedSync(
  asm: Assembler,
  env: DmaEnv,
  op: 'sync-for-cpu' | 'sync-for-device',
  args: SyncSingleArgs,
  body: () => void,
): void {
  asm.step(`sync_single ${op}`, () => marked(asm, env, syncCall(op, args), body))
}

export function markedAlloc(asm: Assembler, env: DmaEnv, args: AllocArgs, body: () => void): void {
  const { attrs, to } = args
  const bytes = pageAlign(env.geometry, args.bytes)
  const call = {
    op: 'alloc',
    kind: 'coherent',
    handle: dmaError,
    offset: 0,
    bytes,
    direction: 'bidirectional',
    ...(args.gfp === 'atomic' ? { context: 'any' as const } : {}),
    attrs,
  } as const
  asm.step('alloc', () => marked(asm, env, call, body, to))
}

export function markedFree(asm: Assembler, env: DmaEnv, args: FreeArgs, body: () => void): void {
  const { va, handle, attrs } = args
  const bytes = pageAlign(env.geometry, args.bytes)
  const call = {
    op: 'free',
    kind: 'coherent',
    handle,
    va,
    offset: 0,
    bytes,
    direction: 'bidirectional',
    attrs,
  } as const
  asm.step('free', () => marked(asm, env, call, body))
}

export function markedMmap(asm: Assembler, env: DmaEnv, args: MmapArgs, body: () => void): void {
  const bytes = pageAlign(env.geometry, args.vmaBytes)
  const { handle, to } = args
  const call = { op: 'mmap', kind: 'coherent', handle, offset: 0, bytes, direction: 'bidirectional' } as const
  asm.step('mmap', () => marked(asm, env, call, body, { va: to.va, result: to.status }))
}
