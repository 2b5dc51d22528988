/** Tests | the mutants of every oracle; an oracle without one fails to compile. */

import type { OracleName } from '../../src/oracle/index.ts'
import { alias, api, leak } from './api.ts'
import { dmaDebug } from './dma-debug.ts'
import { frameIntact } from './frame-intact.ts'
import { freshDmaRead } from './fresh-dma-read.ts'
import { freshLoad } from './fresh-load.ts'
import type { Mutant } from './mutant.ts'
import { noLostWrite } from './no-lost-write.ts'
import { ownership } from './ownership.ts'
import { assertion, progress } from './progress.ts'
import { iovaUnique, liveTranslation, noFault, pageOwner } from './translations.ts'

export const mutants: Readonly<Record<OracleName, readonly Mutant[]>> = {
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
  ...dmaDebug,
}
