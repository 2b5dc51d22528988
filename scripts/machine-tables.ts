/** Scripts | the tables of docs/machines: states, transitions, actions and messages of each machine, from its definition. */

import type { ChartNode, ChartTransition } from '../src/statechart/chart.ts'
import type { MachineDefinition } from '../src/statechart/define.ts'
import { cell, code, table } from './markdown.ts'

/** What the overview says about one machine. */
export interface MachineSize {
  readonly states: number
  readonly transitions: number
  readonly decisions: number
  readonly actions: number
  /** `name, lines`. */
  readonly longest: string
}

/** Counts of one machine; `decisions` are the (state, event) pairs declared ignored or stalled. */
export function sizeOf(machine: MachineDefinition, lines: ReadonlyMap<string, number>): MachineSize {
  const { nodes, transitions } = machine.compiled.chart
  const acting = transitions.filter(isActing)
  const [longest] = [...lines].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return {
    states: nodes.length - 1,
    transitions: acting.length,
    decisions: transitions.length - acting.length,
    actions: Object.keys(machine.config.actions ?? {}).length,
    longest: longest ? `${longest[0]}, ${longest[1]}` : '',
  }
}

/** The overview: one row a machine. */
export function overview(sizes: Readonly<Record<string, MachineSize>>, link: (name: string) => string): string {
  return table(
    ['machine', 'states', 'transitions', 'ignored or stalled', 'actions', 'longest action, lines'],
    Object.entries(sizes).map(([name, size]) => [
      link(name),
      size.states,
      size.transitions,
      size.decisions,
      size.actions,
      size.longest,
    ]),
  )
}

/** The page of one machine. */
export function machinePage(name: string, machine: MachineDefinition, lines: ReadonlyMap<string, number>): string {
  const { config } = machine
  const { chart } = machine.compiled
  const sections = [
    `# ${name}`,
    `${sentence(config.description)} Generated from \`machines/\` by \`npm run docs\`, in the default configuration.`,
    `![statechart of ${name}](${name}.svg)`,
    'In the picture, blue lines are what a state does without being left; orange ones leave a message at the head of its channel, grey ones consume it. Pointing at a line shows why.',
    '## Ports',
    table(
      ['port', 'direction', 'messages'],
      [
        ...Object.entries(config.inPorts).map(([port, types]) => [code(port), 'in', types.map(code).join(' ')]),
        ...Object.entries(config.outPorts).map(([port, types]) => [code(port), 'out', types.map(code).join(' ')]),
      ],
    ),
    '## States',
    table(
      ['state', 'kind', 'description'],
      chart.nodes.slice(1).map((node) => [indented(node), kindOf(node), cell(node.config.description)]),
    ),
    '## Events',
    table(
      ['event', 'description'],
      Object.entries(config.events).map(([event, description]) => [
        code(event),
        cell(description + originOf(machine, event)),
      ]),
    ),
    '## Transitions',
    table(
      ['state', 'event', 'guard', 'target', 'actions'],
      chart.transitions
        .filter(isActing)
        .map((transition) => [
          stateOf(transition.source),
          eventOf(transition),
          transition.guard ? code(used(transition.guard)) : '',
          transition.target ? stateOf(transition.target) : '',
          transition.actions.map((action) => code(used(action))).join(' '),
        ]),
    ),
    '## Ignored and stalled',
    'A stalled message stays at the head of its channel until the state changes; an ignored one is consumed.',
    table(
      ['state', 'decision', 'why', 'events'],
      decisionsOf(chart.transitions).map(({ state, decision, why, events }) => [
        state,
        decision,
        cell(why),
        events.map(code).join(' '),
      ]),
    ),
    '## Actions',
    table(
      ['action', 'description', 'sends at most', 'lines'],
      Object.entries(config.actions ?? {}).map(([action, definition]) => [
        code(action),
        cell(definition.description),
        Object.entries(definition.sends ?? {})
          .map(([port, count]) => `${count} to ${code(port)}`)
          .join(', '),
        lines.get(action) ?? '',
      ]),
    ),
  ]
  if (machine.spontaneous.length > 0) {
    sections.push(
      '## Spontaneous choices',
      table(
        ['event', 'kind', 'values', 'cycles until it happens', 'description'],
        machine.spontaneous.map((choice) => [
          code(choice.event),
          choice.kind,
          choice.domain,
          choice.kind === 'must' ? choice.latencyCycles : '',
          cell(choice.description),
        ]),
      ),
    )
  }
  return `${sections.join('\n\n')}\n`
}

const isActing = (transition: ChartTransition) => transition.ignore === undefined && transition.stall === undefined

function sentence(text: string): string {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.?!]$/.test(first) ? first : `${first}.`
}

const stateOf = (node: ChartNode) => (node.parent ? code(node.path) : 'the machine')

function indented(node: ChartNode): string {
  const depth = node.path.split('.').length - 1
  return `${'&nbsp;&nbsp;'.repeat(depth)}${code(node.key)}`
}

function kindOf(node: ChartNode): string {
  const initial = node.parent?.initial === node ? 'initial' : ''
  const region = node.parent?.kind === 'parallel' ? 'region' : ''
  const own = node.kind === 'atomic' ? '' : node.kind
  return [initial, region, own].filter(Boolean).join(', ')
}

function originOf(machine: MachineDefinition, event: string): string {
  if (machine.config.raised?.includes(event)) return ' (raised)'
  return machine.spontaneous.some((choice) => choice.event === event) ? ' (spontaneous)' : ''
}

function eventOf(transition: ChartTransition): string {
  if (transition.kind === 'always') return 'always'
  return transition.kind === 'done' ? 'done' : code(transition.event)
}

/** A name with its parameters, if they say something. */
function used(reference: { readonly name: string; readonly params: unknown }): string {
  return reference.params === undefined ? reference.name : `${reference.name} ${JSON.stringify(reference.params)}`
}

interface Declared {
  readonly state: string
  readonly decision: 'ignored' | 'stalled'
  readonly why: string
  readonly events: string[]
}

/** Declared decisions, events with the same reason in the same state on one row. */
function decisionsOf(transitions: readonly ChartTransition[]): Declared[] {
  const rows = new Map<string, Declared>()
  for (const transition of transitions) {
    if (isActing(transition)) continue
    const decision = transition.stall === undefined ? 'ignored' : 'stalled'
    const why = (transition.stall ?? transition.ignore) as string
    const event = transition.guard ? `${transition.event} if ${used(transition.guard)}` : transition.event
    const key = `${transition.source.index} ${decision} ${why}`
    const row = rows.get(key) ?? { state: stateOf(transition.source), decision, why, events: [] }
    row.events.push(event)
    rows.set(key, row)
  }
  return [...rows.values()]
}
