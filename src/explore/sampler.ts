/** Explore | sampling in shards: runs that are numbered, each drawn from its number alone, whoever takes it and when. */

import { UsageError, unknownName } from '../base/errors.ts'
import { Prng } from '../base/prng.ts'
import { Cursor } from './cursor.ts'
import { Explorer } from './explorer.ts'
import { Fingerprints } from './fingerprints.ts'
import type { StepLabel } from './partition.ts'
import { Priorities } from './pct.ts'
import { RandomPolicy } from './random-walk.ts'
import type { Policy } from './sampling.ts'
import { Sighter, type Sightings } from './sightings.ts'
import { SwarmPolicy } from './swarm-walk.ts'
import type { SystemPartition } from './system-partition.ts'

/** How runs are drawn. */
export interface SamplerOptions {
  readonly strategy: SampledStrategy
  readonly seed: number
  /** No run is longer. */
  readonly stepsMax: number
  /** For pct: how many orderings a bug needs. */
  readonly bugDepth: number
}

const policies = {
  random: (cursor, { seed }) => new RandomPolicy(cursor, seed),
  pct: (cursor, { seed, bugDepth, stepsMax }) => new Priorities(cursor, seed, bugDepth, stepsMax),
  swarm: (cursor, { seed }) => new SwarmPolicy(cursor, seed),
} as const satisfies Record<string, (cursor: Cursor, options: SamplerOptions) => Policy>

export type SampledStrategy = keyof typeof policies
export const sampledStrategies = Object.keys(policies) as readonly SampledStrategy[]

/** At rest only `may` choices are left: a run ends there with probability 1 in so many, and otherwise takes one. */
const restOdds = 4

/** Runs kept for each kind of finding in a shard: causes are judged on these. */
const examplesMax = 2

/** Runs that showed a property's violation by the same kind of step. */
export interface Finding {
  readonly property: string
  /** Who reacted to what, or the state itself. */
  readonly by: string
  /** Runs of the shard in which it was possible. */
  readonly runs: number
  /** The first of them; `steps` end with the step that shows it. */
  readonly examples: readonly { readonly run: number; readonly steps: readonly StepLabel[] }[]
}

/** What the runs `from` to `from + runs - 1` came to. */
export interface SampledShard {
  readonly runs: number
  readonly steps: number
  /** Runs by how they ended and what they violated: "rest", "rest: fresh-load", "bound: …". */
  readonly outcomes: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
  readonly sightings: Sightings
  /** States of runs, each counted once a run. */
  readonly incidences: number
}

/** What a leaf says: kinds of findings, with the move that shows each, or -1 for the state itself. */
type LeafSays = readonly { readonly kind: number; readonly move: number }[]

interface Kind {
  readonly property: number
  readonly by: string
}

/** Runs of one system. What it learns about charts, and which states were reported, is kept from shard to shard. */
export class Sampler {
  private readonly partition: SystemPartition
  private readonly options: SamplerOptions
  private readonly cursor: Cursor
  private readonly policy: Policy
  private readonly fingerprints: Fingerprints
  private readonly sighter = new Sighter()
  private readonly kinds: Kind[] = []
  private readonly kindNumbers = new Map<string, number>()
  private readonly says: (LeafSays | undefined)[] = []
  private taken = new Int32Array(1024)

  constructor(partition: SystemPartition, options: SamplerOptions) {
    const { strategy, stepsMax, bugDepth } = options
    if (!Object.hasOwn(policies, strategy)) throw unknownName('strategy', strategy, sampledStrategies)
    if (!(stepsMax >= 1 && stepsMax < 2 ** 28)) throw new UsageError(`stepsMax is ${stepsMax}; choose 1 to 2^28`)
    if (!Number.isInteger(bugDepth) || bugDepth < 1) throw new UsageError(`bugDepth is ${bugDepth}; choose 1, 2, 3, …`)
    this.partition = partition
    this.options = options
    this.cursor = new Cursor(new Explorer(partition))
    this.policy = policies[strategy](this.cursor, options)
    this.fingerprints = new Fingerprints(partition, this.cursor)
  }

  /** @param shard its number: shards that are reported earlier may have higher ones. */
  run(shard: number, from: number, runs: number): SampledShard {
    const { cursor, policy, fingerprints, sighter } = this
    const { seed, stepsMax } = this.options
    const start = this.partition.initial()
    const outcomes = new Map<string, number>()
    const found = new Map<number, { runs: number; last: number; examples: { run: number; steps: StepLabel[] }[] }>()
    const violated = new Set<number>()
    let steps = 0
    for (let run = 0; run < runs; run++) {
      const number = from + run
      const coin = new Prng(seed, `rest ${number}`)
      let length = 0
      let end = 'rest'
      violated.clear()
      const note = (kind: number, move: number): void => {
        const property = (this.kinds[kind] as Kind).property
        if (!this.isWitness(this.partition.properties[property] as string)) violated.add(property)
        const finding = found.get(kind) ?? { runs: 0, last: -1, examples: [] }
        found.set(kind, finding)
        if (finding.last === run) return
        finding.last = run
        finding.runs++
        if (finding.examples.length >= examplesMax) return
        const moves = [...this.taken.subarray(0, length), ...(move < 0 ? [] : [move])]
        finding.examples.push({ run: number, steps: moves.map((m) => cursor.moves.labels[m] as StepLabel) })
      }
      const listen = (): void => {
        for (let i = 0; i < cursor.sayings; i++) {
          const said = this.saysOf(cursor.saying[i] as number)
          for (let j = 0; j < said.length; j++)
            note((said[j] as LeafSays[number]).kind, (said[j] as LeafSays[number]).move)
        }
      }
      cursor.goTo(start.values)
      fingerprints.enter()
      sighter.see(fingerprints.low, fingerprints.high, run)
      for (const property of start.fires) note(this.kindOf(property, 'the start'), -1)
      if (cursor.sayings > 0) listen()
      policy.begin(number)
      while (cursor.enabled > 0) {
        if (length === stepsMax) {
          end = 'bound'
          break
        }
        if (cursor.rests && coin.below(restOdds) === 0) break
        const move = policy.choose()
        if (move < 0) break
        if (length === this.taken.length) this.lengthen()
        this.taken[length++] = move
        cursor.take(move)
        fingerprints.take(move)
        sighter.see(fingerprints.low, fingerprints.high, run)
        if (cursor.sayings > 0) listen()
      }
      steps += length
      const names = [...violated].map((property) => this.partition.properties[property] as string).sort()
      const outcome = names.length > 0 ? `${end}: ${names.join(', ')}` : end
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    const { sightings, incidences } = sighter.report(shard)
    return {
      runs,
      steps,
      outcomes: Object.fromEntries([...outcomes].sort(([a], [b]) => (a < b ? -1 : 1))),
      findings: [...found]
        .map(([kind, { runs, examples }]) => {
          const { property, by } = this.kinds[kind] as Kind
          return { property: this.partition.properties[property] as string, by, runs, examples }
        })
        .sort((a, b) => (`${a.property} ${a.by}` < `${b.property} ${b.by}` ? -1 : 1)),
      sightings,
      incidences,
    }
  }

  /** Whether a property asks for a witness, so that showing it is no violation. */
  isWitness(property: string): boolean {
    return this.partition.witnesses.has(property)
  }

  /** Worked out once for each leaf. */
  private saysOf(leaf: number): LeafSays {
    let says = this.says[leaf]
    if (says === undefined) {
      const { moves } = this.cursor
      const list: { kind: number; move: number }[] = []
      for (const property of moves.fires[leaf] as readonly number[]) {
        list.push({ kind: this.kindOf(property, 'the state'), move: -1 })
      }
      const first = moves.first[leaf] as number
      for (let move = first; move < first + (moves.count[leaf] as number); move++) {
        for (const property of moves.violates[move] as readonly number[]) {
          list.push({ kind: this.kindOf(property, this.stepName(moves.labels[move] as StepLabel)), move })
        }
      }
      says = list
      while (this.says.length <= leaf) this.says.push(undefined)
      this.says[leaf] = says
    }
    return says
  }

  private kindOf(property: number, by: string): number {
    const key = `${property} ${by}`
    let number = this.kindNumbers.get(key)
    if (number === undefined) {
      number = this.kinds.push({ property, by }) - 1
      this.kindNumbers.set(key, number)
    }
    return number
  }

  /** "read.resp on l1d0.scu>…", or "line.evict of l2". */
  private stepName(label: StepLabel): string {
    const { actors, channels } = this.partition.system
    if (label.kind === 'deliver') {
      const { type } = JSON.parse(label.message) as { readonly type: string }
      return `${type} on ${channels[label.channel]?.id}`
    }
    const actor = actors[label.actor]
    return `${actor?.definition.spontaneous[label.choice]?.event} of ${actor?.id}`
  }

  private lengthen(): void {
    const longer = new Int32Array(2 * this.taken.length)
    longer.set(this.taken)
    this.taken = longer
  }
}
