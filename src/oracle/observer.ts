/** Oracle | the oracles as an observer of a search: the same handlers, on state that is handed out in parts. */

import { clone } from '../base/canonical.ts'
import type { Observer, Parts, ReportViolation } from '../explore/observer.ts'
import { chooseOracles, Dispatch, initialState, type ObservedState } from './dispatch.ts'
import type { History } from './history.ts'
import type { OracleConfig, StepInfo } from './oracle.ts'
import { type PartSource, partNames, partsOf, windowOn } from './parts.ts'

/** A search that tries every order judges the state alone, and leaves what never ends to the graph. */
export const searchConfig = { ownership: 'state', interruptsMax: 0 } as const satisfies Partial<OracleConfig>

/** Messages are not made for a search: a counterexample is run again for them. */
const nowhere: StepInfo = { step: 0, cycle: 0, actor: '' }

/** The parts of the event under way, each fetched at most once. */
class Fetcher implements PartSource {
  private parts: Parts | undefined
  private readonly fetched: (object | undefined)[]
  private readonly used: number[] = []

  constructor(count: number) {
    this.fetched = new Array<object | undefined>(count).fill(undefined)
  }

  open(parts: Parts): void {
    for (const part of this.used) this.fetched[part] = undefined
    this.used.length = 0
    this.parts = parts
  }

  get(part: number): object {
    const found = this.fetched[part]
    if (found !== undefined) return found
    const got = (this.parts as Parts).get(part) as object
    this.fetched[part] = got
    this.used.push(part)
    return got
  }
}

/** The oracles with these names as one observer; its properties have their names. Throws a usage error for an unknown name. */
export function createOracleObserver(names: readonly string[], config: OracleConfig): Observer {
  const chosen = chooseOracles(names)
  const sample = initialState(chosen, config)
  const named = [
    ...partNames(sample.history).map((part) => `history.${part}`),
    ...chosen.flatMap((name) => partNames(sample.oracles[name] as object).map((part) => `${name}.${part}`)),
  ]
  const initial = [...partsOf(sample.history), ...chosen.flatMap((name) => partsOf(sample.oracles[name] as object))]
  const fetcher = new Fetcher(named.length)
  let violate: ReportViolation = () => {}
  const dispatch = new Dispatch(chosen, config, windowed(sample, fetcher), (oracle) => () => violate(oracle))
  return {
    id: 'oracles',
    parts: named,
    properties: chosen,
    initial: (part) => clone(initial[part]),
    wants: (type) => dispatch.wants(type),
    observe(parts, event, _actor, report) {
      fetcher.open(parts)
      violate = report
      dispatch.observe(event, nowhere)
    },
    atEnd(parts, { deadlock, unfinished }, report) {
      fetcher.open(parts)
      violate = report
      const who = unfinished.map((actor) => ({ actor, why: '' }))
      dispatch.end({ reason: deadlock ? 'deadlock' : 'finished', unfinished: who })
    },
  }
}

/** A state of the shape of `sample` whose parts come from `source`, numbered in the order of `partsOf`. */
function windowed(sample: ObservedState, source: PartSource): ObservedState {
  let next = partNames(sample.history).length
  const states: Record<string, object> = {}
  for (const [name, state] of Object.entries(sample.oracles)) {
    states[name] = windowOn(state, source, next)
    next += partNames(state).length
  }
  return { history: windowOn<History>(sample.history, source, 0), oracles: states }
}
