/** Power | configuration, context and messages. */

import type { RegReadReq, RegReadResp, RegWriteReq, RegWriteResp } from '../protocol.ts'

/** What can be switched; what cannot is always on. */
export interface PowerConfig {
  readonly id: string
  /** Whose registers and power these are. */
  readonly supplied: string
  readonly clockGating: boolean
  readonly powerDomain: boolean
}

/** Clock and power are states: there is nothing else to remember. */
export type PowerContext = Record<string, never>

export type PowerMessage = RegReadReq | RegWriteReq | RegReadResp | RegWriteResp
