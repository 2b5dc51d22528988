/** Test | the SYSMMU's compiled chart against XState, at both geometries. */

import { describe, expect, test } from 'vitest'
import { defineSysmmu } from '../../machines/sysmmu/machine.ts'
import type { SysmmuConfig } from '../../machines/sysmmu/types.ts'
import { sysmmuConfigs, sysmmuMessages } from '../generators/sysmmu.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`sysmmu, seed ${seed}`, () => {
  for (const config of sysmmuConfigs) {
    const { geometry, features, version } = config
    test(`${geometry.name}, version ${version}, choices ${features.tlbEviction ? 'declared' : 'undeclared'}`, () => {
      const coverage = compareMachine({
        definition: defineSysmmu(config),
        generate: sysmmuMessages(config),
        messages: config.features.flpdCache ? 90_000 : 30_000,
        seed,
      })
      const { transitions, guards } = unreachable(config)
      expect(coverage.transitionsNeverTaken).toEqual(transitions)
      expect(coverage.guardsOneSided).toEqual(guards)
    })
  }
})

/** What no message can reach in a configuration, in document order, and which guards can only say one thing. */
function unreachable({ version, features }: SysmmuConfig) {
  const isDeclared = features.tlbEviction
  const isFull = features.flpdCache
  const hasOneSize = version === '2.0'
  return {
    transitions: [
      ...(isDeclared ? ['(root): tlb.drop ignored'] : []),
      ...(hasOneSize ? multiHits : []),
      ...(isDeclared ? ['mmu.translating.idle: tlb.prefetch ignored'] : []),
      ...(isFull ? ['mmu.translating.idle: flpd.prefetch ignored'] : []),
      ...(hasOneSize ? retries : []),
      ...(isFull && isDeclared ? ['mmu.unpowered: tlb.prefetch stalled'] : []),
      ...(isFull ? ['mmu.unpowered: flpd.prefetch stalled'] : []),
    ],
    guards: [
      ...(isDeclared ? ['(root): tlb.drop [dropPossible] never false'] : []),
      ...(hasOneSize ? multiHits.map((label) => `${label} never true`) : []),
      ...(isDeclared ? ['mmu.translating.idle: tlb.prefetch [prefetchUseful] -> prefetching never false'] : []),
      ...(isFull ? ['mmu.translating.idle: flpd.prefetch [flpdPrefetchUseful] -> fetching never false'] : []),
      ...(hasOneSize ? retries.map((label) => `${label} never true`) : []),
    ],
  }
}

// A declared choice happens only where it is possible, so the chart's own refusal shows only where nothing declares it.
// Entries of one size cannot overlap: version 2 has no multi-hit, and an access that was held never finds an entry.
const multiHits = ['read.req', 'write.req'].map(
  (event) => `mmu.translating.idle: ${event} [tlbMultiHits] -> #sysmmu0.mmu.blocked.holding`,
)
const retries = [
  'mmu.blocked.holding: reg.write.req [unblocksHit] -> #sysmmu0.mmu.translating.idle',
  'mmu.blocked.holding: reg.write.req [unblocksMultiHit]',
]
