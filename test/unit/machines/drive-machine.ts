/** Test | drives one compiled machine by hand: give it a message, look at what it sent and reported. */

import type { Decision, Message, Reactor } from '../../../src/kernel/actor.ts'
import type { MachineDefinition } from '../../../src/statechart/define.ts'

/** A message with any fields: tests write them as literals. */
export type Loose = Message & Record<string, unknown>

/** What left through a port. */
export interface Sent {
  readonly port: string
  readonly message: Loose
}

/** One machine, started. `sent` and `emitted` hold what happened since the last `give`. */
export class MachineDriver {
  readonly reactor: Reactor
  sent: Sent[] = []
  emitted: Loose[] = []

  constructor(definition: MachineDefinition) {
    this.reactor = definition.createReactor('sim', {
      send: (port, message) => this.sent.push({ port, message: structuredClone(message) as Loose }),
      emit: (event) => this.emitted.push(structuredClone(event) as Loose),
      raise: () => {},
      reply: () => {},
    })
    this.reactor.start()
  }

  /** Offers a message; a stalled or ignored one changes nothing. */
  give(message: Loose): Decision {
    this.sent = []
    this.emitted = []
    const decision = this.reactor.decide(message)
    if (decision === 'react') this.reactor.commit(message)
    return decision
  }

  /** What the last `give` sent to `port`. */
  to(port: string): Loose[] {
    return this.sent.filter((each) => each.port === port).map((each) => each.message)
  }

  /** What the last `give` reported under `type`. */
  events(type: string): Loose[] {
    return this.emitted.filter((each) => each.type === type)
  }

  /** The state value as text without quotes, for short expectations. */
  get state(): string {
    return JSON.stringify(this.reactor.value()).replaceAll('"', '')
  }
}
