/** Tests | Driver runs one compiled core by hand: gives it messages and choices, keeps what it sends and emits. */

import { defineCpu } from '../../../../machines/cpu/machine.ts'
import type { Instruction, ThreadProgram } from '../../../../machines/cpu/micro-op.ts'
import type { CpuContext } from '../../../../machines/cpu/types.ts'
import { defaultFeatures, type Features } from '../../../../machines/features.ts'
import { type Geometry, litmus } from '../../../../machines/geometry.ts'
import { present } from '../../../../src/base/assert.ts'
import type { Decision, Message, Reactor } from '../../../../src/kernel/actor.ts'

export interface DriverOptions {
  readonly interrupt?: readonly Instruction[]
  readonly threads?: readonly ThreadProgram[]
  readonly geometry?: Geometry
  readonly features?: Partial<Features>
  readonly mmu?: boolean
}

/** A message with any fields. */
export type Sent = Message & Readonly<Record<string, unknown>>

/** Cacheable virtual and physical address of byte `offset` of the memory under test (litmus). */
export const va = (offset: number): number => litmus.linearBase + litmus.reservedBytes + offset
export const pa = (offset: number): number => litmus.dram.base + litmus.reservedBytes + offset

export class Driver {
  /** Sent and not yet looked at, oldest first. */
  readonly sent: Sent[] = []
  readonly emitted: Sent[] = []
  readonly reactor: Reactor
  private readonly entries: number

  constructor(main: readonly Instruction[], options: DriverOptions = {}) {
    const { interrupt = [], threads = [], geometry = litmus, features = {}, mmu = false } = options
    this.entries = geometry.storeBufferEntries
    const definition = defineCpu({
      id: 'cpu0',
      core: 0,
      geometry,
      features: { ...defaultFeatures, ...features },
      programs: { main, interrupt, threads },
      mmu,
    })
    const copy = (message: Message): Sent => structuredClone(message) as Sent
    this.reactor = definition.createReactor('sim', {
      send: (_, message) => this.sent.push(copy(message)),
      emit: (event) => this.emitted.push(copy(event)),
      raise: () => undefined,
      reply: () => undefined,
    })
    this.reactor.start()
  }

  get context(): CpuContext {
    return this.reactor.context as CpuContext
  }

  /** State of one region: `issuing.load`, `holding.full`. */
  state(region: 'pipeline' | 'earlyLoads' | 'storeBuffer' | 'maintenance' | 'interrupt' | 'threads'): string {
    const value = (this.reactor.value() as Record<string, unknown>)[region]
    return typeof value === 'string'
      ? value
      : (Object.entries(value as object).map(([key, child]) => `${key}.${child}`)[0] ?? '')
  }

  give(message: Sent): Decision {
    const decision = this.reactor.decide(message)
    if (decision === 'react') this.reactor.commit(message)
    return decision
  }

  issue(): Decision {
    return this.give({ type: 'issue', value: 0 })
  }

  /** Issues until the pipeline stalls. */
  issueAll(): void {
    for (let i = 0; i < 1000 && this.issue() === 'react'; i++);
  }

  drain(entry: number): Decision {
    return this.give({ type: 'store.drain', value: entry })
  }

  take(): Decision {
    return this.give({ type: 'interrupt.take', value: 0 })
  }

  /** Goes on with another thread. */
  turnTo(thread: number): Decision {
    return this.give({ type: 'thread.switch', value: thread })
  }

  /** The store-buffer entries that may be sent now. */
  drainable(): number[] {
    const entries = Array.from({ length: this.entries }, (_, entry) => entry)
    return entries.filter((entry) => {
      if (entry >= this.context.buffer.count || (this.context.buffer.txn[entry] as number) >= 0) return false
      return this.reactor.decide({ type: 'store.drain', value: entry } as Sent) === 'react'
    })
  }

  /** Takes the oldest sent message, which must be of `type`. */
  next(type: string): Sent {
    const message = present(this.sent.shift(), `a sent ${type}`)
    if (message.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(message)}`)
    return message
  }

  /** Answers `request` as an ideal memory, bus or operating system would. */
  answer(request: Sent, values: Readonly<Record<string, unknown>> = {}): Decision {
    const type = request.type.endsWith('.req') ? request.type.replace('.req', '.resp') : 'os.return'
    return this.give({ ...request, ok: true, ...values, type })
  }

  /** Drains and answers until the store buffer and the posted maintenance are empty. */
  settle(): void {
    for (let i = 0; i < 1000; i++) {
      const request = this.sent.shift()
      if (request) this.answer(request)
      else {
        const entry = this.drainable()[0]
        if (entry === undefined) return
        this.drain(entry)
      }
    }
  }

  emittedOf(type: string): Sent[] {
    return this.emitted.filter((event) => event.type === type)
  }

  register(names: readonly string[], name: string): number {
    return this.context.registers[names.indexOf(name)] as number
  }
}
