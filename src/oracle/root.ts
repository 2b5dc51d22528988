/** Oracle | the root of a violation: which step wrote, where the value stayed, and which step should have come between. */

import { hex } from '../base/bits.ts'
import type { TraceViolation } from '../kernel/trace.ts'

/** A step that a program can have and this one lacks. */
export const missingKinds = {
  dsb: 'a barrier (DSB)',
  clean: 'a clean of the line to memory, with a DSB',
  'outer-sync': 'a sync of the outer cache (DSB, CACHE_SYNC)',
  invalidate: 'an invalidation of the line',
  'load-barrier': 'a barrier between the loads (DMB)',
  'store-order': 'the other order: this store first, and a barrier behind it',
  'tlb-invalidate': 'an invalidation of the translation, complete before the next step',
  'tlb-sync': 'a sync of the MMU: a wait until its invalidations are complete',
  'read-back': 'a read of the register that was written, since the write is posted',
  'stop-device': 'a stop of the device, and a wait for its accesses',
  power: 'the clock and the power of what is accessed, on',
  'hand-over': "a wait for the other side's end, and the hand-over (sync or unmap)",
} as const
export type MissingKind = keyof typeof missingKinds

/** Whether the search agrees: see `Verified`. */
export interface Verified extends Inserted {
  /** What is missing beside it: neither is enough alone. */
  readonly and?: Inserted
  /** With it: everything holds; or this violation is gone, and these are left, which were there before. */
  readonly outcome: 'holds' | 'gone'
  readonly left: readonly string[]
  readonly states: number
}

/** Steps in a program where there were none. */
export interface Inserted {
  /** The steps as the program has them, and where they went. */
  readonly steps: string
  readonly actor: string
  /** The statements around the place, with their lines in the file where they have one. */
  readonly after?: string
  readonly before?: string
  readonly line?: number
  /** They stood elsewhere, and are moved. */
  readonly moved?: true
}

export interface MissingStep {
  readonly kind: MissingKind
  /** In words. */
  readonly step: string
  /** Who should have taken it. */
  readonly actor: string
  /** Physical address of the word that it is about; IO address for translations. */
  readonly addr?: number
  readonly iova?: number
  /** Of `store-order`: address of the word, or of the register, that should be written after it. */
  readonly behind?: number
  /** Steps of the run: it is missing after the one and before the other. */
  readonly after: number
  readonly before: number
  /** Present if the step was put there and the search says that it helps. */
  readonly verified?: Verified
}

export interface Root {
  /** `met`: somebody met what was not right. `waited`: something had not arrived yet, which need not matter. */
  readonly basis: 'met' | 'waited'
  /** Step 0: before the run. */
  readonly wrote: { readonly actor: string; readonly step: number; readonly addr?: number; readonly value?: number }
  /** Where the newest value was, or what stayed although it was no longer right. */
  readonly stayed: string
  /** Who met something else. */
  readonly reader: { readonly actor: string; readonly step: number }
  readonly missing: MissingStep
}

/** "cpu0 wrote 0x1 to 0x40000010 at step 1; the value stayed in l1d0; d met it at step 9". */
export function rootText({ wrote, stayed, reader }: Root): string {
  const { actor, step, addr, value } = wrote
  const did = addr === undefined ? '' : ` accessed ${hex(addr)}`
  const what = value === undefined || addr === undefined ? did : ` wrote ${hex(value)} to ${hex(addr)}`
  const when = step === 0 ? 'before the run' : `at step ${step}`
  return `${actor}${what} ${when}; ${stayed}; ${reader.actor} met it at step ${reader.step}`
}

/** The missing step; a likely one if the search has not said so. */
export function missingText({ step, actor, after, before, verified }: MissingStep): string {
  const from = after === 0 ? '' : `after step ${after} and `
  return `${verified ? 'missing' : 'likely missing'}: ${step}, by ${actor}, ${from}before step ${before}`
}

/** "with `dsb` in C0 after `st buf = 1` (line 12) every order holds". */
export function verifiedText({ and, outcome, left, states, ...first }: Verified): string {
  const where = [first, ...(and ? [and] : [])].map(insertedText).join(', and ')
  const found = outcome === 'holds' ? 'every order holds' : `this is no longer violated, but ${left.join(', ')} still`
  return `with ${where} ${found} (exhaustive, ${states.toLocaleString('en-US')} states)`
}

function insertedText({ steps, actor, after, before, line, moved }: Inserted): string {
  const place = after !== undefined ? `after \`${after}\`` : before !== undefined ? `before \`${before}\`` : 'alone'
  return `\`${steps}\` ${moved ? 'moved, ' : ''}in ${actor} ${place}${line === undefined ? '' : ` (line ${line})`}`
}

/** A root in lines of words. */
export function rootLines(root: Root): string[] {
  const { verified } = root.missing
  return [
    `root: ${rootText(root)}`,
    `  ${missingText(root.missing)}`,
    ...(verified ? [`  checked: ${verifiedText(verified)}`] : []),
  ]
}

/** A root as a trace has it. The reader's step is that of the violation. */
export function tracedRoot(root: Root): NonNullable<TraceViolation['root']> {
  return { words: rootLines(root), steps: root.wrote.step > 0 ? [root.wrote.step] : [] }
}

/** What makes two violations of one property the same bug: who wrote, who met it, and which step is missing. */
export function rootKey({ wrote, reader, missing }: Root): string {
  return `${wrote.actor} wrote, ${reader.actor} met it; likely missing: ${missingKinds[missing.kind]}, by ${missing.actor}`
}
