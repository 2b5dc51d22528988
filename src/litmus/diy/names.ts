/** Litmus | what a cycle is called, and the question that it asks: the names of the literature where there is one. */

import type { Cycle, DiyAgent } from './cycle.ts'
import type { Communication, Order } from './edges.ts'

/** Shapes by the directions of each agent's accesses and how agents communicate, from one agent to the next. */
const families: readonly (readonly [shape: string, name: string, question: string])[] = [
  ['WW rf RR fr', 'mp', 'a message can be seen before what was written ahead of it'],
  ['WR fr WR fr', 'sb', 'two writers can both miss what the other one wrote'],
  ['WRR fr WRR fr', 'sb', 'two writers that each read their own word first can both miss what the other one wrote'],
  ['RW rf RW rf', 'lb', 'two reads can both see what is written after the other one'],
  ['WW rf RW co', 's', 'a write after a message can be older than one ahead of the message'],
  ['WW co WR fr', 'r', 'a write can win against another one, and the read after it miss what stood ahead of that one'],
  ['WW co WW co', 'two-two-w', 'the first write of each of two agents can be the last one'],
  ['W rf RW rf RR fr', 'wrc', 'what one agent has seen of a write can be hidden from the next that it tells'],
  ['WW rf RW rf RR fr', 'isa2', 'a message that is passed on can be seen before what was written ahead of it'],
  ['W rf RR fr W rf RR fr', 'iriw', 'two readers can see two independent writes in different orders'],
  ['W rf RR fr WR fr', 'rwc', 'a write that somebody has seen can be missed by a third one'],
  ['W rf RW rf RW co', 'wwc', 'a write can be older than one that it has heard of through others'],
  ['W rf RW co', 'corw2', 'a write can be older than one of the same word that was read before it'],
  ['W rf RR fr', 'corr', 'a second read of a word can get an older value than the first'],
  ['WW rf RR fr WR fr', 'w-rwc', 'a write can be missed although a message behind it was seen'],
  ['WR fr WR fr WR fr', 'sb3', 'three writers can all miss what the next one wrote'],
  ['RW rf RW rf RW rf', 'lb3', 'three reads can all see what is written after the next one'],
  ['WW co WW co WW co', 'w3-2w', 'the first write of each of three agents can be the last one'],
  ['WW rf RW rf RW co', 'z60', 'a write can be older than one that a chain of messages began behind'],
  ['WW rf RW wb', 'edge-line', "what a device wrote can be lost when a core's store beside it is written back"],
  ['WR fri', 'cowr', 'a read can miss what its own agent wrote before it'],
  ['WW coi', 'coww', 'two writes of one agent to one word can change places'],
  ['RW rfi', 'corw1', 'a read can see what its own agent writes after it'],
]

/** The same for cycles in which table entries change. */
const translated: typeof families = [
  ['WW rf R tfr', 'reuse', 'a page in new hands can still be read through a translation that was cleared'],
  ['WW co W tfr', 'reuse-write', 'a page in new hands can still be written through a translation that was cleared'],
  ['WW rf RR tfr', 'unmap', 'an access can use an entry that was changed before the access was asked for'],
  ['WW rf RR tff', 'map', 'an access can miss an entry that was made before the access was asked for'],
  ['WW rf R fr', 'fill', 'a page can be read through a new entry, with what it held before that was made'],
  ['WWW rf RR tfr', 'remap', 'an access can use the old mapping of an address that was given a new one'],
]

/** Relations by what they are about. */
const relationClass: Partial<Readonly<Record<Communication['relation'], string>>> = {
  trf: 'rf',
  pdfr: 'tfr',
  bell: 'rf',
  status: 'rf',
  irq: 'rf',
}

/** Directions of an agent's accesses. */
const letters = ({ events }: DiyAgent): string => events.map(({ direction }) => direction).join('')

function linkAfter({ edges }: Cycle, { events }: DiyAgent): Communication {
  return edges[events.at(-1)?.index as number] as Communication
}

const classOf = (edge: Communication): string =>
  `${relationClass[edge.relation] ?? edge.relation}${edge.agents === undefined ? 'i' : ''}`

interface Shape {
  /** In the order of the family. */
  readonly agents: readonly DiyAgent[]
  readonly name: string
  readonly question: string
}

/** The shape, turned so that it is one of the known ones. */
function shapeOf(cycle: Cycle): Shape {
  const { agents, edges } = cycle
  const known = edges.some((edge) => edge.kind === 'communication' && isTranslation(edge)) ? translated : families
  const shapes = agents.map((_, first) => {
    const order = [...agents.slice(first), ...agents.slice(0, first)]
    const shape = order.map((agent) => `${letters(agent)} ${classOf(linkAfter(cycle, agent))}`).join(' ')
    return { order, shape, family: known.find(([one]) => one === shape) }
  })
  const { order, shape, family } = shapes.find((one) => one.family) ?? (shapes[0] as (typeof shapes)[number])
  const [, name, question] = family ?? ['', shape.toLowerCase().replaceAll(' ', '-'), '']
  return {
    agents: order,
    name,
    question: question || `the outcome of ${edges.map((edge) => edge.name).join(' ')} can be seen`,
  }
}

function isTranslation({ relation }: Communication): boolean {
  return ['trf', 'tfr', 'tff', 'pdfr'].includes(relation)
}

/** Kebab-case: the family, how agents communicate where it is not through coherent memory, and what each has between its accesses. */
export function nameOf(cycle: Cycle): string {
  const { agents, name } = shapeOf(cycle)
  const links = agents.map((agent) => linkAfter(cycle, agent))
  // One word says enough of what kind of agents there are.
  const special = links.filter((link) => !['rf', 'fr', 'co', 'wb'].includes(link.relation))
  const tags = special.length > 0 ? special.map(specialTag) : links.flatMap(plainTag).slice(0, 1)
  const memory = links.some(({ uncached }) => uncached) ? ['nc'] : []
  const between = agents.flatMap(({ orders }) => (orders.length === 0 ? [] : [orders.map(orderTag).join('-')]))
  const isUniform = between.every((one) => one === between[0])
  const isPlain = isUniform && between[0] === 'po'
  const orders = isPlain ? [] : isUniform && between.length > 1 ? [`${between[0]}s`] : between
  return [name, ...tags, ...memory, ...orders].join('-')
}

function plainTag({ agents }: Communication): string[] {
  if (agents === undefined || agents.every((kind) => kind === 'core')) return []
  return [agents[0] === 'core' ? 'to-device' : agents[1] === 'core' ? 'from-device' : 'devices']
}

function specialTag(link: Communication): string {
  const isCores = isTranslation(link) && link.agents?.every((kind) => kind === 'core')
  return isCores ? `mmu-${link.relation}` : link.relation
}

function orderTag(order: Order | Communication): string {
  if (order.kind === 'communication') return order.name.toLowerCase()
  const place = order.place === 's' ? '-same' : order.place === 'l' ? '-line' : ''
  if (order.dependency) return dependencyTags[order.dependency] + place
  return (order.steps.length === 0 ? 'po' : order.steps.map((step) => step.toLowerCase()).join('-')) + place
}

const dependencyTags = { DpAddr: 'addr', DpData: 'data', DpCtrl: 'ctrl', DpCtrlIsb: 'ctrlisb' } as const

/** "This asks whether …": the outcome, and what stands between the accesses of each agent. */
export function questionOf(cycle: Cycle, names: readonly string[]): string {
  const { agents, question } = shapeOf(cycle)
  const ways = [...new Set(agents.map((agent) => linkAfter(cycle, agent)).flatMap(wayOf))]
  const through = ways.length > 0 ? `, ${ways.join(', ')}` : ''
  const has = cycle.agents.flatMap((agent, index) => {
    return agent.orders.length === 0 ? [] : [`${names[index]} has ${betweenOf(agent)}`]
  })
  const list = has.length > 1 ? `${has.slice(0, -1).join(', ')} and ${has.at(-1)}` : has[0]
  return `This asks whether ${question}${through}, if between its accesses ${list}.`
}

/** How a communication is not the usual one, through coherent memory. */
function wayOf({ relation, uncached }: Communication): string[] {
  return [...(relationWays[relation] ?? []), ...(uncached ? ['in non-cacheable memory'] : [])]
}

const relationWays: Partial<Readonly<Record<Communication['relation'], readonly string[]>>> = {
  bell: ['with a doorbell'],
  status: ["with a device's status register"],
  irq: ['with an interrupt'],
  pdfr: ['through a table that was unlinked'],
}

function betweenOf({ orders }: DiyAgent): string {
  return orders.map(phraseOf).join(' and ')
}

function phraseOf(order: Order | Communication): string {
  if (order.kind === 'communication') return internalPhrases[order.relation] ?? order.name
  if (order.dependency) return dependencyPhrases[order.dependency]
  return order.steps.length === 0 ? 'nothing' : order.steps.join(', ')
}

const internalPhrases: Partial<Readonly<Record<Communication['relation'], string>>> = {
  rf: 'a read of what it wrote',
  fr: 'a write of what it read',
  co: 'a second write',
}

const dependencyPhrases = {
  DpAddr: 'an address dependency',
  DpData: 'a data dependency',
  DpCtrl: 'a branch',
  DpCtrlIsb: 'a branch and an ISB',
} as const
