/** Tests | mutants of dma-debug/*: the marks of a few calls, one of them wrong. */

import { type DebugClassName, debugClassNames } from '../../src/oracle/dma-debug/classes.ts'
import type { DebugOracleName } from '../../src/oracle/dma-debug/index.ts'
import { dmaDebugDefaults } from '../../src/oracle/oracle.ts'
import type { Mutant } from './mutant.ts'
import type { Platform } from './platform.ts'

type Args = Record<string, number | string>

/** A page of the allocator. */
const addr = 0x40000080
const failed = 0xffffffff
const usual = { device: 'fimc0', kind: 'single', handle: addr, offset: 0, bytes: 16, direction: 'to-device', addr }
const linearVa = 0xc0000080

/** `dma.call` and `dma.return` of one operation with nothing between them; `args` replace the usual ones. */
function call(p: Platform, op: string, args: Args = {}): void {
  const all = { ...usual, op, ...args }
  const isMade = op === 'map' || op === 'alloc'
  p.mark(0, 'dma.call', { ...all, ...(isMade ? { handle: failed } : {}) })
  if (isMade) p.mark(0, 'dma.page', { handle: all.handle, iova: all.handle, addr: all.addr, bytes: 16 })
  p.mark(0, 'dma.return', op === 'mapping-error' ? { ...all, result: Number(all.handle === failed) } : all)
}

function map(p: Platform, args: Args = {}): void {
  call(p, 'map', args)
  call(p, 'mapping-error', { handle: args.handle ?? addr })
}

function unmap(p: Platform, args: Args = {}): void {
  call(p, 'unmap', args)
}

/** Map, `between`, unmap. */
function mapped(p: Platform, args: Args, between: () => void): void {
  map(p, args)
  between()
  unmap(p, args)
}

const list = { kind: 'sg', entries: 2, mapped: 1 }

const steps: Readonly<Record<DebugClassName, (p: Platform, planted: boolean) => void>> = {
  'unmap-invalid-address'(p, planted) {
    if (planted) unmap(p, { handle: failed })
  },
  'unmap-not-allocated'(p, planted) {
    map(p)
    unmap(p, planted ? { device: 'other' } : {})
  },
  'unmap-size'(p, planted) {
    map(p)
    unmap(p, planted ? { bytes: 8 } : {})
  },
  'unmap-function'(p, planted) {
    map(p)
    unmap(p, planted ? { kind: 'page' } : {})
  },
  'unmap-cpu-address'(p, planted) {
    call(p, 'alloc', { kind: 'coherent', va: 0xf0000000, direction: 'bidirectional' })
    call(p, 'free', { kind: 'coherent', va: planted ? 0xf0000020 : 0xf0000000, direction: 'bidirectional' })
  },
  'unmap-sg-count'(p, planted) {
    call(p, 'map', list)
    unmap(p, planted ? { ...list, entries: 1 } : list)
  },
  'unmap-direction'(p, planted) {
    map(p)
    unmap(p, planted ? { direction: 'bidirectional' } : {})
  },
  'unmap-unchecked'(p, planted) {
    // The second mapping of an address is tested by the second call.
    map(p)
    call(p, 'map')
    if (!planted) call(p, 'mapping-error')
    unmap(p)
    unmap(p)
  },
  'sync-not-allocated'(p, planted) {
    mapped(p, {}, () => call(p, 'sync-for-device', planted ? { offset: 16 } : {}))
  },
  'sync-outside'(p, planted) {
    mapped(p, {}, () => call(p, 'sync-for-device', { offset: 8, bytes: planted ? 16 : 8 }))
  },
  'sync-direction'(p, planted) {
    mapped(p, {}, () => call(p, 'sync-for-device', planted ? { direction: 'bidirectional' } : {}))
    // What is mapped for both directions may be synced for either.
    mapped(p, { direction: 'bidirectional' }, () => call(p, 'sync-for-cpu', { direction: 'from-device' }))
  },
  'sync-read-only'(p, planted) {
    mapped(p, {}, () => call(p, 'sync-for-cpu', planted ? { direction: 'from-device' } : {}))
  },
  'sync-write-only'(p, planted) {
    const written = { direction: 'from-device' }
    mapped(p, written, () => call(p, 'sync-for-device', planted ? { direction: 'to-device' } : written))
  },
  'sync-sg-count'(p, planted) {
    call(p, 'map', list)
    call(p, 'sync-for-device', planted ? { ...list, entries: 1 } : list)
    unmap(p, list)
  },
  'map-stack'(p, planted) {
    p.emit('os', { type: 'page.owner', addr, owner: planted ? 'stack' : 'kernel' })
    mapped(p, {}, () => {})
  },
  'map-text'(p, planted) {
    p.emit('os', { type: 'page.owner', addr: addr + 16, owner: planted ? 'text' : 'kernel' })
    mapped(p, { bytes: 32 }, () => {})
  },
  'map-invalid-area'(p, planted) {
    mapped(p, { va: planted ? 0x1000 : linearVa }, () => {})
  },
  'map-vmalloc'(p, planted) {
    mapped(p, { va: planted ? 0xf0000000 : linearVa }, () => {})
  },
  'map-sg-length'(p, planted) {
    // Nothing announced: 64 KiB.
    const long = { ...list, bytes: planted ? 65540 : 65536 }
    call(p, 'map', long)
    unmap(p, long)
  },
  'map-sg-boundary'(p, planted) {
    const across = { ...list, segmentBoundary: planted ? 0x87 : 0x8f }
    call(p, 'map', across)
    unmap(p, across)
  },
  'map-overlap'(p, planted) {
    const other = { handle: addr + 4, addr: addr + 4, bytes: 4 }
    const direction = planted ? 'from-device' : 'to-device'
    mapped(p, { direction }, () => mapped(p, { ...other, direction }, () => {}))
    // Who syncs by himself may.
    mapped(p, { direction: 'from-device' }, () =>
      mapped(p, { ...other, direction: 'from-device', attrs: 'weak-ordering skip-cpu-sync' }, () => {}),
    )
  },
  'map-overlap-count'(p, planted) {
    const same = { direction: 'from-device', attrs: 'skip-cpu-sync' }
    const times = planted ? 9 : 8
    for (let i = 0; i < times; i++) map(p, same)
    for (let i = 0; i < times; i++) unmap(p, same)
  },
  'cpu-touch'(p, planted) {
    p.allocPage(addr)
    map(p, { direction: 'from-device' })
    if (planted) p.freePage(addr)
    unmap(p, { direction: 'from-device' })
    if (!planted) p.freePage(addr)
  },
  'alloc-too-big'(p, planted) {
    p.mark(0, 'device.mask', { device: 'fimc0', coherent: 1, mask: 0xffffff })
    const memory = { kind: 'coherent', va: 0xf0000000, bytes: planted ? 0x1000000 : 16, direction: 'bidirectional' }
    call(p, 'alloc', memory)
    call(p, 'free', memory)
  },
  'device-pending'(p, planted) {
    mapped(p, {}, () => p.mark(0, 'device.released', { device: planted ? 'fimc0' : 'other' }))
  },
  'entries-exhausted': twoMappings,
  'lines-exhausted': twoMappings,
}

function twoMappings(p: Platform, together: boolean): void {
  const first = { direction: 'from-device' }
  const second = { ...first, handle: addr + 8, addr: addr + 8, bytes: 8 }
  map(p, first)
  if (!together) unmap(p, first)
  map(p, second)
  if (together) unmap(p, first)
  unmap(p, second)
}

const configs: { readonly [Name in DebugClassName]?: Mutant['config'] } = {
  'entries-exhausted': { dmaDebug: { ...dmaDebugDefaults, entriesMax: 1 } },
  'lines-exhausted': { dmaDebug: { ...dmaDebugDefaults, linesMax: 1 } },
}

export const dmaDebug = Object.fromEntries(
  debugClassNames.map((name) => {
    const config = configs[name]
    return [`dma-debug/${name}`, [{ title: name, steps: steps[name], ...(config ? { config } : {}) }]]
  }),
) as unknown as Readonly<Record<DebugOracleName, readonly [Mutant]>>
