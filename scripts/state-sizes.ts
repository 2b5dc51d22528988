/** Scripts | how many values each actor, channel and oracle part of a litmus scenario takes on, and how its state space grows. */

import { parseArgs } from 'node:util'
import { canonical, clone, digest } from '../src/base/canonical.ts'
import type { Message, SavedState } from '../src/kernel/actor.ts'
import { RandomScheduler } from '../src/kernel/random.ts'
import { apply, type Choice, enabled, Stepper } from '../src/kernel/step.ts'
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

  save(): Saved {
    return {
      actors: this.system.actors.map(({ reactor }) => reactor.save()),
      channels: this.system.channels.map((channel) => channel.contents()),
      parts: this.parts.map(clone),
    }
  }

  restore({ actors, channels, parts }: Saved): void {
    this.system.actors.forEach(({ reactor }, index) => {
      reactor.restore(actors[index] as SavedState)
    })
    this.system.channels.forEach((channel, index) => {
      while (channel.count > 0) channel.take(0)
      for (const message of channels[index] as Message[]) channel.enqueue(message, 0)
    })
    this.parts = parts.map(clone)
  }
}

interface Saved {
  readonly actors: readonly SavedState[]
  readonly channels: readonly (readonly Message[])[]
  readonly parts: readonly unknown[]
}

function makeBench(scenario: string): Bench {
  const options = resolveOptions({
    scenario,
    geometry: 'litmus',
    features: flags.features,
    ...(flags.frames ? { frames: Number(flags.frames) } : {}),
  })
  const { geometry } = options.parameters
  return new Bench(buildSystem(options), oracleConfig(geometry, { cores: options.scenario.cores, ...searchConfig }))
}

/** Random walks: distinct values of each component, the most varied first. */
function walk(scenario: string): void {
  const seen = new Map<string, Set<string>>()
  const fields = new Map<string, Set<string>>()
  let steps = 0
  let ends = 0
  const violated = new Map<string, number>()
  for (let seed = 1; seed <= Number(flags.walks); seed++) {
    const bench = makeBench(scenario)
    const scheduler = new RandomScheduler(seed, seed % 3 === 0 ? 1 : seed % 3 === 1 ? 8 : 40)
    bench.system.onSend = (channel, message) => scheduler.sent(channel, message)
    scheduler.attach(bench.stepper, undefined)
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

/** Breadth-first search with hashed states: new states at each depth. */
function search(scenario: string): void {
  const bench = makeBench(scenario)
  const limit = Number(flags.states)
  bench.system.onSend = (channel, message) => channel.enqueue(message, 0)
  bench.stepper.start()
  const visited = new Set([digest(bench.components().join('\n'))])
  let layer: Saved[] = [bench.save()]
  const sizes = [1]
  let transitions = 0
  while (layer.length > 0 && visited.size < limit) {
    const next: Saved[] = []
    for (const from of layer) {
      bench.restore(from)
      const choices: Choice[] = enabled(bench.stepper)
      choices.forEach((choice, index) => {
        if (index > 0) bench.restore(from)
        apply(bench.stepper, choice)
        transitions++
        const hash = digest(bench.components().join('\n'))
        if (visited.has(hash)) return
        visited.add(hash)
        next.push(bench.save())
      })
    }
    sizes.push(next.length)
    layer = next
  }
  const whole = layer.length === 0 ? 'all' : `at depth ${sizes.length - 1}`
  console.log(
    `${scenario}: ${visited.size} states ${whole}, ${transitions} transitions, violated ${[...bench.violated.keys()]}`,
  )
  console.log(sizes.join(' '))
}

for (const scenario of positionals) {
  if (flags.states) search(scenario)
  else walk(scenario)
}
