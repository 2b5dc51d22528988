/** Oracle | translations in use: which table words each was made from, and whether these have changed since. */

import type { Write, Writes } from './writes.ts'

/** A word of a table as a walker read it. */
interface Read {
  readonly addr: number
  readonly value: number
  readonly step: number
}

interface Entry {
  readonly step: number
  readonly reads: readonly Read[]
}

interface InFlight {
  readonly from: string
  readonly addr: number
  readonly isWrite: boolean
  readonly step: number
  readonly iova: number
  readonly reads: readonly Read[]
}

/** A table word that was changed after a translation was made from it. */
export interface Outdated {
  readonly write: Write
  /** When the translation was made, and when the word was read for it. */
  readonly made: number
  readonly read: number
}

/** Kept while one run is told again. */
export class TranslationsSeen {
  private readonly writes: Writes
  private readonly pageBytes: number
  /** Memory reads of walkers that no `walk.read` has named yet, by walker. */
  private readonly unnamed = new Map<string, Read[]>()
  /** By walker and IO page: words of the last walk. */
  private readonly walked = new Map<string, Read[]>()
  /** By holder and IO page. */
  private readonly entries = new Map<string, Entry>()
  private readonly inFlight: InFlight[] = []

  constructor(writes: Writes, pageBytes: number) {
    this.writes = writes
    this.pageBytes = pageBytes
  }

  sampled(mmu: string, addr: number, data: readonly number[], step: number): void {
    const reads = this.unnamed.get(mmu) ?? []
    this.unnamed.set(mmu, reads)
    data.forEach((value, i) => {
      reads.push({ addr: addr + i * 4, value, step })
    })
  }

  /** `level` 0 or 1 begins a walk. */
  named(mmu: string, iova: number, level: number, descriptor: number): void {
    const unnamed = this.unnamed.get(mmu) ?? []
    const at = unnamed.findIndex(({ value }) => (value ^ descriptor) === 0)
    if (at < 0) return
    const [read] = unnamed.splice(at, 1)
    const key = this.key(mmu, iova)
    const reads = this.walked.get(key) ?? []
    const kept = level <= 1 ? reads.filter(({ addr }) => level === 1 && this.isRoot(reads, addr)) : reads
    this.walked.set(key, [...kept.filter(({ addr }) => addr !== read?.addr), read as Read])
  }

  /** Words of the device table come first in a walk, one or two of them. */
  private isRoot(reads: readonly Read[], addr: number): boolean {
    return reads.slice(0, 2).some((read) => read.addr === addr) && reads.length <= 2
  }

  filled(holder: string, iova: number, step: number): void {
    this.entries.set(this.key(holder, iova), { step, reads: this.lastWalk(holder, iova) })
  }

  dropped(holder: string, iova: number): void {
    this.entries.delete(this.key(holder, iova))
  }

  /** Of the holder itself, else of whoever walked for it. */
  private lastWalk(holder: string, iova: number): readonly Read[] {
    const own = this.walked.get(this.key(holder, iova))
    if (own) return own
    const page = this.page(iova)
    for (const [key, reads] of this.walked) if (key.endsWith(` ${page}`)) return reads
    return []
  }

  /** Whether the translation that is used now, by a TLB entry or by what is kept of walks, is no longer what the tables say. */
  outdated(holder: string, iova: number): Outdated | undefined {
    const entry = this.entries.get(this.key(holder, iova))
    return this.changed(entry?.reads ?? this.lastWalk(holder, iova), entry?.step ?? 0)
  }

  private changed(reads: readonly Read[], made: number): Outdated | undefined {
    for (const { addr, value, step } of reads) {
      const write = this.writes.newest(addr)
      if (write && (write.value ^ value) !== 0) return { write, made, read: step }
    }
    return undefined
  }

  issued(from: string, addr: number, iova: number, isWrite: boolean, step: number, holder: string): void {
    const reads = this.entries.get(this.key(holder, iova))?.reads ?? this.lastWalk(holder, iova)
    this.inFlight.push({ from, addr, isWrite, step, iova, reads })
  }

  /** The access that ends here, if the tables have changed since it was issued. */
  landed(from: string, addr: number, isWrite: boolean): (Outdated & { readonly iova: number }) | undefined {
    const at = this.inFlight.findIndex((one) => one.from === from && one.addr === addr && one.isWrite === isWrite)
    if (at < 0) return undefined
    const [access] = this.inFlight.splice(at, 1) as [InFlight]
    const outdated = this.changed(access.reads, access.step)
    return outdated && outdated.write.step > access.step ? { ...outdated, iova: access.iova } : undefined
  }

  private page(iova: number): number {
    return iova - (iova % this.pageBytes)
  }

  private key(holder: string, iova: number): string {
    return `${holder} ${this.page(iova)}`
  }
}
