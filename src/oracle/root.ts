/** Oracle | the root of a violation: which step wrote, where the value stayed, and which step should have come between. */

import { hex } from '../base/bits.ts'

/** A step that a program can have and this one lacks. */
export const missingKinds = {
  dsb: 'a barrier (DSB)',
  clean: 'a clean of the line to memory, with a DSB',
  'outer-sync': 'a sync of the outer cache (DSB, CACHE_SYNC)',
  invalidate: 'an invalidation of the line',
  'load-barrier': 'a barrier between the loads (DMB)',
  'tlb-invalidate': 'an invalidation of the translation, complete before the next step',
  'tlb-sync': 'a sync of the MMU: a wait until its invalidations are complete',
  'read-back': 'a read of the register that was written, since the write is posted',
  'stop-device': 'a stop of the device, and a wait for its accesses',
  power: 'the clock and the power of what is accessed, on',
  'hand-over': "a wait for the other side's end, and the hand-over (sync or unmap)",
} as const
export type MissingKind = keyof typeof missingKinds

/** Whether the search agrees: see `Verified`. */
export interface Verified {
  /** The steps as the program has them, and where they went. */
  readonly steps: string
  readonly actor: string
  /** The statements around the place, with their lines in the file where they have one. */
  readonly after?: string
  readonly before?: string
  readonly line?: number
  /** With it: everything holds; or this violation is gone, and these are left, which were there before. */
  readonly outcome: 'holds' | 'gone'
  readonly left: readonly string[]
  readonly states: number
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

/** The missing step in one line. */
export function missingText({ step, actor, after, before }: MissingStep): string {
  const from = after === 0 ? '' : `after step ${after} and `
  return `${step} by ${actor}, ${from}before step ${before}`
}

/** Who wrote, in one line. */
export function wroteText({ wrote }: Root): string {
  const { actor, step, addr, value } = wrote
  const what = value === undefined || addr === undefined ? 'did so' : `wrote ${hex(value)} to ${hex(addr)}`
  return `${actor} ${what}${step === 0 ? ' before the run' : ` at step ${step}`}`
}

/** "with it, this order holds"; or what is not claimed. */
export function verifiedText({ steps, actor, after, before, line, outcome, left, states }: Verified): string {
  const place = after === undefined ? `before ${before ?? 'its end'}` : `after ${after}`
  const where = `\`${steps}\` in ${actor} ${place}${line === undefined ? '' : ` (line ${line})`}`
  const found = outcome === 'holds' ? 'every order holds' : `no longer this violation; left: ${left.join(', ')}`
  return `${where}: ${found} (exhaustive, ${states.toLocaleString('en-US')} states)`
}

/** A root without what differs from run to run: who wrote, who met it, and which step is missing. */
export function rootKey({ wrote, stayed, reader, missing }: Root): string {
  return `${wrote.actor} wrote, ${stayed}, ${reader.actor} met it; missing: ${missing.kind} by ${missing.actor}`
}
