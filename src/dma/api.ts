/** DMA | the DMA API as a driver calls it, for one device: `dma_map_single(dev, …)` becomes `dma.mapSingle({…})`. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { dmaError } from '../../machines/os/calls.ts'
import { linearPa, pageAlign } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { attachDevice, detachDevice } from './attach.ts'
import { atomicPool, createPool, destroyPool } from './bounce-pools.ts'
import { checkContext, directed } from './call-rules.ts'
import { deviceNamed, dmaEnv } from './index.ts'
import { alignDown, mod, ne } from './operands.ts'
import { disableSysmmu, enableSysmmu, invalidateAll } from './sysmmu-driver.ts'
import type { FaultPolicy } from './sysmmu-faults.ts'
import { flushQueue } from './sysmmu-flush-queue.ts'
import { type PrefetchWindow, setPrefetchWindows } from './sysmmu-prefetch.ts'
import { resumeSysmmu, suspendSysmmu } from './sysmmu-runtime.ts'
import type { DirectionArg, DmaAttribute, DmaEnv, DmaPlatform, MapPageArgs, OpName } from './types.ts'

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
  readonly direction: DirectionArg
  readonly attrs: readonly DmaAttribute[]
  /** The function that made it; its unmap must be of the same name. */
  readonly kind: 'single' | 'page'
}

/** A mapping of a resource. */
export type ResourceMapping = Omit<Mapping, 'kind' | 'pageOffset'>

/** A scatter list that is mapped. */
export interface SgMapping {
  readonly sg: Operand
  /** As given to map_sg. */
  readonly entries: Operand
  /** Segments that the device sees; 0: failed. */
  readonly mapped: Register
  readonly direction: DirectionArg
  readonly attrs: readonly DmaAttribute[]
}

/** A part of a mapping; all of it by default. */
export interface SyncRange {
  readonly offset?: Operand
  readonly bytes?: Operand
}

interface DirectedOptions {
  readonly direction: DirectionArg
  readonly attrs?: readonly DmaAttribute[]
}
interface MapOptions extends DirectedOptions {
  readonly bytes: Operand
}

/** Appends DMA API calls of one device to one program. Results are registers that stay taken. */
export class DmaApi {
  readonly env: DmaEnv
  private readonly asm: Assembler
  private readonly platform: DmaPlatform

  constructor(asm: Assembler, platform: DmaPlatform, device: string) {
    this.asm = asm
    this.platform = platform
    this.env = dmaEnv(platform, deviceNamed(platform, device))
  }

  /** The temporaries of an operation are free again after it. */
  private call(name: OpName, body: () => void): void {
    this.asm.scope(() => {
      checkContext(this.asm, this.env, name)
      body()
    })
  }

  /** `dma_alloc_attrs`. `atomic`: GFP_ATOMIC. */
  alloc(
    bytes: Operand,
    attrs: readonly DmaAttribute[] = [],
    { gfp = 'kernel' }: { readonly gfp?: 'kernel' | 'atomic' } = {},
  ): Allocation {
    const { asm, env } = this
    const to = { va: asm.temp(), handle: asm.temp() }
    asm.scope(() => {
      if (gfp === 'kernel') checkContext(asm, env, 'alloc')
      env.ops.alloc(asm, env, { bytes, gfp, attrs, to })
    })
    return { ...to, bytes, attrs }
  }

  /** `dma_free_attrs`. */
  free(allocation: Allocation): void {
    this.call('free', () => this.env.ops.free(this.asm, this.env, allocation))
  }

  /** `dma_mmap_attrs`: the whole allocation, or `vmaBytes` from page `pageOffset` on. */
  mmap(
    allocation: Allocation,
    part: { readonly pageOffset?: Operand; readonly vmaBytes?: Operand } = {},
  ): { readonly va: Register; readonly status: Register } {
    const to = { va: this.asm.temp(), status: this.asm.temp() }
    const { pageOffset = 0, vmaBytes = pageAlign(this.env.geometry, allocation.bytes) } = part
    const { va, handle, bytes, attrs } = allocation
    const args = { va, handle, bytes, pageOffset, vmaBytes, attrs, to }
    this.call('mmap', () => this.env.ops.mmap(this.asm, this.env, args))
    return to
  }

  /** Ends a user mapping. */
  munmap(va: Operand): void {
    this.asm.perform('user.unmap', [va])
  }

  /** `dma_get_sgtable_attrs`. The list is the caller's, to be given to `freeSg`. */
  getSgtable({ va, handle, bytes, attrs }: Allocation): {
    readonly sg: Register
    readonly entries: Register
    readonly status: Register
  } {
    const to = { sg: this.asm.temp(), entries: this.asm.temp(), status: this.asm.temp() }
    const args = { va, handle, bytes, attrs, to }
    this.call('get_sgtable', () => this.env.ops.get_sgtable(this.asm, this.env, args))
    return to
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
    const args: Omit<MapPageArgs, 'direction'> = { page, offset, bytes, attrs, to, ...(va === undefined ? {} : { va }) }
    const run = () =>
      directed(this.asm, this.env, direction, {
        valid: (known) => this.env.ops.map_page(this.asm, this.env, { ...args, direction: known }),
        invalid: () => this.asm.set(to, dmaError),
      })
    this.call('map_page', run)
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
    this.unmap({ ...mapping, kind: 'page' })
  }

  /** `dma_unmap_single_attrs`. */
  unmapSingle(mapping: Mapping): void {
    this.unmap({ ...mapping, kind: 'single' })
  }

  private unmap(mapping: Mapping): void {
    const { asm, env } = this
    const run = () =>
      directed(asm, env, mapping.direction, {
        valid: (direction) => env.ops.unmap_page(asm, env, { ...mapping, direction }),
      })
    this.call('unmap_page', run)
  }

  /** `dma_sync_single_range_for_cpu`. */
  syncForCpu(mapping: Mapping, range: SyncRange = {}): void {
    this.sync('sync_single_for_cpu', mapping, range)
  }

  /** `dma_sync_single_range_for_device`. */
  syncForDevice(mapping: Mapping, range: SyncRange = {}): void {
    this.sync('sync_single_for_device', mapping, range)
  }

  private sync(name: 'sync_single_for_cpu' | 'sync_single_for_device', mapping: Mapping, range: SyncRange): void {
    const { asm, env } = this
    const { handle, pageOffset } = mapping
    const args = { handle, pageOffset, offset: range.offset ?? 0, bytes: range.bytes ?? mapping.bytes }
    const run = () =>
      directed(asm, env, mapping.direction, { valid: (direction) => env.ops[name](asm, env, { ...args, direction }) })
    this.call(name, run)
  }

  /** A scatter list of these pieces of memory, by physical address; a register with its number, 0 if there is no room. */
  sgList(pieces: readonly { readonly addr: Operand; readonly bytes: Operand }[]): Register {
    const [sg] = this.asm.call('sg.alloc', [pieces.length])
    this.asm.if(ne(sg, 0), () => {
      for (const [index, { addr, bytes }] of pieces.entries()) this.asm.perform('sg.set', [sg, index, addr, bytes])
    })
    return sg
  }
  /** Drops a list; it must not be mapped. */
  freeSg(sg: Operand): void {
    this.asm.perform('sg.free', [sg])
  }

  /** `dma_map_sg_attrs`: the first `entries` of a list. */
  mapSg(sg: Operand, entries: Operand, { direction, attrs = [] }: DirectedOptions): SgMapping {
    const { asm, env } = this
    const to = asm.temp()
    const run = () =>
      directed(asm, env, direction, {
        valid: (known) => env.ops.map_sg(asm, env, { sg, entries, direction: known, attrs, to }),
        invalid: () => asm.set(to, 0),
      })
    this.call('map_sg', run)
    return { sg, entries, mapped: to, direction, attrs }
  }

  /** `dma_unmap_sg_attrs`. */
  unmapSg(mapping: SgMapping): void {
    const { asm, env } = this
    const run = () =>
      directed(asm, env, mapping.direction, {
        valid: (direction) => env.ops.unmap_sg(asm, env, { ...mapping, direction }),
      })
    this.call('unmap_sg', run)
  }

  /** `dma_sync_sg_for_cpu`. */
  syncSgForCpu(mapping: SgMapping): void {
    this.syncSg('sync_sg_for_cpu', mapping)
  }
  /** `dma_sync_sg_for_device`. */
  syncSgForDevice(mapping: SgMapping): void {
    this.syncSg('sync_sg_for_device', mapping)
  }

  private syncSg(name: 'sync_sg_for_cpu' | 'sync_sg_for_device', { sg, entries, direction }: SgMapping): void {
    const { asm, env } = this
    const run = () =>
      directed(asm, env, direction, { valid: (known) => env.ops[name](asm, env, { sg, entries, direction: known }) })
    this.call(name, run)
  }

  /** `sg_dma_address` and `sg_dma_len` of a segment: registers. */
  sgSegment(sg: Operand, index: Operand): { readonly handle: Register; readonly bytes: Register } {
    const [, , , handle, bytes] = this.asm.call('sg.get', [sg, index])
    return { handle, bytes }
  }

  /** `dma_map_resource`. */
  mapResource(options: MapOptions & { readonly addr: Operand }): ResourceMapping {
    const { asm, env } = this
    const { addr, bytes, direction, attrs = [] } = options
    const to = asm.temp()
    const run = () =>
      directed(asm, env, direction, {
        valid: (known) => env.ops.map_resource(asm, env, { addr, bytes, direction: known, attrs, to }),
        invalid: () => asm.set(to, dmaError),
      })
    this.call('map_resource', run)
    return { handle: to, bytes, direction, attrs }
  }

  /** `dma_unmap_resource`. */
  unmapResource(mapping: ResourceMapping): void {
    const { asm, env } = this
    const run = () =>
      directed(asm, env, mapping.direction, {
        valid: (direction) => env.ops.unmap_resource(asm, env, { ...mapping, direction }),
      })
    this.call('unmap_resource', run)
  }

  /** `dma_mapping_error`: a register that is 1 if the mapping failed. */
  mappingError(handle: Operand): Register {
    const to = this.asm.temp()
    this.call('mapping_error', () => this.env.ops.mapping_error(this.asm, this.env, { handle, to }))
    return to
  }

  /** `dma_supported`: a register that is 1 if it is. */
  supported(mask: Operand): Register {
    const to = this.asm.temp()
    this.call('dma_supported', () => this.env.ops.dma_supported(this.asm, this.env, { mask, to }))
    return to
  }
  /** `dma_set_mask`: a register with 0 or -EIO. */
  setMask(mask: Operand): Register {
    const to = this.asm.temp()
    this.call('set_dma_mask', () => this.env.ops.set_dma_mask(this.asm, this.env, { mask, to }))
    return to
  }
  /** `dma_get_required_mask`: a register with it. */
  requiredMask(): Register {
    const to = this.asm.temp()
    this.call('get_required_mask', () => this.env.ops.get_required_mask(this.asm, this.env, { to }))
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

  /**
   * `arm_iommu_attach_device`, `dmabounce_register_dev`; nothing for a linear device. `shared`: another device has made the
   * mapping (the IO address space) already, and this one joins it.
   */
  attach(mapping: 'new' | 'shared' = 'new'): void {
    attachDevice(this.asm, this.env, mapping)
  }
  /**
   * `arm_iommu_detach_device`, `dmabounce_unregister_dev`. A register with 0, or -EBUSY if something is mapped still; and
   * the API of the device after it, with the default table.
   */
  detach(): { readonly status: Register; readonly dma: DmaApi } {
    const status = this.asm.temp()
    this.asm.scope(() => detachDevice(this.asm, this.env, status))
    const { mmu: _mmu, ...device } = this.env.device
    const platform = { ...this.platform, devices: [{ ...device, backend: 'linear' as const }] }
    return { status, dma: new DmaApi(this.asm, platform, device.name) }
  }
  /** The kernel's `atomic_pool_init`, once at boot. */
  createAtomicPool(): void {
    createPool(this.asm, this.env, atomicPool)
  }
  /** For programs that give everything back. */
  destroyAtomicPool(): void {
    destroyPool(this.asm, this.env, atomicPool)
  }
  enableMmu(): void {
    enableSysmmu(this.asm, this.env)
  }
  /** What a lazy backend still has in its queue is given back first. */
  disableMmu(): void {
    if (this.env.device.mmu !== undefined) flushQueue(this.asm, this.env)
    disableSysmmu(this.asm, this.env)
  }
  invalidateMmu(): void {
    invalidateAll(this.asm, this.env)
  }
  /** Where a SYSMMU of version 3 may look ahead: nowhere else. */
  setMmuPrefetch(first: PrefetchWindow, second?: PrefetchWindow): void {
    setPrefetchWindows(this.asm, this.env, first, second)
  }
  /** The SYSMMU's interrupt handler. */
  handleMmuFault(policy?: FaultPolicy): void {
    this.env.steps.handleFault(this.asm, this.env, policy ? { policy } : {})
  }
  /** Runtime PM; the device is idle from before `suspendMmu` until after `resumeMmu`. */
  suspendMmu(): void {
    suspendSysmmu(this.asm, this.env)
  }
  resumeMmu(): void {
    resumeSysmmu(this.asm, this.env)
  }
  /** What the timer of a lazy backend does. */
  flushIovas(): void {
    if (this.env.device.mmu !== undefined) flushQueue(this.asm, this.env)
  }
}
