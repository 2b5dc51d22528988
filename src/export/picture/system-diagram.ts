/** Export | the block diagram of a system, from its wiring: actors as boxes, channels as lines between them. */

import type { ChannelSpec } from '../../kernel/channel.ts'
import type { SystemSpec } from '../../kernel/system.ts'
import { boxOf, rowsOf } from './box.ts'
import type { Box, Diagram, Heat, Link, Row } from './diagram.ts'

/** How much of an actor's chart a search has exercised. */
export interface Exercised {
  readonly seen: number
  readonly total: number
}

/** A channel, or two that carry requests one way and answers the other. */
interface Wire {
  readonly from: string
  readonly to: string
  readonly rows: Row[]
  isMutual: boolean
}

/** Most columns of a label. */
const labelColumnsMax = 34

/** @param exercised transitions by actor, where a coverage report tells. */
export function systemDiagram(
  title: string,
  spec: SystemSpec,
  exercised: ReadonlyMap<string, Exercised> = new Map(),
): Diagram {
  const order = new Map(spec.actors.map(({ id }, index) => [id, index]))
  const wires = new Map<string, Wire>()
  const own = new Map<string, Row[]>()
  for (const pair of pairsOf(spec.channels)) addPair(pair, { order, wires, own })
  const degrees = new Map<string, number>()
  for (const { from, to } of wires.values()) {
    for (const id of [from, to]) degrees.set(id, (degrees.get(id) ?? 0) + 1)
  }
  const boxes = spec.actors.map(({ id, definition }): Box => {
    const share = exercised.get(id)
    const heat: Heat | undefined = share && (share.seen === 0 ? 'never' : 'seen')
    const rows = share ? rowsOf(`transitions ${share.seen} of ${share.total}`, { tone: 'plain' }) : []
    return boxOf({
      id: `a${order.get(id)}`,
      degree: degrees.get(id) ?? 0,
      kind: 'block',
      name: id,
      rows: [...rows, ...(own.get(id) ?? [])],
      children: [],
      tip: `${id}: ${definition.description}`,
      active: false,
      heat,
    })
  })
  const links = [...wires.values()].map(
    ({ from, to, rows, isMutual }, index): Link => ({
      id: `w${index}`,
      from: `a${order.get(from)}`,
      to: `a${order.get(to)}`,
      rows,
      tip: `${from} ${isMutual ? 'and' : 'to'} ${to}`,
      priority: (order.get(from) as number) < (order.get(to) as number) ? 10 : 0,
      ends: isMutual ? 'both' : 'to',
    }),
  )
  return {
    title: `Block diagram of ${title}`,
    description: `${spec.actors.length} actors, ${spec.channels.length} channels.`,
    boxes,
    links,
  }
}

interface Pair {
  readonly there: ChannelSpec
  readonly back?: ChannelSpec
}

/** Requests with their answers: two channels between the same two ports. */
function pairsOf(channels: readonly ChannelSpec[]): Pair[] {
  const byEnds = new Map(channels.map((channel) => [`${channel.from}>${firstTarget(channel)}`, channel]))
  const taken = new Set<ChannelSpec>()
  const pairs: Pair[] = []
  for (const there of channels) {
    if (taken.has(there)) continue
    taken.add(there)
    const back = byEnds.get(`${firstTarget(there)}>${there.from}`)
    if (back && !taken.has(back)) {
      taken.add(back)
      pairs.push({ there, back })
    } else pairs.push({ there })
  }
  return pairs
}

interface Sheet {
  readonly order: ReadonlyMap<string, number>
  readonly wires: Map<string, Wire>
  readonly own: Map<string, Row[]>
}

function addPair({ there, back }: Pair, { wires, own }: Sheet): void {
  const [from, port] = split(there.from)
  const [to, otherPort] = split(firstTarget(there))
  const row: Omit<Row, 'text'> = { tone: 'plain', tip: tipOf(there) + (back ? `; ${tipOf(back)}` : '') }
  if (from === to) {
    const rows = rowsOf(`${port} \u21bb ${otherPort}`, { ...row, tone: 'own' })
    own.set(from, [...(own.get(from) ?? []), ...rows])
    return
  }
  const isAnswered = back !== undefined || (typeof there.to !== 'string' && there.to.length > 1)
  const text = `${port} ${isAnswered ? '\u2194' : '\u2192'} ${otherPort}`
  const known = wires.get(`${from} ${to}`)
  const turned = wires.get(`${to} ${from}`)
  if (known) {
    known.isMutual ||= isAnswered
    known.rows.push(...rowsOf(text, row, labelColumnsMax))
  } else if (turned) {
    turned.isMutual = true
    const said = isAnswered ? `${otherPort} \u2194 ${port}` : `${otherPort} \u2190 ${port}`
    turned.rows.push(...rowsOf(said, row, labelColumnsMax))
  } else {
    wires.set(`${from} ${to}`, { from, to, rows: rowsOf(text, row, labelColumnsMax), isMutual: isAnswered })
  }
}

function tipOf({ from, to, order, capacity, latencyCycles }: ChannelSpec): string {
  const ends = `${from} to ${typeof to === 'string' ? to : to.join(', then ')}`
  if (order === 'rendezvous') return `${ends}: rendezvous`
  const time = latencyCycles === 'message' ? 'delay in the message' : `${latencyCycles} cycles`
  return `${ends}: ${order}, ${capacity} deep, ${time}`
}

function firstTarget({ to }: ChannelSpec): string {
  return typeof to === 'string' ? to : (to[0] as string)
}

function split(end: string): [actor: string, port: string] {
  const dot = end.indexOf('.')
  return [end.slice(0, dot), end.slice(dot + 1)]
}
