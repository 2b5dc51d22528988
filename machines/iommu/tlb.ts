/** IOMMU | the TLB as pure functions: entries of several sizes with the number of a domain, and ones without translation. */

/** What an entry lets a requester do. `nothing`: the descriptor was an invalid one, kept all the same. */
export type EntryKind = 'read-write' | 'read-only' | 'nothing'

export interface TlbEntry {
  readonly tag: number
  /** First IO address, aligned to the entry's size. */
  readonly iova: number
  /** Size: a page, a large page or a section. */
  readonly bytes: number
  /** Physical address of the first byte; 0 where there is no translation. */
  readonly addr: number
  readonly kind: EntryKind
  readonly nonCacheable: boolean
}

/** In order of domain, address and size, so that the order of fills leaves no trace. */
export interface Tlb {
  entries: TlbEntry[]
}

export function emptyTlb(): Tlb {
  return { entries: [] }
}

/** No entry matches. */
export const tlbMiss = -1
/** More than one entry matches. */
export const tlbMultiHit = -2

/** Whether the entry is for `iova` in domain `tag`. */
export function tlbCovers(entry: TlbEntry, tag: number, iova: number): boolean {
  return entry.tag === tag && ((iova ^ entry.iova) & -entry.bytes) === 0
}

/** Place of the one entry for `iova` in domain `tag`, `tlbMiss` or `tlbMultiHit`. */
export function tlbFind({ entries }: Tlb, tag: number, iova: number): number {
  let found = tlbMiss
  for (let at = 0; at < entries.length; at++) {
    if (!tlbCovers(entries[at] as TlbEntry, tag, iova)) continue
    if (found >= 0) return tlbMultiHit
    found = at
  }
  return found
}

/** Physical address of `iova` by an entry that covers it. */
export function tlbTranslate(entry: TlbEntry, iova: number): number {
  return (entry.addr + (iova & (entry.bytes - 1))) >>> 0
}

/**
 * Places whose entries must go before `entry` comes in, the last one first: those for the same address and size, and, if all
 * `capacity` are taken, the last in order. HF-463
 */
export function tlbVictims({ entries }: Tlb, entry: TlbEntry, capacity: number): number[] {
  const same = entries.findIndex((one) => compare(one, entry) === 0)
  if (same >= 0) return [same]
  return entries.length >= capacity ? [entries.length - 1] : []
}

/** Adds an entry in its place. There must be room, and none for the same address and size. */
export function tlbInsert({ entries }: Tlb, entry: TlbEntry): void {
  let at = 0
  while (at < entries.length && compare(entries[at] as TlbEntry, entry) < 0) at++
  entries.splice(at, 0, entry)
}

/** Takes entry `at` out. */
export function tlbRemove({ entries }: Tlb, at: number): TlbEntry {
  return entries.splice(at, 1)[0] as TlbEntry
}

function compare(a: TlbEntry, b: TlbEntry): number {
  return a.tag - b.tag || a.iova - b.iova || a.bytes - b.bytes
}
