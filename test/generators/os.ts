/** Test generators | calls of the operating system: mostly sensible ones about what exists, some hostile. */

import { board, type Geometry, litmus } from '../../machines/geometry.ts'
import { type OsCall, type OsCallType, osCalls, osCallTypes, pageOwners } from '../../machines/os/calls.ts'
import { type OsConfig, type OsContext, osConfig } from '../../machines/os/types.ts'
import type { Prng } from '../../src/base/prng.ts'

const extras = {
  locks: ['slots'],
  lists: [
    { name: 'done', capacity: 3 },
    { name: 'pending', capacity: 8 },
  ],
  flags: ['running'],
}

/** The board's page size and tables with little memory, so that comparing contexts stays cheap. */
const smallBoard: Geometry = {
  ...board,
  dram: { base: board.dram.base, bytes: board.reservedBytes + (1 << 18) },
  iova: { base: board.iova.base, bytes: 1 << 18 },
  level1Entries: 1024,
}

/** Both geometries; scattered and contiguous; one core; no lists. */
export const configs: Readonly<Record<string, OsConfig>> = {
  litmus: osConfig(litmus, extras),
  board: osConfig(smallBoard, extras),
  bare: osConfig(litmus, { cores: 1, scatter: false }),
}

/** A generator for one configuration. */
export function generator(config: OsConfig): (prng: Prng, present: { readonly context: OsContext }) => OsCall {
  return (prng, { context }) => {
    const type = pickType(prng)
    const args = osCalls[type].args.map((name) =>
      prng.chance(1, 40) ? prng.next() : argument(prng, config, context, type, name),
    )
    return { type, core: prng.below(config.cores), args: restate(prng, context, type, args) }
  }
}

/** Calls that take and calls that give back are equally likely, so that memory is neither full nor empty for long. */
function pickType(prng: Prng): OsCallType {
  if (prng.chance(1, 4)) return prng.pick(['lock.acquire', 'lock.try', 'lock.release'])
  return prng.pick(osCallTypes)
}

function argument(prng: Prng, config: OsConfig, context: OsContext, type: string, name: string): number {
  const { geometry } = config
  const { pageBytes, dram, reservedBytes } = geometry
  const pages = context.pageOwner.length
  const page = () => dram.base + reservedBytes + prng.below(pages + 1) * pageBytes
  switch (name) {
    case 'bytes':
      return prng.below(4) * pageBytes + prng.pick([0, 0, 4, pageBytes - 4])
    case 'owner':
      return prng.below(pageOwners.length)
    case 'addr':
      return page()
    case 'array':
      return prng.below(context.arrays.length + 1)
    case 'pages':
    case 'entries':
      return prng.below(4)
    case 'page':
      return prng.below(2)
    case 'index':
      return type.startsWith('table') ? prng.below(Math.min(geometry.level1Entries, 4)) : prng.below(4)
    case 'handle':
    case 'iova':
      return geometry.iova.base + prng.below(geometry.iova.bytes / pageBytes) * pageBytes
    case 'va':
      return prng.chance(1, 3) ? geometry.linearBase + prng.below(dram.bytes) : virtualAddress(prng, context)
    case 'value':
      return prng.below(8)
    case 'lock':
      return prng.below(config.locks.length + 1)
    default:
      return prng.below(3)
  }
}

/** An address where something is mapped, or nothing. */
function virtualAddress(prng: Prng, context: OsContext): number {
  const area = prng.pick([...context.kernelAreas, ...context.userAreas, { va: prng.next(), bytes: 4 }])
  return area.va + (prng.chance(1, 2) ? 0 : prng.below(area.bytes))
}

/** For calls that undo something: half of them name something that exists, exactly. */
function restate(prng: Prng, context: OsContext, type: OsCallType, args: number[]): number[] {
  if (prng.chance(1, 2)) return args
  const mapping = context.dmaMappings[prng.below(context.dmaMappings.length + 1)]
  if (type === 'mapping.take' && mapping) {
    const { device, handle, bytes, direction, kind } = mapping
    return prng.chance(1, 4)
      ? [device, handle, args[2] as number, prng.below(3), prng.below(2)]
      : [device, handle, bytes, direction, kind]
  }
  if (type === 'mapping.find' && mapping) return [mapping.device, mapping.handle + 4, mapping.bytes - prng.below(8)]
  if (type === 'mapping.add')
    return [0, args[1] as number, args[2] as number, args[3] as number, prng.below(3), prng.below(2), 0]
  return args
}
