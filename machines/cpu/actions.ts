/** CPU | the actions of the core's chart by name. */

import { controlActions, interruptActions } from './control-actions.ts'
import type { Core } from './core.ts'
import { deviceActions, translationActions, unitActions } from './device-actions.ts'
import { earlyLoadActions } from './early-load-region.ts'
import { exclusiveActions } from './exclusive.ts'
import { lateLoadActions } from './late-load.ts'
import { loadActions, maintenanceActions } from './load-actions.ts'
import type { Action } from './reports.ts'
import { speculationActions } from './speculation.ts'
import { storeActions } from './store-actions.ts'
import { threadActions } from './threads.ts'
import { invalidationActions } from './translated.ts'

/** All of them, for one core. */
export function makeActions(core: Core): Record<string, Action> {
  return {
    ...loadActions(core),
    ...(core.reorders ? earlyLoadActions(core) : {}),
    ...(core.defers ? lateLoadActions(core) : {}),
    ...storeActions(core),
    ...maintenanceActions(core),
    ...deviceActions(core),
    ...translationActions(core),
    ...(core.mmu ? { ...unitActions(core), ...invalidationActions() } : {}),
    ...(core.speculates.length > 0 ? speculationActions(core) : {}),
    ...(core.threaded ? threadActions(core) : {}),
    ...(core.exclusive ? exclusiveActions(core) : {}),
    ...controlActions(core),
    ...interruptActions(core),
  }
}
