/** Litmus | final conditions: what registers and memory are when every program has ended and nothing more must happen. */

import { cacheShape, findHeld } from '../../machines/cache-controller/cache-array.ts'
import type { L1Context, Pl310Context } from '../../machines/cache-controller/index.ts'
import type { CpuContext } from '../../machines/cpu/types.ts'
import type { DmaDeviceContext } from '../../machines/dma-device/types.ts'
import type { DramContext } from '../../machines/dram/types.ts'
import type { IommuContext } from '../../machines/iommu/types.ts'
import type { SysmmuFault } from '../../machines/protocol.ts'
import { alignDown, hex, u32 } from '../base/bits.ts'
import type { Bytes } from '../base/bytes.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { Property, StateView } from '../explore/define-system.ts'
import type { Message } from '../kernel/actor.ts'
import { applyOp, constantValue } from './constants.ts'
import type { ConditionForm, Expression, Location } from './form.ts'
import { type Ground, spotOf } from './locations.ts'
import { printExpression } from './print-values.ts'
import { placed } from './sizes.ts'

type FaultForm = Extract<Expression, { expr: 'fault' }>

/** Where what a condition looks at is to be found in a system. */
export interface Observed extends Ground {
  /** Actors by display name: cores and devices, with their registers by slot. */
  readonly actors: ReadonlyMap<
    string,
    { readonly id: string; readonly kind: 'cpu' | 'device'; readonly registers: readonly string[] }
  >
  /** Names of the units, by actor id. */
  readonly units: ReadonlyMap<string, string>
  /** Actors whose programs have an end. */
  readonly ending: readonly string[]
  /** Cores, in order. */
  readonly cores: number
  readonly hasL2: boolean
  /** Actor ids of IOMMUs with a queue. */
  readonly queues: readonly string[]
  /** Out ports of channels that hold messages. */
  readonly channels: readonly string[]
}

/** Nothing more must happen: programs have ended, buffers are empty, nothing is on its way. */
export function isFinal(observed: Observed, state: StateView): boolean {
  for (const id of observed.ending) if (!state.actor(id).finished) return false
  for (let core = 0; core < observed.cores; core++) {
    const cpu = state.actor(`cpu${core}`)
    const { buffer, posted } = cpu.context as CpuContext
    // A handler may still run when the program has ended.
    if (buffer.count > 0 || posted.count > 0 || cpu.matches('interrupt.enabled.pending')) return false
  }
  for (const from of observed.channels) if (state.channel(from).length > 0) return false
  for (const id of observed.queues) {
    const { queue, current } = state.actor(id).context as IommuContext
    if (queue.length > 0 || current.op !== '') return false
  }
  // Without an outer cache its buffer has what an inner one gives up, on its way to memory.
  return (state.actor('l2').context as Pl310Context).buffer.states.every((one) => one === 0)
}

/** One property for each condition, named `never`, `always` or `sometimes`, with a number where there are several of a kind. */
export function conditionProperties(
  observed: Observed,
  conditions: readonly ConditionForm[],
): Record<string, Property & { readonly form: ConditionForm }> {
  const result: Record<string, Property & { readonly form: ConditionForm }> = {}
  for (const form of conditions) {
    const number = Object.values(result).filter((one) => one.form.kind === form.kind).length
    const name = number === 0 ? form.kind : `${form.kind}-${number + 1}`
    if (form.that.expr === 'fault') {
      result[name] = { ...faultProperty(observed, form.kind, form.that), form }
      continue
    }
    check(observed, form.that)
    const description = `${form.kind} ${printExpression(form.that)}, when every program has ended`
    const holds = (state: StateView): boolean => evaluate(observed, form.that, state) !== 0
    const property: Property =
      form.kind === 'sometimes'
        ? { kind: 'sometimes', description, holds: (state) => isFinal(observed, state) && holds(state) }
        : {
            kind: 'always',
            description,
            explain: (state) => `every program has ended, and ${seenIn(observed, form.that, state)}`,
            holds: (state) => !isFinal(observed, state) || holds(state) === (form.kind === 'always'),
          }
    result[name] = { ...property, form }
  }
  return result
}

/** No unit reports such a fault, or one does, at any moment. */
function faultProperty(observed: Observed, kindOf: ConditionForm['kind'], fault: FaultForm): Property {
  const { device, kind, access, page } = fault
  const from = device === undefined ? undefined : observed.actors.get(device)?.id
  const known = page === undefined ? undefined : observed.layout.names.get(page)
  if (device !== undefined && from === undefined) throw unknownName('device', device, [...observed.actors.keys()])
  if (page !== undefined && known?.kind !== 'io') throw new UsageError(`${placed(fault.at)}${page} is no io page`)
  const { pageBytes } = observed.layout.geometry
  return {
    kind: kindOf === 'sometimes' ? 'emits' : 'never',
    event: 'sysmmu.fault',
    description: `${kindOf} ${printExpression(fault)}`,
    explain: (event: Message) => faultText(observed, event as SysmmuFault),
    when: (event: Message) => {
      const reported = event as SysmmuFault
      if (from !== undefined && reported.from !== from) return false
      if (kind !== undefined && reported.kind !== kind) return false
      if (access !== undefined && reported.write !== (access === 'write')) return false
      return known === undefined || alignDown(reported.iova, pageBytes) === known.addr
    },
  }
}

/** "M reports a page fault of a write by D to v0[1]". */
function faultText({ actors, units, layout }: Observed, { mmu, from, kind, write, iova }: SysmmuFault): string {
  const { pageBytes } = layout.geometry
  const nameOf = (id: string): string => units.get(id) ?? [...actors].find(([, one]) => one.id === id)?.[0] ?? id
  const page = [...layout.names].find(([, known]) => known.kind === 'io' && known.addr === alignDown(iova, pageBytes))
  const place = page === undefined ? hex(iova) : `${page[0]}[${(iova - page[1].addr) / 4}]`
  return `${nameOf(mmu)} reports a ${kind} fault: ${nameOf(from)} ${write ? 'writes' : 'reads'} ${place}`
}

/** `C0.r0 = 1, memory buf[0] = 0`: what the condition looks at, each once. */
function seenIn(observed: Observed, expression: Expression, state: StateView): string {
  const seen = new Map<string, number>()
  const look = (one: Expression): void => {
    if (one.expr === 'binary') for (const side of [one.left, one.right]) look(side)
    else if (one.expr === 'not') look(one.value)
    else if (one.expr === 'register' || one.expr === 'word')
      seen.set(printExpression(one), evaluate(observed, one, state))
  }
  look(expression)
  return [...seen].map(([name, value]) => `${name} = ${value}`).join(', ')
}

/** Names that are not there are found before anything is searched. */
function check(observed: Observed, expression: Expression): void {
  switch (expression.expr) {
    case 'register': {
      const actor = observed.actors.get(expression.actor)
      if (actor === undefined) throw unknownName('actor', expression.actor, [...observed.actors.keys()])
      // A register that no statement of this variant mentions holds 0.
      return
    }
    case 'word':
      addressOf(observed, expression.location)
      if (expression.observer !== 'memory' && observed.actors.get(expression.observer)?.kind !== 'cpu') {
        throw unknownName('observer', expression.observer, ['memory', ...observed.actors.keys()])
      }
      return
    case 'binary':
      check(observed, expression.left)
      check(observed, expression.right)
      return
    case 'not':
      check(observed, expression.value)
      return
    case 'number':
    case 'address':
      return
    default:
      if (constantValue(expression, observed.constants) !== undefined) return
      if (expression.expr === 'name' && observed.layout.names.has(expression.name)) return
      throw new UsageError(
        `${placed(expression.at)}a condition names registers by their actor, as in C0.r0, and memory by who sees it, as in "memory buf[0]" or "C0 buf[0]"`,
      )
  }
}

function addressOf(observed: Observed, location: Location): number {
  const { addr, space } = spotOf(observed, location, (value) => constantOf(observed, value))
  if (typeof addr === 'number' && space === 'physical') return addr
  throw new UsageError(
    `${placed(location.at)}a condition looks at memory by its name, not through a translation or a pointer`,
  )
}

function constantOf({ constants }: Observed, value: Expression): number {
  const known = constantValue(value, constants)
  if (known === undefined)
    throw new UsageError(`${placed(value.at)}which word is meant must be known before the test runs`)
  return known
}

function evaluate(observed: Observed, expression: Expression, state: StateView): number {
  switch (expression.expr) {
    case 'number':
      return u32(expression.value)
    case 'register': {
      const actor = observed.actors.get(expression.actor)
      const context = state.actor(actor?.id ?? '').context as CpuContext | DmaDeviceContext
      return u32(context.registers[actor?.registers.indexOf(expression.name) ?? -1] ?? 0)
    }
    case 'word':
      return u32(wordSeen(observed, expression.observer, addressOf(observed, expression.location), state))
    case 'binary':
      return applyOp(
        expression.op,
        evaluate(observed, expression.left, state),
        evaluate(observed, expression.right, state),
      )
    case 'not':
      return Number(evaluate(observed, expression.value, state) === 0)
    case 'address':
      return spotOf(observed, expression.location, (value) => constantOf(observed, value)).addr as number
    case 'name':
      return constantValue(expression, observed.constants) ?? observed.layout.names.get(expression.name)?.addr ?? 0
    default:
      throw new UsageError(`${placed(expression.at)}a table entry has no value in a condition`)
  }
}

/** What an observer would load: a core its own L1 first, then another one's, then the L2, then memory. */
function wordSeen(observed: Observed, observer: string, addr: number, state: StateView): number {
  const { geometry } = observed.layout
  if (observer !== 'memory') {
    const shape = cacheShape(geometry.l1, geometry.lineBytes)
    const own = Number((observed.actors.get(observer)?.id ?? 'cpu0').slice('cpu'.length))
    const cores = [own, ...Array.from({ length: observed.cores }, (_, core) => core).filter((core) => core !== own)]
    for (const core of cores) {
      const found = heldWord((state.actor(`l1d${core}`).context as L1Context).array, shape, addr)
      if (found !== undefined) return found
    }
    if (observed.hasL2) {
      const outer = cacheShape(geometry.l2, geometry.lineBytes)
      const found = heldWord((state.actor('l2').context as Pl310Context).array, outer, addr)
      if (found !== undefined) return found
    }
  }
  return (state.actor('dram').context as DramContext).memory.get(addr - geometry.dram.base)
}

function heldWord(
  array: Parameters<typeof findHeld>[0],
  shape: ReturnType<typeof cacheShape>,
  addr: number,
): number | undefined {
  const slot = findHeld(array, shape, addr >>> shape.lineShift)
  return slot < 0 ? undefined : (array.data as Bytes).get(slot * shape.lineBytes + (addr & (shape.lineBytes - 1)))
}
