/** Oracle | ownership: neither CPU nor device touches a streaming buffer in the other's period. */

import type { CpuLoad, CpuMark, CpuStore, MemoryRead, MemoryWrite } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import { writerName } from './diagnosis.ts'
import { type BufferHistory, bufferOf, firstDevice, type Place, placeIn, wordFlag, writerOf } from './history.ts'
import { numberArg } from './history-buffers.ts'
import type { Oracle, OracleConfig, StepInfo, View, Violate } from './oracle.ts'
import {
  deposit,
  type Knowers,
  knower,
  learn,
  merge,
  type Owner,
  objectsMax,
  type Segment,
  segment,
  segmentAt,
  split,
} from './periods.ts'

export interface OwnershipState {
  /** By buffer number: its segments in order; empty: not a streaming buffer, or gone. The last one is not empty. */
  readonly periods: { readonly buffers: Segment[][] }
  /** What orders accesses; nothing of it is kept where the state alone is judged. */
  readonly orders: {
    /** Names of objects that order cores, by first use. */
    readonly objects: string[]
    /** Devices in the middle of a frame: what can be known of them is what they did before it. */
    readonly inFrame: boolean[]
    /** The system reports what orders its cores (`os.sync`); before the first such event nothing is said about two cores. */
    ordersCores: boolean
  }
}

/** Whether it matters who knows of what. */
function tracksOrder(config: OracleConfig): boolean {
  return config.ownership === 'happens-before'
}

const toDevice = 1

/** Something that everybody may see in a message: who did what where. */
interface Touch {
  readonly who: string
  readonly did: string
  readonly addr: number
}

function report(violate: Violate, where: StepInfo, touch: Touch, buffer: BufferHistory, why: string): void {
  violate({
    message: `${touch.who} ${touch.did} ${hex(touch.addr)} at step ${where.step}, in the buffer with handle ${hex(buffer.handle)}, ${why}`,
    addr: touch.addr,
    words: 1,
    handle: buffer.handle,
  })
}

function reasonAgainstCpu(judgesCores: boolean, one: Segment, core: number, write: boolean, direction: number): string {
  if (one.owner === 'changing') {
    return one.mover === core ? '' : 'expected no touch while it changes hands; likely a hand-over without a lock'
  }
  if (one.owner === 'device') {
    if (direction === toDevice && !write) return ''
    return "expected no touch in the device's period; likely it was not handed back by unmap or sync-for-cpu first"
  }
  if (!judgesCores || one.began === 0 || one.began & knower.core(core)) return ''
  return 'expected to be ordered after its hand-back by another core; likely a lock or a flag is missing'
}

/** A core executed a load or store of memory that is in a buffer. */
function cpuTouches(
  state: OwnershipState,
  event: CpuLoad | CpuStore,
  violate: Violate,
  where: StepInfo,
  view: View,
): void {
  const { history, page } = view
  if (page === null || page.places.length === 0) return
  const write = event.type === 'cpu.store'
  const tracks = tracksOrder(view.config)
  const judgesCores = tracks && state.orders.ordersCores
  const end = event.addr + event.data.length * 4
  for (let addr = event.addr; addr < end; ) {
    const place = placeIn(history, page, addr)
    if (place === null) {
      addr += 4
      continue
    }
    const buffer = bufferOf(history, place)
    const one = segmentAt(state.periods.buffers[place.buffer] ?? noSegments, addr - place.start + place.offset)
    if (one !== undefined) {
      const why = reasonAgainstCpu(judgesCores, one, event.core, write, buffer.direction)
      if (why !== '') {
        report(violate, where, { who: `cpu${event.core}`, did: write ? 'wrote' : 'read', addr }, buffer, why)
        return
      }
      // Reading what only the CPU writes conflicts with nothing.
      if (tracks && (write || buffer.direction !== toDevice)) one.touched[event.core] = knower.core(event.core)
    }
    addr = Math.min(place.end, one === undefined ? place.end : place.start + one.end - place.offset)
  }
}

const noSegments: readonly Segment[] = []

/** A device access took effect in memory. */
function deviceTouches(
  state: OwnershipState,
  event: MemoryRead | MemoryWrite,
  violate: Violate,
  where: StepInfo,
  view: View,
): void {
  const { history, device, page } = view
  if (device < 0 || page === null || page.places.length === 0) return
  const did = event.type === 'memory.write' ? 'wrote' : 'read'
  const end = event.addr + event.data.length * 4
  for (let addr = event.addr; addr < end; ) {
    const place = placeIn(history, page, addr)
    if (place === null) {
      addr += 4
      continue
    }
    const segments = state.periods.buffers[place.buffer] ?? noSegments
    const one = segmentAt(segments, addr - place.start + place.offset)
    if (one !== undefined) {
      const touch = { who: event.from, did, addr }
      if (!deviceMay(state, one, place, device, violate, where, view, touch)) return
    }
    addr = Math.min(place.end, one === undefined ? place.end : place.start + one.end - place.offset)
  }
}

function deviceMay(
  state: OwnershipState,
  one: Segment,
  place: Place,
  device: number,
  violate: Violate,
  where: StepInfo,
  view: View,
  touch: Touch,
): boolean {
  const buffer = bufferOf(view.history, place)
  const self = knower.device(device)
  if (one.owner !== 'device') {
    const when = buffer.live ? "in the CPU's period" : 'after its unmap'
    report(violate, where, touch, buffer, `expected no touch ${when}; likely the device was not done, or not stopped`)
    return false
  }
  if (!tracksOrder(view.config)) return true
  // The first access after the doorbell learns what the core that rang it knew.
  if (one.began & knower.queue && !(one.began & self))
    learn(state.periods.buffers[place.buffer] as Segment[], knower.queue, self)
  const queued = buffer.phase === 'queued'
  if (queued && one.began !== 0 && !(one.began & self)) {
    report(
      violate,
      where,
      touch,
      buffer,
      'whose hand-over is not ordered before its doorbell; likely another core queued it',
    )
    return false
  }
  one.touched[firstDevice + device] = self
  return true
}

/** The owner after `op`, if it changes hands. */
function ownerAfter(op: unknown): Owner | undefined {
  if (op === 'sync-for-device') return 'device'
  if (op === 'sync-for-cpu' || op === 'unmap') return 'cpu'
  return undefined
}

/** Bytes of the buffer that an operation is about: [start, end). */
function range(event: CpuMark, buffer: BufferHistory): readonly [number, number] {
  if (event.args.op === 'unmap') return [0, buffer.bytes]
  const start = numberArg(event, 'offset')
  const bytes = numberArg(event, 'bytes')
  return [start, bytes === 0 ? buffer.bytes : Math.min(buffer.bytes, start + bytes)]
}

/** An operation begins: everything the old owner did must be known to the core that runs it. */
function handOver(state: OwnershipState, event: CpuMark, violate: Violate, where: StepInfo, view: View): void {
  const next = ownerAfter(event.args.op)
  const buffer = view.history.buffers.list[view.marked]
  const segments = state.periods.buffers[view.marked]
  if (next === undefined || !buffer?.live || !segments) return
  const [start, end] = range(event, buffer)
  split(segments, start, end)
  let told = false
  for (const one of segments) {
    if (one.start < start || one.end > end || one.owner === next) continue
    const unknown = !tracksOrder(view.config) ? -1 : unknownTouch(state, one, event.core, next, buffer)
    if (unknown >= 0 && !told) {
      told = true
      const who = writerName(view.config, unknown)
      violate({
        message: `cpu${event.core} began ${event.args.op} of the buffer with handle ${hex(buffer.handle)} at step ${where.step}, expected to be ordered after the last touch by ${who}; likely ${unknown < firstDevice ? 'a lock is missing' : 'the completion was not waited for'}`,
        handle: buffer.handle,
      })
    }
    one.owner = 'changing'
    one.mover = event.core
  }
}

/** An actor of the period that ends whose last touch `core` does not know of, or -1. */
function unknownTouch(state: OwnershipState, one: Segment, core: number, next: Owner, buffer: BufferHistory): number {
  const self = knower.core(core)
  for (let actor = 0; actor < one.touched.length; actor++) {
    const knowers = one.touched[actor] as Knowers
    if (knowers === 0 || knowers & self || actor === core) continue
    const ending =
      next === 'device'
        ? state.orders.ordersCores && actor < firstDevice
        : actor >= firstDevice && buffer.phase !== 'idle'
    if (ending) return actor
  }
  return -1
}

/** An operation is over: the new owner's period begins. */
function handedOver(state: OwnershipState, event: CpuMark, view: View): void {
  const { history, marked, config } = view
  const buffer = history.buffers.list[marked]
  if (!buffer) return
  const { buffers } = state.periods
  const self = tracksOrder(config) ? knower.core(event.core) : 0
  if (event.args.op === 'map') {
    while (buffers.length <= marked) buffers.push([])
    buffers[marked] = [segment(0, buffer.bytes, 'device', self)]
    return
  }
  const next = ownerAfter(event.args.op)
  const segments = buffers[marked]
  if (next === undefined || !segments) return
  const [start, end] = range(event, buffer)
  split(segments, start, end)
  for (const one of segments) {
    if (one.start < start || one.end > end) continue
    if (one.owner === next) {
      one.began |= self
      continue
    }
    one.owner = next
    one.mover = -1
    one.began = self
    one.touched.fill(0)
  }
  merge(segments)
}

function learnAll(state: OwnershipState, from: Knowers, to: Knowers): void {
  const { buffers } = state.periods
  for (let i = 0; i < buffers.length; i++) learn(buffers[i] as Segment[], from, to)
}

/** The software observed that devices are done: what they did, up to the end of the last frame, is known to `core`. */
function observeCompletion(state: OwnershipState, view: View, core: number): void {
  for (let device = 0; device < view.config.devices.length; device++) {
    const from = state.orders.inFrame[device] ? knower.frameEnd(device) : knower.device(device)
    learnAll(state, from, knower.core(core))
  }
}

/** A mark that says what is ordered before what. */
function orderAccesses(state: OwnershipState, { name, core }: CpuMark, view: View): void {
  if (name === 'buffer.done' || name === 'stream.off') observeCompletion(state, view, core)
  if (name !== 'buffer.queued') return
  const segments = state.periods.buffers[view.marked]
  if (segments) deposit(segments, knower.core(core), knower.queue)
}

function forgetGone(state: OwnershipState, view: View): void {
  const { buffers } = state.periods
  for (let i = 0; i < buffers.length; i++) {
    if (!view.history.buffers.list[i] && (buffers[i] as Segment[]).length > 0) buffers[i] = []
  }
  while (buffers.length > 0 && (buffers[buffers.length - 1] as Segment[]).length === 0) buffers.length--
}

/** The first page of a new buffer: its number may be that of one that went when its pages changed hands. */
function beginBuffer(state: OwnershipState, { history, marked }: View): void {
  const { buffers } = state.periods
  if (history.buffers.list[marked]?.pages.length === 1 && buffers[marked]) buffers[marked] = []
}

function objectNumber(state: OwnershipState, name: string): number {
  const found = state.orders.objects.indexOf(name)
  if (found >= 0) return Math.min(found, objectsMax - 1)
  if (state.orders.objects.length >= objectsMax) return objectsMax - 1
  return state.orders.objects.push(name) - 1
}

export const ownership: Oracle<OwnershipState> = {
  name: 'ownership',
  always: 'CPU and device touch a buffer only in their own periods',
  description: "CPU or device touches a streaming buffer in the other's period, or only luck kept them apart",
  definition:
    'streaming buffers, byte ranges: the CPU touches (to-device: writes) from `map` or `sync-for-device` on until the return of `sync-for-cpu` or `unmap`; the device touches outside that period, after `unmap` too; anybody but the calling core touches while a call is changing hands. With `happens-before`: also a touch that only luck kept apart',
  notJudged: 'coherent buffers',
  init: (config) => ({
    periods: { buffers: [] },
    orders: { objects: [], inFrame: config.devices.map(() => false), ordersCores: false },
  }),
  on: {
    'cpu.load'(state, event, violate, where, view) {
      cpuTouches(state, event, violate, where, view)
      if (event.data.length !== 1 || !tracksOrder(view.config)) return
      // A core that reads what another one stored, a flag say, is ordered after it.
      const { page } = view
      if (page === null || page.places.length > 0) return
      const flags = page.flags.get(view.offset)
      const writer = writerOf(flags)
      if (!(flags & wordFlag.known) || writer === event.core || writer >= firstDevice) return
      learnAll(state, knower.core(writer), knower.core(event.core))
    },
    'cpu.store': cpuTouches,
    'memory.read': deviceTouches,
    'memory.write': deviceTouches,
    'frame.start'(state, event, _violate, _where, { config }) {
      const device = config.devices.indexOf(event.device)
      if (device >= 0 && tracksOrder(config)) state.orders.inFrame[device] = true
    },
    'frame.end'(state, event, _violate, _where, { config }) {
      const device = config.devices.indexOf(event.device)
      if (device < 0 || !tracksOrder(config)) return
      state.orders.inFrame[device] = false
      for (const segments of state.periods.buffers) learn(segments, knower.device(device), knower.frameEnd(device))
    },
    'os.sync'(state, event, _violate, _where, { config }) {
      if (!tracksOrder(config)) return
      state.orders.ordersCores = true
      const object = knower.object(objectNumber(state, event.object))
      const self = knower.core(event.core)
      if (event.edge === 'release') learnAll(state, self, object)
      else learnAll(state, object, self)
    },
    'cpu.mark'(state, event, violate, where, view) {
      const { name } = event
      if (name === 'dma.call') handOver(state, event, violate, where, view)
      else if (name === 'dma.return') handedOver(state, event, view)
      else if (name === 'dma.page') beginBuffer(state, view)
      else if (tracksOrder(view.config)) orderAccesses(state, event, view)
      forgetGone(state, view)
    },
  },
}
