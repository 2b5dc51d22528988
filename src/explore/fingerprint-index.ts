/** Explore | a set of fingerprints that numbers them, from 0, in the order in which they came. */

/** Open addressing in typed arrays; at most half of the slots are taken. */
export class FingerprintIndex {
  count = 0
  lows = new Int32Array(1 << 11)
  highs = new Int32Array(1 << 11)
  private slots = new Int32Array(1 << 12)

  /** How many fit before `lows` and `highs` are replaced by longer ones: side arrays of callers grow with them. */
  get capacity(): number {
    return this.lows.length
  }

  /** The number of a fingerprint, which is added if it is new: then it is `count - 1` afterwards. */
  add(low: number, high: number): number {
    const { slots } = this
    const mask = slots.length - 1
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask
    for (;;) {
      const number = (slots[slot] as number) - 1
      if (number < 0) break
      if (this.lows[number] === low && this.highs[number] === high) return number
      slot = (slot + 1) & mask
    }
    const number = this.count++
    if (number === this.lows.length) {
      this.lows = widened(this.lows)
      this.highs = widened(this.highs)
    }
    this.lows[number] = low
    this.highs[number] = high
    slots[slot] = this.count
    if (2 * this.count > slots.length) this.rehash()
    return number
  }

  clear(): void {
    this.count = 0
    this.slots.fill(0)
  }

  private rehash(): void {
    const slots = new Int32Array(2 * this.slots.length)
    const mask = slots.length - 1
    for (let number = 0; number < this.count; number++) {
      let slot = ((this.lows[number] as number) ^ Math.imul(this.highs[number] as number, 0x9e3779b1)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = number + 1
    }
    this.slots = slots
  }
}

/** The same with room for twice as many. */
export function widened(ints: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(2 * ints.length)
  wider.set(ints)
  return wider
}

export function widenedBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const wider = new Uint8Array(2 * bytes.length)
  wider.set(bytes)
  return wider
}
