/** Generators | messages for a level-1 data cache: answers that fit its state, snoops of the lines it holds, and strays. */

import { cacheShape } from '../../machines/cache-controller/cache-array.ts'
import type { L1Config, L1Context } from '../../machines/cache-controller/index.ts'
import { defaultFeatures } from '../../machines/features.ts'
import { board, litmus } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

const base: Omit<L1Config, 'geometry' | 'speculationWindow'> = { id: 'l1d0', core: 0, features: defaultFeatures }
const directMapped = { lineBytes: 8, l1: { sets: 2, ways: 1 } }

/** Both geometries; one way, so that every way can wait for a fill at once; and nothing of its own accord. */
export const configs: Readonly<Record<string, L1Config>> = {
  litmus: { ...base, geometry: litmus, speculationWindow: [litmus.dram] },
  board: { ...base, geometry: board, speculationWindow: [board.dram] },
  'one way': { ...base, id: 'l1d1', core: 1, geometry: directMapped, speculationWindow: [litmus.dram] },
  'quiet litmus': {
    ...base,
    geometry: litmus,
    speculationWindow: [litmus.dram],
    features: { speculation: false, eviction: false, l2: true },
  },
  'speculative stores': {
    ...base,
    geometry: litmus,
    speculationWindow: [litmus.dram],
    features: { ...defaultFeatures, speculativeStores: true },
  },
  'without an outer cache': {
    ...base,
    geometry: litmus,
    speculationWindow: [litmus.dram],
    features: { ...defaultFeatures, l2: false },
  },
}

interface Present {
  readonly value: unknown
  readonly context: L1Context
}

const ops = ['share', 'take', 'yield', 'evict', 'clean', 'invalidate', 'clean-invalidate'] as const
const maintenanceOps = ['clean', 'invalidate', 'clean-invalidate'] as const

/** A generator for one configuration. Addresses fall into two sets, with two tags more than there are ways. */
export function generator(config: L1Config): (prng: Prng, present: Present) => Message {
  const { lineBytes, l1 } = config.geometry
  const shape = cacheShape(l1, lineBytes)
  const words = lineBytes / 4
  const first = config.speculationWindow[0]?.base ?? 0
  const values = (prng: Prng, count: number) => Array.from({ length: count }, () => prng.next() | 0)
  const lineNumber = (prng: Prng) => prng.below(l1.ways + 2) * l1.sets + prng.below(2)
  const lineAddr = (prng: Prng) => first + lineNumber(prng) * lineBytes
  const memory = (prng: Prng) => (prng.chance(1, 8) ? prng.pick(['non-cacheable', 'strongly-ordered']) : 'cacheable')

  const access = (prng: Prng): Message => {
    const offset = prng.below(words)
    const count = 1 + prng.below(words - offset)
    const addr = lineAddr(prng) + offset * 4
    if (prng.chance(1, 4)) {
      const one = { addr: lineAddr(prng), memory: memory(prng), exclusive: true }
      if (prng.chance(1, 2)) return { type: 'load.req', ...one, words: 1 } as Message
      return { type: 'store.req', ...one, data: values(prng, 1) } as Message
    }
    if (prng.chance(1, 2)) return { type: 'load.req', addr, words: count, memory: memory(prng) } as Message
    return { type: 'store.req', addr, data: values(prng, count), memory: memory(prng) } as Message
  }
  const fill = (prng: Prng, context: L1Context): Message => {
    const wanted = prng.chance(1, 2) ? context.accessAddr : context.speculatedLine * lineBytes
    const addr = prng.chance(1, 12) || wanted <= 0 ? lineAddr(prng) : wanted - (wanted % lineBytes)
    const data = prng.chance(1, 10) ? [] : values(prng, words)
    return { type: 'fetch.resp', addr, data, exclusive: prng.chance(1, 2) } as Message
  }
  const snoop = (prng: Prng, { victimLine }: L1Context): Message => {
    const addr = victimLine >= 0 && prng.chance(1, 3) ? victimLine * lineBytes : lineAddr(prng)
    return { type: 'snoop.req', addr, op: prng.pick(ops) } as Message
  }
  const completion = (prng: Prng): Message => {
    const addr = lineAddr(prng)
    switch (prng.below(4)) {
      case 0:
        return { type: 'evict.resp', addr } as Message
      case 1:
        return { type: 'maintain.resp', op: prng.pick(maintenanceOps), addr } as Message
      case 2:
        return { type: 'read.resp', from: 'cpu0', txn: 0, addr, data: values(prng, 1), ok: true } as Message
      default:
        return {
          type: 'write.resp',
          from: 'cpu0',
          txn: 0,
          addr,
          ok: prng.chance(3, 4),
          ...(prng.chance(1, 4) ? { failed: true } : {}),
        } as Message
    }
  }
  return (prng, { context }) => {
    const kind = prng.below(20)
    if (kind < 7) return access(prng)
    if (kind < 11) return fill(prng, context)
    if (kind < 14) return snoop(prng, context)
    if (kind < 16) return completion(prng)
    if (kind === 16) {
      const op = prng.chance(1, 2) ? 'evict' : prng.pick(maintenanceOps)
      return { type: 'maintain.req', core: config.core, op, addr: lineAddr(prng) } as Message
    }
    if (kind === 18 && prng.chance(1, 3)) {
      return { type: 'prefetch.req', core: config.core, addr: lineAddr(prng) } as Message
    }
    if (config.features.speculativeStores && prng.chance(1, 6)) {
      return { type: 'line.dirty', value: prng.below(2 * shape.ways) } as Message
    }
    if (kind === 17) return { type: 'line.evict', value: prng.below(2 * shape.ways) } as Message
    return { type: 'line.speculate', value: lineNumber(prng) } as Message
  }
}
