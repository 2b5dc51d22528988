/** Test | two cores' caches, SCU, outer cache and a memory stub, stepped one message at a time without the kernel. */

import { lineState } from '../../../../machines/cache-controller/cache-array.ts'
import {
  defineL1,
  definePl310,
  defineScu,
  type L1Context,
  type Pl310Context,
} from '../../../../machines/cache-controller/index.ts'
import { defaultFeatures, type Features } from '../../../../machines/features.ts'
import { type Geometry, litmus, memoryMap } from '../../../../machines/geometry.ts'
import type { LineDrop, LineFill, ReadReq, WriteReq } from '../../../../machines/protocol.ts'
import { Bytes } from '../../../../src/base/bytes.ts'
import { clone } from '../../../../src/base/canonical.ts'
import { Prng } from '../../../../src/base/prng.ts'
import type { Message } from '../../../../src/kernel/actor.ts'
import type { MachineDefinition } from '../../../../src/statechart/define.ts'
import { CompiledReactor } from '../../../../src/statechart/reactor.ts'

export interface PumpOptions {
  readonly seed: number
  readonly geometry?: Geometry
  readonly features?: Partial<Features>
  readonly cores?: number
  /** A device on port `dma`, whose accesses the SCU takes. */
  readonly device?: boolean
  readonly registerWritesSync?: boolean
  /** `fifo`: the oldest message first; `random`: any head, and the bus reorders freely. */
  readonly order: 'fifo' | 'random'
  /** Of 100 steps, how many try a choice of the caches' own accord. */
  readonly spontaneousPercent: number
  /** Cache lines that choices and accesses are about, from the start of memory. */
  readonly lines: number
}

interface Actor {
  readonly id: string
  readonly definition: MachineDefinition
  readonly reactor: CompiledReactor
}

interface Wire {
  readonly id: string
  readonly to: Actor | 'memory' | 'outside'
  readonly capacity: number
  /** Only messages of equal `txn` keep their order. */
  readonly reorders: boolean
  readonly queue: { readonly message: Message; readonly at: number }[]
}

type Definitions = { l1: MachineDefinition[]; scu: MachineDefinition; l2: MachineDefinition }

export class Pump {
  readonly memory: Bytes
  readonly geometry: Geometry
  readonly actors: Record<string, Actor> = {}
  /** Emitted events since the start. */
  readonly emitted: Message[] = []
  steps = 0
  private readonly prng: Prng
  private readonly options: PumpOptions
  private readonly wires: Wire[] = []
  private readonly wireFrom = new Map<string, Wire>()
  private sent = 0
  /** Called with every message that reaches a core, as it is sent. */
  onAnswer: (port: string, message: Message) => void = () => {}

  constructor(options: PumpOptions, definitions: Definitions = defineAll(options)) {
    this.options = options
    this.geometry = options.geometry ?? litmus
    this.prng = new Prng(options.seed, 'pump')
    this.memory = new Bytes(this.geometry.dram.bytes)
    definitions.l1.forEach((definition, core) => {
      this.addActor(definition)
      this.wire(`cpu${core}`, `l1d${core}`, 1)
      this.wire(`l1d${core}.cpu`, 'outside', 1)
    })
    this.addActor(definitions.scu)
    this.addActor(definitions.l2)
    definitions.l1.forEach((_, core) => {
      this.wire(`l1d${core}.scu`, 'scu', 2)
      this.wire(`l1d${core}.snoop`, 'scu', 1)
      this.wire(`scu.core${core}`, `l1d${core}`, 2)
    })
    if (options.device) {
      this.wire('dma', 'scu', 1)
      this.wire('scu.acp0', 'outside', 1)
    }
    this.wire('scu.l2', 'l2', 1)
    this.wire('l2.scu', 'scu', 1)
    this.wire('l2.bus', 'memory', 4, true)
    this.wire('memory', 'l2', 4, true)
    this.wire('regs', 'l2', 1)
    this.wire('l2.regs', 'outside', 1)
  }

  /** Puts a message on the wire of a core (`cpu0`) or of the register port (`regs`). False: no room. */
  offer(port: string, message: Message): boolean {
    const wire = this.wireFrom.get(port) as Wire
    if (wire.queue.length >= wire.capacity) return false
    this.enqueue(wire, message)
    return true
  }

  /** Whether `offer` would find room. */
  hasRoom(port: string): boolean {
    const wire = this.wireFrom.get(port) as Wire
    return wire.queue.length < wire.capacity
  }

  /** One delivery or spontaneous choice. False: nothing is enabled. */
  step(): boolean {
    if (this.prng.below(100) < this.options.spontaneousPercent && this.performMay()) return true
    const enabled: (() => void)[] = []
    let oldest = Number.POSITIVE_INFINITY
    for (const wire of this.wires) {
      for (let position = 0; position < wire.queue.length; position++) {
        if (!this.isEligible(wire, position) || !this.isDeliverable(wire, position)) continue
        const { at } = wire.queue[position] as { at: number }
        if (this.options.order === 'fifo' && at > oldest) continue
        if (this.options.order === 'fifo') enabled.length = 0
        oldest = at
        enabled.push(() => this.deliver(wire, position))
      }
    }
    if (this.options.order === 'random' || enabled.length === 0) enabled.push(...this.mustChoices())
    if (enabled.length === 0) return false
    this.steps++
    this.prng.pick(enabled)()
    return true
  }

  l1(core: number): L1Context {
    return this.actors[`l1d${core}`]?.reactor.context as L1Context
  }

  get l2(): Pl310Context {
    return this.actors.l2?.reactor.context as Pl310Context
  }

  /** Breaks of "one writer or many readers", and of what the fill and drop events say about each cache's contents. */
  complaints(): string[] {
    const result: string[] = []
    const holders = new Map<number, string[]>()
    const caches = Object.values(this.actors).filter((actor) => actor.id !== 'scu')
    const reported = this.reportedContents()
    for (const { id, reactor } of caches) {
      const context = reactor.context as L1Context
      const held = context.array.lines.filter(
        (line, slot) => line >= 0 && context.array.states[slot] !== lineState.filling,
      )
      if (context.victimLine !== undefined && context.victimLine >= 0) held.push(context.victimLine)
      const expected = [...(reported.get(id) ?? [])].sort().join()
      if (expected !== held.sort().join()) result.push(`${id} holds ${held.join()} but reported ${expected}`)
      if (id === 'l2') continue
      for (const line of held) {
        const state =
          context.victimLine === line ? lineState.dirty : context.array.states[context.array.lines.indexOf(line)]
        const list = holders.get(line) ?? []
        list.push((state as number) >= lineState.clean ? 'owner' : 'sharer')
        holders.set(line, list)
      }
    }
    for (const [line, list] of holders) {
      if (list.length > 1 && list.includes('owner')) result.push(`line ${line} is held by ${list.join(' and ')}`)
    }
    return result
  }

  private reportedContents(): Map<string, Set<number>> {
    const result = new Map<string, Set<number>>()
    for (const event of this.emitted) {
      if (event.type !== 'line.fill' && event.type !== 'line.drop') continue
      const { cache, addr } = event as LineFill | LineDrop
      const lines = result.get(cache) ?? new Set()
      if (event.type === 'line.fill') lines.add(addr / this.geometry.lineBytes)
      else lines.delete(addr / this.geometry.lineBytes)
      result.set(cache, lines)
    }
    return result
  }

  private addActor(definition: MachineDefinition): void {
    const out = {
      send: (port: string, message: Message) => this.send(`${definition.id}.${port}`, message),
      raise: () => {},
      emit: (event: Message) => this.emitted.push(clone(event)),
      reply: () => {},
    }
    const reactor = new CompiledReactor(definition.compiled, out)
    this.actors[definition.id] = { id: definition.id, definition, reactor }
    reactor.start()
  }

  private wire(from: string, to: string, capacity: number, reorders = false): void {
    const target = to === 'memory' || to === 'outside' ? to : (this.actors[to] as Actor)
    const wire: Wire = { id: from, to: target, capacity, reorders, queue: [] }
    this.wires.push(wire)
    this.wireFrom.set(from, wire)
  }

  private send(from: string, message: Message): void {
    const wire = this.wireFrom.get(from) as Wire
    if (wire.to === 'outside') this.onAnswer(from, message)
    else this.enqueue(wire, message)
  }

  private enqueue(wire: Wire, message: Message): void {
    if (wire.queue.length >= wire.capacity) throw new Error(`${wire.id} overflows`)
    wire.queue.push({ message: clone(message), at: this.sent++ })
  }

  private isEligible(wire: Wire, position: number): boolean {
    if (position === 0) return true
    if (!wire.reorders || this.options.order === 'fifo') return false
    const txnOf = (at: number) => (wire.queue[at] as unknown as { message: { txn: number } }).message.txn
    for (let earlier = 0; earlier < position; earlier++) if (txnOf(earlier) === txnOf(position)) return false
    return true
  }

  private isDeliverable(wire: Wire, position: number): boolean {
    if (wire.to === 'outside') return false
    if (wire.to === 'memory') {
      const answers = this.wireFrom.get('memory') as Wire
      return answers.queue.length < answers.capacity
    }
    return this.accepts(wire.to, wire.queue[position]?.message as Message)
  }

  private accepts({ id, definition, reactor }: Actor, message: Message): boolean {
    const decision = reactor.decide(message)
    if (decision !== 'react') return decision === 'ignore'
    const ports = Object.keys(definition.outPorts)
    for (let i = 0; i < reactor.room.length; i += 2) {
      const wire = this.wireFrom.get(`${id}.${ports[reactor.room[i] as number]}`) as Wire
      if (wire.capacity - wire.queue.length < (reactor.room[i + 1] as number)) return false
    }
    return true
  }

  private deliver(wire: Wire, position: number): void {
    const { message } = wire.queue.splice(position, 1)[0] as { message: Message }
    if (wire.to === 'memory') this.serve(message as ReadReq | WriteReq)
    else if (wire.to !== 'outside') this.react(wire.to, message)
  }

  private react(actor: Actor, message: Message): void {
    if (actor.reactor.decide(message) === 'ignore') throw new Error(`${actor.id} ignores ${JSON.stringify(message)}`)
    actor.reactor.commit(message)
  }

  private serve(message: ReadReq | WriteReq): void {
    const { from, txn, addr } = message
    const offset = addr - this.geometry.dram.base
    const answers = this.wireFrom.get('memory') as Wire
    if (message.type === 'read.req') {
      const data = this.memory.read(offset, message.words)
      this.enqueue(answers, { type: 'read.resp', from, txn, addr, data, ok: true } as Message)
    } else {
      this.memory.write(offset, message.data)
      this.enqueue(answers, { type: 'write.resp', from, txn, addr, ok: true } as Message)
    }
  }

  private mustChoices(): (() => void)[] {
    const result: (() => void)[] = []
    for (const actor of Object.values(this.actors)) {
      for (const choice of actor.definition.spontaneous) {
        if (choice.kind !== 'must') continue
        for (let value = 0; value < choice.domain; value++) {
          const message = { type: choice.event, value } as Message
          if (choice.when(actor.reactor.context as never, value) && this.accepts(actor, message)) {
            result.push(() => this.react(actor, message))
          }
        }
      }
    }
    return result
  }

  /** Tries one `may` choice, aimed at the few lines in use. */
  private performMay(): boolean {
    const actor = this.prng.pick(Object.values(this.actors))
    const choices = actor.definition.spontaneous.filter((choice) => choice.kind === 'may')
    if (choices.length === 0) return false
    const choice = this.prng.pick(choices)
    const bound = choice.event === 'line.speculate' ? Math.min(choice.domain, this.options.lines) : choice.domain
    const value = this.prng.below(bound)
    const message = { type: choice.event, value } as Message
    if (!choice.when(actor.reactor.context as never, value) || !this.accepts(actor, message)) return false
    this.react(actor, message)
    this.steps++
    return true
  }
}

/** Definitions for a pump; expensive, so a suite of runs shares them. */
export function defineAll(options: Omit<PumpOptions, 'seed'>): Definitions {
  const geometry = options.geometry ?? litmus
  const features = { ...defaultFeatures, ...options.features }
  const cores = options.cores ?? 2
  const sync = options.registerWritesSync
  return {
    l1: Array.from({ length: cores }, (_, core) =>
      defineL1({ id: `l1d${core}`, core, geometry, features, speculationWindow: [geometry.dram] }),
    ),
    scu: defineScu({
      id: 'scu',
      cores,
      geometry,
      features,
      ...(options.device ? { acp: [{ from: ['dma'], access: 'read-write' }] } : {}),
    }),
    l2: definePl310({
      id: 'l2',
      base: memoryMap.pl310.base,
      geometry,
      features,
      ...(sync === undefined ? {} : { registerWritesSync: sync }),
    }),
  }
}
