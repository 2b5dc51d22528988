/** Oracle | translated device accesses that have not landed yet: plain runs of ints, oldest first. */

import type { BusError, MemoryRead, MemoryWrite, TranslationUse } from '../../machines/protocol.ts'

/** Runs of device, write (0 or 1), physical address, words, IO address, flags of the oracle. */
export interface InFlight {
  readonly runs: number[]
}

export const inFlightRun = 6
const flagsAt = 5

/** A bus holds a few accesses of each initiator; more means that landings are not reported, and the oldest are forgotten. */
const inFlightMax = 64

/** An access of device `device` (-1: of something else) got its physical address. */
export function issue(inFlight: InFlight, device: number, event: TranslationUse, flags: number): void {
  if (device < 0) return
  const { runs } = inFlight
  if (runs.length >= inFlightMax * inFlightRun) removeRun(inFlight, 0)
  runs.push(device, event.write ? 1 : 0, event.addr, event.words, event.iova, flags)
}

/** Position of the oldest access in flight that this event of device `device` is the end of, or -1. */
export function landing(inFlight: InFlight, device: number, event: MemoryRead | MemoryWrite | BusError): number {
  const { runs } = inFlight
  if (device < 0 || runs.length === 0) return -1
  const write = event.type === 'bus.error' ? -1 : event.type === 'memory.write' ? 1 : 0
  for (let i = 0; i < runs.length; i += inFlightRun) {
    if (runs[i] === device && runs[i + 2] === event.addr && (write < 0 || runs[i + 1] === write)) return i
  }
  return -1
}

export function flagsOf(inFlight: InFlight, run: number): number {
  return inFlight.runs[run + flagsAt] as number
}

export function iovaOf(inFlight: InFlight, run: number): number {
  return inFlight.runs[run + 4] as number
}

/** Whether the access at `run` uses IO addresses in [start, start + bytes). */
export function overlaps(inFlight: InFlight, run: number, start: number, bytes: number): boolean {
  const iova = iovaOf(inFlight, run)
  return iova < start + bytes && iova + (inFlight.runs[run + 3] as number) * 4 > start
}

/** Adds `flag` to every access that uses IO addresses in [start, start + bytes) and is `concerned`. */
export function flagRange(
  inFlight: InFlight,
  { start, bytes, flag }: { readonly start: number; readonly bytes: number; readonly flag: number },
  concerned: (device: number, access: { readonly iova: number; readonly addr: number }) => boolean,
): void {
  const { runs } = inFlight
  for (let i = 0; i < runs.length; i += inFlightRun) {
    if (!overlaps(inFlight, i, start, bytes)) continue
    const access = { iova: iovaOf(inFlight, i), addr: runs[i + 2] as number }
    if (concerned(runs[i] as number, access)) runs[i + flagsAt] = (runs[i + flagsAt] as number) | flag
  }
}

/** Forgets the access at `run`. */
export function removeRun(inFlight: InFlight, run: number): void {
  const { runs } = inFlight
  for (let i = run + inFlightRun; i < runs.length; i++) runs[i - inFlightRun] = runs[i] as number
  for (let i = 0; i < inFlightRun; i++) runs.pop()
}
