/** Scenario | USERPTR buffers as videobuf2-dma-contig handles them: user pages behind a scatter list, synced around each use. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { alignUp } from '../base/bits.ts'
import { linearVa } from '../dma/addresses.ts'
import { eq } from '../dma/operands.ts'
import type { Direction } from '../dma/types.ts'
import type { ProgramContext } from './build.ts'

/** Pages of an application, which stay where they are while the driver has them pinned: here, until `free`. */
export interface UserPages {
  readonly va: Operand
  readonly addr: Operand
  /** Length of the buffer that the application hands in: whole cache lines, or videobuf2 refuses it. */
  readonly bytes: number
  readonly free: () => void
}

/** Contiguous user pages: v3.6 refuses others, and what the IOMMU makes of others is the question of `conversion-scatter`. */
export function userPages({ asm, dma }: Pick<ProgramContext, 'asm' | 'dma'>, pictureBytes: number): UserPages {
  const { geometry } = dma.env
  const size = alignUp(pictureBytes, geometry.pageBytes)
  const [addr] = asm.call('page.alloc', [size, pageOwners.indexOf('user')])
  return {
    addr,
    va: linearVa(geometry, addr),
    bytes: alignUp(pictureBytes, geometry.lineBytes),
    free: () => asm.perform('page.free', [addr, size]),
  }
}

/** A plane between its acquisition and its release. */
export interface Plane {
  readonly handle: Operand
  /** At QBUF, before the driver's `buf_queue`. */
  readonly prepare: () => void
  /** When it is done, before DQBUF returns it. */
  readonly finish: () => void
  readonly put: () => void
}

/**
 * `vb2_dc_get_userptr` and its companions, torvalds/linux v3.8 to v4.19 drivers/media/v4l2-core/videobuf2-dma-contig.c: mapped
 * once without maintenance, synced at QBUF and when done, unmapped without maintenance. Without its steps `prepare` and `finish`
 * it does to the hardware what v3.6 did, which handed out the physical address and called nothing; but the oracles hear of it.
 */
export function mappedPlane({ asm, dma }: ProgramContext, pages: UserPages, direction: Direction): Plane {
  const sg = dma.sgList([pages])
  const mapping = dma.mapSg(sg, 1, { direction, attrs: ['skip-cpu-sync'] })
  asm.assert(eq(mapping.mapped, 1), 'the plane is one contiguous range for the device')
  return {
    handle: dma.sgSegment(sg, 0).handle,
    prepare: () => asm.step('prepare', () => dma.syncSgForDevice(mapping)),
    finish: () => asm.step('finish', () => dma.syncSgForCpu(mapping)),
    put: () => {
      dma.unmapSg(mapping)
      dma.freeSg(sg)
    },
  }
}
