/** Run | counts of what happened in a run, made from the reactions alone. */

import type { Emitted } from '../../machines/protocol.ts'

/** Everything is a count unless its name says otherwise. */
export interface Statistics {
  steps: number
  cycles: number
  /** Deliveries that ran a reaction. */
  messages: number
  framesCaptured: number
  framesLost: number
  framesDelivered: number
  deviceBytesWritten: number
  deviceBytesRead: number
  tlbHits: number
  tlbWalks: number
  tlbInvalidations: number
  l1Refills: number
  l1SpeculativeRefills: number
  l1Writebacks: number
  l2Refills: number
  l2Writebacks: number
  maintainedLines: number
  faults: number
  /** Accesses to no memory, by cores and devices; `no-fault` judges those of devices and walkers, and faults. */
  busErrors: number
  /** Calls that failed because a pool or an IO address space had no room. */
  exhausted: number
}

/** Counts the events of a run. `steps`, `cycles` and `messages` are filled in by the run. */
export class Counter {
  readonly counts: Statistics = {
    steps: 0,
    cycles: 0,
    messages: 0,
    framesCaptured: 0,
    framesLost: 0,
    framesDelivered: 0,
    deviceBytesWritten: 0,
    deviceBytesRead: 0,
    tlbHits: 0,
    tlbWalks: 0,
    tlbInvalidations: 0,
    l1Refills: 0,
    l1SpeculativeRefills: 0,
    l1Writebacks: 0,
    l2Refills: 0,
    l2Writebacks: 0,
    maintainedLines: 0,
    faults: 0,
    busErrors: 0,
    exhausted: 0,
  }

  /** First address of the frame that each device writes, and of those that are complete: a done buffer without one is no delivery. */
  private readonly filling = new Map<string, number>()
  private readonly filled = new Set<number>()

  /** Takes one emitted event in. */
  count(event: Emitted): void {
    const { counts } = this
    switch (event.type) {
      case 'cpu.maintain':
        counts.maintainedLines++
        break
      case 'line.fill':
        this.countFill(event.cache, event.cause)
        break
      case 'line.writeback':
        if (event.cache === 'l2') counts.l2Writebacks++
        else counts.l1Writebacks++
        break
      case 'translation.use':
        if (event.via === 'hit') counts.tlbHits++
        if (event.via === 'walk') counts.tlbWalks++
        if (event.write) counts.deviceBytesWritten += event.words * 4
        else counts.deviceBytesRead += event.words * 4
        break
      case 'tlb.drop':
        if (event.cause === 'invalidate') counts.tlbInvalidations++
        break
      case 'frame.start':
        this.filling.set(event.device, event.planes[0] as number)
        break
      case 'frame.end':
        if (event.ok) {
          counts.framesCaptured++
          this.filled.add(this.filling.get(event.device) ?? 0)
        } else counts.framesLost++
        break
      case 'cpu.mark':
        if (event.name === 'buffer.done' && this.filled.delete(event.args.handle as number)) counts.framesDelivered++
        break
      case 'sysmmu.fault':
        counts.faults++
        break
      case 'bus.error':
        counts.busErrors++
        break
      case 'os.exhausted':
        counts.exhausted++
        break
      default:
        break
    }
  }

  private countFill(cache: string, cause: string): void {
    const { counts } = this
    if (cause === 'writeback' || cause === 'through') return
    if (cache === 'l2') counts.l2Refills++
    else if (cause === 'speculation') counts.l1SpeculativeRefills++
    else counts.l1Refills++
  }
}
