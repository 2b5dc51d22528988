/** Litmus | caches do of their own accord only what makes a difference: no line changes behind them that a scenario leaves out. */

import { describe, expect, test } from 'vitest'
import type { Emitted } from '../../machines/protocol.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import type { Scheduler } from '../../src/kernel/scheduler.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import { linesDisturbedBy } from '../../src/run/disturbed-lines.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { buildSystem, runScenario } from '../../src/run/run.ts'
import { scenarios } from '../../src/scenario/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { seed as firstSeed } from '../support/seed.ts'

const timedSeeds = 20
const walks = 3
const walkStepsMax = 3_000

describe(`runs of ${timedSeeds} seeds from ${firstSeed} in time, and ${walks} without`, () => {
  test.each(Object.values(scenarios as Record<string, Scenario>).map((scenario) => [scenario.id, scenario] as const))(
    '%s',
    (id, scenario) => {
      const declared = scenario.defaults.litmus.disturbedLines
      if (declared === undefined) return
      const seen = new Set<number>()
      const optionsOf = (seed: number) => resolveOptions({ scenario: id, geometry: 'litmus', seed })
      const { parameters } = optionsOf(0)
      const watch = ({ emitted }: { readonly emitted: readonly object[] }): void => {
        for (const event of emitted) for (const line of linesDisturbedBy(event as Emitted, parameters)) seen.add(line)
      }
      for (let seed = firstSeed; seed < firstSeed + timedSeeds; seed++) {
        runScenario(optionsOf(seed), { runtime: 'sim', watchers: [watch] })
      }
      for (let seed = firstSeed; seed < firstSeed + walks; seed++) {
        const scheduler: Scheduler = new RandomScheduler(seed, 4)
        new Simulation(buildSystem(optionsOf(seed)), { runtime: 'sim', scheduler, watchers: [watch] }).run({
          stepsMax: walkStepsMax,
        })
      }
      expect([...seen].filter((line) => !declared.includes(line))).toEqual([])
      expect(seen.size).toBeGreaterThan(0)
    },
  )
})
