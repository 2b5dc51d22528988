/** Statechart | actions and guards by name: looks references up and reports unknown names and inline code. */

import { notPlainAt } from '../base/plain.ts'
import { type ChartAction, ChartGuard } from './chart.ts'
import type { ActionDefinition, GuardDefinition, MachineConfig, Reference } from './define.ts'

/** The named implementations of one machine. */
export interface Names {
  // biome-ignore lint/suspicious/noExplicitAny: context and message types matter only inside a machine file
  readonly actions: ReadonlyMap<string, { definition: ActionDefinition<any, any>; limits: readonly number[] }>
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly guards: ReadonlyMap<string, GuardDefinition<any, any>>
}

/** Checks the actions' own declarations and turns `sends` into limits by out port index. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export function namesOf(config: MachineConfig<any, any>, problems: string[]): Names {
  const ports = Object.keys(config.outPorts)
  const actions = new Map()
  for (const [name, definition] of Object.entries(config.actions ?? {})) {
    if (!definition.description) problems.push(`action "${name}" has no description`)
    if (typeof definition.run !== 'function') problems.push(`action "${name}" has no run function`)
    for (const [port, count] of Object.entries(definition.sends ?? {})) {
      if (!ports.includes(port)) {
        problems.push(`action "${name}" sends to "${port}", which is not an out port (known: ${ports.join(', ')})`)
      }
      if (!Number.isInteger(count) || count < 0) problems.push(`action "${name}" sends ${count} messages to "${port}"`)
    }
    actions.set(name, { definition, limits: ports.map((port) => definition.sends?.[port] ?? 0) })
  }
  for (const [name, guard] of Object.entries(config.guards ?? {})) {
    if (typeof guard !== 'function') {
      problems.push(`guard "${name}" is not a function (XState's and, or, not and stateIn are not supported)`)
    }
  }
  return { actions, guards: new Map(Object.entries(config.guards ?? {})) }
}

/** The actions of one `entry`, `exit` or `actions` list. */
export function readActions(
  list: Reference | readonly Reference[] | undefined,
  where: string,
  names: Names,
  problems: string[],
): ChartAction[] {
  if (list === undefined) return []
  const result: ChartAction[] = []
  for (const reference of (Array.isArray(list) ? list : [list]) as readonly unknown[]) {
    const read = readReference(reference, where, 'action', problems)
    if (read === undefined) continue
    const found = names.actions.get(read.name)
    if (found === undefined) {
      problems.push(`${where}: unknown action "${read.name}" (known: ${[...names.actions.keys()].join(', ')})`)
      continue
    }
    result.push({ ...read, run: found.definition.run, limits: found.limits })
  }
  return result
}

/** The guard of one transition. */
export function readGuard(
  reference: Reference | undefined,
  where: string,
  names: Names,
  problems: string[],
): ChartGuard | undefined {
  if (reference === undefined) return undefined
  const read = readReference(reference, where, 'guard', problems)
  if (read === undefined) return undefined
  const test = names.guards.get(read.name)
  if (test === undefined) {
    problems.push(`${where}: unknown guard "${read.name}" (known: ${[...names.guards.keys()].join(', ')})`)
    return undefined
  }
  return new ChartGuard(read.name, read.params, test)
}

/** Name and parameters; inline functions cannot be compiled, listed or described, so they are rejected. */
function readReference(
  reference: unknown,
  where: string,
  role: 'action' | 'guard',
  problems: string[],
): { name: string; params: unknown } | undefined {
  if (typeof reference === 'string') return { name: reference, params: undefined }
  if (typeof reference === 'function') {
    const builtin = (reference as { type?: unknown }).type
    const what =
      typeof builtin === 'string' && builtin.startsWith('xstate.')
        ? `XState's built-in ${builtin.slice('xstate.'.length)}`
        : 'check' in reference
          ? `XState's guard combinator ${reference.name}`
          : 'an inline function'
    problems.push(`${where}: ${role} is ${what}; name it in the definition instead`)
    return undefined
  }
  if (
    typeof reference !== 'object' ||
    reference === null ||
    typeof (reference as { type?: unknown }).type !== 'string'
  ) {
    problems.push(`${where}: ${role} is neither a name nor { type, params }`)
    return undefined
  }
  const { type, params, ...rest } = reference as { type: string; params?: unknown }
  for (const key of Object.keys(rest)) problems.push(`${where}: ${role} "${type}" has the unknown key "${key}"`)
  if (notPlainAt(params) !== undefined) problems.push(`${where}: ${role} "${type}" has params that are not plain data`)
  return { name: type, params }
}
