/** Machines | services of the operating system: IO addresses, and the masks of devices. */

import { dmaError } from './calls.ts'
import { giveIoRange, ioRangeBytes, takeIoRange } from './io-allocator.ts'
import { emit, exhausted, ok, type Run, refuse, type Service, type Values } from './service.ts'
import { maskKinds, type OsContext } from './types.ts'

function take(context: OsContext, service: Service, mapping: number, bytes: number, mask: number): Values {
  const space = service.config.mappings[mapping]
  if (space === undefined || bytes === 0) return refuse(service, 'no size or no such IO address space', dmaError)
  const { pageBytes } = service.config.geometry
  const bitmaps = context.ioBitmaps[mapping] as (typeof context.ioBitmaps)[number]
  const iova = takeIoRange(bitmaps, space, pageBytes, bytes, mask)
  if (iova === undefined) {
    exhausted(service, `IO space ${space.name}`)
    return [dmaError]
  }
  emit(service, { type: 'iova.alloc', iova, bytes: ioRangeBytes(space, pageBytes, bytes) })
  return [iova]
}

export const iovaAlloc: Run = (context, service, [mapping = 0, bytes = 0]) =>
  take(context, service, mapping, bytes, 0xffffffff)

export const iovaAllocWithin: Run = (context, service, [mapping = 0, bytes = 0, device = 0, kind = 0]) => {
  const mask = maskOf(context, device, kind)
  if (mask === undefined) return refuse(service, 'no such device or mask', dmaError)
  return take(context, service, mapping, bytes, mask)
}

export const iovaFree: Run = (context, service, [mapping = 0, iova = 0, bytes = 0]) => {
  const space = service.config.mappings[mapping]
  if (space === undefined) return refuse(service, 'no such IO address space')
  const { pageBytes } = service.config.geometry
  const bitmaps = context.ioBitmaps[mapping] as (typeof context.ioBitmaps)[number]
  if (!giveIoRange(bitmaps, space, pageBytes, iova, bytes)) {
    return refuse(service, 'the IO address range is not in use')
  }
  emit(service, { type: 'iova.free', iova, bytes: ioRangeBytes(space, pageBytes, bytes) })
  return ok
}

export const iovaAssign: Run = (_context, service, [iova = 0, bytes = 0, taken = 0, space = 0, spaces = 1]) => {
  if (bytes === 0) return refuse(service, 'no size')
  const where = { ...(space === 0 ? {} : { space }), ...(spaces === 1 ? {} : { spaces }) }
  emit(service, { type: taken === 0 ? 'iova.free' : 'iova.alloc', iova, bytes, ...where })
  return ok
}

type Kind = keyof typeof maskKinds
const kinds = Object.keys(maskKinds) as Kind[]

function maskOf(context: OsContext, device: number, kind: number): number | undefined {
  const name = kinds[kind]
  return name === undefined ? undefined : context.masks[device]?.[name]
}

export const maskSet: Run = (context, service, [device = 0, kind = 0, value = 0]) => {
  const masks = context.masks[device]
  const name = kinds[kind]
  if (masks === undefined || name === undefined) return refuse(service, 'no such device or mask')
  masks[name] = value
  return ok
}

export const maskGet: Run = (context, service, [device = 0, kind = 0]) => {
  const mask = maskOf(context, device, kind)
  return mask === undefined ? refuse(service, 'no such device or mask', 0) : [mask]
}

export const maskCovers: Run = (context, service, [device = 0, kind = 0, handle = 0, bytes = 0]) => {
  const mask = maskOf(context, device, kind)
  if (mask === undefined) return refuse(service, 'no such device or mask', 0)
  const last = handle + Math.max(bytes, 1) - 1
  return [last <= 0xffffffff && ((handle | last) & ~mask) === 0 ? 1 : 0]
}
