/** Mutant | the default policy finds bugs that other bugs' conditions would hide: each seed makes another kind of trouble. */

import { describe, expect, it } from 'vitest'
import { dmarace } from '../../src/dma/index.ts'
import type { Edition } from '../../src/dma/types.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { buildSystem, runScenario } from '../../src/run/run.ts'
import { twinOf } from '../../src/scenario/build.ts'
import { conversionStreaming } from '../../src/scenario/conversion-streaming.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'

/** Oracles violated by seeds 1 to `seeds` under the default policy of the litmus geometry. */
function violatedOver(scenario: Scenario, seeds: number): Set<string> {
  const request = { scenario: scenario.id, geometry: 'litmus' }
  const system = buildSystem(resolveOptions(request, scenario))
  const violated = new Set<string>()
  for (let seed = 1; seed <= seeds; seed++) {
    const result = runScenario(resolveOptions({ ...request, seed }, scenario), { runtime: 'sim', system })
    for (const { violation } of result.violations) violated.add(violation.oracle)
  }
  return violated
}

function broken(name: string, steps: NonNullable<Edition['steps']>): Scenario {
  return twinOf(conversionStreaming, {
    id: `conversion-streaming-${name}`,
    question: 'This asks what happens without one of the shared steps.',
    violates: ['iova-unique'],
    edition: { name, description: `${name}: left out`, base: dmarace, steps },
  })
}

describe('the default policy, seeds 1 to 50', () => {
  it('finds an unmap that leaves the TLB as it is: the stale entry must be left alone to matter', () => {
    expect(violatedOver(broken('no-tlb-invalidation', { invalidate: () => {} }), 50)).toContain('iova-unique')
  })

  it('finds a hand-over without any cache maintenance', () => {
    expect(violatedOver(broken('no-maintenance', { cpuToDev: () => {}, devToCpu: () => {} }), 50).size).toBeGreaterThan(
      0,
    )
  })

  it('finds nothing in the correct form', () => {
    expect([...violatedOver(conversionStreaming, 50)]).toEqual([])
  })
})
