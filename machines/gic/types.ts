/** GIC | configuration, context and messages. */

import type { Message } from '../../src/kernel/actor.ts'
import type { IrqLower, IrqRaise, RegReadReq, RegWriteReq } from '../protocol.ts'

export interface GicConfig {
  readonly id: string
  /** Cores `cpu0`, `cpu1` …: the values of `from` that tell the banked CPU interfaces apart, and the out ports. */
  readonly cores: number
  /** Numbers of the wired interrupt lines, 32 or more; all level-sensitive. Others read as zero. */
  readonly lines: readonly number[]
  /** In ports of the devices that drive the lines; FIMC0 and its SYSMMU when absent. */
  readonly devices?: readonly string[]
  /**
   * Lines that are enabled from the start, each for one core, with the distributor and that core's interface forwarding and no
   * priority masked, as an operating system leaves them; absent: everything as after reset.
   */
  readonly enabled?: readonly EnabledLine[]
}

export interface EnabledLine {
  readonly line: number
  readonly core: number
}

/** Arrays are per wired line, in the order of `GicConfig.lines`, or per core. */
export interface GicContext {
  /** The device holds the line high. */
  level: boolean[]
  /** Made pending by a register write. */
  latched: boolean[]
  enabled: boolean[]
  /** Core that handles the interrupt; -1: not active. */
  activeCore: number[]
  /** 0 is the highest. */
  priority: number[]
  /** Bit n: may be signalled to core n. */
  targets: number[]
  priorityMask: number[]
  binaryPoint: number[]
}

/** Some line, mask or priority changed. */
export interface LinesChanged extends Message {
  readonly type: 'lines.changed'
}
/** The distributor forwards: each CPU interface compares again. */
export interface InterfaceUpdate extends Message {
  readonly type: 'interface.update'
}
/** The distributor has stopped forwarding. */
export interface InterfaceSilence extends Message {
  readonly type: 'interface.silence'
}

export type GicMessage =
  | IrqRaise
  | IrqLower
  | RegReadReq
  | RegWriteReq
  | LinesChanged
  | InterfaceUpdate
  | InterfaceSilence
