/** Oracle | which of the clues of a run is the root of what was violated in it. */

import type { Emitted } from '../../machines/protocol.ts'
import type { TraceEvent } from '../kernel/trace.ts'
import type { Clue } from './clue.ts'
import { cluesOf } from './clues.ts'
import type { OracleConfig } from './oracle.ts'
import { type MissingKind, missingKinds, type Root } from './root.ts'

/** Properties about what programs say and count, and not about where values are. */
const bookkeeping = /^(api|leak|dma-debug\/.*)$/

/** What keeps an access out of the period, where nothing else tells. */
const outOfPeriod: Readonly<Record<string, MissingKind>> = {
  'live-translation': 'stop-device',
  'page-owner': 'stop-device',
}

/**
 * The likeliest roots of a violation of `property` at the end of the run, best first: what somebody met in its last step, then
 * what was met before, the latest first; then what had not arrived. Empty where nothing in the run tells.
 */
export function rootsOf(property: string, events: readonly TraceEvent[], config: OracleConfig): Root[] {
  if (bookkeeping.test(property)) return []
  const clues = cluesOf(events, config)
  const all = clues.filter(({ basis }) => basis === 'met').reverse()
  const met = [...all.filter(({ follows }) => !follows), ...all.filter(({ follows }) => follows)]
  const waited = clues.filter(({ basis }) => basis === 'waited').reverse()
  const access = outOfPeriod[property]
  const ordered: Root[] = [...(property === 'ownership' ? accessed(events, 'hand-over') : []), ...met]
  if (access && ordered.length === 0) ordered.push(...accessed(events, access))
  ordered.push(...waited)
  const seen = new Set<string>()
  return ordered.map(bare).filter(({ missing: { kind, actor, addr, iova } }) => {
    const key = `${kind} ${actor} ${addr} ${iova}`
    return !seen.has(key) && seen.add(key)
  })
}

function bare({ basis, wrote, stayed, reader, missing }: Clue | Root): Root {
  return { basis, wrote, stayed, reader, missing }
}

/** The access that ended the run, in the period of the other side. */
function accessed(events: readonly TraceEvent[], kind: MissingKind): Root[] {
  const last = events.at(-1)?.step ?? 0
  for (const { step, emitted = [] } of events.filter((event) => event.step === last)) {
    for (const event of emitted as Emitted[]) {
      const isCore = event.type === 'cpu.load' || event.type === 'cpu.store'
      if (!isCore && event.type !== 'memory.read' && event.type !== 'memory.write') continue
      const actor = isCore ? `cpu${event.core}` : event.from
      return [
        {
          basis: 'met',
          wrote: { actor, step, addr: event.addr },
          stayed: kind === 'hand-over' ? "the buffer was in the other side's period" : 'the access was still under way',
          reader: { actor, step },
          missing: {
            kind,
            step: missingKinds[kind],
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
