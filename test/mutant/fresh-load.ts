/** Tests | mutants of fresh-load. */

import type { Mutant } from './mutant.ts'
import { bidirectional, fromDevice } from './platform.ts'

export const freshLoad: readonly Mutant[] = [
  {
    title: 'a captured frame read without sync-for-cpu after a speculative fill',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, buffer)
      p.speculate(0, buffer.addr + 8)
      p.capture(buffer, 0, 100)
      p.done(0, buffer)
      p.syncForCpu(0, buffer, { maintenance: planted })
      p.read(0, buffer)
    },
  },
  {
    title: 'L1 invalidated before L2, refilled from the stale outer line in between',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 8, fromDevice)
      p.queue(0, buffer)
      p.speculate(0, buffer.addr)
      p.capture(buffer, 0, 7)
      p.done(0, buffer)
      p.syncForCpu(0, buffer, { maintenance: true })
      const order = planted ? [p.invalidateL1, p.invalidateL2] : [p.invalidateL2, p.invalidateL1]
      order[0]?.call(p, buffer.addr)
      p.speculate(0, buffer.addr)
      order[1]?.call(p, buffer.addr)
      p.read(0, buffer)
    },
  },
  {
    title: 'the second page of a buffer left out of a partial sync',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 32, bidirectional)
      p.queue(0, buffer)
      p.speculate(1, buffer.addr + 16)
      p.deviceWrite(buffer.handle + 16, 5)
      p.done(0, buffer)
      p.syncForCpu(0, planted ? { ...buffer, bytes: 16 } : buffer)
      p.unmap(0, buffer, { maintenance: true })
      p.load(0, buffer.addr + 16)
    },
  },
]
