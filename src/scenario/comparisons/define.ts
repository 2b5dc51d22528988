/** Scenario | the builder of scenarios in which editions are compared: small programs, a size to run out of, expectations. */

import type { FeatureName } from '../../../machines/features.ts'
import type { Assembler } from '../../dma/assembler.ts'
import { type BuiltScenario, defineScenario, type ScenarioDefinition } from '../build.ts'
import { conversionDefaults, keepMapped } from '../conversion-code.ts'
import type { Comparison, LitmusDefaults, LitmusSizes, Reach } from '../scenario.ts'

/** What such a scenario says of itself; everything else is the same for all. */
export interface ComparisonDefinition
  extends Comparison,
    Pick<ScenarioDefinition, 'id' | 'question' | 'cores' | 'shared' | 'sysmmuVersion' | 'secondEngine'> {
  readonly backend?: ScenarioDefinition['backend']
  readonly sizes?: LitmusSizes
  /** What the device reaches, and its safe buffers. */
  readonly reach?: Reach
  /** On top of `quiet`: what the question needs to happen by itself. */
  readonly features?: Partial<Record<FeatureName, boolean>>
  readonly disturbedLines?: LitmusDefaults['disturbedLines']
}

/** What caches do of their own accord is not what most of these ask. */
const quiet = { speculation: false, eviction: false } as const

/** Where two cores race for other reasons than stores that linger. */
export const inOrder = { storeBuffer: false, l2StoreBuffer: false, tlbEviction: false } as const

/** Memory from alloc stays at the end on purpose. */
export function keepAllocations(asm: Assembler): void {
  keepMapped(asm)
  for (const what of ['page array', 'kernel area']) asm.mark('expect-kept', { what: { text: what } })
}

export function defineComparison(definition: ComparisonDefinition): BuiltScenario {
  const { id, question, cores, shared, gaps, expects, backend = 'iommu' } = definition
  const { sizes, features, disturbedLines, sysmmuVersion, secondEngine, reach } = definition
  const { litmus, board } = conversionDefaults
  const { disturbedLines: _unknown, ...small } = litmus
  return defineScenario({
    id,
    question,
    cores,
    camera: 'none',
    backend,
    defaults: {
      litmus: {
        ...small,
        frames: 1,
        features: { ...quiet, ...features },
        ...(sizes ? { sizes } : {}),
        ...(disturbedLines ? { disturbedLines } : {}),
      },
      board,
    },
    compares: { gaps, expects },
    ...(shared ? { shared } : {}),
    ...(sysmmuVersion ? { sysmmuVersion } : {}),
    ...(secondEngine ? { secondEngine } : {}),
    ...(reach ? { reach: { litmus: reach, board: {} } } : {}),
  })
}
