/** DMA | the marks around every operation: who asked for what, and which pages are behind a handle. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { Assembler, MarkArgs } from './assembler.ts'
import { add, lt, mod, sub } from './operands.ts'
import type { Direction, DmaAttribute, DmaDevice, DmaEnv } from './types.ts'

/** As the marks name the operations. Those on scatter lists are brackets around one mapping for each segment. */
export type MarkedOp =
  | 'map'
  | 'unmap'
  | 'sync-for-cpu'
  | 'sync-for-device'
  | 'alloc'
  | 'free'
  | 'mmap'
  | 'get-sgtable'
  | 'map-sg'
  | 'unmap-sg'
  | 'sync-sg-for-cpu'
  | 'sync-sg-for-device'
  | 'mapping-error'
  | 'dma-supported'
  | 'set-dma-mask'

/** Which function of the API made or names a mapping, as dma-debug tells them apart. */
export type MappingKind = 'single' | 'page' | 'sg' | 'coherent' | 'resource'

/** From where an operation may be called; the reference of each operation says which. */
export type CallingContext = 'may-sleep' | 'irqs-enabled' | 'any'

/** What an operation is marked with. All values are those that the caller gave. */
export interface MarkedCall {
  readonly op: MarkedOp
  /** Absent: no mapping is named. */
  readonly kind?: MappingKind
  readonly handle: Operand
  readonly offset: Operand
  readonly bytes: Operand
  readonly direction: Direction
  /** Physical address of the first byte: at map, map_resource; for coherent memory what is behind the kernel address. */
  readonly addr?: Operand
  /** Virtual address that the caller gave: of map_single, of coherent memory at free and mmap. */
  readonly va?: Operand
  /** Scatter lists: entries that the caller gave (`nents`). */
  readonly entries?: Operand
  readonly attrs?: readonly DmaAttribute[]
  /** Segments of scatter lists: what the device announced. */
  readonly limits?: Pick<DmaDevice, 'maxSegmentBytes' | 'segmentBoundary'>
  /** By default that of the operation: `alloc`, `mmap` and `get-sgtable` may sleep, `free` wants interrupts enabled. */
  readonly context?: CallingContext
}

/** What is known when the operation is over. */
export interface MarkedReturn {
  /** The handle, where it is a result. By default that of the call. */
  readonly handle?: Operand
  /** As `MarkedCall.addr`, where it is known only now. */
  readonly addr?: Operand
  /** As `MarkedCall.va`, where it is a result: of alloc and mmap. */
  readonly va?: Operand
  /** Scatter lists: segments that the device sees. */
  readonly mapped?: Operand
  /** What the operation returns besides: a status, a count, 0 or 1. */
  readonly result?: Operand
}

const contexts: { readonly [Op in MarkedOp]?: CallingContext } = {
  alloc: 'may-sleep',
  mmap: 'may-sleep',
  'get-sgtable': 'may-sleep',
  free: 'irqs-enabled',
}

function fields(env: DmaEnv, call: MarkedCall): Record<string, MarkArgs[string]> {
  const { op, kind, offset, bytes, direction, addr, va, entries, attrs = [], context = contexts[op] ?? 'any' } = call
  const { maxSegmentBytes, segmentBoundary } = call.limits ?? {}
  return {
    op: { text: op },
    device: { text: env.device.name },
    offset,
    bytes,
    direction: { text: direction },
    ...(kind === undefined ? {} : { kind: { text: kind } }),
    ...(addr === undefined ? {} : { addr }),
    ...(va === undefined ? {} : { va }),
    ...(entries === undefined ? {} : { entries }),
    ...(attrs.length === 0 ? {} : { attrs: { text: attrs.join(' ') } }),
    ...(maxSegmentBytes === undefined ? {} : { maxSegmentBytes }),
    ...(segmentBoundary === undefined ? {} : { segmentBoundary }),
    context: { text: context },
  }
}

/** The mark before the first instruction of an operation; prefer `marked`. */
export function markCall(asm: Assembler, env: DmaEnv, call: MarkedCall): void {
  asm.mark('dma.call', { ...fields(env, call), handle: call.handle })
}

/** The mark after its last instruction. */
export function markReturn(asm: Assembler, env: DmaEnv, call: MarkedCall, end: MarkedReturn = {}): void {
  const { handle = call.handle, addr = call.addr, va = call.va, mapped, result } = end
  asm.mark('dma.return', {
    ...fields(env, {
      ...call,
      ...(addr === undefined ? {} : { addr }),
      ...(va === undefined ? {} : { va }),
    }),
    handle,
    ...(mapped === undefined ? {} : { mapped }),
    ...(result === undefined ? {} : { result }),
  })
}

/**
 * `body` between `dma.call` and `dma.return`. Where the handle is the result, `dma.call` says `dmaError`, and `end` names
 * the register that holds it at the end.
 */
export function marked(
  asm: Assembler,
  env: DmaEnv,
  call: MarkedCall,
  body: () => void,
  end: MarkedReturn | Operand = {},
): void {
  markCall(asm, env, call)
  asm.scope(body)
  markReturn(asm, env, call, isReturn(end) ? end : { handle: end })
}

function isReturn(end: MarkedReturn | Operand): end is MarkedReturn {
  return typeof end === 'object' && !Array.isArray(end)
}

/** One segment of a scatter list as the device sees it: what the caller's list says its DMA address and length are. */
export interface MarkedSegment {
  readonly handle: Operand
  readonly bytes: Operand
  /** Physical address of the segment's own entry, at map. */
  readonly addr?: Operand
}

/**
 * A scatter-list operation: `dma.call` and `dma.return` of `call`, and inside them the same marks for each segment, as a
 * mapping of kind `sg` of its own. `forEach` appends its argument once for each segment of the list, in a loop or not.
 * - map: what it gives is known only at the end, so that a segment has no `dma.call`, but `dma.page` and `dma.return`.
 *   `segments` is called at the end; nothing is appended by it if the list could not be mapped.
 * - unmap and sync: `dma.call` of every segment comes before `body`, `dma.return` after it.
 */
export function markedSegments(
  asm: Assembler,
  env: DmaEnv,
  call: MarkedCall & { readonly op: 'map-sg' | 'unmap-sg' | 'sync-sg-for-cpu' | 'sync-sg-for-device' },
  forEach: (mark: (segment: MarkedSegment) => void) => void,
  body: () => void,
  end: MarkedReturn = {},
): void {
  const { entries, attrs = [] } = call
  const { mapped } = end
  const one = (segment: MarkedSegment): MarkedCall => ({
    op: segmentOps[call.op],
    kind: 'sg',
    handle: segment.handle,
    offset: 0,
    bytes: segment.bytes,
    direction: call.direction,
    ...(segment.addr === undefined ? {} : { addr: segment.addr }),
    ...(entries === undefined ? {} : { entries }),
    attrs,
    limits: env.device,
    context: 'any',
  })
  marked(
    asm,
    env,
    { ...call, kind: 'sg' },
    () => {
      if (call.op !== 'map-sg') asm.scope(() => forEach((segment) => markCall(asm, env, one(segment))))
      asm.scope(body)
      const returned = mapped === undefined ? {} : { mapped }
      asm.scope(() => forEach((segment) => markReturn(asm, env, one(segment), returned)))
    },
    end,
  )
}

const segmentOps = {
  'map-sg': 'map',
  'unmap-sg': 'unmap',
  'sync-sg-for-cpu': 'sync-for-cpu',
  'sync-sg-for-device': 'sync-for-device',
} as const

/**
 * An edition that calls dma-debug's hooks by itself, as its kernel did, says so here: `hook` is what it tells dma-debug.
 * Without such marks the calls themselves are what dma-debug hears of.
 */
export function markHook(asm: Assembler, env: DmaEnv, hook: MarkedCall, end: MarkedReturn = {}): void {
  const { handle = hook.handle, mapped } = end
  asm.mark('dma.hook', { ...fields(env, hook), handle, ...(mapped === undefined ? {} : { mapped }) })
}

/** The device's table has no such method. `called`: the kernel jumps to address 0; `skipped`: it looks first and does nothing. */
export function markMissing(asm: Assembler, env: DmaEnv, op: MarkedOp, effect: 'called' | 'skipped'): void {
  asm.mark('dma.missing', { op: { text: op }, device: { text: env.device.name }, effect: { text: effect } })
}

/**
 * A `dma.page` for each page of the buffer at `handle`: IO address, physical address and number of the bytes of the
 * buffer in this page. `pageOffset` is the handle's position in its page; `addrAt(position)` finds the physical address.
 */
export function markPages(
  asm: Assembler,
  env: DmaEnv,
  buffer: {
    readonly handle: Operand
    readonly pageOffset: Operand
    readonly bytes: Operand
    /** Of its first byte, where that is not the handle: of a later part of a segment. */
    readonly iova?: Operand
  },
  addrAt: (position: Operand) => Operand,
): void {
  const { pageBytes } = env.geometry
  const { handle, pageOffset, bytes, iova = handle } = buffer
  const inFirst = sub(pageBytes, mod(pageOffset, pageBytes))
  if (typeof bytes === 'number' && typeof inFirst === 'number' && bytes <= inFirst) {
    asm.scope(() => asm.mark('dma.page', { handle, iova, addr: addrAt(0), bytes }))
    return
  }
  asm.scope(() => {
    const position = asm.set(asm.temp(), 0)
    const part = asm.temp()
    asm.while(
      () => lt(position, bytes),
      () =>
        asm.scope(() => {
          asm.set(part, sub(pageBytes, mod(add(pageOffset, position), pageBytes)))
          asm.if(lt(sub(bytes, position), part), () => asm.set(part, sub(bytes, position)))
          const addr = addrAt(position)
          asm.mark('dma.page', { handle, iova: add(iova, position), addr, bytes: part })
          asm.set(position, add(position, part))
        }),
    )
  })
}
