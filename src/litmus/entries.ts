/** Litmus | table entries as programs and the initial tables write them. */

import { largePageDescriptor, sectionDescriptor, smallPageDescriptor } from '../../machines/sysmmu/walk.ts'
import type { AccessType, LeafSize } from './form.ts'

export interface Leaf {
  readonly leaf: LeafSize
  /** Physical. */
  readonly addr: number
  readonly type: AccessType
}

/** The descriptor of a leaf. */
export function leafValue({ leaf, addr }: Leaf): number {
  if (leaf === 'section') return sectionDescriptor(addr)
  return leaf === 'large' ? largePageDescriptor(addr) : smallPageDescriptor(addr)
}
