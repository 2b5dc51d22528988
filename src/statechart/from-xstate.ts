/** Statechart | fromXState makes an actor of a user's own XState v5 machine: assign, raise, emit, guards and all. */

import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, ContextFrom } from 'xstate'
import { asked } from '../base/asked.ts'
import { DefinitionError, InternalError, UsageError } from '../base/errors.ts'
import { demandDefinition } from '../base/shape.ts'
import type { ActorDefinition, Out, Reactor, RuntimeName, Spontaneous } from '../kernel/actor.ts'
import type { CoverageFacet } from '../kernel/coverage.ts'
import { type SpontaneousConfig, spontaneousOf } from './define.ts'
import { demandMachine } from './demand-machine.ts'
import { fromXStateShape, machineNamed } from './machine-shape.ts'
import { choiceProblems } from './totality.ts'
import { contractProblems } from './xstate-contract.ts'
import { coverageOfXState } from './xstate-coverage.ts'
import { Addresses } from './xstate-effects.ts'
import { ActorReactor, PureReactor } from './xstate-reactors.ts'
import { type PureStep, PureStepper } from './xstate-stepper.ts'

/** How a machine of XState's own takes part in a system. */
export interface FromXStateOptions<Context> {
  /** Names the machine in errors; default: the machine's own id. */
  readonly id?: string
  readonly description?: string
  /** In port → event types that arrive there. */
  readonly inPorts?: Readonly<Record<string, readonly string[]>>
  /**
   * Out port → event types. An emitted event of such a type is a message sent there. A type that several ports declare is
   * emitted with a field `port` that names one of them and is not part of the message.
   */
  readonly outPorts?: Readonly<Record<string, readonly string[]>>
  /** Emitted types that answer a rendezvous. Events of any other type are for observers. */
  readonly replies?: readonly string[]
  /** Event type → what may or must happen by itself. The chart gets `{ type, value }`. */
  readonly spontaneous?: Readonly<Record<string, SpontaneousConfig<Context>>>
  /** Input of the machine's context factory. */
  readonly input?: unknown
}

/** A user's machine as an actor. */
export class XStateDefinition implements ActorDefinition {
  readonly id: string
  readonly description: string
  readonly inPorts: Readonly<Record<string, readonly string[]>>
  readonly outPorts: Readonly<Record<string, readonly string[]>>
  readonly spontaneous: readonly Spontaneous[]
  readonly machine: AnyStateMachine
  readonly input: unknown
  readonly addresses: Addresses
  readonly stepper: PureStepper
  /** How every instance begins. */
  readonly initial: PureStep
  /** Whether any state is tagged `finished`. */
  readonly ends: boolean
  readonly states: readonly string[]
  /** By configuration number: a snapshot whose context does not count. */
  private readonly examples: AnyMachineSnapshot[] = []
  private readonly numbers = new Map<string, number>()
  private readonly keepsOrder: ReadonlySet<AnyStateNode>

  // biome-ignore lint/suspicious/noExplicitAny: the context's type matters only to the caller
  constructor(machine: AnyStateMachine, options: FromXStateOptions<any>) {
    const { id = machine.id, inPorts = {}, outPorts = {}, replies = [], spontaneous = {} } = options
    this.id = id
    this.description = options.description ?? machine.root.description ?? id
    this.inPorts = inPorts
    this.outPorts = outPorts
    this.spontaneous = spontaneousOf(spontaneous).map((choice) => {
      return { ...choice, when: asked(`machine "${id}": when of "${choice.event}"`, choice.when) }
    })
    this.machine = machine
    this.input = options.input
    this.addresses = new Addresses(id, outPorts, replies)
    const problems = this.addresses.ambiguous().map((type) => `"${type}" is both a message and a reply`)
    problems.push(
      ...choiceProblems(spontaneous),
      ...contractProblems(machine, {
        received: Object.values(inPorts).flat(),
        spontaneous: Object.keys(spontaneous),
        must: Object.keys(spontaneous).filter((event) => spontaneous[event]?.kind === 'must'),
      }),
    )
    if (problems.length > 0) throw new DefinitionError(`machine "${id}"`, problems)
    const nodes = [...(machine as unknown as { idMap: Map<string, AnyStateNode> }).idMap.values()]
    this.ends = nodes.some(({ tags }) => tags.includes('finished'))
    this.states = nodes.filter(({ path }) => path.length > 0).map(({ path }) => path.join('.'))
    this.keepsOrder = new Set(nodes.filter((node) => node.type === 'atomic' && hasAlwaysAbove(node)))
    this.stepper = new PureStepper(id, machine, this.addresses)
    this.initial = this.begin()
  }

  get coverage(): CoverageFacet {
    return coverageOfXState(this)
  }

  createReactor(runtime: RuntimeName, out: Out): Reactor {
    return runtime === 'live' ? new ActorReactor(this, out) : new PureReactor(this, out)
  }

  /**
   * A small number for the set of active states. XState runs two regions' `always` in the order in which their states
   * were entered, so for such states the order counts as well.
   */
  configurationOf(snapshot: AnyMachineSnapshot): number {
    const nodes = (snapshot as unknown as { _nodes: readonly AnyStateNode[] })._nodes
    const sorted = nodes.filter((node) => !this.keepsOrder.has(node)).sort((a, b) => a.order - b.order)
    const key = [...sorted, ...nodes.filter((node) => this.keepsOrder.has(node))].map(({ order }) => order).join()
    let number = this.numbers.get(key)
    if (number === undefined) {
      number = this.examples.length
      this.numbers.set(key, number)
      this.examples.push(snapshot)
    }
    return number
  }

  /** A snapshot in configuration number `configuration`, with some context. */
  exampleOf(configuration: number): AnyMachineSnapshot {
    const example = this.examples[configuration]
    if (example === undefined) throw new InternalError(`${this.id}: no configuration ${configuration}`)
    return example
  }

  private begin(): PureStep {
    try {
      return this.stepper.start(this.input)
    } catch (error) {
      if (error instanceof UsageError) throw error
      const text = error instanceof Error ? error.message : String(error)
      throw new DefinitionError(`machine "${this.id}"`, [`it cannot start: ${text.replace(/^internal: /, '')}`])
    }
  }
}

function hasAlwaysAbove(leaf: AnyStateNode): boolean {
  for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) if (node.always?.length) return true
  return false
}

/**
 * Makes an actor of a machine written with XState's own `createMachine` or `setup`. Explore and sim compute its steps with
 * XState's pure transition function, live runs `createActor`. Contexts are plain data that actions replace and never
 * change in place. Throws `DefinitionError`, naming each problem: an event that no transition decides in some
 * configuration, `invoke`, `after`, spawned actors, history, a top-level final state, plain functions as actions.
 */
export function fromXState<Machine extends AnyStateMachine>(
  machine: Machine,
  options: FromXStateOptions<ContextFrom<Machine>> = {},
): XStateDefinition {
  demandMachine(machine)
  demandDefinition(fromXStateShape, options, machineNamed({ id: options?.id ?? machine.id }))
  return new XStateDefinition(machine, options)
}
