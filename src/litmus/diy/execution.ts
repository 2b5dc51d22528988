/** Litmus | the execution that a cycle is about: values of writes, what reads get, which pages entries map, and what is seen of it. */

import { UsageError } from '../../base/errors.ts'
import { type Cycle, type DiyEvent, edgeInto, targetOf } from './cycle.ts'
import type { Communication, Relation } from './edges.ts'

/** What a word of a page holds at first, and a word of the page that an old entry maps; other words hold 0. */
export const pageValues = { page: 7, old: 6 } as const

export interface Execution {
  /** By word: its writes, the oldest first. */
  readonly coherence: readonly (readonly DiyEvent[])[]
  /** By event: what a write of data stores, or what a read gets if that is part of the outcome. */
  readonly values: readonly (number | undefined)[]
  /** By word: how the tables change; absent: they do not. */
  readonly entries: readonly (EntryChange | undefined)[]
  /** By event: whether it goes to the page that the old entry maps, where the new one maps another. */
  readonly isOld: readonly boolean[]
  /** Words of data whose last value is part of the outcome, with it. */
  readonly last: readonly { readonly word: number; readonly value: number }[]
}

/** Of the entries of one page of addresses. */
export interface EntryChange {
  /** Who is translated by it. */
  readonly reader: 'core' | 'device'
  /** By write of an entry, in program order: what it stores. */
  readonly stores: ReadonlyMap<number, 'break' | 'make'>
  /** What is mapped at first: nothing, the page, or another one than is mapped later. */
  readonly first: 'nothing' | 'page' | 'old page'
  /** Whether the walk goes through a second-level table that is unlinked. */
  readonly isUnlinked: boolean
}

export function executionOf(cycle: Cycle): Execution {
  const entries = cycle.words.map((_, word) => entryChange(cycle, word))
  const coherence = cycle.words.map((_, word) => coherenceOf(cycle, word))
  const isOld = cycle.events.map((event) => {
    return entries[event.word]?.first === 'old page' && translatedBy(cycle, event, 'tfr') !== undefined
  })
  const first = (event: DiyEvent): number => {
    if (isOld[event.index]) return pageValues.old
    return entries[event.word] ? pageValues.page : 0
  }
  const values = cycle.events.map((event) => valueAt(cycle, coherence, event, first))
  const last: { word: number; value: number }[] = []
  for (const [word, writes] of coherence.entries()) {
    const newest = writes.at(-1)
    const isLost = cycle.edges.some((edge, index) => isRelation(edge, 'wb') && cycle.events[index]?.word === word)
    if (isLost) last.push({ word, value: 0 })
    else if (newest && isLastSeen(cycle, writes)) last.push({ word, value: values[newest.index] as number })
  }
  return { coherence, values, entries, isOld, last }
}

/** Two writes, or one of a device that nobody reads, are told apart by what remains. */
function isLastSeen(cycle: Cycle, writes: readonly DiyEvent[]): boolean {
  if (writes.length > 1) return true
  const [only] = writes as [DiyEvent]
  return ['trf', 'tfr', 'pdfr'].some((relation) => translatedBy(cycle, only, relation as Relation) !== undefined)
}

export function isRelation(edge: { kind: string }, relation: Relation): edge is Communication {
  return edge.kind === 'communication' && (edge as Communication).relation === relation
}

/** The write of an entry that an access is translated by (`trf`), or that came too late for it. */
export function translatedBy(cycle: Cycle, event: DiyEvent, relation: Relation): DiyEvent | undefined {
  const into = edgeInto(cycle, event)
  if (relation === 'trf') {
    const at = (event.index + cycle.events.length - 1) % cycle.events.length
    return isRelation(into, 'trf') ? cycle.events[at] : undefined
  }
  return isRelation(cycle.edges[event.index] as Communication, relation) ? targetOf(cycle, event.index) : undefined
}

const touchesData = (event: DiyEvent): boolean => event.touched === 'data'

/** Pairs of writes that communications put into order, and the order of the cycle where they do not. */
function coherenceOf(cycle: Cycle, word: number): DiyEvent[] {
  const writes = cycle.events.filter((one) => one.word === word && one.direction === 'W' && touchesData(one))
  const before: (readonly [number, number])[] = []
  for (const [index, edge] of cycle.edges.entries()) {
    const source = cycle.events[index] as DiyEvent
    if (source.word !== word || edge.kind !== 'communication') continue
    if (edge.relation === 'co') before.push([index, targetOf(cycle, index).index])
    // What is read is older than what is read from before.
    const into = edgeInto(cycle, source)
    if (edge.relation === 'fr' && isRelation(into, 'rf')) {
      const at = (index + cycle.events.length - 1) % cycle.events.length
      before.push([at, targetOf(cycle, index).index])
    }
  }
  const sorted: DiyEvent[] = []
  let left = writes
  while (left.length > 0) {
    const isFree = ({ index }: DiyEvent) => !before.some(([a, b]) => b === index && left.some((one) => one.index === a))
    const next = left.find(isFree)
    if (!next) throw new UsageError('the cycle does not close: a write would have to be newer than itself')
    sorted.push(next)
    left = left.filter((one) => one !== next)
  }
  return sorted
}

function valueAt(
  cycle: Cycle,
  coherence: readonly (readonly DiyEvent[])[],
  event: DiyEvent,
  first: (event: DiyEvent) => number,
): number | undefined {
  const { index, direction, touched, word } = event
  if (touched === 'status') return 1
  if (touched !== 'data') return undefined
  const writes = coherence[word] as readonly DiyEvent[]
  if (direction === 'W') return writes.indexOf(event) + 1
  const into = edgeInto(cycle, event)
  const out = cycle.edges[index] as Communication
  if (isRelation(out, 'tff')) return 0
  if (isRelation(into, 'rf')) {
    const source = cycle.events[(index + cycle.events.length - 1) % cycle.events.length] as DiyEvent
    return writes.indexOf(source) + 1
  }
  if (isRelation(out, 'fr')) return writes.indexOf(targetOf(cycle, index)) || first(event)
  if (isRelation(into, 'trf') || isRelation(out, 'tfr') || isRelation(out, 'pdfr')) return first(event)
  return undefined
}

function entryChange(cycle: Cycle, word: number): EntryChange | undefined {
  const stores = new Map<number, 'break' | 'make'>()
  let isUnlinked = false
  let reader: 'core' | 'device' | undefined
  for (const [index, edge] of cycle.edges.entries()) {
    if (edge.kind !== 'communication' || cycle.events[index]?.word !== word) continue
    const { relation } = edge
    const [from, to] = [index, targetOf(cycle, index).index]
    const own = relation === 'trf' ? from : to
    if (relation === 'trf' || relation === 'tff') note(stores, own, 'make')
    else if (relation === 'tfr' || relation === 'pdfr') note(stores, own, relation === 'tfr' ? 'unset' : 'break')
    else continue
    if (relation === 'pdfr') isUnlinked = true
    const accessor = (relation === 'trf' ? edge.agents?.[1] : edge.agents?.[0]) ?? 'device'
    if (reader !== undefined && reader !== accessor) {
      throw new UsageError('a page is translated for cores or for devices, not for both')
    }
    reader = accessor
  }
  if (reader === undefined) return undefined
  const writes = cycle.events.filter((one) => one.word === word && one.touched !== 'data')
  // What no edge tells: an entry is cleared, and one that was cleared is made anew.
  for (const [at, { index }] of writes.entries()) {
    const isCleared = at > 0 && stores.get(writes[at - 1]?.index as number) === 'break'
    if (!stores.has(index)) stores.set(index, isCleared ? 'make' : 'break')
  }
  const leaves = writes.filter(({ touched }) => touched === 'leaf').map(({ index }) => stores.get(index))
  const uses = (relation: Relation) =>
    cycle.events.some((one) => one.word === word && translatedBy(cycle, one, relation) !== undefined)
  if (uses('tfr') && uses('tff')) {
    throw new UsageError('before one write an entry is valid (Tfr) or it is not (Tff), not both')
  }
  const isMade = leaves.includes('make')
  // Behind a table that is unlinked there is something at first: the entry may be used, and changes.
  const isFound = uses('tfr') || isUnlinked
  const first = isMade ? (isFound ? 'old page' : 'nothing') : 'page'
  return { reader, stores, first, isUnlinked }
}

/** An entry that is both used and replaced is a new one; one that is only replaced is cleared. */
function note(stores: Map<number, 'break' | 'make'>, index: number, what: 'break' | 'make' | 'unset'): void {
  if (what === 'make') stores.set(index, 'make')
  else if (!stores.has(index)) stores.set(index, 'break')
}
