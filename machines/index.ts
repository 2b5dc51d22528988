/** Machines | the registry: every machine in its default configuration, by name. */

import type { MachineDefinition } from '../src/statechart/define.ts'
import { defaultAtcConfig, defineAtc } from './atc/machine.ts'
import {
  defaultL1Config,
  defaultPl310Config,
  defaultScuConfig,
  defineL1,
  definePl310,
  defineScu,
} from './cache-controller/index.ts'
import { defaultCpuConfig, defineCpu } from './cpu/machine.ts'
import { defaultDmaDeviceConfig, defineDmaDevice } from './dma-device/machine.ts'
import { defaultDramConfig, defineDram } from './dram/machine.ts'
import { defaultFimcConfig, defineFimc } from './fimc/machine.ts'
import { defaultGicConfig, defineGic } from './gic/machine.ts'
import { defaultIommuConfig, defineIommu, fullIommuConfig } from './iommu/machine.ts'
import { defaultMemoryBusConfig, defineMemoryBus } from './memory-bus/machine.ts'
import { defaultOsConfig, defineOs } from './os/machine.ts'
import { defaultPowerConfig, definePower } from './power/machine.ts'
import { defaultSensorConfig, defineSensor } from './sensor/machine.ts'
import { defaultSysmmuConfig, defineSysmmu, fullSysmmuConfig } from './sysmmu/machine.ts'

/** Generated tables and contract tests run over these; a platform makes its own with its own sizes. */
export const machines = {
  cpu: defineCpu(defaultCpuConfig),
  l1: defineL1(defaultL1Config),
  scu: defineScu(defaultScuConfig),
  pl310: definePl310(defaultPl310Config),
  sysmmu: defineSysmmu(defaultSysmmuConfig),
  'sysmmu-v3': defineSysmmu(fullSysmmuConfig),
  iommu: defineIommu(defaultIommuConfig),
  'iommu-full': defineIommu(fullIommuConfig),
  atc: defineAtc(defaultAtcConfig),
  power: definePower(defaultPowerConfig),
  'memory-bus': defineMemoryBus(defaultMemoryBusConfig),
  dram: defineDram(defaultDramConfig),
  fimc: defineFimc(defaultFimcConfig),
  'dma-device': defineDmaDevice(defaultDmaDeviceConfig),
  sensor: defineSensor(defaultSensorConfig),
  gic: defineGic(defaultGicConfig),
  os: defineOs(defaultOsConfig),
} satisfies Record<string, MachineDefinition>

export type MachineName = keyof typeof machines
