/** CPU | fetching ahead through the core's own unit: what no instruction asks for, as far as the tables lead. */

import { alignDown } from '../../src/base/bits.ts'
import { type GuardDefinition, ignore, type StateConfig, stall } from '../../src/statechart/define.ts'
import type { TranslateResp } from '../protocol.ts'
import type { Core } from './core.ts'
import { memoryNumbers } from './memory.ts'
import type { Action } from './reports.ts'
import type { CpuChoice, CpuContext, CpuMessage } from './types.ts'

// Memory that the linear mapping does not have is fetched ahead only through a page whose entry says Normal cacheable: HF-504. The
// fetch is sent in the step in which its translation comes, so that no invalidation can pass between them.

/** `txn` of questions that no access waits for. */
export const aheadTxn = 1

/** Only for a core with lines to fetch ahead. */
export const speculationRegion: StateConfig = {
  description: "what is fetched ahead through the core's own unit",
  initial: 'quiet',
  states: {
    quiet: {
      description: 'no translation is asked for ahead',
      on: { 'page.speculate': { target: 'asking', actions: 'askAhead' } },
    },
    asking: {
      description: "the core's own unit translates an address that no instruction has asked for",
      on: {
        'page.speculate': stall('one line after the other'),
        'translate.resp': [
          { guard: 'aheadIsCacheable', target: 'quiet', actions: 'fetchAhead' },
          { guard: 'isAhead', target: 'quiet', description: 'no cacheable page is there; nobody gets to know' },
          ignore('an access waits for it'),
        ],
      },
    },
  },
}

const isAhead = (_context: CpuContext, message: CpuMessage): boolean => (message as TranslateResp).txn === aheadTxn

export function speculationGuards(): Record<string, GuardDefinition<CpuContext, CpuMessage>> {
  return {
    isAhead,
    aheadIsCacheable: (context, message) => {
      const { ok, memory } = message as TranslateResp
      return isAhead(context, message) && ok && memory !== memoryNumbers.nonCacheable
    },
  }
}

export function speculationActions(core: Core): Record<string, Action> {
  return {
    askAhead: {
      description: "has the core's own unit translate the line chosen",
      sends: { mmu: 1 },
      run: (_context, message, out) => {
        const addr = core.speculates[(message as CpuChoice).value] as number
        out.send('mmu', { type: 'translate.req', from: core.id, txn: aheadTxn, addr, write: false } as never)
      },
    },
    fetchAhead: {
      description: 'has the L1 fetch the line; nothing waits for it',
      sends: { memory: 1 },
      run: (_context, message, out) => {
        const addr = alignDown((message as TranslateResp).pa, core.lineBytes)
        out.send('memory', { type: 'prefetch.req', core: core.core, addr } as never)
      },
    },
  }
}
