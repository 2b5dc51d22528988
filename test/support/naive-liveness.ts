/** Tests | leadsTo decided naively, twice: by looking at every set of nodes, and by reachability between all pairs. */

import type { PlainEdge } from './edge-partition.ts'

/** A question about a graph whose nodes are 0 to count - 1, all of which count as reachable. */
export interface Question {
  readonly count: number
  readonly edges: readonly PlainEdge[]
  readonly from: (node: number) => boolean
  readonly to: (node: number) => boolean
  readonly fairness: 'weak' | 'strong' | 'none'
  /** Units that are promised strong fairness where the others have weak. */
  readonly strong?: ReadonlySet<number>
}

/** Whether some run is violated, by definition: some set of nodes is where it stays for ever, visiting all of them. */
export function violatedBySets(question: Question): boolean {
  const pending = pendingNodes(question)
  for (let bits = 1; bits < 2 ** pending.length; bits++) {
    const set = pending.filter((_, index) => (bits >> index) & 1)
    if (isStay(question, set) && connected(question, set)) return true
  }
  return false
}

/** The same by components: nodes that reach each other. Not for strong fairness, which a part may keep where the whole does not. */
export function violatedByPairs(question: Question): boolean {
  const pending = pendingNodes(question)
  const reach = new Map(pending.map((node) => [node, reachable(question, node, new Set(pending))]))
  return pending.some((node) => {
    const component = pending.filter((other) => {
      return other === node || (reach.get(node)?.has(other) && reach.get(other)?.has(node))
    })
    // A component with a node at rest can stay there.
    return isStay(question, component) || component.some((other) => isStay(question, [other]))
  })
}

/** Nodes without `to`, reached from one that also has `from` through such nodes. */
function pendingNodes(question: Question): number[] {
  const open = Array.from({ length: question.count }, (_, node) => node).filter((node) => !question.to(node))
  const pending = new Set<number>()
  for (const node of open) {
    if (!question.from(node)) continue
    pending.add(node)
    for (const other of reachable(question, node, new Set(open))) pending.add(other)
  }
  return [...pending]
}

/** Through at least one edge. */
function reachable({ edges }: Question, start: number, within: ReadonlySet<number>): Set<number> {
  const found = new Set<number>()
  const queue = [start]
  for (const node of queue) {
    for (const { from, to } of edges) {
      if (from !== node || !within.has(to) || found.has(to)) continue
      found.add(to)
      queue.push(to)
    }
  }
  return found
}

function connected(question: Question, set: readonly number[]): boolean {
  const within = new Set(set)
  return set.every((node) => set.length === 1 || reachable(question, node, within).size === set.length)
}

/** Whether a run that visits exactly these nodes again and again, taking all edges among them, counts. */
function isStay({ edges, fairness, strong }: Question, set: readonly number[]): boolean {
  const leaving = (node: number) => edges.filter(({ from }) => from === node)
  const [only] = set
  if (set.length === 1 && leaving(only as number).every(({ unit }) => unit === undefined)) return true
  const inside = edges.filter(({ from, to }) => set.includes(from) && set.includes(to))
  if (inside.length === 0) return false
  if (fairness === 'none') return true
  const units = new Set(edges.flatMap(({ unit }) => (unit === undefined ? [] : [unit])))
  return [...units].every((unit) => {
    const isTaken = inside.some((edge) => edge.unit === unit)
    if (isTaken) return true
    const isEnabled = (node: number) => leaving(node).some((edge) => edge.unit === unit)
    const isStrong = fairness === 'strong' || strong?.has(unit)
    return isStrong ? !set.some(isEnabled) : !set.every(isEnabled)
  })
}
