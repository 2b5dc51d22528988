/** Export | a trace as Chrome trace events, for Perfetto, DevTools and speedscope. */

import { ruleWords } from '../../kernel/trace.ts'
import { type Exporter, Pieces } from './exporter.ts'
import { messageText, placed, regionsOf } from './reactions.ts'

/** A state that lasts, on its own track. */
interface Open {
  readonly tid: number
  readonly value: string
  readonly from: number
}

const pid = 1

/** Microseconds a reaction is shown to take: less than the distance to the next one in its step. */
const reactionUs = 0.0005

/**
 * Only what every viewer understands: M, X, C, s, f and i; a track for each region and one for the reactions of each actor;
 * a step is a microsecond, and no two reactions have the same time. Slices of a track do not overlap.
 */
export const chrome: Exporter = {
  description: 'Chrome trace events, for Perfetto, DevTools and speedscope',
  write: (trace, out) => {
    const pieces = new Pieces((text) => out('.json', text))
    const tracks = new Map<string, number>()
    const open = new Map<string, Open>()
    let isFirst = true
    const emit = (event: Record<string, unknown>) => {
      pieces.add(`${isFirst ? ' ' : ','}${JSON.stringify(event)}`)
      isFirst = false
    }
    const track = (name: string): number => {
      let tid = tracks.get(name)
      if (tid === undefined) {
        tid = tracks.size + 1
        tracks.set(name, tid)
        emit({ ph: 'M', pid, tid, name: 'thread_name', args: { name } })
        emit({ ph: 'M', pid, tid, name: 'thread_sort_index', args: { sort_index: tid } })
      }
      return tid
    }
    const close = ({ tid, value, from }: Open, ts: number) => {
      if (ts > from) emit({ ph: 'X', pid, tid, ts: from, dur: rounded(ts - from), name: value, cat: 'state' })
    }
    pieces.add('{"displayTimeUnit":"ns","traceEvents":[')
    emit({ ph: 'M', pid, name: 'process_name', args: { name: trace.header.scenario } })
    let inFlight = 0
    let end = 0
    for (const { event, time, received, firstSent } of placed(trace.events())) {
      const { actor, message, state, sent = [], emitted = [] } = event
      const ts = time / 1000
      end = ts
      const tid = track(actor)
      if (message) {
        const args = {
          message,
          ...(emitted.length > 0 ? { emitted } : {}),
          ...(event.cycle > 0 ? { cycle: event.cycle } : {}),
        }
        emit({ ph: 'X', pid, tid, ts, dur: reactionUs, name: messageText(message), cat: 'reaction', args })
      }
      if (received !== undefined) {
        emit({ ph: 'f', bp: 'e', pid, tid, ts, id: received + 1, name: 'message', cat: 'message' })
        inFlight--
      }
      for (let n = 0; n < sent.length; n++) {
        emit({ ph: 's', pid, tid, ts, id: firstSent + n + 1, name: 'message', cat: 'message' })
        inFlight++
      }
      if (sent.length > 0 || received !== undefined) {
        emit({ ph: 'C', pid, ts, name: 'messages in flight', args: { messages: inFlight } })
      }
      for (const [region, value] of regionsOf(state)) {
        const name = `${actor} ${region}`
        const before = open.get(name)
        if (before?.value === value) continue
        if (before) close(before, ts)
        open.set(name, { tid: before?.tid ?? track(name), value, from: ts })
      }
    }
    for (const state of open.values()) close(state, end + 1)
    for (const { step, ...rule } of trace.violations) {
      emit({ ph: 'i', s: 'g', pid, tid: 1, ts: step + 0.9995, name: `violated: ${ruleWords(rule)}`, cat: 'violation' })
    }
    pieces.add(']}')
    pieces.end()
  },
}

/** Nanoseconds are the least there is. */
function rounded(us: number): number {
  return Math.round(us * 1e6) / 1e6
}
