/** Kernel | what becomes due in timed runs: a channel or a `must` choice, with all that is looked at when it fires. */

import { compileText } from '../base/compile-text.ts'
import { InternalError } from '../base/errors.ts'
import type { Prng } from '../base/prng.ts'
import { always, type Message, type Spontaneous } from './actor.ts'
import type { Channel } from './channel.ts'
import type { RareLateness } from './lateness.ts'
import type { Actor } from './system.ts'

/** A channel or a `must` choice: something that becomes due. */
export interface Input {
  readonly index: number
  /** The random numbers of its island. */
  readonly jitter: Prng
  readonly channel: Channel | undefined
  /** First receiver of the channel, or the actor of the choice. */
  readonly actor: Actor
  /** Number of the choice in its actor's declaration; -1 for channels. */
  readonly choice: number
  /** Its bit in `Reactor.refused`. */
  readonly refusedBit: number
  readonly domain: number
  /** The first value of the choice that its guard allows in a context, or -1; undefined: it has no guard. */
  readonly firstOf: ((context: unknown) => number) | undefined
  readonly latencyCycles: number
  /** What to look at after it fired: inputs that wait for room on its channel, and what its actor's reaction may enable. */
  readonly fullOnes: Input[]
  readonly reacted: Aftermath
  /** Whether an event for it is on the wheel. */
  armed: boolean
  /** What it waits for: a reaction of its actor (`stalled`), or room on a channel (`full`). */
  waiting: 'nothing' | 'stalled' | 'full'
  /** A choice without parameter: what it selected when it was armed, and the actor's count of reactions then. */
  selection: unknown
  selectedAt: number
  readonly late: RareLateness | undefined
}

/** An input of a channel or of choice number `choice`, with what the scheduler keeps for it. */
export function makeInput(
  channel: Channel | undefined,
  actor: Actor,
  choice: number,
  kept: Pick<Input, 'index' | 'jitter' | 'fullOnes' | 'reacted' | 'late'>,
): Input {
  const declared = actor.spontaneous[choice]
  return {
    index: kept.index,
    jitter: kept.jitter,
    channel,
    actor,
    choice,
    fullOnes: kept.fullOnes,
    reacted: kept.reacted,
    refusedBit: choice >= 0 && choice < 31 ? 1 << choice : 0,
    domain: declared?.domain ?? 1,
    firstOf: declared && declared.when !== always ? firstOf(declared) : undefined,
    latencyCycles: declared?.latencyCycles ?? 0,
    armed: false,
    waiting: 'nothing',
    selection: undefined,
    selectedAt: -1,
    late: kept.late,
  }
}

/** How often a `must` choice is very late, and how much later than usual. */
const longDelayOneIn = 16
const longDelayFactor = 16

/** How late a `must` choice is this time. @param most cycles of the usual lateness. */
export function lateCycles({ late, jitter }: Input, most: number): number {
  const rare = late === undefined ? 0 : late.next()
  if (most === 0) return rare
  return rare + jitter.below((jitter.chance(1, longDelayOneIn) ? most * longDelayFactor : most) + 1)
}

/**
 * After every reaction all `must` choices of its actor are looked at, and most guards say no to every value. A text asks them
 * in one call that V8 can inline the guard into.
 */
export function firstOf({ when, domain }: Spontaneous): (context: unknown) => number {
  const loop = (context: unknown): number => {
    for (let value = 0; value < domain; value++) if (when(context as never, value)) return value
    return -1
  }
  const text = `return function first(context) {
    for (let value = 0; value < ${domain}; value++) if (when(context, value)) return value
    return -1
  }`
  return compileText({ when }, text) ?? loop
}

export function addOnce(list: Input[], input: Input): void {
  if (!list.includes(input)) list.push(input)
}

/** Whether the receiver alone decides about the oldest message of a channel in order, and stalls it. */
export function isStalled({ channel, actor }: Input): boolean {
  if (channel === undefined || !channel.inOrder || channel.isRendezvous) return false
  return channel.count > 0 && actor.reactor.decide(channel.head as Message) === 'stall'
}

/** The latency a timer message asks for. The wheel must not see anything but whole cycles. */
export function afterCycles(channel: Channel, message: Message): number {
  const cycles = (message as unknown as { afterCycles: unknown }).afterCycles
  if (typeof cycles === 'number' && Number.isInteger(cycles) && cycles >= 0) return cycles
  throw new InternalError(`${message.type} on ${channel.id} needs afterCycles, a whole number of cycles, not ${cycles}`)
}

/** Where messages may overtake: whether one is due that was refused or kept back before. Those not due have events. */
export function hasReady(channel: Channel, now: number): boolean {
  for (let position = 0; position < channel.count; position++) if (channel.readyCycle(position) <= now) return true
  return false
}

/** What an actor's reaction may enable. */
export class Aftermath {
  readonly actor: Actor
  /** Inputs that wait for a reaction of it. */
  readonly stalled: Input[] = []
  /** Its `must` choices. */
  readonly must: Input[] = []
  looks: readonly Look[] = []

  constructor(actor: Actor) {
    this.actor = actor
  }
}

/** What is looked at, besides the actor's own inputs, after a reaction that others may have been part of. */
export interface Look {
  /** Inputs that wait for a reaction of one of them. */
  readonly stalled: Input[]
  /** Those whose `must` choices may have become enabled. */
  readonly choosers: readonly Aftermath[]
}

/**
 * Those who call `actor`, then each partner with those who call it. Nobody is asked twice, for nothing happens in between.
 * @param aftermaths by actor index.
 */
export function looksAfter(actor: Actor, aftermaths: readonly Aftermath[]): readonly Look[] {
  const asked = new Set([actor])
  const look = (member: Actor, stalled: Input[]): Look => {
    const choosers = [member, ...member.callers].filter((chooser) => !asked.has(chooser))
    for (const chooser of choosers) asked.add(chooser)
    const found = choosers.map(({ index }) => aftermaths[index] as Aftermath)
    return { stalled, choosers: found.filter(({ must }) => must.length > 0) }
  }
  const callers = look(actor, [])
  const partners = actor.partners.map((partner) => look(partner, aftermaths[partner.index]?.stalled as Input[]))
  return callers.choosers.length > 0 ? [callers, ...partners] : partners
}
