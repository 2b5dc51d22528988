/** Tests | what a mutant is: steps with one planted bug, and without it the clean twin. */

import type { EndInfo, OracleConfig } from '../../src/oracle/oracle.ts'
import type { Platform } from './platform.ts'

export interface Mutant {
  readonly title: string
  /** Other oracles that see the same bug; all the rest must stay silent. */
  readonly also?: readonly string[]
  readonly config?: Partial<OracleConfig>
  /** It gives back what it takes, so that `leak` may look; else it keeps all. */
  readonly endsClean?: true
  steps(platform: Platform, planted: boolean): void
  /** How the run ends; finished when absent. */
  end?(planted: boolean): EndInfo
}
