/** Litmus | memory that changes behind the caches: only there does it matter what they fetch and give up by themselves. */

import type { MemoryRange } from '../../machines/geometry.ts'
import { alignDown, alignUp } from '../base/bits.ts'
import { constantValue } from './constants.ts'
import type { LitmusTest, Location } from './form.ts'
import { type Ground, type Spot, spotOf } from './locations.ts'
import { statementsIn } from './walk-form.ts'

/**
 * Lines that devices write, that cores access past the caches, that tables lead to, or that an IOMMU writes its status to. What
 * goes through a pointer may be anywhere: then it is all memory.
 */
export function disturbedLines(test: LitmusTest, ground: Ground): readonly MemoryRange[] | undefined {
  const { geometry, names, mappings } = ground.layout
  const ranges: MemoryRange[] = []
  let anywhere = false
  const add = (addr: number, bytes: number): void => {
    const base = alignDown(addr, geometry.lineBytes)
    ranges.push({ base, bytes: alignUp(addr + bytes, geometry.lineBytes) - base })
  }
  /** All that a name stands for: which of its words is meant may be known only when the program runs. */
  const addNamed = (location: Location): void => {
    if (location.place === 'pointer') anywhere = true
    if (location.place !== 'named') return
    const known = names.get(location.name)
    if (known?.kind === 'words') add(known.addr, known.words * known.elements * 4)
    else if (known?.kind === 'table') add(known.addr, known.words * 4)
    // What a page of IO addresses leads to may change: every page that it could lead to is memory of the test.
    else if (known?.kind === 'io' || known?.kind === 'va')
      for (const page of pagesReached()) add(page, geometry.pageBytes)
  }
  const pagesReached = (): number[] => {
    const reached = new Set<number>()
    for (const { to, bytes } of mappings) for (let at = 0; at < bytes; at += geometry.pageBytes) reached.add(to + at)
    for (const statement of statementsIn(test.actors)) {
      if (statement.do !== 'store' || !('name' in statement.value)) continue
      const known = names.get(statement.value.name)
      if (known?.kind !== 'words') continue
      const bytes = known.words * known.elements * 4
      for (let at = 0; at < bytes; at += geometry.pageBytes) reached.add(alignDown(known.addr + at, geometry.pageBytes))
    }
    return [...reached]
  }
  for (const statement of statementsIn(test.actors)) {
    if (statement.do === 'write') addNamed(statement.location)
    if (statement.do === 'tlbsync' && statement.slot) addNamed(statement.slot)
    if (statement.do === 'store' || statement.do === 'load') {
      if ((statement.type ?? typeOf(ground, statement.location)) !== 'cacheable') addNamed(statement.location)
    }
    if (statement.do === 'poll' && statement.what.poll === 'memory') {
      const { location, type } = statement.what
      if ((type ?? typeOf(ground, location)) !== 'cacheable') addNamed(location)
    }
    if (statement.do === 'call') anywhere = true
  }
  if (test.platform.units.some(({ unit }) => unit === 'mmu'))
    for (const page of pagesReached()) add(page, geometry.pageBytes)
  return anywhere ? undefined : merged(ranges)
}

function typeOf(ground: Ground, location: Location): Spot['type'] {
  if (location.place === 'pointer') return 'cacheable'
  return spotOf(ground, location, (value) => constantValue(value, ground.constants) ?? 'unknown').type
}

/** In order of addresses, none touching another. */
function merged(ranges: readonly MemoryRange[]): MemoryRange[] {
  const result: MemoryRange[] = []
  for (const { base, bytes } of [...ranges].sort((a, b) => a.base - b.base)) {
    const last = result.at(-1)
    if (last === undefined || base > last.base + last.bytes) result.push({ base, bytes })
    else result[result.length - 1] = { base: last.base, bytes: Math.max(last.bytes, base + bytes - last.base) }
  }
  return result
}
