/** Explore | swarm: many small depth-first searches, each with its own order and without some of the `may` choices. */

import { UsageError } from '../base/errors.ts'
import { Prng } from '../base/prng.ts'
import { type Pass, StackSearch } from './stack-search.ts'
import type { SearchEnd, Strategy } from './strategy.ts'

const runsDefault = 32
const statesDefault = 1 << 21
const stepsDefault = 10_000

/** States that a member has at least. */
const memberStatesMin = 1024

/**
 * What a member of the swarm does. Everything is drawn from the seed and the member's number: which `may` choices it does
 * without, the order of the groups, whether it begins elsewhere in each state, and how deep it goes.
 */
export interface Member {
  /** The groups that it uses, in its order. */
  readonly groups: readonly number[]
  /** `may` choices that it does without. */
  readonly off: number
  readonly depthMax: number
  readonly order: 'fixed' | 'turning'
}

export const swarm: Strategy = {
  description: 'many bounded depth-first searches, each in its own order and without some of the `may` choices',
  paper:
    'G. J. Holzmann, R. Joshi, A. Groce, "Swarm verification techniques", IEEE TSE 37(6), 2011 (first at ASE 2008); ' +
    'A. Groce, C. Zhang, E. Eide, Y. Chen, J. Regehr, "Swarm testing", ISSTA 2012',
  guarantee: 'none, unless a member with all choices on comes to an end: then the search is exhaustive and says so',
  reductions: [],
  search: (partition, options) => {
    const { seed = 1, runs = runsDefault, stepsMax = stepsDefault, statesMax = statesDefault } = options
    const { bytesMax = Number.POSITIVE_INFINITY, wanted = 'all' } = options
    if (!(runs >= 1)) throw new UsageError(`runs is ${runs}; at least one is needed`)
    const search = new StackSearch(partition)
    const { explorer, best } = search
    const share = Math.max(memberStatesMin, Math.floor(statesMax / runs))
    const ends: Record<string, number> = {}
    let end: SearchEnd | undefined
    const look = (): boolean => {
      const { transitions, depth, bytes } = search
      const states = explorer.visited.count
      if (search.bytesSoon > bytesMax) end = 'bytes'
      else if (states > statesMax) end = 'states'
      else if (options.stop?.({ states, transitions, depth, frontier: 0, bytes })) end = 'stopped'
      else if (wanted === 'first' && best.hasViolation) end = 'found'
      return end !== undefined
    }
    let run = 0
    for (; run < runs && end === undefined; run++) {
      const prng = new Prng(seed, `swarm ${run}`)
      const member = drawMember(partition.groups, prng, stepsMax)
      const { groups, depthMax } = member
      const begin = member.order === 'turning' ? { begin: (count: number) => prng.below(count) } : {}
      const pass: Pass = { groups, depthMax, nearer: 'once', statesMax: share, isOver: look, ...begin }
      const why = search.run(pass)
      ends[why] = (ends[why] ?? 0) + 1
      if (why === 'closed' && member.off === 0) end = 'exhausted'
      else if (end === undefined) look()
    }
    const { closed = 0, depth = 0, states = 0 } = ends
    return {
      end: end ?? 'runs',
      isExhaustive: end === 'exhausted',
      states: explorer.visited.count,
      transitions: search.transitions,
      depth: search.depth,
      bytes: search.bytes,
      found: best.found,
      notes: [
        `${run} members of at most ${share} states and ${stepsMax} steps: ${closed} came to the end of what their ` +
          `choices allow, ${depth} to their depth, ${states} to their number of states`,
      ],
    }
  },
}

/** Each `may` choice is off with probability 1/2, in one member of four with none off. */
export function drawMember(
  partitionGroups: readonly { readonly kind: string; readonly optional?: boolean }[],
  prng: Prng,
  stepsMax: number,
): Member {
  const keepsAll = prng.chance(1, 4)
  const groups: number[] = []
  let off = 0
  partitionGroups.forEach(({ kind, optional }, group) => {
    if (kind !== 'step') return
    if (optional && !keepsAll && prng.chance(1, 2)) off++
    else groups.push(group)
  })
  for (let i = groups.length - 1; i > 0; i--) {
    const j = prng.below(i + 1)
    const group = groups[i] as number
    groups[i] = groups[j] as number
    groups[j] = group
  }
  const depthMax = Math.max(1, stepsMax >> prng.below(4))
  return { groups, off, depthMax, order: prng.chance(1, 2) ? 'turning' : 'fixed' }
}
