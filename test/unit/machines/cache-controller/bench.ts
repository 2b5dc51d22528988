/** Test | one compiled machine on the bench: give it a message, see what it sends, emits and becomes. */

import type { Message } from '../../../../src/kernel/actor.ts'
import type { MachineDefinition } from '../../../../src/statechart/define.ts'
import { CompiledReactor } from '../../../../src/statechart/reactor.ts'

export interface Reaction {
  readonly decision: string
  /** `port type`, with the fields that matter left to `messages`. */
  readonly sent: string[]
  readonly messages: Record<string, unknown>[]
  readonly emitted: Record<string, unknown>[]
}

export class Bench<Context> {
  readonly definition: MachineDefinition
  private readonly reactor: CompiledReactor
  private sent: string[] = []
  private messages: Record<string, unknown>[] = []
  private emitted: Record<string, unknown>[] = []

  constructor(definition: MachineDefinition) {
    this.definition = definition
    this.reactor = new CompiledReactor(definition.compiled, {
      send: (port, message) => {
        this.sent.push(`${port} ${message.type}`)
        this.messages.push(structuredClone(message) as unknown as Record<string, unknown>)
      },
      raise: () => {},
      emit: (event) => this.emitted.push(structuredClone(event) as unknown as Record<string, unknown>),
      reply: () => {},
    })
    this.reactor.start()
  }

  get context(): Context {
    return this.reactor.context as Context
  }

  get value(): unknown {
    return this.reactor.value()
  }

  /** Decides, and reacts if the decision is to. */
  give(message: { readonly type: string } & Record<string, unknown>): Reaction {
    this.sent = []
    this.messages = []
    this.emitted = []
    const decision = this.reactor.decide(message as Message)
    if (decision === 'react') this.reactor.commit(message as Message)
    return { decision, sent: this.sent, messages: this.messages, emitted: this.emitted }
  }

  /** Whether the spontaneous choice is possible, by its `when` and by the chart. */
  may(event: string, value = 0): boolean {
    const choice = this.definition.spontaneous.find((each) => each.event === event)
    if (!choice?.when(this.context as never, value)) return false
    return this.reactor.decide({ type: event, value } as Message) === 'react'
  }

  /** What the adversarial policy would choose after `event`. */
  aim(choice: string, event: { readonly type: string } & Record<string, unknown>): number {
    const declared = this.definition.spontaneous.find((each) => each.event === choice)
    return declared?.aim?.(event, this.context as never) ?? -1
  }
}
