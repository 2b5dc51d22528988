/** Test | messages for the memory bus: every initiator, every target, holes, strangers and answers nobody asked for. */

import { board, litmus } from '../../machines/geometry.ts'
import { defaultMemoryBusConfig, platformBusConfig } from '../../machines/memory-bus/machine.ts'
import type { LaneConfig, MemoryBusConfig, MemoryBusContext, Request } from '../../machines/memory-bus/types.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** Both geometries, register writes posted and not, and one so narrow that everybody waits. */
export const memoryBusConfigs: Readonly<Record<string, MemoryBusConfig>> = {
  board: defaultMemoryBusConfig,
  'litmus, posted writes': platformBusConfig({
    geometry: litmus,
    features: {
      postedDeviceWrites: true,
      clockGating: false,
      powerDomain: false,
      walkerCoherent: false,
      deviceCoherent: false,
    },
    cores: 2,
    sensor: 'none',
  }),
  narrow: {
    ...platformBusConfig({
      geometry: board,
      features: {
        postedDeviceWrites: false,
        clockGating: false,
        powerDomain: false,
        walkerCoherent: false,
        deviceCoherent: false,
      },
      cores: 1,
      sensor: 'none',
    }),
    initiators: [
      { port: 'l2', from: ['l2'], access: 'read-write', outstanding: 1 },
      { port: 'sysmmu0', from: ['fimc0', 'fimc1'], access: 'read-write', outstanding: 3 },
    ],
    lanes: [
      {
        name: 'memory',
        kind: 'memory',
        outstanding: 2,
        targets: [{ port: 'dram', ...board.dram }],
        postsWrites: false,
      },
    ],
  },
}

const types: readonly Request['type'][] = ['read.req', 'write.req', 'reg.read.req', 'reg.write.req']

type Generate = (prng: Prng, present: { readonly context: MemoryBusContext }) => Message | undefined

/** A generator for one configuration. */
export function memoryBusMessages(config: MemoryBusConfig): Generate {
  let favourite = 0
  return (prng, { context }) => {
    if (prng.chance(1, 100)) favourite++
    if (prng.chance(1, 1000)) return undefined
    // Waves: requests until nearly everybody is at the limit, then answers until hardly anything is under way.
    const load = context.initiatorLoad.reduce((sum, each) => sum + each, 0)
    const limit = config.initiators.reduce((sum, each) => sum + each.outstanding, 0)
    const rising = prng.chance(limit - load, limit)
    return prng.chance(rising ? 1 : 3, 4) ? response(config, prng, context) : request(config, prng, favourite)
  }
}

function request(config: MemoryBusConfig, prng: Prng, favourite: number): Message {
  const initiator = prng.pick(config.initiators)
  const stranger = prng.chance(1, 50)
  const from = stranger ? 'nobody' : prng.pick(initiator.from)
  const memory = prng.chance(1, 2)
  const fitting: readonly Request['type'][] =
    initiator.access === 'registers'
      ? ['reg.read.req', 'reg.write.req']
      : initiator.access === 'read'
        ? ['read.req']
        : ['read.req', 'write.req']
  const known = config.lanes.some((lane) => lane.kind === 'registers')
  const type = stranger && known ? prng.pick(types) : prng.pick(fitting)
  const kind = type.startsWith('reg') ? 'registers' : 'memory'
  const astray = prng.chance(1, 30)
  const lane = pickLane(config, prng, favourite, (each) => (each.kind === kind) !== astray)
  const target = lane === undefined ? undefined : prng.pick(lane.targets)
  const hole = target === undefined || prng.chance(1, 20)
  const addr = hole ? 0x10000000 + prng.below(16) * 4 : target.base + prng.below(target.bytes / 4) * 4
  const common = { from, txn: prng.below(4), addr }
  switch (type) {
    case 'read.req':
      return { type, ...common, words: 1 + prng.below(4), memory: memory ? 'cacheable' : 'non-cacheable' } as Message
    case 'write.req':
      return { type, ...common, data: [prng.next() | 0], memory: memory ? 'cacheable' : 'non-cacheable' } as Message
    case 'reg.write.req':
      return { type, ...common, value: prng.next() } as Message
    default:
      return { type, ...common } as Message
  }
}

/** A lane that fits; mostly the same one, so that it fills up. */
function pickLane(
  config: MemoryBusConfig,
  prng: Prng,
  favourite: number,
  fits: (lane: LaneConfig) => boolean,
): LaneConfig | undefined {
  const fitting = config.lanes.filter(fits)
  if (fitting.length === 0) return undefined
  return prng.chance(7, 8) ? fitting[favourite % fitting.length] : prng.pick(fitting)
}

function response(config: MemoryBusConfig, prng: Prng, context: MemoryBusContext): Message {
  const count = config.initiators.length
  const busy = context.pairLoad.flatMap((load, pair) => (load > 0 ? [pair] : []))
  const unasked = busy.length === 0 || prng.chance(1, 20)
  const pair = unasked ? prng.below(context.pairLoad.length) : prng.pick(busy)
  const lane = config.lanes[Math.floor(pair / count)] as LaneConfig
  const target = prng.pick(lane.targets)
  const initiator = config.initiators[pair % count] as MemoryBusConfig['initiators'][number]
  const from = prng.chance(1, 50) ? 'nobody' : prng.pick(initiator.from)
  const ok = !prng.chance(1, 10)
  const common = { from, txn: prng.below(4), addr: target.base + prng.below(target.bytes / 4) * 4, ok }
  const writes = initiator.access !== 'read' && prng.chance(1, 2)
  if (lane.kind === 'memory') {
    if (writes) return { type: 'write.resp', ...common } as Message
    return { type: 'read.resp', ...common, data: [prng.next() | 0] } as Message
  }
  if (writes) return { type: 'reg.write.resp', ...common } as Message
  return { type: 'reg.read.resp', ...common, value: prng.next() } as Message
}
