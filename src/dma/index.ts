/** DMA | the registry: operations, the tables built from them, and editions as overrides. */

import { unknownName } from '../base/errors.ts'
import { linux36 } from './editions/linux-3.6/index.ts'
import { rfc2011 } from './editions/rfc-2011/index.ts'
import { maintenanceSteps } from './maintenance.ts'
import { absentFunction, missingMethod } from './missing.ts'
import { alloc } from './ops/alloc.ts'
import { dmaSupported } from './ops/dma-supported.ts'
import { free } from './ops/free.ts'
import { getRequiredMask } from './ops/get-required-mask.ts'
import { getSgtable } from './ops/get-sgtable.ts'
import { mapPage } from './ops/map-page.ts'
import { mapResource } from './ops/map-resource.ts'
import { mapSg } from './ops/map-sg.ts'
import { mappingError } from './ops/mapping-error.ts'
import { mmap } from './ops/mmap.ts'
import { setDmaMask } from './ops/set-dma-mask.ts'
import { syncSgForCpu } from './ops/sync-sg-for-cpu.ts'
import { syncSgForDevice } from './ops/sync-sg-for-device.ts'
import { syncSingleForCpu } from './ops/sync-single-for-cpu.ts'
import { syncSingleForDevice } from './ops/sync-single-for-device.ts'
import { unmapPage } from './ops/unmap-page.ts'
import { unmapResource } from './ops/unmap-resource.ts'
import { unmapSg } from './ops/unmap-sg.ts'
import { reachSteps } from './reach.ts'
import { driverSteps } from './sysmmu-driver.ts'
import { faultSteps } from './sysmmu-faults.ts'
import { addressSteps } from './sysmmu-flush-queue.ts'
import { runtimeSteps } from './sysmmu-runtime.ts'
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
  EditionOs,
  MmuDevice,
  OpName,
} from './types.ts'

/** Every operation of the contract, by the kernel's name. */
export const operations = {
  alloc,
  free,
  mmap,
  get_sgtable: getSgtable,
  map_page: mapPage,
  unmap_page: unmapPage,
  map_sg: mapSg,
  unmap_sg: unmapSg,
  sync_single_for_cpu: syncSingleForCpu,
  sync_single_for_device: syncSingleForDevice,
  sync_sg_for_cpu: syncSgForCpu,
  sync_sg_for_device: syncSgForDevice,
  map_resource: mapResource,
  unmap_resource: unmapResource,
  mapping_error: mappingError,
  dma_supported: dmaSupported,
  set_dma_mask: setDmaMask,
  get_required_mask: getRequiredMask,
} satisfies { readonly [Name in OpName]: DmaOperation<Name> }

/** The shared steps of edition `dmarace`. */
const steps: DmaSteps = {
  ...maintenanceSteps,
  ...reachSteps,
  ...tableSteps,
  ...driverSteps,
  ...addressSteps,
  ...runtimeSteps,
  ...faultSteps,
}

/** The base: no overrides. */
export const dmarace: Edition = {
  name: 'dmarace',
  description: 'all gaps of the older editions closed',
}

export const editions = {
  dmarace,
  'linux-3.6': linux36,
  'rfc-2011': rfc2011,
} satisfies Record<string, Edition>

/** The edition of that name. Throws `UsageError` with the known ones. */
export function editionNamed(name: string): Edition {
  const edition = (editions as Record<string, Edition>)[name]
  if (edition === undefined) throw unknownName('edition', name, Object.keys(editions))
  return edition
}

/** `edition` with `base` below it instead of edition `dmarace`. */
export function layered(edition: Edition, base: Edition): Edition {
  if (edition.name === dmarace.name) return base
  return { ...edition, base: edition.base ? layered(edition.base, base) : base }
}

/** A backend's table in edition `dmarace`. */
function baseTable(backend: BackendName): DmaOps {
  const lowerings = Object.entries(operations).map(([name, operation]) => [name, operation.lowerings[backend]])
  // `operations` has one entry for each name, and each entry a lowering for each backend; the compiler has seen to it.
  return Object.fromEntries(lowerings) as DmaOps
}

/** A backend's table of operations in an edition: the base's, then each layer of overrides. */
export function dmaTable(edition: Edition, backend: BackendName): DmaOps {
  const below = edition.base ? dmaTable(edition.base, backend) : baseTable(backend)
  const overrides = Object.entries(edition.ops?.[backend] ?? {}).map(([op, lowering]) => [
    op,
    lowering ?? missingMethod(op as OpName),
  ])
  const absent = Object.entries(edition.absent ?? {}).map(([op, since]) => [
    op,
    absentFunction(op as OpName, edition.name, since),
  ])
  return { ...below, ...Object.fromEntries(absent), ...Object.fromEntries(overrides) }
}

/** The shared steps of an edition. */
export function dmaSteps(edition: Edition): DmaSteps {
  const below = edition.base ? dmaSteps(edition.base) : steps
  return { ...below, ...edition.steps }
}

/** What an edition and those below it add to the os. */
export function editionOs(edition: Edition): EditionOs {
  const below = edition.base ? editionOs(edition.base) : {}
  const { locks = [], flags = [], ...own } = edition.os ?? {}
  return { ...below, ...own, locks: [...(below.locks ?? []), ...locks], flags: [...(below.flags ?? []), ...flags] }
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
    clients: clientsOf(platform, device),
    ops: getDmaOps(platform, device),
    steps: dmaSteps(platform.edition),
  }
}

/** The SYSMMUs of all devices that share the device's mapping, in their order. */
function clientsOf({ devices }: DmaPlatform, { mmu }: DmaDevice): readonly MmuDevice[] {
  return devices.flatMap((other) => (other.mmu && other.mmu.ioSpace === mmu?.ioSpace ? [other.mmu] : []))
}

/** The device's table of operations. */
export function getDmaOps(platform: DmaPlatform, device: DmaDevice): DmaOps {
  return dmaTable(platform.edition, device.backend)
}
