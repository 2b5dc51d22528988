/** Oracle | dispatch: hands one emitted event to the history and to the oracles that want it, wherever their state is kept. */

import type { Emitted } from '../../machines/protocol.ts'
import { compileText } from '../base/compile-text.ts'
import { dictionary } from '../base/dictionary.ts'
import { InternalError, unknownName } from '../base/errors.ts'
import { initDiagnosis } from './diagnosis.ts'
import { listen } from './dma-debug/account.ts'
import { type History, initHistory, pageAt } from './history.ts'
import { blockTaken, marked } from './history-buffers.ts'
import { countCall, switchThread } from './history-calls.ts'
import {
  forgetOvertaken,
  lineDropped,
  lineFilled,
  lineWrittenBack,
  pageAliased,
  pageMapped,
  pageOwned,
  storeExecuted,
  storePerformed,
  writeLanded,
} from './history-memory.ts'
import { type OracleName, oracles } from './index.ts'
import type { EndInfo, Oracle, OracleConfig, OwnView, StepInfo, View, Violate } from './oracle.ts'

/** All that the verdict depends on, besides the configuration: plain data and `Bytes`. */
export interface ObservedState {
  readonly history: History
  readonly oracles: Readonly<Record<string, object>>
}

/** The state before the first step: what the prelude makes of nothing. It must not violate anything. */
export function initialState(names: readonly OracleName[], config: OracleConfig): ObservedState {
  const state = {
    history: initHistory(config),
    oracles: Object.fromEntries(names.map((name) => [name, oracles[name].init(config)])),
  }
  if (config.prelude.length === 0) return state
  const dispatch = new Dispatch(names, config, state, (oracle) => ({ message }) => {
    throw new InternalError(`what comes before the first step violates ${oracle}: ${message}`)
  })
  for (const event of config.prelude) dispatch.observe(event, beforehand)
  return state
}

const beforehand: StepInfo = { step: 0, cycle: 0, actor: '' }

/** The names as names of oracles; a usage error for an unknown one. */
export function chooseOracles(names: readonly string[]): OracleName[] {
  return names.map((name) => {
    if (!Object.hasOwn(oracles, name)) throw unknownName('oracle', name, Object.keys(oracles))
    return name as OracleName
  })
}

type AnyHandler = (state: object, event: Emitted, violate: Violate, where: StepInfo, view: View) => void

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

interface Row {
  readonly locate: Locate
  /** Takes the event into the history after the oracles have seen it; marks: before. */
  readonly before: Update | undefined
  readonly handlers: readonly AnyHandler[]
  readonly states: readonly object[]
  readonly violates: readonly Violate[]
  readonly after: Update | undefined
}

/** Events after which a text is written. Short runs, of which there are many, would not get their time back. */
export const hotAfter = 10_000

/** Oracles at work on one state. */
export class Dispatch {
  private readonly names: readonly OracleName[]
  private readonly state: ObservedState
  private readonly view: OwnView
  private readonly violates: ReadonlyMap<string, Violate>
  private readonly table: Record<string, Row | undefined>
  private readonly cacheTable: Record<string, Row | undefined>
  /** One emitted event; events that no oracle knows are passed over. Replaced by a text in a long run. */
  observe: (event: { readonly type: string }, where: StepInfo) => void

  /** @param violateAs what an oracle calls; asked for once an oracle */
  constructor(
    names: readonly OracleName[],
    config: OracleConfig,
    state: ObservedState,
    violateAs: (oracle: OracleName) => Violate,
  ) {
    this.names = names
    this.state = state
    this.view = {
      config,
      history: state.history,
      diagnosis: initDiagnosis(config),
      marked: -1,
      findings: [],
      isShown: true,
      hookFindings: [],
      page: null,
      offset: 0,
      device: -1,
      mmu: -1,
    }
    this.violates = new Map(names.map((name) => [name, violateAs(name)]))
    const updates = historyUpdates(this.view)
    this.table = buildTable(names, state.oracles, this.violates, updates, 'on')
    this.cacheTable = buildTable(names, state.oracles, this.violates, updates, 'caches')
    let events = 0
    this.observe = (event, where) => {
      this.observeByTable(event, where)
      if (++events === hotAfter) this.observe = writeObserve(this.table, this.cacheTable, this.view) ?? this.observe
    }
  }

  /** Whether events of this type mean anything to the oracles or the history. */
  wants(type: string): boolean {
    return this.table[type] !== undefined
  }

  /** `observe` as a loop over tables. */
  observeByTable(event: { readonly type: string }, where: StepInfo): void {
    let row = this.table[event.type]
    if (row === undefined) return
    const { view } = this
    const known = event as Emitted
    if (row.locate !== 'nothing') {
      locate(view, row.locate, known as Extract<Emitted, { from: string; addr: number }>)
      if (row.locate === 'access' && view.device < 0 && view.mmu < 0) row = this.cacheTable[event.type] as Row
    }
    row.before?.(known, where)
    const { handlers } = row
    for (let i = 0; i < handlers.length; i++) {
      ;(handlers[i] as AnyHandler)(row.states[i] as object, known, row.violates[i] as Violate, where, view)
    }
    row.after?.(known, where)
  }

  /** The run is over. */
  end(info: EndInfo): void {
    for (const name of this.names) {
      const oracle = oracles[name] as unknown as Oracle<object>
      oracle.atEnd?.(this.state.oracles[name] as object, info, this.violates.get(name) as Violate, this.view)
    }
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

/**
 * `observe` as a text: `case 'line.fill': locate(view, 'memory', event); handler0(state0, event, violate0, where, view) …`. It
 * is run for nearly every message, and V8 can inline what a text calls by name. Undefined where texts are forbidden.
 */
function writeObserve(
  table: Readonly<Record<string, Row | undefined>>,
  cacheTable: Readonly<Record<string, Row | undefined>>,
  view: OwnView,
): ((event: { readonly type: string }, where: StepInfo) => void) | undefined {
  const names: string[] = []
  const calls = (from: string, { before, handlers, after }: Row): string => {
    const at = names.push(`row${names.length} = ${from}`) - 1
    const known = handlers.map((_, i) => {
      const call = `handler${at}_${i}`
      names.push(
        `${call} = row${at}.handlers[${i}]`,
        `state${at}_${i} = row${at}.states[${i}]`,
        `violate${at}_${i} = row${at}.violates[${i}]`,
      )
      return `${call}(state${at}_${i}, event, violate${at}_${i}, where, view)`
    })
    if (before) names.push(`before${at} = row${at}.before`)
    if (after) names.push(`after${at} = row${at}.after`)
    return [
      ...(before ? [`before${at}(event, where)`] : []),
      ...known,
      ...(after ? [`after${at}(event, where)`] : []),
    ].join('; ')
  }
  // Names are compared in order: accesses to memory first, for they are most of what happens.
  const types = Object.keys(table).sort((a, b) => Number(b in locates) - Number(a in locates))
  const cases = types.map((type) => {
    const row = table[type] as Row
    const key = JSON.stringify(type)
    const usual = calls(`table[${key}]`, row)
    const located = row.locate === 'nothing' ? '' : `locate(view, '${row.locate}', event); `
    const byCache = row.locate === 'access' ? calls(`cacheTable[${key}]`, cacheTable[type] as Row) : ''
    const isAccess = row.locate === 'access'
    const chosen = isAccess ? `if (view.device < 0 && view.mmu < 0) { ${byCache} } else { ${usual} }` : usual
    return `case ${key}: ${located}${chosen}; return`
  })
  return compileText(
    { table, cacheTable, view, locate },
    `const ${names.join(', ')}
    return function observe(event, where) {
      switch (event.type) {
        ${cases.join('\n        ')}
      }
    }`,
  )
}

/** One row for each event type that the history or an oracle wants; `which` handlers of the oracles. */
function buildTable(
  names: readonly OracleName[],
  states: Readonly<Record<string, object>>,
  violates: ReadonlyMap<string, Violate>,
  updates: Updates,
  which: 'on' | 'caches',
): Record<string, Row | undefined> {
  const handlersOf = (name: OracleName): Record<string, AnyHandler> =>
    ((oracles[name] as unknown as Oracle<object>)[which] ?? {}) as Record<string, AnyHandler>
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
      states: wanting.map((name) => states[name] as object),
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
function historyUpdates(view: OwnView): Updates {
  const { history, config } = view
  return {
    'cpu.load': (event) => forgetOvertaken(history, event.core),
    'cpu.maintain': (event) => forgetOvertaken(history, event.core),
    'os.sync': (event) => forgetOvertaken(history, event.core),
    'cpu.store': (event) => storeExecuted(view, event),
    'cpu.stored': (event, where) => storePerformed(view, event, where.step),
    'memory.write': (event, where) => writeLanded(view, event, where.step),
    'line.fill': (event) => lineFilled(view, event),
    'line.drop': (event) => lineDropped(view, event),
    'line.writeback': (event) => lineWrittenBack(view, event),
    'page.owner': (event) => pageOwned(history, config, event),
    'pool.taken': (event) => blockTaken(history, config, event),
    'page.alias': (event) => pageAliased(history, config, event),
    'page.mapped': (event) => pageMapped(history, config, event),
    'cpu.mark': (event, where) => {
      forgetOvertaken(history, event.core)
      view.marked = marked(history, config, event)
      countCall(history, event)
      listen(view, event, where)
    },
    'cpu.switch': (event) => switchThread(history, event),
    'frame.start': () => {
      history.stream.frames = true
    },
  }
}
