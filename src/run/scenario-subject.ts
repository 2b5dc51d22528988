/** Run | a scenario as something to check: its litmus platform, watched by the oracles. */

import { deadlockProperty } from '../explore/system-partition.ts'
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
    features,
    ...(violates ? { violates } : {}),
    rule: (property) => {
      if (property === deadlockProperty) return 'something can go on until every program has ended'
      return oracles[property as OracleName].always
    },
    replay: (schedule) => `npx dmarace replay ${token(schedule)}`,
    judge: (property, schedule) => {
      const { violations } = new Run(options, { runtime: 'live', system, schedule, oracles: searchConfig }).complete()
      return violations.find(({ violation }) => violation.oracle === property)?.violation.message
    },
  }
}
