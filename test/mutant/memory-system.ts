/** Tests | a tiny correct memory system: memory, caches and cores that emit what the machines emit. */

import { type Geometry, litmus } from '../../machines/geometry.ts'
import type { Emitted, MarkName } from '../../machines/protocol.ts'
import { oracleNames } from '../../src/oracle/index.ts'
import { type EndInfo, type OracleConfig, oracleConfig } from '../../src/oracle/oracle.ts'
import { createOracleSet, type OracleSet } from '../../src/oracle/oracle-set.ts'

const geometry: Geometry = {
  ...litmus,
  dram: { base: 0x40000000, bytes: 0x400 },
  iova: { base: 0x20000000, bytes: 0x100 },
}

interface Line {
  data: number[]
  dirty: boolean
}

const finished: EndInfo = { reason: 'finished', unfinished: [] }

/** Main memory, an outer cache and two cores with an L1 each; all that happens goes to the oracles. */
export class MemorySystem {
  readonly set: OracleSet
  readonly config: OracleConfig
  private step = 0
  private readonly memory = new Map<number, number>()
  private readonly l1: Map<number, Line>[] = [new Map(), new Map()]
  private readonly l2 = new Map<number, Line>()
  private readonly pending: { addr: number; value: number }[][] = [[], []]

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
    this.emit(`cpu${core}`, { type: 'cpu.mark', core, program: 'main', instruction: 0, name, args })
  }

  // --- caches ---

  protected lineOf(addr: number): number {
    return addr - (addr % this.config.lineBytes)
  }

  protected word(addr: number): number {
    return this.memory.get(addr) ?? 0
  }

  private memoryLine(line: number): number[] {
    const words: number[] = []
    for (let at = line; at < line + this.config.lineBytes; at += 4) words.push(this.word(at))
    return words
  }

  protected land(from: string, addr: number, data: readonly number[]): void {
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
}
