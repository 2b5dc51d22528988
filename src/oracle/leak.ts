/** Oracle | leak: what programs took is given back by the time they have all ended. */

import type { IovaAlloc } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import type { Oracle, OracleConfig, View } from './oracle.ts'

/** What can be left behind, as `expect-kept` names it. */
export const leakKinds = ['mapping', 'io address', 'page', 'page array', 'kernel area', 'user area', 'lock'] as const
export type LeakKind = (typeof leakKinds)[number]

export interface LeakState {
  /** IO address ranges handed out: runs of start, end, first space and the one behind the last, sorted. */
  readonly ranges: { runs: number[] }
  /** Arrays, areas and locks, as `page array 3`, sorted. */
  readonly objects: { taken: string[] }
  /** What the scenario keeps on purpose. */
  readonly kept: { kinds: string[] }
}

const rangeRun = 4

type Range = Pick<IovaAlloc, 'iova' | 'bytes' | 'space' | 'spaces'>

/** Takes a range out of what was handed out in the same space. */
function giveRange(state: LeakState, { iova: start, bytes, space = 0, spaces = 1 }: Range): void {
  const left: number[] = []
  const { runs } = state.ranges
  const end = start + bytes
  let given = false
  for (let i = 0; i < runs.length; i += rangeRun) {
    const [first, last, from, to] = runs.slice(i, i + rangeRun) as [number, number, number, number]
    const isOther = from >= space + spaces || to <= space
    if (given || isOther || last <= start || first >= end) left.push(first, last, from, to)
    else {
      given = true
      if (first < start) left.push(first, start, from, to)
      if (last > end) left.push(end, last, from, to)
    }
  }
  state.ranges.runs = left
}

function takeRange(state: LeakState, { iova, bytes, space = 0, spaces = 1 }: Range): void {
  const { runs } = state.ranges
  const range = [iova, iova + bytes, space, space + spaces]
  let at = 0
  while (at < runs.length && !isBefore(range, runs.slice(at, at + rangeRun))) at += rangeRun
  runs.splice(at, 0, ...range)
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const differing = a.findIndex((field, i) => field !== b[i])
  return differing >= 0 && (a[differing] as number) < (b[differing] as number)
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
  const { runs } = state.ranges
  for (let i = 0; i < runs.length; i += rangeRun) {
    found.push(['io address', `IO addresses ${hex(runs[i] as number)} to ${hex((runs[i + 1] as number) - 1)}`])
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
  init: () => ({ ranges: { runs: [] }, objects: { taken: [] }, kept: { kinds: [] } }),
  on: {
    'iova.alloc'(state, event) {
      takeRange(state, event)
    },
    'iova.free'(state, event) {
      giveRange(state, event)
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
