/** Litmus | the program of an agent of a generated test: its accesses, and between them what the edges say. */

import { UsageError } from '../../base/errors.ts'
import type { Expression, Statement } from '../form.ts'
import type { Cycle, DiyAgent, DiyEvent } from './cycle.ts'
import type { Dependency, Order, Step } from './edges.ts'
import type { Execution } from './execution.ts'
import { type Namer, numberOf } from './namer.ts'
import { maintenance } from './passages.ts'

/** The register that a read of an agent fills: the reads of each count from 0. */
export function registerOf({ agents }: Cycle, event: DiyEvent): string {
  const reads = (agents[event.agent] as DiyAgent).events.filter((one) => fillsRegister(one))
  return `r${reads.indexOf(event)}`
}

function fillsRegister({ direction, touched }: DiyEvent): boolean {
  return direction === 'R' && (touched === 'data' || touched === 'status')
}

export function programOf(cycle: Cycle, execution: Execution, namer: Namer, agent: DiyAgent): Statement[] {
  return [...beginningOf(cycle, execution, namer, agent), ...new ProgramWriter(cycle, execution, namer, agent).from(0)]
}

/** Who changes entries, or is translated by them, says that faults are no surprise, before anybody can run into one. */
function beginningOf(cycle: Cycle, execution: Execution, namer: Namer, agent: DiyAgent): Statement[] {
  if (agent.kind === 'device') {
    const isBell = { expr: 'binary', op: '==', left: { expr: 'name', name: 'BELL' }, right: numberOf(1) } as const
    return isHeldBack(execution, agent) ? [{ do: 'wait', until: isBell }] : []
  }
  const changes = agent.events.some(({ touched }) => touched === 'leaf' || touched === 'directory')
  const translated = agent.events.some((event) => namer.isTranslated(event))
  if (!changes && !translated) return []
  const held = changes ? cycle.agents.flatMap((other, index) => (isHeldBack(execution, other) ? [index] : [])) : []
  const rings = held.map(
    (index) => ({ do: 'bell', device: namer.agents[index] as string, value: numberOf(1) }) as const,
  )
  return [{ do: 'faults' }, ...rings]
}

/** A device that finds nothing mapped at first waits until that has been said. */
function isHeldBack({ entries }: Execution, { kind, events }: DiyAgent): boolean {
  if (kind !== 'device' || events[0]?.touched === 'bell') return false
  return events.some(({ word }) => entries[word]?.first === 'nothing')
}

class ProgramWriter {
  private readonly cycle: Cycle
  private readonly execution: Execution
  private readonly namer: Namer
  private readonly agent: DiyAgent

  constructor(cycle: Cycle, execution: Execution, namer: Namer, agent: DiyAgent) {
    this.cycle = cycle
    this.execution = execution
    this.namer = namer
    this.agent = agent
  }

  /** The program from event number `at` on; `on`: the read that it depends on, and how. */
  from(at: number, on?: { readonly register: string; readonly by: Dependency }): Statement[] {
    const event = this.agent.events[at]
    if (!event) return []
    const access = this.accessOf(event, on)
    const next = this.agent.events[at + 1]
    const order = this.agent.orders[at]
    if (!next || order?.kind !== 'order') return [access, ...this.from(at + 1)]
    const between = order.steps.map((step) => this.stepOf(step, event, next))
    if (order.dependency === undefined) return [access, ...between, ...this.from(at + 1)]
    return [access, ...this.dependent(order, event, at)]
  }

  private dependent({ dependency }: Order, event: DiyEvent, at: number): Statement[] {
    const register = registerOf(this.cycle, event)
    if (dependency === 'DpAddr' || dependency === 'DpData') {
      return this.from(at + 1, { register, by: dependency })
    }
    const name: Expression = { expr: 'name', name: register }
    const body: Statement[] = [...(dependency === 'DpCtrlIsb' ? [{ do: 'isb' } as const] : []), ...this.from(at + 1)]
    return [{ do: 'if', condition: { expr: 'binary', op: '==', left: name, right: name }, body, otherwise: [] }]
  }

  private accessOf(event: DiyEvent, on?: { readonly register: string; readonly by: Dependency }): Statement {
    const { direction, touched, index } = event
    if (touched === 'bell' || touched === 'status' || touched === 'irq') return this.registerAccess(event)
    // Always 0, and known only when the register is.
    const nothing: Expression | undefined = on && {
      expr: 'binary',
      op: '&',
      left: { expr: 'name', name: on.register },
      right: numberOf(0),
    }
    const location = this.namer.placeOf(event, on?.by === 'DpAddr' ? nothing : undefined)
    const isCore = this.agent.kind === 'core'
    if (direction === 'R') {
      const to = registerOf(this.cycle, event)
      return isCore ? { do: 'load', to, location } : { do: 'read', to, location }
    }
    const plain = touched === 'data' ? numberOf(this.execution.values[index] as number) : this.entryValue(event)
    const value: Expression =
      nothing && on?.by === 'DpData' ? { expr: 'binary', op: '+', left: plain, right: nothing } : plain
    return isCore ? { do: 'store', location, value } : { do: 'write', location, value }
  }

  /** What a write of an entry stores. */
  private entryValue(event: DiyEvent): Expression {
    const change = this.execution.entries[event.word]
    if (change?.stores.get(event.index) !== 'make') return numberOf(0)
    return { expr: 'name', name: this.namer.word(event.word) }
  }

  private registerAccess(event: DiyEvent): Statement {
    const { direction, touched } = event
    const device = this.namer.deviceAt(event)
    const isWrite = direction === 'W'
    switch (touched) {
      case 'bell':
        if (isWrite) return { do: 'bell', device, value: numberOf(1) }
        return {
          do: 'wait',
          until: { expr: 'binary', op: '==', left: { expr: 'name', name: 'BELL' }, right: numberOf(1) },
        }
      case 'status':
        if (isWrite) return { do: 'set', to: 'STATUS', value: numberOf(1) }
        return { do: 'mmio-read', to: registerOf(this.cycle, event), target: device, register: 'STATUS' }
      default:
        if (isWrite) return { do: 'raise' }
        return { do: 'mmio-write', target: device, register: 'ACK', value: numberOf(1) }
    }
  }

  private stepOf(step: Step, before: DiyEvent, after: DiyEvent): Statement {
    const one = maintenance[step]
    if (one) {
      const event = one.side === 'before' ? before : after
      const level = one.level === 'all' ? {} : { level: one.level }
      return { do: 'maintain', action: one.action, location: this.lineAt(event, step), ...level }
    }
    switch (step) {
      case 'TLBI':
        return { do: 'tlbi', what: 'page', page: this.pageAt(before) }
      case 'TLBIAll':
        return { do: 'tlbi', what: 'all' }
      case 'Sync':
        return { do: 'tlbsync' }
      default:
        return { do: plainSteps[step as keyof typeof plainSteps] }
    }
  }

  private lineAt(event: DiyEvent, step: Step) {
    if (event.word < 0) throw new UsageError(`${step} is about the line of an access, and a register has none`)
    return this.namer.isTranslated(event) ? this.namer.place(event.word) : this.namer.placeOf(event)
  }

  /** The page whose entry was written, or the only one. */
  private pageAt(before: DiyEvent): string {
    const { entries } = this.execution
    const own =
      before.word >= 0 && entries[before.word] ? before.word : entries.findIndex((entry) => entry !== undefined)
    return this.namer.page(own)
  }
}

const plainSteps = {
  DMB: 'dmb',
  DSB: 'dsb',
  ISB: 'isb',
  WMB: 'wmb',
  RMB: 'rmb',
  MB: 'mb',
  Drain: 'drain',
  Fence: 'fence',
} as const
