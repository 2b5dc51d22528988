/** DMA | map_page: hands a physically contiguous buffer to the device. map_single is this operation too. */

import { dmaError } from '../../../machines/os/calls.ts'
import { mappingKinds, osNumber } from '../../../machines/os/types.ts'
import { spanBytes } from '../addresses.ts'
import { type MarkedCall, marked, markPages } from '../marks.ts'
import { add, alignDown, eq, isZero, mod, mul, ne } from '../operands.ts'
import { ioSpaceOf } from '../sysmmu-tables.ts'
import { type DmaOperation, directionNumbers, type Lowering, type MapPageArgs } from '../types.ts'

function markedMap({ page, offset, bytes, direction, attrs, va }: MapPageArgs): MarkedCall {
  const how = va === undefined ? ({ kind: 'page' } as const) : ({ kind: 'single', va } as const)
  return { op: 'map', ...how, handle: dmaError, offset: 0, bytes, direction, addr: add(page, offset), attrs }
}

/** Linear: the handle is the physical address. Only an empty buffer fails. */
const linear: Lowering<MapPageArgs> = (asm, env, args) => {
  const { page, offset, bytes, direction, to } = args
  asm.step('map_page', () =>
    marked(
      asm,
      env,
      markedMap(args),
      () =>
        asm.if(
          isZero(bytes),
          () => asm.set(to, dmaError),
          () => {
            if (!args.attrs.includes('skip-cpu-sync')) env.steps.cpuToDev(asm, env, { page, offset, bytes, direction })
            asm.set(to, add(page, offset))
            const buffer = { handle: to, pageOffset: mod(offset, env.geometry.pageBytes), bytes }
            markPages(asm, env, buffer, (position) => add(to, position))
          },
        ),
      to,
    ),
  )
}

/**
 * IOMMU: IO addresses, tables and bookkeeping first, then the caches, last the entries.
 *
 * Closed: Linux maintains the caches first; if then no IO address is left, the mapping fails after the dirty lines of
 * a buffer that was to be written by the device, and still is the CPU's, were dropped. Here all that can fail comes
 * before, and gives back what was taken. IO address 0 is as good as any: only `dmaError` means failure.
 */
const iommu: Lowering<MapPageArgs> = (asm, env, args) => {
  const { geometry } = env
  const { direction, to } = args
  const { pageBytes } = geometry
  // From here on `page` is the page that the buffer begins in.
  const page = add(args.page, alignDown(args.offset, pageBytes))
  const offset = mod(args.offset, pageBytes)
  const span = spanBytes(geometry, offset, args.bytes)
  const space = ioSpaceOf(env).number
  const device = osNumber(env.os, 'devices', env.device.name)
  const run = () =>
    asm.block((leave) => {
      asm.set(to, dmaError)
      asm.if(isZero(args.bytes), leave)
      const [iova] = asm.call('iova.alloc', [space, span])
      asm.if(eq(iova, dmaError), leave)
      const undo = () => {
        asm.perform('iova.free', [space, iova, span])
        leave()
      }
      const status = asm.temp()
      env.steps.prepareTables(asm, env, { iova, bytes: span, status })
      asm.if(ne(status, 0), undo)
      const kind = mappingKinds.streaming
      const entry = [
        device,
        add(iova, offset),
        add(page, offset),
        args.bytes,
        directionNumbers[direction],
        kind,
        0,
      ] as const
      asm.call('mapping.add', entry, [status])
      asm.if(ne(status, 0), undo)
      if (!args.attrs.includes('skip-cpu-sync')) {
        env.steps.cpuToDev(asm, env, { page, offset, bytes: args.bytes, direction })
      }
      asm.set(to, add(iova, offset))
      markPages(asm, env, { handle: to, pageOffset: offset, bytes: args.bytes }, (position) =>
        add(add(page, offset), position),
      )
      const pageAt = (index: Parameters<typeof mul>[0]) => add(page, mul(index, pageBytes))
      env.steps.writeEntries(asm, env, { iova, bytes: span, pageAt })
    })
  asm.step('map_page', () => marked(asm, env, markedMap(args), run, to))
}

export const mapPage: DmaOperation<'map_page'> = {
  name: 'map_page',
  description: 'Maps a physically contiguous buffer for the device and hands it over.',
  context: 'any',
  ownership: 'before: the CPU; after: the device, unless skip-cpu-sync leaves it to a sync',
  lowerings: { linear, iommu },
}
