/** Statechart | counts what a reaction sends against what its actions declare, cheaply enough to be always on. */

import { InternalError } from '../base/errors.ts'
import type { Message } from '../kernel/actor.ts'
import { type Copier, copierOf } from '../kernel/payload.ts'
import type { Chart } from './chart.ts'

/** Most messages an action, or a whole step, sends, by port index. Nearly always one port has all: it needs no table. */
export class SendBound {
  /** The only port with room, -1 if there is none or more than one. */
  readonly port: number
  readonly count: number
  readonly counts: readonly number[]

  constructor(counts: readonly number[]) {
    const ports = counts.flatMap((count, port) => (count > 0 ? [port] : []))
    this.port = ports.length === 1 ? (ports[0] as number) : -1
    this.count = counts[this.port] ?? 0
    this.counts = counts
  }

  of(port: number): number {
    return port === this.port ? this.count : (this.counts[port] as number)
  }
}

/** A type that was sent on a port: it is declared there. */
interface Kind {
  readonly type: string
  readonly copier: Copier
}

/** One out port, with what was sent there. */
class End {
  readonly name: string
  readonly index: number
  readonly types: Readonly<Record<string, true | undefined>>
  /** The kind sent last, usually the next one's, too. */
  kind: Kind = { type: '', copier: (message) => message }
  /** All that were sent. A few: to compare their names by reference is cheaper than to look one up. */
  readonly kinds: Kind[] = []
  // Counts, each valid while the number beside it is the present one's: so none has to be cleared.
  byAction = 0
  action = 0
  byStep = 0
  step = 0

  constructor(name: string, index: number, types: Readonly<Record<string, true | undefined>>) {
    this.name = name
    this.index = index
    this.types = types
  }
}

/** Base of the out boxes of both reactors. Messages of the errors are completed with machine and action by the caller. */
export class SendLimits {
  /** The present action, also after it failed. */
  operation: (SendBound & { readonly name: string }) | undefined
  private readonly chart: Chart
  private readonly ends: readonly End[]
  private lastEnd: End | undefined
  private budget: SendBound | undefined
  private action = 0
  private step = 0

  constructor(chart: Chart) {
    this.chart = chart
    this.ends = chart.ports.map((name, index) => new End(name, index, chart.portTypes[index] ?? {}))
  }

  /** A step begins; `budget` is its room, undefined at the start of the machine, where nothing waits. */
  allow(budget: SendBound | undefined): void {
    this.budget = budget
    this.step = (this.step + 1) | 0
  }

  /** An action begins. */
  begin(operation: SendBound & { readonly name: string }): void {
    this.operation = operation
    this.action = (this.action + 1) | 0
  }

  /** Counts one send, or throws. Returns the port, whose `kind` is the message's from now on. */
  protected count(port: string, message: Message): End {
    const last = this.lastEnd
    const end = last !== undefined && last.name === port ? last : this.find(port)
    const sent = end.action === this.action ? end.byAction + 1 : 1
    end.action = this.action
    end.byAction = sent
    const limit = this.operation?.of(end.index) as number
    if (sent > limit) throw new InternalError(`sends ${sent} messages to "${port}" but declares ${limit}`)
    const total = end.step === this.step ? end.byStep + 1 : 1
    end.step = this.step
    end.byStep = total
    if (this.budget !== undefined && total > this.budget.of(end.index)) {
      throw new InternalError(
        `the step sends ${total} messages to "${port}" but has room for ${this.budget.of(end.index)}: ` +
          'an action that raises an event must declare what its handling sends',
      )
    }
    if (end.kind.type !== message.type) this.changeKind(end, message)
    return end
  }

  private find(port: string): End {
    for (const end of this.ends) {
      if (end.name !== port) continue
      this.lastEnd = end
      return end
    }
    throw new InternalError(`sends to "${port}", which is not an out port`)
  }

  private changeKind(end: End, message: Message): void {
    const { type } = message
    for (const kind of end.kinds) {
      if (kind.type !== type) continue
      end.kind = kind
      return
    }
    if (end.types[type] === undefined) {
      throw new InternalError(`sends "${type}" to "${end.name}", which does not declare it`)
    }
    end.kind = { type, copier: copierOf(message) }
    end.kinds.push(end.kind)
  }

  /** Only declared raised events may be raised: the definition was checked for them. */
  protected checkRaise(type: string): void {
    if (!this.chart.raised.has(type)) throw new InternalError(`raises "${type}", which is not in raised`)
  }
}
