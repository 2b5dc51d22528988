/** DMA device | defineDmaDevice: a device that runs a program of DMA accesses, for litmus tests. */

/**
 *   a core's register accesses ──regs──▶ ┌───────────┐ ──bus───────▶ DMA reads, posted writes
 *   clock and power ───────────power──▶ │ program   │ ──translate─▶ the IOMMU, without an access
 *                                        └───────────┘ ──irq───────▶ interrupt line
 *
 * An instruction is a step, so that everything else can come between two of them; those that nobody outside could tell apart
 * from the step before take none. A wait is over in the step that makes its condition hold. Facts: HF-431 to HF-435.
 *
 * A program that can come to its end is finished there. One that cannot is finished while it waits for its registers: it is
 * a server that nobody has to call. Without power there is nothing to finish.
 *
 * Omitted: bursts, accesses of less than a word, several reads at a time.
 */

import { defineMachine, type MachineDefinition } from '../../src/statechart/define.ts'
import { litmus } from '../geometry.ts'
import { deviceGuards, lineActions, powerActions, programActions, registerActions, walkActions } from './actions.ts'
import { deviceChart } from './chart.ts'
import { makeContext } from './execution.ts'
import { compileDevice } from './program.ts'
import { walks } from './registers.ts'
import type { DmaDeviceConfig, DmaDeviceContext } from './types.ts'

export type { DmaDeviceConfig, DmaDeviceContext, DmaDeviceMessage } from './types.ts'

const events = {
  'read.resp': 'the data of a read, or an error',
  'write.resp': 'a write has landed, or an error',
  'reg.read.req': 'a core reads a register',
  'reg.write.req': 'a core writes a register',
  'registers.changed': 'a register was written: a wait may be over',
  step: 'the program goes on by an instruction',
} as const
const walkEvents = { 'translate.resp': 'a translation, or that there is none' } as const
const lineEvents = { 'line.raise': 'the line is to go up', 'line.lower': 'the line is to go down' } as const
const supplyEvents = {
  'power.on': 'the power domain is up',
  'power.off': 'the power domain goes down',
  'clock.on': 'the clock runs',
  'clock.off': 'the clock stands still',
} as const

/** The machine. Throws `UsageError` if its program is wrong. */
export function defineDmaDevice(config: DmaDeviceConfig): MachineDefinition {
  const device = { ...compileDevice(config), config }
  const hasLine = config.interruptLine !== undefined
  const hasWalks = walks(config)
  const hasSupply = config.supply !== undefined
  return defineMachine<DmaDeviceContext, never>({
    id: config.id,
    description: 'a device that runs a program of DMA accesses',
    inPorts: {
      bus: ['read.resp', 'write.resp'],
      regs: ['reg.read.req', 'reg.write.req'],
      ...(hasWalks ? { translate: Object.keys(walkEvents) } : {}),
      ...(hasSupply ? { power: Object.keys(supplyEvents) } : {}),
    },
    outPorts: {
      bus: ['read.req', 'write.req'],
      regs: ['reg.read.resp', 'reg.write.resp'],
      ...(hasWalks ? { translate: ['translate.req'] } : {}),
      ...(hasLine ? { irq: ['irq.raise', 'irq.lower'] } : {}),
    },
    events: {
      ...events,
      ...(hasWalks ? walkEvents : {}),
      ...(hasLine ? lineEvents : {}),
      ...(hasSupply ? supplyEvents : {}),
    },
    raised: ['registers.changed', ...(hasLine ? Object.keys(lineEvents) : [])],
    spontaneous: {
      step: {
        description: 'the program goes on by an instruction',
        kind: 'must',
        latencyCycles: config.stepCycles,
      },
    },
    context: () => makeContext(device),
    guards: deviceGuards(device),
    actions: {
      ...programActions(device),
      ...registerActions(device, hasLine),
      ...(hasWalks ? walkActions(device) : {}),
      ...(hasLine ? lineActions(device) : {}),
      ...(hasSupply ? powerActions(device) : {}),
    },
    chart: deviceChart(config.id, { walks: hasWalks, line: hasLine, supply: config.supply }),
  })
}

const buffer = litmus.iova.base

/** A device that once started serves one request after another, unless it is told to end; with everything that it can have. */
export const defaultDmaDeviceConfig: DmaDeviceConfig = {
  id: 'device0',
  base: 0x12000000,
  registers: [
    { name: 'STATUS', value: 0 },
    { name: 'ACK', value: 0 },
  ],
  reactions: [
    {
      register: 'ACK',
      body: [
        { op: 'branch', to: 'keep', when: ['eq', 'ACK', 0] },
        { op: 'set', to: 'STATUS', value: 0 },
        { op: 'lower' },
        { op: 'label', name: 'keep' },
      ],
    },
  ],
  program: [
    { op: 'wait', until: ['ne', 'STATUS', 0] },
    { op: 'branch', to: 'end', when: ['eq', 'STATUS', 1] },
    { op: 'label', name: 'serve' },
    { op: 'wait', until: ['ne', 'BELL', 0] },
    { op: 'set', to: 'at', value: 'BELL' },
    { op: 'set', to: 'BELL', value: 0 },
    { op: 'walk', addr: 'at' },
    { op: 'read', addr: 'at', to: 'word' },
    { op: 'write', addr: ['add', 'at', 4], value: ['add', 'word', 1] },
    { op: 'write', addr: 'at', value: 0 },
    { op: 'write', addr: buffer, value: 1 },
    { op: 'fence' },
    { op: 'set', to: 'STATUS', value: 1 },
    { op: 'raise' },
    { op: 'branch', to: 'serve' },
    { op: 'label', name: 'end' },
  ],
  outstandingWrites: 2, // HF-431
  interruptLine: 64,
  supply: { clock: 'on', power: 'on' },
  stepCycles: 4, // HF-434
}

export const dmaDeviceMachine = defineDmaDevice(defaultDmaDeviceConfig).machine
