/** Kernel | the event wheel: which input is due at which cycle; within a cycle by rank, then first in first out. */

/** Something due: when, its rank within the cycle, and what it is. */
export interface Due {
  readonly cycle: number
  readonly rank: number
  readonly input: number
}

/** Words of a node: its input, its rank, the node after it. Four, so that none spreads over two lines of the processor's cache. */
const nodeWords = 4
const [inputAt, rankAt, nextAt] = [0, 1, 2] as const

/**
 * Near events sit in a ring of lists, one a cycle, far ones in a heap. Inputs are small ints. The ring is one typed array, for
 * each array that a function touches costs it several loads: a bit for each cycle, which leads past the empty ones; first and
 * last node of each cycle, valid while its bit is set; and a pool of nodes, of which the free ones are linked, too.
 */
export class Wheel {
  /** The present cycle. */
  now = 0
  /** Rank of what `next` returned last. */
  rank = 0
  private readonly mask: number
  /** Where in `cells` the pairs of nodes and the nodes begin. A node is named by its place. */
  private readonly ends: number
  private readonly nodes: number
  private cells: Int32Array
  private free: number
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
    this.ends = Math.ceil(spanCycles / 32)
    this.nodes = Math.ceil((this.ends + 2 * spanCycles) / nodeWords) * nodeWords
    this.cells = new Int32Array(this.nodes + 64 * nodeWords)
    this.free = this.nodes
    this.linkFree(this.free)
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
    if (((this.cells[slot >>> 5] as number) & (1 << (slot & 31))) === 0) {
      if (!this.turnOn(slot)) return -1
      slot = this.now & this.mask
    }
    const { cells } = this
    const first = this.ends + 2 * slot
    const node = cells[first] as number
    if (node === cells[first + 1]) cells[slot >>> 5] = (cells[slot >>> 5] as number) & ~(1 << (slot & 31))
    else cells[first] = cells[node + nextAt] as number
    cells[node + nextAt] = this.free
    this.free = node
    this.near--
    this.rank = cells[node + rankAt] as number
    return cells[node + inputAt] as number
  }

  /** Goes to the next cycle with events, from the empty `slot` of the present one; false if there is none. */
  private turnOn(slot: number): boolean {
    if (this.near > 0) this.now += this.distance(slot)
    else if (this.farCycles.length > 0) this.now = this.farCycles[0] as number
    else return false
    // A far event moves as soon as it is in reach, so that it stays ahead of what is inserted for its cycle later.
    while (this.farCycles.length > 0 && (this.farCycles[0] as number) - this.now <= this.mask) this.popFar()
    return true
  }

  /** What `next` would come to, without going there; undefined when nothing is due any more. */
  peek(): Due | undefined {
    const { cells } = this
    const slot = this.now & this.mask
    let cycle = this.now
    if (((cells[slot >>> 5] as number) & (1 << (slot & 31))) === 0) {
      if (this.near > 0) cycle += this.distance(slot)
      else if (this.farCycles.length === 0) return undefined
      else return this.firstFar()
    }
    // What is far is later than what is near.
    const node = cells[this.ends + 2 * (cycle & this.mask)] as number
    return { cycle, rank: cells[node + rankAt] as number, input: cells[node + inputAt] as number }
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
    const { cells, ends } = this
    // Slots of the word that come after `slot`; the others are a whole turn away.
    let bits = (cells[slot >>> 5] as number) & (-2 << (slot & 31))
    if ((slot & 31) === 31) bits = 0
    let word = slot >>> 5
    while (bits === 0) {
      word = (word + 1) & (ends - 1)
      bits = cells[word] as number
    }
    const found = (word << 5) | (31 - Math.clz32(bits & -bits))
    return (found - slot) & this.mask
  }

  private put(slot: number, input: number, rank: number): void {
    if (this.free === this.cells.length) this.grow()
    const { cells } = this
    const node = this.free
    this.free = cells[node + nextAt] as number
    cells[node + inputAt] = input
    cells[node + rankAt] = rank
    this.near++
    const first = this.ends + 2 * slot
    const bit = 1 << (slot & 31)
    const bits = cells[slot >>> 5] as number
    if ((bits & bit) === 0) {
      cells[slot >>> 5] = bits | bit
      cells[first] = node
      cells[first + 1] = node
      return
    }
    const last = cells[first + 1] as number
    if ((cells[last + rankAt] as number) <= rank) {
      cells[last + nextAt] = node
      cells[first + 1] = node
    } else this.putBefore(first, node, rank)
  }

  /** Not the last of its cycle: few are due in one, so the list is walked. @param first where its first node is named */
  private putBefore(first: number, node: number, rank: number): void {
    const { cells } = this
    let at = cells[first] as number
    if ((cells[at + rankAt] as number) > rank) {
      cells[node + nextAt] = at
      cells[first] = node
      return
    }
    for (;;) {
      const after = cells[at + nextAt] as number
      if ((cells[after + rankAt] as number) > rank) {
        cells[node + nextAt] = after
        cells[at + nextAt] = node
        return
      }
      at = after
    }
  }

  private grow(): void {
    const before = this.cells
    this.cells = new Int32Array(2 * before.length - this.nodes)
    this.cells.set(before)
    this.linkFree(before.length)
  }

  /** Links the nodes from `from` on, all of them free; the last one leads to where the next would be. */
  private linkFree(from: number): void {
    for (let node = from; node < this.cells.length; node += nodeWords) this.cells[node + nextAt] = node + nodeWords
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
