/** Cache-controller | the three charts: level-1 data cache, snoop control unit, outer cache. */

export { defaultL1Config, defineL1, type L1Config, type L1Context, type L1Message } from './l1.ts'
export {
  defaultPl310Config,
  definePl310,
  type Pl310Config,
  type Pl310Context,
  type Pl310Message,
} from './pl310.ts'
export { defaultScuConfig, defineScu, type ScuConfig, type ScuContext, type ScuMessage } from './scu.ts'
export type { AcpConfig } from './scu-actions.ts'
