/** Explore | strongly connected components of a graph, by Tarjan's algorithm without recursion. */

import type { Edges } from './graph.ts'

export interface Components {
  readonly count: number
  /** By node: the number of its component; -1 for nodes left out. A component's successors have smaller numbers. */
  readonly of: Int32Array
}

/**
 * The components of the graph that is left when only nodes marked in `included` stay. Time and memory are linear.
 *
 * R. E. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1, 1972.
 */
export function componentsOf({ count, offsets, targets }: Edges, included: Uint8Array): Components {
  const of = new Int32Array(count).fill(-1)
  /** Order of discovery, from 1; 0 is not found yet. */
  const order = new Int32Array(count)
  const low = new Int32Array(count)
  /** Next edge to look at. */
  const cursor = new Int32Array(count)
  /** Nodes on the way from the root, and nodes whose component is not complete. */
  const path = new Int32Array(count)
  const open = new Int32Array(count)
  let found = 0
  let openCount = 0
  let components = 0
  for (let root = 0; root < count; root++) {
    if (included[root] === 0 || order[root] !== 0) continue
    let depth = 0
    path[0] = root
    while (depth >= 0) {
      const node = path[depth] as number
      if (order[node] === 0) {
        order[node] = low[node] = ++found
        cursor[node] = offsets[node] as number
        open[openCount++] = node
      }
      let deeper = false
      const end = offsets[node + 1] as number
      while ((cursor[node] as number) < end) {
        const target = targets[cursor[node] as number] as number
        if (included[target] !== 0 && of[target] === -1) {
          if (order[target] === 0) {
            // The cursor stays: when the target is done, its low is looked at here.
            path[++depth] = target
            deeper = true
            break
          }
          // For targets below this node `low` is as good as the order: both are in this component.
          if ((low[target] as number) < (low[node] as number)) low[node] = low[target] as number
        }
        cursor[node] = (cursor[node] as number) + 1
      }
      if (deeper) continue
      if (low[node] === order[node]) {
        let member: number
        do {
          member = open[--openCount] as number
          of[member] = components
        } while (member !== node)
        components++
      }
      depth--
    }
  }
  return { count: components, of }
}
