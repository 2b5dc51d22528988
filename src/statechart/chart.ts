/** Statechart | a chart as linked nodes in document order, with names and targets resolved; what every other part reads. */

import { dictionary } from '../base/dictionary.ts'
import type { ActionOut, Message } from '../kernel/actor.ts'
import type { MachineConfig, StateConfig, TransitionConfig, Transitions } from './define.ts'
import { type Names, namesOf, readActions, readGuard } from './names.ts'
import { checkStateKeys, checkTransition } from './vocabulary.ts'

export type NodeKind = 'atomic' | 'compound' | 'parallel' | 'final'

/** A mutator with the parameters of one use in the chart. `limits`: most messages it may send, by out port index. */
export interface ChartAction {
  readonly name: string
  readonly params: unknown
  readonly run: (context: unknown, message: Message, out: ActionOut, params: unknown) => void
  readonly limits: readonly number[]
}

/** A guard with the parameters of one use in the chart. */
export class ChartGuard {
  readonly name: string
  readonly params: unknown
  readonly test: (context: unknown, message: Message, params: unknown) => boolean

  constructor(name: string, params: unknown, test: ChartGuard['test']) {
    this.name = name
    this.params = params
    this.test = test
  }
}

/** One candidate. `kind` says which list it stands in; `event` is '' for `always`. */
export interface ChartTransition {
  readonly index: number
  readonly kind: 'on' | 'always' | 'done'
  readonly source: ChartNode
  readonly event: string
  readonly target: ChartNode | undefined
  readonly guard: ChartGuard | undefined
  readonly actions: readonly ChartAction[]
  readonly reenter: boolean
  readonly ignore: string | undefined
  readonly stall: string | undefined
  /** Unique in its chart: what coverage and errors print. */
  readonly label: string
}

/** One state. `index` is its place in document order; the root has 0 and an empty path. */
export interface ChartNode {
  readonly index: number
  readonly key: string
  readonly path: string
  /** XState's id: the machine id and the path. */
  readonly id: string
  readonly kind: NodeKind
  readonly parent: ChartNode | undefined
  readonly children: ChartNode[]
  initial: ChartNode | undefined
  readonly entry: readonly ChartAction[]
  readonly exit: readonly ChartAction[]
  /** Event type, done events included → candidates. */
  readonly on: Map<string, readonly ChartTransition[]>
  always: readonly ChartTransition[]
  readonly tags: readonly string[]
  readonly config: StateConfig
}

/** A chart in document order. */
export interface Chart {
  readonly id: string
  readonly root: ChartNode
  readonly nodes: readonly ChartNode[]
  readonly transitions: readonly ChartTransition[]
  /** Out ports in declaration order, and the message types of each. */
  readonly ports: readonly string[]
  readonly portTypes: readonly Readonly<Record<string, true | undefined>>[]
  readonly events: ReadonlySet<string>
  readonly raised: ReadonlySet<string>
}

function tableOf(types: readonly string[]): Record<string, true | undefined> {
  const table = dictionary<true>()
  for (const type of types) table[type] = true
  return table
}

/** The type of the event that reports that `id` is done. */
export function doneType(id: string): string {
  return `xstate.done.state.${id}`
}

/** How a state is named in messages. */
export function nameOf(node: ChartNode): string {
  return node.parent ? node.path : '(root)'
}

/** Reads `config.chart`. Every problem found becomes one sentence in `problems`; with none, the chart is complete. */
// biome-ignore lint/suspicious/noExplicitAny: context and message types matter only inside a machine file
export function buildChart(config: MachineConfig<any, any>, problems: string[]): Chart {
  const builder = new ChartBuilder(namesOf(config, problems), config.id, problems)
  const root = builder.addNode(config.chart, config.id, undefined)
  for (const node of builder.nodes) builder.addTransitions(node)
  return {
    id: config.id,
    root,
    nodes: builder.nodes,
    transitions: builder.transitions,
    ports: Object.keys(config.outPorts),
    portTypes: Object.values(config.outPorts).map(tableOf),
    events: new Set(Object.keys(config.events)),
    raised: new Set(config.raised ?? []),
  }
}

/** Two passes: nodes first, because a target may stand later in the document than its transition. */
class ChartBuilder {
  readonly nodes: ChartNode[] = []
  readonly transitions: ChartTransition[] = []
  private readonly labels = new Set<string>()
  private readonly names: Names
  private readonly machine: string
  private readonly problems: string[]

  constructor(names: Names, machine: string, problems: string[]) {
    this.names = names
    this.machine = machine
    this.problems = problems
  }

  addNode(config: StateConfig, key: string, parent: ChartNode | undefined): ChartNode {
    const path = parent ? (parent.parent ? `${parent.path}.${key}` : key) : ''
    const where = parent ? `state "${path}"` : 'the root state'
    checkStateKeys(config, key, where, parent === undefined, this.problems)
    const states = Object.entries(config.states ?? {})
    const kind = config.type ?? (states.length > 0 ? 'compound' : 'atomic')
    const node: ChartNode = {
      index: this.nodes.length,
      key,
      path,
      id: parent ? `${this.machine}.${path}` : this.machine,
      kind,
      parent,
      children: [],
      initial: undefined,
      entry: readActions(config.entry, `${where}: entry`, this.names, this.problems),
      exit: readActions(config.exit, `${where}: exit`, this.names, this.problems),
      on: new Map(),
      always: [],
      tags: config.tags ?? [],
      config,
    }
    this.nodes.push(node)
    for (const [childKey, child] of states) node.children.push(this.addNode(child, childKey, node))
    node.initial = node.children.find((child) => child.key === config.initial)
    this.checkShape(node, where)
    return node
  }

  private checkShape(node: ChartNode, where: string): void {
    const { config, kind } = node
    if ((kind === 'atomic' || kind === 'final') && node.children.length > 0) {
      this.problems.push(`${where}: type ${kind} cannot have substates`)
    }
    if ((kind === 'compound' || kind === 'parallel') && node.children.length === 0) {
      this.problems.push(`${where}: type ${kind} needs substates`)
    }
    if (kind === 'compound' && node.children.length > 0 && node.initial === undefined) {
      const known = node.children.map((child) => child.key).join(', ')
      this.problems.push(`${where}: initial "${config.initial ?? ''}" is not one of its substates (known: ${known})`)
    }
    if (kind !== 'compound' && config.initial !== undefined) {
      this.problems.push(`${where}: only a compound state has an initial substate`)
    }
  }

  addTransitions(node: ChartNode): void {
    const { config } = node
    for (const [event, list] of Object.entries(config.on ?? {})) {
      node.on.set(event, this.readList(node, 'on', event, list))
    }
    if (config.onDone !== undefined) {
      const event = doneType(node.id)
      node.on.set(event, this.readList(node, 'done', event, config.onDone))
    }
    if (config.always !== undefined) node.always = this.readList(node, 'always', '', config.always)
  }

  private readList(
    node: ChartNode,
    kind: ChartTransition['kind'],
    event: string,
    list: Transitions,
  ): ChartTransition[] {
    const configs = (Array.isArray(list) ? list : [list]) as readonly (string | TransitionConfig | undefined)[]
    const shown = kind === 'on' ? event : kind === 'done' ? 'onDone' : 'always'
    const result = configs.map((entry, position) => {
      const config: TransitionConfig = typeof entry === 'string' ? { target: entry } : (entry ?? {})
      return this.readTransition(node, kind, event, config, `state "${nameOf(node)}": ${shown} #${position + 1}`)
    })
    result.slice(0, -1).forEach((transition, position) => {
      if (transition.guard === undefined) {
        this.problems.push(
          `state "${nameOf(node)}": ${shown} #${position + 1} has no guard, so later ones never happen`,
        )
      }
    })
    return result
  }

  private readTransition(
    source: ChartNode,
    kind: ChartTransition['kind'],
    event: string,
    config: TransitionConfig,
    where: string,
  ): ChartTransition {
    checkTransition(config, kind, where, this.problems)
    const guard = readGuard(config.guard, where, this.names, this.problems)
    const shown = kind === 'on' ? event : kind === 'done' ? 'onDone' : 'always'
    const transition: ChartTransition = {
      index: this.transitions.length,
      kind,
      source,
      event,
      target: this.resolveTarget(source, config.target, where),
      guard,
      actions: readActions(config.actions, where, this.names, this.problems),
      reenter: config.reenter ?? false,
      ignore: config.meta?.ignore,
      stall: config.meta?.stall,
      label: this.uniqueLabel(`${nameOf(source)}: ${shown}${guard ? ` [${guard.name}]` : ''}${effectOf(config)}`),
    }
    this.transitions.push(transition)
    return transition
  }

  private uniqueLabel(label: string): string {
    let unique = label
    for (let copy = 2; this.labels.has(unique); copy++) unique = `${label} (${copy})`
    this.labels.add(unique)
    return unique
  }

  /** XState's rules: `#machine.path`, `.child` of the source, else a path that starts at a sibling. */
  private resolveTarget(source: ChartNode, target: string | undefined, where: string): ChartNode | undefined {
    if (target === undefined || target === '' || typeof target !== 'string') return undefined
    const root = this.nodes[0] as ChartNode
    let from: ChartNode | undefined
    let path: string[]
    if (target.startsWith('#')) {
      const [id, ...rest] = target.slice(1).split('.')
      from = id === this.machine ? root : undefined
      path = rest
    } else if (target.startsWith('.')) {
      from = source
      path = target.slice(1).split('.')
    } else {
      from = source.parent
      path = target.split('.')
    }
    for (const key of path) from = from?.children.find((child) => child.key === key)
    if (from === undefined) {
      const hint = source.parent ? '' : ` (from the root, write ".${target}")`
      this.problems.push(`${where}: target "${target}" is not a state${hint}`)
    }
    return from
  }
}

function effectOf(config: TransitionConfig): string {
  if (config.meta?.ignore !== undefined) return ' ignored'
  if (config.meta?.stall !== undefined) return ' stalled'
  return typeof config.target === 'string' ? ` -> ${config.target}` : ''
}
