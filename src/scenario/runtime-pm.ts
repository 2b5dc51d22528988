/** Scenario | the SYSMMU suspended between two conversions: what is lost, what is kept, and what must not be touched. */

import type { FeatureName } from '../../machines/features.ts'
import { defineScenario, type ProgramContext, type ScenarioDefinition, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  readPicture,
  staleTranslation,
  stopConversion,
  storePicture,
  streamingBuffers,
} from './conversion-code.ts'
import { convertOnce } from './conversion-streaming.ts'
import { quietCaches } from './scenario.ts'

/** Converts; unmaps while the SYSMMU is suspended; converts again. */
function suspendBetween(context: ProgramContext): void {
  const { asm, dma, parameters } = context
  beginConversions(context)
  asm.scope(() => {
    const buffers = streamingBuffers(context, (va) => storePicture(asm, parameters, va, 0))
    convert(asm, buffers)
    dma.suspendMmu()
    // Nothing is invalidated now: the registers are out of reach.
    dma.unmapSingle(buffers.source.mapping)
    dma.unmapSingle(buffers.target.mapping)
    readPicture(asm, buffers.target, 0)
    buffers.source.free()
    buffers.target.free()
    dma.resumeMmu()
  })
  asm.scope(() => convertOnce(context, 1))
  stopConversion(context)
}

function definition(id: string, question: string, features: Partial<Record<FeatureName, boolean>>): ScenarioDefinition {
  return {
    id,
    question,
    cores: [{ main: suspendBetween }],
    camera: 'none',
    backend: 'iommu',
    features,
    defaults: {
      ...conversionDefaults,
      // What the caches do of their own accord to buffers and tables: `conversion-streaming`.
      litmus: { ...conversionDefaults.litmus, features: quietCaches },
    },
  }
}

export const runtimePm = defineScenario(
  definition(
    'runtime-pm',
    'This asks whether conversions before and after a suspend go through the right translations, when the SYSMMU loses its registers and TLB in between and its clock is off whenever nobody touches it.',
    { clockGating: true, powerDomain: true },
  ),
)

export const runtimePmNotReprogrammed = twinOf(runtimePm, {
  id: 'runtime-pm-not-reprogrammed',
  question:
    'This asks what a device’s accesses reach when resume writes none of the registers that were lost: translation is off, and IO addresses go out as physical ones.',
  violates: ['no-fault', 'frame-intact', 'fresh-load', 'fresh-dma-read', 'ownership', 'progress'],
  drop: (path) => path.includes('resume') && (path.includes('program registers') || path.includes('translate')),
})

export const runtimePmUnclocked = twinOf(runtimePm, {
  id: 'runtime-pm-unclocked',
  question: 'This asks what becomes of a resume whose register accesses find the clock switched off.',
  violates: ['assertion', 'no-fault', 'frame-intact', 'fresh-load', 'fresh-dma-read', 'ownership', 'progress'],
  drop: (path) => path.includes('resume') && path.includes('clock on'),
})

export const clockGatedSuspend = defineScenario(
  definition(
    'clock-gated-suspend',
    'This asks whether any translation outlives a suspend that stops the clock of the SYSMMU only: its TLB keeps what it holds, and nothing is invalidated meanwhile.',
    { clockGating: true },
  ),
)

export const clockGatedStale = twinOf(clockGatedSuspend, {
  id: 'clock-gated-suspend-not-flushed',
  question:
    'This asks what a SYSMMU translates after a suspend during which buffers were unmapped, when nobody flushes it.',
  violates: staleTranslation,
  drop: (path) => path.includes('flush') && (path.includes('suspend') || path.includes('resume')),
})
