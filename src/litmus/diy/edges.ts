/** Litmus | the edges that tests are made from: how agents communicate, and what stands between two accesses of one agent. */

import { UsageError, unknownName } from '../../base/errors.ts'

export type Direction = 'R' | 'W'
export type AgentKind = 'core' | 'device'

/** What an event touches: a word of data, the table entry that translates it, or a register or line of a device. */
export type Touched = 'data' | 'leaf' | 'directory' | 'bell' | 'status' | 'irq'

/** One end of a communication. Without a direction the access may be either. */
export interface End {
  readonly direction?: Direction
  readonly touched: Touched
}

/** How two agents, or two accesses of one, communicate. */
export type Relation = 'rf' | 'fr' | 'co' | 'wb' | 'trf' | 'tfr' | 'tff' | 'pdfr' | 'bell' | 'status' | 'irq'

interface RelationEntry {
  readonly meaning: string
  readonly from: End
  readonly to: End
  /** Who is at its ends, by the letters that the edge ends in; the first one may be left out. */
  readonly agents: readonly AgentPair[]
  /** Whether it exists within one agent, too. */
  readonly internal: boolean
}
const agentPairs = ['CC', 'CD', 'DC', 'DD'] as const
type AgentPair = (typeof agentPairs)[number]

const data = (direction: Direction): End => ({ direction, touched: 'data' })
const leaf: End = { direction: 'W', touched: 'leaf' }
const directory: End = { direction: 'W', touched: 'directory' }
const access: End = { touched: 'data' }
const register = (direction: Direction, touched: Touched): End => ({ direction, touched })

/** By name, without the letter for external (`e`) or internal (`i`) where both exist. */
const relations = {
  Rf: { relation: 'rf', meaning: 'a read gets the value of the write', from: data('W'), to: data('R'), internal: true },
  Fr: {
    relation: 'fr',
    meaning: 'a read gets an older value than that of the write',
    from: data('R'),
    to: data('W'),
    internal: true,
  },
  Co: { relation: 'co', meaning: 'the second write is the newer one', from: data('W'), to: data('W'), internal: true },
  Wb: {
    relation: 'wb',
    meaning:
      "a device's write is lost: the line is written back on top of it, because of a core's store to another word of it",
    from: data('W'),
    to: data('W'),
    internal: false,
    agents: ['DC'],
  },
  Trf: {
    relation: 'trf',
    meaning: 'an access is translated by the entry that was written',
    from: leaf,
    to: access,
    internal: false,
    agents: ['CD', 'CC'],
  },
  Tfr: {
    relation: 'tfr',
    meaning: 'an access is translated by the valid entry that stood there before the write',
    from: access,
    to: leaf,
    internal: false,
    agents: ['DC', 'CC'],
  },
  Tff: {
    relation: 'tff',
    meaning: 'an access finds no valid entry, as it was before the write',
    from: access,
    to: leaf,
    internal: false,
    agents: ['DC', 'CC'],
  },
  Pdfr: {
    relation: 'pdfr',
    meaning: 'an access is translated through the table that was linked before the write of the first-level entry',
    from: access,
    to: directory,
    internal: false,
    agents: ['DC'],
  },
  Bell: {
    relation: 'bell',
    meaning: 'a device waits for a register that a core writes',
    from: register('W', 'bell'),
    to: register('R', 'bell'),
    internal: false,
    agents: ['CD'],
  },
  Status: {
    relation: 'status',
    meaning: 'a core reads in a register of a device that it is done',
    from: register('W', 'status'),
    to: register('R', 'status'),
    internal: false,
    agents: ['DC'],
  },
  Irq: {
    relation: 'irq',
    meaning: "a device's interrupt is taken by a core; what follows is in its handler",
    from: register('W', 'irq'),
    to: register('R', 'irq'),
    internal: false,
    agents: ['DC'],
  },
} as const satisfies Readonly<
  Record<string, Omit<RelationEntry, 'agents'> & { relation: Relation; agents?: readonly AgentPair[] }>
>
type RelationName = keyof typeof relations

/** Edges between agents whose names have always been the same, whoever is at their ends. */
const fixedNames: Partial<Readonly<Record<RelationName, string>>> = {
  Wb: 'Wbe',
  Bell: 'Bell',
  Status: 'Status',
  Irq: 'Irq',
}

export interface Communication {
  readonly kind: 'communication'
  readonly name: string
  readonly relation: Relation
  readonly from: End
  readonly to: End
  /** Absent: within one agent, of whatever kind. */
  readonly agents?: readonly [AgentKind, AgentKind]
  /** The word is Normal non-cacheable memory of the cores. */
  readonly uncached: boolean
}

/** What may stand between two accesses of one agent, in the order in which it is done. */
const steps = {
  DMB: { meaning: 'a data memory barrier', agent: 'core' },
  DSB: { meaning: 'a data synchronisation barrier', agent: 'core' },
  ISB: { meaning: 'an instruction synchronisation barrier', agent: 'core' },
  WMB: { meaning: "the kernel's wmb(): DSB and the outer cache's sync", agent: 'core' },
  RMB: { meaning: "the kernel's rmb(): DMB", agent: 'core' },
  MB: { meaning: "the kernel's mb(): as wmb()", agent: 'core' },
  Drain: { meaning: "the outer cache's sync, then a DSB", agent: 'core' },
  Clean: { meaning: 'cleans the line of the access before, to memory; complete at its end', agent: 'core' },
  CleanL1: { meaning: 'cleans that line in the inner cache only, and does not wait', agent: 'core' },
  Flush: { meaning: 'cleans and invalidates that line; complete at its end', agent: 'core' },
  Drop: { meaning: 'invalidates the line of the access before; complete at its end', agent: 'core' },
  Inv: { meaning: 'invalidates the line of the access that follows; complete at its end', agent: 'core' },
  InvL1: { meaning: 'invalidates that line in the inner cache only, and does not wait', agent: 'core' },
  TLBI: { meaning: 'invalidates the translation of the page, and does not wait', agent: 'core' },
  TLBIAll: { meaning: 'invalidates all translations, and does not wait', agent: 'core' },
  Sync: { meaning: 'waits until the IOMMU has completed its invalidations', agent: 'core' },
  Fence: { meaning: 'the device waits until its writes are acknowledged', agent: 'device' },
} as const satisfies Readonly<Record<string, { meaning: string; agent: AgentKind }>>
export type Step = keyof typeof steps

export const dependencies = {
  DpAddr: { meaning: 'the address of the second access depends on the value read', direction: undefined },
  DpData: { meaning: 'the value written depends on the value read', direction: 'W' },
  DpCtrl: { meaning: 'whether the second access is reached depends on the value read', direction: undefined },
  DpCtrlIsb: { meaning: 'the same, with an ISB after the branch', direction: 'R' },
} as const satisfies Readonly<Record<string, { meaning: string; direction: Direction | undefined }>>
export type Dependency = keyof typeof dependencies

/** Where the second access goes: the same word, a different one, or another word of the same line. */
const places = { s: 'the same word', d: 'a different word', l: 'another word of the same line' } as const
export type PlaceLetter = keyof typeof places

/** Two accesses of one agent, the first one before the second in its program. */
export interface Order {
  readonly kind: 'order'
  readonly name: string
  readonly source: Direction
  readonly target: Direction
  readonly place: PlaceLetter
  readonly steps: readonly Step[]
  readonly dependency?: Dependency
  /** Absent: either. */
  readonly agent?: AgentKind
}

export type Edge = Communication | Order

const agentOf = { C: 'core', D: 'device' } as const

/** Everything that a cycle may be written with, without what may be left out: for messages. */
const communicationEdges: ReadonlyMap<string, Communication> = new Map(
  (Object.keys(relations) as RelationName[]).flatMap(namedRelations).map((edge) => [edge.name, edge]),
)

function namedRelations(name: RelationName): Communication[] {
  const entry: RelationEntry & { relation: Relation } = { agents: agentPairs, ...relations[name] }
  const { relation, from, to } = entry
  const fixed = fixedNames[name]
  const external = entry.agents.map((pair): Communication => {
    const agents = [agentOf[pair[0] as 'C' | 'D'], agentOf[pair[1] as 'C' | 'D']] as const
    const own = fixed ?? `${name}${entry.internal ? 'e' : ''}${pair === 'CC' && entry.internal ? '' : pair}`
    return { kind: 'communication', name: own, relation, from, to, agents, uncached: false }
  })
  const within: Communication = { kind: 'communication', name: `${name}i`, relation, from, to, uncached: false }
  return entry.internal ? [...external, within] : external
}

/** What may be left out, and what older texts call it. */
const aliases: readonly (readonly [RegExp, string])[] = [
  [/^Ws/, 'Co'],
  [/^((?:Rf|Fr|Co)e)CC/, '$1'],
  [/^Trf$/, 'TrfCD'],
  [/^(Tfr|Tff|Pdfr)$/, '$1DC'],
]
const uncachedSuffix = '.nc'

/**
 * The edge with that name. UsageError for what is none, with the near ones.
 *
 * Orders are `<between>[s|d|l]<R|W><R|W>`, with `<between>` = Po for nothing or steps joined by dots, and
 * `<dependency>[s|d]<R|W>`.
 */
export function parseEdge(word: string): Edge {
  const uncached = word.endsWith(uncachedSuffix)
  const plain = aliases.reduce((text, [from, to]) => text.replace(from, to), uncached ? word.slice(0, -3) : word)
  const communication = communicationEdges.get(plain)
  if (communication) {
    if (!uncached) return communication
    if (!isOnData(communication)) {
      throw new UsageError(`"${word}": only edges on words of data can be non-cacheable (${uncachedSuffix})`)
    }
    return { ...communication, name: `${plain}${uncachedSuffix}`, uncached }
  }
  const order = uncached ? undefined : parseOrder(plain)
  if (order) return order
  throw unknownName('edge', word, [...communicationEdges.keys(), ...orderNames])
}

function isOnData({ from, to }: Communication): boolean {
  return from.touched === 'data' && to.touched === 'data'
}

/** How orders begin; in messages as they stand between two writes, or as they are usual. */
const orderNames: readonly string[] = [
  'PodWW',
  'PodWR',
  'PodRR',
  'PodRW',
  'PosWW',
  'PosWR',
  'PosRR',
  'PosRW',
  ...(Object.keys(steps) as Step[]).map((step) => `${step}dWW`),
  ...(Object.keys(dependencies) as Dependency[]).map((name) => `${name}d${dependencies[name].direction ?? 'R'}`),
]

function parseOrder(word: string): Order | undefined {
  const dependent = /^(DpAddr|DpData|DpCtrlIsb|DpCtrl)([sd])R?([RW])$/.exec(word)
  if (dependent) {
    const [, dependency, place, target] = dependent as unknown as [string, Dependency, PlaceLetter, Direction]
    const only = dependencies[dependency].direction
    if (only !== undefined && only !== target) {
      throw new UsageError(`"${word}": ${dependency} ends in ${only}: ${dependencies[dependency].meaning}`)
    }
    const name = `${dependency}${place}${target}`
    return { kind: 'order', name, source: 'R', target, place, steps: [], dependency, agent: 'core' }
  }
  const [, between, place, source, target] = /^([A-Za-z0-9.]+?)([sdl])([RW])([RW])$/.exec(word) ?? []
  if (between === undefined) return undefined
  const names = between === 'Po' ? [] : between.split('.')
  for (const name of names) {
    if (Object.hasOwn(steps, name)) continue
    if (names.length === 1) return undefined
    throw unknownName(`step in "${word}"`, name, Object.keys(steps))
  }
  const chain = names as Step[]
  const agents = new Set(chain.map((step) => steps[step].agent))
  if (agents.size > 1) throw new UsageError(`"${word}": Fence is for devices, the other steps are for cores`)
  const [agent] = agents
  return {
    kind: 'order',
    name: word,
    source: source as Direction,
    target: target as Direction,
    place: place as PlaceLetter,
    steps: chain,
    ...(agent ? { agent } : {}),
  }
}

/** A line for the list of edges. */
export interface EdgeLine {
  readonly name: string
  readonly meaning: string
}

/** Everything that an edge can be, for `--list` and the page on it. */
export const edgeTable: Readonly<Record<string, readonly EdgeLine[]>> = {
  'Between agents, or two accesses of one': (Object.keys(relations) as RelationName[]).map((name) => {
    const edges = namedRelations(name)
    const names = [...new Set(edges.map((edge) => edge.name))].join(', ')
    return { name: names, meaning: relations[name].meaning }
  }),
  'Between two accesses of an agent': [
    { name: 'Po', meaning: 'nothing' },
    ...(Object.keys(steps) as Step[]).map((name) => ({ name, meaning: steps[name].meaning })),
    ...(Object.keys(dependencies) as Dependency[]).map((name) => ({ name, meaning: dependencies[name].meaning })),
  ],
  'Where the second access goes': (Object.keys(places) as PlaceLetter[]).map((name) => ({
    name,
    meaning: places[name],
  })),
}

/** For tests on cycles of any kind. */
export const allCommunications: readonly Communication[] = [...communicationEdges.values()]
export const allSteps = Object.keys(steps) as readonly Step[]
