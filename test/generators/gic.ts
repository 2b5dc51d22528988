/** Test | messages for the interrupt controller: devices, drivers that initialise it well or badly, two cores. */

import { memoryMap } from '../../machines/geometry.ts'
import { defaultGicConfig, type GicConfig } from '../../machines/gic/machine.ts'
import { gicCpuRegs, gicDistributorRegs, gicField, gicSpurious } from '../../machines/gic/regs.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** Geometry does not matter here; the number of cores does. */
export const gicConfigs: Readonly<Record<string, GicConfig>> = {
  'two cores': defaultGicConfig,
  'one core': { ...defaultGicConfig, cores: 1 },
}

const distributorBase = memoryMap.gicDistributor.base
const interfaceBase = memoryMap.gicCpu.base

/** A generator for one configuration. */
export function gicMessages(config: GicConfig): (prng: Prng) => Message | undefined {
  return (prng) => {
    if (prng.chance(1, 2000)) return undefined
    const line = prng.chance(1, 30) ? 99 : prng.pick(config.lines)
    if (prng.chance(2, 5)) return { type: prng.chance(1, 2) ? 'irq.raise' : 'irq.lower', line } as Message
    const from = prng.chance(1, 40) ? 'cpu9' : `cpu${prng.below(config.cores)}`
    return prng.chance(2, 5) ? read(prng, from) : write(config, prng, from)
  }
}

function read(prng: Prng, from: string): Message {
  const addr = prng.chance(1, 2)
    ? interfaceBase + (prng.chance(1, 2) ? gicCpuRegs.acknowledge : prng.pick(Object.values(gicCpuRegs)))
    : distributorBase + prng.pick(Object.values(gicDistributorRegs)) + prng.below(40) * 4
  return { type: 'reg.read.req', from, txn: prng.below(2), addr } as Message
}

function write(config: GicConfig, prng: Prng, from: string): Message {
  const line = prng.pick(config.lines)
  const send = (addr: number, value: number): Message =>
    ({ type: 'reg.write.req', from, txn: prng.below(2), addr, value }) as Message
  const distributor = (register: number, bits: 1 | 8, value: number): Message => {
    const { offset, shift } = gicField(line, bits)
    return send(distributorBase + register + offset, (value << shift) >>> 0)
  }
  switch (prng.below(9)) {
    case 0:
      return send(distributorBase + gicDistributorRegs.control, prng.chance(4, 5) ? 1 : 0)
    case 1:
      return send(interfaceBase + gicCpuRegs.control, prng.chance(4, 5) ? 1 : 0)
    case 2:
      return send(interfaceBase + gicCpuRegs.priorityMask, prng.chance(4, 5) ? 0xf0 : prng.below(256))
    case 3:
      return send(interfaceBase + gicCpuRegs.binaryPoint, prng.below(8))
    case 4:
      return distributor(prng.chance(4, 5) ? gicDistributorRegs.enableSet : gicDistributorRegs.enableClear, 1, 1)
    case 5:
      return distributor(prng.chance(1, 2) ? gicDistributorRegs.pendingSet : gicDistributorRegs.pendingClear, 1, 1)
    case 6:
      return distributor(gicDistributorRegs.priority, 8, prng.below(256))
    case 7:
      return distributor(gicDistributorRegs.targets, 8, 1 + prng.below(3))
    default:
      return send(interfaceBase + gicCpuRegs.endOfInterrupt, prng.chance(1, 10) ? gicSpurious : line)
  }
}
