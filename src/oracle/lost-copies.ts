/** Oracle | clues about values that are lost: older ones written over them, and last copies that are dropped. */

import type { MemoryWrite } from '../../machines/protocol.ts'
import { type Clue, missingStep, swapped, wroteOf } from './clue.ts'
import { firstDevice, type History, pageAt, wordFlag, writerOf } from './history.ts'
import type { MetInOrder } from './met-in-order.ts'
import type { OracleConfig } from './oracle.ts'
import type { Places } from './places.ts'
import type { Write, Writes } from './writes.ts'

/** What it reads of the run under way. */
interface Run {
  readonly config: OracleConfig
  readonly history: History
  readonly writes: Writes
  readonly places: Places
  readonly met: MetInOrder
  /** The last doorbell before a step, if it came after another one; else that step. */
  readonly bell: (step: number, since: number) => number
}

/** Kept while one run is told again. */
export class LostCopies {
  private readonly run: Run
  /** By line: the store that made it dirty last. */
  private readonly dirtied = new Map<number, Write>()
  /** Stores past the caches that memory does not have yet, oldest first. */
  private onWay: Write[] = []

  constructor(run: Run) {
    this.run = run
  }

  /** A store of a core was performed. */
  stored(write: Write): void {
    if (write.isCacheable) this.dirtied.set(this.run.places.line(write.addr), write)
    else this.onWay.push(write)
  }

  /** A cache, or a buffer before memory, wrote an older copy over the only place of the newest value. */
  overwritten({ from, addr, data }: MemoryWrite, step: number): Clue | undefined {
    const arrived = data.map((value, i) => this.arrive(addr + i * 4, value))
    for (const [i, value] of data.entries()) {
      const write = this.onlyInMemory(addr + i * 4, value)
      if (write === undefined) continue
      const late = arrived[i]
      const clue = late === undefined ? this.byDirtyLine(write, from, step) : this.byLateStore(late, write, step)
      if (clue !== undefined) return clue
    }
    return undefined
  }

  /** The last copy of a store went with its line. */
  dropped(cache: string, addr: number, data: readonly number[], step: number): Clue | undefined {
    for (const [i, value] of data.entries()) {
      const write = this.run.writes.last(addr + i * 4)
      if (!write || (write.value ^ value) !== 0 || this.run.places.isInMemory(write)) continue
      return {
        basis: 'met',
        step,
        addr: write.addr,
        wrote: wroteOf(write),
        stayed: `the last copy of it was in ${cache}`,
        reader: { actor: cache, step },
        missing: missingStep('clean', write.actor.startsWith('cpu') ? write.actor : cache, write.step, step, {
          addr: write.addr,
        }),
      }
    }
    return undefined
  }

  /** The oldest store on its way to the word with this value. */
  private arrive(addr: number, value: number): Write | undefined {
    const found = this.onWay.find((write) => write.addr === addr && (write.value ^ value) === 0)
    if (found) this.onWay = this.onWay.filter((write) => write !== found)
    return found
  }

  /** The newest write to a word, if memory has it, nobody else does, and another value comes now. */
  private onlyInMemory(addr: number, value: number): Write | undefined {
    const { history, config, writes } = this.run
    const page = pageAt(history, config, addr)
    if (page === null) return undefined
    const offset = (addr - config.dram.base) % config.pageBytes
    const flags = page.flags.get(offset)
    const newest = page.newest.get(offset)
    if (newest === value || newest !== page.memory.get(offset)) return undefined
    return flags & wordFlag.known && !(flags & wordFlag.holders) ? writes.last(addr) : undefined
  }

  private byDirtyLine(write: Write, from: string, step: number): Clue | undefined {
    const { history, config, places, bell } = this.run
    const dirtied = this.dirtied.get(places.line(write.addr))
    if (!dirtied) return undefined
    const flags = pageAt(history, config, write.addr)?.flags.get((write.addr - config.dram.base) % config.pageBytes)
    const wrote = writerOf(flags ?? 0) >= firstDevice ? write : dirtied
    const before = Math.max(write.step, dirtied.step)
    return {
      basis: 'met',
      step,
      addr: write.addr,
      wrote: wroteOf(wrote),
      stayed: `an older copy stayed dirty in a cache, since ${dirtied.actor} stored to its line at step ${dirtied.step}`,
      reader: { actor: from, step },
      missing: missingStep('clean', dirtied.actor, dirtied.step, bell(before, dirtied.step), { addr: dirtied.addr }),
    }
  }

  /** A store of a core arrived after a younger write of somebody who had been let on. */
  private byLateStore(late: Write, younger: Write, step: number): Clue | undefined {
    if (younger.actor === late.actor) return undefined
    const { met, bell } = this.run
    const reader = { actor: younger.actor, step: younger.step }
    const stayed = `the value stayed in the buffer before memory until step ${step}`
    const seen = met.lastBefore(younger.actor, late)
    if (seen && seen.step < late.step) return { ...swapped(late, stayed, reader, seen), step }
    const before = Math.min(seen?.step ?? younger.step, bell(younger.step, late.step))
    const { addr } = late
    const missing = missingStep('outer-sync', late.actor, late.step, before, { addr })
    return { basis: 'met', step, addr, wrote: wroteOf(late), stayed, reader, missing }
  }
}
