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
}

/**
 * Buffers are the device's from `buffer.queued` to `buffer.done`, else the CPU's, from their mapping to their unmapping. A line is
 * clean or dirty in a cache. An entry is a word of a page-table page: in a store buffer, in a cache, or in memory.
 */
export class Bands {
  private readonly bands = new Map<string, Band>()
  private readonly tables = new Set<number>()
  private readonly lineBytes = new Map<string, number>()

  add({ event, index }: Placed): void {
    for (const emitted of event.emitted ?? []) this.see(emitted, emitted as unknown as Fields, index)
  }

  /** Kinds in the order of their declaration, names in order. */
  all(): readonly Band[] {
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
    for (const table of this.tables) {
      if (addr < table || addr >= table + pageBytesOf(table)) continue
      for (const [word, value] of data.entries()) {
        const name = `entry ${hex(addr + 4 * word)}`
        if (value !== 0 || this.bands.has(name)) this.set('entry', name, `${hex(value)} in ${where}`, index)
      }
    }
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

/** A trace does not say how large pages are; they are aligned to their size, and no larger than 4 KiB. */
function pageBytesOf(page: number): number {
  return Math.min(4096, page & -page || 4096)
}
