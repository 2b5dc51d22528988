/** Power | the clock gate and the power domain of one machine, with the gate that its register accesses pass. */

/**
 *   bus.sysmmu0-regs ───apb────▶ ┌─────────────────────────┐ ──target──▶ sysmmu0.regs
 *   bus.clocks ────────clocks──▶ │ ready, gated, unpowered  │ ──power───▶ sysmmu0.power
 *   bus.power-unit ────unit────▶ └─────────────────────────┘
 *
 * Facts: HF-424 to HF-426. An access without clock or power gets an error answer; on a board it may hang for ever, which a
 * program could not report. A SYSMMU translates without its register clock, since the device's own clock drives that; a device
 * of a litmus test has one clock for everything.
 *
 * Omitted: every other clock and domain, the time that switching takes, FIMC in the same domain as its SYSMMU (a driver writes
 * all its registers anew before it starts it).
 */

import {
  defineMachine,
  type MachineDefinition,
  type StateConfig,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import type { MemoryRange } from '../geometry.ts'
import type { RegReadReq, RegWriteReq } from '../protocol.ts'
import { clockActions, domainActions, powerActions } from './actions.ts'
import { sysmmuFimc0Supply } from './regs.ts'
import type { PowerConfig, PowerContext } from './types.ts'

export type { PowerConfig, PowerMessage, PowerRegisters, SupplyState } from './types.ts'

// --- Guards -------------------------------------------------------------------------------------------------------------

function guards({ clockGating, powerDomain, registers }: PowerConfig) {
  const { clocks, powerUnit, clockGate, clockBits, configuration, powerBits } = registers
  const lies = (message: RegReadReq | RegWriteReq, { base, bytes }: MemoryRange): boolean =>
    message.addr >= base && message.addr < base + bytes
  const clock = (message: RegWriteReq): boolean => clockGating && message.addr === clockGate
  const power = (message: RegWriteReq): boolean => powerDomain && message.addr === configuration
  const runs = (message: RegWriteReq): boolean => (message.value & clockBits) !== 0
  const isUp = (message: RegWriteReq): boolean => (message.value & powerBits) === powerBits
  return {
    asksClocks: (_context: PowerContext, message: RegReadReq | RegWriteReq) => lies(message, clocks),
    asksUnit: (_context: PowerContext, message: RegReadReq | RegWriteReq) => lies(message, powerUnit),
    startsClock: (_context: PowerContext, message: RegWriteReq) => clock(message) && runs(message),
    stopsClock: (_context: PowerContext, message: RegWriteReq) => clock(message) && !runs(message),
    powersUp: (_context: PowerContext, message: RegWriteReq) => power(message) && isUp(message),
    powersDown: (_context: PowerContext, message: RegWriteReq) => power(message) && !isUp(message),
  }
}

// --- States -------------------------------------------------------------------------------------------------------------

const toClocks = { type: 'acknowledgeWrite', params: { port: 'clocks' } } as const
const toUnit = { type: 'acknowledgeWrite', params: { port: 'unit' } } as const

/** Register accesses while clock and power are as given; `changes` come first. */
function accesses(
  supply: { readonly clock: boolean; readonly power: boolean },
  changes: readonly TransitionConfig[],
): Record<string, Transitions> {
  const isReady = supply.clock && supply.power
  const beyond = isReady ? 'forward' : { type: 'fail', params: { why: supply.power ? 'clock' : 'power' } }
  const answer = (port: 'clocks' | 'unit') => ({ type: 'answerRead', params: { port, ...supply } })
  return {
    'reg.read.req': [
      { guard: 'asksClocks', actions: answer('clocks') },
      { guard: 'asksUnit', actions: answer('unit') },
      { actions: beyond },
    ],
    'reg.write.req': [
      ...changes,
      { guard: 'asksClocks', actions: toClocks },
      { guard: 'asksUnit', actions: toUnit },
      { actions: beyond },
    ],
  }
}

function chart(config: PowerConfig): StateConfig {
  const { id, clockGating, powerDomain, initial } = config
  const at = (path: string): string => `#${id}.${path}`
  const tells = tellsClock(config)
  const start = (target: string): TransitionConfig => {
    return { guard: 'startsClock', target: at(target), actions: tells ? [toClocks, 'clockUp'] : toClocks }
  }
  const stop = (target: string): TransitionConfig => {
    return { guard: 'stopsClock', target: at(target), actions: tells ? [toClocks, 'clockDown'] : toClocks }
  }
  const up = (target: string): TransitionConfig => {
    return { guard: 'powersUp', target: at(target), actions: [toUnit, 'powerUp'] }
  }
  const down = (target: string): readonly TransitionConfig[] => {
    return powerDomain ? [{ guard: 'powersDown', target: at(target), actions: [toUnit, 'powerDown'] }] : []
  }
  const unpowered: StateConfig = {
    description: 'the domain is down',
    initial: initial.clock === 'on' ? 'clocked' : 'gated',
    states: {
      gated: {
        description: 'the register clock is off, too',
        on: accesses({ clock: false, power: false }, [start('unpowered.clocked'), up('gated')]),
      },
      clocked: {
        description: 'the register clock will run when there is power',
        on: accesses({ clock: true, power: false }, [stop('unpowered.gated'), up('ready')]),
      },
    },
  }
  const answers = { actions: 'passAnswer', description: 'an access that was let through is answered' }
  return {
    description: 'what the supplied machine gets: clock and power',
    initial:
      powerDomain && initial.power === 'off' ? 'unpowered' : clockGating && initial.clock === 'off' ? 'gated' : 'ready',
    on: { 'reg.read.resp': answers, 'reg.write.resp': answers },
    states: {
      ready: {
        description: 'clock and power are on: register accesses get through',
        on: accesses({ clock: true, power: true }, [stop('gated'), ...down('unpowered.clocked')]),
      },
      gated: {
        description: 'the register clock is off',
        on: accesses({ clock: false, power: true }, [start('ready'), ...down('unpowered.gated')]),
      },
      ...(powerDomain ? { unpowered } : {}),
    },
  }
}

function tellsClock({ clockGating, clockDrives }: PowerConfig): boolean {
  return clockGating && clockDrives === 'all'
}

// --- Export -------------------------------------------------------------------------------------------------------------

export function definePower(config: PowerConfig): MachineDefinition {
  const requests = ['reg.read.req', 'reg.write.req']
  const answers = ['reg.read.resp', 'reg.write.resp']
  const told = [
    ...(config.powerDomain ? ['power.on', 'power.off'] : []),
    ...(tellsClock(config) ? ['clock.on', 'clock.off'] : []),
  ]
  return defineMachine<PowerContext, never>({
    id: config.id,
    description: 'switches the clock and the power of one machine',
    inPorts: { apb: requests, clocks: requests, unit: requests, target: answers },
    outPorts: {
      apb: answers,
      clocks: answers,
      unit: answers,
      target: requests,
      ...(told.length > 0 ? { power: told } : {}),
    },
    events: {
      'reg.read.req': 'a core reads a register of the supplied machine, or of the controllers',
      'reg.write.req': 'a core writes a register of the supplied machine, or of the controllers',
      'reg.read.resp': 'the supplied machine answers a read',
      'reg.write.resp': 'the supplied machine answers a write',
    },
    context: () => ({}),
    guards: guards(config),
    actions: {
      ...powerActions(config),
      ...(config.powerDomain ? domainActions : {}),
      ...(tellsClock(config) ? clockActions : {}),
    },
    chart: chart(config),
  })
}

export const defaultPowerConfig: PowerConfig = {
  id: 'power0',
  supplied: 'sysmmu0',
  clockGating: true,
  powerDomain: true,
  registers: sysmmuFimc0Supply,
  initial: { clock: 'off', power: 'on' },
  clockDrives: 'registers',
}

export const powerMachine = definePower(defaultPowerConfig).machine
