/** Oracle | which of the clues of a run is the root of what was violated in it. */

import type { Emitted } from '../../machines/protocol.ts'
import type { TraceEvent } from '../kernel/trace.ts'
import { type Clue, cluesOf } from './clues.ts'
import type { OracleConfig } from './oracle.ts'
import { missingKinds, type Root } from './root.ts'

/** Properties about what programs say and count, and not about where values are. */
const bookkeeping = /^(api|leak|dma-debug\/.*)$/

/**
 * The likeliest roots of a violation of `property` at the end of the run, best first: what somebody met in its last step, then
 * what was met before, the latest first; then what had not arrived. Empty where nothing in the run tells.
 */
export function rootsOf(property: string, events: readonly TraceEvent[], config: OracleConfig): Root[] {
  if (bookkeeping.test(property)) return []
  const clues = cluesOf(events, config)
  const met = clues.filter(({ kind }) => kind === 'meets').reverse()
  const waiting = clues.filter(({ kind }) => kind === 'waits').reverse()
  const ordered = property === 'ownership' ? [...accessed(events), ...met, ...waiting] : [...met, ...waiting]
  const seen = new Set<string>()
  return ordered.map(bare).filter(({ missing: { kind, actor, addr, iova } }) => {
    const key = `${kind} ${actor} ${addr} ${iova}`
    return !seen.has(key) && seen.add(key)
  })
}

function bare({ wrote, stayed, reader, missing }: Clue | Root): Root {
  return { wrote, stayed, reader, missing }
}

/** The access that ended the run, in the period of the other side. */
function accessed(events: readonly TraceEvent[]): Root[] {
  const last = events.at(-1)?.step ?? 0
  for (const { step, emitted = [] } of events.filter((event) => event.step === last)) {
    for (const event of emitted as Emitted[]) {
      const isCore = event.type === 'cpu.load' || event.type === 'cpu.store'
      if (!isCore && event.type !== 'memory.read' && event.type !== 'memory.write') continue
      const actor = isCore ? `cpu${event.core}` : event.from
      return [
        {
          wrote: { actor, step, addr: event.addr },
          stayed: "the buffer was in the other side's period",
          reader: { actor, step },
          missing: {
            kind: 'hand-over',
            step: missingKinds['hand-over'],
            actor,
            addr: event.addr,
            after: 0,
            before: step,
          },
        },
      ]
    }
  }
  return []
}
