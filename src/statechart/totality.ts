/** Statechart | checkTotality: every message is decided in every configuration, and nothing unsupported is used. */

import { DefinitionError } from '../base/errors.ts'
import { automaticCycles, canBeDone, endsChart } from './automatic.ts'
import { buildChart, type Chart, type ChartNode, type ChartTransition, nameOf } from './chart.ts'
import type { MachineConfig, SpontaneousConfig } from './define.ts'
import { machineNamed } from './machine-shape.ts'

/** Most undecided pairs listed in one report; the rest is counted. */
const LISTED_MAX = 200

// biome-ignore lint/suspicious/noExplicitAny: context and message types matter only inside a machine file
type Config = MachineConfig<any, any>

/**
 * The chart of `config`. Throws one `DefinitionError` that names every problem of `config`: unknown names, unsupported features, missing
 * descriptions, cycles of automatic transitions, and each (configuration, event) pair that nothing decides.
 */
export function checkTotality(config: Config): Chart {
  const problems: string[] = []
  checkDeclarations(config, problems)
  const chart = buildChart(config, problems)
  if (problems.length === 0) {
    problems.push(...endsChart(chart), ...automaticCycles(chart))
    checkHandlers(chart, mustEvents(config), problems)
    checkDecided(chart, problems)
  }
  if (problems.length > 0) throw new DefinitionError(machineNamed(config), problems)
  return chart
}

/** Ports, events and spontaneous choices among themselves. */
function checkDeclarations(config: Config, problems: string[]): void {
  if (!/^[A-Za-z_][\w-]*$/.test(config.id)) {
    problems.push(`the id "${config.id}" must be letters, digits, "_" and "-", and start with a letter`)
  }
  if (!config.description) problems.push('the machine has no description')
  for (const [event, description] of Object.entries(config.events)) {
    if (!description) problems.push(`event "${event}" has no description`)
    if (event === '' || event.startsWith('xstate.') || event.includes('*')) {
      problems.push(`event "${event}" has a name that XState reserves`)
    }
  }
  const raised = new Set(config.raised ?? [])
  const spontaneous = Object.entries(config.spontaneous ?? {})
  for (const [port, types] of Object.entries(config.inPorts)) {
    for (const type of types) {
      if (!Object.hasOwn(config.events, type))
        problems.push(`in port "${port}" accepts "${type}", which is not in events`)
      if (raised.has(type)) problems.push(`event "${type}" is raised, so in port "${port}" cannot accept it`)
    }
  }
  for (const type of raised) {
    if (!Object.hasOwn(config.events, type)) problems.push(`raised event "${type}" is not in events`)
  }
  for (const [event] of spontaneous) {
    if (!Object.hasOwn(config.events, event)) problems.push(`spontaneous event "${event}" is not in events`)
    if (raised.has(event)) problems.push(`event "${event}" is both raised and spontaneous`)
  }
  problems.push(...choiceProblems(config.spontaneous ?? {}))
}

/** Values and cycles are ints; of lines, a memory of the board has millions. */
const intMax = 2 ** 31 - 1

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= intMax
}

/** What is wrong with choices, each by itself. */
// biome-ignore lint/suspicious/noExplicitAny: context types matter only inside a machine file
export function choiceProblems(choices: Readonly<Record<string, SpontaneousConfig<any>>>): string[] {
  return Object.entries(choices).flatMap(([event, { description, kind, domain = 1, latencyCycles = 1 }]) => {
    const problems: string[] = []
    const where = `spontaneous event "${event}"`
    if (!description) problems.push(`${where} has no description`)
    if (kind !== 'may' && kind !== 'must') problems.push(`${where} is of the kind "${kind}": it may or must happen`)
    if (!isCount(domain, 1)) problems.push(`${where} has domain ${domain}: the number of its values, 1 to ${intMax}`)
    if (!isCount(latencyCycles, 0)) {
      problems.push(`${where} has latencyCycles ${latencyCycles}: a whole number from 0 to ${intMax}`)
    }
    return problems
  })
}

/** Each handler on its own: a known event, no stall of a raised event, no ignore that hides an ancestor's work. */
function checkHandlers(chart: Chart, must: ReadonlySet<string>, problems: string[]): void {
  for (const transition of chart.transitions) {
    const { kind, event, source, stall, ignore } = transition
    if (kind === 'done' && !canBeDone(source)) {
      problems.push(`state "${nameOf(source)}" has onDone but can never be done`)
    }
    if (kind !== 'on') continue
    if (!chart.events.has(event)) {
      problems.push(`state "${nameOf(source)}" handles "${event}", which is not in events`)
    }
    if (stall !== undefined && chart.raised.has(event)) {
      problems.push(`state "${nameOf(source)}" stalls "${event}", which is raised: it is handled within its own step`)
    }
    if (must.has(event) && doesNothing(transition)) {
      problems.push(`state "${nameOf(source)}" does nothing about "${event}", which must happen: say ignore or stall`)
    }
    if (ignore === undefined) continue
    const hidden = handlerAbove(source, event)
    if (hidden) {
      problems.push(
        `state "${nameOf(source)}" ignores "${event}", which hides the handler of state "${nameOf(hidden)}"`,
      )
    }
  }
}

/** Spontaneous events that happen again as long as they are possible. */
function mustEvents(config: Config): ReadonlySet<string> {
  const choices = Object.entries(config.spontaneous ?? {})
  return new Set(choices.filter(([, { kind }]) => kind === 'must').map(([event]) => event))
}

function doesNothing({ target, actions, ignore, stall }: ChartTransition): boolean {
  return target === undefined && actions.length === 0 && ignore === undefined && stall === undefined
}

/** The nearest ancestor that would really do something about `event`. */
function handlerAbove(node: ChartNode, event: string): ChartNode | undefined {
  for (let ancestor = node.parent; ancestor; ancestor = ancestor.parent) {
    const candidates = ancestor.on.get(event) ?? []
    if (candidates.some((candidate) => candidate.ignore === undefined && candidate.stall === undefined)) return ancestor
  }
  return undefined
}

function checkDecided(chart: Chart, problems: string[]): void {
  let unlisted = 0
  let listed = 0
  for (const event of chart.events) {
    const { count, examples } = undecided(chart.root, event)
    for (const leaves of examples) {
      if (listed === LISTED_MAX) break
      problems.push(`event "${event}" is undecided in ${leaves.map((leaf) => `"${nameOf(leaf)}"`).join(' with ')}`)
      listed++
    }
    unlisted += count
  }
  if (unlisted > listed) problems.push(`and ${unlisted - listed} more undecided pairs`)
}

/** Configurations of a subtree in which nothing in it decides an event: how many, and the first of them as leaves. */
interface Undecided {
  readonly count: number
  readonly examples: readonly (readonly ChartNode[])[]
}

/**
 * Works on subtrees, not on the product of the regions, so its cost does not explode: a parallel state leaves an event
 * undecided exactly in the combinations of undecided configurations of all its regions.
 */
function undecided(node: ChartNode, event: string): Undecided {
  // A state that `always` leaves is never at rest, so no message meets it.
  if (endsUnguarded(node.on.get(event)) || endsUnguarded(node.always)) return { count: 0, examples: [] }
  if (node.children.length === 0) return { count: 1, examples: [[node]] }
  const parts: Undecided[] = []
  for (const child of node.children) {
    const part = undecided(child, event)
    // One region that always decides is enough.
    if (node.kind === 'parallel' && part.count === 0) return part
    parts.push(part)
  }
  if (node.kind === 'compound') {
    return {
      count: parts.reduce((sum, part) => sum + part.count, 0),
      examples: parts.flatMap((part) => part.examples).slice(0, LISTED_MAX),
    }
  }
  return {
    count: parts.reduce((product, part) => product * part.count, 1),
    examples: parts.reduce<readonly (readonly ChartNode[])[]>(
      (all, part) => all.flatMap((left) => part.examples.map((right) => [...left, ...right])).slice(0, LISTED_MAX),
      [[]],
    ),
  }
}

function endsUnguarded(candidates: readonly ChartTransition[] | undefined): boolean {
  const last = candidates?.[candidates.length - 1]
  return last !== undefined && last.guard === undefined
}
