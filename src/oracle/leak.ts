/** Oracle | leak: what programs took is given back by the time they have all ended. */

import { hex } from '../base/bits.ts'
import type { Oracle, OracleConfig, View } from './oracle.ts'

/** What can be left behind, as `expect-kept` names it. */
export const leakKinds = ['mapping', 'io address', 'page', 'page array', 'kernel area', 'user area', 'lock'] as const
export type LeakKind = (typeof leakKinds)[number]

export interface LeakState {
  /** IO address ranges handed out, as pairs of start and end, sorted. */
  readonly ranges: { pairs: number[] }
  /** Arrays, areas and locks, as `page array 3`, sorted. */
  readonly objects: { taken: string[] }
  /** What the scenario keeps on purpose. */
  readonly kept: { kinds: string[] }
}

/** Takes [start, end) out of the ranges. */
function giveRange(state: LeakState, start: number, end: number): void {
  const left: number[] = []
  const { pairs } = state.ranges
  let given = false
  for (let i = 0; i < pairs.length; i += 2) {
    const [first, last] = [pairs[i] as number, pairs[i + 1] as number]
    // Address spaces are not told apart: of two equal ranges one goes.
    if (given || last <= start || first >= end) left.push(first, last)
    else {
      given = true
      if (first < start) left.push(first, start)
      if (last > end) left.push(end, last)
    }
  }
  state.ranges.pairs = left
}

function takeRange(state: LeakState, start: number, end: number): void {
  const { pairs } = state.ranges
  let at = 0
  while (at < pairs.length && (pairs[at] as number) <= start) at += 2
  pairs.splice(at, 0, start, end)
}

function setObject(state: LeakState, name: string, taken: boolean): void {
  const { objects } = state
  const at = objects.taken.indexOf(name)
  if (!taken) {
    if (at >= 0) objects.taken.splice(at, 1)
    return
  }
  objects.taken.push(name)
  objects.taken.sort()
}

/** Everything left, by kind. Tables belong to their IO address space, which stays. */
function leftovers(state: LeakState, { history, config }: View): [LeakKind, string][] {
  const found: [LeakKind, string][] = []
  for (const buffer of history.buffers.list) {
    if (!buffer?.live) continue
    found.push(['mapping', `the ${buffer.kind} mapping at ${hex(buffer.handle)} (${buffer.bytes} bytes)`])
  }
  const { pairs } = state.ranges
  for (let i = 0; i < pairs.length; i += 2) {
    found.push(['io address', `IO addresses ${hex(pairs[i] as number)} to ${hex((pairs[i + 1] as number) - 1)}`])
  }
  history.pages.forEach(({ page }, number) => {
    if (page === null || page.owner === '' || page.owner === 'free' || page.owner === 'page-table') return
    found.push(['page', `the page at ${hex(addrOf(config, number))}, which belongs to ${page.owner}`])
  })
  for (const name of state.objects.taken) {
    const kind = leakKinds.find((one) => name.startsWith(`${one} `)) as LeakKind
    found.push([kind, name])
  }
  return found
}

function addrOf({ dram, pageBytes }: OracleConfig, page: number): number {
  return dram.base + page * pageBytes
}

/** At most so many are named in a message. */
const namedMax = 4

export const leak: Oracle<LeakState> = {
  name: 'leak',
  always: 'what is taken is given back in the end',
  description:
    'all programs have ended, and a mapping, an IO address, a page, a page array, a kernel or user area or a lock was not given back, and no mark `expect-kept` names it',
  definition:
    'all programs have ended and a mapping, an IO address, a page, a page array, a kernel or user area or a lock was not given back, and no mark `expect-kept` names its kind',
  notJudged: 'level-2 tables: they belong to the IO address space',
  init: () => ({ ranges: { pairs: [] }, objects: { taken: [] }, kept: { kinds: [] } }),
  on: {
    'iova.alloc'(state, { iova, bytes }) {
      takeRange(state, iova, iova + bytes)
    },
    'iova.free'(state, { iova, bytes }) {
      giveRange(state, iova, iova + bytes)
    },
    'os.object'(state, { what, id, taken }) {
      setObject(state, what === 'page array' ? `${what} ${id}` : `${what} ${hex(id)}`, taken)
    },
    'os.sync'(state, { object, edge }) {
      if (object.startsWith('lock:')) setObject(state, object.replace(':', ' '), edge === 'acquire')
    },
    'cpu.mark'(state, { name, args }) {
      if (name !== 'expect-kept') return
      const kind = String(args.what)
      if (!state.kept.kinds.includes(kind)) state.kept.kinds.push(kind)
      state.kept.kinds.sort()
    },
  },
  atEnd(state, end, violate, view) {
    if (end.reason !== 'finished' || end.unfinished.length > 0) return
    const found = leftovers(state, view).filter(([kind]) => !state.kept.kinds.includes(kind))
    if (found.length === 0) return
    const named = found.slice(0, namedMax).map(([, text]) => text)
    const more = found.length > namedMax ? ` and ${found.length - namedMax} more` : ''
    violate({
      message: `all programs have ended and ${named.join(', ')}${more} ${found.length === 1 ? 'is' : 'are'} left, expected all to be given back; likely an unmap, a free or a failure path leaves something out`,
    })
  },
}
