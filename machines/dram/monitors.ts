/** DRAM | the global exclusive monitor: whose load-exclusive still stands, and which store-exclusive may write. */

import { alignDown } from '../../src/base/bits.ts'
import type { Out } from '../../src/kernel/actor.ts'
import type { WriteReq } from '../protocol.ts'
import type { DramContext } from './types.ts'

// Of accesses past the caches only. Where lines are cached, the L1 that holds one is its monitor.

/** Cores that it tells apart. */
const cores = 4 // HF-564

/** Bytes of a block: a write anywhere in it ends what was begun there. */
const blockBytes = 8 // HF-564

const none = -1

/** At reset. */
export function noMonitors(): number[] {
  return new Array<number>(cores).fill(none)
}

/** A load-exclusive of `core`. */
export function setMonitor({ monitors }: DramContext, core: number, addr: number): void {
  monitors[core] = alignDown(addr, blockBytes)
}

/** Whether a write is a store-exclusive before which somebody else has written. */
export function isLost({ monitors }: DramContext, { exclusive, addr }: WriteReq): boolean {
  return exclusive !== undefined && monitors[exclusive] !== alignDown(addr, blockBytes)
}

/** A write of anybody, also a store-exclusive of the core whose block it is. */
export function wroteTo({ monitors }: DramContext, addr: number, words: number): void {
  for (let core = 0; core < monitors.length; core++) {
    const block = monitors[core] as number
    if (block !== none && addr < block + blockBytes && block < addr + words * 4) monitors[core] = none
  }
}

/** A store-exclusive past the caches is executed and performed where memory decides that it may write. */
export function performExclusive({ exclusive: core, addr, data, memory }: WriteReq, out: Out): void {
  out.emit({ type: 'cpu.store', core, addr, data, memory } as never)
  out.emit({ type: 'cpu.stored', core, addr, data, memory } as never)
}
