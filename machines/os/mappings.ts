/** Machines | the list of live DMA mappings, sorted by device and handle. */

import type { DmaMapping } from './types.ts'

/** Inserts `mapping` in order. False if it overlaps another mapping of its device, which is then left alone. */
export function insertMapping(list: DmaMapping[], mapping: DmaMapping): boolean {
  let index = 0
  while (index < list.length && precedes(list[index] as DmaMapping, mapping)) index++
  const before = list[index - 1]
  const after = list[index]
  if (before !== undefined && before.device === mapping.device && before.handle + before.bytes > mapping.handle)
    return false
  if (after !== undefined && after.device === mapping.device && mapping.handle + mapping.bytes > after.handle)
    return false
  list.splice(index, 0, mapping)
  return true
}

/** Index of the mapping of `device` that contains [handle, handle + bytes), or -1. */
export function mappingContaining(list: readonly DmaMapping[], device: number, handle: number, bytes: number): number {
  for (let index = 0; index < list.length; index++) {
    const mapping = list[index] as DmaMapping
    if (mapping.device !== device || handle < mapping.handle) continue
    if (handle + bytes <= mapping.handle + mapping.bytes) return index
  }
  return -1
}

/** Index of the mapping of `device` that begins at `handle`, or -1. */
export function mappingAt(list: readonly DmaMapping[], device: number, handle: number): number {
  for (let index = 0; index < list.length; index++) {
    const mapping = list[index] as DmaMapping
    if (mapping.device === device && mapping.handle === handle) return index
  }
  return -1
}

function precedes(a: DmaMapping, b: DmaMapping): boolean {
  return a.device !== b.device ? a.device < b.device : a.handle < b.handle
}
