/** Tests | mutants of live-translation, page-owner, iova-unique and no-fault. */

import type { Mutant } from './mutant.ts'
import { fromDevice } from './platform.ts'

export const liveTranslation: readonly Mutant[] = [
  {
    title: 'a write issued before unmap lands after it has returned',
    also: ['ownership'],
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, buffer)
      const land = p.issue(buffer.handle, 5)
      if (!planted) land()
      p.done(0, buffer)
      p.unmap(0, buffer)
      if (planted) land()
    },
  },
  {
    title: 'the TLB keeps the old page after its IO address was mapped again',
    also: ['iova-unique', 'ownership'],
    steps(p, planted) {
      const old = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, old)
      p.deviceWrite(old.handle, 5)
      p.done(0, old)
      p.unmap(0, old, { invalidateTlb: planted })
      const fresh = p.map(0, 0x20000000, 0x400000c0, 16, fromDevice)
      p.queue(0, fresh)
      p.deviceWrite(fresh.handle, 6)
      p.done(0, fresh)
    },
  },
]

export const pageOwner: readonly Mutant[] = [
  {
    title: 'pages freed before the SYSMMU invalidation',
    also: ['live-translation'],
    steps(p, planted) {
      p.allocPage(0x40000080)
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, buffer)
      p.deviceWrite(buffer.handle, 5)
      p.done(0, buffer)
      p.unmap(0, buffer, { invalidateTlb: planted })
      p.freePage(0x40000080)
      if (planted) p.deviceWrite(buffer.handle, 6)
    },
  },
  {
    title: 'a page handed to someone else while it is mapped',
    steps(p, planted) {
      p.allocPage(0x40000080)
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, buffer)
      if (planted) p.freePage(0x40000080)
      p.deviceWrite(buffer.handle, 5)
    },
  },
]

export const iovaUnique: readonly Mutant[] = [
  {
    title: 'an IO address handed out while the TLB holds its old translation',
    steps(p, planted) {
      const old = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, old)
      p.deviceWrite(old.handle, 5)
      p.done(0, old)
      p.unmap(0, old, { invalidateTlb: planted })
      p.allocIova(0x20000000, 16)
    },
  },
  {
    title: 'a walk that read the old descriptor fills the TLB after the address was handed out',
    steps(p, planted) {
      const descriptor = 0x40000082
      p.emit('dram', { type: 'memory.read', from: 'sysmmu0', addr: 0x40000010, data: [descriptor] })
      if (planted) p.allocIova(0x20000000, 16)
      p.emit('sysmmu0', { type: 'walk.read', mmu: 'sysmmu0', level: 2, iova: 0x20000004, descriptor })
      p.emit('sysmmu0', { type: 'tlb.fill', mmu: 'sysmmu0', iova: 0x20000000, addr: 0x40000080 })
    },
  },
  {
    title: 'an access under way keeps its address from being handed out',
    also: ['live-translation', 'ownership'],
    steps(p, planted) {
      const old = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, old)
      const land = p.issue(old.handle, 5)
      if (!planted) land()
      p.done(0, old)
      p.unmap(0, old)
      p.allocIova(0x20000000, 16)
      if (planted) land()
    },
  },
]

export const noFault: readonly Mutant[] = [
  {
    title: 'a device access to an address that is not mapped',
    steps(p, planted) {
      if (!planted) p.mark(0, 'expect-fault')
      p.deviceWrite(0x20000000, 1)
    },
  },
  {
    title: 'an IO address that goes out untranslated',
    steps(p, planted) {
      p.emit('bus', { type: 'bus.error', from: planted ? 'fimc0' : 'cpu0', addr: 0x20000000 })
    },
  },
]
