/** Litmus | a cycle of edges: whether it closes, and which accesses of which agents it is about. */

import { UsageError } from '../../base/errors.ts'
import {
  type AgentKind,
  type Communication,
  type Direction,
  type Edge,
  type Order,
  parseEdge,
  type Touched,
} from './edges.ts'

/** An access; event `i` of a cycle is the source of edge `i` and the target of the edge before it. */
export interface DiyEvent {
  readonly index: number
  readonly direction: Direction
  readonly touched: Touched
  /** Number of the agent, in the order of the cycle. */
  readonly agent: number
  /** Number of the word of data; of a table entry, that of the word that it translates; -1: a register. */
  readonly word: number
}

export interface DiyAgent {
  readonly kind: AgentKind
  /** In program order. */
  readonly events: readonly DiyEvent[]
  /** Of two events that follow each other, what stands between them: one less than events. */
  readonly orders: readonly (Order | Communication)[]
}

export interface DiyWord {
  /** Words of one line have the same number. */
  readonly line: number
  readonly uncached: boolean
}

export interface Cycle {
  readonly edges: readonly Edge[]
  readonly events: readonly DiyEvent[]
  readonly agents: readonly DiyAgent[]
  readonly words: readonly DiyWord[]
}

/** More do not fit into what a search gets through. */
const limits = { edges: 12, cores: 4, devices: 2, words: 6 } as const

/** Edges between spaces. Usage errors: unknown edges, and where the cycle does not close. */
export function parseCycle(text: string): Cycle {
  const words = text.trim().split(/\s+/)
  if (words[0] === '') throw new UsageError('a cycle has edges, such as PodWW Rfe PodRR Fre; --list shows them')
  return makeCycle(words.map(parseEdge))
}

/** As `parseCycle`. The cycle is turned so that it begins with the program of an agent. */
export function makeCycle(given: readonly Edge[]): Cycle {
  const edges = turned(given)
  const joints = edges.map((edge, index) => jointOf(edges, index, edge))
  const touched = propagate(edges, joints)
  const agents = agentNumbers(edges)
  const { word, words } = wordsOf(edges, touched)
  const events = edges.map((_, index): DiyEvent => {
    return {
      index,
      direction: (joints[index] as Joint).direction,
      touched: touched[index] as Touched,
      agent: agents[index] as number,
      word: word[index] as number,
    }
  })
  const cycle = { edges, events, agents: agentsOf(edges, events), words }
  checkLimits(cycle)
  return cycle
}

const isExternal = (edge: Edge | undefined): boolean => edge?.kind === 'communication' && edge.agents !== undefined

/** So that the last edge is one between agents, or the one that leads back in the only agent. */
function turned(edges: readonly Edge[]): readonly Edge[] {
  if (edges.length > limits.edges) {
    throw new UsageError(`a cycle has at most ${limits.edges} edges; this one has ${edges.length}`)
  }
  if (edges.length < 2) throw new UsageError('a cycle has at least two edges')
  if (!edges.some((edge) => edge.kind === 'communication')) {
    throw new UsageError(`nothing leads back in "${namesOf(edges)}": a cycle needs an edge such as Rfe, Fre or Coe`)
  }
  if (!edges.some((edge) => edge.kind === 'order')) {
    throw new UsageError(`"${namesOf(edges)}" orders nothing: a cycle needs an edge such as PodWW within an agent`)
  }
  const external = edges.findLastIndex(isExternal)
  const last = external < 0 ? edges.findLastIndex(({ kind }) => kind === 'communication') : external
  // The order of agents is that in which they are written.
  return [...edges.slice(last + 1), ...edges.slice(0, last + 1)]
}

function namesOf(edges: readonly Edge[]): string {
  return edges.map(({ name }) => name).join(' ')
}

interface Joint {
  readonly direction: Direction
  readonly kind: AgentKind | undefined
  /** Absent: neither edge says. */
  readonly touched: Touched | undefined
}

/** What two edges have in common: the access that one ends with and the next one begins with. */
function jointOf(edges: readonly Edge[], index: number, after: Edge): Joint {
  const before = edges[(index + edges.length - 1) % edges.length] as Edge
  const end = endOf(before)
  const begin = beginOf(after)
  const where = `the cycle does not close between ${before.name} and ${after.name}`
  const agree = <T>(a: T | undefined, b: T | undefined, say: (value: T) => string): T | undefined => {
    if (a !== undefined && b !== undefined && a !== b) {
      throw new UsageError(`${where}: ${before.name} ends with ${say(a)}, and ${after.name} begins with ${say(b)}`)
    }
    return a ?? b
  }
  const direction = agree(end.direction, begin.direction, (value) => (value === 'R' ? 'a read' : 'a write')) ?? 'R'
  const kind = agree(end.kind, begin.kind, (value) => `an access of a ${value}`)
  const touched = agree(end.touched, begin.touched, (value) => touchedNames[value])
  return { direction, kind, touched }
}

const touchedNames: Readonly<Record<Touched, string>> = {
  data: 'a word of data',
  leaf: 'a table entry',
  directory: 'a first-level table entry',
  bell: 'the register that a device waits for',
  status: 'the register that says that a device is done',
  irq: 'an interrupt',
}

interface Half {
  readonly direction: Direction | undefined
  readonly kind: AgentKind | undefined
  readonly touched: Touched | undefined
}

function endOf(edge: Edge): Half {
  if (edge.kind === 'order') return { direction: edge.target, kind: edge.agent, touched: undefined }
  return { direction: edge.to.direction, kind: edge.agents?.[1], touched: edge.to.touched }
}
function beginOf(edge: Edge): Half {
  if (edge.kind === 'order') return { direction: edge.source, kind: edge.agent, touched: undefined }
  return { direction: edge.from.direction, kind: edge.agents?.[0], touched: edge.from.touched }
}

/** Words that only orders touch are what the access of the same word beside them is, else data. */
function propagate(edges: readonly Edge[], joints: readonly Joint[]): readonly Touched[] {
  const touched = joints.map((joint) => joint.touched)
  for (let round = 0; round < edges.length; round++) {
    for (const [index, edge] of edges.entries()) {
      if (edge.kind !== 'order' || edge.place !== 's') continue
      const next = (index + 1) % edges.length
      const [a, b] = [touched[index], touched[next]]
      if (a !== undefined && b !== undefined && a !== b) {
        throw new UsageError(
          `${edge.name} says the same word, and leads from ${touchedNames[a]} to ${touchedNames[b]}: write d instead of s`,
        )
      }
      touched[index] = a ?? b
      touched[next] = a ?? b
    }
  }
  return touched.map((one) => one ?? 'data')
}

function agentNumbers(edges: readonly Edge[]): number[] {
  let agent = 0
  return edges.map((edge) => (isExternal(edge) ? agent++ : agent))
}

/** Which events touch the same word: communications and `s` say so; `d` says that they do not. */
function wordsOf(edges: readonly Edge[], touched: readonly Touched[]): { word: number[]; words: DiyWord[] } {
  const same = edges.map((_, index) => index)
  const inLine = edges.map((_, index) => index)
  const isWord = (index: number) => ['data', 'leaf', 'directory'].includes(touched[index] as string)
  for (const [index, edge] of edges.entries()) {
    const next = (index + 1) % edges.length
    const joins = edge.kind === 'order' ? edge.place === 's' : edge.relation !== 'wb'
    if (joins && isWord(index)) unite(same, index, next)
    const besides = edge.kind === 'order' ? edge.place === 'l' : edge.relation === 'wb'
    if (besides) {
      if (touched[index] !== 'data' || touched[next] !== 'data') {
        throw new UsageError(`${edge.name} is about two words of a line: both ends must be words of data`)
      }
      unite(inLine, index, next)
    }
  }
  for (const index of edges.keys()) unite(inLine, index, find(same, index))
  for (const [index, edge] of edges.entries()) {
    const next = (index + 1) % edges.length
    const differs = edge.kind === 'order' ? edge.place !== 's' : edge.relation === 'wb'
    if (!differs || find(same, index) !== find(same, next) || touched[index] !== touched[next] || !isWord(index))
      continue
    throw new UsageError(
      `the cycle does not close: ${edge.name} leads to another word, but the rest of it says that it is the same`,
    )
  }
  const numbers = new Map<number, number>()
  const word = edges.map((_, index) => {
    if (!isWord(index)) return -1
    const root = find(same, index)
    if (!numbers.has(root)) numbers.set(root, numbers.size)
    return numbers.get(root) as number
  })
  const lines = new Map<number, number>()
  const words = [...numbers.keys()].map((root): DiyWord => {
    const line = find(inLine, root)
    if (!lines.has(line)) lines.set(line, lines.size)
    const uncached = edges.some((edge, index) => {
      return edge.kind === 'communication' && edge.uncached && find(same, index) === root
    })
    return { line: lines.get(line) as number, uncached }
  })
  return { word, words }
}

function find(parents: readonly number[], index: number): number {
  let at = index
  while (parents[at] !== at) at = parents[at] as number
  return at
}
function unite(parents: number[], a: number, b: number): void {
  const [x, y] = [find(parents, a), find(parents, b)]
  parents[Math.max(x, y)] = Math.min(x, y)
}

function agentsOf(edges: readonly Edge[], events: readonly DiyEvent[]): DiyAgent[] {
  const count = (events.at(-1) as DiyEvent).agent + 1
  return Array.from({ length: count }, (_, agent) => {
    const own = events.filter((event) => event.agent === agent)
    const inner = own.slice(0, -1).map(({ index }) => edges[index] as Order | Communication)
    return { kind: kindOf(edges, own), events: own, orders: inner }
  })
}

/** Of the agent with these events; cores where nothing says so. Usage error: two kinds. */
function kindOf(edges: readonly Edge[], events: readonly DiyEvent[]): AgentKind {
  let known: { kind: AgentKind; edge: Edge } | undefined
  for (const { index } of events) {
    const before = edges[(index + edges.length - 1) % edges.length] as Edge
    const after = edges[index] as Edge
    for (const [edge, kind] of [[before, endOf(before).kind] as const, [after, beginOf(after).kind] as const]) {
      if (kind === undefined) continue
      if (known && known.kind !== kind) {
        throw new UsageError(
          `the cycle does not close: ${known.edge.name} is about a ${known.kind}, and ${edge.name}, in the same program, about a ${kind}`,
        )
      }
      known = { kind, edge }
    }
  }
  return known?.kind ?? 'core'
}

function checkLimits({ agents, words }: Cycle): void {
  for (const [kind, most] of [
    ['core', limits.cores],
    ['device', limits.devices],
  ] as const) {
    const count = agents.filter((agent) => agent.kind === kind).length
    if (count > most) throw new UsageError(`a test has at most ${most} ${kind}s; this cycle has ${count}`)
  }
  if (words.length > limits.words) {
    throw new UsageError(`a test has at most ${limits.words} words; this cycle has ${words.length}`)
  }
}

/** The edge that leads to an event. */
export function edgeInto({ edges }: Cycle, { index }: DiyEvent): Edge {
  return edges[(index + edges.length - 1) % edges.length] as Edge
}

/** The event that an edge leads to. */
export function targetOf({ events }: Cycle, index: number): DiyEvent {
  return events[(index + 1) % events.length] as DiyEvent
}

/** Names the cache line that an event touches; registers have none. */
export function lineOf({ words }: Cycle, { touched, word }: DiyEvent): string | undefined {
  if (word < 0) return undefined
  return touched === 'data' ? `data ${words[word]?.line}` : `${touched} ${word}`
}
