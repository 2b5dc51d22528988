/** Tests | searches over the reference models, and straight-line programs whose orders are easy to count. */

import { type CheckableSystem, defineSystem, type Property } from '../../src/explore/define-system.ts'
import type { StepLabel } from '../../src/explore/partition.ts'
import type { SearchOptions, Strategy, StrategyResult } from '../../src/explore/strategy.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, stall } from '../../src/statechart/define.ts'

export function partitionOf({ spec, properties }: CheckableSystem): SystemPartition {
  return new SystemPartition({ spec, properties })
}

export function searchWith(strategy: Strategy, system: CheckableSystem, options: SearchOptions = {}): StrategyResult {
  return factsOf(strategy.search(partitionOf(system), options))
}

/** A result without the states themselves, for comparing. */
export function factsOf({ levels: _, ...facts }: StrategyResult): StrategyResult {
  return facts
}

/** Violated properties, sorted. */
export function violations(system: CheckableSystem, { found }: StrategyResult): string[] {
  const { witnesses } = partitionOf(system)
  return [...found.keys()].filter((name) => !witnesses.has(name)).sort()
}

/** "takeFirst of philosopher0", "prepared on rm0.vote>tm.rm0". */
export function nameStep({ system }: SystemPartition, label: StepLabel): string {
  if (label.kind === 'deliver') return `${label.message} on ${system.channels[label.channel]?.id}`
  const actor = system.actors[label.actor]
  const choice = actor?.definition.spontaneous[label.choice]
  return `${choice?.event}${(choice?.domain ?? 1) > 1 ? ` ${label.value}` : ''} of ${actor?.id}`
}

/** Takes `length` steps, one after the other, and can always go on until its end. */
function programOf(length: number) {
  const states = Object.fromEntries(
    Array.from({ length: length + 1 }, (_, at) => [
      `at${at}`,
      at < length
        ? { description: `${at} steps done`, on: { step: { target: `at${at + 1}` } } }
        : { description: 'done', tags: ['finished'], on: { step: stall('done') } },
    ]),
  )
  return defineMachine<object, Message>({
    id: 'program',
    description: 'a straight line',
    inPorts: {},
    outPorts: {},
    events: { step: 'takes the next step' },
    spontaneous: { step: { description: 'goes on', kind: 'must' } },
    context: () => ({}),
    chart: { description: 'program', initial: 'at0', states },
  })
}

/** Actors `p0`, `p1`, … that share nothing. */
export function programs(lengths: readonly number[], properties: Readonly<Record<string, Property>>): CheckableSystem {
  return defineSystem({
    id: 'programs',
    actors: Object.fromEntries(lengths.map((length, index) => [`p${index}`, programOf(length)])),
    channels: [],
    properties,
  })
}

/** What a search says, without the states that it kept. */
export function said({ levels: _levels, ...rest }: StrategyResult): Omit<StrategyResult, 'levels'> {
  return rest
}
