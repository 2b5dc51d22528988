/** DMA | the registry: operations, the tables built from them, and editions as overrides. */

import { unknownName } from '../base/errors.ts'
import { maintenanceSteps } from './maintenance.ts'
import { alloc } from './ops/alloc.ts'
import { free } from './ops/free.ts'
import { mapPage } from './ops/map-page.ts'
import { mappingError } from './ops/mapping-error.ts'
import { mmap } from './ops/mmap.ts'
import { syncSingleForCpu } from './ops/sync-single-for-cpu.ts'
import { syncSingleForDevice } from './ops/sync-single-for-device.ts'
import { unmapPage } from './ops/unmap-page.ts'
import { driverSteps } from './sysmmu-driver.ts'
import { addressSteps } from './sysmmu-flush-queue.ts'
import { tableSteps } from './sysmmu-tables.ts'
import type {
  BackendName,
  DmaDevice,
  DmaEnv,
  DmaOperation,
  DmaOps,
  DmaPlatform,
  DmaSteps,
  Edition,
  OpName,
} from './types.ts'

/** Every operation of the contract, by the kernel's name. */
export const operations = {
  alloc,
  free,
  mmap,
  map_page: mapPage,
  unmap_page: unmapPage,
  sync_single_for_cpu: syncSingleForCpu,
  sync_single_for_device: syncSingleForDevice,
  mapping_error: mappingError,
} satisfies { readonly [Name in OpName]: DmaOperation<Name> }

/** The shared steps of edition `dmarace`. */
const steps: DmaSteps = { ...maintenanceSteps, ...tableSteps, ...driverSteps, ...addressSteps }

/** The base: no overrides. */
export const dmarace: Edition = {
  name: 'dmarace',
  description: 'all gaps of the older editions closed',
}

export const editions = { dmarace } satisfies Record<string, Edition>

/** The edition of that name. Throws `UsageError` with the known ones. */
export function editionNamed(name: string): Edition {
  const edition = (editions as Record<string, Edition>)[name]
  if (edition === undefined) throw unknownName('edition', name, Object.keys(editions))
  return edition
}

/** A backend's table in edition `dmarace`. */
function baseTable(backend: BackendName): DmaOps {
  return {
    alloc: alloc.lowerings[backend],
    free: free.lowerings[backend],
    mmap: mmap.lowerings[backend],
    map_page: mapPage.lowerings[backend],
    unmap_page: unmapPage.lowerings[backend],
    sync_single_for_cpu: syncSingleForCpu.lowerings[backend],
    sync_single_for_device: syncSingleForDevice.lowerings[backend],
    mapping_error: mappingError.lowerings[backend],
  }
}

/** A backend's table of operations in an edition: the base's, then each layer of overrides. */
export function dmaTable(edition: Edition, backend: BackendName): DmaOps {
  const below = edition.base ? dmaTable(edition.base, backend) : baseTable(backend)
  return { ...below, ...edition.ops?.[backend] }
}

/** The shared steps of an edition. */
export function dmaSteps(edition: Edition): DmaSteps {
  const below = edition.base ? dmaSteps(edition.base) : steps
  return { ...below, ...edition.steps }
}

/** The device of that name on a platform. */
export function deviceNamed(platform: DmaPlatform, name: string): DmaDevice {
  const device = platform.devices.find((candidate) => candidate.name === name)
  if (device === undefined) {
    throw unknownName(
      'device',
      name,
      platform.devices.map((candidate) => candidate.name),
    )
  }
  return device
}

/** `get_dma_ops(dev)`: what lowerings for this device get; its own table, chosen by its backend. */
export function dmaEnv(platform: DmaPlatform, device: DmaDevice): DmaEnv {
  return {
    geometry: platform.geometry,
    os: platform.os,
    device,
    ops: getDmaOps(platform, device),
    steps: dmaSteps(platform.edition),
  }
}

/** The device's table of operations. */
export function getDmaOps(platform: DmaPlatform, device: DmaDevice): DmaOps {
  return dmaTable(platform.edition, device.backend)
}
