/** DMA | the platform that programs are written for: FIMC0 with its backend, the os and the edition. */

import { type Geometry, memoryMap } from '../../machines/geometry.ts'
import { type OsExtras, osConfig } from '../../machines/os/types.ts'
import { dmarace, editionOs } from './index.ts'
import { enabledFlag } from './sysmmu-driver.ts'
import { withFlushQueue } from './sysmmu-flush-queue.ts'
import { type BackendName, type DmaDevice, type DmaPlatform, type Edition, type MmuDevice, usesIommu } from './types.ts'

/** What a SYSMMU and its driver can differ in. */
export type MmuOptions = Partial<Pick<MmuDevice, 'version' | 'invalidation' | 'supply' | 'furtherBanks'>>

/** Another device on FIMC0's mapping, and its own SYSMMU. */
export type SharingDevice = Pick<DmaDevice, 'name'> & { readonly mmu: Pick<MmuDevice, 'name' | 'base'> }

const alwaysOn: MmuDevice['supply'] = { clock: false, power: false }

/**
 * What FIMC1, which has a SYSMMU of its own, is to the driver: a device on FIMC0's mapping; or the second engine of one device,
 * whose SYSMMU has a bank of registers for each.
 */
export type SecondEngine = 'device' | 'bank'

/** The same as `dmaPlatform` takes it. */
export function secondEngineOptions(second: SecondEngine | undefined): {
  readonly sharing: readonly SharingDevice[]
  readonly mmu: Pick<MmuOptions, 'furtherBanks'>
} {
  const { base } = memoryMap.sysmmuFimc1
  return {
    sharing: second === 'device' ? [{ name: 'fimc1', mmu: { name: 'sysmmu1', base } }] : [],
    mmu: second === 'bank' ? { furtherBanks: [base] } : {},
  }
}

/** FIMC0 behind SYSMMU0 on one geometry. With the backends that do not translate the SYSMMU stays off and lets addresses through. */
export function dmaPlatform(
  geometry: Geometry,
  options: {
    readonly backend: BackendName
    readonly edition?: Edition
    readonly os?: OsExtras
    /** What FIMC0 says about scatter lists. */
    readonly segments?: Pick<DmaDevice, 'maxSegmentBytes' | 'segmentBoundary'>
    readonly mmu?: MmuOptions
    /** Behind the SYSMMU only. */
    readonly sharing?: readonly SharingDevice[]
  },
): DmaPlatform {
  const { backend, edition = dmarace, os = {}, segments = {}, mmu: given = {}, sharing = [] } = options
  const shared: MmuDevice = {
    name: 'sysmmu0',
    base: memoryMap.sysmmuFimc0.base,
    ioSpace: 'fimc0',
    version: given.version ?? '1.0',
    invalidation: given.invalidation ?? 'strict',
    supply: given.supply ?? alwaysOn,
  }
  const mmu = given.furtherBanks ? { ...shared, furtherBanks: given.furtherBanks } : shared
  const device = { name: 'fimc0', backend, ...segments }
  const others = usesIommu(backend)
    ? sharing.map((other) => ({ ...other, backend, mmu: { ...shared, supply: alwaysOn, ...other.mmu } }))
    : []
  return {
    geometry,
    os: osConfig(
      geometry,
      withDriver(geometry, withSharing(os, sharing), { backend, edition, invalidation: mmu.invalidation }),
    ),
    devices: [usesIommu(backend) ? { ...device, mmu } : device, ...others],
    edition,
  }
}

/** The devices that share the first one's mapping, and whether their SYSMMUs are on. */
export function withSharing(os: OsExtras, sharing: readonly SharingDevice[]): OsExtras {
  if (sharing.length === 0) return os
  return {
    ...os,
    devices: ['fimc0', ...sharing.map(({ name }) => name)],
    flags: [...(os.flags ?? []), ...sharing.map(({ mmu }) => enabledFlag(mmu.name))],
  }
}

/** What a scenario adds to the os, then what the edition adds, and the flush queue of a lazy backend. */
export function withDriver(
  geometry: Geometry,
  extras: OsExtras,
  driver: {
    readonly backend: BackendName
    readonly edition: Edition
    readonly invalidation: MmuDevice['invalidation']
  },
): OsExtras {
  const { locks = [], flags = [], ioAddresses } = editionOs(driver.edition)
  const isQueued = usesIommu(driver.backend) && driver.invalidation === 'lazy'
  const os = isQueued ? withFlushQueue(geometry, extras) : extras
  return {
    ...os,
    ...(locks.length > 0 ? { locks: [...(os.locks ?? []), ...locks] } : {}),
    ...(flags.length > 0 ? { flags: [...(os.flags ?? []), ...flags] } : {}),
    ...(ioAddresses === 'pool' ? { allocator: { kind: 'pool', granuleBytes: geometry.poolGranuleBytes } } : {}),
  }
}
