/** Machines | services of the operating system: pages, page arrays and virtual memory. */

import { areaAddr, areaAt, areaContaining, findAreaRoom, insertArea } from './areas.ts'
import { errno, memoryTypes, pageOwners } from './calls.ts'
import { findFreePage, findFreePages, pageAddr, pageIndex } from './page-allocator.ts'
import { emit, misuse, ok, own, pagesOf, type Run, refuse, type Service, type Values } from './service.ts'
import type { OsContext, VirtualArea } from './types.ts'

export const pageAlloc: Run = (context, service, [bytes = 0, owner = 0]) => {
  if (bytes === 0 || owner < 1 || owner >= pageOwners.length) return refuse(service, 'no size or no such owner', 0)
  const { geometry } = service.config
  const count = pagesOf(service, bytes)
  const index = count > context.pageOwner.length ? -1 : findFreePages(geometry, context.pageOwner, count)
  if (index < 0) return [0]
  own(context, service, index, count, owner)
  return [pageAddr(geometry, index)]
}

export const pageAllocSingle: Run = (context, service, [owner = 0]) => {
  if (owner < 1 || owner >= pageOwners.length) return refuse(service, 'no such owner', 0)
  const index = findFreePage(context.pageOwner, service.config.scatter)
  if (index < 0) return [0]
  own(context, service, index, 1, owner)
  return [pageAddr(service.config.geometry, index)]
}

/** Index of the first of `bytes` of allocated pages at `addr`, or -1 with a report. */
function allocatedPages(context: OsContext, service: Service, addr: number, bytes: number): number {
  const index = pageIndex(service.config.geometry, addr)
  const count = pagesOf(service, bytes)
  let why = index < 0 || count === 0 || index + count > context.pageOwner.length ? 'no pages of the allocator' : ''
  for (let page = index; why === '' && page < index + count; page++) {
    if (context.pageOwner[page] === 0) why = 'a page is free'
  }
  if (why === '') return index
  misuse(service, why)
  return -1
}

export const pageFree: Run = (context, service, [addr = 0, bytes = 0]) => {
  const index = allocatedPages(context, service, addr, bytes)
  if (index < 0) return [errno.EINVAL]
  own(context, service, index, pagesOf(service, bytes), 0)
  return ok
}

export const pageAssign: Run = (context, service, [addr = 0, bytes = 0, owner = 0]) => {
  const { geometry } = service.config
  const index = pageIndex(geometry, addr)
  const count = pagesOf(service, bytes)
  if (owner >= pageOwners.length || index < 0 || count === 0 || index + count > context.pageOwner.length) {
    return refuse(service, 'no such pages or owner')
  }
  own(context, service, index, count, owner)
  return ok
}

export const pageAlias: Run = (context, service, [addr = 0, bytes = 0, present = 0]) => {
  const index = allocatedPages(context, service, addr, bytes)
  if (index < 0) return [errno.EINVAL]
  const count = pagesOf(service, bytes)
  for (let page = index; page < index + count; page++) {
    context.aliasAbsent[page] = present === 0 ? 1 : 0
    const pagePa = pageAddr(service.config.geometry, page)
    emit(service, { type: 'page.alias', addr: pagePa, present: present !== 0 })
  }
  return ok
}

export const arrayAlloc: Run = (context, service, [pages = 0]) => {
  if (pages === 0 || pages > context.pageOwner.length) return [0]
  const slot = context.arrays.indexOf(null)
  if (slot < 0) return [0]
  context.arrays[slot] = new Array<number>(pages).fill(0)
  emit(service, { type: 'os.object', what: 'page array', id: slot + 1, taken: true })
  return [slot + 1]
}

export const arraySet: Run = (context, service, [array = 0, index = 0, addr = 0]) => {
  const pages = context.arrays[array - 1]
  if (!pages || index >= pages.length) return refuse(service, 'no such page array or index')
  pages[index] = addr
  return ok
}

export const arrayGet: Run = (context, service, [array = 0, index = 0]) => {
  const pages = context.arrays[array - 1]
  if (!pages || index >= pages.length) return refuse(service, 'no such page array or index', 0)
  return [pages[index] as number]
}

export const arrayFree: Run = (context, service, [array = 0]) => {
  if (!context.arrays[array - 1]) return refuse(service, 'no such page array')
  context.arrays[array - 1] = null
  emit(service, { type: 'os.object', what: 'page array', id: array, taken: false })
  return ok
}

/** Puts an area of `bytes` from page `first` of the array (or of the memory at `addr`) on into `areas`; its address or 0. */
function mapArea(
  context: OsContext,
  service: Service,
  areas: VirtualArea[],
  window: {
    readonly base: number
    readonly bytes: number
    readonly guardBytes: number
  },
  request: {
    readonly addr: number
    readonly bytes: number
    readonly memory: number
    readonly array: number
    readonly first: number
  },
): Values {
  const { pageBytes } = service.config.geometry
  const count = pagesOf(service, request.bytes)
  const pages = request.array === 0 ? [] : context.arrays[request.array - 1]
  const short = request.array !== 0 && (!pages || request.first + count > pages.length)
  if (count === 0 || short || request.memory > 1) return refuse(service, 'no size, no such memory type or pages', 0)
  if (areas.length >= service.config.areasMax) return [0]
  const va = findAreaRoom(areas, window, count * pageBytes, window.guardBytes)
  if (va < 0) return [0]
  const area = {
    va,
    bytes: count * pageBytes,
    addr: request.array === 0 ? request.addr + request.first * pageBytes : 0,
    memory: request.memory,
    array: request.array,
    pages: (pages ?? []).slice(request.first, request.first + count),
  }
  insertArea(areas, area)
  reportArea(context, service, areas, area, true)
  return [va]
}

/** Reports an area and its pages. */
function reportArea(
  context: OsContext,
  service: Service,
  areas: readonly VirtualArea[],
  area: VirtualArea,
  present: boolean,
): void {
  const { pageBytes } = service.config.geometry
  const what = areas === context.kernelAreas ? 'kernel area' : 'user area'
  const memory = memoryTypes[area.memory] ?? 'cacheable'
  emit(service, { type: 'os.object', what, id: area.va, taken: present })
  for (let offset = 0; offset < area.bytes; offset += pageBytes) {
    emit(service, { type: 'page.mapped', addr: areaAddr(area, area.va + offset, pageBytes), memory, present })
  }
}

/** Removes the area at `va`. */
function unmapArea(context: OsContext, service: Service, areas: VirtualArea[], va: number): Values {
  const index = areaAt(areas, va)
  if (index < 0) return refuse(service, 'nothing is mapped at that address')
  reportArea(context, service, areas, areas[index] as VirtualArea, false)
  areas.splice(index, 1)
  return ok
}

export const kernelMap: Run = (context, service, [addr = 0, bytes = 0, memory = 0, array = 0]) => {
  const { vmalloc, pageBytes } = service.config.geometry
  // A page without mapping follows each area, so that an overrun aborts instead of hitting the next buffer.
  const window = { ...vmalloc, guardBytes: pageBytes }
  return mapArea(context, service, context.kernelAreas, window, {
    addr,
    bytes,
    memory,
    array,
    first: 0,
  })
}

export const kernelFind: Run = (context, _service, [va = 0]) => {
  const area = context.kernelAreas[areaAt(context.kernelAreas, va)]
  return area === undefined ? [0, 0, 0, 0] : [1, area.addr, area.bytes, area.array]
}

export const kernelUnmap: Run = (context, service, [va = 0]) => unmapArea(context, service, context.kernelAreas, va)

export const userMap: Run = (context, service, [addr = 0, bytes = 0, memory = 0, array = 0, first = 0]) => {
  const window = { ...service.config.geometry.user, guardBytes: 0 }
  return mapArea(context, service, context.userAreas, window, {
    addr,
    bytes,
    memory,
    array,
    first,
  })
}

export const userUnmap: Run = (context, service, [va = 0]) => unmapArea(context, service, context.userAreas, va)

export const vaTranslate: Run = (context, service, [va = 0]) => {
  const { geometry } = service.config
  const linear = va - geometry.linearBase
  if (linear >= 0 && linear < geometry.dram.bytes) {
    const addr = geometry.dram.base + linear
    const index = pageIndex(geometry, addr - (addr % geometry.pageBytes))
    return index >= 0 && context.aliasAbsent[index] === 1 ? [0, 0, 0] : [1, addr, 0]
  }
  const area = areaContaining(context.kernelAreas, va) ?? areaContaining(context.userAreas, va)
  return area === undefined ? [0, 0, 0] : [1, areaAddr(area, va, geometry.pageBytes), area.memory]
}
