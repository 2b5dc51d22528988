/** Scenario | plans: random sequences of DMA calls that a correct driver could make. */

import type { Prng } from '../../base/prng.ts'
import { type Direction, type DmaAttribute, dmaAttributes } from '../../dma/types.ts'

/** One call. Slots are buffers or allocations of the core's own; offsets and sizes are in bytes. */
export type Call =
  | { readonly op: 'map'; readonly slot: number; readonly options: MapOptions }
  | { readonly op: 'unmap'; readonly slot: number }
  | { readonly op: 'sync'; readonly slot: number; readonly to: 'cpu' | 'device'; readonly range: Range }
  | { readonly op: 'touch'; readonly slot: number; readonly word: number; readonly write: boolean }
  | {
      readonly op: 'alloc'
      readonly slot: number
      readonly bytes: number
      readonly attrs: readonly DmaAttribute[]
      readonly gfp: 'kernel' | 'atomic'
    }
  | { readonly op: 'resource'; readonly offset: number; readonly bytes: number; readonly direction: Direction }
  | { readonly op: 'mmap'; readonly slot: number }
  | { readonly op: 'free'; readonly slot: number }
  | { readonly op: 'convert'; readonly source: number; readonly target: number }

export interface Range {
  readonly offset: number
  readonly bytes: number
}
export interface MapOptions extends Range {
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  /** As what: one buffer, or a list with an entry for each of its pages. */
  readonly as: 'page' | 'single' | 'list'
}

/** What plans are made for. */
export interface Sizes {
  readonly pageBytes: number
  /** Bytes of a source and of a converted picture, whichever is more; 0: no conversions. */
  readonly pictureBytes: number
  /** Hand-overs may be copies, so that each must be to the other side and of all of a buffer; and not all registers are in reach. */
  readonly copies: boolean
}

export const bufferSlots = 3
export const bufferPages = 2
export const memorySlots = 2

/** What the planner knows of a buffer: `mixed` when only a part of it was synced. */
interface Buffer {
  mapped: MapOptions | undefined
  owner: 'cpu' | 'device' | 'mixed'
}

/** `count` calls and what gives everything back after them. */
export function planCalls(prng: Prng, count: number, sizes: Sizes): Call[] {
  const planner = new Planner(prng, sizes)
  while (planner.calls.length < count) planner.next()
  planner.releaseAll()
  return planner.calls
}

class Planner {
  readonly calls: Call[] = []
  private readonly buffers: Buffer[] = Array.from({ length: bufferSlots }, () => ({ mapped: undefined, owner: 'cpu' }))
  private readonly memories: boolean[] = Array.from({ length: memorySlots }, () => false)
  private readonly prng: Prng
  private readonly sizes: Sizes

  constructor(prng: Prng, sizes: Sizes) {
    this.prng = prng
    this.sizes = sizes
  }

  next(): void {
    const { prng } = this
    const slot = prng.below(bufferSlots)
    const buffer = this.buffers[slot] as Buffer
    const kind = prng.below(11)
    if (kind === 10 && this.sizes.copies) return
    if (kind === 10) {
      const bytes = 4 * (1 + prng.below(16))
      this.calls.push({
        op: 'resource',
        offset: 4 * prng.below(16),
        bytes,
        direction: prng.pick(['to-device', 'from-device']),
      })
      return
    }
    if (kind === 0) this.toggleMemory(prng.below(memorySlots))
    else if (kind < 4) this.convert()
    else if (kind < 6 && buffer.owner === 'cpu') this.touch(slot, buffer)
    else if (buffer.mapped === undefined) this.map(slot, buffer)
    else if (prng.chance(1, 4)) this.unmap(slot, buffer, buffer.mapped)
    else this.sync(slot, buffer, buffer.mapped)
  }

  releaseAll(): void {
    this.buffers.forEach((buffer, slot) => {
      if (buffer.mapped) this.unmap(slot, buffer, buffer.mapped)
    })
    this.memories.forEach((taken, slot) => {
      if (taken) this.toggleMemory(slot)
    })
  }

  /** Any word while nothing is mapped; else a sync or unmap that follows may drop what the direction does not preserve. */
  private touch(slot: number, buffer: Buffer): void {
    const { prng, sizes } = this
    const words = (bufferPages * sizes.pageBytes) / 4
    const write = prng.chance(1, 2) && buffer.mapped?.direction !== 'from-device'
    this.calls.push({ op: 'touch', slot, word: prng.below(words), write })
    if (write && buffer.mapped?.direction === 'bidirectional') this.syncAll(slot, 'device', buffer, buffer.mapped)
  }

  private syncAll(slot: number, to: 'cpu' | 'device', buffer: Buffer, mapped: MapOptions): void {
    this.syncRange(slot, to, { offset: 0, bytes: mapped.bytes })
    buffer.owner = to
  }

  private map(slot: number, buffer: Buffer): void {
    const { prng, sizes } = this
    const offset = 4 * prng.below(sizes.pageBytes / 4)
    const bytes = 1 + prng.below(this.bytesMax(bufferPages * sizes.pageBytes - offset))
    const direction = prng.pick<Direction>(['to-device', 'from-device', 'bidirectional'])
    const attrs: readonly DmaAttribute[] = !sizes.copies && prng.chance(1, 4) ? ['skip-cpu-sync'] : []
    const as = prng.pick(['page', 'single', 'list'] as const)
    buffer.mapped = { offset, bytes, direction, attrs, as }
    buffer.owner = 'device'
    this.calls.push({ op: 'map', slot, options: buffer.mapped })
    // What map and unmap are told not to do has to be done before the device, and then the CPU, gets at the buffer.
    if (attrs.length > 0) this.syncAll(slot, 'device', buffer, buffer.mapped)
  }

  /** Copies go word by word: a large one now and then is enough. */
  private bytesMax(room: number): number {
    const { prng, sizes } = this
    if (!sizes.copies || prng.chance(1, 4)) return room
    return Math.min(room, Math.max(4 * sizes.pictureBytes, sizes.pageBytes / 16))
  }

  private unmap(slot: number, buffer: Buffer, mapped: MapOptions): void {
    if (mapped.attrs.includes('skip-cpu-sync')) this.syncAll(slot, 'cpu', buffer, mapped)
    buffer.mapped = undefined
    buffer.owner = 'cpu'
    this.calls.push({ op: 'unmap', slot })
  }

  private sync(slot: number, buffer: Buffer, mapped: MapOptions): void {
    const { prng } = this
    if (this.sizes.copies) {
      this.syncAll(slot, buffer.owner === 'cpu' ? 'device' : 'cpu', buffer, mapped)
      return
    }
    const to = prng.pick<'cpu' | 'device'>(['cpu', 'device'])
    if (mapped.as !== 'list' && prng.chance(1, 3)) {
      const offset = prng.below(mapped.bytes)
      this.syncRange(slot, to, { offset, bytes: 1 + prng.below(mapped.bytes - offset) })
      if (buffer.owner !== to) buffer.owner = 'mixed'
      return
    }
    this.syncAll(slot, to, buffer, mapped)
  }

  private syncRange(slot: number, to: 'cpu' | 'device', range: Range): void {
    this.calls.push({ op: 'sync', slot, to, range })
  }

  private toggleMemory(slot: number): void {
    const { prng, sizes } = this
    const taken = this.memories[slot] as boolean
    this.memories[slot] = !taken
    if (taken) {
      this.calls.push({ op: 'free', slot })
      return
    }
    const attrs = dmaAttributes.filter((attr) => attr !== 'skip-cpu-sync' && prng.chance(1, 4))
    const gfp = prng.chance(1, 3) ? 'atomic' : 'kernel'
    this.calls.push({ op: 'alloc', slot, bytes: 1 + prng.below(2 * sizes.pageBytes), attrs, gfp })
    if (prng.chance(1, 2)) this.calls.push({ op: 'mmap', slot })
  }

  private convert(): void {
    const { pictureBytes } = this.sizes
    if (pictureBytes === 0) return
    const slots = this.buffers.flatMap(({ mapped, owner }, slot) =>
      mapped && mapped.as !== 'list' && owner === 'device' && mapped.bytes >= pictureBytes
        ? [{ slot, direction: mapped.direction }]
        : [],
    )
    for (const source of slots) {
      const target = slots.find(({ slot, direction }) => slot !== source.slot && direction !== 'to-device')
      if (source.direction === 'from-device' || !target) continue
      this.calls.push({ op: 'convert', source: source.slot, target: target.slot })
      return
    }
  }
}
