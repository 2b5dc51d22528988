/** Tests | mutants of fresh-dma-read. */

import type { Mutant } from './mutant.ts'
import { toDevice } from './platform.ts'

export const freshDmaRead: readonly Mutant[] = [
  {
    title: 'a transmit buffer handed over without a clean',
    steps(p, planted) {
      p.store(0, 0x40000080, 0xab)
      const buffer = p.map(0, 0x20000000, 0x40000080, 8, toDevice, { maintenance: planted })
      p.queue(0, buffer)
      p.deviceRead(buffer.handle)
      p.done(0, buffer)
    },
  },
  {
    title: 'a non-cacheable descriptor still in the outer store buffer at the doorbell',
    steps(p, planted) {
      p.allocPage(0x40000080, 'dma')
      const args = { op: 'alloc', device: 0, handle: 0x40000080, offset: 0, bytes: 8, direction: 0 }
      p.mark(0, 'dma.page', { handle: 0x40000080, iova: 0x40000080, addr: 0x40000080, bytes: 8 })
      p.mark(0, 'dma.return', args)
      const drain = p.storeNonCacheable(0, 0x40000080, 0xab)
      if (!planted) drain()
      p.mark(0, 'buffer.queued', { handle: 0x40000080, bytes: 8 })
      const value = planted ? 0 : 0xab
      p.emit('dram', { type: 'memory.read', from: 'fimc0', addr: 0x40000080, data: [value] })
      if (planted) drain()
    },
  },
  {
    title: 'a store still in the store buffer of the core at the doorbell',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 8, toDevice)
      p.syncForCpu(0, buffer)
      p.store(0, buffer.addr, 3, !planted)
      p.syncForDevice(0, buffer)
      p.queue(0, buffer)
      p.deviceRead(buffer.handle)
      p.drain(0)
      p.done(0, buffer)
    },
  },
  {
    title: 'a table entry not published before the doorbell, walked in its old form',
    also: ['no-fault'],
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 8, toDevice, { publish: planted })
      p.queue(0, buffer)
      p.deviceRead(buffer.handle)
      p.done(0, buffer)
    },
  },
]
