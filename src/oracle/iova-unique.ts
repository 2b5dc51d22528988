/** Oracle | iova-unique: an IO address is handed out only when nothing can still hold its old translation. */

import type { BusError, MemoryRead, MemoryWrite } from '../../machines/protocol.ts'
import { level1Kind, level2Kind } from '../../machines/sysmmu/walk.ts'
import { hex } from '../base/bits.ts'
import { type InFlight, inFlightRun, issue, landing, overlaps, removeRun } from './in-flight.ts'
import type { Oracle, OracleConfig, StepInfo, View, Violate } from './oracle.ts'

export interface IovaUniqueState {
  /** Valid TLB entries: runs of MMU, IO address, bytes, in that order. */
  readonly tlb: { readonly entries: number[] }
  readonly walking: {
    /** Descriptors sampled from memory that no `walk.read` has named yet, oldest first: runs of MMU, value, crossed ranges. */
    readonly samples: WalkSample[]
    /** Walks that have read a descriptor and not filled the TLB yet. */
    readonly walks: Walk[]
  }
  readonly inFlight: InFlight
}

/** Ranges [start, end) handed out since the sample, as pairs. */
interface WalkSample {
  readonly mmu: number
  readonly value: number
  readonly crossed: number[]
}
interface Walk {
  readonly mmu: number
  /** First IO address of the page. */
  readonly page: number
  readonly crossed: number[]
}

const entryRun = 3

/** Walks under way at once; a walker has a few. */
const walksMax = 16

/** Ranges kept for one walk; a walk is short. */
const crossedMax = 16

function cross(crossed: number[], start: number, end: number): void {
  for (let i = 0; i < crossed.length; i += 2) if (crossed[i] === start && crossed[i + 1] === end) return
  if (crossed.length >= crossedMax) crossed.splice(0, 2)
  crossed.push(start, end)
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
function addEntry(entries: number[], mmu: number, iova: number, bytes: number): void {
  let at = 0
  while (at < entries.length && isBefore(entries, at, mmu, iova)) at += entryRun
  entries.splice(at, 0, mmu, iova, bytes)
}

function isBefore(entries: readonly number[], at: number, mmu: number, iova: number): boolean {
  return entries[at] === mmu ? (entries[at + 1] as number) <= iova : (entries[at] as number) < mmu
}

function removeEntries(entries: number[], mmu: number, iova: number, bytes: number): void {
  for (let i = 0; i < entries.length; ) {
    if (entries[i] === mmu && entries[i + 1] === iova && entries[i + 2] === bytes) {
      entries.splice(i, entryRun)
      return
    }
    i += entryRun
  }
}

/** A walk ends: in a fault, or with its next descriptor. `page` is the IO page it is for. */
function removeWalk(walks: Walk[], mmu: number, page: number): void {
  const at = walks.findIndex((walk) => walk.mmu === mmu && walk.page === page)
  if (at >= 0) walks.splice(at, 1)
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
  notJudged: 'several IO address spaces are not told apart',
  init: () => ({ tlb: { entries: [] }, walking: { samples: [], walks: [] }, inFlight: { runs: [] } }),
  on: {
    'iova.alloc'(state, event, violate, where, { config }) {
      const { iova, bytes } = event
      const end = iova + bytes
      let holder = ''
      const { entries } = state.tlb
      for (let i = 0; i < entries.length; i += entryRun) {
        const start = entries[i + 1] as number
        if (start < end && start + (entries[i + 2] as number) > iova) {
          holder = `the TLB of ${config.mmus[entries[i] as number] ?? 'an MMU'} still held ${hex(start)}`
        }
      }
      const { runs } = state.inFlight
      for (let i = 0; i < runs.length && holder === ''; i += inFlightRun) {
        if (overlaps(state.inFlight, i, iova, bytes)) {
          holder = `an access by ${config.devices[runs[i] as number] ?? 'a device'} to it was still under way`
        }
      }
      for (const sample of state.walking.samples) cross(sample.crossed, iova, end)
      for (const walk of state.walking.walks) cross(walk.crossed, iova, end)
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
    'translation.use'(state, event, _violate, _where, { device }) {
      if (event.via !== 'bypass') issue(state.inFlight, device, event, 0)
    },
    'walk.read'(state, event, _violate, _where, { config }) {
      const mmu = config.mmus.indexOf(event.mmu)
      const at = state.walking.samples.findIndex((one) => one.mmu === mmu && ((one.value ^ event.descriptor) | 0) === 0)
      const sample = at < 0 ? undefined : state.walking.samples.splice(at, 1)[0]
      const page = pageOf(config, event.iova)
      removeWalk(state.walking.walks, mmu, page)
      const kind = event.level === 1 ? level1Kind(event.descriptor) : level2Kind(event.descriptor)
      if (kind === 'fault') return
      if (state.walking.walks.length >= walksMax) state.walking.walks.shift()
      state.walking.walks.push({ mmu, page, crossed: sample?.crossed ?? [] })
    },
    'sysmmu.fault'(state, event, _violate, _where, { config }) {
      removeWalk(state.walking.walks, config.mmus.indexOf(event.mmu), pageOf(config, event.iova))
    },
    'tlb.fill'(state, event, violate, where, { config }) {
      const mmu = config.mmus.indexOf(event.mmu)
      const bytes = event.bytes ?? config.pageBytes
      const walk = takeWalkInto(state.walking.walks, mmu, event.iova, bytes)
      addEntry(state.tlb.entries, mmu, event.iova, bytes)
      const crossed = walk?.crossed ?? []
      for (let i = 0; i < crossed.length; i += 2) {
        if ((crossed[i] as number) >= event.iova + bytes || (crossed[i + 1] as number) <= event.iova) continue
        violate({
          message: `${event.mmu} filled its TLB for IO address ${hex(event.iova)} at step ${where.step} from a descriptor read before that address was handed out, expected no walk in flight then; likely the invalidation did not wait for walks`,
          iova: event.iova,
        })
        return
      }
    },
    'tlb.drop'(state, event, _violate, _where, { config }) {
      removeEntries(state.tlb.entries, config.mmus.indexOf(event.mmu), event.iova, event.bytes ?? config.pageBytes)
    },
  },
}

/** Takes the walk whose address the new entry translates. */
function takeWalkInto(walks: Walk[], mmu: number, iova: number, bytes: number): Walk | undefined {
  const at = walks.findIndex((walk) => walk.mmu === mmu && walk.page >= iova && walk.page < iova + bytes)
  return at < 0 ? undefined : walks.splice(at, 1)[0]
}
