/** Run | what makes a space of states large, as its search has measured it, and what would make that of a litmus test smaller. */

import { lineState } from '../../machines/cache-controller/cache-array.ts'
import type { Bytes } from '../base/bytes.ts'
import type { SearchEnd } from '../explore/strategy.ts'
import type { SystemPartition } from '../explore/system-partition.ts'
import type { SavedState } from '../kernel/actor.ts'
import type { Lowered } from '../litmus/lower.ts'

/** From so many states on, what makes them many is said; so it is when a search met a bound. */
const manyStates = 200_000

/** What a search has to say of its size: nothing while it is small. @param hints what makes it large, where somebody knows. */
export function sizeNotes(
  hints: ((parts: readonly PartValues[]) => readonly string[]) | undefined,
  { components, interners }: Pick<SystemPartition, 'components' | 'interners'>,
  { states, end }: { readonly states: number; readonly end: SearchEnd },
): readonly string[] {
  const isBounded = end === 'states' || end === 'bytes' || end === 'stopped'
  if (hints === undefined || (states < manyStates && !isBounded)) return []
  return hints(components.map(({ name }, at) => ({ name, values: interners[at]?.values ?? [] })))
}

/** A part of the states, an actor or a channel or something that an oracle remembers, with every value that it had. */
export interface PartValues {
  readonly name: string
  readonly values: readonly unknown[]
}

/** So many parts, and so many names of memory, are told. */
const toldMax = 3

/** A part with fewer values is not worth a word. */
const valuesMin = 8

/** In sentences, the most important one first; none where nothing stands out. */
export function spaceHints(
  parts: readonly PartValues[],
  { platform, features, memory, geometry }: Pick<Lowered, 'platform' | 'features' | 'memory' | 'geometry'>,
): string[] {
  const largest = parts
    .filter(({ values }) => values.length >= valuesMin)
    .sort((a, b) => b.values.length - a.values.length)
    .slice(0, toldMax)
  if (largest.length === 0) return []
  const told = largest.map(({ name, values }) => `${name} (${values.length.toLocaleString('en-US')})`)
  const caches = parts.filter(({ name }) => /^l1d\d+$/.test(name) || name === 'l2')
  const changing = memory
    .map(({ name, addr, bytes }) => ({ name, values: contentsOf({ addr, bytes }, parts, caches, geometry) }))
    .filter(({ values }) => values >= valuesMin)
    .sort((a, b) => b.values - a.values)
    .slice(0, toldMax)
  const hints = [`the parts with most states: ${told.join(', ')}`]
  if (changing.length > 0) {
    hints.push(
      `the memory with most contents, in caches and beneath: ${changing.map(({ name, values }) => `${name} (${values})`).join(', ')}`,
    )
  }
  return [...hints, ...advice(largest, caches, { platform, features })]
}

/** What there is to be done about the largest parts. */
function advice(
  largest: readonly PartValues[],
  caches: readonly PartValues[],
  { platform, features }: Pick<Lowered, 'platform' | 'features'>,
): string[] {
  const of = (ids: readonly string[]): boolean => largest.some(({ name }) => ids.includes(name))
  const found: string[] = []
  const mischief = (['speculation', 'eviction', 'l2'] as const).filter((name) => features[name])
  if (of(caches.map(({ name }) => name)) && mischief.length > 0) {
    const off = mischief.map((name) => `no ${name}`).join(', ')
    found.push(
      `if caches play no part: \`feature ${features.walkerCoherent ? '' : 'walkerCoherent, '}${off}\` and \`coherent <D>\`, or memory that is \`nc\`; else fewer lines: \`size page 1\`, words instead of pages`,
    )
  }
  if (of(platform.units.map(({ id }) => id)) && features.tlbEviction) {
    found.push('entries of a TLB may vanish at any moment: `feature no tlbEviction`, if that plays no part')
  }
  if (of(platform.devices.map(({ id }) => id))) {
    found.push('a device that waits for its bell comes at fewer moments; so does one that makes fewer accesses')
  }
  if (largest.some(({ name }) => /^cpu\d+$/.test(name))) {
    found.push(
      'of a core, loops without a bound, registers that keep what nobody needs, and other threads multiply states',
    )
  }
  return found
}

interface Range {
  readonly addr: number
  readonly bytes: number
}

/** How many contents a piece of memory had: in memory itself, and in each cache that held a line of it. */
function contentsOf(
  { addr, bytes }: Range,
  parts: readonly PartValues[],
  caches: readonly PartValues[],
  { lineBytes, dram: { base } }: Lowered['geometry'],
): number {
  let count = 0
  for (const { values } of caches) {
    const seen = new Set<string>()
    for (const value of values) seen.add(heldIn(value as SavedState, { addr, bytes }, lineBytes))
    count += seen.size - 1
  }
  const dram = parts.find(({ name }) => name === 'dram')
  const seen = new Set<string>()
  for (const value of dram?.values ?? []) {
    const { memory } = (value as SavedState).context as { readonly memory: Bytes }
    seen.add(memory.read(addr - base, bytes / 4).join(' '))
  }
  return count + Math.max(0, seen.size - 1)
}

/** The lines of the range that a cache holds, in words. */
function heldIn({ context }: SavedState, { addr, bytes }: Range, lineBytes: number): string {
  const { array } = context as { readonly array: { lines: number[]; states: number[]; data: Bytes } }
  const held: string[] = []
  for (const [slot, line] of array.lines.entries()) {
    const start = line * lineBytes
    if (line < 0 || start + lineBytes <= addr || start >= addr + bytes) continue
    if (array.states[slot] === lineState.invalid) continue
    held.push(`${line} ${array.states[slot]} ${array.data.read(slot * lineBytes, lineBytes / 4).join(' ')}`)
  }
  return held.sort().join(';')
}
