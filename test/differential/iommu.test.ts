/** Test | the IOMMU's compiled chart against XState, in configurations that together have everything. */

import { describe, expect, test } from 'vitest'
import { defineIommu } from '../../machines/iommu/machine.ts'
import type { IommuConfig } from '../../machines/iommu/types.ts'
import { iommuConfigs, iommuMessages } from '../generators/iommu.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`iommu, seed ${seed}`, () => {
  for (const [name, config] of Object.entries(iommuConfigs)) {
    test(name, () => {
      const coverage = compareMachine({
        definition: defineIommu(config),
        generate: iommuMessages(config),
        // Where every request begins in the device table, the rest comes less often.
        messages: config.deviceTable?.kept === false ? 100_000 : 40_000,
        seed,
      })
      const { transitions, guards } = unreachable(config)
      expect(coverage.transitionsNeverTaken).toEqual(transitions)
      expect(coverage.guardsOneSided).toEqual(guards)
    })
  }
})

/** What no message can reach in a configuration, in document order, and which guards can only say one thing. */
function unreachable(config: IommuConfig) {
  const { features, requesters, walksInFlight, accessesInFlight, queueEntries, deviceTable, walkCacheEntries } = config
  const keepsMore = walkCacheEntries > 0 || deviceTable?.kept === true
  const hasAtc = requesters.some(({ keeps }) => keeps === 'atc')
  const makesAccesses = requesters.some(({ accessPort }) => accessPort !== undefined)
  const isQueued = queueEntries > 0
  // With one requester every choice is for it.
  const isAlone = requesters.length === 1 && config.multipleHits === 'any'
  const walker = `mmu.translating.walker-${requesters[0]?.from}`
  const lastCommand = hasAtc ? 'device' : 'accesses'
  const nothingAwaited = accessesInFlight === 'ignored' || !makesAccesses
  return {
    transitions: [
      // A declared choice happens only where it is possible, so the chart's own refusal shows only where nothing declares it.
      ...(features.tlbEviction ? ['(root): tlb.drop ignored'] : []),
      ...(features.tlbEviction && keepsMore ? ['(root): kept.drop ignored'] : []),
      ...(features.tlbPrefetch ? ['mmu.translating.ahead.idle: tlb.prefetch ignored'] : []),
      // Without power no domain is known that could be looked ahead for.
      ...(features.tlbPrefetch && deviceTable ? ['mmu.unpowered: tlb.prefetch stalled'] : []),
      ...(isQueued ? ['commands.resting: command.execute stalled'] : []),
    ],
    guards: [
      ...(features.tlbEviction ? ['(root): tlb.drop [dropPossible] never false'] : []),
      ...(features.tlbEviction && keepsMore ? ['(root): kept.drop [keptDropPossible] never false'] : []),
      ...(isAlone ? [`${walker}.choosing: match.use [isChoice] -> finding never false`] : []),
      ...(features.tlbPrefetch
        ? ['mmu.translating.ahead.idle: tlb.prefetch [prefetchUseful] -> walking never false']
        : []),
      ...(isQueued
        ? [`commands.resting: command.execute [begins] -> #iommu0.commands.executing.${lastCommand} never false`]
        : []),
      ...(walksInFlight === 'ignored'
        ? ['commands.executing.walks: always [walksOver] -> #iommu0.commands.executing.accesses never false']
        : []),
      ...(nothingAwaited
        ? ['commands.executing.accesses: always [accessesOver] -> #iommu0.commands.resting never false']
        : []),
    ],
  }
}
