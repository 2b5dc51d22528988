/** Tests | a tiny correct DMA layer and device over the memory system; mutants leave steps out. */

import { litmus } from '../../machines/geometry.ts'
import { leakKinds } from '../../src/oracle/leak.ts'
import { MemorySystem } from './memory-system.ts'

export const bidirectional = 0
export const toDevice = 1
export const fromDevice = 2

/** Table words, in the reserved memory: level 1 at the base, level 2 of IO page n behind it. */
const level1 = litmus.dram.base
const level2 = litmus.dram.base + 0x10

export interface Mapping {
  readonly handle: number
  readonly addr: number
  readonly bytes: number
  readonly direction: number
}

/** Which steps of an operation to leave out or swap. */
export interface Omit {
  readonly maintenance?: boolean
  readonly publish?: boolean
  readonly invalidateTlb?: boolean
  readonly marks?: boolean
}

/** The DMA API and a device behind its MMU, on the memory system. */
export class Platform extends MemorySystem {
  private readonly tlb = new Map<number, number>()

  // --- the device behind its MMU ---

  /** Translates through TLB and tables; undefined: fault. */
  private translate(iova: number): number | undefined {
    const page = iova - (iova % this.config.pageBytes)
    const cached = this.tlb.get(page)
    if (cached !== undefined) return cached + (iova - page)
    const index = (page - this.config.iova.base) / this.config.pageBytes
    for (const [level, addr] of [
      [1, level1],
      [2, level2 + index * 4],
    ] as const) {
      const descriptor = this.word(addr)
      this.emit('dram', { type: 'memory.read', from: 'sysmmu0', addr, data: [descriptor] })
      this.emit('sysmmu0', { type: 'walk.read', mmu: 'sysmmu0', level, iova, descriptor })
      if ((descriptor & 3) === 0) {
        this.emit('sysmmu0', { type: 'sysmmu.fault', mmu: 'sysmmu0', from: 'fimc0', kind: 'page', iova, write: true })
        return undefined
      }
      if (level === 2) this.tlb.set(page, descriptor - 2)
    }
    const addr = this.tlb.get(page) as number
    this.emit('sysmmu0', { type: 'tlb.fill', mmu: 'sysmmu0', iova: page, addr })
    return addr + (iova - page)
  }

  /** Issues an access of one word; the function that it returns lands it. */
  issue(iova: number, value?: number): () => void {
    const addr = this.translate(iova)
    if (addr === undefined) return () => {}
    const write = value !== undefined
    this.emit('sysmmu0', {
      type: 'translation.use',
      mmu: 'sysmmu0',
      from: 'fimc0',
      iova,
      addr,
      words: 1,
      write,
      via: 'hit',
    })
    return () => {
      if (write) this.land('fimc0', addr, [value])
      else this.emit('dram', { type: 'memory.read', from: 'fimc0', addr, data: [this.word(addr)] })
    }
  }

  deviceWrite(iova: number, value: number): void {
    this.issue(iova, value)()
  }

  deviceRead(iova: number): void {
    this.issue(iova)()
  }

  frameStart(mapping: Mapping, frame: number): void {
    this.emit('fimc0', { type: 'frame.start', device: 'fimc0', frame, slot: 0, planes: [mapping.handle] })
  }

  frameEnd(frame: number, ok = true): void {
    this.emit('fimc0', { type: 'frame.end', device: 'fimc0', frame, slot: 0, ok })
  }

  /** A whole frame of `words` words with values from `seed` on. */
  capture(mapping: Mapping, frame: number, seed: number, words = mapping.bytes / 4): void {
    this.frameStart(mapping, frame)
    for (let i = 0; i < words; i++) {
      const addr = mapping.handle + i * 4
      this.emit('fimc0', { type: 'frame.burst', device: 'fimc0', frame, slot: 0, addr, data: [seed + i] })
      this.deviceWrite(addr, seed + i)
    }
    this.frameEnd(frame)
  }

  // --- the DMA API ---

  forLines(addr: number, bytes: number, visit: (line: number) => void): void {
    for (let line = this.lineOf(addr); line < addr + bytes; line += this.config.lineBytes) visit(line)
  }

  private maintainForDevice(addr: number, bytes: number, direction: number): void {
    const invalidate = direction === fromDevice
    this.forLines(addr, bytes, (line) => (invalidate ? this.invalidateL1(line) : this.cleanL1(line)))
    this.forLines(addr, bytes, (line) => (invalidate ? this.invalidateL2(line) : this.cleanL2(line)))
  }

  private maintainForCpu(addr: number, bytes: number, direction: number): void {
    if (direction === toDevice) return
    this.forLines(addr, bytes, (line) => this.invalidateL2(line))
    this.forLines(addr, bytes, (line) => this.invalidateL1(line))
  }

  publish(addr: number): void {
    this.cleanL1(addr)
    this.cleanL2(addr)
  }

  private tableWord(iova: number): number {
    return level2 + ((iova - this.config.iova.base) / this.config.pageBytes) * 4
  }

  allocPage(addr: number, owner: 'user' | 'dma' = 'user'): void {
    this.emit('os', { type: 'page.owner', addr, owner })
  }

  freePage(addr: number): void {
    this.emit('os', { type: 'page.owner', addr, owner: 'free' })
  }

  allocIova(iova: number, bytes: number): void {
    this.emit('os', { type: 'iova.alloc', iova, bytes })
  }

  private call(core: number, op: string, mapping: Mapping): Record<string, number | string> {
    const { handle, bytes, direction } = mapping
    const args = { op, device: 'fimc0', handle, offset: 0, bytes, direction }
    this.mark(core, 'dma.call', args)
    return args
  }

  /** Maps physical memory from `addr` on at `handle` (with the offset in the page of `addr`). */
  map(core: number, handle: number, addr: number, bytes: number, direction: number, omit: Omit = {}): Mapping {
    const mapping = { handle, addr, bytes, direction }
    const { pageBytes } = this.config
    const args = this.call(core, 'map', { ...mapping, handle: 0 })
    if (!omit.maintenance) this.maintainForDevice(addr, bytes, direction)
    const start = handle - (handle % pageBytes)
    this.allocIova(start, Math.ceil((handle - start + bytes) / pageBytes) * pageBytes)
    this.store(core, level1, (level2 | 1) >>> 0)
    this.publish(level1)
    for (let iova = start; iova < handle + bytes; iova += pageBytes) {
      const pte = this.tableWord(iova)
      this.store(core, pte, addr - (addr % pageBytes) + (iova - start) + 2)
      if (!omit.publish) this.publish(pte)
    }
    for (let iova = handle; iova < handle + bytes; iova += pageBytes - (iova % pageBytes)) {
      const part = Math.min(pageBytes - (iova % pageBytes), handle + bytes - iova)
      this.mark(core, 'dma.page', { handle, iova, addr: addr + (iova - handle), bytes: part })
    }
    this.mark(core, 'dma.return', { ...args, handle })
    this.mark(core, 'dma.call', { op: 'mapping-error', device: 'fimc0', handle })
    this.mark(core, 'dma.return', { op: 'mapping-error', device: 'fimc0', handle, result: 0 })
    return mapping
  }

  unmap(core: number, mapping: Mapping, omit: Omit = {}): void {
    const { pageBytes } = this.config
    const { handle, addr, bytes, direction } = mapping
    const args = this.call(core, 'unmap', mapping)
    const start = handle - (handle % pageBytes)
    for (let iova = start; iova < handle + bytes; iova += pageBytes) {
      this.store(core, this.tableWord(iova), 0)
      this.publish(this.tableWord(iova))
      if (!omit.invalidateTlb) this.invalidateTlb(iova)
    }
    if (!omit.maintenance) this.maintainForCpu(addr, bytes, direction)
    const span = Math.ceil((handle - start + bytes) / pageBytes) * pageBytes
    this.emit('os', { type: 'iova.free', iova: start, bytes: span })
    this.mark(core, 'dma.return', args)
  }

  invalidateTlb(iova: number): void {
    if (!this.tlb.delete(iova)) return
    this.emit('sysmmu0', { type: 'tlb.drop', mmu: 'sysmmu0', iova, cause: 'invalidate' })
  }

  syncForDevice(core: number, mapping: Mapping, omit: Omit = {}): void {
    const args = this.call(core, 'sync-for-device', mapping)
    if (!omit.maintenance) this.maintainForDevice(mapping.addr, mapping.bytes, mapping.direction)
    this.mark(core, 'dma.return', args)
  }

  syncForCpu(core: number, mapping: Mapping, omit: Omit = {}): void {
    const args = this.call(core, 'sync-for-cpu', mapping)
    if (!omit.maintenance) this.maintainForCpu(mapping.addr, mapping.bytes, mapping.direction)
    this.mark(core, 'dma.return', args)
  }

  queue(core: number, mapping: Mapping): void {
    this.mark(core, 'buffer.queued', { handle: mapping.handle, bytes: mapping.bytes })
  }

  done(core: number, mapping: Mapping): void {
    this.mark(core, 'buffer.done', { handle: mapping.handle, bytes: mapping.bytes, slot: 0 })
  }

  read(core: number, mapping: Mapping): void {
    this.mark(core, 'frame.read', { handle: mapping.handle, bytes: mapping.bytes, index: 0 })
    for (let offset = 0; offset < mapping.bytes; offset += 4) this.load(core, mapping.addr + offset)
    this.mark(core, 'frame.consumed', { handle: mapping.handle, bytes: mapping.bytes, index: 0 })
  }

  /** Whatever is left at the end is left on purpose. */
  keepAll(): void {
    for (const what of leakKinds) this.mark(0, 'expect-kept', { what })
  }

  /** Names of the oracles that fired, sorted. */
  fired(): string[] {
    return [...this.set.violations.keys()].sort()
  }
}
