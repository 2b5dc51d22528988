/** Tests | mutants of no-lost-write. */

import type { Mutant } from './mutant.ts'
import { bidirectional, fromDevice } from './platform.ts'

export const noLostWrite: readonly Mutant[] = [
  {
    title: 'a dirty line evicted over what the device wrote',
    steps(p, planted) {
      p.store(0, 0x40000080, 1)
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, fromDevice, { maintenance: planted })
      p.queue(0, buffer)
      p.capture(buffer, 0, 50)
      p.evictL1(0, buffer.addr)
      p.evictL2(buffer.addr)
      p.done(0, buffer)
      p.syncForCpu(0, buffer)
    },
  },
  {
    title: 'an invalidation of an edge line drops a store to the neighbour of the buffer',
    steps(p, planted) {
      p.store(0, 0x40000080, 9)
      if (!planted) {
        p.cleanL1(0x40000080)
        p.cleanL2(0x40000080)
      }
      const buffer = p.map(0, 0x20000004, 0x40000084, 12, fromDevice)
      p.queue(0, buffer)
    },
  },
  {
    title: 'two descriptors in one line: a clean of one takes the other back',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, bidirectional)
      p.syncForCpu(0, buffer)
      // The planted form loads the line before the device writes its second word.
      if (planted) p.load(0, buffer.addr)
      p.syncForDevice(0, buffer)
      p.queue(0, buffer)
      p.deviceWrite(buffer.handle + 4, 77)
      p.done(0, buffer)
      p.syncForCpu(0, buffer, { maintenance: planted })
      p.store(0, buffer.addr, 8)
      p.syncForDevice(0, buffer)
    },
  },
  {
    title: 'an invalidation drops a store to a buffer that goes both ways',
    steps(p, planted) {
      p.store(0, 0x40000080, 4)
      if (planted) p.invalidateL1(0x40000080)
      p.map(0, 0x20000000, 0x40000080, 8, bidirectional)
    },
  },
]
