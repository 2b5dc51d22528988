/** Export | a trace as a log with vector clocks, for ShiViz. */

import { oneLine } from '../picture/text.ts'
import { type Exporter, Pieces } from './exporter.ts'
import { Names } from './names.ts'
import { messageText, pathOf, placed } from './reactions.ts'

/** To be pasted into ShiViz; it is also the first line of the log, which the expression itself does not match. */
export const shivizPattern = '(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)'

/** What a reaction knew, until its messages are taken. */
interface Stamp {
  readonly clock: readonly number[]
  left: number
}

/** Fidge and Mattern's clocks: a reaction counts its own actor up by one, and knows what the sender of its message knew. */
export const shiviz: Exporter = {
  description: 'a log with vector clocks, for ShiViz',
  write: (trace, out) => {
    const pieces = new Pieces((text) => out('.shiviz.log', text))
    const hosts = new Map<string, number>()
    const identifiers = new Names()
    const names: string[] = []
    const clocks: number[][] = []
    /** Clocks of reactions whose messages are on their way. */
    const sent = new Map<number, Stamp>()
    let before: Stamp | undefined
    pieces.add(`# ${new Names().of(trace.header.scenario)}: read with ${shivizPattern}`)
    for (const { event, index, cause, received } of placed(trace.events())) {
      let host = hosts.get(event.actor)
      if (host === undefined) {
        host = names.length
        hosts.set(event.actor, host)
        names.push(identifiers.of(event.actor))
        clocks.push([])
      }
      const clock = clocks[host] as number[]
      clock[host] = (clock[host] ?? 0) + 1
      const origin = cause === undefined ? undefined : cause === index - 1 ? before : sent.get(cause)
      for (const [at, value] of (origin?.clock ?? []).entries()) clock[at] = Math.max(clock[at] ?? 0, value ?? 0)
      if (cause !== undefined && origin && received !== undefined && --origin.left === 0) sent.delete(cause)
      before = { clock: [...clock], left: event.sent?.length ?? 0 }
      if (before.left > 0) sent.set(index, before)
      const known = names.flatMap((name, at) => (clock[at] ? [`"${name}":${clock[at]}`] : []))
      pieces.add(`${names[host]} {${known.join(',')}}`)
      const said = event.message ? messageText(event.message) : 'start'
      pieces.add(oneLine(`${event.step} ${said} -> ${pathOf(event.state)}`))
    }
    pieces.end()
  },
}
