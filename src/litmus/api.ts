/** Litmus | the DMA API of the devices of a test. */

import type { Geometry } from '../../machines/geometry.ts'
import type { OsConfig } from '../../machines/os/types.ts'
import type { SysmmuVersion } from '../../machines/sysmmu/regs.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { DmaApi } from '../dma/api.ts'
import type { Assembler } from '../dma/assembler.ts'
import { dmarace } from '../dma/index.ts'
import { type BackendName, backendNames, type DmaDevice, usesIommu } from '../dma/types.ts'
import type { LitmusTest } from './form.ts'
import { unitBefore } from './table-units.ts'

/** What the driver of a test's devices is told. */
export interface ApiGround {
  readonly test: LitmusTest
  readonly geometry: Geometry
  readonly os: OsConfig
  /** First bytes of the register windows. */
  readonly windows: ReadonlyMap<string, number>
  /** Actor ids by name. */
  readonly ids: ReadonlyMap<string, string>
}

/** What makes the API of a device for a program. */
export function makeApi(ground: ApiGround): (asm: Assembler, device: string) => DmaApi {
  return (asm, device) => {
    const { test, geometry, os } = ground
    const devices = test.actors.flatMap((actor) => (actor.actor === 'device' ? [actor.name] : []))
    if (!devices.includes(device)) throw unknownName('device', device, devices)
    const known = dmaDevice(ground, device)
    return new DmaApi(asm, { geometry, os, devices: [known], edition: dmarace }, known.name)
  }
}

function dmaDevice({ test, os, windows, ids }: ApiGround, device: string): DmaDevice {
  const name = ids.get(device) as string
  const unit = unitBefore(test, device)
  const backend = backendOf(test, device)
  if (!usesIommu(backend)) return { name, backend }
  if (unit?.unit !== 'sysmmu') {
    throw new UsageError(`the DMA API of ${device} with backend ${backend} drives a SYSMMU: declare one for it`)
  }
  const [space] = os.mappings
  if (space?.name !== name) {
    throw new UsageError(
      `the DMA API of ${device} needs a second space of IO addresses, and a test has one, of its first device behind a SYSMMU: write the steps of ${device} by hand (pte, tlbi, own->dev)`,
    )
  }
  const id = ids.get(unit.name) as string
  const supplied = test.platform.units.find((one) => one.unit === 'supply' && one.of === unit.name)
  const kinds = supplied?.unit === 'supply' ? supplied.kinds : []
  const supply = { clock: kinds.includes('clock'), power: kinds.includes('power') }
  const base = windows.get(unit.name) as number
  const version = unit.version as SysmmuVersion
  return { name, backend, mmu: { name: id, base, ioSpace: name, version, invalidation: 'strict', supply } }
}

/** What `get_dma_ops` gives for a device. */
export function backendOf(test: LitmusTest, device: string): BackendName {
  for (const unit of test.platform.units) {
    if (unit.unit !== 'backend' || unit.device !== device) continue
    if (!(backendNames as readonly string[]).includes(unit.backend))
      throw unknownName('backend', unit.backend, backendNames)
    return unit.backend as BackendName
  }
  return unitBefore(test, device) === undefined ? 'linear' : 'iommu'
}
