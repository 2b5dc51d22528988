/** Machines | memory for level-2 tables: pages cut into pieces of a table's size. */

import type { Geometry } from '../geometry.ts'
import { findFreePages, pageAddr } from './page-allocator.ts'
import type { OsContext } from './types.ts'

export function level2TableBytes(geometry: Geometry): number {
  return geometry.level2Entries * 4
}

/** Pages behind one allocation of table memory: one, unless a table is larger than a page. */
export function tablePageCount(geometry: Geometry): number {
  return Math.max(1, level2TableBytes(geometry) / geometry.pageBytes)
}

/** A piece found or made: its address, and the address of the page taken for it (0: an old page had room). */
export interface TablePiece {
  readonly addr: number
  readonly pageAddr: number
}

/** Takes a piece for a table, lowest address first; undefined when there is no memory. The caller sets the page's owner. */
export function takeTablePiece(context: OsContext, geometry: Geometry): TablePiece | undefined {
  const pieceBytes = level2TableBytes(geometry)
  const pieces = piecesPerPage(geometry)
  for (const page of context.tablePages) {
    for (let piece = 0; piece < pieces; piece++) {
      if (((page.used >>> piece) & 1) === 1) continue
      page.used |= 1 << piece
      return { addr: page.addr + piece * pieceBytes, pageAddr: 0 }
    }
  }
  const index = findFreePages(geometry, context.pageOwner, tablePageCount(geometry))
  if (index < 0) return undefined
  const addr = pageAddr(geometry, index)
  let place = 0
  while (place < context.tablePages.length && (context.tablePages[place] as { addr: number }).addr < addr) place++
  context.tablePages.splice(place, 0, { addr, used: 1 })
  return { addr, pageAddr: addr }
}

/** Gives a piece back; the address of its page if that is empty now and left the list, else 0. */
export function giveTablePiece(context: OsContext, geometry: Geometry, addr: number): number {
  const pageBytes = geometry.pageBytes * tablePageCount(geometry)
  for (let place = 0; place < context.tablePages.length; place++) {
    const page = context.tablePages[place] as { addr: number; used: number }
    if (addr < page.addr || addr >= page.addr + pageBytes) continue
    page.used &= ~(1 << ((addr - page.addr) / level2TableBytes(geometry)))
    if (page.used !== 0) return 0
    context.tablePages.splice(place, 1)
    return page.addr
  }
  return 0
}

function piecesPerPage(geometry: Geometry): number {
  return Math.max(1, geometry.pageBytes / level2TableBytes(geometry))
}
