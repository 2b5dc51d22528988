/** Statechart | impurity compares instances of a machine that run in different order. */

import { canonical } from '../base/canonical.ts'
import type { Message, Out, RuntimeName } from '../kernel/actor.ts'
import { trapped } from '../kernel/traps.ts'
import type { MachineDefinition } from './define.ts'

/**
 * Runs `messages` through one instance alone and through two instances in alternation, and describes the first
 * difference: what an action kept outside its context shows up here. Stalled and ignored messages are left out.
 */
export function impurity(
  definition: MachineDefinition,
  messages: readonly Message[],
  runtime: RuntimeName = 'sim',
): string | undefined {
  return trapped(() => {
    const alone = new Instance(definition, runtime)
    const expected = messages.map((message) => alone.step(message))
    const pair = [new Instance(definition, runtime), new Instance(definition, runtime)]
    for (const [at, message] of messages.entries()) {
      for (const [copy, instance] of pair.entries()) {
        const actual = instance.step(message)
        if (actual === expected[at]) continue
        return `${definition.id}: message ${at} ${canonical(message)}, instance ${copy + 1} of 2: ${actual}, alone: ${expected[at]}`
      }
    }
    return undefined
  })
}

/** One instance whose every observable effect becomes text. */
class Instance implements Out {
  private readonly reactor
  private lines: string[] = []

  constructor(definition: MachineDefinition, runtime: RuntimeName) {
    this.reactor = definition.createReactor(runtime, this)
    this.reactor.start()
  }

  step(message: Message): string {
    const decision = this.reactor.decide(message)
    if (decision === 'react') this.reactor.commit(message)
    const lines = this.lines
    this.lines = []
    return [decision, ...lines, canonical(this.reactor.value()), canonical(this.reactor.context)].join(' | ')
  }

  send(port: string, message: Message): void {
    this.lines.push(`send ${port} ${canonical(message)}`)
  }
  raise(message: Message): void {
    this.lines.push(`raise ${canonical(message)}`)
  }
  emit(event: Message): void {
    this.lines.push(`emit ${canonical(event)}`)
  }
  reply(message: Message): void {
    this.lines.push(`reply ${canonical(message)}`)
  }
}
