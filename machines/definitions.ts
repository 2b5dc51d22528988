/** Machines | definitions that were made before: one configuration, one definition, with all that is known of its chart. */

import { canonical } from '../src/base/canonical.ts'
import type { MachineDefinition } from '../src/statechart/define.ts'

// biome-ignore lint/suspicious/noExplicitAny: each function has its own configuration
type Define = (config: any) => MachineDefinition

/** Most definitions that are kept of each kind of machine. The variants of a test, with the forms of a program that are tried, need a few. */
const keptMax = 32

/** By function and configuration, the latest last. */
const kept = new Map<Define, Map<string, MachineDefinition>>()

/**
 * `define(config)`, or what it came to the last time. A definition depends on its configuration alone and never changes, so nobody can
 * tell; but its chart is read and compiled once, and searches go on from what others have found out about its reactions.
 * @param config plain data
 */
export function defined<Config>(define: (config: Config) => MachineDefinition, config: Config): MachineDefinition {
  let ofKind = kept.get(define)
  if (ofKind === undefined) {
    ofKind = new Map()
    kept.set(define, ofKind)
  }
  const key = canonical(config)
  const definition = ofKind.get(key) ?? define(config)
  ofKind.delete(key)
  ofKind.set(key, definition)
  if (ofKind.size > keptMax) ofKind.delete(ofKind.keys().next().value as string)
  return definition
}
