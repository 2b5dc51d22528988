/** GIC | the interrupt controller: level-sensitive lines, distributor, a CPU interface per core. */

// Facts: HF-220 to HF-227. Left out: software-generated and per-core interrupts (lines below 32), edge-triggered lines,
// the security extension.

import { assert } from '../../src/base/assert.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { type ActionDefinition, defineMachine, type MachineDefinition } from '../../src/statechart/define.ts'
import { interruptLines } from '../geometry.ts'
import type { IrqLower, IrqRaise, RegReadReq, RegWriteReq } from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import { gicChart } from './chart.ts'
import { noLine, signalled } from './priority.ts'
import {
  coreOf,
  distributorOffset,
  interfaceOffset,
  priorityBits,
  readRegister,
  writeRegister,
} from './register-file.ts'
import { gicCpuRegs, gicDistributorRegs } from './regs.ts'
import type { GicConfig, GicContext } from './types.ts'

export type { EnabledLine, GicConfig, GicContext, GicMessage } from './types.ts'

type Action<Msg extends Message> = ActionDefinition<GicContext, Msg>
interface CoreParams {
  readonly core: number
}

const firstSharedLine = 32 // HF-227
const coresMax = 8 // HF-227

function guardsOf(config: GicConfig) {
  const isDistributorControl = (message: RegReadReq | RegWriteReq): boolean =>
    distributorOffset(message.addr) === gicDistributorRegs.control
  const isInterface = (message: RegReadReq | RegWriteReq, offset: number, core: number): boolean =>
    interfaceOffset(message.addr) === offset && coreOf(config, message.from) === core
  const isSet = (message: RegWriteReq): boolean => (message.value & 1) !== 0
  return {
    isWired: (_ctx: GicContext, message: IrqRaise | IrqLower) => config.lines.includes(message.line),
    enablesDistributor: (_ctx: GicContext, message: RegWriteReq) => isDistributorControl(message) && isSet(message),
    disablesDistributor: (_ctx: GicContext, message: RegWriteReq) => isDistributorControl(message) && !isSet(message),
    readsDistributorControl: (_ctx: GicContext, message: RegReadReq) => isDistributorControl(message),
    enablesInterface: (_ctx: GicContext, message: RegWriteReq, { core }: CoreParams) =>
      isInterface(message, gicCpuRegs.control, core) && isSet(message),
    disablesInterface: (_ctx: GicContext, message: RegWriteReq, { core }: CoreParams) =>
      isInterface(message, gicCpuRegs.control, core) && !isSet(message),
    readsInterfaceControl: (_ctx: GicContext, message: RegReadReq, { core }: CoreParams) =>
      isInterface(message, gicCpuRegs.control, core),
    acknowledges: (_ctx: GicContext, message: RegReadReq, { core }: CoreParams) =>
      isInterface(message, gicCpuRegs.acknowledge, core),
    endsInterrupt: (_ctx: GicContext, message: RegWriteReq) =>
      interfaceOffset(message.addr) === gicCpuRegs.endOfInterrupt,
    isDue: (ctx: GicContext, _message: Message, { core }: CoreParams) => signalled(ctx, core) !== noLine,
    isOver: (ctx: GicContext, _message: Message, { core }: CoreParams) => signalled(ctx, core) === noLine,
  }
}

function actionsOf(config: GicConfig) {
  /** What handling a change may send: each core's signal changes at most once. */
  const toCores: Record<string, number> = {}
  for (let core = 0; core < config.cores; core++) toCores[`cpu${core}`] = 1
  const setLevel = (ctx: GicContext, line: number, level: boolean): void => {
    ctx.level[config.lines.indexOf(line)] = level
  }
  return {
    raiseLine: {
      description: 'the device holds its line high',
      run: (ctx, message) => setLevel(ctx, message.line, true),
    } satisfies Action<IrqRaise>,
    lowerLine: {
      description: 'the device lets its line go: no longer pending, unless made so by a register write',
      run: (ctx, message) => setLevel(ctx, message.line, false),
    } satisfies Action<IrqLower>,
    linesChanged: {
      description: 'has the distributor look again',
      sends: toCores,
      run: (_ctx, _message, out) => out.raise({ type: 'lines.changed' }),
    } satisfies Action<Message>,
    updateInterfaces: {
      description: 'has every CPU interface compare again',
      sends: toCores,
      run: (_ctx, _message, out) => out.raise({ type: 'interface.update' }),
    } satisfies Action<Message>,
    silenceInterfaces: {
      description: 'takes every offer back',
      sends: toCores,
      run: (_ctx, _message, out) => out.raise({ type: 'interface.silence' }),
    } satisfies Action<Message>,
    acknowledge: {
      description: 'returns the id of the signalled interrupt and makes it active on this core',
      sends: { regs: 1 },
      run: (ctx, message, out, { core }: CoreParams) => {
        const at = signalled(ctx, core)
        ctx.activeCore[at] = core
        ctx.latched[at] = false
        answerRegisterRead(out, message, config.lines[at] as number)
      },
    } satisfies Action<RegReadReq>,
    endInterrupt: {
      description: 'ends the interrupt, if it is active on the core that says so',
      run: (ctx, message) => {
        const at = config.lines.indexOf(message.value)
        const core = coreOf(config, message.from)
        if (at >= 0 && core >= 0 && ctx.activeCore[at] === core) ctx.activeCore[at] = noLine
      },
    } satisfies Action<RegWriteReq>,
    answerRead: {
      description: 'answers with the register; ICCIAR with the spurious id, since nothing is signalled',
      sends: { regs: 1 },
      run: (ctx, message, out) =>
        answerRegisterRead(out, message, readRegister(config, ctx, coreOf(config, message.from), message.addr)),
    } satisfies Action<RegReadReq>,
    answerEnabled: {
      description: 'answers that the enable bit is set',
      sends: { regs: 1 },
      run: (_ctx, message, out) => answerRegisterRead(out, message, 1),
    } satisfies Action<RegReadReq>,
    acknowledgeWrite: {
      description: 'answers the register write',
      sends: { regs: 1 },
      run: (_ctx, message, out) => answerRegisterWrite(out, message, 'ok'),
    } satisfies Action<RegWriteReq>,
    storeRegister: {
      description: 'stores the register',
      run: (ctx, message) => writeRegister(config, ctx, coreOf(config, message.from), message.addr, message.value),
    } satisfies Action<RegWriteReq>,
    ...signalActions(config),
  }
}

/** `assert.cpu0`, `deassert.cpu0` and so on. */
function signalActions(config: GicConfig): Record<string, Action<Message>> {
  const actions: Record<string, Action<Message>> = {}
  for (let core = 0; core < config.cores; core++) {
    const port = `cpu${core}`
    actions[`assert.${port}`] = {
      description: `raises the interrupt signal of core ${core}`,
      sends: { [port]: 1 },
      run: (_ctx, _message, out) => out.send(port, { type: 'irq.assert' }),
    }
    actions[`deassert.${port}`] = {
      description: `lowers the interrupt signal of core ${core}`,
      sends: { [port]: 1 },
      run: (_ctx, _message, out) => out.send(port, { type: 'irq.deassert' }),
    }
  }
  return actions
}

function contextOf(config: GicConfig): GicContext {
  const perLine = <T>(value: T): T[] => new Array<T>(config.lines.length).fill(value)
  const perCore = (value: number): number[] => new Array<number>(config.cores).fill(value)
  const enabled = config.enabled ?? []
  const coreFor = (line: number): number => enabled.find((each) => each.line === line)?.core ?? -1
  const masked = (core: number): boolean => !enabled.some((each) => each.core === core)
  return {
    level: perLine(false),
    latched: perLine(false),
    enabled: config.lines.map((line) => coreFor(line) >= 0),
    activeCore: perLine(noLine),
    priority: perLine(0),
    targets: config.lines.map((line) => (coreFor(line) < 0 ? 0 : 1 << coreFor(line))),
    priorityMask: perCore(0).map((mask, core) => (masked(core) ? mask : priorityBits)),
    binaryPoint: perCore(0),
  }
}

const events = {
  'irq.raise': 'a device holds its line high',
  'irq.lower': 'a device lets its line go',
  'reg.read.req': 'a core reads a register; ICCIAR acknowledges',
  'reg.write.req': 'a core writes a register; ICCEOIR ends an interrupt',
  'lines.changed': 'what is pending, enabled, active or masked has changed',
  'interface.update': 'the distributor offers what is pending',
  'interface.silence': 'the distributor offers nothing any more',
} as const

/** The machine. */
export function defineGic(config: GicConfig): MachineDefinition {
  assert(config.cores >= 1 && config.cores <= coresMax, `${config.id}: ${config.cores} cores`)
  assert(
    config.lines.every((line) => line >= firstSharedLine),
    `${config.id}: lines below 32 are not shared`,
  )
  for (const { line, core } of config.enabled ?? []) {
    assert(
      config.lines.includes(line) && core >= 0 && core < config.cores,
      `${config.id}: line ${line} to core ${core}`,
    )
  }
  const outPorts: Record<string, readonly string[]> = { regs: ['reg.read.resp', 'reg.write.resp'] }
  for (let core = 0; core < config.cores; core++) outPorts[`cpu${core}`] = ['irq.assert', 'irq.deassert']
  const inPorts: Record<string, readonly string[]> = { regs: ['reg.read.req', 'reg.write.req'] }
  for (const device of config.devices ?? ['fimc0', 'sysmmu0']) inPorts[device] = ['irq.raise', 'irq.lower']
  return defineMachine<GicContext, never>({
    id: config.id,
    description: 'takes interrupt lines to the cores that handle them',
    inPorts,
    outPorts,
    events,
    raised: ['lines.changed', 'interface.update', 'interface.silence'],
    context: () => contextOf(config),
    guards: guardsOf(config),
    actions: actionsOf(config),
    chart: gicChart(config),
  })
}

export const defaultGicConfig: GicConfig = { id: 'gic', cores: 2, lines: Object.values(interruptLines) }

export const gicMachine = defineGic(defaultGicConfig).machine
