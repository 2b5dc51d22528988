/** Machines | services of the operating system: scatter lists. */

import { ok, type Run, refuse } from './service.ts'
import type { OsContext, SgEntry } from './types.ts'

/** Entries of the largest list; a chain of pages in the kernel, which has no bound worth the name. */
const entriesMax = 4096

export const sgAlloc: Run = (context, service, [entries = 0]) => {
  if (entries === 0 || entries > entriesMax) return refuse(service, 'no entries, or more than a list can have', 0)
  const slot = context.sgLists.indexOf(null)
  if (slot < 0) return [0]
  context.sgLists[slot] = Array.from({ length: entries }, () => ({ addr: 0, bytes: 0, dma: 0, dmaBytes: 0 }))
  return [slot + 1]
}

function entryOf(context: OsContext, sg: number, index: number): SgEntry | undefined {
  return context.sgLists[sg - 1]?.[index]
}

export const sgSet: Run = (context, service, [sg = 0, index = 0, addr = 0, bytes = 0]) => {
  const entry = entryOf(context, sg, index)
  if (entry === undefined) return refuse(service, 'no such scatter list or entry')
  entry.addr = addr
  entry.bytes = bytes
  return ok
}

export const sgGet: Run = (context, service, [sg = 0, index = 0]) => {
  const entry = entryOf(context, sg, index)
  if (entry === undefined) return refuse(service, 'no such scatter list or entry', 0, 0, 0, 0, 0)
  const offset = entry.addr % service.config.geometry.pageBytes
  return [entry.addr - offset, offset, entry.bytes, entry.dma, entry.dmaBytes]
}

export const sgSetDma: Run = (context, service, [sg = 0, index = 0, dma = 0, dmaBytes = 0]) => {
  const entry = entryOf(context, sg, index)
  if (entry === undefined) return refuse(service, 'no such scatter list or entry')
  entry.dma = dma
  entry.dmaBytes = dmaBytes
  return ok
}

export const sgFree: Run = (context, service, [sg = 0]) => {
  if (!context.sgLists[sg - 1]) return refuse(service, 'no such scatter list')
  context.sgLists[sg - 1] = null
  return ok
}
