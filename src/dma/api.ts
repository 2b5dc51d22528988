/** DMA | the DMA API as a driver calls it, for one device: `dma_map_single(dev, …)` becomes `dma.mapSingle({…})`. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { linearPa, pageAlign } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { deviceNamed, dmaEnv } from './index.ts'
import { alignDown, mod } from './operands.ts'
import { attachSysmmu, disableSysmmu, enableSysmmu, type Fault, handleFault, invalidateAll } from './sysmmu-driver.ts'
import type { Direction, DmaAttribute, DmaEnv, DmaPlatform } from './types.ts'

/** Memory from `alloc`. */
export interface Allocation {
  /** Kernel address; 0: failed; a cookie under `no-kernel-mapping`. */
  readonly va: Register
  readonly handle: Register
  readonly bytes: Operand
  readonly attrs: readonly DmaAttribute[]
}

/** A streaming mapping, as its unmap and syncs need it. */
export interface Mapping {
  readonly handle: Operand
  /** Position of the handle in its page. */
  readonly pageOffset: Operand
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  /** The function that made it; its unmap must be of the same name. */
  readonly kind: 'single' | 'page'
}

/** A part of a mapping; all of it by default. */
export interface SyncRange {
  readonly offset?: Operand
  readonly bytes?: Operand
}

interface MapOptions {
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs?: readonly DmaAttribute[]
}

/** Appends DMA API calls of one device to one program. Results are registers that stay taken. */
export class DmaApi {
  readonly env: DmaEnv
  private readonly asm: Assembler

  constructor(asm: Assembler, platform: DmaPlatform, device: string) {
    this.asm = asm
    this.env = dmaEnv(platform, deviceNamed(platform, device))
  }

  /** `dma_alloc_attrs`. */
  alloc(bytes: Operand, attrs: readonly DmaAttribute[] = []): Allocation {
    const to = { va: this.asm.temp(), handle: this.asm.temp() }
    this.asm.scope(() => this.env.ops.alloc(this.asm, this.env, { bytes, attrs, to }))
    return { ...to, bytes, attrs }
  }

  /** `dma_free_attrs`. */
  free(allocation: Allocation): void {
    this.asm.scope(() => this.env.ops.free(this.asm, this.env, allocation))
  }

  /** `dma_mmap_attrs`: the whole allocation, or `vmaBytes` from page `pageOffset` on. */
  mmap(
    allocation: Allocation,
    part: { readonly pageOffset?: Operand; readonly vmaBytes?: Operand } = {},
  ): { readonly va: Register; readonly status: Register } {
    const to = { va: this.asm.temp(), status: this.asm.temp() }
    const { pageOffset = 0, vmaBytes = pageAlign(this.env.geometry, allocation.bytes) } = part
    const { handle, bytes, attrs } = allocation
    this.asm.scope(() => this.env.ops.mmap(this.asm, this.env, { handle, bytes, pageOffset, vmaBytes, attrs, to }))
    return to
  }

  /** Ends a user mapping. */
  munmap(va: Operand): void {
    this.asm.perform('user.unmap', [va])
  }

  /** `dma_map_page_attrs`. `page` is a page-aligned physical address. */
  mapPage(options: MapOptions & { readonly page: Operand; readonly offset?: Operand }): Mapping {
    return this.map(options)
  }

  /** The one path of map_page and map_single; `va` is the address that map_single was given. */
  private map(
    options: MapOptions & { readonly page: Operand; readonly offset?: Operand; readonly va?: Operand },
  ): Mapping {
    const { page, offset = 0, bytes, direction, attrs = [], va } = options
    const to = this.asm.temp()
    const args = { page, offset, bytes, direction, attrs, to, ...(va === undefined ? {} : { va }) }
    this.asm.scope(() => this.env.ops.map_page(this.asm, this.env, args))
    const kind = va === undefined ? 'page' : 'single'
    return { handle: to, pageOffset: mod(offset, this.env.geometry.pageBytes), bytes, direction, attrs, kind }
  }

  /** `dma_map_single_attrs`: the page and offset of an address in the linear mapping; there is no other path. */
  mapSingle(options: MapOptions & { readonly va: Operand }): Mapping {
    const { va, ...rest } = options
    const { geometry } = this.env
    const addr = linearPa(geometry, va)
    const { pageBytes } = geometry
    return this.map({ ...rest, page: alignDown(addr, pageBytes), offset: mod(addr, pageBytes), va })
  }

  /** `dma_unmap_page_attrs`. */
  unmapPage(mapping: Mapping): void {
    this.asm.scope(() => this.env.ops.unmap_page(this.asm, this.env, { ...mapping, kind: 'page' }))
  }

  /** `dma_unmap_single_attrs`. */
  unmapSingle(mapping: Mapping): void {
    this.asm.scope(() => this.env.ops.unmap_page(this.asm, this.env, { ...mapping, kind: 'single' }))
  }

  /** `dma_sync_single_range_for_cpu`. */
  syncForCpu(mapping: Mapping, range: SyncRange = {}): void {
    const args = { ...mapping, offset: range.offset ?? 0, bytes: range.bytes ?? mapping.bytes }
    this.asm.scope(() => this.env.ops.sync_single_for_cpu(this.asm, this.env, args))
  }

  /** `dma_sync_single_range_for_device`. */
  syncForDevice(mapping: Mapping, range: SyncRange = {}): void {
    const args = { ...mapping, offset: range.offset ?? 0, bytes: range.bytes ?? mapping.bytes }
    this.asm.scope(() => this.env.ops.sync_single_for_device(this.asm, this.env, args))
  }

  /** `dma_mapping_error`: a register that is 1 if the mapping failed. */
  mappingError(handle: Operand): Register {
    const to = this.asm.temp()
    this.env.ops.mapping_error(this.asm, this.env, { handle, to })
    return to
  }

  /** A mapping whose handle comes from somewhere else, as from a list: everything must be as it was mapped. */
  mappingAt(
    handle: Operand,
    options: MapOptions & { readonly pageOffset?: Operand; readonly kind?: Mapping['kind'] },
  ): Mapping {
    const { bytes, direction, attrs = [], kind = 'single' } = options
    const { pageOffset = mod(handle, this.env.geometry.pageBytes) } = options
    return { handle, pageOffset, bytes, direction, attrs, kind }
  }

  /** `arm_iommu_attach_device`; nothing for a device without SYSMMU. */
  attach(): void {
    if (this.env.device.mmu !== undefined) attachSysmmu(this.asm, this.env)
  }
  enableMmu(): void {
    enableSysmmu(this.asm, this.env)
  }
  disableMmu(): void {
    disableSysmmu(this.asm, this.env)
  }
  invalidateMmu(): void {
    invalidateAll(this.asm, this.env)
  }
  /** The SYSMMU's interrupt handler. */
  handleMmuFault(onFault?: (fault: Fault) => Operand): void {
    if (onFault === undefined) handleFault(this.asm, this.env)
    else handleFault(this.asm, this.env, onFault)
  }
}
