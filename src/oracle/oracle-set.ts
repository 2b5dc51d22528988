/** Oracle | a set of oracles on one run: hands every emitted event to those that want it, and collects violations. */

import type { Emitted } from '../../machines/protocol.ts'
import { dictionary } from '../base/dictionary.ts'
import { unknownName } from '../base/errors.ts'
import { initDiagnosis } from './diagnosis.ts'
import { type History, initHistory, pageAt } from './history.ts'
import { marked } from './history-buffers.ts'
import {
  forgetOvertaken,
  lineDropped,
  lineFilled,
  lineWrittenBack,
  pageOwned,
  storeExecuted,
  storePerformed,
  writeLanded,
} from './history-memory.ts'
import { type OracleName, oracles } from './index.ts'
import type { EndInfo, Oracle, OracleConfig, Report, StepInfo, View, Violate, Violation } from './oracle.ts'

/** All that the verdict depends on, besides the configuration: plain data and `Bytes`. */
export interface ObservedState {
  readonly history: History
  readonly oracles: Readonly<Record<string, unknown>>
}

export interface ViolationRecord {
  /** The first one, in full. */
  readonly first: Violation
  /** Reports of this oracle, the first included. */
  count: number
}

export interface OracleSetOptions {
  /** Called with every violation, the repeated ones too. */
  readonly onViolation?: (violation: Violation) => void
}

/** Oracles at work on one run. */
export interface OracleSet {
  readonly names: readonly OracleName[]
  readonly state: ObservedState
  /** In order of their first report. */
  readonly violations: ReadonlyMap<string, ViolationRecord>
  /** One emitted event; events of machines that no oracle knows are passed over. */
  observe(event: { readonly type: string }, where: StepInfo): void
  /** The run is over. */
  end(info: EndInfo): void
}

type AnyHandler = (state: unknown, event: Emitted, violate: Violate, where: StepInfo, view: View) => void

/** What the fields of a view that depend on the event are worked out from. */
type Locate = 'memory' | 'access' | 'initiator' | 'nothing'

const locates: Readonly<Record<string, Locate>> = {
  'cpu.load': 'memory',
  'cpu.store': 'memory',
  'cpu.stored': 'memory',
  'line.fill': 'memory',
  'line.drop': 'memory',
  'line.writeback': 'memory',
  'memory.read': 'access',
  'memory.write': 'access',
  'bus.error': 'initiator',
  'translation.use': 'initiator',
}

/** A view as its owner sees it. */
type OwnView = { -readonly [Key in keyof View]: View[Key] }

interface Row {
  readonly locate: Locate
  /** Takes the event into the history after the oracles have seen it; marks: before. */
  readonly before: Update | undefined
  readonly handlers: readonly AnyHandler[]
  readonly states: readonly unknown[]
  readonly violates: readonly Violate[]
  readonly after: Update | undefined
}

/** Where violations without a step of their own (at the end) are put. */
const nowhere: StepInfo = { step: 0, cycle: 0, actor: 'run' }

/** The oracles with these names, ready for the first event. Throws a usage error for an unknown name. */
export function createOracleSet(
  names: readonly string[],
  config: OracleConfig,
  options: OracleSetOptions = {},
): OracleSet {
  const chosen = names.map((name) => {
    if (!Object.hasOwn(oracles, name)) throw unknownName('oracle', name, Object.keys(oracles))
    return name as OracleName
  })
  const view: OwnView = {
    config,
    history: initHistory(config),
    diagnosis: initDiagnosis(config),
    page: null,
    offset: 0,
    device: -1,
    mmu: -1,
  }
  const violations = new Map<string, ViolationRecord>()
  let place: StepInfo = nowhere

  const violateAs =
    (oracle: string): Violate =>
    (report: Report) => {
      const { step, cycle, actor } = place
      const violation: Violation = { oracle, step, cycle, actor, ...report }
      const record = violations.get(oracle)
      if (record) record.count++
      else violations.set(oracle, { first: violation, count: 1 })
      options.onViolation?.(violation)
    }

  const states: Record<string, unknown> = {}
  for (const name of chosen) states[name] = oracles[name].init(config)
  const violates = new Map(chosen.map((name) => [name, violateAs(name)]))
  const update = historyUpdates(view)
  const table = buildTable(chosen, states, violates, update, 'on')
  const cacheTable = buildTable(chosen, states, violates, update, 'caches')

  return {
    names: chosen,
    state: { history: view.history, oracles: states },
    violations,
    observe(event, where) {
      let row = table[event.type]
      if (row === undefined) return
      place = where
      const known = event as Emitted
      if (row.locate !== 'nothing') {
        locate(view, row.locate, known as Extract<Emitted, { from: string; addr: number }>)
        if (row.locate === 'access' && view.device < 0 && view.mmu < 0) row = cacheTable[event.type] as Row
      }
      row.before?.(known, where)
      const { handlers } = row
      for (let i = 0; i < handlers.length; i++) {
        ;(handlers[i] as AnyHandler)(row.states[i], known, row.violates[i] as Violate, where, view)
      }
      row.after?.(known, where)
    },
    end(info) {
      for (const name of chosen) {
        const oracle = oracles[name] as unknown as Oracle<unknown>
        oracle.atEnd?.(states[name], info, violates.get(name) as Violate, view)
      }
    },
  }
}

/** Fills in what depends on the event. */
function locate(view: OwnView, what: Locate, event: { readonly addr: number; readonly from: string }): void {
  const { config } = view
  if (what !== 'initiator') {
    view.page = pageAt(view.history, config, event.addr)
    view.offset = (event.addr - config.dram.base) & (config.pageBytes - 1)
  }
  if (what !== 'memory') {
    view.device = config.devices.indexOf(event.from)
    view.mmu = view.device < 0 ? config.mmus.indexOf(event.from) : -1
  }
}

/** One row for each event type that the history or an oracle wants; `which` handlers of the oracles. */
function buildTable(
  names: readonly OracleName[],
  states: Readonly<Record<string, unknown>>,
  violates: ReadonlyMap<string, Violate>,
  updates: Updates,
  which: 'on' | 'caches',
): Record<string, Row | undefined> {
  const handlersOf = (name: OracleName): Record<string, AnyHandler> =>
    ((oracles[name] as unknown as Oracle<unknown>)[which] ?? {}) as Record<string, AnyHandler>
  const types = new Set<string>(Object.keys(updates))
  for (const name of names) for (const type of Object.keys(oracles[name].on)) types.add(type)
  const table = dictionary<Row>()
  for (const type of types) {
    const wanting = names.filter((name) => type in handlersOf(name))
    const update = updates[type as Emitted['type']] as Update | undefined
    const first = type === 'cpu.mark' || type === 'frame.start'
    table[type] = {
      locate: locates[type] ?? 'nothing',
      before: first ? update : undefined,
      handlers: wanting.map((name) => handlersOf(name)[type] as AnyHandler),
      states: wanting.map((name) => states[name]),
      violates: wanting.map((name) => violates.get(name) as Violate),
      after: first ? undefined : update,
    }
  }
  return table
}

type Update = (event: Emitted, where: StepInfo) => void

type Updates = {
  readonly [Type in Emitted['type']]?: (event: Extract<Emitted, { type: Type }>, where: StepInfo) => void
}

/** How each event changes the history. */
function historyUpdates(view: View): Updates {
  const { history, config } = view
  return {
    'cpu.load': (event) => forgetOvertaken(history, event.core),
    'cpu.maintain': (event) => forgetOvertaken(history, event.core),
    'cpu.store': (event) => storeExecuted(view, event),
    'cpu.stored': (event, where) => storePerformed(view, event, where.step),
    'memory.write': (event, where) => writeLanded(view, event, where.step),
    'line.fill': (event) => lineFilled(view, event),
    'line.drop': (event) => lineDropped(view, event),
    'line.writeback': (event) => lineWrittenBack(view, event),
    'page.owner': (event) => pageOwned(history, config, event),
    'cpu.mark': (event) => {
      forgetOvertaken(history, event.core)
      marked(history, config, event)
    },
    'frame.start': () => {
      history.frames = true
    },
  }
}
