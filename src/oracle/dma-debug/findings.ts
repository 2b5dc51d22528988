/** Oracle | what dma-debug finds in a call, in words: what, where, actual and expected, where it was mapped. */

import type { CpuMark } from '../../../machines/protocol.ts'
import { hex } from '../../base/bits.ts'
import type { Diagnosis } from '../diagnosis.ts'
import type { StepInfo } from '../oracle.ts'
import { type DebugClassName, debugClasses } from './classes.ts'
import type { DebugEntry, Reference } from './entries.ts'

/** One misuse of the API. */
export interface Finding {
  readonly name: DebugClassName
  readonly message: string
  readonly handle: number
}

/** Where the call under way is. */
export interface Site {
  readonly event: CpuMark
  readonly where: StepInfo
  readonly diagnosis: Diagnosis
}

/** "cpu0 (main, instruction 42)". */
export function callerOf({ core, program, thread, instruction }: CpuMark): string {
  return `cpu${core} (${thread === undefined ? program : `thread ${thread}`}, instruction ${instruction})`
}

function keyOf({ device, kind, handle }: Pick<DebugEntry, 'device' | 'kind' | 'handle'>): string {
  return `${device} ${kind} ${handle}`
}

/** Remembers where an entry was mapped. */
export function noteMapped({ event, where, diagnosis }: Site, entry: DebugEntry): void {
  diagnosis.mapped.set(keyOf(entry), `at step ${where.step} by ${callerOf(event)}`)
}

/** Where an entry was mapped, as a phrase. */
export function mappedAt(diagnosis: Diagnosis, entry: DebugEntry): string {
  const place = diagnosis.mapped.get(keyOf(entry))
  const how = entry.kind === 'coherent' ? 'allocated' : 'mapped'
  return place === undefined ? `${how} earlier` : `${how} ${place}`
}

/** One finding. `did`, `expected` and `likely` are phrases; `entry` is the mapping that the call was taken to mean. */
export function finding(
  name: DebugClassName,
  { event, where, diagnosis }: Site,
  reference: Pick<Reference, 'device' | 'handle'>,
  phrases: {
    readonly did: string
    /** What it did that to; the mapping's handle by default. */
    readonly what?: string
    readonly expected: string
    readonly likely: string
  },
  entry?: DebugEntry,
): Finding {
  const place = entry === undefined ? '' : `, ${mappedAt(diagnosis, entry)}`
  const { device, handle } = reference
  const { did, what = hex(handle), expected, likely } = phrases
  return {
    name,
    handle,
    message: `${callerOf(event)} ${did} ${what} for ${device} at step ${where.step}, expected ${expected}${place}; likely ${likely}; dma-debug: "${debugClasses[name].phrase}"`,
  }
}
