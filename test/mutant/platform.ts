/** Tests | a tiny correct memory system and DMA layer that emits what the machines emit; mutants leave steps out. */

import { type Geometry, litmus } from '../../machines/geometry.ts'
import type { Emitted, MarkName } from '../../machines/protocol.ts'
import { oracleNames } from '../../src/oracle/index.ts'
import { type EndInfo, type OracleConfig, oracleConfig } from '../../src/oracle/oracle.ts'
import { createOracleSet, type OracleSet } from '../../src/oracle/oracle-set.ts'

export const bidirectional = 0
export const toDevice = 1
export const fromDevice = 2

const geometry: Geometry = {
  ...litmus,
  dram: { base: 0x40000000, bytes: 0x400 },
  iova: { base: 0x20000000, bytes: 0x100 },
}

/** Table words, in the reserved memory: level 1 at the base, level 2 of IO page n behind it. */
const level1 = geometry.dram.base
const level2 = geometry.dram.base + 0x10

interface Line {
  data: number[]
  dirty: boolean
}

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

const finished: EndInfo = { reason: 'finished', unfinished: [] }

export class Platform {
  readonly set: OracleSet
  readonly config: OracleConfig
  private step = 0
  private readonly memory = new Map<number, number>()
  private readonly l1: Map<number, Line>[] = [new Map(), new Map()]
  private readonly l2 = new Map<number, Line>()
  private readonly pending: { addr: number; value: number }[][] = [[], []]
  private readonly tlb = new Map<number, number>()

  constructor(overrides: Partial<OracleConfig> = {}) {
    this.config = oracleConfig(geometry, { interruptsMax: 4, ...overrides })
    this.set = createOracleSet(oracleNames, this.config)
  }

  emit(actor: string, event: Emitted): void {
    this.step++
    this.set.observe(event, { step: this.step, cycle: this.step * 10, actor })
  }

  end(info: EndInfo = finished): this {
    this.set.end(info)
    return this
  }

  mark(core: number, name: MarkName, args: Record<string, number | string> = {}): void {
    this.emit(`cpu${core}`, { type: 'cpu.mark', core, name, args })
  }

  // --- caches ---

  private lineOf(addr: number): number {
    return addr - (addr % this.config.lineBytes)
  }

  private word(addr: number): number {
    return this.memory.get(addr) ?? 0
  }

  private memoryLine(line: number): number[] {
    const words: number[] = []
    for (let at = line; at < line + this.config.lineBytes; at += 4) words.push(this.word(at))
    return words
  }

  private land(from: string, addr: number, data: readonly number[]): void {
    data.forEach((value, i) => {
      this.memory.set(addr + i * 4, value)
    })
    this.emit('dram', { type: 'memory.write', from, addr, data: [...data] })
  }

  private fillL2(line: number): Line {
    const found = this.l2.get(line)
    if (found) return found
    const data = this.memoryLine(line)
    this.emit('dram', { type: 'memory.read', from: 'l2', addr: line, data: [...data] })
    const made = { data, dirty: false }
    this.l2.set(line, made)
    this.emit('l2', { type: 'line.fill', cache: 'l2', addr: line, data: [...data], cause: 'demand' })
    return made
  }

  private intoL2(line: number, data: readonly number[]): void {
    this.l2.set(line, { data: [...data], dirty: true })
    this.emit('l2', { type: 'line.fill', cache: 'l2', addr: line, data: [...data], cause: 'writeback' })
  }

  /** The line in the L1 of `core`; a copy in another L1 is written back (shared) or given up (to write). */
  private fillL1(core: number, line: number, unique: boolean, cause: 'demand' | 'speculation' = 'demand'): Line {
    const own = this.l1[core] as Map<number, Line>
    this.l1.forEach((other, index) => {
      const copy = other.get(line)
      if (index === core || !copy) return
      if (copy.dirty) {
        this.emit(`l1d${index}`, {
          type: 'line.writeback',
          cache: `l1d${index}`,
          addr: line,
          data: [...copy.data],
          cause: 'snoop',
        })
        this.intoL2(line, copy.data)
        copy.dirty = false
      }
      if (unique) {
        other.delete(line)
        this.emit(`l1d${index}`, {
          type: 'line.drop',
          cache: `l1d${index}`,
          addr: line,
          dirty: false,
          data: [],
          cause: 'snoop',
        })
      }
    })
    const found = own.get(line)
    if (found) return found
    const made = { data: [...this.fillL2(line).data], dirty: false }
    own.set(line, made)
    this.emit(`l1d${core}`, { type: 'line.fill', cache: `l1d${core}`, addr: line, data: [...made.data], cause })
    return made
  }

  speculate(core: number, addr: number): void {
    this.fillL1(core, this.lineOf(addr), false, 'speculation')
  }

  evictL1(core: number, addr: number): void {
    const line = this.lineOf(addr)
    const found = this.l1[core]?.get(line)
    if (!found) return
    this.l1[core]?.delete(line)
    const cache = `l1d${core}`
    if (found.dirty) {
      this.emit(cache, { type: 'line.writeback', cache, addr: line, data: [...found.data], cause: 'eviction' })
      this.intoL2(line, found.data)
    }
    this.emit(cache, { type: 'line.drop', cache, addr: line, dirty: false, data: [], cause: 'eviction' })
  }

  evictL2(addr: number): void {
    const line = this.lineOf(addr)
    const found = this.l2.get(line)
    if (!found) return
    this.l2.delete(line)
    const data = [...found.data]
    if (found.dirty) this.emit('l2', { type: 'line.writeback', cache: 'l2', addr: line, data, cause: 'eviction' })
    this.emit('l2', { type: 'line.drop', cache: 'l2', addr: line, dirty: false, data: [], cause: 'eviction' })
    if (found.dirty) this.land('l2', line, data)
  }

  cleanL1(addr: number): void {
    const line = this.lineOf(addr)
    this.l1.forEach((cache, core) => {
      const found = cache.get(line)
      if (!found?.dirty) return
      const name = `l1d${core}`
      this.emit(name, { type: 'line.writeback', cache: name, addr: line, data: [...found.data], cause: 'maintenance' })
      this.intoL2(line, found.data)
      found.dirty = false
    })
  }

  cleanL2(addr: number): void {
    const line = this.lineOf(addr)
    const found = this.l2.get(line)
    if (!found?.dirty) return
    const data = [...found.data]
    this.emit('l2', { type: 'line.writeback', cache: 'l2', addr: line, data, cause: 'maintenance' })
    this.land('l2', line, data)
    found.dirty = false
  }

  invalidateL1(addr: number): void {
    const line = this.lineOf(addr)
    this.l1.forEach((cache, core) => {
      const found = cache.get(line)
      if (!found) return
      cache.delete(line)
      this.dropped(`l1d${core}`, line, found)
    })
  }

  invalidateL2(addr: number): void {
    const line = this.lineOf(addr)
    const found = this.l2.get(line)
    if (!found) return
    this.l2.delete(line)
    this.dropped('l2', line, found)
  }

  private dropped(cache: string, addr: number, { dirty, data }: Line): void {
    this.emit(cache, { type: 'line.drop', cache, addr, dirty, data: dirty ? [...data] : [], cause: 'maintenance' })
  }

  // --- cores ---

  store(core: number, addr: number, value: number, drained = true): void {
    this.pending[core]?.push({ addr, value })
    this.emit(`cpu${core}`, { type: 'cpu.store', core, addr, data: [value], memory: 'cacheable' })
    if (drained) this.drain(core)
  }

  drain(core: number): void {
    for (const { addr, value } of this.pending[core]?.splice(0) ?? []) {
      const line = this.fillL1(core, this.lineOf(addr), true)
      line.data[(addr % this.config.lineBytes) / 4] = value
      line.dirty = true
      this.emit(`cpu${core}`, { type: 'cpu.stored', core, addr, data: [value], memory: 'cacheable' })
    }
  }

  /** A non-cacheable store; it waits in the outer cache's store buffer until the function that it returns is called. */
  storeNonCacheable(core: number, addr: number, value: number): () => void {
    this.emit(`cpu${core}`, { type: 'cpu.store', core, addr, data: [value], memory: 'non-cacheable' })
    this.emit(`cpu${core}`, { type: 'cpu.stored', core, addr, data: [value], memory: 'non-cacheable' })
    return () => this.land('l2', addr, [value])
  }

  load(core: number, addr: number): number {
    const own = this.pending[core]?.findLast((store) => store.addr === addr)
    const line = own ? undefined : this.fillL1(core, this.lineOf(addr), false)
    const value = own?.value ?? (line?.data[(addr % this.config.lineBytes) / 4] as number)
    this.emit(`cpu${core}`, { type: 'cpu.load', core, addr, data: [value], memory: 'cacheable' })
    return value
  }

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
    const args = { op, device: 0, handle, offset: 0, bytes, direction }
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
    this.emit('os', { type: 'iova.free', iova: start, bytes: Math.ceil(bytes / pageBytes) * pageBytes })
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

  /** Names of the oracles that fired, sorted. */
  fired(): string[] {
    return [...this.set.violations.keys()].sort()
  }
}
