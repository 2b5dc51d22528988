/** Litmus | what a cycle is called, and the question that it asks: the names of the literature where there is one. */

import type { Cycle, DiyAgent } from './cycle.ts'
import type { Communication, Edge, Order } from './edges.ts'

/** Shapes by the directions of each agent's accesses and how agents communicate, from one agent to the next. */
const families: readonly (readonly [shape: string, name: string, question: string])[] = [
  ['WW rf RR fr', 'mp', 'a message can be seen before what was written ahead of it'],
  ['WR fr WR fr', 'sb', 'two writers can both miss what the other one wrote'],
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
  ['WR fri', 'cowr', 'a read can miss what its own agent wrote before it'],
  ['WW coi', 'coww', 'two writes of one agent to one word can change places'],
  ['RW rfi', 'corw1', 'a read can see what its own agent writes after it'],
  ['WW fr WR fr', 'sb-w', 'two writers can both miss what the other one wrote'],
  ['W fr WR', 'w-fr', 'a read can miss a write'],
  ['WW fr', 'tlb', 'an access can still use what an entry mapped, and find there what was written after the entry was changed'],
]

const relationClass: Partial<Readonly<Record<Communication['relation'], string>>> = {
  trf: 'rf',
  tfr: 'fr',
  tff: 'fr',
  pdfr: 'fr',
  bell: 'rf',
  status: 'rf',
  irq: 'rf',
  wb: 'co',
}

/** Directions of an agent's accesses. */
const letters = ({ events }: DiyAgent): string => events.map(({ direction }) => direction).join('')

function linkAfter({ edges }: Cycle, { events }: DiyAgent): Communication {
  return edges[events.at(-1)?.index as number] as Communication
}

const classOf = (edge: Communication): string =>
  `${relationClass[edge.relation] ?? edge.relation}${edge.agents === undefined ? 'i' : ''}`

/** The shape, turned so that it is one of the known ones, with the agents in that order. */
function shaped(cycle: Cycle): { agents: DiyAgent[]; family: (typeof families)[number] | undefined; shape: string } {
  const { agents } = cycle
  for (let first = 0; first < agents.length; first++) {
    const order = [...agents.slice(first), ...agents.slice(0, first)]
    const shape = order.map((agent) => `${letters(agent)} ${classOf(linkAfter(cycle, agent))}`).join(' ')
    const family = families.find(([known]) => known === shape)
    if (family) return { agents: order, family, shape }
  }
  const shape = agents.map((agent) => `${letters(agent)} ${classOf(linkAfter(cycle, agent))}`).join(' ')
  return { agents: [...agents], family: undefined, shape }
}

/** Kebab-case: the family, how agents communicate where it is not through coherent memory, and what each has between its accesses. */
export function nameOf(cycle: Cycle): string {
  const { agents, family, shape } = shaped(cycle)
  const links = agents.map((agent) => linkAfter(cycle, agent)).flatMap(linkTag)
  const between = agents.flatMap((agent) => {
    if (agent.orders.length === 0) return []
    return [agent.orders.map((order) => orderTag(order)).join('-')]
  })
  const isUniform = between.length > 1 && between.every((one) => one === between[0])
  const orders = isUniform ? [`${between[0]}s`] : between
  return [family?.[1] ?? shape.toLowerCase().replaceAll(' ', '-'), ...links, ...orders].join('-')
}

function linkTag({ relation, agents, uncached }: Communication): string[] {
  const nc = uncached ? ['nc'] : []
  switch (relation) {
    case 'rf':
    case 'fr':
    case 'co': {
      const pair = agents?.map((kind) => kind[0]).join('')
      return [...(pair === undefined || pair === 'cc' ? [] : [`${relation}${pair}`]), ...nc]
    }
    case 'trf':
    case 'tfr':
    case 'tff':
      return [agents?.every((kind) => kind === 'core') ? `mmu-${relation}` : relation]
    default:
      return [relation]
  }
}

function orderTag(order: Order | Communication): string {
  if (order.kind === 'communication') return order.name.toLowerCase()
  const place = order.place === 's' ? '-same' : order.place === 'l' ? '-line' : ''
  if (order.dependency) return dependencyTags[order.dependency] + place
  return (order.steps.length === 0 ? 'po' : order.steps.map((step) => step.toLowerCase()).join('-')) + place
}

const dependencyTags = { DpAddr: 'addr', DpData: 'data', DpCtrl: 'ctrl', DpCtrlIsb: 'ctrlisb' } as const

/** "This asks whether …": the outcome, and what stands between the accesses. */
export function questionOf(cycle: Cycle): string {
  const { agents, family } = shaped(cycle)
  const what = family?.[2] ?? `the cycle ${cycle.edges.map(({ name }: Edge) => name).join(' ')} can be seen`
  const ways = agents.map((agent) => linkAfter(cycle, agent)).flatMap(wayOf)
  const through = ways.length > 0 ? `, ${[...new Set(ways)].join(', ')}` : ''
  const between = agents.filter(({ orders }) => orders.length > 0).map(betweenOf)
  const list = between.every((one) => one === between[0])
    ? `${between[0]} between ${between.length > 1 ? 'the accesses of each' : 'its accesses'}`
    : `${between.join(', then ')} between the accesses`
  return `This asks whether ${what}${through}: ${list}.`
}

/** How a communication is not the usual one, through coherent memory. */
function wayOf({ relation, agents, uncached }: Communication): string[] {
  const known: Partial<Readonly<Record<Communication['relation'], string>>> = {
    bell: 'with a doorbell',
    status: "with a device's status register",
    irq: 'with an interrupt',
    wb: 'through a line that is written back',
    trf: 'with a new table entry',
    tfr: 'with an old translation',
    tff: 'with an entry that was not there',
    pdfr: 'with a table that was unlinked',
  }
  const way = known[relation]
  if (way !== undefined) return [way]
  const pair = agents?.join(' to ')
  const words = pair === undefined || pair === 'core to core' ? [] : [`${relation === 'rf' ? '' : 'with '}${pairWays[pair] ?? ''}`.trim()]
  return [...words, ...(uncached ? ['in non-cacheable memory'] : [])]
}

const pairWays: Readonly<Record<string, string>> = {
  'core to device': 'a device that does not snoop',
  'device to core': 'a device that does not snoop',
  'device to device': 'two devices',
}

function betweenOf({ orders }: DiyAgent): string {
  return orders.map(phraseOf).join(' and ')
}

function phraseOf(order: Order | Communication): string {
  if (order.kind === 'communication') return order.name
  if (order.dependency) return dependencyPhrases[order.dependency]
  return order.steps.length === 0 ? 'nothing' : order.steps.join(', ')
}

const dependencyPhrases = {
  DpAddr: 'an address dependency',
  DpData: 'a data dependency',
  DpCtrl: 'a branch',
  DpCtrlIsb: 'a branch and an ISB',
} as const
