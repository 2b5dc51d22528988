/** Scenario | the registry: every shipped scenario, each correct form before its broken twins. */

import { conversionDoorbell, doorbellNoBarrier } from './conversion-doorbell.ts'
import { conversionStreaming, pteNotPublished, unmapWhileRunning } from './conversion-streaming.ts'
import { dmaDebugScenarios } from './dma-debug.ts'
import { fimcCaptureMmap, mmapDirtyAlias } from './fimc-capture-mmap.ts'
import { fimcCaptureUserptr, noSyncForCpu, noSyncForDevice, swappedLevels } from './fimc-capture-userptr.ts'
import type { Scenario } from './scenario.ts'
import { touchedEarly, twoCoreHandover } from './two-core-handover.ts'
import { freeBeforeInvalidate, unmapReuse } from './unmap-reuse.ts'

/** The key is the id. */
export const scenarios = {
  'fimc-capture-mmap': fimcCaptureMmap,
  'fimc-capture-mmap-dirty-alias': mmapDirtyAlias,
  'fimc-capture-userptr': fimcCaptureUserptr,
  'fimc-capture-userptr-no-sync-for-cpu': noSyncForCpu,
  'fimc-capture-userptr-no-sync-for-device': noSyncForDevice,
  'fimc-capture-userptr-swapped-levels': swappedLevels,
  'conversion-doorbell': conversionDoorbell,
  'conversion-doorbell-no-barrier': doorbellNoBarrier,
  'conversion-streaming': conversionStreaming,
  'conversion-streaming-pte-not-published': pteNotPublished,
  'conversion-streaming-unmap-while-running': unmapWhileRunning,
  'unmap-reuse': unmapReuse,
  'unmap-reuse-free-before-invalidate': freeBeforeInvalidate,
  'two-core-handover': twoCoreHandover,
  'two-core-handover-touched-early': touchedEarly,
} as const satisfies Record<string, Scenario>

/** Scenarios made from a table, by family. */
export const families = { 'dma-debug': dmaDebugScenarios } as const satisfies Record<
  string,
  Readonly<Record<string, Scenario>>
>

/** The scenario of that id, shipped or of a family. */
export function scenarioNamed(id: string): Scenario | undefined {
  const all: readonly Readonly<Record<string, Scenario>>[] = [scenarios, ...Object.values(families)]
  return all.find((some) => Object.hasOwn(some, id))?.[id]
}

/** Every id, the families' last. */
export function scenarioIds(): string[] {
  return [scenarios, ...Object.values(families)].flatMap((some) => Object.keys(some))
}

export type ScenarioId = keyof typeof scenarios
