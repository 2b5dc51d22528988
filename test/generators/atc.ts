/** Test | messages for a device's translation cache: a device, an IOMMU and a memory that all behave now and then. */

import { type AtcConfig, type AtcContext, defaultAtcConfig } from '../../machines/atc/machine.ts'
import { board, litmus } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** At both page sizes; with evictions declared and without, with questions of the device and without. */
export const atcConfigs: readonly AtcConfig[] = [litmus, board].flatMap(({ pageBytes }) =>
  [true, false].map((on) => ({
    ...defaultAtcConfig,
    pageBytes,
    translates: on,
    features: { deviceTlbEviction: on },
  })),
)

type Present = { readonly value: unknown; readonly context: AtcContext }

/** A generator for one configuration. */
export function atcMessages(config: AtcConfig): (prng: Prng, present: Present) => Message | undefined {
  return (prng, { value, context }) => {
    if (prng.chance(1, 500)) return undefined
    const state = JSON.stringify(value)
    if (state.includes('asking') && prng.chance(1, 3)) return translation(config, prng, context.held.addr)
    if (state.includes('waiting') && prng.chance(1, 3)) return response(prng, context)
    switch (prng.below(10)) {
      case 0:
        return invalidation(config, prng)
      case 1:
        return { type: 'tlb.drop', value: prng.below(config.entries + 1) } as Message
      case 2:
        return response(prng, context)
      case 3:
        return translation(config, prng, pageOf(config, prng))
      default:
        return request(config, prng)
    }
  }
}

function pageOf({ pageBytes }: AtcConfig, prng: Prng): number {
  return litmus.iova.base + prng.below(4) * pageBytes
}

function request(config: AtcConfig, prng: Prng): Message {
  const { pageBytes, from, translates } = config
  const offset = prng.below(pageBytes / 4) * 4
  const common = { from, txn: prng.below(3), addr: pageOf(config, prng) + offset }
  if (translates && prng.chance(1, 4)) return { type: 'translate.req', ...common, write: prng.chance(1, 2) } as Message
  const left = (pageBytes - offset) / 4
  const words = prng.chance(1, 12) ? left + 1 : 1 + prng.below(Math.min(left, 4))
  const access = { ...common, memory: 'non-cacheable', ...(prng.chance(1, 8) ? { translated: true } : {}) }
  if (prng.chance(1, 2)) return { type: 'read.req', ...access, words } as Message
  return { type: 'write.req', ...access, data: Array.from({ length: words }, () => prng.next() | 0) } as Message
}

/** What the IOMMU answers, for pages and for twice as much. */
function translation({ from, pageBytes }: AtcConfig, prng: Prng, addr: number): Message {
  const common = { type: 'translate.resp', from, txn: prng.below(3), addr }
  if (prng.chance(1, 6)) return { ...common, ok: false, pa: 0, bytes: 0, memory: 0, readOnly: false } as Message
  const bytes = prng.chance(1, 3) ? pageBytes * 2 : pageBytes
  const pa = litmus.dram.base + prng.below(4) * pageBytes * 2 + (addr & (bytes - 1))
  return { ...common, ok: true, pa, bytes, memory: prng.below(2), readOnly: prng.chance(1, 3) } as Message
}

function invalidation(config: AtcConfig, prng: Prng): Message {
  if (prng.chance(1, 3)) return { type: 'atc.invalidate', iova: 0, bytes: 0 } as Message
  return { type: 'atc.invalidate', iova: pageOf(config, prng), bytes: config.pageBytes } as Message
}

/** Of an access under way, or of none. */
function response(prng: Prng, { outstanding }: AtcContext): Message {
  const known = outstanding.length > 0 && prng.chance(3, 4) ? prng.pick(outstanding) : undefined
  const common = { from: 'd0', txn: known?.txn ?? prng.below(3), addr: litmus.dram.base, ok: true }
  if (known?.write ?? prng.chance(1, 2)) return { type: 'write.resp', ...common } as Message
  return { type: 'read.resp', ...common, data: [prng.next() | 0] } as Message
}
