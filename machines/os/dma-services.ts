/** Machines | services of the operating system: live mappings and level-2 tables. */

import { errno, misuses, pageOwners } from './calls.ts'
import { insertMapping, mappingAt, mappingContaining } from './mappings.ts'
import { pageIndex } from './page-allocator.ts'
import { misuse, ok, own, type Run, refuse, type Service, type Values } from './service.ts'
import { giveTablePiece, tablePageCount, takeTablePiece } from './tables.ts'
import { mappingKinds, type OsContext } from './types.ts'

export const mappingAdd: Run = (context, service, args) => {
  const [device = 0, handle = 0, addr = 0, bytes = 0, direction = 0, kind = 0, array = 0] = args
  if (device >= service.config.devices.length || bytes === 0) return refuse(service, 'no size or no such device')
  if (context.dmaMappings.length >= service.config.dmaMappingsMax) return [errno.ENOMEM]
  const added = insertMapping(context.dmaMappings, {
    device,
    handle,
    addr,
    bytes,
    direction,
    kind,
    array,
  })
  return added ? ok : refuse(service, 'the mapping overlaps another one')
}

const nothingFound: Values = [0, 0, 0, 0, 0, 0, 0]

export const mappingPeek: Run = (context, _service, [device = 0, handle = 0, bytes = 0]) => {
  const found = context.dmaMappings[mappingContaining(context.dmaMappings, device, handle, bytes)]
  if (found === undefined) return nothingFound
  return [1, found.handle, found.addr, found.bytes, found.direction, found.kind, found.array]
}

export const mappingFind: Run = (context, service, args) => {
  const found = mappingPeek(context, service, args)
  return found[0] === 0 ? refuse(service, misuses[0], ...nothingFound) : found
}

export const mappingCount: Run = (context, _service, [device = 0]) => [
  context.dmaMappings.filter((mapping) => mapping.device === device).length,
]

export const mappingTake: Run = (context, service, [device = 0, handle = 0, bytes = 0, direction = 0, kind = 0]) => {
  const index = mappingAt(context.dmaMappings, device, handle)
  const found = context.dmaMappings[index]
  if (found === undefined) return refuse(service, misuses[kind === mappingKinds.coherent ? 1 : 0], 0, 0, 0, 0)
  if (found.kind !== kind) return refuse(service, 'the memory was mapped by another function', 0, 0, 0, 0)
  // The kernel goes on with the wrong size and leaves the rest mapped; here the call is refused, and the mapping stays.
  if (found.bytes !== bytes) return refuse(service, 'the memory was mapped with another size', 0, 0, 0, 0)
  if (found.direction !== direction) return refuse(service, 'the memory was mapped with another direction', 0, 0, 0, 0)
  context.dmaMappings.splice(index, 1)
  return [1, found.addr, found.bytes, found.array]
}

type Tables = OsContext['tables'][number]

/** The tables of an IO address space if `index` is one of its level-1 entries. */
function tablesFor(context: OsContext, service: Service, mapping: number, index: number): Tables | undefined {
  const tables = context.tables[mapping]
  if (tables !== undefined && index < tables.addr.length) return tables
  misuse(service, 'no such level-1 entry')
  return undefined
}

export const tableFind: Run = (context, service, [mapping = 0, index = 0]) => {
  const tables = tablesFor(context, service, mapping, index)
  return [tables?.addr[index] ?? 0]
}

export const tableAlloc: Run = (context, service, [mapping = 0, index = 0]) => {
  const { geometry } = service.config
  const tables = tablesFor(context, service, mapping, index)
  if (tables === undefined) return [0]
  if (tables.addr[index] !== 0) return refuse(service, 'the entry has a table', 0)
  const piece = takeTablePiece(context, geometry)
  if (piece === undefined) return [0]
  if (piece.pageAddr !== 0) {
    const owner = pageOwners.indexOf('page-table')
    own(context, service, pageIndex(geometry, piece.pageAddr), tablePageCount(geometry), owner)
  }
  tables.addr[index] = piece.addr
  tables.used[index] = 0
  return [piece.addr]
}

export const tableFree: Run = (context, service, [mapping = 0, index = 0]) => {
  const { geometry } = service.config
  const tables = tablesFor(context, service, mapping, index)
  if (tables === undefined) return [errno.EINVAL]
  if (tables.addr[index] === 0) return refuse(service, 'the entry has no table')
  if (tables.used[index] !== 0) return refuse(service, 'the table is in use', errno.EBUSY)
  const page = giveTablePiece(context, geometry, tables.addr[index] as number)
  tables.addr[index] = 0
  if (page !== 0) own(context, service, pageIndex(geometry, page), tablePageCount(geometry), 0)
  return ok
}

/** Changes the count of used entries by `delta`, if it stays within the table. */
function countEntries(context: OsContext, service: Service, args: readonly number[], sign: 1 | -1): Values {
  const [mapping = 0, index = 0, entries = 0] = args
  const tables = tablesFor(context, service, mapping, index)
  const entriesMax = service.config.geometry.level2Entries
  if (tables === undefined) return [0]
  const used = (tables.used[index] as number) + sign * entries
  if (tables.addr[index] === 0 || used < 0 || used > entriesMax)
    return refuse(service, 'the table has not so many entries', 0)
  tables.used[index] = used
  return [entriesMax - used]
}

export const tableUse: Run = (context, service, args) => countEntries(context, service, args, 1)
export const tableUnuse: Run = (context, service, args) => countEntries(context, service, args, -1)
