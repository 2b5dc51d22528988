/** Statechart | compile turns a chart into tables, filled on first use and shared by all instances of the machine. */

import { deepFreeze } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { ActionOut, Decision, Message } from '../kernel/actor.ts'
import { RoomBounds } from './automatic.ts'
import { buildChart, type Chart, type ChartAction, type ChartNode, type ChartTransition } from './chart.ts'
import { contextFactory } from './context.ts'
import { type ContextCopier, contextCopier } from './context-copy.ts'
import type { MachineConfig } from './define.ts'
import { initialMicrostep, type Microstep, microstep, type Quirks } from './microstep.ts'
import { alwaysSelectors, certainlyStalls, eventSelector, type Probe, type Selector } from './selector.ts'
import { SendBound } from './send-limits.ts'
import {
  type Chooser,
  chooser,
  chooserByType,
  type Runner,
  runnerLoop,
  type Specialise,
  Specialised,
  type Typed,
  writeRunner,
} from './specialise.ts'

export { CompiledReactor } from './reactor.ts'

/** What an action's `run` is called with besides its own parameters: the reactor's out box, which can queue events. */
export interface InnerOut extends ActionOut {
  done(event: Message): void
}

// What the reactor touches for every message is made by constructors: objects made by spreading have a hidden class
// each, and reading their fields costs several times as much.

type Run = (context: unknown, message: Message, out: InnerOut, params: unknown) => void

/** One call of a microstep: an authored action, or the queueing of a done event. */
export class Operation extends SendBound {
  readonly name: string
  readonly run: Run
  readonly params: unknown

  constructor(name: string, run: Run, params: unknown, limits: readonly number[]) {
    super(limits)
    this.name = name
    this.run = run
    this.params = params
  }
}

/** A microstep ready to run. */
export class Plan extends Specialised<Runner> {
  readonly operations: readonly Operation[]
  readonly next: Configuration
  /** XState would make a new snapshot, and so look at `always` again. */
  readonly effective: boolean
  readonly step: Microstep

  constructor(
    operations: readonly Operation[],
    next: Configuration,
    effective: boolean,
    step: Microstep,
    when: Specialise,
  ) {
    super(runnerLoop(operations), () => writeRunner(operations), when)
    this.operations = operations
    this.next = next
    this.effective = effective
    this.step = step
  }
}

/** What a message leads to in one configuration under one outcome of all guards. */
export class Outcome extends SendBound {
  readonly decision: Decision
  readonly reason: string
  /** As in `Reactor`. */
  readonly room: readonly number[]
  readonly roomPort: number
  readonly transitions: readonly ChartTransition[]
  readonly plan: Plan

  constructor(
    decision: Decision,
    reason: string,
    budget: readonly number[],
    transitions: readonly ChartTransition[],
    plan: Plan,
  ) {
    super(budget)
    this.decision = decision
    this.reason = reason
    this.room = decision === 'react' ? budget.flatMap((count, port) => (count > 0 ? [port, count] : [])) : []
    this.roomPort = decision !== 'react' ? -1 : this.room.length === 0 && budget.length > 0 ? 0 : this.port
    this.transitions = transitions
    this.plan = plan
  }
}

/** What the guards of one event type lead to in one configuration. */
export class Decider implements Typed<Outcome> {
  readonly type: string
  readonly selector: Selector
  readonly choose: Specialised<Chooser<Outcome>>
  /** The only outcome, where there is nothing to evaluate. */
  readonly fixed: Outcome | undefined

  constructor(
    type: string,
    selector: Selector,
    outcomeOf: (transitions: readonly ChartTransition[]) => Outcome,
    when: Specialise,
  ) {
    this.type = type
    this.selector = selector
    this.choose = chooser([selector], outcomeOf, when)
    const first = selector.candidates[0]
    const isFixed = selector.regions.length === 0 && first?.guard === undefined
    this.fixed = isFixed ? outcomeOf(first ? [first] : []) : undefined
  }
}

/** A set of active states, interned. States that carry `always` keep XState's order, which decides their selection. */
export class Configuration {
  readonly id: number
  readonly active: readonly ChartNode[]
  readonly value: unknown
  readonly finished: boolean
  readonly always: readonly Selector[]
  /** The plan of the `always` transitions that are enabled, null if none is. Undefined when no active state has any. */
  readonly chooseAlways: Specialised<Chooser<Plan | null>> | undefined
  /** As `Reactor.refused`. */
  readonly refused: number
  /** Those used so far. */
  readonly deciders: Decider[] = []
  /** What any message leads to. */
  readonly decide: Specialised<Chooser<Outcome>>
  readonly outcomes = new Map<string, Outcome>()

  constructor(id: number, chart: CompiledChart, active: readonly ChartNode[]) {
    this.id = id
    this.active = active
    const set = new Set(active)
    this.value = deepFreeze(stateValue(chart.chart.root, set))
    this.finished = !chart.hasFinished || active.some((node) => node.tags.includes('finished'))
    this.refused = chart.choices.reduce(
      (bits, event, choice) =>
        choice < 31 && certainlyStalls(eventSelector(chart.chart.root, event, set)) ? bits | (1 << choice) : bits,
      0,
    )
    this.decide = chooserByType(this.deciders, (type) => chart.decider(this, type), chart.specialise)
    this.always = alwaysSelectors(active, chart.options.probe)
    this.chooseAlways =
      this.always.length === 0
        ? undefined
        : chooser(
            this.always,
            (transitions) => (transitions.length === 0 ? null : chart.plan(this, transitions)),
            chart.specialise,
          )
  }
}

function stateValue(node: ChartNode, active: ReadonlySet<ChartNode>): unknown {
  if (node.kind === 'compound') {
    const child = node.children.find((candidate) => active.has(candidate)) as ChartNode
    return child.children.length === 0 ? child.key : { [child.key]: stateValue(child, active) }
  }
  return Object.fromEntries(node.children.map((child) => [child.key, stateValue(child, active)]))
}

export interface CompileOptions {
  readonly probe?: Probe
  readonly quirks?: Quirks
  readonly specialise?: Specialise
}

/** Tables of one machine. Everything but `configurations` and their memos is fixed. */
export class CompiledChart {
  readonly chart: Chart
  readonly options: CompileOptions
  readonly makeContext: () => unknown
  /** An independent copy of a context of this chart. */
  readonly copyContext: ContextCopier = contextCopier()
  readonly hasFinished: boolean
  readonly portIndex: ReadonlyMap<string, number>
  /** By id. */
  readonly configurations: Configuration[] = []
  readonly initial: Plan
  private readonly byKey = new Map<string, Configuration>()
  private readonly bounds: RoomBounds
  private readonly keepsOrder: ReadonlySet<ChartNode>

  /** Events of the spontaneous choices, in the order of declaration. */
  readonly choices: readonly string[]

  constructor(chart: Chart, makeContext: () => unknown, choices: readonly string[], options: CompileOptions) {
    this.chart = chart
    this.choices = choices
    this.options = options
    this.makeContext = contextFactory(chart.id, makeContext)
    this.hasFinished = chart.nodes.some((node) => node.tags.includes('finished'))
    this.portIndex = new Map(chart.ports.map((port, index) => [port, index]))
    this.bounds = new RoomBounds(chart)
    const ordered = chart.nodes.filter((node) => node.children.length === 0 && hasAlwaysAbove(node))
    this.keepsOrder = new Set(this.quirks.alwaysOrder ? [] : ordered)
    this.initial = this.planOf(initialMicrostep(chart.root, this.quirks))
  }

  get id(): string {
    return this.chart.id
  }

  get specialise(): Specialise {
    return this.options.specialise ?? 'hot'
  }

  get quirks(): Quirks {
    return this.options.quirks ?? {}
  }

  /** The configuration with these active states, given in XState's order. */
  configuration(active: readonly ChartNode[]): Configuration {
    const canonical = active.filter((node) => !this.keepsOrder.has(node)).sort((a, b) => a.index - b.index)
    for (const node of active) if (this.keepsOrder.has(node)) canonical.push(node)
    const key = canonical.map((node) => node.index).join()
    let known = this.byKey.get(key)
    if (known === undefined) {
      known = new Configuration(this.configurations.length, this, canonical)
      this.byKey.set(key, known)
      this.configurations.push(known)
    }
    return known
  }

  /** Paths of the active states: the same in every chart that has the same states. */
  namesOf(configuration: number): string {
    const known = this.configurations[configuration]
    if (known === undefined) throw new InternalError(`${this.id}: no configuration ${configuration}`)
    return known.active.map(({ path }) => path).join(' ')
  }

  /** The number of the configuration with these names; undefined where the chart lacks one of the states. */
  numberOf(names: string): number | undefined {
    const active: ChartNode[] = []
    for (const path of names.split(' ')) {
      const node = this.chart.nodes.find((candidate) => candidate.path === path)
      if (node === undefined) return undefined
      active.push(node)
    }
    return this.configuration(active).id
  }

  /** Candidates of `type`, which must be in `events` or a done event. */
  decider(configuration: Configuration, type: string): Decider {
    if (!this.chart.events.has(type) && !type.startsWith('xstate.done.')) {
      throw new InternalError(`${this.id}: event "${type}" is not one of its events`)
    }
    const selector = eventSelector(this.chart.root, type, new Set(configuration.active), this.options.probe)
    const outcomeOf = (transitions: readonly ChartTransition[]) => this.outcome(configuration, transitions)
    const decider = new Decider(type, selector, outcomeOf, this.specialise)
    configuration.deciders.push(decider)
    return decider
  }

  /** What taking `transitions` (in the order of selection) in `configuration` means. */
  outcome(configuration: Configuration, transitions: readonly ChartTransition[]): Outcome {
    const key = transitions.map((transition) => transition.index).join()
    let known = configuration.outcomes.get(key)
    if (known === undefined) {
      known = this.outcomeOf(configuration, transitions)
      configuration.outcomes.set(key, known)
    }
    return known
  }

  private outcomeOf(configuration: Configuration, transitions: readonly ChartTransition[]): Outcome {
    const plan = this.plan(configuration, transitions)
    const budget = this.bounds.step(plan.step)
    const stalling = transitions.find((transition) => transition.stall !== undefined)
    if (stalling) return new Outcome('stall', stalling.stall as string, budget, transitions, plan)
    const ignores = transitions.length > 0 && transitions.every((transition) => transition.ignore !== undefined)
    if (ignores) return new Outcome('ignore', transitions[0]?.ignore as string, budget, transitions, plan)
    return new Outcome('react', '', budget, transitions, plan)
  }

  plan(configuration: Configuration, transitions: readonly ChartTransition[]): Plan {
    return this.planOf(microstep(transitions, configuration.active, this.quirks))
  }

  private planOf(step: Microstep): Plan {
    const actions: (ChartAction | Operation)[] = []
    const probe = this.options.probe
    if (probe && step.transitions.length > 0) actions.push(observer(probe, step.transitions, this.chart.ports.length))
    for (const node of step.exited) actions.push(...node.exit)
    for (const transition of step.transitions) actions.push(...transition.actions)
    for (const { node, done } of step.entered) {
      actions.push(...node.entry, ...done.map((type) => doneOperation(type)))
    }
    const isEffective = (action: ChartAction | Operation) => !action.name.startsWith('(')
    const operations = actions.map((action) =>
      action instanceof Operation
        ? action
        : new Operation(action.name, action.run as Run, action.params, action.limits),
    )
    return new Plan(
      operations,
      this.configuration(step.active),
      step.changed || actions.some(isEffective),
      step,
      this.specialise,
    )
  }
}

/** Names in parentheses are ours: such operations leave no trace in XState. */
function observer(probe: Probe, transitions: readonly ChartTransition[], ports: number): Operation {
  return new Operation('(probe)', () => probe.taken(transitions), undefined, new Array(ports).fill(0))
}

function doneOperation(type: string): Operation {
  const event = Object.freeze({ type })
  return new Operation('(done)', (_context, _message, out) => out.done(event), undefined, [])
}

function hasAlwaysAbove(leaf: ChartNode): boolean {
  for (let node: ChartNode | undefined = leaf; node; node = node.parent) if (node.always.length > 0) return true
  return false
}

/**
 * Compiles a definition that `checkTotality` accepted.
 * @param chart that of the definition, where it is at hand
 */
// biome-ignore lint/suspicious/noExplicitAny: context and message types matter only inside a machine file
export function compile(config: MachineConfig<any, any>, options: CompileOptions = {}, chart = readChart(config)) {
  return new CompiledChart(chart, config.context, Object.keys(config.spontaneous ?? {}), options)
}

// biome-ignore lint/suspicious/noExplicitAny: as for `compile`
function readChart(config: MachineConfig<any, any>): Chart {
  const problems: string[] = []
  const chart = buildChart(config, problems)
  if (problems.length > 0) throw new InternalError(`compile was given a chart with problems: ${problems.join('; ')}`)
  return chart
}
