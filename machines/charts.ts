/** Machines | the statechart of each machine in its default configuration: a plain XState machine, for any XState tool. */

import { machines } from './index.ts'

export const cpuMachine = machines.cpu.machine
export const l1Machine = machines.l1.machine
export const scuMachine = machines.scu.machine
export const pl310Machine = machines.pl310.machine
export const sysmmuMachine = machines.sysmmu.machine
export const iommuMachine = machines.iommu.machine
export const atcMachine = machines.atc.machine
export const powerMachine = machines.power.machine
export const memoryBusMachine = machines['memory-bus'].machine
export const dramMachine = machines.dram.machine
export const fimcMachine = machines.fimc.machine
export const dmaDeviceMachine = machines['dma-device'].machine
export const sensorMachine = machines.sensor.machine
export const gicMachine = machines.gic.machine
export const osMachine = machines.os.machine
