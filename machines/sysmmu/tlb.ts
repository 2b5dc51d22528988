/** SYSMMU | the TLB as pure functions: look-up, fill, replacement order, invalidation, multi-hit detection. */

/**
 * Entries 0 to `count` - 1 are valid, the next victim last; the rest is zero. One order serves both replacement
 * policies: a fill goes to the front, and with least-recently-used replacement a hit does too: HF-209.
 */
export interface Tlb {
  count: number
  /** Entries of different sizes are present, so that two of them may match one address. */
  mixed: boolean
  /** First IO address, aligned to the entry's size. */
  iovas: number[]
  /** Size: a page, a large page or a section. */
  bytes: number[]
  /** Physical address of the first byte. */
  addrs: number[]
  /** What the device may do: one of `rights`. */
  rights: number[]
}

/** Access rights of an entry, by number. Writing alone cannot be expressed: HF-422. */
export const rights = { readWrite: 0, readOnly: 1, none: 2 } as const

/** No entry matches. */
export const tlbMiss = -1
/** More than one entry matches. */
export const tlbMultiHit = -2

/** An empty TLB of `capacity` entries. */
export function emptyTlb(capacity: number): Tlb {
  const zeros = (): number[] => new Array<number>(capacity).fill(0)
  return { count: 0, mixed: false, iovas: zeros(), bytes: zeros(), addrs: zeros(), rights: zeros() }
}

/** Place of the one entry for `iova`, `tlbMiss` or `tlbMultiHit`. */
export function tlbFind(tlb: Tlb, iova: number): number {
  const { iovas, bytes, count } = tlb
  for (let i = 0; i < count; i++) {
    if (((iova ^ (iovas[i] as number)) & -(bytes[i] as number)) !== 0) continue
    return tlb.mixed ? tlbFindLast(tlb, iova, i) : i
  }
  return tlbMiss
}

/** `first`, or `tlbMultiHit` if a later entry matches too. */
function tlbFindLast(tlb: Tlb, iova: number, first: number): number {
  const { iovas, bytes, count } = tlb
  for (let i = first + 1; i < count; i++) {
    if (((iova ^ (iovas[i] as number)) & -(bytes[i] as number)) === 0) return tlbMultiHit
  }
  return first
}

/** Physical address of `iova` by entry `at`. */
export function tlbTranslate(tlb: Tlb, at: number, iova: number): number {
  return ((tlb.addrs[at] as number) + (iova & ((tlb.bytes[at] as number) - 1))) >>> 0
}

/** Makes entry `at` the last to be replaced. */
export function tlbTouch(tlb: Tlb, at: number): void {
  if (at === 0) return
  const iova = tlb.iovas[at] as number
  const bytes = tlb.bytes[at] as number
  const addr = tlb.addrs[at] as number
  const allowed = tlb.rights[at] as number
  move(tlb, 0, at, 1)
  put(tlb, 0, iova, bytes, addr, allowed)
}

/** Adds an entry at the front. There must be room, and no entry of this size for this address: a fill follows a miss. */
export function tlbInsert(
  tlb: Tlb,
  iova: number,
  bytes: number,
  addr: number,
  allowed: number = rights.readWrite,
): void {
  move(tlb, 0, tlb.count, 1)
  tlb.count++
  put(tlb, 0, iova, bytes, addr, allowed)
  tlb.mixed = isMixed(tlb)
}

/** Takes entry `at` out; the later ones move up. */
export function tlbRemove(tlb: Tlb, at: number): void {
  tlb.count--
  move(tlb, at + 1, tlb.count - at, -1)
  put(tlb, tlb.count, 0, 0, 0, 0)
  tlb.mixed = isMixed(tlb)
}

/** Whether entry `at` lets the device do this. */
export function tlbAllows(tlb: Tlb, at: number, write: boolean): boolean {
  const allowed = tlb.rights[at]
  return allowed === rights.readWrite || (allowed === rights.readOnly && !write)
}

/** Whether entry `at` translates `iova`. */
export function tlbCovers(tlb: Tlb, at: number, iova: number): boolean {
  return ((iova ^ (tlb.iovas[at] as number)) & -(tlb.bytes[at] as number)) === 0
}

function isMixed(tlb: Tlb): boolean {
  for (let i = 1; i < tlb.count; i++) if (tlb.bytes[i] !== tlb.bytes[0]) return true
  return false
}

function put(tlb: Tlb, at: number, iova: number, bytes: number, addr: number, allowed: number): void {
  tlb.iovas[at] = iova
  tlb.bytes[at] = bytes
  tlb.addrs[at] = addr
  tlb.rights[at] = allowed
}

/** Moves `length` entries from place `from` by `by` places. */
function move(tlb: Tlb, from: number, length: number, by: 1 | -1): void {
  for (let i = 0; i < length; i++) {
    const at = by > 0 ? from + length - 1 - i : from + i
    const { iovas, bytes, addrs } = tlb
    put(tlb, at + by, iovas[at] as number, bytes[at] as number, addrs[at] as number, tlb.rights[at] as number)
  }
}
