/** Scenario | conversions by a device that snoops the caches, or by one that does not, with the tables for either. */

import type { ScenarioDefinition } from './build.ts'
import { defineScenario, twinOf } from './build.ts'
import { conversionDefaults, conversionLoop } from './conversion-code.ts'
import { conversionStreaming, convertOnce, entriesUnpublished } from './conversion-streaming.ts'

const { litmus, board } = conversionDefaults

/** Where the target is without a level-2 table before it. */
const linear = { litmus: { ...litmus, disturbedLines: [0x50] }, board }

/** What is the same for all: pictures in streaming mappings, mapped and unmapped for each conversion. */
const common = {
  cores: [{ main: conversionLoop((context, index) => convertOnce(context, index)) }],
  camera: 'none',
} as const satisfies Partial<ScenarioDefinition>

/** Caches of which all that a device does is visible have more to do: one conversion shows it. */
const snooping = { features: { deviceCoherent: true } } as const

export const conversionSnooped = defineScenario({
  ...common,
  ...snooping,
  id: 'conversion-snooped',
  question:
    'This asks whether a device that snoops the caches reads and writes the right pictures through the SYSMMU, when its buffers are mapped and unmapped without any cache operation.',
  backend: 'iommu-coherent',
  defaults: { litmus: { ...litmus, checkFrames: 1 }, board },
})

export const snoopedUnpublished = twinOf(conversionSnooped, {
  id: 'conversion-snooped-unpublished',
  question:
    'This asks what the table walker finds when a driver takes it for one that snoops, because the device behind it does: a new entry is in the caches, and not in memory.',
  violates: ['no-fault', 'fresh-dma-read', 'progress'],
  edition: entriesUnpublished,
})

export const coherentTable = twinOf(conversionStreaming, {
  id: 'conversion-streaming-coherent-table',
  question:
    'This asks what device and CPU read when a device that does not snoop has the table of one that does, as with a wrong `dma-coherent` in the device tree.',
  violates: ['fresh-dma-read', 'fresh-load'],
  table: 'iommu-coherent',
})

export const conversionLinearSnooped = defineScenario({
  ...common,
  ...snooping,
  id: 'conversion-linear-snooped',
  question:
    'This asks whether a device that snoops the caches reads and writes the right pictures without a SYSMMU, when nothing but the barrier before the doorbell stands between it and the CPU.',
  backend: 'linear-coherent',
  defaults: linear,
})

export const snoopedMaintained = twinOf(conversionLinearSnooped, {
  id: 'conversion-linear-snooped-maintained',
  question:
    'This asks what the CPU reads when a device that snoops has the table of one that does not: what it has written is in the caches, and unmap invalidates it there.',
  violates: ['no-lost-write', 'fresh-load'],
  table: 'linear',
})

export const conversionLinear = defineScenario({
  ...common,
  id: 'conversion-linear',
  question:
    'This asks whether a device that does not snoop reads and writes the right pictures without a SYSMMU, when its buffers are mapped for each conversion and unmapped after it.',
  backend: 'linear',
  defaults: linear,
})

export const linearCoherentTable = twinOf(conversionLinear, {
  id: 'conversion-linear-coherent-table',
  question:
    'This asks what device and CPU read when a device without a SYSMMU does not snoop, but has the table of one that does.',
  violates: ['fresh-dma-read', 'fresh-load'],
  table: 'linear-coherent',
})
