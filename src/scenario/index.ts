/** Scenario | the registry: every shipped scenario, each correct form before its broken twins. */

import { accessAfterLazyUnmap, accessAfterUnmap } from './access-after-unmap.ts'
import { aliasKept, aliasNotRestored, allocationAlias } from './allocation-alias.ts'
import { blockGivenUp, blockTimeout } from './block-timeout.ts'
import { captureSuspend, captureSuspendNotQueued, captureSuspendNotWaited } from './capture-suspend.ts'
import { comparisons } from './comparisons/index.ts'
import { bouncedNoCopyIn, bouncedNoCopyOut, bouncedNotInitialised, conversionBounced } from './conversion-bounced.ts'
import { conversionDoorbell, doorbellNoBarrier } from './conversion-doorbell.ts'
import { conversionScatter, scatterMappedCount, scatterNoSync } from './conversion-scatter.ts'
import {
  coherentTable,
  conversionLinear,
  conversionLinearSnooped,
  conversionSnooped,
  linearCoherentTable,
  snoopedMaintained,
  snoopedUnpublished,
} from './conversion-snooped.ts'
import { conversionStreaming, pteNotPublished, unmapWhileRunning } from './conversion-streaming.ts'
import { dmaDebugScenarios } from './dma-debug.ts'
import { faultStorm, faultStormEndless } from './fault-storm.ts'
import { fimcCaptureMmap, mmapDirtyAlias, mmapRemapped } from './fimc-capture-mmap.ts'
import { fimcCaptureUserptr, noSyncForCpu, noSyncForDevice, swappedLevels } from './fimc-capture-userptr.ts'
import { firstLevelFault, firstLevelFaultKept } from './first-level-fault.ts'
import { largePageOneEntry, largePageUnmap } from './large-page-unmap.ts'
import { lazyUnmap, lazyUnmapFreedEarly } from './lazy-unmap.ts'
import { m2mAbort, m2mAbortHandedBack, m2mAbortReset } from './m2m-abort.ts'
import { mergedInterrupts, mergedInterruptsOneEach } from './merged-interrupts.ts'
import {
  clockGatedStale,
  clockGatedSuspend,
  runtimePm,
  runtimePmNotReprogrammed,
  runtimePmUnclocked,
} from './runtime-pm.ts'
import type { Scenario } from './scenario.ts'
import { sharedMapping, sharedMappingOneDevice, sysmmuBanks, sysmmuBanksFirst } from './shared-mapping.ts'
import { staleSlot, staleSlotKept } from './stale-slot.ts'
import { stopTimeout, stopTimeoutHandedBack, stopTimeoutReset } from './stop-timeout.ts'
import { touchedEarly, twoCoreHandover } from './two-core-handover.ts'
import { freeBeforeInvalidate, unmapReuse } from './unmap-reuse.ts'
import { dmabufFreedEarly, vb2Dmabuf } from './vb2-dmabuf.ts'
import { m2mFinishedOnce, m2mV36, vb2M2m } from './vb2-m2m.ts'
import { userptrNoMaintenance, vb2Userptr } from './vb2-userptr.ts'

/** The key is the id. */
export const scenarios = {
  'fimc-capture-mmap': fimcCaptureMmap,
  'fimc-capture-mmap-dirty-alias': mmapDirtyAlias,
  'fimc-capture-mmap-remapped': mmapRemapped,
  'fimc-capture-userptr': fimcCaptureUserptr,
  'fimc-capture-userptr-no-sync-for-cpu': noSyncForCpu,
  'fimc-capture-userptr-no-sync-for-device': noSyncForDevice,
  'fimc-capture-userptr-swapped-levels': swappedLevels,
  'conversion-doorbell': conversionDoorbell,
  'conversion-doorbell-no-barrier': doorbellNoBarrier,
  'conversion-streaming': conversionStreaming,
  'conversion-streaming-pte-not-published': pteNotPublished,
  'conversion-streaming-unmap-while-running': unmapWhileRunning,
  'conversion-streaming-coherent-table': coherentTable,
  'conversion-linear': conversionLinear,
  'conversion-linear-coherent-table': linearCoherentTable,
  'conversion-snooped': conversionSnooped,
  'conversion-snooped-unpublished': snoopedUnpublished,
  'conversion-linear-snooped': conversionLinearSnooped,
  'conversion-linear-snooped-maintained': snoopedMaintained,
  'conversion-scatter': conversionScatter,
  'conversion-scatter-no-sync': scatterNoSync,
  'conversion-scatter-mapped-count': scatterMappedCount,
  'conversion-bounced': conversionBounced,
  'conversion-bounced-no-copy-in': bouncedNoCopyIn,
  'conversion-bounced-no-copy-out': bouncedNoCopyOut,
  'conversion-bounced-not-initialised': bouncedNotInitialised,
  'allocation-alias': allocationAlias,
  'allocation-alias-not-restored': aliasNotRestored,
  'allocation-alias-kept': aliasKept,
  'unmap-reuse': unmapReuse,
  'unmap-reuse-free-before-invalidate': freeBeforeInvalidate,
  'two-core-handover': twoCoreHandover,
  'two-core-handover-touched-early': touchedEarly,
  'large-page-unmap': largePageUnmap,
  'large-page-unmap-one-entry': largePageOneEntry,
  'shared-mapping': sharedMapping,
  'shared-mapping-own-sysmmu': sharedMappingOneDevice,
  'sysmmu-banks': sysmmuBanks,
  'sysmmu-banks-first-bank': sysmmuBanksFirst,
  'first-level-fault': firstLevelFault,
  'first-level-fault-kept': firstLevelFaultKept,
  'lazy-unmap': lazyUnmap,
  'lazy-unmap-freed-early': lazyUnmapFreedEarly,
  'access-after-unmap': accessAfterUnmap,
  'access-after-unmap-lazy': accessAfterLazyUnmap,
  'block-timeout': blockTimeout,
  'block-timeout-given-up': blockGivenUp,
  'runtime-pm': runtimePm,
  'runtime-pm-not-reprogrammed': runtimePmNotReprogrammed,
  'runtime-pm-unclocked': runtimePmUnclocked,
  'clock-gated-suspend': clockGatedSuspend,
  'clock-gated-suspend-not-flushed': clockGatedStale,
  'fault-storm': faultStorm,
  'fault-storm-endless': faultStormEndless,
  'vb2-userptr': vb2Userptr,
  'vb2-userptr-no-maintenance': userptrNoMaintenance,
  'vb2-m2m': vb2M2m,
  'vb2-m2m-v36': m2mV36,
  'vb2-m2m-finished-once': m2mFinishedOnce,
  'vb2-dmabuf': vb2Dmabuf,
  'vb2-dmabuf-freed-early': dmabufFreedEarly,
  'stop-timeout': stopTimeout,
  'stop-timeout-handed-back': stopTimeoutHandedBack,
  'stop-timeout-reset-first': stopTimeoutReset,
  'stale-slot': staleSlot,
  'stale-slot-kept': staleSlotKept,
  'merged-interrupts': mergedInterrupts,
  'merged-interrupts-one-each': mergedInterruptsOneEach,
  'capture-suspend': captureSuspend,
  'capture-suspend-not-waited': captureSuspendNotWaited,
  'capture-suspend-not-queued': captureSuspendNotQueued,
  'm2m-abort': m2mAbort,
  'm2m-abort-handed-back': m2mAbortHandedBack,
  'm2m-abort-reset-first': m2mAbortReset,
} as const satisfies Record<string, Scenario>

/** Scenarios made from a table, by family. */
export const families = { 'dma-debug': dmaDebugScenarios, editions: comparisons } as const satisfies Record<
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
