/** Explore | depth-first search: all states, or all that a run of bounded length reaches; the way is all it keeps in hand. */

import { StackSearch } from './stack-search.ts'
import type { SearchEnd, Strategy } from './strategy.ts'

export const depthFirst: Strategy = {
  description: 'all states, going on from the newest; runs of at most stepsMax steps, if given',
  paper: 'R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Computing 1(2), 1972',
  guarantee:
    'exhaustive; with stepsMax: every state and violation that a run of so many steps reaches. Runs are not shortest',
  reductions: [],
  search: (partition, options) => {
    const search = new StackSearch(partition)
    const { explorer, best } = search
    const {
      stepsMax = Number.POSITIVE_INFINITY,
      statesMax = 2 ** 31 - 2,
      bytesMax = Number.POSITIVE_INFINITY,
    } = options
    let end: SearchEnd | undefined
    const isOver = (): boolean => {
      const { transitions, depth } = search
      const states = explorer.visited.count
      if (search.bytesSoon > bytesMax) end = 'bytes'
      else if (options.stop?.({ states, transitions, depth, frontier: 0, bytes: search.bytes })) end = 'stopped'
      else if (options.wanted === 'first' && best.hasViolation) end = 'found'
      return end !== undefined
    }
    const groups = partition.groups.flatMap(({ kind }, group) => (kind === 'step' ? [group] : []))
    const why = search.run({ groups, depthMax: stepsMax, nearer: 'again', statesMax, isOver })
    end ??= why === 'closed' ? 'exhausted' : why === 'depth' ? 'depth' : 'states'
    return {
      end,
      isExhaustive: true,
      states: explorer.visited.count,
      transitions: search.transitions,
      depth: search.depth,
      bytes: search.bytes,
      found: best.found,
      notes: end === 'depth' ? [`every state that ${stepsMax} steps reach was looked at, and none beyond`] : [],
    }
  },
}
