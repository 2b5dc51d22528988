/** Litmus | table entries as programs and the initial tables write them. */

import type { Geometry } from '../../machines/geometry.ts'
import { leafDescriptor } from '../../machines/iommu/descriptors.ts'
import { largePageDescriptor, sectionDescriptor, smallPageDescriptor } from '../../machines/sysmmu/walk.ts'
import type { AccessType, LeafSize } from './form.ts'
import type { TableUnit } from './table-units.ts'

export interface Leaf {
  readonly leaf: LeafSize
  /** Physical. */
  readonly addr: number
  readonly type: AccessType
  readonly readOnly: boolean
}

const encoders = { section: sectionDescriptor, large: largePageDescriptor, page: smallPageDescriptor } as const

/** The descriptor of a leaf, as the unit that reads it understands it. */
export function leafValue({ leaf, addr, type, readOnly }: Leaf, kind: TableUnit['kind'], geometry: Geometry): number {
  if (kind !== 'sysmmu') return leafDescriptor(leaf, addr, { nonCacheable: type !== 'cacheable', readOnly })
  const plain = encoders[leaf](addr)
  const bits = leaf === 'section' ? geometry.protection.section : geometry.protection.page
  return (plain | (readOnly ? bits.accessible | bits.readOnly : 0)) >>> 0
}
