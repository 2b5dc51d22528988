/** CPU | accesses under way whose address the core's own unit translated, and what an invalidation waits for. */

import type { Out } from '../../src/kernel/actor.ts'
import { type StateConfig, stall } from '../../src/statechart/define.ts'
import { clearPage } from './core.ts'
import type { Action } from './reports.ts'
import { retire } from './store-buffer.ts'
import type { CpuContext } from './types.ts'

/** Values of `TranslatedAccesses`. */
const use = { none: 0, underWay: 1, awaited: 2 } as const

/** Entry `entry` of the store buffer has an address that was translated. */
export function noteStore({ translated }: CpuContext, entry: number): void {
  if (translated) translated.stores[entry] = use.underWay
}

/** Removes an entry of the store buffer; younger ones move up. */
export function retireEntry({ buffer, translated }: CpuContext, entry: number): void {
  retire(buffer, entry)
  if (!translated) return
  translated.stores.splice(entry, 1)
  translated.stores.push(use.none)
}

/** A load with a translated address was sent. */
export function noteLoad({ translated }: CpuContext): void {
  if (translated) translated.load = use.underWay
}

/** It is answered; the rest of a range is translated anew if its page was invalidated meanwhile. */
export function endLoad(context: CpuContext): void {
  const { translated } = context
  if (!translated) return
  if (translated.load === use.awaited) clearPage(context)
  translated.load = use.none
}

function isAwaited({ translated }: CpuContext): boolean {
  return translated !== undefined && (translated.load === use.awaited || translated.stores.includes(use.awaited))
}

/** An invalidation is complete when every access that used a translation from before is performed. HF-499 */
export const translationRegion: StateConfig = {
  description: "invalidations of what the core's own unit has translated",
  initial: 'idle',
  states: {
    idle: {
      description: 'none waits for an answer',
      on: { 'atc.invalidate': { target: 'waiting', actions: 'awaitAccesses' } },
    },
    waiting: {
      description: 'accesses with translations from before are under way',
      on: { 'atc.invalidate': stall('one invalidation after the other') },
      always: { guard: 'accessesOver', target: 'idle', actions: 'answerInvalidation' },
    },
  },
}

export const accessesOver = (context: CpuContext): boolean => !isAwaited(context)

export function invalidationActions(): Record<string, Action> {
  return {
    awaitAccesses: {
      description: 'forgets a translation that was not used yet, and notes what has used one',
      run: (context) => {
        const { translated } = context
        if (!translated) return
        if (translated.load === use.none) clearPage(context)
        else translated.load = use.awaited
        translated.stores = translated.stores.map((each) => (each === use.none ? each : use.awaited))
      },
    },
    answerInvalidation: {
      description: 'answers the invalidation',
      sends: { invalidations: 1 },
      run: (_context, _message, out: Out) => out.send('invalidations', { type: 'atc.done' } as never),
    },
  }
}
