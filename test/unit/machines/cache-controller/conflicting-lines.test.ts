/** Test | lines that displace each other in both caches, where channels take no time: the program ends. */

import { describe, expect, test } from 'vitest'
import type { Geometry } from '../../../../machines/geometry.ts'
import { pageOwners } from '../../../../machines/os/calls.ts'
import { linearVa } from '../../../../src/dma/addresses.ts'
import { add, eq, ne } from '../../../../src/dma/operands.ts'
import { policies, resolveOptions } from '../../../../src/run/options.ts'
import { runScenario } from '../../../../src/run/run.ts'
import { defineScenario } from '../../../../src/scenario/build.ts'
import { conversionDefaults } from '../../../../src/scenario/conversion-code.ts'

/** From a line to the next one in its place: the caches of a small run have one way. */
const apartBytes = (geometry: Geometry): number => geometry.l2.sets * geometry.l2.ways * geometry.lineBytes

/**
 * Core 0 owns line B, and core 1 writes line A of the same set back, so that it is dirty in the outer cache, in B's place. Then
 * core 0 stores to A: its victim B goes to the outer cache and pushes out the very line that the miss needs.
 */
const scenario = defineScenario({
  id: 'conflicting-lines',
  question: 'This asks whether a miss can end that pushes its own line out of the outer cache.',
  cores: [
    {
      main: ({ asm, parameters: { geometry } }) => {
        const apart = apartBytes(geometry)
        const bytes = apart + geometry.pageBytes
        const [page] = asm.call('page.alloc', [bytes, pageOwners.indexOf('user')])
        const a = linearVa(geometry, page)
        const b = add(a, apart)
        asm.load(a)
        asm.flagSet('page', a)
        asm.poll({ read: () => asm.flagGet('stored'), until: (stored) => ne(stored, 0) })
        asm.store(b, 1)
        asm.dmb()
        asm.flagSet('owned', 1)
        asm.poll({ read: () => asm.flagGet('cleaned'), until: (cleaned) => ne(cleaned, 0) })
        asm.store(a, 2)
        asm.dmb()
        asm.assert(eq(asm.load(a), 2), 'the store to A is kept')
        asm.assert(eq(asm.load(add(a, 4)), 4), "core 1's store to A is kept")
        asm.assert(eq(asm.load(b), 1), 'the store to B is kept')
        asm.perform('page.free', [page, bytes])
      },
    },
    {
      main: ({ asm, parameters: { geometry } }) => {
        asm.poll({ read: () => asm.flagGet('page'), until: (va) => ne(va, 0) })
        const a = asm.flagGet('page')
        asm.store(add(a, 4), 4)
        asm.dmb()
        asm.flagSet('stored', 1)
        asm.poll({ read: () => asm.flagGet('owned'), until: (owned) => ne(owned, 0) })
        asm.maintain('clean-invalidate', a, geometry.lineBytes)
        asm.dsb()
        asm.flagSet('cleaned', 1)
      },
    },
  ],
  camera: 'none',
  backend: 'linear-coherent',
  defaults: conversionDefaults,
  shared: { flags: ['page', 'stored', 'owned', 'cleaned'] },
})

describe('lines of one set in both caches', () => {
  // Goal: no deadlock. Where the whole miss is one step, a part that waits for what the step itself did would be refused for ever.
  test.each(policies)('a store whose victim displaces its line comes to its end, policy %s', (policy) => {
    for (let seed = 1; seed <= 10; seed++) {
      const options = resolveOptions({ scenario: scenario.id, geometry: 'litmus', seed, policy }, scenario)
      const { verdict, violations } = runScenario(options, { runtime: 'sim' })
      expect({ seed, verdict, violations }).toEqual({ seed, verdict: 'clean', violations: [] })
    }
  })
})
