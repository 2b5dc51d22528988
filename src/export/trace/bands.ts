/** Export | what lasts in a run, as bands: who owns a buffer, where a cache line is, what a TLB and a table entry hold. */

import type { Message } from '../../kernel/actor.ts'
import type { Placed } from './reactions.ts'
import { hex } from './reactions.ts'

export type BandKind = 'buffer' | 'line' | 'tlb' | 'entry'

/** From `from` on, up to the next segment, it is in this state; '' : nothing to show. Indexes of reactions. */
export interface Segment {
  readonly from: number
  readonly state: string
}

export interface Band {
  readonly kind: BandKind
  readonly name: string
  readonly segments: Segment[]
}

interface Fields {
  readonly [field: string]: unknown
  readonly addr: number
  readonly data: readonly number[]
  readonly cache: string
  readonly handle: number
  readonly from: string
  readonly mmu: string
}

/** A word in memory and what became of it. */
interface WordSegment {
  readonly from: number
  readonly value: number
  readonly where: string
}

/**
 * Buffers are the device's from `buffer.queued` to `buffer.done`, else the CPU's, from their mapping to their unmapping. A line is
 * clean or dirty in a cache. An entry is a word of a page-table page, or one
 * that a table walk read: in a store buffer, in a cache, or in memory.
 */
export class Bands {
  private readonly bands = new Map<string, Band>()
  private readonly tables = new Set<number>()
  private readonly lineBytes = new Map<string, number>()
  /** Words outside of page-table pages: only a walk tells that one of them is an entry. */
  private readonly words = new Map<number, WordSegment[]>()
  /** By who read them: words read one at a time, as walkers do. */
  private readonly read = new Map<string, Set<number>>()
  private readonly walkers = new Set<string>()

  add({ event, index }: Placed): void {
    for (const emitted of event.emitted ?? []) this.see(emitted, emitted as unknown as Fields, index)
  }

  /** Kinds in the order of their declaration, names in order. */
  all(): readonly Band[] {
    for (const walker of this.walkers) for (const addr of this.read.get(walker) ?? []) this.walked(addr)
    const order: readonly BandKind[] = ['buffer', 'line', 'tlb', 'entry']
    return [...this.bands.values()].sort((a, b) => {
      return order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1)
    })
  }

  private see({ type }: Message, fields: Fields, index: number): void {
    switch (type) {
      case 'cpu.mark':
        this.mark(fields.name as string, fields.args as Fields, index)
        break
      case 'page.owner':
        if (fields.owner === 'page-table') this.tables.add(fields.addr)
        else this.tables.delete(fields.addr)
        break
      case 'cpu.store':
        this.entries(fields, 'store buffer', index)
        break
      case 'cpu.stored':
        this.entries(fields, fields.memory === 'cacheable' ? 'cache' : 'on its way', index)
        if (fields.memory === 'cacheable') this.line(`l1d${fields.core}`, fields.addr, 'dirty', index)
        break
      case 'memory.write':
        this.entries(fields, fields.coherent === true ? 'on its way' : 'memory', index)
        break
      case 'line.fill':
        this.lineBytes.set(fields.cache, 4 * fields.data.length)
        // Written through, a line stays as it was.
        if (fields.cause === 'through') break
        this.line(fields.cache, fields.addr, fields.cause === 'writeback' ? 'dirty' : 'clean', index)
        break
      case 'line.writeback':
        this.line(fields.cache, fields.addr, 'clean', index)
        break
      case 'line.drop':
        this.line(fields.cache, fields.addr, '', index)
        break
      case 'memory.read':
        if (fields.data.length === 1) this.noteRead(fields.from, fields, index)
        break
      case 'walk.read':
        this.walkers.add(fields.mmu as string)
        break
      case 'tlb.fill':
        this.set('tlb', `${fields.mmu} TLB ${hex(fields.iova as number)}`, hex(fields.addr), index)
        break
      case 'tlb.drop':
        this.set('tlb', `${fields.mmu} TLB ${hex(fields.iova as number)}`, '', index)
        break
      default:
    }
  }

  private mark(name: string, args: Fields, index: number): void {
    const buffer = (state: string) => this.set('buffer', `buffer ${hex(args.handle)}`, state, index)
    if (name === 'dma.page') buffer('cpu')
    else if (name === 'buffer.queued') buffer('device')
    else if (name === 'buffer.done') buffer('cpu')
    else if (name === 'dma.return' && (args.op === 'unmap' || args.op === 'free')) buffer('')
  }

  private line(cache: string, addr: number, state: string, index: number): void {
    const bytes = this.lineBytes.get(cache) ?? 4
    this.set('line', `${cache} ${hex(addr - (addr % bytes))}`, state, index)
  }

  private entries({ addr, data }: Fields, where: string, index: number): void {
    const isInTable = [...this.tables].some((table) => addr >= table && addr < table + pageBytesOf(table))
    for (const [word, value] of data.entries()) {
      const at = addr + 4 * word
      if (!isInTable) this.note(at, { from: index, value, where })
      else if (value !== 0 || this.bands.has(entryName(at))) {
        this.set('entry', entryName(at), `${hex(value)} in ${where}`, index)
      }
    }
  }

  private note(addr: number, segment: WordSegment): void {
    const known = this.words.get(addr)
    if (known) known.push(segment)
    else this.words.set(addr, [segment])
  }

  /** A word that nobody has written is what it was from the beginning. */
  private noteRead(from: string, { addr, data }: Fields, index: number): void {
    const words = this.read.get(from) ?? new Set()
    this.read.set(from, words.add(addr))
    const known = this.words.get(addr)
    if (!known) this.note(addr, { from: index, value: data[0] as number, where: 'memory' })
  }

  /** A word outside of page-table pages that a walk read. */
  private walked(addr: number): void {
    const name = entryName(addr)
    if (this.bands.has(name)) return
    for (const { from, value, where } of this.words.get(addr) ?? [])
      this.set('entry', name, `${hex(value)} in ${where}`, from)
  }

  private set(kind: BandKind, name: string, state: string, index: number): void {
    const band = this.bands.get(name)
    if (!band) {
      if (state !== '') this.bands.set(name, { kind, name, segments: [{ from: index, state }] })
      return
    }
    const last = band.segments.at(-1)
    if (last?.state === state) return
    if (last?.from === index) band.segments.pop()
    band.segments.push({ from: index, state })
  }
}

function entryName(addr: number): string {
  return `entry ${hex(addr)}`
}

/** A trace does not say how large pages are; they are aligned to their size, and no larger than 4 KiB. */
function pageBytesOf(page: number): number {
  return Math.min(4096, page & -page || 4096)
}
