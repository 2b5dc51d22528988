/** Statechart | counts what a reaction sends against what its actions declare, cheaply enough to be always on. */

import { dictionary } from '../base/dictionary.ts'
import { InternalError } from '../base/errors.ts'
import type { Chart } from './chart.ts'

/** Base of the out boxes of both reactors. Messages of the errors are completed with machine and action by the caller. */
export class SendLimits {
  private readonly chart: Chart
  private readonly portIndex = dictionary<number>()
  /** Messages sent by the present action and by the whole step, by port index. */
  private readonly byAction: number[]
  private readonly byStep: number[]
  private readonly lastType: string[]
  /** The present action, also after it failed. */
  operation: { readonly name: string; readonly limits: readonly number[] } | undefined
  private budget: readonly number[] | undefined
  private actionDirty = false
  private stepDirty = false
  private lastPort: string | undefined
  private lastIndex = -1

  constructor(chart: Chart) {
    this.chart = chart
    chart.ports.forEach((port, index) => {
      this.portIndex[port] = index
    })
    this.byAction = chart.ports.map(() => 0)
    this.byStep = chart.ports.map(() => 0)
    this.lastType = chart.ports.map(() => '')
  }

  /** A step begins; `budget` is its room by port index, undefined at the start of the machine, where nothing waits. */
  allow(budget: readonly number[] | undefined): void {
    this.budget = budget
    if (this.stepDirty) {
      clear(this.byStep)
      this.stepDirty = false
    }
  }

  /** An action begins. */
  begin(operation: { readonly name: string; readonly limits: readonly number[] }): void {
    this.operation = operation
    if (this.actionDirty) {
      clear(this.byAction)
      this.actionDirty = false
    }
  }

  /** Counts one send, or throws. */
  protected count(port: string, type: string): void {
    const index = port === this.lastPort ? this.lastIndex : this.find(port)
    this.actionDirty = true
    this.stepDirty = true
    const sent = (this.byAction[index] as number) + 1
    this.byAction[index] = sent
    const limit = this.operation?.limits[index] as number
    if (sent > limit) throw new InternalError(`sends ${sent} messages to "${port}" but declares ${limit}`)
    const total = (this.byStep[index] as number) + 1
    this.byStep[index] = total
    if (this.budget !== undefined && total > (this.budget[index] as number)) {
      throw new InternalError(
        `the step sends ${total} messages to "${port}" but has room for ${this.budget[index]}: ` +
          'an action that raises an event must declare what its handling sends',
      )
    }
    // The same type usually leaves through a port again and again; comparing references first saves the look-up.
    if (this.lastType[index] !== type) this.checkType(index, port, type)
  }

  private find(port: string): number {
    const index = this.portIndex[port]
    if (index === undefined) throw new InternalError(`sends to "${port}", which is not an out port`)
    this.lastPort = port
    this.lastIndex = index
    return index
  }

  private checkType(index: number, port: string, type: string): void {
    if (this.chart.portTypes[index]?.[type] === undefined) {
      throw new InternalError(`sends "${type}" to "${port}", which does not declare it`)
    }
    this.lastType[index] = type
  }

  /** Only declared raised events may be raised: the definition was checked for them. */
  protected checkRaise(type: string): void {
    if (!this.chart.raised.has(type)) throw new InternalError(`raises "${type}", which is not in raised`)
  }
}

/** A machine has a few ports: a loop beats Array.fill. */
function clear(counts: number[]): void {
  for (let port = 0; port < counts.length; port++) counts[port] = 0
}
