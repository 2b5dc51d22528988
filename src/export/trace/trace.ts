/** Export | a trace as exporters read it: line by line, checked, from its beginning as often as they like. */

import { UsageError } from '../../base/errors.ts'
import { answers, demand } from '../../base/shape.ts'
import {
  type TraceEnd,
  type TraceEvent,
  type TraceHeader,
  type TraceViolation,
  traceVersion,
} from '../../kernel/trace.ts'

export interface Trace {
  readonly header: TraceHeader
  readonly violations: readonly TraceViolation[]
  /** All reactions in order. Throws a usage error where the text is no trace. */
  readonly events: () => Iterable<TraceEvent>
}

/** @param lines from the beginning at each call, without their newlines. @param name for errors. */
export function readTrace(name: string, lines: () => Iterable<string>): Trace {
  demand(answers('a function that returns lines'), lines, 'readTrace(name, lines): the second argument')
  const header = headerOf(name, lines)
  let end: TraceEnd | undefined
  // The last line says what was found; everything else is read when it is needed.
  for (const line of lines()) if (line.startsWith('{"dmarace":"end"')) end = parsed(line, name, 0) as TraceEnd
  if (!end) throw new UsageError(`trace ${name} is cut short: its last line is missing; write it again`)
  const { reactions, violations } = end
  if (!Number.isInteger(reactions) || !Array.isArray(violations) || !violations.every(isViolation)) {
    throw new UsageError(`trace ${name}: its last line is not as --trace writes it`)
  }
  return { header, violations, events: () => eventsOf(name, lines, reactions) }
}

function isViolation(value: unknown): value is TraceViolation {
  const { property, always, response, message, step, noReturn = 0, root = { words: [], steps: [] } } = Object(value)
  const areAll = (list: unknown, isOne: (one: unknown) => boolean): boolean => Array.isArray(list) && list.every(isOne)
  return (
    areAll([property, always ?? response, message], isText) &&
    areAll([step, noReturn], Number.isInteger) &&
    areAll(Object(root).words, isText) &&
    areAll(Object(root).steps, Number.isInteger)
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

/** A trace that is in memory. */
export function traceOf(
  header: TraceHeader,
  events: readonly TraceEvent[],
  violations: readonly TraceViolation[],
): Trace {
  return { header, violations, events: () => events }
}

function headerOf(name: string, lines: () => Iterable<string>): TraceHeader {
  for (const line of lines()) {
    let header: Partial<TraceHeader> | null
    try {
      header = JSON.parse(line)
    } catch {
      break
    }
    if (header?.dmarace !== 'trace') break
    if (header.version !== traceVersion) {
      throw new UsageError(
        `trace ${name} has format version ${header.version}, this dmarace reads version ${traceVersion}: replay its token`,
      )
    }
    return header as TraceHeader
  }
  throw new UsageError(`${name} is no trace: its first line must be {"dmarace":"trace",…}, as --trace writes it`)
}

function* eventsOf(name: string, lines: () => Iterable<string>, reactions: number): Generator<TraceEvent> {
  let number = 0
  for (const line of lines()) {
    number++
    if (number === 1) continue
    if (number === reactions + 2) return
    const event = parsed(line, name, number) as Partial<TraceEvent>
    if (typeof event.step !== 'number' || typeof event.actor !== 'string' || event.state === undefined) {
      throw new UsageError(`trace ${name}, line ${number}: this is no reaction`)
    }
    yield event as TraceEvent
  }
  throw new UsageError(`trace ${name} is cut short: it has ${number - 2} of ${reactions} reactions; write it again`)
}

function parsed(line: string, name: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new UsageError(`trace ${name}${number > 0 ? `, line ${number}` : ''}: this is not JSON; it may be cut short`)
  }
}
