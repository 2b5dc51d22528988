/** Run | a scenario as something to check: its litmus platform, watched by the oracles. */

import type { Emitted } from '../../machines/protocol.ts'
import { demand } from '../base/shape.ts'
import type { Schedule } from '../kernel/schedule.ts'
import type { Reaction } from '../kernel/step.ts'
import { rootsOf } from '../oracle/find-root.ts'
import { type OracleName, oracleNames, oracles } from '../oracle/index.ts'
import { createOracleObserver, searchConfig } from '../oracle/observer.ts'
import { oracleConfig } from '../oracle/oracle.ts'
import type { LitmusDefaults, Scenario } from '../scenario/scenario.ts'
import { scenarioShape } from '../scenario/scenario-shape.ts'
import { createDisturbanceObserver, disturbedProperty, linesDisturbedBy } from './disturbed-lines.ts'
import { findScenario, type OwnEdition, type RunRequest, requestShape, resolveOptions } from './options.ts'
import { buildSystem, platformFacts, Run } from './run.ts'
import type { Subject, SystemSource } from './subject.ts'
import { tokenOf } from './token.ts'

/** What can be asked of a check: everything but the geometry, which is `litmus`, and what only timed runs have. */
export type CheckRequest = Pick<RunRequest, 'scenario' | 'frames' | 'features' | 'parameters' | 'edition' | 'ops'>

/**
 * Usage errors as `resolveOptions`.
 * @param source of a scenario of the user's own.
 */
export function subjectOfScenario(
  request: CheckRequest,
  scenario?: Scenario,
  own?: OwnEdition,
  source?: SystemSource,
): Subject {
  demand(requestShape, request, 'subjectOfScenario(request)')
  if (scenario !== undefined) demand(scenarioShape, scenario, 'the scenario of subjectOfScenario(request, scenario)')
  const { defaults, checkFeatures = {} } = scenario ?? findScenario(request.scenario)
  const { checkFrames, disturbedLines } = defaults.litmus as LitmusDefaults
  const frames = checkFrames === undefined ? {} : { frames: checkFrames }
  const features = [
    ...Object.keys(checkFeatures).map((name) => `-${name}`),
    ...(request.features ? [request.features] : []),
  ]
  const asked = { ...frames, ...request, ...(features.length > 0 ? { features: features.join() } : {}) }
  const options = resolveOptions(
    { ...asked, geometry: 'litmus', ...(source ? { system: source.digest } : {}) },
    scenario,
    own,
  )
  const { question, violates } = options.scenario
  const { geometry } = options.parameters
  const config = oracleConfig(geometry, { ...platformFacts(options.scenario), ...searchConfig })
  const system = buildSystem(options)
  const token = (schedule: Schedule): string => tokenOf(options, schedule)
  return {
    id: options.scenario.id,
    question,
    spec: system,
    properties: {},
    symmetries: [],
    valueSymmetries: [],
    observers: () => [
      createOracleObserver(oracleNames, config),
      ...(disturbedLines ? [createDisturbanceObserver(disturbedLines, options.parameters)] : []),
    ],
    // The shipped machines are; programs are data.
    purity: 'trust',
    deadlock: 'ignore',
    completion: 'progress',
    features: options.parameters.features,
    edition: options.edition.name,
    ...(source ? { digest: source.digest } : {}),
    ...(violates ? { violates } : {}),
    rule: (property) => {
      if (property === disturbedProperty) return 'lines that change behind the caches are declared (disturbedLines)'
      return oracles[property as OracleName].always
    },
    replay: (schedule) => {
      const files = [...(source ? [` --system ${source.file}`] : []), ...(own ? [` --ops ${own.file}`] : [])]
      return `npx dmarace replay ${token(schedule)}${files.join('')}`
    },
    roots: (property, events) => rootsOf(property, events, config),
    judge: (schedule, runtime) => {
      const undeclared = new Set<number>()
      const watch = ({ emitted }: Reaction): void => {
        for (const event of emitted) {
          for (const line of linesDisturbedBy(event as Emitted, options.parameters)) {
            if (disturbedLines && !disturbedLines.includes(line)) undeclared.add(line)
          }
        }
      }
      const run = new Run(options, { runtime, system, schedule, oracles: searchConfig, watchers: [watch] })
      const { violations } = run.complete()
      const said = new Map(violations.map(({ violation }) => [violation.oracle as string, violation.message]))
      if (undeclared.size > 0) {
        const lines = [...undeclared].map((line) => `0x${line.toString(16)}`).join(', ')
        said.set(disturbedProperty, `lines at ${lines} change behind the caches; what caches do to them was left out`)
      }
      return said
    },
  }
}
