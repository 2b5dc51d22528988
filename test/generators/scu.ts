/** Generators | messages for the snoop control unit: requests of every core, answers that fit, and strays. */

import type { ScuConfig, ScuContext } from '../../machines/cache-controller/index.ts'
import { defaultFeatures } from '../../machines/features.ts'
import { board, litmus } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** Both geometries; one core, which has no one to snoop; and four, which answer in any order. */
export const configs: Readonly<Record<string, ScuConfig>> = {
  litmus: { id: 'scu', cores: 2, geometry: litmus, features: defaultFeatures },
  board: { id: 'scu', cores: 2, geometry: board, features: defaultFeatures },
  'one core': { id: 'scu', cores: 1, geometry: litmus, features: defaultFeatures },
  'four cores': { id: 'scu', cores: 4, geometry: board, features: defaultFeatures },
  'no broadcast': {
    id: 'scu',
    cores: 2,
    geometry: litmus,
    features: { ...defaultFeatures, maintenanceBroadcast: false },
  },
  'with devices': {
    id: 'scu',
    cores: 2,
    geometry: litmus,
    features: defaultFeatures,
    acp: [
      { from: ['fimc0'], access: 'read' },
      { from: ['a', 'b'], access: 'read-write' },
    ],
  },
}

interface Present {
  readonly value: unknown
  readonly context: ScuContext
}

/** A generator for one configuration. */
export function generator(config: ScuConfig): (prng: Prng, present: Present) => Message {
  const { lineBytes } = config.geometry
  const words = lineBytes / 4
  const values = (prng: Prng, count: number) => Array.from({ length: count }, () => prng.next() | 0)
  const lineAddr = (prng: Prng) => litmus.dram.base + prng.below(4) * lineBytes

  const devices = (config.acp ?? []).flatMap(({ from }) => from)
  const request = (prng: Prng): Message => {
    const core = prng.below(config.cores)
    const addr = lineAddr(prng)
    const from = `cpu${core}`
    if (devices.length > 0 && prng.chance(1, 2)) return deviceRequest(prng, addr)
    switch (prng.below(5)) {
      case 0:
        return { type: 'evict.req', core, addr } as Message
      case 1: {
        const op = prng.pick(['clean', 'invalidate', 'clean-invalidate'])
        return { type: 'maintain.req', core, op, addr: addr + prng.below(words) * 4 } as Message
      }
      case 2:
        return { type: 'read.req', from, txn: 0, addr, words: 1, memory: 'non-cacheable' } as Message
      case 3:
        return { type: 'write.req', from, txn: 0, addr, data: values(prng, 1), memory: 'non-cacheable' } as Message
      default: {
        const mode = prng.pick(['shared', 'unique'])
        return { type: 'fetch.req', core, addr, mode, cause: prng.pick(['demand', 'speculation']) } as Message
      }
    }
  }
  const deviceRequest = (prng: Prng, line: number): Message => {
    const from = prng.pick(devices)
    const offset = prng.below(words)
    const count = prng.chance(1, 8) ? words : 1 + prng.below(words - offset)
    const access = { from, txn: prng.below(2), addr: line + offset * 4, memory: 'cacheable' }
    if (prng.chance(1, 2) || from === 'fimc0') return { ...access, type: 'read.req', words: count } as Message
    return { ...access, type: 'write.req', data: values(prng, count) } as Message
  }
  const snoopAnswer = (prng: Prng, { addr }: ScuContext): Message => {
    const held = prng.chance(1, 2)
    const dirty = held && prng.chance(1, 2)
    const data = held && prng.chance(3, 4) ? values(prng, words) : []
    return { type: 'snoop.resp', core: prng.below(config.cores), addr, held, dirty, data } as Message
  }
  return (prng, { context }) => {
    const kind = prng.below(10)
    if (kind < 4) return request(prng)
    if (kind < 7) return snoopAnswer(prng, context)
    const { addr } = context
    if (kind === 7) return { type: 'write.resp', from: 'cpu0', txn: 0, addr, ok: prng.chance(7, 8) } as Message
    const ok = prng.chance(7, 8)
    return { type: 'read.resp', from: 'cpu0', txn: 0, addr, data: ok ? values(prng, words) : [], ok } as Message
  }
}
