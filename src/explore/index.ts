/** Explore | the registry of search strategies. */

import { breadthFirst } from './breadth-first.ts'
import type { Strategy } from './strategy.ts'

export const strategies = {
  bfs: breadthFirst,
} satisfies Record<string, Strategy>

export type StrategyName = keyof typeof strategies
