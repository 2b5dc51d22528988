/** Scenario | for each class of dma-debug a few calls that a driver could make, with one of them wrong. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { dmaError, pageOwners } from '../../machines/os/calls.ts'
import { linearVa } from '../dma/addresses.ts'
import type { Mapping } from '../dma/api.ts'
import { markedSegments } from '../dma/marks.ts'
import { add } from '../dma/operands.ts'
import type { BackendName, Direction } from '../dma/types.ts'
import type { DebugClassName } from '../oracle/dma-debug/classes.ts'
import type { DmaDebugConfig } from '../oracle/oracle.ts'
import type { ProgramContext } from './build.ts'
import { assertMapped } from './conversion-code.ts'

/** One class: what its scenario asks, and the calls; `wrong`: with the misuse. */
export interface DebugPlan {
  /** "This asks whether dma-debug notices …". */
  readonly what: string
  readonly calls: (driver: Driver, wrong: boolean) => void
  readonly backend?: BackendName
  readonly config?: Partial<DmaDebugConfig>
}

/** The calls of a driver with one page of memory, as short as plans want to have them. */
export class Driver {
  readonly context: ProgramContext
  /** Bytes of a line, and of a page. */
  readonly line: number
  readonly page: number

  constructor(context: ProgramContext) {
    this.context = context
    const { geometry } = context.dma.env
    this.line = geometry.lineBytes
    this.page = geometry.pageBytes
  }

  /** Takes a page for `owner`; `body` gets its physical and its linear address. */
  withPage(body: (addr: Operand, va: Operand) => void, owner: (typeof pageOwners)[number] = 'kernel'): void {
    const { asm } = this.context
    const [addr] = asm.call('page.alloc', [this.page, pageOwners.indexOf(owner)])
    body(addr, linearVa(this.context.dma.env.geometry, addr))
    asm.perform('page.free', [addr, this.page])
  }

  /** map_single and mapping_error. */
  map(va: Operand, bytes: number, direction: Direction, attrs: Mapping['attrs'] = []): Mapping {
    const mapping = this.context.dma.mapSingle({ va, bytes, direction, attrs })
    assertMapped(this.context, mapping)
    return mapping
  }

  unmap(mapping: Mapping, change: Partial<Mapping> = {}): void {
    this.context.dma.unmapSingle({ ...mapping, ...change })
  }

  /** Maps a whole page, calls, and unmaps it again. */
  withMapping(direction: Direction, body: (mapping: Mapping) => void): void {
    this.withPage((_addr, va) => {
      const mapping = this.map(va, this.page, direction)
      body(mapping)
      this.unmap(mapping)
    })
  }

  /** A list whose one segment is at `addr`, for a device without translation: no operation has more than its hooks here. */
  list(
    op: Parameters<typeof markedSegments>[2]['op'],
    addr: Operand,
    bytes: number,
    entries: number,
    limits = {},
  ): void {
    const { asm, dma } = this.context
    const env = { ...dma.env, device: { ...dma.env.device, ...limits } }
    const call = {
      op,
      handle: addr,
      offset: 0,
      bytes,
      direction: 'to-device',
      entries,
      attrs: ['skip-cpu-sync'],
    } as const
    const segment = { handle: addr, addr, bytes }
    const body = op === 'map-sg' ? () => asm.mark('dma.page', { handle: addr, iova: addr, addr, bytes }) : () => {}
    markedSegments(asm, env, call, (mark) => mark(segment), body, { mapped: 1, result: 1 })
  }
}

const syncsItself = ['skip-cpu-sync'] as const

export const debugPlans: Readonly<Record<DebugClassName, DebugPlan>> = {
  'unmap-invalid-address': {
    what: 'an unmap of the value that a failed mapping has',
    calls: (driver, wrong) => {
      driver.withMapping('to-device', (mapping) => {
        if (wrong) driver.unmap(mapping, { handle: dmaError, attrs: syncsItself })
      })
    },
  },
  'unmap-not-allocated': {
    what: 'a second unmap, which the layer refuses',
    backend: 'iommu',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const mapping = driver.map(va, driver.page, 'to-device')
        driver.unmap(mapping)
        if (wrong) driver.unmap(mapping)
      })
    },
  },
  'unmap-size': {
    what: 'an unmap of half of a mapping',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const mapping = driver.map(va, driver.page, 'to-device')
        driver.unmap(mapping, wrong ? { bytes: driver.page / 2 } : {})
      })
    },
  },
  'unmap-function': {
    what: 'an unmap_page of what map_single mapped',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const mapping = driver.map(va, driver.page, 'to-device')
        if (wrong) driver.context.dma.unmapPage(mapping)
        else driver.unmap(mapping)
      })
    },
  },
  'unmap-cpu-address': {
    what: 'coherent memory freed with the address of another allocation',
    calls: ({ context: { dma }, page }, wrong) => {
      const memory = dma.alloc(page, ['no-kernel-mapping'])
      dma.free(wrong ? { ...memory, va: add(memory.va, 1) as never } : memory)
    },
  },
  'unmap-sg-count': {
    what: 'a scatter list unmapped with the number of segments instead of the number of entries',
    calls: (driver, wrong) => {
      driver.withPage((addr) => {
        driver.list('map-sg', addr, driver.page, 2)
        driver.list('unmap-sg', addr, driver.page, wrong ? 1 : 2)
      })
    },
  },
  'unmap-direction': {
    what: 'an unmap with another direction',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const mapping = driver.map(va, driver.page, 'bidirectional')
        driver.unmap(mapping, wrong ? { direction: 'to-device' } : {})
      })
    },
  },
  'unmap-unchecked': {
    what: 'a mapping that nobody asked mapping_error about',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const options = { va, bytes: driver.page, direction: 'to-device' } as const
        driver.unmap(wrong ? driver.context.dma.mapSingle(options) : driver.map(va, driver.page, 'to-device'))
      })
    },
  },
  'sync-not-allocated': {
    what: 'a sync after the unmap, which the layer refuses',
    backend: 'iommu',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const mapping = driver.map(va, driver.page, 'to-device')
        if (!wrong) driver.context.dma.syncForDevice(mapping)
        driver.unmap(mapping)
        if (wrong) driver.context.dma.syncForDevice(mapping)
      })
    },
  },
  'sync-outside': {
    what: 'a sync that goes on behind its mapping',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const mapping = driver.map(va, driver.line, 'to-device')
        driver.context.dma.syncForDevice(mapping, { bytes: driver.line * (wrong ? 2 : 1) })
        driver.unmap(mapping)
      })
    },
  },
  'sync-direction': {
    what: 'a sync with another direction',
    calls: (driver, wrong) => {
      driver.withMapping('to-device', (mapping) => {
        driver.context.dma.syncForDevice(wrong ? { ...mapping, direction: 'bidirectional' } : mapping)
      })
    },
  },
  'sync-read-only': {
    what: 'a sync for the CPU of what the device only reads',
    calls: (driver, wrong) => {
      driver.withMapping('to-device', (mapping) => {
        driver.context.dma.syncForCpu(wrong ? { ...mapping, direction: 'from-device' } : mapping)
      })
    },
  },
  'sync-write-only': {
    what: 'a sync for the device of what the device only writes',
    calls: (driver, wrong) => {
      driver.withMapping('from-device', (mapping) => {
        driver.context.dma.syncForDevice(wrong ? { ...mapping, direction: 'to-device' } : mapping)
      })
    },
  },
  'sync-sg-count': {
    what: 'a scatter list synced with the number of segments instead of the number of entries',
    calls: (driver, wrong) => {
      driver.withPage((addr) => {
        driver.list('map-sg', addr, driver.page, 2)
        driver.list('sync-sg-for-device', addr, driver.page, wrong ? 1 : 2)
        driver.list('unmap-sg', addr, driver.page, 2)
      })
    },
  },
  'map-stack': {
    what: 'a mapping of a local variable',
    calls: (driver, wrong) => {
      const body = (_addr: Operand, va: Operand) => driver.unmap(driver.map(va, driver.line, 'to-device'))
      driver.withPage(body, wrong ? 'stack' : 'kernel')
    },
  },
  'map-text': {
    what: 'a mapping of a constant in kernel text',
    calls: (driver, wrong) => {
      const body = (_addr: Operand, va: Operand) => driver.unmap(driver.map(va, driver.line, 'to-device'))
      driver.withPage(body, wrong ? 'text' : 'kernel')
    },
  },
  'map-invalid-area': {
    what: 'map_single of an address that is none of the kernel',
    calls: (driver, wrong) => {
      const user = driver.context.dma.env.geometry.user.base
      driver.withPage((_addr, va) => {
        driver.unmap(driver.map(wrong ? user : va, driver.page, 'to-device', syncsItself))
      })
    },
  },
  'map-vmalloc': {
    what: 'map_single of remapped memory',
    calls: (driver, wrong) => {
      const { asm } = driver.context
      driver.withPage((addr, va) => {
        const [remapped] = asm.call('kernel.map', [addr, driver.page, 0, 0])
        driver.unmap(driver.map(wrong ? remapped : va, driver.page, 'to-device', syncsItself))
        asm.perform('kernel.unmap', [remapped])
      })
    },
  },
  'map-sg-length': {
    what: 'a segment longer than the device announced',
    calls: (driver, wrong) => {
      driver.withPage((addr) => {
        const limits = { maxSegmentBytes: driver.line }
        driver.list('map-sg', addr, driver.line * (wrong ? 2 : 1), 1, limits)
        driver.list('unmap-sg', addr, driver.line * (wrong ? 2 : 1), 1)
      })
    },
  },
  'map-sg-boundary': {
    what: 'a segment across the boundary that the device announced',
    calls: (driver, wrong) => {
      driver.withPage((addr) => {
        const limits = { segmentBoundary: driver.line - 1 }
        driver.list('map-sg', addr, driver.line * (wrong ? 2 : 1), 1, limits)
        driver.list('unmap-sg', addr, driver.line * (wrong ? 2 : 1), 1)
      })
    },
  },
  'map-overlap': {
    what: 'two halves of one line mapped at the same time, which the device may write',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const half = driver.line / 2
        const direction = wrong ? 'bidirectional' : 'to-device'
        const mappings = [driver.map(va, half, direction), driver.map(add(va, half), half, direction)]
        for (const mapping of mappings) driver.unmap(mapping)
      })
    },
  },
  'map-overlap-count': {
    what: 'one line mapped nine times',
    calls: (driver, wrong) => {
      driver.withPage((_addr, va) => {
        const map = () => driver.map(va, driver.line, 'bidirectional', syncsItself)
        const mappings = Array.from({ length: wrong ? 9 : 8 }, map)
        for (const mapping of mappings) driver.unmap(mapping)
      })
    },
  },
  'cpu-touch': {
    what: 'a page freed before its mapping is unmapped',
    calls: (driver, wrong) => {
      const { asm, dma } = driver.context
      const [addr] = asm.call('page.alloc', [driver.page, pageOwners.indexOf('kernel')])
      const mapping = driver.map(linearVa(dma.env.geometry, addr), driver.page, 'bidirectional')
      if (!wrong) driver.unmap(mapping)
      asm.perform('page.free', [addr, driver.page])
      if (wrong) driver.unmap(mapping, { attrs: syncsItself })
    },
  },
  'alloc-too-big': {
    what: 'an allocation as large as the coherent mask reaches',
    calls: ({ context: { asm, dma }, page }, wrong) => {
      asm.mark('device.mask', { device: { text: dma.env.device.name }, coherent: 1, mask: page * 2 - 1 })
      dma.free(dma.alloc(page * (wrong ? 2 : 1)))
    },
  },
  'device-pending': {
    what: 'a device released before its mapping is unmapped',
    calls: (driver, wrong) => {
      const release = () =>
        driver.context.asm.mark('device.released', { device: { text: driver.context.dma.env.device.name } })
      driver.withMapping('to-device', () => {
        if (wrong) release()
      })
      if (!wrong) release()
    },
  },
  'entries-exhausted': {
    what: 'more live mappings than there are entries',
    config: { entriesMax: 1 },
    calls: twoMappings,
  },
  'lines-exhausted': {
    what: 'more mapped lines than can be tracked',
    config: { linesMax: 1 },
    calls: twoMappings,
  },
}

/** Two lines mapped, at the same time or one after the other. */
function twoMappings(driver: Driver, together: boolean): void {
  driver.withPage((_addr, va) => {
    const first = driver.map(va, driver.line, 'from-device')
    if (!together) driver.unmap(first)
    const second = driver.map(add(va, driver.line), driver.line, 'from-device')
    if (together) driver.unmap(first)
    driver.unmap(second)
  })
}
