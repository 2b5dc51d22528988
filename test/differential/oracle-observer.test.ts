/** Differential | the oracles by parts, as a search runs them, against the set of a run: the same events, the same violations. */

import { describe, expect, test } from 'vitest'
import { litmus } from '../../machines/geometry.ts'
import { canonical, clone } from '../../src/base/canonical.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { oracleNames } from '../../src/oracle/index.ts'
import { createOracleObserver, searchConfig } from '../../src/oracle/observer.ts'
import { type OracleConfig, oracleConfig } from '../../src/oracle/oracle.ts'
import { createOracleSet, type OracleSet } from '../../src/oracle/oracle-set.ts'
import { partsOf } from '../../src/oracle/parts.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { runScenario } from '../../src/run/run.ts'
import { scenarios } from '../../src/scenario/index.ts'
import { seed as firstSeed } from '../support/seed.ts'

const seeds = 12

interface Stream {
  readonly config: OracleConfig
  readonly events: readonly Message[]
}

/** What a timed run emits. */
function record(scenario: string, seed: number, overrides: Partial<OracleConfig>): Stream {
  const options = resolveOptions({ scenario, geometry: 'litmus', seed })
  const events: Message[] = []
  runScenario(options, { runtime: 'sim', watchers: [({ emitted }) => events.push(...emitted.map(clone))] })
  const { geometry } = options.parameters
  return { config: oracleConfig(geometry, { cores: options.scenario.cores, ...overrides }), events }
}

function counts(set: OracleSet): Record<string, number> {
  return Object.fromEntries([...set.violations].map(([name, { count }]) => [name, count]))
}

/**
 * Runs every event on copies of just the parts that the same event asks for, and once more with all others out of reach.
 * Returns how often each oracle was violated, and the parts.
 */
function observeByParts({ config, events }: Stream): { violations: Record<string, number>; parts: unknown[] } {
  const observer = createOracleObserver(oracleNames, config)
  const parts = observer.parts.map((_, part) => observer.initial(part))
  const violations: Record<string, number> = {}
  const step = (event: Message, allowed?: ReadonlyMap<number, unknown>) => {
    const got = new Map<number, unknown>()
    const told: string[] = []
    const get = (part: number): unknown => {
      if (allowed && !allowed.has(part)) throw new Error(`${observer.parts[part]} was not asked for before`)
      if (!got.has(part)) got.set(part, clone(parts[part]))
      return got.get(part)
    }
    observer.observe({ get }, event, '', (property) => told.push(property))
    return { got, told }
  }
  for (const event of events) {
    if (!observer.wants(event.type)) continue
    const { got, told } = step(event)
    const again = step(event, got)
    expect(again.told).toEqual(told)
    for (const [part, value] of got) {
      if (canonical(again.got.get(part)) !== canonical(value)) throw new Error(`${observer.parts[part]} differs`)
      parts[part] = value
    }
    for (const property of told) violations[property] = (violations[property] ?? 0) + 1
  }
  return { violations, parts }
}

describe.each([
  ['the state alone', searchConfig],
  ['with the order of accesses', {}],
])('%s', (_title, overrides) => {
  test.each(Object.keys(scenarios))(`%s, ${seeds} seeds from ${firstSeed}`, (scenario) => {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const stream = record(scenario, seed, overrides)
      const set = createOracleSet(oracleNames, stream.config)
      for (const event of stream.events) set.observe(event, { step: 1, cycle: 1, actor: '' })
      const byParts = observeByParts(stream)
      expect(byParts.violations).toEqual(counts(set))
      const whole = [
        ...partsOf(set.state.history),
        ...oracleNames.flatMap((name) => partsOf(set.state.oracles[name] as object)),
      ]
      expect(byParts.parts.map(canonical)).toEqual(whole.map(canonical))
    }
  })
})

describe('the end', () => {
  const end = (deadlock: boolean, unfinished: readonly string[]): string[] => {
    const observer = createOracleObserver(oracleNames, oracleConfig(litmus, searchConfig))
    const told: string[] = []
    const parts = observer.parts.map((_, part) => observer.initial(part))
    observer.atEnd?.({ get: (part) => parts[part] }, { deadlock, unfinished }, (property) => told.push(property))
    return told
  }

  test('a deadlock of a program that has not ended is no progress', () => {
    expect(end(true, ['cpu0'])).toEqual(['progress'])
  })

  test('nothing is wrong with an end of all programs', () => {
    expect(end(false, [])).toEqual([])
  })
})
