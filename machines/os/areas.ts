/** Machines | virtual windows: pieces of kernel and user address space, their pages and memory types. */

import type { VirtualArea } from './types.ts'

/** Lowest address in [base, base + bytes) with room for `size` bytes and `guardBytes` behind them, or -1. */
export function findAreaRoom(
  areas: readonly VirtualArea[],
  window: { readonly base: number; readonly bytes: number },
  size: number,
  guardBytes: number,
): number {
  let start = window.base
  for (const area of areas) {
    if (area.va - start >= size + guardBytes) return start
    start = area.va + area.bytes + guardBytes
  }
  return window.base + window.bytes - start >= size + guardBytes ? start : -1
}

/** Inserts `area`, keeping the order by address. */
export function insertArea(areas: VirtualArea[], area: VirtualArea): void {
  let index = areas.length
  while (index > 0 && (areas[index - 1] as VirtualArea).va > area.va) index--
  areas.splice(index, 0, area)
}

/** Index of the area that begins at `va`, or -1. */
export function areaAt(areas: readonly VirtualArea[], va: number): number {
  for (let index = 0; index < areas.length; index++) if ((areas[index] as VirtualArea).va === va) return index
  return -1
}

/** The area that contains `va`. */
export function areaContaining(areas: readonly VirtualArea[], va: number): VirtualArea | undefined {
  for (const area of areas) if (va >= area.va && va < area.va + area.bytes) return area
  return undefined
}

/** Physical address behind `va`, which the area contains. */
export function areaAddr(area: VirtualArea, va: number, pageBytes: number): number {
  const offset = va - area.va
  if (area.pages.length === 0) return area.addr + offset
  return (area.pages[Math.floor(offset / pageBytes)] as number) + (offset % pageBytes)
}
