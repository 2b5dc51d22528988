/** Statechart | coverage of a chart: what it can do, by name, and reactors that tell when it is done. */

import type { ActorDefinition, Decision, Message, Out } from '../kernel/actor.ts'
import type { ChartItems, CoverageFacet, CoverageWatch } from '../kernel/coverage.ts'
import type { ChartTransition } from './chart.ts'
import { type CompiledChart, compile } from './compile.ts'
import type { MachineDefinition } from './define.ts'
import { CompiledReactor } from './reactor.ts'

export function coverageOf(definition: MachineDefinition): CoverageFacet {
  const { nodes, transitions } = definition.compiled.chart
  const { inPorts, spontaneous } = definition
  const spontaneousTypes = spontaneous.map(({ event }) => event)
  const items: ChartItems = {
    states: nodes.filter((node) => node.parent !== undefined).map(({ path }) => path),
    transitions: transitions.filter(reacts).map(({ label }) => label),
    guards: transitions.filter(({ guard }) => guard !== undefined).map(({ label }) => label),
    messages: [...new Set([...Object.values(inPorts).flat(), ...spontaneousTypes])],
  }
  return { items, watched: (watch) => watchedBy(watch, definition) }
}

function reacts({ ignore, stall }: ChartTransition): boolean {
  return ignore === undefined && stall === undefined
}

function watchedBy(watch: CoverageWatch, definition: MachineDefinition): ActorDefinition {
  const { id, description, inPorts, outPorts, spontaneous, ends, states, config } = definition
  const chart = compile(config, {
    probe: {
      guard: ({ label }, passed) => watch.guard(label, passed),
      taken: (transitions) => {
        for (const transition of transitions) if (reacts(transition)) watch.taken(transition.label)
      },
    },
  })
  const createReactor = (_runtime: unknown, out: Out) => new WatchedReactor(chart, out, watch)
  return { id, description, inPorts, outPorts, spontaneous, ends, states, createReactor }
}

class WatchedReactor extends CompiledReactor {
  private readonly watch: CoverageWatch

  constructor(chart: CompiledChart, out: Out, watch: CoverageWatch) {
    super(chart, out)
    this.watch = watch
  }

  override decide(message: Message): Decision {
    const decision = super.decide(message)
    if (decision === 'ignore') this.watch.consumed(message.type)
    return decision
  }

  override commit(message: Message): void {
    this.watch.consumed(message.type)
    super.commit(message)
  }
}
