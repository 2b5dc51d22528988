/** Tests | mutants of api, leak and alias. */

import type { Mutant } from './mutant.ts'
import { toDevice } from './platform.ts'

const failed = 0xffffffff
const call = { device: 'fimc0', offset: 0, bytes: 16, direction: 'to-device', handle: failed }
const buffer = { handle: 0x40000080, iova: 0x40000080, addr: 0x40000080, bytes: 16 }

export const api: readonly Mutant[] = [
  {
    title: 'a missing method is called',
    steps(p, planted) {
      p.mark(0, 'dma.missing', { op: 'map', device: 'fimc0', effect: planted ? 'called' : 'skipped' })
    },
  },
  {
    title: 'a failed mapping returns 0',
    steps(p, planted) {
      p.mark(0, 'dma.call', { ...call, op: 'map' })
      p.mark(0, 'dma.return', { ...call, op: 'map', handle: planted ? 0 : failed })
    },
  },
  {
    title: 'IO address 0 is no failure, but no memory is',
    steps(p, planted) {
      p.mark(0, 'dma.call', { ...call, op: 'alloc' })
      p.mark(0, 'dma.page', { ...buffer, handle: 0, iova: 0 })
      p.mark(0, 'dma.return', { ...call, op: 'alloc', handle: 0, va: planted ? 0 : 0xf0000000 })
    },
  },
  {
    title: 'mapping_error that knows another value',
    steps(p, planted) {
      p.mark(0, 'dma.call', { ...call, op: 'mapping-error' })
      p.mark(0, 'dma.return', { ...call, op: 'mapping-error', result: planted ? 0 : 1 })
    },
  },
  {
    title: 'wrapper and method call each other',
    steps(p, planted) {
      const deep = planted ? 5 : 4
      for (let i = 0; i < deep; i++) p.mark(0, 'dma.call', { ...call, op: 'dma-supported' })
      for (let i = 0; i < deep; i++) p.mark(0, 'dma.return', { ...call, op: 'dma-supported' })
    },
  },
  {
    title: 'segments of a list are no calls inside each other',
    steps(p, planted) {
      const op = planted ? 'unmap-sg' : 'map'
      for (let i = 0; i < 6; i++) p.mark(0, 'dma.call', { ...call, op, kind: 'sg' })
    },
  },
  {
    title: 'a lock held on return',
    steps(p, planted) {
      // Not the one that the caller holds.
      p.emit('os', { type: 'os.sync', core: 0, object: 'lock:own', edge: 'acquire' })
      p.mark(0, 'dma.call', { ...call, op: 'alloc' })
      p.emit('os', { type: 'os.sync', core: 0, object: 'lock:pgtable', edge: 'acquire' })
      if (!planted) p.emit('os', { type: 'os.sync', core: 0, object: 'lock:pgtable', edge: 'release' })
      p.mark(0, 'dma.return', { ...call, op: 'alloc' })
    },
  },
  {
    title: 'alloc with interrupts off',
    steps(p, planted) {
      p.emit('cpu0', { type: 'cpu.mask', core: planted ? 0 : 1, masked: true })
      p.mark(0, 'dma.call', { ...call, op: 'alloc', context: 'may-sleep' })
      p.mark(0, 'dma.return', { ...call, op: 'alloc' })
    },
  },
  {
    title: 'free in a handler',
    steps(p, planted) {
      p.emit('cpu0', { type: 'cpu.interrupt', core: 0, phase: 'enter' })
      if (!planted) p.emit('cpu0', { type: 'cpu.interrupt', core: 0, phase: 'leave' })
      p.mark(0, 'dma.call', { ...call, op: 'alloc', context: 'irqs-enabled' })
      p.mark(0, 'dma.return', { ...call, op: 'alloc' })
    },
  },
  {
    title: 'maintenance at page 0',
    steps(p, planted) {
      p.emit('cpu0', { type: 'cpu.maintain', core: 0, level: 'l2', op: 'clean', addr: planted ? 0 : buffer.addr })
    },
  },
  {
    title: 'an abort inside a call',
    steps(p, planted) {
      p.mark(0, 'dma.call', { ...call, op: 'dma-supported' })
      if (planted) p.emit('cpu0', { type: 'cpu.abort', core: 0, addr: 0, why: 'the page is not mapped' })
      p.mark(0, 'dma.return', { ...call, op: 'dma-supported' })
    },
  },
  {
    title: 'a page array used beyond its end',
    steps(p, planted) {
      if (planted) p.emit('os', { type: 'os.misuse', core: 0, call: 'array.get', why: 'no such page array or index' })
    },
  },
  {
    title: 'a call that the layer refuses and dma-debug has no class for',
    steps(p, planted) {
      p.mark(0, 'dma.call', { ...call, op: 'mmap' })
      if (planted) p.emit('os', { type: 'os.misuse', core: 0, call: 'mapping.find', why: 'maps what is not there' })
      p.mark(0, 'dma.return', { ...call, op: 'mmap' })
    },
  },
  {
    title: 'wrapper and method both tell dma-debug of an unmap',
    steps(p, planted) {
      const mapped = { ...call, ...buffer, kind: 'sg', entries: 1 }
      p.mark(0, 'dma.page', buffer)
      p.mark(0, 'dma.return', { ...mapped, op: 'map' })
      p.mark(0, 'dma.hook', { ...mapped, op: 'map' })
      p.mark(0, 'dma.call', { ...mapped, op: 'unmap-sg' })
      p.mark(0, 'dma.call', { ...mapped, op: 'unmap' })
      p.mark(0, 'dma.hook', { ...mapped, op: 'unmap' })
      if (planted) p.mark(0, 'dma.hook', { ...mapped, op: 'unmap' })
      p.mark(0, 'dma.return', { ...mapped, op: 'unmap' })
      p.mark(0, 'dma.return', { ...mapped, op: 'unmap-sg' })
    },
  },
  {
    title: 'the hook of a range sync does not get its offset',
    also: ['dma-debug/sync-outside'],
    steps(p, planted) {
      const mapped = { ...call, ...buffer, kind: 'sg', entries: 1 }
      p.mark(0, 'dma.page', buffer)
      p.mark(0, 'dma.return', { ...mapped, op: 'map' })
      p.mark(0, 'dma.hook', { ...mapped, op: 'map' })
      const range = { ...call, handle: buffer.handle, kind: 'single', op: 'sync-for-device', bytes: 16 }
      const offset = planted ? 8 : 0
      p.mark(0, 'dma.call', { ...range, offset })
      p.mark(0, 'dma.hook', { ...range, offset: 0 })
      p.mark(0, 'dma.return', { ...range, offset })
    },
  },
]

export const leak: readonly Mutant[] = [
  {
    title: 'a mapping and its IO address',
    endsClean: true,
    steps(p, planted) {
      const mapping = p.map(0, 0x20000000, 0x40000080, 16, toDevice)
      if (!planted) p.unmap(0, mapping)
    },
  },
  {
    title: 'a page',
    endsClean: true,
    steps(p, planted) {
      p.allocPage(0x40000080, 'dma')
      if (!planted) p.freePage(0x40000080)
    },
  },
  {
    title: 'a page array, areas and a lock',
    endsClean: true,
    steps(p, planted) {
      for (const taken of planted ? [true] : [true, false]) {
        p.emit('os', { type: 'os.object', what: 'page array', id: 1, taken })
        p.emit('os', { type: 'os.object', what: 'kernel area', id: 0xf0000000, taken })
        p.emit('os', { type: 'os.object', what: 'user area', id: 0xb6000000, taken })
        p.emit('os', { type: 'os.sync', core: 0, object: 'lock:own', edge: taken ? 'acquire' : 'release' })
      }
    },
  },
  {
    title: 'what a scenario keeps on purpose has a name',
    endsClean: true,
    steps(p, planted) {
      p.allocPage(0x40000080, 'dma')
      p.mark(0, 'expect-kept', { what: planted ? 'mapping' : 'page' })
    },
  },
]

const page = 0x40000080

/** A non-cacheable area over the page, whose linear mapping is removed or not. */
function remap(p: Parameters<Mutant['steps']>[0], removed: boolean): void {
  if (removed) p.emit('os', { type: 'page.alias', addr: page, present: false })
  p.emit('os', { type: 'page.mapped', addr: page, memory: 'non-cacheable', present: true })
}

export const alias: readonly Mutant[] = [
  {
    title: 'dirty lines when the page is mapped non-cacheable',
    steps(p, planted) {
      p.store(0, page, 7)
      if (!planted) p.publish(page)
      remap(p, false)
    },
  },
  {
    title: 'a store through the linear mapping',
    steps(p, planted) {
      remap(p, false)
      if (!planted) p.emit('os', { type: 'page.mapped', addr: page, memory: 'non-cacheable', present: false })
      p.store(0, page, 7)
    },
  },
  {
    title: 'a device write while a cache has a copy by the linear mapping',
    steps(p, planted) {
      p.store(0, page, 7)
      p.publish(page)
      remap(p, false)
      if (planted) p.load(0, page)
      else p.forLines(page, 16, (line) => p.invalidateL1(line))
      if (!planted) p.forLines(page, 16, (line) => p.invalidateL2(line))
      p.emit('dram', { type: 'memory.write', from: 'fimc0', addr: page, data: [9] })
    },
  },
  {
    title: 'the linear mapping restored over dirty lines',
    steps(p, planted) {
      p.store(0, page, 7)
      if (!planted) p.publish(page)
      remap(p, true)
      p.emit('os', { type: 'page.alias', addr: page, present: true })
    },
  },
]
