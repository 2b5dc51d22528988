/** Oracle | where the values of a run told again are: which copies are left, and what would bring the newest one to memory. */

import { type History, pageAt, wordFlag } from './history.ts'
import type { OracleConfig } from './oracle.ts'
import type { MissingKind } from './root.ts'
import type { Write, Writes } from './writes.ts'

const anyL1 = wordFlag.l1 * 0xf
const anyBuffer = wordFlag.towardsL2 | wordFlag.towardsMemory

/** Reads the history of the run under way. */
export class Places {
  private readonly config: OracleConfig
  private readonly history: History
  private readonly writes: Writes
  /** By cache and line: filled at that step. */
  private readonly held = new Map<string, number>()

  constructor(config: OracleConfig, history: History, writes: Writes) {
    this.config = config
    this.history = history
    this.writes = writes
  }

  filled(cache: string, addr: number, step: number): void {
    this.held.set(`${cache} ${this.line(addr)}`, step)
  }

  left(cache: string, addr: number): void {
    this.held.delete(`${cache} ${this.line(addr)}`)
  }

  /** Infinity: it does not hold the line. */
  heldSince(cache: string, addr: number): number {
    return this.held.get(`${cache} ${this.line(addr)}`) ?? Number.POSITIVE_INFINITY
  }

  line(addr: number): number {
    return addr - (addr % this.config.lineBytes)
  }

  /** What brings the newest value of a word to those who read memory. `isCoherent`: they ask the inner caches. */
  whyUnseen(newest: Write, isCoherent: boolean): MissingKind {
    if (this.writes.pending(newest.addr) === newest) return newest.isCacheable && !isCoherent ? 'clean' : 'dsb'
    const flags = this.flags(newest.addr)
    if (flags & (anyL1 | wordFlag.l2)) return 'clean'
    return flags & anyBuffer ? 'outer-sync' : 'invalidate'
  }

  /** Whether any copy of the value is left. */
  isSomewhere({ addr, value }: Write): boolean {
    const page = pageAt(this.history, this.config, addr)
    if (page === null) return false
    const offset = this.offset(addr)
    const flags = page.flags.get(offset)
    if (!(flags & wordFlag.known)) return false
    return (flags & wordFlag.holders) !== 0 || (page.memory.get(offset) ^ value) === 0
  }

  /** Whether it stays in a cache or a buffer before memory, and would as long as nothing pushes it out. */
  isKeptBack(write: Write): boolean {
    return this.writes.pending(write.addr) !== write && !this.isInMemory(write)
  }

  /** Whether memory has the value. */
  isInMemory({ addr, value }: Write): boolean {
    const page = pageAt(this.history, this.config, addr)
    return page !== null && (page.memory.get(this.offset(addr)) ^ value) === 0
  }

  whereabouts({ addr, actor }: Write): string {
    if (this.writes.pending(addr)) return `the value stayed in the store buffer of ${actor}`
    const flags = this.flags(addr)
    const places: string[] = []
    for (let core = 0; core < this.config.cores; core++) if (flags & (wordFlag.l1 << core)) places.push(`l1d${core}`)
    if (flags & wordFlag.l2) places.push('l2')
    if (flags & anyBuffer) places.push('the buffer before memory')
    if (flags & wordFlag.moving) places.push('a transfer between cores')
    return places.length > 0 ? `the value stayed in ${places.join(' and ')}` : 'the value was in memory'
  }

  private flags(addr: number): number {
    const page = pageAt(this.history, this.config, addr)
    return page === null ? 0 : page.flags.get(this.offset(addr))
  }

  private offset(addr: number): number {
    return (addr - this.config.dram.base) % this.config.pageBytes
  }
}
