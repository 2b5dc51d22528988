/** Oracle | which step wrote what: the last write to each word, and the stores that still wait in cores. */

import type { CpuStore, CpuStored, MemoryWrite } from '../../machines/protocol.ts'

export interface Write {
  readonly actor: string
  /** Of a core: when the store executed. */
  readonly step: number
  readonly addr: number
  readonly value: number
  readonly isCacheable: boolean
}

/** Kept while one run is told again; it may grow with the run. */
export class Writes {
  /** By word: the last write performed or landed. */
  private readonly performed = new Map<number, Write>()
  /** When a store of a core was performed. */
  private readonly when = new Map<Write, number>()
  /** By core, oldest first. */
  private readonly waiting = new Map<number, Write[]>()

  executed(event: CpuStore, step: number): void {
    const waiting = this.waiting.get(event.core) ?? []
    this.waiting.set(event.core, waiting)
    waiting.push(...wordsOf(event, `cpu${event.core}`, step, event.memory === 'cacheable'))
  }

  stored(event: CpuStored, step: number): void {
    const waiting = this.waiting.get(event.core) ?? []
    for (const write of wordsOf(event, `cpu${event.core}`, step, event.memory === 'cacheable')) {
      const at = waiting.findIndex(({ addr }) => addr === write.addr)
      const known = at < 0 ? write : (waiting[at] as Write)
      this.performed.set(write.addr, known)
      this.when.set(known, step)
      if (at >= 0) waiting.splice(at, 1)
    }
  }

  landed(event: MemoryWrite, step: number): void {
    for (const write of wordsOf(event, event.from, step, false)) this.performed.set(write.addr, write)
  }

  last(addr: number): Write | undefined {
    return this.performed.get(addr)
  }

  /** Whether the core still had the store at that step. */
  waitedAt(write: Write, step: number): boolean {
    const performed = this.when.get(write)
    return performed === undefined ? this.pending(write.addr) === write : performed > step
  }

  /** The youngest store to the word that waits in a core; `of`: in that one. */
  pending(addr: number, of?: number): Write | undefined {
    let found: Write | undefined
    for (const [core, waiting] of this.waiting) {
      if (of !== undefined && core !== of) continue
      const own = waiting.findLast((write) => write.addr === addr)
      if (own && (found === undefined || own.step > found.step)) found = own
    }
    return found
  }

  /** The oldest store that waits in a core. */
  oldestOf(actor: string): Write | undefined {
    return this.waiting.get(Number(actor.slice(3)))?.[0]
  }

  /** What the word holds for those who hear of everything at once. */
  newest(addr: number): Write | undefined {
    return this.pending(addr) ?? this.last(addr)
  }
}

function wordsOf(
  { addr, data }: { readonly addr: number; readonly data: readonly number[] },
  actor: string,
  step: number,
  isCacheable: boolean,
): Write[] {
  return data.map((value, i) => ({ actor, step, addr: addr + i * 4, value, isCacheable }))
}
