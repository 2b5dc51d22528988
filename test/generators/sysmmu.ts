/** Test | messages for a SYSMMU: drivers, a device and a bus that all behave now and then. */

import { board, type Geometry, litmus } from '../../machines/geometry.ts'
import { defaultSysmmuConfig, fullSysmmuConfig } from '../../machines/sysmmu/machine.ts'
import { sysmmuCfg, sysmmuCtrl, sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { rights, type Tlb, tlbCovers, tlbFind, tlbMiss } from '../../machines/sysmmu/tlb.ts'
import type { SysmmuConfig, SysmmuContext } from '../../machines/sysmmu/types.ts'
import { sectionBytes } from '../../machines/sysmmu/walk.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/**
 * Both geometries; the first version, one with page-sized TLB entries, and one with everything there is; with choices of
 * the TLB declared, and without: then they arrive although nothing declares them.
 */
export const sysmmuConfigs: readonly SysmmuConfig[] = [litmus, board].flatMap((geometry) =>
  [defaultSysmmuConfig, { ...defaultSysmmuConfig, version: '2.0' as const }, fullSysmmuConfig].flatMap((config) =>
    [true, false].map((on) => ({
      ...config,
      geometry,
      features: { ...config.features, tlbPrefetch: on, tlbEviction: on },
    })),
  ),
)

/** Whether a configuration has what later versions add. */
function isFull({ version }: SysmmuConfig): boolean {
  return version === fullSysmmuConfig.version
}

type Generate = (
  prng: Prng,
  present: { readonly value: unknown; readonly context: SysmmuContext },
) => Message | undefined

/** A generator for one configuration. */
export function sysmmuMessages(config: SysmmuConfig): Generate {
  return (prng, { value, context }) => {
    if (prng.chance(1, 500)) return undefined
    const state = JSON.stringify(value)
    const walks = /walking|prefetching|fetching|draining/.test(state)
    if (isFull(config)) {
      const extra = extraMessage(config, prng, state)
      if (extra !== undefined) return extra
    }
    if (walks && prng.chance(1, 4)) return walkResponse(config, prng, state.includes('level1'))
    if (walks && prng.chance(1, 4)) return response(prng, 'fimc0')
    // A walk is short, so what meets it must come often.
    if (walks && prng.chance(1, 4)) return ctrlWrite(config, prng, prng.pick([sysmmuCtrl.block, sysmmuCtrl.disable]))
    // After a multi-hit, entries go one by one, so that the retry finds several, one or none.
    if (tlbFind(context.tlb, context.held.addr) !== tlbMiss && prng.chance(1, 3)) {
      if (prng.chance(1, 2)) return ctrlWrite(config, prng, sysmmuCtrl.enable)
      const at = context.tlb.iovas.findIndex((_, at) => tlbCovers(context.tlb, at, context.held.addr))
      return { type: 'tlb.drop', value: at } as Message
    }
    if (state.includes('"translating":"idle"') && prng.chance(1, 3)) {
      return { type: 'tlb.prefetch', value: prng.below(8) } as Message
    }
    switch (prng.below(8)) {
      case 0:
        return { type: 'tlb.drop', value: prng.below(config.geometry.tlbEntries + 1) } as Message
      case 1:
        return { type: 'tlb.prefetch', value: prng.below(8) } as Message
      case 2:
        return registerRead(config, prng)
      case 3:
      case 4:
        return registerWrite(config, prng, state.includes('"off"') || state.includes('"blocked"'))
      case 5:
        return response(prng, prng.chance(1, 4) ? config.id : 'fimc0')
      default:
        return access(config.geometry, prng, context)
    }
  }
}

/** What only a full configuration takes, now and then. */
function extraMessage(config: SysmmuConfig, prng: Prng, state: string): Message | undefined {
  if (state.includes('unpowered') && prng.chance(1, 2)) return { type: prng.chance(1, 4) ? 'power.off' : 'power.on' }
  if (state.includes('fetching') && prng.chance(1, 6)) return { type: 'power.off' }
  if (state.includes('fetching') && prng.chance(1, 4)) return ctrlWrite(config, prng, sysmmuCtrl.block)
  if (state.includes('settling') && prng.chance(1, 3)) return { type: 'block.settled', value: 0 } as Message
  switch (prng.below(24)) {
    case 0:
      return { type: 'block.settled', value: 0 } as Message
    case 1:
    case 2:
    case 3:
      return { type: 'flpd.prefetch', value: prng.below(3) } as Message
    case 4:
      return prng.chance(1, 12) ? { type: 'power.off' } : undefined
    case 5:
      return prng.chance(1, 8) ? { type: 'power.on' } : undefined
    case 6:
      return registerWriteAt(config, prng, sysmmuRegs.cfg, cfgValue(prng))
    case 7: {
      const { prefetchStart0, prefetchEnd0, prefetchStart1, prefetchEnd1 } = sysmmuRegs
      const offset = prng.pick([prefetchStart0, prefetchEnd0, prefetchEnd0, prefetchStart1, prefetchEnd1])
      return registerWriteAt(config, prng, offset, prng.chance(1, 2) ? 0xffffffff : pageOf(config.geometry, prng))
    }
    default:
      return undefined
  }
}

/** Mostly everything on. */
function cfgValue(prng: Prng): number {
  const { lru, accessProtection, prefetch, flpdCache } = sysmmuCfg
  if (prng.chance(1, 6)) return prng.next() >>> 0
  return (lru | prefetch | flpdCache | (prng.chance(1, 4) ? accessProtection : 0)) >>> 0
}

function registerWriteAt(config: SysmmuConfig, prng: Prng, offset: number, value: number): Message {
  const addr = config.base + offset
  return { type: 'reg.write.req', from: 'cpu0', txn: prng.below(2), addr, value } as Message
}

function pageOf(geometry: Geometry, prng: Prng): number {
  const section = prng.chance(1, 6) ? sectionBytes(geometry) : 0
  return geometry.iova.base + section + prng.below(Math.min(geometry.level2Entries, 12)) * geometry.pageBytes
}

/** Any page, one that the TLB translates, or one that two of its entries may translate: the smaller one knows. */
function pageAccessed(geometry: Geometry, prng: Prng, tlb: Tlb): number {
  const valid = tlb.iovas.slice(0, tlb.count)
  const denied = tlb.rights.indexOf(rights.none)
  if (denied >= 0 && prng.chance(1, 2)) return valid[denied] as number
  if (tlb.mixed && prng.chance(1, 2)) {
    const smallest = Math.min(...tlb.bytes.slice(0, tlb.count))
    return valid[tlb.bytes.indexOf(smallest)] as number
  }
  return tlb.count > 0 && prng.chance(1, 3) ? prng.pick(valid) : pageOf(geometry, prng)
}

function access(geometry: Geometry, prng: Prng, { tlb }: SysmmuContext): Message {
  const write = prng.chance(1, 2)
  const page = pageAccessed(geometry, prng, tlb)
  const addr = page + prng.below(geometry.pageBytes / 4) * 4
  const left = (geometry.pageBytes - (addr & (geometry.pageBytes - 1))) / 4
  const words = prng.chance(1, 12) ? left + 1 : 1 + prng.below(Math.min(left, 8))
  const common = { from: 'fimc0', txn: prng.below(4), addr, memory: 'non-cacheable' }
  const data = Array.from({ length: words }, () => prng.next() | 0)
  const message = write ? { type: 'write.req', ...common, data } : { type: 'read.req', ...common, words }
  return message as Message
}

function walkResponse({ geometry, id: from }: SysmmuConfig, prng: Prng, level1: boolean): Message {
  const ok = !prng.chance(1, 10)
  const kind = prng.pick(level1 ? [1, 1, 1, 1, 2, 2, 3, 0] : [0, 0, 1, 2, 2, 3])
  const { accessible, readOnly } = kind === 2 && level1 ? geometry.protection.section : geometry.protection.page
  const allowed = level1 && kind === 1 ? 0 : prng.pick([accessible, accessible, accessible | readOnly, readOnly, 0])
  const data = ok ? [((geometry.dram.base + prng.below(64) * geometry.pageBytes) | kind | allowed) & -1] : []
  return { type: 'read.resp', from, txn: 0, addr: geometry.dram.base, data, ok } as Message
}

function response(prng: Prng, from: string): Message {
  const ok = !prng.chance(1, 4)
  const common = { from, txn: prng.below(4), addr: 0x40000000 + prng.below(64) * 4, ok }
  if (prng.chance(1, 2)) return { type: 'write.resp', ...common } as Message
  return { type: 'read.resp', ...common, data: ok ? [prng.next() | 0] : [] } as Message
}

const offsets = [...Object.values(sysmmuRegs), 0x20, 0xffc]

function registerRead(config: SysmmuConfig, prng: Prng): Message {
  return { type: 'reg.read.req', from: 'cpu0', txn: prng.below(2), addr: config.base + prng.pick(offsets) } as Message
}

function ctrlWrite(config: SysmmuConfig, prng: Prng, value: number): Message {
  return registerWriteAt(config, prng, sysmmuRegs.ctrl, value)
}

function registerWrite(config: SysmmuConfig, prng: Prng, stuck: boolean): Message {
  const { cfg, ctrl, flushEntry } = sysmmuRegs
  const offset = prng.chance(2, 3) ? ctrl : prng.pick(offsets)
  let value = prng.next() >>> prng.below(32)
  if (offset === ctrl) {
    value = prng.pick([sysmmuCtrl.block, sysmmuCtrl.disable, 1, 3, prng.below(8)])
    if (prng.chance(stuck ? 3 : 2, 4)) value = sysmmuCtrl.enable
  } else if (offset === flushEntry) {
    value = pageOf(config.geometry, prng) | prng.below(2)
  } else if (offset === cfg && prng.chance(1, 2)) {
    value = cfgValue(prng)
  }
  return registerWriteAt(config, prng, offset, value)
}
