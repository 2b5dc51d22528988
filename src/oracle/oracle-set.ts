/** Oracle | a set of oracles on one run: hands every emitted event to those that want it, and collects violations. */

import { demand, list, parts, text } from '../base/shape.ts'
import { chooseOracles, Dispatch, initialState, type ObservedState } from './dispatch.ts'
import type { OracleName } from './index.ts'
import type { EndInfo, OracleConfig, StepInfo, Violation } from './oracle.ts'

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

/** Where violations without a step of their own (at the end) are put. */
const nowhere: StepInfo = { step: 0, cycle: 0, actor: 'run' }

const configShape = parts('what oracleConfig returns', {
  dram: parts('a range', {}),
  iova: parts('a range', {}),
  devices: list(text, 'a list of names'),
  mmus: list(text, 'a list of names'),
})

/** The oracles with these names, ready for the first event. Throws a usage error for an unknown name. */
export function createOracleSet(
  names: readonly string[],
  config: OracleConfig,
  options: OracleSetOptions = {},
): OracleSet {
  demand(list(text, 'a list of oracles'), names, 'createOracleSet(names, config): the names')
  demand(configShape, config, 'createOracleSet(names, config): the config')
  const chosen = chooseOracles(names)
  const state = initialState(chosen, config)
  const violations = new Map<string, ViolationRecord>()
  let place: StepInfo = nowhere
  const dispatch = new Dispatch(chosen, config, state, (oracle) => (report) => {
    const { step, cycle, actor } = place
    const violation: Violation = { oracle, step, cycle, actor, ...report }
    const record = violations.get(oracle)
    if (record) record.count++
    else violations.set(oracle, { first: violation, count: 1 })
    options.onViolation?.(violation)
  })
  return {
    names: chosen,
    state,
    violations,
    observe(event, where) {
      place = where
      dispatch.observe(event, where)
    },
    end: (info) => dispatch.end(info),
  }
}
