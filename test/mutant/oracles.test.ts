/** Tests | every oracle catches its planted bugs and is silent on their clean twins. */

import { describe, expect, test } from 'vitest'
import { type OracleName, oracleNames } from '../../src/oracle/index.ts'
import { mutants } from './index.ts'
import type { Mutant } from './mutant.ts'
import { Platform } from './platform.ts'

function run(mutant: Mutant, planted: boolean): Platform {
  const platform = new Platform(mutant.config)
  mutant.steps(platform, planted)
  if (!mutant.endsClean) platform.keepAll()
  return platform.end(mutant.end?.(planted))
}

describe.each(oracleNames.map((name) => [name]))('%s', (name: OracleName) => {
  test.each(mutants[name].map((mutant) => [mutant.title, mutant] as const))('catches: %s', (_title, mutant) => {
    const platform = run(mutant, true)
    expect(platform.fired()).toEqual([name, ...(mutant.also ?? [])].sort())
    const message = platform.set.violations.get(name)?.first.message ?? ''
    // One sentence that names the actor and says something about the expectation.
    expect(message.length).toBeGreaterThan(20)
    expect(message).not.toMatch(/undefined|NaN|\.$/)
    if (name !== 'assertion') expect(message).toMatch(/expected/)
  })

  test.each(mutants[name].map((mutant) => [mutant.title, mutant] as const))(
    'is silent without: %s',
    (_title, mutant) => {
      const platform = run(mutant, false)
      expect([...platform.set.violations.values()].map((record) => record.first.message)).toEqual([])
    },
  )
})
