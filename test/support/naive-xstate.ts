/** Tests | a system of XState machines explored naively, over XState's own transition function and plain JSON. */

import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import type { XStateDefinition } from '../../src/statechart/from-xstate.ts'

interface Whole {
  readonly snapshots: readonly AnyMachineSnapshot[]
  readonly queues: readonly (readonly Message[])[]
}

interface Action {
  readonly type: string
  readonly params?: { readonly event?: Message & { readonly port?: string } }
}

/** States, and steps between them; of systems whose channels are FIFOs. Knows nothing of reactors, partitions and trees. */
export function naiveCounts({ spec }: CheckableSystem): { readonly states: number; readonly transitions: number } {
  const { channels } = spec
  const actors = spec.actors.map(({ id, definition }) => ({ id, definition: definition as XStateDefinition }))
  const receivers = channels.map(({ to }) => actors.findIndex(({ id }) => id === String(to).split('.')[0]))

  /** The queues with what these actions emit; undefined where there is no room. */
  const sent = (queues: Whole['queues'], actor: number, actions: readonly Action[]): Whole['queues'] | undefined => {
    const after = queues.map((queue) => [...queue])
    const { id, definition } = actors[actor] as (typeof actors)[number]
    for (const { type, params } of actions) {
      const event = params?.event
      if (type !== 'xstate.emit' || event === undefined) continue
      const ports = Object.keys(definition.outPorts).filter((port) => definition.outPorts[port]?.includes(event.type))
      if (ports.length === 0) continue
      const { port, ...message } = event
      const from = `${id}.${ports.length > 1 ? port : ports[0]}`
      after[channels.findIndex((channel) => channel.from === from)]?.push(ports.length > 1 ? message : event)
    }
    return after.every((queue, index) => queue.length <= (channels[index]?.capacity ?? 0)) ? after : undefined
  }
  const keyOf = ({ snapshots, queues }: Whole): string =>
    JSON.stringify([snapshots.map(({ value, context }) => [value, context]), queues])

  let queues: Whole['queues'] = channels.map(() => [])
  const snapshots = actors.map(({ definition }, actor) => {
    const [snapshot, actions] = initialTransition(definition.machine as AnyStateMachine, definition.input as never)
    queues = sent(queues, actor, actions as readonly Action[]) ?? queues
    return snapshot as AnyMachineSnapshot
  })
  const list: Whole[] = [{ snapshots, queues }]
  const seen = new Set(list.map(keyOf))
  let transitions = 0
  const take = (whole: Whole, actor: number, message: Message, left: Whole['queues']): void => {
    const snapshot = whole.snapshots[actor] as AnyMachineSnapshot
    const machine = snapshot.machine as AnyStateMachine
    const selected = machine.getTransitionData(snapshot as never, message as never)
    const decided = selected.map(({ meta }) => (meta ?? {}) as { readonly stall?: string; readonly ignore?: string })
    if (decided.some(({ stall }) => stall !== undefined)) return
    // A message that is ignored is taken; a choice that is ignored is none.
    if (left === whole.queues && decided.some(({ ignore }) => ignore !== undefined)) return
    const [next, actions] = transition(machine, snapshot as never, message as never)
    const after = sent(left, actor, actions as readonly Action[])
    if (after === undefined) return
    transitions++
    const reached = { snapshots: whole.snapshots.map((one, i) => (i === actor ? next : one)), queues: after } as Whole
    const key = keyOf(reached)
    if (seen.has(key)) return
    seen.add(key)
    list.push(reached)
  }
  for (const whole of list) {
    for (const [channel, queue] of whole.queues.entries()) {
      const [message, ...rest] = queue
      if (message === undefined) continue
      const left = whole.queues.map((one, index) => (index === channel ? rest : one))
      take(whole, receivers[channel] as number, message, left)
    }
    for (const [actor, { definition }] of actors.entries()) {
      for (const { event, domain, when } of definition.spontaneous) {
        for (let value = 0; value < domain; value++) {
          const context = whole.snapshots[actor]?.context
          if (when(context as never, value)) take(whole, actor, { type: event, value } as Message, whole.queues)
        }
      }
    }
  }
  return { states: list.length, transitions }
}
