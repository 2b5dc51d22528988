/** Litmus | memory that nobody names: what the operating system of a test has to hand out to the calls of the DMA API. */

import type { Geometry } from '../../machines/geometry.ts'
import type { PoolConfig } from '../../machines/os/types.ts'
import { level2TableBytes } from '../../machines/sysmmu/walk.ts'
import { alignUp } from '../base/bits.ts'
import { bouncePoolNames } from '../dma/bounce-pools.ts'
import { type Constants, constantValue } from './constants.ts'
import type { LitmusTest, UnitForm } from './form.ts'
import { statementsOfAll } from './statements.ts'

/** Bytes of whole pages: for a table behind every first-level entry, and for each allocation once. */
export function spareBytes(test: LitmusTest, geometry: Geometry, constants: Constants): number {
  const { pageBytes, level1Entries } = geometry
  const calls = [...statementsOfAll(test.actors)].flatMap((one) => (one.do === 'call' ? [one] : []))
  const hasSysmmu = test.platform.units.some(({ unit }) => unit === 'sysmmu')
  const tables = hasSysmmu && calls.length > 0 ? level1Entries * alignUp(level2TableBytes(geometry), pageBytes) : 0
  const allocated = calls.map(({ call, args }) => {
    if (!call.startsWith('dma_alloc_')) return 0
    const size = args[1]?.arg === 'expression' ? constantValue(args[1].value, constants) : undefined
    const bytes = alignUp(size ?? pageBytes, pageBytes)
    // A block begins at a multiple of its size, rounded up to a power of two.
    return bytes > pageBytes ? bytes * 3 : bytes
  })
  const pools = test.platform.units.filter((unit) => isBounced(unit)).length * 2 * pageBytes
  return allocated.reduce((sum, bytes) => sum + bytes, tables + pools)
}

function isBounced(unit: UnitForm): boolean {
  return unit.unit === 'backend' && unit.backend === 'dmabounce'
}

/** The safe buffers of a device with backend `dmabounce`: two of a line, one of a page, each pool in a page of its own. */
export function bouncePoolsOf(
  { platform }: LitmusTest,
  geometry: Geometry,
  idOf: (name: string) => string,
): PoolConfig[] {
  return platform.units.flatMap((unit) => {
    if (unit.unit !== 'backend' || !isBounced(unit)) return []
    const [small, large] = bouncePoolNames(idOf(unit.device))
    return [
      { name: small, blockBytes: geometry.lineBytes, blocks: Math.min(2, geometry.pageBytes / geometry.lineBytes) },
      { name: large, blockBytes: geometry.pageBytes, blocks: 1 },
    ]
  })
}
