/** Test | the SYSMMU's compiled chart against XState, at both geometries. */

import { describe, expect, test } from 'vitest'
import { defineSysmmu } from '../../machines/sysmmu/machine.ts'
import { sysmmuConfigs, sysmmuMessages } from '../generators/sysmmu.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`sysmmu, seed ${seed}`, () => {
  for (const config of sysmmuConfigs) {
    const { geometry, features } = config
    test(`${geometry.name}, choices ${features.tlbEviction ? 'declared' : 'undeclared'}`, () => {
      const coverage = compareMachine({
        definition: defineSysmmu(config),
        generate: sysmmuMessages(config),
        messages: 30_000,
        seed,
      })
      expect(coverage.transitionsNeverTaken).toEqual(features.tlbEviction ? [dropIgnored, prefetchIgnored] : [])
      expect(coverage.guardsOneSided).toEqual(features.tlbEviction ? [dropNeverFalse, prefetchNeverFalse] : [])
    })
  }
})

// A declared choice happens only where it is possible, so the chart's own refusal shows only where nothing declares it.
const dropIgnored = '(root): tlb.drop ignored'
const prefetchIgnored = 'mmu.translating.idle: tlb.prefetch ignored'
const dropNeverFalse = '(root): tlb.drop [dropPossible] never false'
const prefetchNeverFalse = 'mmu.translating.idle: tlb.prefetch [prefetchUseful] -> prefetching never false'
