/** Kernel | the event wheel: which input is due at which cycle, first in first out within a cycle. */

/** Near events sit in a ring of buckets, far ones in a heap. Inputs are small ints. */
export class Wheel {
  /** The present cycle. */
  now = 0
  private readonly buckets: number[][]
  private readonly sizes: Int32Array
  private readonly mask: number
  private position = 0
  private near = 0
  // Far events as parallel heap arrays, ordered by (cycle, arrival).
  private readonly farCycles: number[] = []
  private readonly farArrivals: number[] = []
  private readonly farInputs: number[] = []
  private arrivals = 0

  /** @param spanCycles size of the ring, a power of two. */
  constructor(spanCycles = 1024) {
    this.buckets = Array.from({ length: spanCycles }, () => [])
    this.sizes = new Int32Array(spanCycles)
    this.mask = spanCycles - 1
  }

  /** Makes `input` due at `cycle` (not before now). */
  insert(cycle: number, input: number): void {
    if (cycle - this.now <= this.mask) {
      this.put(cycle & this.mask, input)
    } else {
      this.pushFar(cycle, input)
    }
  }

  /** The next due input, advancing `now` to its cycle; -1 when nothing is due any more. */
  next(): number {
    let slot = this.now & this.mask
    while (this.position >= (this.sizes[slot] as number)) {
      this.sizes[slot] = 0
      this.position = 0
      if (this.near === 0) {
        if (this.farCycles.length === 0) return -1
        this.now = this.farCycles[0] as number
      } else {
        this.now++
      }
      // A far event moves as soon as it is in reach, so that it stays ahead of what is inserted for its cycle later.
      while (this.farCycles.length > 0 && (this.farCycles[0] as number) - this.now <= this.mask) this.popFar()
      slot = this.now & this.mask
    }
    this.near--
    return (this.buckets[slot] as number[])[this.position++] as number
  }

  /** Buckets never shrink, so that a run comes to rest without allocations. */
  private put(slot: number, input: number): void {
    const size = this.sizes[slot] as number
    ;(this.buckets[slot] as number[])[size] = input
    this.sizes[slot] = size + 1
    this.near++
  }

  private pushFar(cycle: number, input: number): void {
    let i = this.farCycles.length
    const arrival = this.arrivals++
    this.farCycles.push(cycle)
    this.farArrivals.push(arrival)
    this.farInputs.push(input)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.before(i, parent)) break
      this.swap(i, parent)
      i = parent
    }
  }

  private popFar(): void {
    this.put((this.farCycles[0] as number) & this.mask, this.farInputs[0] as number)
    const last = this.farCycles.length - 1
    this.swap(0, last)
    this.farCycles.pop()
    this.farArrivals.pop()
    this.farInputs.pop()
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
    for (const list of [this.farCycles, this.farArrivals, this.farInputs]) {
      const kept = list[a] as number
      list[a] = list[b] as number
      list[b] = kept
    }
  }
}
