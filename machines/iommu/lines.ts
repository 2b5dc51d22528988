/** IOMMU | what one read of the second-level table brings: a descriptor, or the line of them; pure functions. */

import { u32 } from '../../src/base/bits.ts'
import type { ReadResp } from '../protocol.ts'
import { descriptorBytes, level2Index, tableOf } from '../sysmmu/walk.ts'
import type { IommuConfig } from './types.ts'

/** Second-level descriptors that are read at once. */
export function lineWords({ lineFetch, geometry }: IommuConfig): number {
  return lineFetch ? Math.min(geometry.lineBytes / descriptorBytes, geometry.level2Entries) : 1 // HF-474
}

/** Physical address of the first of them, given the level-1 descriptor for `iova`. */
export function lineAddr(config: IommuConfig, descriptor: number, iova: number): number {
  const { geometry } = config
  const first = level2Index(geometry, iova) & -lineWords(config)
  return u32(tableOf(geometry, descriptor) + first * descriptorBytes)
}

/** Place of the descriptor for `iova` in the answer. */
function wordFor(config: IommuConfig, level: 1 | 2, iova: number): number {
  return level === 1 ? 0 : level2Index(config.geometry, iova) & (lineWords(config) - 1)
}

/** The descriptor for `iova` in the answer to a read at `level`. */
export function descriptorIn(config: IommuConfig, { data }: ReadResp, level: 1 | 2, iova: number): number {
  return u32(data[wordFor(config, level, iova)] as number)
}

/** First IO address that the descriptor at place `word` of the answer is for. */
export function iovaOfWord(config: IommuConfig, level: 1 | 2, iova: number, word: number): number {
  if (level === 1) return iova
  const { pageBytes } = config.geometry
  return u32((iova & -(lineWords(config) * pageBytes)) + word * pageBytes)
}
