/** Kernel | the event wheel: which input is due at which cycle; within a cycle by rank, then first in first out. */

/** Something due: when, its rank within the cycle, and what it is. */
export interface Due {
  readonly cycle: number
  readonly rank: number
  readonly input: number
}

/**
 * Near events sit in a ring of lists, one a cycle, far ones in a heap. Inputs are small ints. The ring is made of a few
 * small typed arrays, because a thousand array objects would fill the processor's first cache: lists are linked through a
 * pool of nodes that are used again and again, and a bit for each cycle leads past the empty ones.
 */
export class Wheel {
  /** The present cycle. */
  now = 0
  /** Rank of what `next` returned last. */
  rank = 0
  private readonly mask: number
  /** A bit for each cycle of the ring, set while its list is not empty. */
  private readonly used: Int32Array
  /** First and last node by slot; valid while the slot's bit is set. */
  private readonly first: Int32Array
  private readonly last: Int32Array
  /** Input and next node by node; the free nodes are linked, too. */
  private inputs = new Int32Array(64)
  private ranks = new Int32Array(64)
  private following = new Int32Array(64)
  private free = 0
  private near = 0
  // Far events as parallel heap arrays, ordered by (cycle, arrival): ranks are looked at when they come near.
  private readonly farCycles: number[] = []
  private readonly farArrivals: number[] = []
  private readonly farInputs: number[] = []
  private readonly farRanks: number[] = []
  private arrivals = 0

  /** @param spanCycles size of the ring, a power of two. */
  constructor(spanCycles = 1024) {
    this.mask = spanCycles - 1
    this.used = new Int32Array(Math.ceil(spanCycles / 32))
    this.first = new Int32Array(spanCycles)
    this.last = new Int32Array(spanCycles)
    this.linkFree(0)
  }

  /** Makes `input` due at `cycle` (not before now), behind what is due then with the same rank or a lower one. */
  insert(cycle: number, input: number, rank = 0): void {
    if (cycle - this.now <= this.mask) {
      this.put(cycle & this.mask, input, rank)
    } else {
      this.pushFar(cycle, input, rank)
    }
  }

  /** The next due input, advancing `now` to its cycle; -1 when nothing is due any more. */
  next(): number {
    let slot = this.now & this.mask
    if (((this.used[slot >>> 5] as number) & (1 << (slot & 31))) === 0) {
      if (this.near > 0) this.now += this.distance(slot)
      else if (this.farCycles.length > 0) this.now = this.farCycles[0] as number
      else return -1
      // A far event moves as soon as it is in reach, so that it stays ahead of what is inserted for its cycle later.
      while (this.farCycles.length > 0 && (this.farCycles[0] as number) - this.now <= this.mask) this.popFar()
      slot = this.now & this.mask
    }
    const node = this.first[slot] as number
    const next = this.following[node] as number
    if (node === this.last[slot]) this.used[slot >>> 5] = (this.used[slot >>> 5] as number) & ~(1 << (slot & 31))
    else this.first[slot] = next
    this.following[node] = this.free
    this.free = node
    this.near--
    this.rank = this.ranks[node] as number
    return this.inputs[node] as number
  }

  /** What `next` would come to, without going there; undefined when nothing is due any more. */
  peek(): Due | undefined {
    const slot = this.now & this.mask
    let cycle = this.now
    if (((this.used[slot >>> 5] as number) & (1 << (slot & 31))) === 0) {
      if (this.near > 0) cycle += this.distance(slot)
      else if (this.farCycles.length === 0) return undefined
      else return this.firstFar()
    }
    // What is far is later than what is near.
    const node = this.first[cycle & this.mask] as number
    return { cycle, rank: this.ranks[node] as number, input: this.inputs[node] as number }
  }

  /** Among the far events of the earliest cycle, the one that will be first. */
  private firstFar(): Due {
    const cycle = this.farCycles[0] as number
    let first = 0
    for (let i = 1; i < this.farCycles.length; i++) {
      if (this.farCycles[i] !== cycle) continue
      const difference = (this.farRanks[i] as number) - (this.farRanks[first] as number)
      if (difference < 0 || (difference === 0 && this.before(i, first))) first = i
    }
    return { cycle, rank: this.farRanks[first] as number, input: this.farInputs[first] as number }
  }

  /** Cycles from the empty `slot` to the next one with events. There is one. */
  private distance(slot: number): number {
    const { used } = this
    // Slots of the word that come after `slot`; the others are a whole turn away.
    let bits = (used[slot >>> 5] as number) & (-2 << (slot & 31))
    if ((slot & 31) === 31) bits = 0
    let word = slot >>> 5
    while (bits === 0) {
      word = (word + 1) & (used.length - 1)
      bits = used[word] as number
    }
    const found = (word << 5) | (31 - Math.clz32(bits & -bits))
    return (found - slot) & this.mask
  }

  private put(slot: number, input: number, rank: number): void {
    const node = this.free
    if (node === this.inputs.length) this.grow()
    this.free = this.following[node] as number
    this.inputs[node] = input
    this.ranks[node] = rank
    this.near++
    const bit = 1 << (slot & 31)
    const bits = this.used[slot >>> 5] as number
    if ((bits & bit) === 0) {
      this.used[slot >>> 5] = bits | bit
      this.first[slot] = node
      this.last[slot] = node
      return
    }
    const last = this.last[slot] as number
    if ((this.ranks[last] as number) <= rank) {
      this.following[last] = node
      this.last[slot] = node
    } else this.putBefore(slot, node, rank)
  }

  /** Not the last of its cycle: few are due in one, so the list is walked. */
  private putBefore(slot: number, node: number, rank: number): void {
    const { ranks, following } = this
    let at = this.first[slot] as number
    if ((ranks[at] as number) > rank) {
      following[node] = at
      this.first[slot] = node
      return
    }
    while ((ranks[following[at] as number] as number) <= rank) at = following[at] as number
    following[node] = following[at] as number
    following[at] = node
  }

  private grow(): void {
    const before = this.inputs.length
    const { inputs, ranks, following } = this
    this.inputs = new Int32Array(before * 2)
    this.ranks = new Int32Array(before * 2)
    this.ranks.set(ranks)
    this.following = new Int32Array(before * 2)
    this.inputs.set(inputs)
    this.following.set(following)
    this.linkFree(before)
  }

  private linkFree(from: number): void {
    for (let node = from; node < this.following.length; node++) this.following[node] = node + 1
  }

  private pushFar(cycle: number, input: number, rank: number): void {
    let i = this.farCycles.length
    const arrival = this.arrivals++
    this.farCycles.push(cycle)
    this.farArrivals.push(arrival)
    this.farInputs.push(input)
    this.farRanks.push(rank)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.before(i, parent)) break
      this.swap(i, parent)
      i = parent
    }
  }

  private popFar(): void {
    this.put((this.farCycles[0] as number) & this.mask, this.farInputs[0] as number, this.farRanks[0] as number)
    const last = this.farCycles.length - 1
    this.swap(0, last)
    this.farCycles.pop()
    this.farArrivals.pop()
    this.farInputs.pop()
    this.farRanks.pop()
    let i = 0
    while (true) {
      let least = i
      const left = 2 * i + 1
      if (left < last && this.before(left, least)) least = left
      if (left + 1 < last && this.before(left + 1, least)) least = left + 1
      if (least === i) return
      this.swap(i, least)
      i = least
    }
  }

  private before(a: number, b: number): boolean {
    const difference = (this.farCycles[a] as number) - (this.farCycles[b] as number)
    return difference !== 0 ? difference < 0 : (this.farArrivals[a] as number) < (this.farArrivals[b] as number)
  }

  private swap(a: number, b: number): void {
    for (const list of [this.farCycles, this.farArrivals, this.farInputs, this.farRanks]) {
      const kept = list[a] as number
      list[a] = list[b] as number
      list[b] = kept
    }
  }
}
