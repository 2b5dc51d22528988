/** Run | a scenario as something to check: its litmus platform, watched by the oracles. */

import type { Schedule } from '../kernel/schedule.ts'
import { type OracleName, oracleNames, oracles } from '../oracle/index.ts'
import { createOracleObserver, searchConfig } from '../oracle/observer.ts'
import { oracleConfig } from '../oracle/oracle.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { type RunRequest, resolveOptions } from './options.ts'
import { buildSystem, Run } from './run.ts'
import type { Subject } from './subject.ts'
import { tokenOf } from './token.ts'

/** What can be asked of a check: everything but the geometry, which is `litmus`, and what only timed runs have. */
export type CheckRequest = Pick<RunRequest, 'scenario' | 'frames' | 'features'>

/** Usage errors as `resolveOptions`. */
export function subjectOfScenario(request: CheckRequest, scenario?: Scenario): Subject {
  const options = resolveOptions({ ...request, geometry: 'litmus' }, scenario)
  const { cores, question, violates } = options.scenario
  const { geometry, features } = options.parameters
  const config = oracleConfig(geometry, { cores, ...searchConfig })
  const system = buildSystem(options)
  const token = (schedule: Schedule): string => tokenOf(options, schedule)
  return {
    id: options.scenario.id,
    question,
    spec: system,
    properties: {},
    symmetries: [],
    valueSymmetries: [],
    observers: () => [createOracleObserver(oracleNames, config)],
    // The shipped machines are; programs are data.
    purity: 'trust',
    deadlock: 'ignore',
    completion: 'progress',
    features,
    ...(violates ? { violates } : {}),
    rule: (property) => oracles[property as OracleName].always,
    replay: (schedule) => `npx dmarace replay ${token(schedule)}`,
    judge: (schedule, runtime) => {
      const run = new Run(options, { runtime, system, schedule, oracles: searchConfig })
      const { violations } = run.complete()
      return new Map(violations.map(({ violation }) => [violation.oracle, violation.message]))
    },
  }
}
