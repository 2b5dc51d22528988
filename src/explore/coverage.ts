/** Explore | coverage: what a search never made a chart do, by actor, and which share of the states it saw. */

import type { ChartItems, CoverageWatch } from '../kernel/coverage.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { activePaths } from './predicate-view.ts'
import type { SampleCounts, StrategyResult } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

/** How much of one kind of thing was exercised. Names of what was not are in the order of the chart. */
export interface Covered {
  readonly total: number
  readonly missing: readonly string[]
}

export interface ActorCoverage {
  readonly actor: string
  readonly states: Covered
  readonly transitions: Covered
  /** "guard is true", "guard is false". */
  readonly guards: Covered
  readonly messages: Covered
}

/** Which share of the states was seen. */
export interface SpaceShare {
  readonly seen: number
  /** `exact`: against an exhausted search; `estimate`: see `estimateSpace`. */
  readonly kind: 'exact' | 'estimate' | 'unknown'
  /** States that there are; for an estimate, at least about so many. */
  readonly of?: number
  readonly share?: number
  /** Probability that what a run comes to next is new. */
  readonly unseenMass?: number
}

export interface CoverageReport {
  readonly actors: readonly ActorCoverage[]
  /** Actors whose charts tell nothing about what they do. */
  readonly unknown: readonly string[]
  readonly space?: SpaceShare
}

interface Watched {
  readonly actor: string
  readonly items: ChartItems
  readonly transitions: Set<string>
  readonly guards: Set<string>
  readonly messages: Set<string>
}

/**
 * Notes what charts do. Searches over a partition of `spec` run each local transition once, when they come to it first;
 * so what a search has exercised is what was enabled in a state that it came to.
 */
export class Coverage {
  /** The same system, watched. */
  readonly spec: SystemSpec
  private readonly watched: Watched[] = []
  private readonly unknown: string[] = []

  constructor(spec: SystemSpec) {
    const actors = spec.actors.map(({ id, definition }) => {
      const facet = definition.coverage
      if (!facet) {
        this.unknown.push(id)
        return { id, definition }
      }
      const entry: Watched = {
        actor: id,
        items: facet.items,
        transitions: new Set(),
        guards: new Set(),
        messages: new Set(),
      }
      this.watched.push(entry)
      return { id, definition: facet.watched(watchFor(entry)) }
    })
    this.spec = { ...spec, actors }
  }

  /** @param partition the one that was searched, made from `spec`; its interned states tell which states were active. */
  report(partition: SystemPartition, space?: SpaceShare): CoverageReport {
    const actors = this.watched.map((entry): ActorCoverage => {
      const { actor, items, transitions, guards, messages } = entry
      const outcomes = items.guards.flatMap((guard) => [`${guard} is true`, `${guard} is false`])
      return {
        actor,
        states: covered(items.states, activeStates(partition, actor)),
        transitions: covered(items.transitions, transitions),
        guards: covered(outcomes, guards),
        messages: covered(items.messages, messages),
      }
    })
    return { actors, unknown: this.unknown, ...(space ? { space } : {}) }
  }
}

function watchFor({ transitions, guards, messages }: Watched): CoverageWatch {
  return {
    guard: (transition, passed) => {
      guards.add(`${transition} is ${passed}`)
    },
    taken: (transition) => {
      transitions.add(transition)
    },
    consumed: (message) => {
      messages.add(message)
    },
  }
}

function covered(all: readonly string[], seen: ReadonlySet<string>): Covered {
  return { total: all.length, missing: all.filter((name) => !seen.has(name)) }
}

function activeStates(partition: SystemPartition, actor: string): Set<string> {
  const index = partition.system.actors.findIndex(({ id }) => id === actor)
  const names = new Set<string>()
  const count = partition.interners[index]?.values.length ?? 0
  for (let value = 0; value < count; value++) activePaths(partition.stateValue(index, value), names)
  return names
}

/** @param exhausted what an exhausted search of the same system found. */
export function shareOf(result: StrategyResult, exhausted?: StrategyResult): SpaceShare {
  const seen = result.states
  if (result.end === 'exhausted' && result.isExhaustive) return { seen, kind: 'exact', of: seen, share: 1 }
  if (exhausted?.end === 'exhausted') {
    return { seen, kind: 'exact', of: exhausted.states, share: seen / exhausted.states }
  }
  return result.sample ? estimateSpace(seen, result.sample) : { seen, kind: 'unknown' }
}

/**
 * I. J. Good, "The population frequencies of species and the estimation of population parameters", Biometrika 40, 1953:
 * the probability that the next thing drawn is new is about the share of draws that were the only ones of their kind.
 * Runs are drawn independently but the states of a run are not; so a state counts once for each run, and the number of
 * states there are is A. Chao's lower bound for such counts ("Estimating the population size for capture-recapture data
 * with unequal catchability", Biometrics 43, 1987).
 */
export function estimateSpace(seen: number, sample: SampleCounts): SpaceShare {
  const { runs, incidences, inOneRun: once, inTwoRuns: twice, isComplete } = sample
  if (runs < 2 || incidences === 0 || !isComplete) return { seen, kind: 'unknown' }
  const unseen = twice > 0 ? (once * once) / (2 * twice) : (once * (once - 1)) / 2
  const of = Math.round(seen + ((runs - 1) / runs) * unseen)
  return { seen, kind: 'estimate', of, share: seen / of, unseenMass: once / incidences }
}

/** For people. */
export function formatCoverage({ actors, unknown, space }: CoverageReport): string {
  const lines: string[] = []
  for (const { actor, ...kinds } of actors) {
    const parts = Object.entries(kinds).map(([kind, { total, missing }]: [string, Covered]) => {
      return `${kind} ${total - missing.length}/${total}`
    })
    lines.push(`${actor}: ${parts.join(', ')}`)
    for (const [kind, { missing }] of Object.entries(kinds) as [string, Covered][]) {
      for (const name of missing) lines.push(`  never: ${kind.slice(0, -1)} ${name}`)
    }
  }
  for (const actor of unknown) lines.push(`${actor}: its chart does not tell what it does`)
  if (space) lines.push(formatShare(space))
  return `${lines.join('\n')}\n`
}

/** One line: how much of the space was seen. */
export function formatShare({ seen, kind, of, share = 0, unseenMass = 0 }: SpaceShare): string {
  if (kind === 'unknown') return `states: ${seen} seen; how many there are is not known`
  const percent = `${(share * 100).toFixed(1)} %`
  if (kind === 'exact') return `states: ${seen} of ${of} (${percent})`
  return (
    `states: ${seen} seen, of about ${of} or more (${percent} at most); ` +
    `what a run comes to is new with probability ${unseenMass.toPrecision(2)} (estimates)`
  )
}

/** The same as plain data, for tools; stable, so that reports can be compared as text. */
export function coverageJson(report: CoverageReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
