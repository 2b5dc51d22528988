/** Tests | bugs planted in whole scenarios: the oracle catches them in the running system, and is silent on the clean twin. */

import { describe, expect, test } from 'vitest'
import { type OracleName, oracleNames } from '../../src/oracle/index.ts'
import { policies, resolveOptions } from '../../src/run/options.ts'
import { buildSystem, type RunResult, runScenario } from '../../src/run/run.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { planted } from './planted.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

function runs(scenario: Scenario, policy: string): RunResult[] {
  const optionsFor = (seed: number) =>
    resolveOptions({ scenario: scenario.id, geometry: 'litmus', seed, policy }, scenario)
  const system = buildSystem(optionsFor(1))
  return seeds.map((seed) => runScenario(optionsFor(seed), { runtime: 'sim', system }))
}

const violated = ({ violations }: RunResult) => violations.map(({ violation }) => violation.oracle)

describe.each(oracleNames.map((name) => [name]))('%s', (name: OracleName) => {
  const cases = planted[name].map((one) => [one.title, one] as const)

  // Where nothing happens by itself nothing can hide the bug: no eviction cleans a forgotten line in time.
  test.each(cases)('catches at every seed: %s', (_title, { twin }) => {
    expect(twin.violates?.[0]).toBe(name)
    for (const result of runs(twin, 'off')) {
      expect(result.verdict).toBe('violated')
      expect(violated(result)).toContain(name)
      const { violation } = result.violations.find((one) => one.violation.oracle === name) as RunResult['violations'][0]
      expect(violation.message.length).toBeGreaterThan(20)
      expect(violation.message).not.toMatch(/undefined|NaN|\.$/)
    }
  })

  test.each(cases)('and no foreign oracle does: %s', (_title, { twin }) => {
    for (const policy of policies) {
      const foreign = runs(twin, policy).flatMap(violated)
      expect(foreign.filter((other) => !twin.violates?.includes(other as OracleName))).toEqual([])
    }
  })

  test.each(cases)('is silent without: %s', (_title, { correct }) => {
    for (const policy of policies) {
      for (const result of runs(correct, policy)) {
        expect(result.violations.map(({ violation }) => violation.message)).toEqual([])
        expect(result.verdict).toBe('clean')
      }
    }
  })
})
