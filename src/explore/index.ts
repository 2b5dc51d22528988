/** Explore | the registry of search strategies. */

import { breadthFirst } from './breadth-first.ts'
import { pct } from './pct.ts'
import { randomWalk } from './random-walk.ts'
import type { Strategy } from './strategy.ts'

export const strategies = {
  bfs: breadthFirst,
  random: randomWalk,
  pct,
} satisfies Record<string, Strategy>

export type StrategyName = keyof typeof strategies
