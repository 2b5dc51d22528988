/** Test | messages for the power controller: register accesses to it and through it, answers, asked for or not. */

import { memoryMap } from '../../machines/geometry.ts'
import { defaultPowerConfig, type PowerConfig } from '../../machines/power/machine.ts'
import { clockGateSysmmu, localPower, powerRegs } from '../../machines/power/regs.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** Everything switched, and each of the two alone; the clock of a machine that stands still without it; other states at reset. */
export const powerConfigs: readonly PowerConfig[] = [
  defaultPowerConfig,
  { ...defaultPowerConfig, powerDomain: false },
  { ...defaultPowerConfig, clockGating: false },
  { ...defaultPowerConfig, clockDrives: 'all' },
  { ...defaultPowerConfig, clockDrives: 'all', initial: { clock: 'on', power: 'off' } },
  { ...defaultPowerConfig, powerDomain: false, initial: { clock: 'on', power: 'on' } },
]

const addrs = [...Object.values(powerRegs), memoryMap.clocks.base, memoryMap.powerUnit.base, memoryMap.sysmmuFimc0.base]

export function powerMessage(prng: Prng): Message | undefined {
  if (prng.chance(1, 200)) return undefined
  const common = { from: 'cpu0', txn: prng.below(3), addr: prng.pick(addrs) }
  const value = prng.pick([0, clockGateSysmmu, localPower, 3, prng.next() >>> 0])
  return prng.pick([
    { type: 'reg.read.req', ...common },
    { type: 'reg.write.req', ...common, value },
    { type: 'reg.write.req', ...common, value },
    { type: 'reg.read.resp', ...common, value, ok: true },
    { type: 'reg.write.resp', ...common, ok: prng.chance(3, 4) },
  ]) as Message
}
