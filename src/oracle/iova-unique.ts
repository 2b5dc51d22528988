/** Oracle | iova-unique: an IO address is handed out only when nothing can still hold its old translation. */

import type { BusError, IovaAlloc, MemoryRead, MemoryWrite } from '../../machines/protocol.ts'
import { level1Kind, level2Kind } from '../../machines/sysmmu/walk.ts'
import { hex } from '../base/bits.ts'
import { flagsOf, type InFlight, inFlightRun, issue, landing, overlaps, removeRun } from './in-flight.ts'
import { anySpace, holderName, holderOf, spaceOf, spacesBefore, spacesHeld } from './io-spaces.ts'
import type { Oracle, OracleConfig, StepInfo, View, Violate } from './oracle.ts'

export interface IovaUniqueState {
  /** Valid TLB entries: runs of holder, IO address, bytes, space, in that order. */
  readonly tlb: { readonly entries: number[] }
  readonly walking: {
    /** Descriptors sampled from memory that no `walk.read` has named yet, oldest first: runs of MMU, value, crossed ranges. */
    readonly samples: WalkSample[]
    /** Walks that have read a descriptor and not filled the TLB yet. */
    readonly walks: Walk[]
  }
  /** Flags: the space of the translation, or that it may be any of the device's. */
  readonly inFlight: InFlight
}

/** Ranges [start, end) handed out since the sample, with the first space and the last one: runs of four. */
interface WalkSample {
  readonly mmu: number
  readonly value: number
  readonly crossed: number[]
}
interface Walk {
  readonly mmu: number
  readonly space: number
  /** First IO address of the page. */
  readonly page: number
  readonly crossed: number[]
}

const entryRun = 4
const crossedRun = 4

/** Walks under way at once; a walker has a few. */
const walksMax = 16

/** Ranges kept for one walk; a walk is short. */
const crossedMax = 16

/** A range that was handed out, in all spaces from `first` to `last`. */
interface Range {
  readonly start: number
  readonly end: number
  readonly first: number
  readonly last: number
}

function rangeOf({ iova, bytes, space = 0, spaces = 1 }: IovaAlloc): Range {
  return { start: iova, end: iova + bytes, first: space, last: space + spaces - 1 }
}

function cross(crossed: number[], { start, end, first, last }: Range): void {
  for (let i = 0; i < crossed.length; i += crossedRun) {
    if (crossed[i] === start && crossed[i + 1] === end && crossed[i + 2] === first && crossed[i + 3] === last) return
  }
  if (crossed.length >= crossedMax * crossedRun) crossed.splice(0, crossedRun)
  crossed.push(start, end, first, last)
}

/** Whether what is in a space, or in any of several, is in one that the range was handed out in. */
function isIn(space: number, any: readonly number[], { first, last }: Pick<Range, 'first' | 'last'>): boolean {
  if (space !== anySpace) return space >= first && space <= last
  return any.some((one) => one >= first && one <= last)
}

function forgetLanded(
  state: IovaUniqueState,
  event: MemoryRead | MemoryWrite | BusError,
  _violate: Violate,
  _where: StepInfo,
  { device }: View,
): void {
  const run = landing(state.inFlight, device, event)
  if (run >= 0) removeRun(state.inFlight, run)
}

/** Which entry came first does not matter: sorted. */
function addEntry(entries: number[], entry: readonly number[]): void {
  let at = 0
  while (at < entries.length && isBefore(entries, at, entry)) at += entryRun
  entries.splice(at, 0, ...entry)
}

function isBefore(entries: readonly number[], at: number, entry: readonly number[]): boolean {
  for (let i = 0; i < entryRun; i++) {
    const order = (entries[at + i] as number) - (entry[i] as number)
    if (order !== 0) return order < 0
  }
  return true
}

function removeEntries(entries: number[], entry: readonly number[]): void {
  for (let i = 0; i < entries.length; ) {
    if (entry.every((field, at) => entries[i + at] === field)) {
      entries.splice(i, entryRun)
      return
    }
    i += entryRun
  }
}

/** A walk ends: in a fault, or with its next descriptor. `page` is the IO page it is for. */
function removeWalk(walks: Walk[], mmu: number, page: number, space: number): void {
  const at = walks.findIndex((walk) => walk.mmu === mmu && walk.page === page && isSameSpace(walk.space, space))
  if (at >= 0) walks.splice(at, 1)
}

/** Of a word of the device table, and of a fault, it is not known. */
function isSameSpace(a: number, b: number): boolean {
  return a === b || a === anySpace || b === anySpace
}

function pageOf(config: OracleConfig, iova: number): number {
  return iova - (iova % config.pageBytes)
}

export const iovaUnique: Oracle<IovaUniqueState> = {
  name: 'iova-unique',
  always: 'an IO address is not handed out while its old translation can be used',
  description:
    'an IO address is handed out while a TLB entry, a walk or an access in flight can still hold its old translation',
  definition:
    'an IO address range is handed out while a TLB entry overlaps it or a translated access to it has not landed; or the TLB is filled from a descriptor sampled before the range was handed out',
  notJudged:
    'which of its domains a unit without tags, or a translation cache in a device, has an entry of: it may be any',
  init: () => ({ tlb: { entries: [] }, walking: { samples: [], walks: [] }, inFlight: { runs: [] } }),
  on: {
    'iova.alloc'(state, event, violate, where, { config }) {
      const { iova, bytes } = event
      const range = rangeOf(event)
      let holder = ''
      const { entries } = state.tlb
      for (let i = 0; i < entries.length; i += entryRun) {
        const start = entries[i + 1] as number
        const at = entries[i] as number
        if (start >= range.end || start + (entries[i + 2] as number) <= iova) continue
        if (isIn(entries[i + 3] as number, spacesHeld(config, at), range)) {
          holder = `the TLB of ${holderName(config, at)} still held ${hex(start)}`
        }
      }
      const { runs } = state.inFlight
      for (let i = 0; i < runs.length && holder === ''; i += inFlightRun) {
        const of = spacesBefore(config, runs[i] as number)
        if (overlaps(state.inFlight, i, iova, bytes) && isIn(flagsOf(state.inFlight, i), of, range)) {
          holder = `an access by ${config.devices[runs[i] as number] ?? 'a device'} to it was still under way`
        }
      }
      for (const sample of state.walking.samples) cross(sample.crossed, range)
      for (const walk of state.walking.walks) cross(walk.crossed, range)
      if (holder === '') return
      violate({
        message: `IO address ${hex(iova)} (${bytes} bytes) was handed out at step ${where.step} while ${holder}, expected its old translation to be gone; likely it was given back before the invalidation was complete`,
        iova,
      })
    },
    'memory.read'(state, event, violate, where, view) {
      const { mmu } = view
      if (mmu < 0) {
        forgetLanded(state, event, violate, where, view)
        return
      }
      for (const value of event.data) state.walking.samples.push({ mmu, value, crossed: [] })
    },
    'memory.write': forgetLanded,
    'bus.error'(state, event, violate, where, view) {
      forgetLanded(state, event, violate, where, view)
      const { mmu } = view
      if (mmu < 0) return
      // The walk ends in a fault; which of several it was does not matter, because a fault fills nothing.
      const at = state.walking.walks.findIndex((walk) => walk.mmu === mmu)
      if (at >= 0) state.walking.walks.splice(at, 1)
    },
    'translation.use'(state, event, _violate, _where, { config, device }) {
      const space = spaceOf(config, holderOf(config, event.mmu), event.tag)
      if (event.via !== 'bypass') issue(state.inFlight, device, event, space)
    },
    'walk.read'(state, event, _violate, _where, { config }) {
      const mmu = config.mmus.indexOf(event.mmu)
      const at = state.walking.samples.findIndex((one) => one.mmu === mmu && ((one.value ^ event.descriptor) | 0) === 0)
      const sample = at < 0 ? undefined : state.walking.samples.splice(at, 1)[0]
      const page = pageOf(config, event.iova)
      const space = spaceOf(config, holderOf(config, event.mmu), event.tag)
      removeWalk(state.walking.walks, mmu, page, space)
      const kind = event.level === 1 ? level1Kind(event.descriptor) : level2Kind(event.descriptor)
      if (kind === 'fault') return
      if (state.walking.walks.length >= walksMax) state.walking.walks.shift()
      state.walking.walks.push({ mmu, space, page, crossed: sample?.crossed ?? [] })
    },
    'sysmmu.fault'(state, event, _violate, _where, { config }) {
      removeWalk(state.walking.walks, config.mmus.indexOf(event.mmu), pageOf(config, event.iova), anySpace)
    },
    'tlb.fill'(state, event, violate, where, { config }) {
      const mmu = config.mmus.indexOf(event.mmu)
      const bytes = event.bytes ?? config.pageBytes
      const holder = holderOf(config, event.mmu)
      const space = spaceOf(config, holder, event.tag)
      const walk = takeWalkInto(state.walking.walks, mmu, { iova: event.iova, bytes, space })
      addEntry(state.tlb.entries, [holder, event.iova, bytes, space])
      const crossed = walk?.crossed ?? []
      const of = spacesHeld(config, holder)
      for (let i = 0; i < crossed.length; i += crossedRun) {
        if ((crossed[i] as number) >= event.iova + bytes || (crossed[i + 1] as number) <= event.iova) continue
        const [first, last] = [crossed[i + 2] as number, crossed[i + 3] as number]
        if (!isIn(space, of, { first, last })) continue
        violate({
          message: `${event.mmu} filled its TLB for IO address ${hex(event.iova)} at step ${where.step} from a descriptor read before that address was handed out, expected no walk in flight then; likely the invalidation did not wait for walks`,
          iova: event.iova,
        })
        return
      }
    },
    'tlb.drop'(state, event, _violate, _where, { config }) {
      const holder = holderOf(config, event.mmu)
      const space = spaceOf(config, holder, event.tag)
      removeEntries(state.tlb.entries, [holder, event.iova, event.bytes ?? config.pageBytes, space])
    },
  },
}

/** Takes the walk whose address the new entry translates. */
function takeWalkInto(
  walks: Walk[],
  mmu: number,
  { iova, bytes, space }: { readonly iova: number; readonly bytes: number; readonly space: number },
): Walk | undefined {
  const at = walks.findIndex(
    (walk) => walk.mmu === mmu && walk.page >= iova && walk.page < iova + bytes && isSameSpace(walk.space, space),
  )
  return at < 0 ? undefined : walks.splice(at, 1)[0]
}
