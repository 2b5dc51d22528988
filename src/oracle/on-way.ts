/** Oracle | writes on their way to memory: which of several with one value an event is the end of. */

/**
 * Runs of address, `heading`, count, words, within one page. Lines in the order of addresses; of each line the oldest first, for
 * that is the order in which they reach memory (HF-180). So equal contents of the buffers are equal runs.
 */
export interface OnWay {
  readonly runs: number[]
}

/** Where a write is heading: an outer cache may take it in. */
export const heading = { l2: 0, memory: 1 } as const

const head = 3

/** Buffers hold a few lines. More means that somebody does not report where writes end, and the oldest are forgotten. */
const runsMax = 32

/** A write has set out. */
export function setOut(
  { runs }: OnWay,
  lineBytes: number,
  addr: number,
  data: readonly number[],
  to: (typeof heading)[keyof typeof heading],
): void {
  const line = addr - (addr % lineBytes)
  let at = 0
  let count = 0
  for (let i = 0; i < runs.length; i += head + (runs[i + 2] as number)) {
    if ((runs[i] as number) < line + lineBytes) at = i + head + (runs[i + 2] as number)
    count++
  }
  runs.splice(at, 0, addr, to, data.length, ...data)
  if (count >= runsMax) runs.splice(0, head + (runs[2] as number))
}

/**
 * The oldest write of `data` to `addr` has arrived: at the outer cache (`at` l2), or in memory, wherever it was heading. If there is
 * none, the oldest one whose words are among these: it was merged into a line.
 */
export function arrive(onWay: OnWay, addr: number, data: readonly number[], at: 'l2' | 'memory'): void {
  const { runs } = onWay
  if (runs.length === 0) return
  let merged = -1
  for (let i = 0; i < runs.length; i += head + (runs[i + 2] as number)) {
    if ((at === 'l2' && runs[i + 1] !== heading.l2) || !isAmong(runs, i, addr, data)) continue
    if (runs[i + 2] === data.length) {
      runs.splice(i, head + data.length)
      return
    }
    if (merged < 0) merged = i
  }
  if (merged >= 0) runs.splice(merged, head + (runs[merged + 2] as number))
}

/** Whether every word of the run at `i` is one of `data`, which begin at `addr`. */
function isAmong(runs: readonly number[], i: number, addr: number, data: readonly number[]): boolean {
  const first = ((runs[i] as number) - addr) / 4
  const count = runs[i + 2] as number
  if (first < 0 || first + count > data.length) return false
  for (let word = 0; word < count; word++) if (runs[i + head + word] !== data[first + word]) return false
  return true
}

/** Whether a write of `value` to the word at `addr` is on its way; `l2`: to the outer cache. */
export function isOnWay({ runs }: OnWay, addr: number, value: number, to: 'l2' | 'anywhere'): boolean {
  for (let i = 0; i < runs.length; ) {
    const offset = addr - (runs[i] as number)
    const count = runs[i + 2] as number
    const isHeading = to === 'anywhere' || runs[i + 1] === heading.l2
    if (isHeading && offset >= 0 && offset < count * 4 && runs[i + head + offset / 4] === value) return true
    i += head + count
  }
  return false
}
