/** Scripts | how many values each actor, channel and oracle part of a litmus scenario takes on, and how its state space grows. */

import { parseArgs } from 'node:util'
import { canonical, digest } from '../src/base/canonical.ts'
import { searchLevels } from '../src/explore/breadth-first.ts'
import type { SearchProgress } from '../src/explore/strategy.ts'
import { SystemPartition } from '../src/explore/system-partition.ts'
import type { Message } from '../src/kernel/actor.ts'
import { RandomScheduler } from '../src/kernel/random.ts'
import { Stepper } from '../src/kernel/step.ts'
import { System, type SystemSpec } from '../src/kernel/system.ts'
import { oracleNames } from '../src/oracle/index.ts'
import { createOracleObserver, searchConfig } from '../src/oracle/observer.ts'
import { oracleConfig } from '../src/oracle/oracle.ts'
import { resolveOptions } from '../src/run/options.ts'
import { buildSystem } from '../src/run/run.ts'

// npx tsx scripts/state-sizes.ts [scenario…] [--walks n] [--steps n] [--states n] [--features list] [--fields actor]

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    walks: { type: 'string', default: '20' },
    steps: { type: 'string', default: '20000' },
    /** Breadth-first search up to this many states instead of walks. */
    states: { type: 'string' },
    features: { type: 'string', default: '' },
    frames: { type: 'string' },
    seconds: { type: 'string', default: '120' },
    values: { type: 'boolean' },
    levels: { type: 'boolean' },
    quiet: { type: 'boolean' },
    /** Prints the context fields of this actor too. */
    fields: { type: 'string' },
  },
})

/** A system with its observer, driven from outside. */
class Bench {
  readonly system: System
  readonly stepper: Stepper
  readonly names: readonly string[]
  parts: unknown[]
  readonly violated = new Map<string, number>()
  private readonly observer

  constructor(spec: SystemSpec, config: Parameters<typeof createOracleObserver>[1]) {
    this.observer = createOracleObserver(oracleNames, config)
    this.parts = this.observer.parts.map((_, part) => this.observer.initial(part))
    this.system = new System(spec, 'sim', (_stream, error) => {
      throw error
    })
    this.stepper = new Stepper(this.system, { now: 0 }, ({ emitted, actor }) => {
      for (const event of emitted) this.observe(event, actor.id)
    })
    this.names = [
      ...this.system.actors.map(({ id }) => id),
      ...this.system.channels.map(({ id }) => id),
      ...this.observer.parts,
    ]
  }

  private observe(event: Message, actor: string): void {
    if (!this.observer.wants(event.type)) return
    this.observer.observe({ get: (part) => this.parts[part] }, event, actor, (property) => {
      this.violated.set(property, (this.violated.get(property) ?? 0) + 1)
    })
  }

  /** Canonical text of each component, in the order of `names`. */
  components(): string[] {
    return [
      ...this.system.actors.map(({ reactor }) => canonical(reactor.save())),
      ...this.system.channels.map((channel) => canonical(channel.contents())),
      ...this.parts.map(canonical),
    ]
  }
}

function platform(scenario: string) {
  const options = resolveOptions({
    scenario,
    geometry: 'litmus',
    features: flags.features,
    ...(flags.frames ? { frames: Number(flags.frames) } : {}),
  })
  const { geometry } = options.parameters
  return {
    spec: buildSystem(options),
    config: oracleConfig(geometry, { cores: options.scenario.cores, ...searchConfig }),
  }
}

/** Random walks: distinct values of each component, the most varied first. */
function walk(scenario: string): void {
  const seen = new Map<string, Set<string>>()
  const fields = new Map<string, Set<string>>()
  let steps = 0
  let ends = 0
  const violated = new Map<string, number>()
  for (let seed = 1; seed <= Number(flags.walks); seed++) {
    const { spec, config } = platform(scenario)
    const bench = new Bench(spec, config)
    const scheduler = new RandomScheduler(seed, seed % 3 === 0 ? 1 : seed % 3 === 1 ? 8 : 40)
    bench.system.carrier = scheduler
    scheduler.attach(bench.stepper)
    const last: string[] = []
    for (let step = 0; step < Number(flags.steps); step++) {
      bench.components().forEach((text, index) => {
        if (last[index] === text) return
        last[index] = text
        add(seen, bench.names[index] as string, text)
      })
      const actor = bench.system.actors.find(({ id }) => id === flags.fields)
      if (actor)
        for (const [key, value] of Object.entries(actor.reactor.context as object)) add(fields, key, canonical(value))
      if (scheduler.advance() === 'quiet') {
        ends++
        break
      }
      steps++
    }
    for (const [name, count] of bench.violated) violated.set(name, (violated.get(name) ?? 0) + Math.min(1, count))
  }
  console.log(
    `${scenario}: ${flags.walks} walks, ${steps} steps, ${ends} ended, violated ${JSON.stringify([...violated])}`,
  )
  print(seen)
  print(fields)
}

function add(into: Map<string, Set<string>>, name: string, text: string): void {
  const set = into.get(name)
  if (set) set.add(digest(text))
  else into.set(name, new Set([digest(text)]))
}

function print(seen: ReadonlyMap<string, ReadonlySet<string>>): void {
  const rows = [...seen].map(([name, set]) => [name, set.size] as const).filter(([, count]) => count > 1)
  rows.sort((a, b) => b[1] - a[1])
  console.log(rows.map(([name, count]) => `${name} ${count}`).join(', '))
}

/** Breadth-first search: states, violated properties, and how many values the components took on. */
function search(scenario: string): void {
  const { spec, config } = platform(scenario)
  const observers = [createOracleObserver(oracleNames, config)]
  const partition = new SystemPartition({ spec, observers, purity: 'trust' })
  const begin = performance.now()
  const stop = ({ states, depth, transitions }: SearchProgress): boolean => {
    if (!flags.quiet && performance.now() - told > 10_000) {
      told = performance.now()
      console.error(`  ${states} states, ${transitions} transitions, depth ${depth}`)
    }
    return performance.now() - begin > Number(flags.seconds) * 1000
  }
  let told = begin
  const result = searchLevels(partition, { statesMax: Number(flags.states), bytesMax: 6e9, stop })
  const { states, transitions, depth, found, explorer, end } = result
  const ms = performance.now() - begin
  console.log(
    `${scenario}: ${end}, ${states} states, ${transitions} transitions, depth ${depth}, ${(ms / 1000).toFixed(1)} s, ${explorer.misses} misses, ${(explorer.visited.bytes / states).toFixed(0)} B/state; ${[...found.values()].map((one) => `${one.property}@${one.depth}`).join(' ') || 'holds'}`,
  )
  if (flags.levels) {
    const sizes = result.levels.slice(1).map((to, depth) => to - (result.levels[depth] as number))
    console.log(sizes.filter((_, depth) => depth % 10 === 0).join(' '))
  }
  if (flags.values) {
    const counts = partition
      .valueCounts()
      .map((count, component) => [partition.components[component]?.name, count] as const)
    const rows = counts.filter(([, count]) => count > 1).sort((x, y) => y[1] - x[1])
    console.log(rows.map(([name, count]) => `${name} ${count}`).join(', '))
  }
}

for (const scenario of positionals) {
  if (flags.states) search(scenario)
  else walk(scenario)
}
