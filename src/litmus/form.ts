/** Litmus | the internal form of a litmus test: plain data, what the text is parsed to and what everything else starts from. */

import type { FeatureForm, PlatformForm } from './form-platform.ts'

/** Where something stands in the text; both count from 1. Absent in forms that were not written as text. */
export interface Place {
  readonly line: number
  readonly column: number
}
interface Placed {
  readonly at?: Place
}

export type * from './form-platform.ts'
export { atcOptions, iommuOptions } from './form-platform.ts'
export type { Placed }

/** One test: one or more variants of programs on one platform, with what is expected of each. */
export interface LitmusTest {
  /** Kebab-case. */
  readonly name: string
  /** "This asks whether …". */
  readonly question: string
  /** Where the order of steps is from: repository, path and commit, or a paper. */
  readonly source?: string
  /** Letters of the classes of bugs that it belongs to. */
  readonly classes: readonly string[]
  /** Remarks for the reader of a report. */
  readonly notes: readonly string[]
  /** Numbers that can be set from outside, with their defaults. */
  readonly parameters: readonly ParameterForm[]
  /** Names of the variants, in order; never empty. A file without variants has the one named `main`. */
  readonly variants: readonly string[]
  readonly platform: PlatformForm
  readonly memory: readonly MemoryForm[]
  /** What only some variants have beside that; absent: nothing. */
  readonly parts?: readonly PartForm[]
  readonly locks: readonly string[]
  readonly actors: readonly ActorForm[]
  readonly conditions: readonly ConditionForm[]
  readonly expectations: readonly ExpectationForm[]
}

/** Hardware and memory of some variants. Of features and sizes the later ones count. */
export interface PartForm extends Placed {
  readonly variants: readonly string[]
  readonly platform: PlatformForm
  readonly memory: readonly MemoryForm[]
}

export interface ParameterForm extends Placed {
  readonly name: string
  readonly value: number
}

// --- memory ---------------------------------------------------------------------------------------------------------------

export type MemoryForm = Placed &
  (
    | {
        /** Words with a name. */
        readonly kind: 'words'
        readonly name: string
        readonly size: SizeForm
        /** Names of the words of one element; empty: plain words. */
        readonly fields: readonly string[]
        /** Elements, each `size` long; 1 unless it is an array. */
        readonly elements: number
        /** Initial words, repeated; all 0 if empty. */
        readonly init: readonly Expression[]
        readonly place: PlacementForm
        /** What plain loads and stores use. */
        readonly type: AccessType
        /** The linear mapping does not have it: cores get there by `va` pages, whose entries are theirs to change. */
        readonly unmapped?: true
        /** Devices with safe buffers do not reach it. */
        readonly far?: true
      }
    /** Second-level tables, empty at first. */
    | { readonly kind: 'table'; readonly names: readonly string[]; readonly type: AccessType }
    /** Pages of IO addresses, or of virtual addresses of cores, in order of their addresses. */
    | { readonly kind: 'io' | 'va'; readonly names: readonly string[]; readonly place: PlacementForm }
    /** The tables map it from the start. Without an `mmu` a `va` page is an alias: a second way to the same memory. */
    | {
        readonly kind: 'map'
        readonly from: string
        readonly to: string
        readonly leaf: LeafSize
        readonly type: AccessType
        /** Name of the unit whose tables these are; absent: the only one. */
        readonly unit?: string
        /** Number of the domain; 0 without tags. */
        readonly tag: number
      }
  )
export interface SizeForm {
  readonly count: number
  readonly of: 'words' | 'lines' | 'pages'
}

/** Where something begins: a new line or page, so many words into one, or right after what was declared before it. */
export interface PlacementForm {
  readonly base: 'line' | 'page' | 'next' | 'section'
  readonly words: number
}
export type LeafSize = 'page' | 'large' | 'section'

/** `cacheable`: write-back; `nc`: Normal non-cacheable, stores wait in write buffers; `so`: strongly ordered. */
export const accessTypes = ['cacheable', 'nc', 'so'] as const
export type AccessType = (typeof accessTypes)[number]

// --- actors ---------------------------------------------------------------------------------------------------------------

export type ActorForm = Placed &
  (
    | {
        readonly actor: 'cpu'
        readonly name: string
        /** One of several programs that take turns on the core; its registers are its own. */
        readonly thread?: string
        readonly body: readonly Statement[]
      }
    /** The interrupt handler of a core. */
    | { readonly actor: 'isr'; readonly core: string; readonly body: readonly Statement[] }
    | {
        readonly actor: 'device'
        readonly name: string
        /** Registers that cores can reach, with their values at reset. */
        readonly registers: readonly { readonly name: string; readonly value: number }[]
        /** What happens in the very step in which a register is written. */
        readonly reactions: readonly {
          readonly register: string
          readonly body: readonly Statement[]
          readonly at?: Place
        }[]
        readonly body: readonly Statement[]
      }
  )

/** No translation; not allowed; the walk failed; several entries match. */
export const faultKinds = ['page', 'access', 'bus', 'multi-hit'] as const
export type FaultKind = (typeof faultKinds)[number]

// --- expressions and places ------------------------------------------------------------------------------------------------

export const binaryOps = [
  '+',
  '-',
  '*',
  '%',
  '&',
  '^',
  '|',
  '<<',
  '>>',
  '==',
  '!=',
  '<',
  '>=',
  '>',
  '<=',
  '&&',
  '||',
] as const
export type BinaryOp = (typeof binaryOps)[number]

/** u32 arithmetic; comparisons give 0 or 1. */
export type Expression = Placed &
  (
    | { readonly expr: 'number'; readonly value: number }
    /** A register of the actor, a parameter, or a constant such as a page's address. */
    | { readonly expr: 'name'; readonly name: string }
    /** In conditions: a register of an actor. */
    | { readonly expr: 'register'; readonly actor: string; readonly name: string }
    /** In conditions: a word of memory at the end, as an observer sees it: `memory` itself, or a core through its caches. */
    | { readonly expr: 'word'; readonly observer: string; readonly location: Location }
    /** After `never` or `sometimes`, and alone: a SYSMMU or an IOMMU reports such a fault. What is absent may be any. */
    | {
        readonly expr: 'fault'
        readonly device?: string
        readonly kind?: FaultKind
        readonly access?: 'read' | 'write'
        /** IO page. */
        readonly page?: string
      }
    | { readonly expr: 'binary'; readonly op: BinaryOp; readonly left: Expression; readonly right: Expression }
    | { readonly expr: 'not'; readonly value: Expression }
    /** Address of a place, as the number that a pointer to it holds: physical, IO or virtual by what is named. */
    | { readonly expr: 'address'; readonly location: Location }
    /** A table entry: of that size, for that page or table. */
    | {
        readonly expr: 'entry'
        readonly of: 'page' | 'large' | 'section' | 'table'
        readonly name: string
        readonly type: AccessType
        readonly readOnly: boolean
      }
  )

/** Something in memory: words of a name, or an entry of the tables. */
export type Location = Placed &
  (
    | {
        readonly place: 'named'
        readonly name: string
        /** Element or word; with `to` a range of words, both included. */
        readonly index?: Expression
        readonly to?: Expression
        readonly field?: string
        /** `@name`: the physical address, where IO addresses are the rule. */
        readonly physical?: true
      }
    /** Through a pointer in a register; `words` of offset. */
    | { readonly place: 'pointer'; readonly register: string; readonly words: Expression; readonly physical?: true }
    /** The leaf entry that translates an IO or virtual page. */
    | { readonly place: 'pte'; readonly page: string; readonly unit?: string; readonly tag?: number }
    /** The first-level entry with that number, or the one over an IO page. */
    | { readonly place: 'pd'; readonly index: Expression; readonly unit?: string; readonly tag?: number }
    /** A word of the device table's entry of a device: 0 its root and valid bit, 1 its domain. */
    | { readonly place: 'dte'; readonly device: string; readonly index: Expression; readonly unit?: string }
  )

// --- statements -----------------------------------------------------------------------------------------------------------

export const directions = ['TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL'] as const
export type DirectionName = (typeof directions)[number]
export type MaintenanceName = 'clean' | 'inv' | 'flush' | 'evict' | 'spec'
export type CacheLevel = 'L1' | 'L2'
export const barriers = ['dmb', 'dsb', 'isb', 'wmb', 'rmb', 'mb', 'drain'] as const
export type Barrier = (typeof barriers)[number]
export type SimpleName =
  | Barrier
  | 'clrex'
  | 'wait-irq'
  | 'irqs-on'
  | 'irqs-off'
  | 'nop'
  /** From here on a device may run into translation that is not there, and its fault is what is wanted. */
  | 'faults'
  | 'fence'
  | 'raise'
  | 'lower'

export type Statement = Placed &
  // cores
  (
    | {
        readonly do: 'store'
        readonly location: Location
        readonly value: Expression
        readonly type?: AccessType
        /** A store-exclusive: the register that gets 0 if it has stored, else 1. */
        readonly status?: string
      }
    | {
        readonly do: 'load'
        readonly to: string
        readonly location: Location
        readonly type?: AccessType
        /** A load-exclusive. */
        readonly exclusive?: true
      }
    /** An atomic operation, by the kernel's name; `values`: its arguments but for the place, in order. */
    | {
        readonly do: 'atomic'
        readonly call: string
        readonly location: Location
        readonly values: readonly Expression[]
        readonly to?: string
      }
    | {
        readonly do: 'maintain'
        readonly action: MaintenanceName
        readonly location: Location
        readonly level?: CacheLevel
      }
    | { readonly do: 'mmio-write'; readonly target: string; readonly register: string; readonly value: Expression }
    | { readonly do: 'mmio-read'; readonly to: string; readonly target: string; readonly register: string }
    /** The write that starts a device: register BELL. What was handed over before counts as queued from here on. */
    | { readonly do: 'bell'; readonly device: string; readonly value: Expression }
    /** `device`: what a unit has read of the device table for it. */
    | {
        readonly do: 'tlbi'
        readonly what: 'page' | 'all' | 'tag' | 'walks' | 'device'
        readonly page?: string
        readonly device?: string
        readonly tag?: Expression
        readonly unit?: string
      }
    /**
     * Waits until the invalidations posted so far are complete, or until it has looked `times` times; with `slot` posts a write
     * of `value` to it instead.
     */
    | {
        readonly do: 'tlbsync'
        readonly unit?: string
        readonly slot?: Location
        readonly value?: Expression
        readonly times?: Expression
        readonly otherwise?: readonly Statement[]
      }
    | { readonly do: 'atc'; readonly device: string; readonly page?: string }
    | { readonly do: 'mmu'; readonly action: 'block' | 'unblock' | 'enable' | 'disable'; readonly unit?: string }
    /** Points an IOMMU to other first-level tables: those of a domain. */
    | { readonly do: 'root'; readonly tag: Expression; readonly unit?: string }
    | { readonly do: 'supply'; readonly of: string; readonly kind: 'clock' | 'power'; readonly on: boolean }
    | {
        readonly do: 'hand-over'
        readonly buffer: Location
        readonly to: 'dev' | 'cpu'
        readonly direction: DirectionName
        readonly device?: string
      }
    /** The software knows that the transfer of the buffer is over; or the device may use it from here on. */
    | { readonly do: 'mark'; readonly mark: 'done' | 'queued'; readonly buffer: Location }
    | { readonly do: 'page'; readonly action: 'alloc' | 'free'; readonly page: string; readonly owner: string }
    | {
        readonly do: 'iova'
        readonly action: 'take' | 'give'
        readonly page: string
        /** Number of the domain; absent: in all of the unit. */
        readonly tag?: Expression
        readonly unit?: string
      }
    /** A function of the DMA API, by the kernel's name; arguments as they stand. */
    | {
        readonly do: 'call'
        readonly call: string
        readonly to: readonly string[]
        readonly args: readonly CallArgument[]
      }
    | { readonly do: 'lock' | 'unlock'; readonly lock: string }
    | {
        readonly do: 'poll'
        readonly what: PollTarget
        readonly until: Expression
        readonly times?: Expression
        readonly otherwise?: readonly Statement[]
      }
    // devices
    | { readonly do: 'read'; readonly to: string; readonly location: Location }
    | { readonly do: 'write'; readonly location: Location; readonly value: Expression }
    /** The device asks for the translation of a page without an access. */
    | { readonly do: 'walk'; readonly page: string }
    /** Waits until a condition on the device's own registers holds. */
    | { readonly do: 'wait'; readonly until: Expression }
    // both
    | { readonly do: SimpleName }
    | { readonly do: 'set'; readonly to: string; readonly value: Expression }
    | { readonly do: 'assert'; readonly that: Expression; readonly message: string }
    | {
        readonly do: 'if'
        readonly condition: Expression
        readonly body: readonly Statement[]
        readonly otherwise: readonly Statement[]
      }
    /** `times`: the most rounds; without it the loop may go on for ever. */
    | {
        readonly do: 'while'
        readonly condition: Expression
        readonly times?: Expression
        readonly body: readonly Statement[]
      }
    | { readonly do: 'repeat'; readonly times: Expression; readonly body: readonly Statement[] }
    /** Only in these variants. */
    | { readonly do: 'variant'; readonly variants: readonly string[]; readonly body: readonly Statement[] }
  )

/** What a poll looks at; `value` names what it found in `until`. */
export type PollTarget =
  | { readonly poll: 'register'; readonly target: string; readonly register: string }
  | { readonly poll: 'memory'; readonly location: Location; readonly type?: AccessType }

export type CallArgument =
  | { readonly arg: 'expression'; readonly value: Expression }
  | { readonly arg: 'location'; readonly location: Location }
  | { readonly arg: 'word'; readonly word: string; readonly at?: Place }

// --- what is expected -------------------------------------------------------------------------------------------------------

/** Judged when every program has ended and nothing more must happen. */
export interface ConditionForm extends Placed {
  readonly kind: 'never' | 'always' | 'sometimes'
  readonly that: Expression
  /** Only in these variants; empty: in all. */
  readonly variants: readonly string[]
}

/** The verdict of a check of these variants with the features given. */
export interface ExpectationForm extends Placed {
  /** Empty: all. */
  readonly variants: readonly string[]
  readonly features: readonly FeatureForm[]
  readonly parameters: readonly ParameterForm[]
  readonly verdict: 'holds' | 'violated'
  /** Oracles and conditions (`never`, `always`, `sometimes`) that are violated; empty: any. */
  readonly violates: readonly string[]
  /** Nothing else is. */
  readonly only: boolean
}
