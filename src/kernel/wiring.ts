/** Kernel | a system before it lives: definitions and wires, and what is wrong with them. */

import { DefinitionError, unknownName } from '../base/errors.ts'
import { isRecord, problemsOf } from '../base/shape.ts'
import { cut } from '../base/shown.ts'
import type { ActorDefinition } from './actor.ts'
import type { ChannelSpec } from './channel.ts'
import { specShape } from './wiring-shape.ts'

/** A system before it lives: definitions and wires. */
export interface SystemSpec {
  readonly actors: readonly { readonly id: string; readonly definition: ActorDefinition }[]
  readonly channels: readonly ChannelSpec[]
}

export function receivingEnds(spec: ChannelSpec): readonly string[] {
  return typeof spec.to === 'string' ? [spec.to] : spec.to
}

export function actorOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.indexOf('.'))
}

export function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.indexOf('.') + 1)
}

/** Many runs share one: it is looked at once. */
const wellShaped = new WeakSet<SystemSpec>()

/** Every wire joins declared ports that agree on message types; every out port has exactly one wire, every in port at most one. */
export function checkWiring(spec: SystemSpec): void {
  if (!wellShaped.has(spec)) {
    const shape = problemsOf(specShape, spec)
    if (isRecord(spec) && isRecord(spec.spec)) shape.push('what defineSystem returns has it in its field "spec"')
    if (shape.length > 0) throw new DefinitionError('the system', shape)
    wellShaped.add(spec)
  }
  const problems = wiringProblems(spec)
  if (problems.length > 0) throw new DefinitionError('the system', problems)
}

/** What is wrong with the wires, one sentence each. */
export function wiringProblems(spec: SystemSpec): string[] {
  const definitions = new Map(spec.actors.map(({ id, definition }) => [id, definition]))
  const ids = spec.actors.map(({ id }) => id)
  const problems = [...new Set(ids.filter((id, index) => ids.indexOf(id) < index))].map((id) => {
    return `two actors share an id, "${cut(id)}"`
  })
  const wiring = new Wiring(definitions, problems)
  for (const channel of spec.channels) wiring.add(channel)
  wiring.checkOpenEnds()
  return problems
}

class Wiring {
  private readonly definitions: ReadonlyMap<string, ActorDefinition>
  private readonly problems: string[]
  private readonly senders = new Set<string>()
  private readonly receivers = new Set<string>()

  constructor(definitions: ReadonlyMap<string, ActorDefinition>, problems: string[]) {
    this.definitions = definitions
    this.problems = problems
  }

  add(channel: ChannelSpec): void {
    const { problems, senders, receivers } = this
    const where = `channel from ${cut(channel.from)}`
    const sent = this.typesAt(channel.from, 'outPorts', where)
    if (senders.has(channel.from)) problems.push(`out port ${cut(channel.from)} is wired twice`)
    senders.add(channel.from)
    if (channel.capacity === 0 && channel.order !== 'rendezvous') {
      problems.push(`${where}: capacity 0 is for a rendezvous; another channel needs room for 1 message at least`)
    }
    if (receivingEnds(channel).length === 0) problems.push(`${where}: no receiver`)
    if (channel.order !== 'rendezvous' && typeof channel.to !== 'string') {
      problems.push(`${where}: only a rendezvous has several receivers`)
    }
    receivingEnds(channel).forEach((end, leg) => {
      const accepted = this.typesAt(end, 'inPorts', `channel to ${cut(end)}`)
      if (receivers.has(end) && channel.order !== 'rendezvous') problems.push(`in port ${cut(end)} is wired twice`)
      receivers.add(end)
      // Later participants of a rendezvous get replies, whose types the ports do not declare.
      if (leg > 0 || accepted === undefined) return
      for (const type of sent ?? []) {
        if (!accepted.includes(type)) problems.push(`${channel.from} sends ${type}, which ${end} does not accept`)
      }
    })
  }

  checkOpenEnds(): void {
    for (const [id, { outPorts }] of this.definitions) {
      for (const port of Object.keys(outPorts)) {
        if (!this.senders.has(`${id}.${port}`)) this.problems.push(`out port ${id}.${port} is not wired`)
      }
    }
  }

  /** The message types of the port at one end of a wire; with a problem for an end that is none. */
  private typesAt(end: string, side: 'inPorts' | 'outPorts', where: string): readonly string[] | undefined {
    const word = side === 'inPorts' ? 'in port' : 'out port'
    const complain = (why: string): undefined => {
      this.problems.push(`${where}: no such ${word}; ${why}`)
    }
    if (!end.includes('.')) return complain('an end is written actor.port')
    const id = actorOf(end)
    const definition = this.definitions.get(id)
    if (!definition) return complain(unknownName('actor', cut(id), [...this.definitions.keys()]).message)
    const ports = definition[side]
    const port = portOf(end)
    if (Object.hasOwn(ports, port)) return ports[port]
    const known = Object.keys(ports)
    if (known.length === 0) return complain(`${id} has none`)
    return complain(unknownName(`${word} of ${id}`, cut(port), known).message)
  }
}
