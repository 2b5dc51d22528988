/** Litmus | what the architecture says about a cycle: whether its outcome is forbidden, by axioms on its one execution. */

import { type Cycle, type DiyAgent, type DiyEvent, edgeInto, lineOf, targetOf } from './cycle.ts'
import type { Communication } from './edges.ts'
import { type Execution, executionOf, isRelation, translatedBy } from './execution.ts'
import { drops, isBarrier, isContextSync, type Passage, passages, takesOut } from './passages.ts'

// An event is up to three points in time:
// - `at`: performed with respect to the coherent cores, or by the device;
// - `memory`: a store of a core is in memory, some time after `at`; a line that a load hits was fetched, some time before;
// - `directory`, then `walk`: the first-level entry, and the entry that translates it, were read.
// The outcome is forbidden if the points, with everything that has to come before something else, form a circle.
//
// Cores: the external order of the Arm memory model, which is other-multi-copy-atomic, as far as these programs need it. The
// A9 was described before that model; its L1s are kept coherent by one SCU, so that a store is seen by all others at once.
// Devices, caches and translations: the facts named where they are used.

/** Where the axioms are from; generated tests name it. */
export const architectureSources = {
  cores: 'Arm ARM DDI 0487, B2.3; herd/herdtools7 herd/libdir/aarch64.cat',
  devices: 'ARM ARM DDI 0406C (memory types, cache maintenance), ARM DDI 0246 (outer cache), ARM IHI 0022 (AXI ids)',
  translation: 'Arm ARM DDI 0487, D8 (TLB maintenance); B. Simner et al., Relaxed virtual memory in Armv8-A, ESOP 2022',
} as const

export type ArchitectureVerdict = 'forbidden' | 'allowed'

type Point = 'at' | 'memory' | 'directory' | 'walk' | 'coherence'

/** Whether the outcome of the cycle may be seen on some machine of this architecture with an outer cache. */
export function judgeArchitecture(cycle: Cycle): ArchitectureVerdict {
  const order = new PointOrder()
  const execution = executionOf(cycle)
  for (const event of cycle.events) orderPoints(order, cycle, event)
  for (const [index, edge] of cycle.edges.entries()) {
    if (edge.kind === 'communication') orderCommunication(order, cycle, edge, index)
  }
  for (const agent of cycle.agents) {
    if (agent.kind === 'core') orderCore(order, cycle, execution, agent)
    else orderDevice(order, cycle, agent)
  }
  return order.hasCircle() ? 'forbidden' : 'allowed'
}

/** Which point must come before which. */
class PointOrder {
  private readonly later = new Map<string, Set<string>>()

  put(before: DiyEvent, point: Point, after: DiyEvent, other: Point): void {
    const key = `${point} ${before.index}`
    this.later.set(key, (this.later.get(key) ?? new Set()).add(`${other} ${after.index}`))
  }

  hasCircle(): boolean {
    const done = new Set<string>()
    const under = new Set<string>()
    const visit = (point: string): boolean => {
      if (under.has(point)) return true
      if (done.has(point)) return false
      under.add(point)
      const found = [...(this.later.get(point) ?? [])].some(visit)
      under.delete(point)
      done.add(point)
      return found
    }
    return [...this.later.keys()].some(visit)
  }
}

const agentOf = (cycle: Cycle, event: DiyEvent): DiyAgent => cycle.agents[event.agent] as DiyAgent
const isCore = (cycle: Cycle, event: DiyEvent): boolean => agentOf(cycle, event).kind === 'core'
const isRegister = ({ word }: DiyEvent): boolean => word < 0

/** Where an event meets memory, apart from the caches and buffers of the cores. */
function memoryPoint(cycle: Cycle, event: DiyEvent): Point {
  if (!isCore(cycle, event) || isRegister(event)) return 'at'
  const uncached = event.touched === 'data' && cycle.words[event.word]?.uncached === true
  // A non-cacheable load has nowhere to be kept; a store may wait in the outer cache's buffer. HF-152
  return uncached && event.direction === 'R' ? 'at' : 'memory'
}

function orderPoints(order: PointOrder, cycle: Cycle, event: DiyEvent): void {
  order.put(event, 'directory', event, 'walk')
  order.put(event, 'walk', event, 'at')
  if (memoryPoint(cycle, event) === 'at') return
  if (event.direction === 'W') order.put(event, 'at', event, 'memory')
  else order.put(event, 'memory', event, 'at')
}

function orderCommunication(order: PointOrder, cycle: Cycle, edge: Communication, index: number): void {
  const from = cycle.events[index] as DiyEvent
  const to = targetOf(cycle, index)
  switch (edge.relation) {
    case 'bell':
    case 'status':
    case 'irq':
      order.put(from, 'at', to, 'at')
      return
    case 'trf':
      order.put(from, entryPoint(cycle, from, to), to, 'walk')
      return
    case 'tfr':
    case 'tff':
      order.put(from, 'walk', to, entryPoint(cycle, to, from))
      return
    case 'pdfr':
      order.put(from, 'directory', to, entryPoint(cycle, to, from))
      return
    default: {
      // Coherence of one word, within an agent, too; and what others see of it.
      order.put(from, 'coherence', to, 'coherence')
      if (edge.agents === undefined) return
      const areCores = isCore(cycle, from) && isCore(cycle, to)
      order.put(from, areCores ? 'at' : memoryPoint(cycle, from), to, areCores ? 'at' : memoryPoint(cycle, to))
    }
  }
}

/** Where the walker of whoever makes `access` sees a write of an entry: the MMUs of cores look into the caches here. */
function entryPoint(cycle: Cycle, write: DiyEvent, access: DiyEvent): Point {
  return isCore(cycle, access) ? 'at' : memoryPoint(cycle, write)
}

/** HF-431, HF-432: accesses reach memory in order; a register says nothing about writes that are still under way. */
function orderDevice(order: PointOrder, cycle: Cycle, { events, orders }: DiyAgent): void {
  for (const [i, before] of events.entries()) {
    for (const [offset, after] of events.slice(i + 1).entries()) {
      const isPosted = before.direction === 'W' && !isRegister(before)
      const isFenced = orders
        .slice(i, i + 1 + offset)
        .some((one) => one.kind === 'order' && one.steps.includes('Fence'))
      if (isPosted && isRegister(after) && !isFenced) continue
      order.put(before, 'at', after, 'at')
      order.put(before, 'coherence', after, 'coherence')
      // What is not valid is not kept, so that the access that meets it has just asked.
      if (translatedBy(cycle, after, 'tff')) order.put(before, 'at', after, 'walk')
    }
  }
}

function orderCore(order: PointOrder, cycle: Cycle, execution: Execution, agent: DiyAgent): void {
  const { events } = agent
  for (const [i, before] of events.entries()) {
    for (let j = i + 1; j < events.length; j++) {
      const after = events[j] as DiyEvent
      const passed = passages(cycle, agent, i, j)
      orderWord(order, cycle, before, after, passed)
      if (isOrdered(cycle, agent, i, j, passed)) order.put(before, 'at', after, 'at')
      if (isWrittenBack(cycle, before, passed)) order.put(before, 'memory', after, 'at')
      if (isFetchedAfter(cycle, after, passed)) order.put(before, 'at', after, 'memory')
      if (translatedBy(cycle, after, 'tff') && isContextSynced(before, passed)) order.put(before, 'at', after, 'walk')
      for (const access of staleAccesses(cycle, before)) {
        const invalidation = {
          entry: lineOf(cycle, before),
          byCores: execution.entries[before.word]?.reader === 'core',
          // The invalidation of a page leaves what is kept of first-level entries. HF-469
          steps: before.touched === 'directory' ? ['TLBIAll'] : ['TLBI', 'TLBIAll'],
        }
        if (isInvalidated(passed, invalidation)) order.put(access, 'at', after, 'at')
      }
    }
  }
}

/** Accesses to one word stay in order, but a load that comes after an invalidation may see what memory has. */
function orderWord(
  order: PointOrder,
  cycle: Cycle,
  before: DiyEvent,
  after: DiyEvent,
  passed: readonly Passage[],
): void {
  if (before.word !== after.word || before.touched !== after.touched || isRegister(before)) return
  const isDropped = passed.some(({ step, line }) => drops(step) && line === lineOf(cycle, before))
  if (!(isDropped && before.direction === 'W' && after.direction === 'R')) {
    order.put(before, 'coherence', after, 'coherence')
  }
}

/** Locally ordered: barriers, dependencies, registers of devices, exceptions, and a write behind an access to its word. HF-100, HF-495 */
function isOrdered(
  cycle: Cycle,
  { events, orders }: DiyAgent,
  i: number,
  j: number,
  passed: readonly Passage[],
): boolean {
  const before = events[i] as DiyEvent
  const after = events[j] as DiyEvent
  if (passed.some(({ step }) => isBarrier(step))) return true
  if (before.touched === 'irq') return true
  if (isRegister(before) && isRegister(after)) return true
  if (after.direction === 'W' && before.word === after.word && before.touched === after.touched && !isRegister(after)) {
    return true
  }
  // Dependencies start at the event itself, and reach the next one or everything behind a branch.
  const order = orders[i]
  if (order?.kind !== 'order' || order.dependency === undefined) return false
  const isNext = j === i + 1
  const next = events[i + 1] as DiyEvent
  const isForwarded = j === i + 2 && isInternalRead(cycle, next)
  switch (order.dependency) {
    case 'DpAddr':
      return isNext || after.direction === 'W' || (next.direction === 'W' && isForwarded)
    case 'DpData':
      return isNext || isForwarded
    case 'DpCtrl':
      return after.direction === 'W'
    case 'DpCtrlIsb':
      return true
    default:
      return order.dependency satisfies never
  }
}

/** Whether the next event of the agent reads what this write has stored. */
function isInternalRead(cycle: Cycle, write: DiyEvent): boolean {
  const edge = cycle.edges[write.index]
  return edge?.kind === 'communication' && edge.relation === 'rf' && edge.agents === undefined
}

/** Whether a store of a core is in memory, or gone, when the steps are done. HF-104, HF-152, HF-175 */
function isWrittenBack(cycle: Cycle, event: DiyEvent, passed: readonly Passage[]): boolean {
  if (event.direction !== 'W' || isRegister(event)) return false
  if (event.touched === 'data' && cycle.words[event.word]?.uncached) {
    // The outer cache is told only after the store has left the core.
    const left = passed.findIndex(({ step }) => isBarrier(step))
    return passed.some(({ step, isComplete }, at) => isComplete && (step !== 'Drain' || (left >= 0 && left < at)))
  }
  const isMissed = isRelation(edgeInto(cycle, event), 'fr')
  return passed.some(({ step, line, isComplete }) => {
    // What is dropped does not reach memory any more, but it may never have: whoever misses it has no reason to be early.
    return isComplete && line === lineOf(cycle, event) && !(drops(step) && isMissed)
  })
}

/** Whether a line that a load may hit was dropped in every cache meanwhile. */
function isFetchedAfter(cycle: Cycle, event: DiyEvent, passed: readonly Passage[]): boolean {
  if (event.direction !== 'R' || isRegister(event)) return false
  return passed.some(({ step, line, isComplete }) => {
    return isComplete && takesOut(step) && line === lineOf(cycle, event)
  })
}

/** Whether the translation of a later access begins after the event: a barrier and then an ISB, or what is like both. */
function isContextSynced(before: DiyEvent, passed: readonly Passage[]): boolean {
  if (before.touched === 'irq') return true
  const barrier = passed.findIndex(({ step }) => isBarrier(step))
  return passed.some(({ step }, at) => isContextSync(step) && (step === 'DpCtrlIsb' || (barrier >= 0 && barrier < at)))
}

/** Accesses that are translated as before the write of an entry, although it may be there already. */
function staleAccesses(cycle: Cycle, write: DiyEvent): DiyEvent[] {
  return cycle.events.filter((access) => {
    return (['tfr', 'pdfr'] as const).some((relation) => translatedBy(cycle, access, relation) === write)
  })
}

/** Entry in memory, or where the walker sees it; invalidation; completion: then nothing that used the old entry goes on. HF-499 */
function isInvalidated(
  passed: readonly Passage[],
  {
    entry,
    byCores,
    steps,
  }: { readonly entry: string | undefined; readonly byCores: boolean; readonly steps: readonly string[] },
): boolean {
  let done: 'nothing' | 'written' | 'invalidating' = 'nothing'
  for (const { step, line, isComplete } of passed) {
    const isWritten = byCores ? isBarrier(step) : isComplete && line === entry
    const isSynced = byCores ? isBarrier(step) && step !== 'DMB' && step !== 'RMB' : step === 'Sync'
    if (done === 'invalidating' && isSynced) return true
    if (done === 'nothing' && isWritten && step !== 'DMB' && step !== 'RMB') done = 'written'
    else if (done === 'written' && steps.includes(step)) done = 'invalidating'
  }
  return false
}
