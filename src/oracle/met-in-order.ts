/** Oracle | what each reader has met already of what each core wrote: which of its stores let the reader on. */

import type { Write } from './writes.ts'

// A device that has seen the flag reads the data: whoever met a word of a core, and then another one that is older than its last store, was
// let on by the first. If the core stored that first one later, a step between the two stores is missing; if earlier, they stand
// in the wrong order.

/** Kept while one run is told again. */
export class MetInOrder {
  /** By reader and core: the writes it met as they are now, the latest last. */
  private readonly met = new Map<string, Write[]>()

  /** `reader` saw the newest value of a word. */
  saw(reader: string, write: Write): void {
    if (write.step === 0 || !write.actor.startsWith('cpu') || write.actor === reader) return
    const key = `${reader} ${write.actor}`
    const known = (this.met.get(key) ?? []).filter(({ addr }) => addr !== write.addr)
    this.met.set(key, [...known, write])
  }

  /** What of the same core the reader met last, of another word. */
  lastBefore(reader: string, { actor, addr }: Write): Write | undefined {
    return this.met.get(`${reader} ${actor}`)?.findLast((write) => write.addr !== addr)
  }
}
