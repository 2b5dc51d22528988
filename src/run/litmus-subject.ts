/** Run | one variant of a litmus test as something to check: its platform, watched by the oracles and its own conditions. */

import type { Emitted } from '../../machines/protocol.ts'
import { UsageError } from '../base/errors.ts'
import type { Observer } from '../explore/observer.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import { ReplayScheduler } from '../kernel/replay.ts'
import type { Schedule } from '../kernel/schedule.ts'
import { Simulation } from '../kernel/simulation.ts'
import type { Choice } from '../litmus/choose.ts'
import type { FeatureForm, LitmusTest, ParameterForm } from '../litmus/form.ts'
import { type Lowered, lowerLitmus } from '../litmus/lower.ts'
import { statementsOfRunners, whereStuck } from '../litmus/trails.ts'
import { rootsOf } from '../oracle/find-root.ts'
import { type OracleName, oracleNames, oracles } from '../oracle/index.ts'
import { createOracleObserver, searchConfig } from '../oracle/observer.ts'
import { type OracleConfig, oracleConfig } from '../oracle/oracle.ts'
import { createOracleSet } from '../oracle/oracle-set.ts'
import { spaceHints } from './space-size.ts'
import { goOn } from './stuck.ts'
import type { Subject, SystemSource } from './subject.ts'
import { printToken } from './token.ts'

/** What the oracles are told of a test's platform. */
export function litmusOracleConfig(lowered: Lowered): OracleConfig {
  const { geometry, cores, threads, devices, mmus, ioSpaces, translators, prelude } = lowered
  return oracleConfig(geometry, { cores, threads, devices, mmus, ioSpaces, translators, prelude, ...searchConfig })
}

/** Usage errors as `lowerLitmus`. */
export function subjectOfLitmus(test: LitmusTest, choice: Choice, source?: SystemSource): Subject {
  return subjectOfLowered(test, choice, lowerLitmus(test, choice), source)
}

/** The same of a test that is lowered already, `choice` of `test`. */
export function subjectOfLowered(test: LitmusTest, choice: Choice, lowered: Lowered, source?: SystemSource): Subject {
  const config = litmusOracleConfig(lowered)
  const id = litmusId(test, choice.variant)
  return {
    id,
    question: test.question,
    spec: lowered.system,
    properties: lowered.properties,
    symmetries: [],
    valueSymmetries: [],
    observers: (): readonly Observer[] => [createOracleObserver(oracleNames, config)],
    // The shipped machines are; programs are data.
    purity: 'trust',
    deadlock: 'ignore',
    completion: 'progress',
    over: { isReached: lowered.isOver, otherwise: restless },
    // A poll that only an eviction would end is a bug, although the eviction may come.
    ways: 'must',
    features: lowered.features,
    ...(source ? { digest: source.digest } : {}),
    rule: (property) => {
      const own = lowered.properties[property]
      return own?.description ?? oracles[property as OracleName].always
    },
    replay: (schedule) => {
      const token = printToken({ request: requestOf(test, choice, source), schedule })
      return `npx dmarace replay ${token}${source ? ` --system ${source.file}` : ''}`
    },
    names: lowered.names,
    statementAt: statementsOfRunners(lowered.runners),
    roots: (property, events) => rootsOf(property, events, config),
    spaceHints: (parts) => spaceHints(parts, lowered),
    stuck: (schedule) => {
      const actors = goOn(lowered.system, schedule)
      const standing = whereStuck(lowered.runners, (id) => actors.get(id) ?? { finished: true, value: '', context: {} })
      return `from here no order of steps brings every program to its end: ${standing.join('; ')}`
    },
    judge: (schedule, runtime) => judgeRun(lowered, config, schedule, runtime),
  }
}

/** Of a run from which there is no end, though every program has come to its own. */
const restless =
  'every program has ended, but from here nothing comes to rest, so that no final condition is ever judged; likely an interrupt handler that does not clear what raised the interrupt'

/** `name/variant`; the name alone where there are no variants. */
export function litmusId({ name, variants }: Pick<LitmusTest, 'name' | 'variants'>, variant: string): string {
  return variants.length === 1 ? name : `${name}/${variant}`
}

function requestOf(test: LitmusTest, { variant, features, parameters }: Choice, source: SystemSource | undefined) {
  const switched = (features ?? []).map(({ name, on }) => (on ? name : `-${name}`))
  const set = (parameters ?? []).map(({ name, value }) => `${name}=${value}`)
  return {
    scenario: litmusId(test, variant),
    ...(switched.length > 0 ? { features: switched.join() } : {}),
    ...(set.length > 0 ? { parameters: set.join() } : {}),
    ...(source ? { system: source.digest } : {}),
  }
}

/** Switches as a command line has them: `-speculation,tlbPrefetch`. */
export function featureForms(text: string | undefined): FeatureForm[] {
  if (text === undefined) return []
  return text.split(',').map((word) => {
    const off = /^(-|no-)/.exec(word)
    const name = off ? word.slice(off[0].length) : word
    if (name === '') throw new UsageError(`--features ${text}: a name is missing`)
    return { name, on: !off }
  })
}

/** Parameters as a command line has them: `rounds=2,slots=1`. */
export function parameterForms(text: string | undefined): ParameterForm[] {
  if (text === undefined) return []
  return text.split(',').map((word) => {
    const [, name, value] = /^([\w-]+)=(0x[0-9a-f]+|\d+)$/i.exec(word) ?? []
    if (name === undefined) throw new UsageError(`"${word}" sets no parameter: write name=number`)
    return { name, value: Number(value) }
  })
}

/** Takes the choices and says for each oracle that was violated how, in one sentence. */
function judgeRun(
  { system }: Lowered,
  config: OracleConfig,
  schedule: Schedule,
  runtime: RuntimeName,
): ReadonlyMap<string, string> {
  const set = createOracleSet(oracleNames, config)
  const where = { step: 0, cycle: 0, actor: '' }
  const simulation = new Simulation(system, {
    runtime,
    scheduler: new ReplayScheduler(schedule),
    emittedWatchers: [
      ({ step, cycle, actor, emitted }) => {
        Object.assign(where, { step, cycle, actor: actor.id })
        for (const event of emitted) set.observe(event as Emitted, where)
      },
    ],
  })
  while (simulation.run({ stepsMax: simulation.step + (1 << 20) }) === 'steps');
  const unfinished = simulation.unfinished().map(({ actor, state, stalled }) => {
    return { actor, why: [JSON.stringify(state), ...stalled].join('; ') }
  })
  const reason = simulation.goesOn ? 'stopped' : unfinished.length > 0 ? 'deadlock' : 'finished'
  set.end({ reason, unfinished })
  simulation.dispose()
  return new Map([...set.violations].map(([oracle, { first }]) => [oracle, first.message]))
}
