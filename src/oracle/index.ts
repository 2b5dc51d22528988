/** Oracle | the registry: every oracle by its name. */

import { alias } from './alias.ts'
import { api } from './api.ts'
import { assertion } from './assertion.ts'
import { debugOracles } from './dma-debug/index.ts'
import { frameIntact } from './frame-intact.ts'
import { freshDmaRead } from './fresh-dma-read.ts'
import { freshLoad } from './fresh-load.ts'
import { iovaUnique } from './iova-unique.ts'
import { leak } from './leak.ts'
import { liveTranslation } from './live-translation.ts'
import { noFault } from './no-fault.ts'
import { noLostWrite } from './no-lost-write.ts'
import type { Oracle } from './oracle.ts'
import { ownership } from './ownership.ts'
import { pageOwner } from './page-owner.ts'
import { progress } from './progress.ts'

/** The key is the name; the order is that of reports. */
export const oracles = {
  'fresh-load': freshLoad,
  'fresh-dma-read': freshDmaRead,
  'no-lost-write': noLostWrite,
  ownership,
  'live-translation': liveTranslation,
  'page-owner': pageOwner,
  'iova-unique': iovaUnique,
  'no-fault': noFault,
  'frame-intact': frameIntact,
  alias,
  api,
  leak,
  progress,
  assertion,
  ...debugOracles,
  // biome-ignore lint/suspicious/noExplicitAny: each oracle has its own state type, known to itself only
} as const satisfies Record<string, Oracle<any>>

export type OracleName = keyof typeof oracles

export const oracleNames = Object.keys(oracles) as readonly OracleName[]
