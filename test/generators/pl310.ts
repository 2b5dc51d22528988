/** Generators | messages for the outer cache: transactions, register accesses, answers that fit, and strays. */

import type { Pl310Config, Pl310Context } from '../../machines/cache-controller/index.ts'
import { pl310Offsets } from '../../machines/cache-controller/pl310-regs.ts'
import { defaultFeatures } from '../../machines/features.ts'
import { board, litmus, memoryMap } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

const base: Omit<Pl310Config, 'geometry'> = { id: 'l2', base: memoryMap.pl310.base, features: defaultFeatures }
/** The board's lines and ways with few sets, so that comparing contexts stays cheap. */
const smallBoard = { ...board, l2: { sets: 4, ways: 16 } }

/** Both geometries, and each switch. */
export const configs: Readonly<Record<string, Pl310Config>> = {
  litmus: { ...base, geometry: litmus },
  'few sets of the board': { ...base, geometry: smallBoard },
  board: { ...base, geometry: board },
  'no initial sync': { ...base, geometry: litmus, registerWritesSync: false },
  'no store buffer': { ...base, geometry: litmus, features: { ...defaultFeatures, l2StoreBuffer: false } },
  'off at reset': { ...base, id: 'l2b', geometry: smallBoard, features: { ...defaultFeatures, l2: false } },
  'off at reset, a small buffer': {
    ...base,
    geometry: { ...litmus, l2StoreBufferEntries: 1 },
    features: { ...defaultFeatures, l2: false },
  },
  'flush keeps clean': { ...base, geometry: litmus, features: { ...defaultFeatures, flushKeepsClean: true } },
  'no shared override': { ...base, geometry: litmus, features: { ...defaultFeatures, sharedOverride: false } },
  'one way, quiet': {
    ...base,
    geometry: { ...litmus, l2: { sets: 2, ways: 1 } },
    features: { ...defaultFeatures, speculation: false, eviction: false },
  },
}

interface Present {
  readonly value: unknown
  readonly context: Pl310Context
}

const offsets = Object.values(pl310Offsets)

/** A generator for one configuration. Addresses fall into two sets, with two tags more than there are ways. */
export function generator(config: Pl310Config): (prng: Prng, present: Present) => Message {
  const { lineBytes, l2, pageBytes } = config.geometry
  const words = lineBytes / 4
  const values = (prng: Prng, count: number) => Array.from({ length: count }, () => prng.next() | 0)
  // The last line of a page now and then, behind which the prefetcher stops.
  const lineAddr = (prng: Prng) => {
    const number = prng.below(l2.ways + 2) * l2.sets + prng.below(2)
    return litmus.dram.base + (prng.chance(1, 8) ? pageBytes - lineBytes : number * lineBytes)
  }

  const transaction = (prng: Prng): Message => {
    const from = `cpu${prng.below(2)}`
    const memory = prng.chance(1, 4) ? prng.pick(['non-cacheable', 'strongly-ordered']) : 'cacheable'
    const isLine = prng.chance(3, 4)
    const addr = lineAddr(prng) + (isLine ? 0 : prng.below(words) * 4)
    const count = isLine ? words : 1 + prng.below(2)
    if (memory === 'non-cacheable' && prng.chance(1, 4)) {
      const one = { from, txn: 0, addr, memory, exclusive: prng.below(2) }
      if (prng.chance(1, 2)) return { type: 'read.req', ...one, words: 1 } as Message
      return { type: 'write.req', ...one, data: values(prng, 1) } as Message
    }
    if (prng.chance(1, 2)) return { type: 'read.req', from, txn: 0, addr, words: count, memory } as Message
    return { type: 'write.req', from, txn: 0, addr, data: values(prng, count), memory } as Message
  }
  const registerAccess = (prng: Prng): Message => {
    const offset = prng.chance(1, 12) ? prng.below(0x400) * 4 + prng.below(2) : prng.pick(offsets)
    const addr = config.base + offset
    const txn = prng.below(2)
    if (prng.chance(1, 6)) return { type: 'reg.read.req', from: 'cpu0', txn, addr } as Message
    return { type: 'reg.write.req', from: 'cpu0', txn, addr, value: registerValue(prng, offset) } as Message
  }
  const registerValue = (prng: Prng, offset: number): number => {
    // Mostly as it was at reset, so that either state lasts.
    if (offset === pl310Offsets.control) return prng.chance(7, 8) === config.features.l2 ? 1 : 0
    if (offset === pl310Offsets.auxControl) return prng.next()
    if ((offset & 0xf) === 0xc) return prng.below(1 << l2.ways)
    if ((offset & 0xf) === 8) return ((prng.below(16) << 28) | (prng.below(2) * lineBytes)) >>> 0
    return lineAddr(prng) + prng.below(words) * 4
  }
  const answer = (prng: Prng, context: Pl310Context): Message => {
    const ok = prng.chance(9, 10)
    const entry = prng.below(config.geometry.l2StoreBufferEntries + 1)
    const failed = prng.chance(1, 4) ? { failed: true as const } : {}
    if (prng.chance(1, 2))
      return { type: 'write.resp', from: config.id, txn: 2 + entry, addr: 0, ok, ...failed } as unknown as Message
    const count = context.readLine >= 0 ? context.request.words : words
    const data = ok ? values(prng, count) : []
    return { type: 'read.resp', from: config.id, txn: prng.below(2), addr: 0, data, ok } as Message
  }
  return (prng, { context }) => {
    const kind = prng.below(20)
    if (kind < 7) return transaction(prng)
    if (kind < 10) return registerAccess(prng)
    if (kind < 15) return answer(prng, context)
    if (kind < 17) return { type: 'buffer.drain', value: prng.below(context.buffer.states.length) } as Message
    if (kind === 17) return { type: 'line.prefetch', value: 0 } as Message
    if (kind === 18) return { type: 'line.evict', value: prng.below(2 * l2.ways) } as Message
    return { type: 'way.step', value: 0 } as Message
  }
}
