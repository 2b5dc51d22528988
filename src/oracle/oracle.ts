/** Oracle | what an oracle is: an observer whose state depends on nothing but the events of the steps so far. */

import type { Geometry } from '../../machines/geometry.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { demand, parts } from '../base/shape.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Finding } from './dma-debug/findings.ts'
import type { History, PageHistory } from './history.ts'
import type { PartedState } from './parts.ts'

/** What oracles know about the system before it runs. Plain data. */
export interface OracleConfig {
  readonly dram: { readonly base: number; readonly bytes: number }
  /** First bytes of `dram`: page tables and kernel data that no page allocator hands out. */
  readonly reservedBytes: number
  readonly lineBytes: number
  readonly pageBytes: number
  readonly iova: { readonly base: number; readonly bytes: number }
  /** Kernel addresses: of the linear mapping, and of the window for remapped memory. */
  readonly linear: { readonly base: number; readonly bytes: number }
  readonly vmalloc: { readonly base: number; readonly bytes: number }
  readonly dmaDebug: DmaDebugConfig
  /** Number of cores, 4 at most. */
  readonly cores: number
  /** By core: its threads beside main; absent: none. */
  readonly threads?: readonly number[]
  /** `from` of the initiators that are DMA devices, 4 at most. */
  readonly devices: readonly string[]
  /** `from` of the table walkers. */
  readonly mmus: readonly string[]
  /** By device: numbers of the spaces of IO addresses that its accesses may be translated in; marks name theirs, 0 if they don't. */
  readonly ioSpaces: readonly (readonly number[])[]
  /**
   * Who keeps translations, with the numbers of the spaces that they are of; those of a tagged one by the tag of the entry. What is
   * not among them is of the first space.
   */
  readonly translators: readonly {
    readonly id: string
    readonly spaces: readonly number[]
    readonly isTagged: boolean
  }[]
  /**
   * `happens-before`: an access that only luck kept out of the other's period is a violation too. `state`: only what the
   * order of this very run shows; right for a search that tries every order anyway.
   */
  readonly ownership: 'happens-before' | 'state'
  /**
   * Interrupts that one core may take without anything else moving on before it is a storm; 0: not counted, as in a search,
   * where delays know no bound and the graph itself shows what never ends.
   */
  readonly interruptsMax: number
  /** What happened before the first step: mappings that stand, pages that belong to somebody. */
  readonly prelude: readonly Emitted[]
}

/** What dma-debug can be told at boot and later. */
export interface DmaDebugConfig {
  /** `dma_debug_entries`: live mappings it has room for. */
  readonly entriesMax: number
  /** Lines it can track. The kernel's tree grows until memory is gone. */
  readonly linesMax: number
  /** `all_errors`; or only the first, the rest is counted. */
  readonly show: 'all' | 'first'
}

/** Where in the run an event happened. Reused from event to event: copy what you keep. */
export interface StepInfo {
  readonly step: number
  readonly cycle: number
  readonly actor: string
}

/** One violation. `message` is one sentence: what, where, actual and expected, likely cause. */
export interface Violation {
  readonly oracle: string
  readonly message: string
  readonly step: number
  readonly cycle: number
  readonly actor: string
  /** Physical address of the first wrong word, if there is one. */
  readonly addr?: number
  /** How many words of this event are wrong. */
  readonly words?: number
  /** IO address of the access, if it had one. */
  readonly iova?: number
  /** Handle of the buffer concerned, if it is known. */
  readonly handle?: number
}

/** What a handler reports; the set adds oracle and place. */
export type Report = Omit<Violation, 'oracle' | 'step' | 'cycle' | 'actor'>
export type Violate = (report: Report) => void

/** Why a run is over. `deadlock`: nothing enabled; `bound`: a named limit; `stopped`: by the user or a violation. */
export interface EndInfo {
  readonly reason: 'finished' | 'deadlock' | 'bound' | 'stopped'
  /** Which bound was reached, if one was. */
  readonly bound?: string
  /** Actors with a program that has not ended, and what stalls each. */
  readonly unfinished: readonly { readonly actor: string; readonly why: string }[]
}

/** What every oracle may read besides its own state. */
export interface View {
  readonly config: OracleConfig
  /**
   * What the events so far say about memory and buffers; part of the observed state, shared by all oracles. For a mark it
   * is already up to date, for every other event it still shows the moment before the event.
   */
  readonly history: History
  /** Who wrote what when: for messages only, never for a verdict. */
  readonly diagnosis: Diagnosis
  /** For marks: number of the buffer that the mark is about; -1: none. */
  readonly marked: number
  /** For marks: what dma-debug finds in this call; whether it shows it; and what the edition's own hooks make it find. */
  readonly findings: readonly Finding[]
  readonly isShown: boolean
  readonly hookFindings: readonly Finding[]
  // Worked out once for each event, because most handlers ask:
  /** For loads, stores, line and memory events: the page of `addr`, null if nothing is known of it or it is no memory. */
  readonly page: PageHistory | null
  /** For the same events: byte offset of `addr` in its page. */
  readonly offset: number
  /** For memory reads and writes, bus errors and translations: index of the device that the event is `from`, -1: none. */
  readonly device: number
  /** For the same events: index of the table walker, -1: none. */
  readonly mmu: number
}

/** A view as its owner sees it. */
export type OwnView = { -readonly [Key in keyof View]: View[Key] }

export type Handler<State, Type extends Emitted['type']> = (
  state: State,
  event: Extract<Emitted, { type: Type }>,
  violate: Violate,
  where: StepInfo,
  view: View,
) => void

/**
 * An oracle. `State` is in parts (see `parts.ts`), plain data and `Bytes`; handlers change it in place. It is finite: it holds
 * no counter that only grows and forgets what can no longer matter.
 */
export interface Oracle<State extends PartedState<State>> {
  readonly name: string
  /** What holds as long as it is silent: `always "…" violated` heads a report. */
  readonly always: string
  /** "violated when …", as the tables print it. */
  readonly description: string
  /** When exactly, in the words that docs/oracles.md defines; Markdown. */
  readonly definition: string
  /** What it leaves out on purpose. */
  readonly notJudged?: string
  init(config: OracleConfig): State
  /** By event type. Memory reads and writes come here when a device or a table walker is what they are from. */
  readonly on: { readonly [Type in Emitted['type']]?: Handler<State, Type> }
  /** Memory reads and writes by the caches, which most oracles have no use for. */
  readonly caches?: { readonly [Type in 'memory.read' | 'memory.write']?: Handler<State, Type> }
  /** When all programs have ended and every `must` choice is drained, or when the run stops early. */
  atEnd?(state: State, end: EndInfo, violate: Violate, view: View): void
}

/** Interrupts without progress that a board run tolerates; a frame takes a handful. HF-350 */
const interruptsMax = 64

/** Entries: `PREALLOC_DMA_DEBUG_ENTRIES` of the architecture. HF-359 */
export const dmaDebugDefaults: DmaDebugConfig = { entriesMax: 4096, linesMax: 2 ** 31, show: 'all' }

const geometryShape = parts('litmus, board, or one like them', {
  dram: parts('a range', {}),
  iova: parts('a range', {}),
  vmalloc: parts('a range', {}),
})

/** The configuration for one geometry: two cores, one camera behind one SYSMMU, unless `overrides` says otherwise. */
export function oracleConfig(geometry: Geometry, overrides: Partial<OracleConfig> = {}): OracleConfig {
  demand(geometryShape, geometry, 'oracleConfig(geometry): the geometry')
  return {
    dram: geometry.dram,
    reservedBytes: geometry.reservedBytes,
    lineBytes: geometry.lineBytes,
    pageBytes: geometry.pageBytes,
    iova: geometry.iova,
    linear: { base: geometry.linearBase, bytes: geometry.dram.bytes },
    vmalloc: geometry.vmalloc,
    dmaDebug: dmaDebugDefaults,
    cores: 2,
    devices: ['fimc0'],
    mmus: ['sysmmu0'],
    ioSpaces: [],
    translators: [],
    ownership: 'happens-before',
    interruptsMax,
    prelude: [],
    ...overrides,
  }
}
