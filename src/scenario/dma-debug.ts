/** Scenario | the family dma-debug-*: for each class of misuse the right calls, and a twin with one of them wrong. */

import { type DebugClassName, debugClassNames } from '../oracle/dma-debug/classes.ts'
import { type BuiltScenario, type CoreCode, defineScenario, twinOf } from './build.ts'
import { conversionDefaults } from './conversion-code.ts'
import { type DebugPlan, Driver, debugPlans } from './dma-debug-plans.ts'
import { quietCaches, type Scenario } from './scenario.ts'

/** The right calls and the wrong ones. */
export interface DebugPair {
  readonly correct: BuiltScenario
  readonly twin: Scenario
}

function coreOf({ calls, backend }: DebugPlan, wrong: boolean): CoreCode {
  return {
    main: (context) => {
      if (backend === 'iommu') context.dma.attach()
      calls(new Driver(context), wrong)
      if (backend === 'iommu') context.dma.disableMmu()
    },
  }
}

function pair(name: DebugClassName): DebugPair {
  const plan: DebugPlan = debugPlans[name]
  const { litmus, board } = conversionDefaults
  const correct = defineScenario({
    id: `dma-debug-${name}`,
    question: `This asks whether dma-debug is silent about the right calls beside ${plan.what}.`,
    cores: [coreOf(plan, false)],
    camera: 'none',
    backend: plan.backend ?? 'linear',
    // The device does nothing, so that nothing can race: the caches' own doings would only multiply the states.
    features: quietCaches,
    defaults: { litmus: { ...litmus, frames: 1 }, board: { ...board, frames: 1 } },
    ...(plan.config ? { dmaDebug: plan.config } : {}),
  })
  const twin = twinOf(correct, {
    id: `dma-debug-${name}-wrong`,
    question: `This asks whether dma-debug notices ${plan.what}.`,
    violates: [`dma-debug/${name}`],
    cores: [coreOf(plan, true)],
  })
  return { correct, twin }
}

/** By class. */
export const dmaDebugPairs: Readonly<Record<DebugClassName, DebugPair>> = Object.fromEntries(
  debugClassNames.map((name) => [name, pair(name)]),
) as Record<DebugClassName, DebugPair>

/** By id, each correct form before its twin. */
export const dmaDebugScenarios: Readonly<Record<string, Scenario>> = Object.fromEntries(
  Object.values(dmaDebugPairs).flatMap(({ correct, twin }) => [
    [correct.id, correct],
    [twin.id, twin],
  ]),
)
