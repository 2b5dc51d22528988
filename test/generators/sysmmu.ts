/** Test | messages for a SYSMMU: drivers, a device and a bus that all behave now and then. */

import { board, type Geometry, litmus } from '../../machines/geometry.ts'
import { defaultSysmmuConfig } from '../../machines/sysmmu/machine.ts'
import { sysmmuCtrl, sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { type Tlb, tlbCovers, tlbFind, tlbMiss } from '../../machines/sysmmu/tlb.ts'
import type { SysmmuConfig, SysmmuContext } from '../../machines/sysmmu/types.ts'
import { sectionBytes } from '../../machines/sysmmu/walk.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** Both geometries, with choices declared, and without: then they arrive although nothing declares them. */
export const sysmmuConfigs: readonly SysmmuConfig[] = [litmus, board].flatMap((geometry) =>
  [true, false].map((on) => ({ ...defaultSysmmuConfig, geometry, features: { tlbPrefetch: on, tlbEviction: on } })),
)

type Generate = (
  prng: Prng,
  present: { readonly value: unknown; readonly context: SysmmuContext },
) => Message | undefined

/** A generator for one configuration. */
export function sysmmuMessages(config: SysmmuConfig): Generate {
  return (prng, { value, context }) => {
    if (prng.chance(1, 500)) return undefined
    const state = JSON.stringify(value)
    const walks = /walking|prefetching|draining/.test(state)
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

function pageOf(geometry: Geometry, prng: Prng): number {
  const section = prng.chance(1, 6) ? sectionBytes(geometry) : 0
  return geometry.iova.base + section + prng.below(Math.min(geometry.level2Entries, 12)) * geometry.pageBytes
}

/** Any page, one that the TLB translates, or one that two of its entries may translate: the smaller one knows. */
function pageAccessed(geometry: Geometry, prng: Prng, tlb: Tlb): number {
  const valid = tlb.iovas.slice(0, tlb.count)
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
  const data = ok ? [((geometry.dram.base + prng.below(64) * geometry.pageBytes) | kind) & -1] : []
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
  const addr = config.base + sysmmuRegs.ctrl
  return { type: 'reg.write.req', from: 'cpu0', txn: prng.below(2), addr, value } as Message
}

function registerWrite(config: SysmmuConfig, prng: Prng, stuck: boolean): Message {
  const { ctrl, flushEntry } = sysmmuRegs
  const offset = prng.chance(2, 3) ? ctrl : prng.pick(offsets)
  let value = prng.next() >>> prng.below(32)
  if (offset === ctrl) {
    value = prng.pick([sysmmuCtrl.block, sysmmuCtrl.disable, 1, 3, prng.below(8)])
    if (prng.chance(stuck ? 3 : 2, 4)) value = sysmmuCtrl.enable
  } else if (offset === flushEntry) {
    value = pageOf(config.geometry, prng) | prng.below(2)
  }
  return { type: 'reg.write.req', from: 'cpu0', txn: prng.below(2), addr: config.base + offset, value } as Message
}
