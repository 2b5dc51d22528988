/** Explore | the registry of search strategies. */

import { breadthFirst } from './breadth-first.ts'
import { depthFirst } from './depth-first.ts'
import { pct } from './pct.ts'
import { preemptionBounded } from './preemption-bounded.ts'
import { randomWalk } from './random-walk.ts'
import type { Strategy } from './strategy.ts'
import { swarm } from './swarm.ts'

export const strategies = {
  bfs: breadthFirst,
  dfs: depthFirst,
  random: randomWalk,
  pct,
  preemption: preemptionBounded,
  swarm,
} satisfies Record<string, Strategy>

export type StrategyName = keyof typeof strategies
