/** Tests | a sensor, a FIMC and a memory that accepts bursts, driven step by step without a kernel. */

import { expect } from 'vitest'
import { defineFimc, type FimcConfig, type FimcContext } from '../../../../machines/fimc/machine.ts'
import type {
  FrameBurst,
  FrameEnd,
  FrameStart,
  ReadReq,
  RegReadResp,
  RegWriteResp,
  WriteReq,
} from '../../../../machines/protocol.ts'
import { defineSensor, type SensorConfig } from '../../../../machines/sensor/machine.ts'
import { sensorCtrl, sensorRegister } from '../../../../machines/sensor/regs.ts'
import type { Decision, Message, Out, Reactor } from '../../../../src/kernel/actor.ts'

/** An out box that copies, as a runtime does. */
class Box implements Out {
  readonly sent: { readonly port: string; readonly message: Message }[] = []
  readonly emitted: Message[] = []
  send(port: string, message: Message): void {
    this.sent.push({ port, message: structuredClone(message) })
  }
  emit(event: Message): void {
    this.emitted.push(structuredClone(event))
  }
  raise(): void {}
  reply(): void {}
}

export interface RigOptions {
  readonly fimc: FimcConfig
  readonly sensor?: SensorConfig
}

export class Rig {
  readonly box = new Box()
  readonly sensorBox = new Box()
  readonly fimc: Reactor
  readonly sensor: Reactor | undefined
  /** Word address → word. */
  readonly memory = new Map<number, number>()
  readonly bursts: WriteReq[] = []
  /** Requests without an answer. */
  waiting: (WriteReq | ReadReq)[] = []
  interrupt = false
  private readonly config: FimcConfig
  private readonly choices

  constructor(options: RigOptions) {
    this.config = options.fimc
    const definition = defineFimc(options.fimc)
    this.choices = definition.spontaneous
    this.fimc = definition.createReactor('sim', this.box)
    this.fimc.start()
    if (options.sensor) {
      this.sensor = defineSensor(options.sensor).createReactor('sim', this.sensorBox)
      this.sensor.start()
    }
  }

  get context(): FimcContext {
    return this.fimc.context as FimcContext
  }

  /** State value of one region. */
  state(region: string): unknown {
    return (this.fimc.value() as Record<string, unknown>)[region]
  }

  /** Offers a message to FIMC; what it sends is sorted into memory requests and the interrupt line. */
  offer(message: Message): Decision {
    const decision = this.fimc.decide(message)
    if (decision === 'react') this.fimc.commit(message)
    for (const { port, message: sent } of this.box.sent.splice(0)) this.take(port, sent)
    return decision
  }

  private take(port: string, sent: Message): void {
    if (port === 'irq') this.interrupt = sent.type === 'irq.raise'
    else if (port === 'bus') this.waiting.push(sent as WriteReq | ReadReq)
    else this.answered = sent as RegReadResp | RegWriteResp
  }
  private answered: RegReadResp | RegWriteResp | undefined

  /** Writes a register; returns whether the answer was good. */
  write(offset: number, value: number): boolean {
    this.offer({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr: this.config.base + offset, value } as Message)
    return this.answered?.ok ?? false
  }

  read(offset: number): number {
    this.offer({ type: 'reg.read.req', from: 'cpu0', txn: 0, addr: this.config.base + offset } as Message)
    return (this.answered as RegReadResp).value
  }

  /** Makes one spontaneous step if one is possible. */
  progress(): boolean {
    for (const choice of this.choices) {
      const possible = choice.when as (context: unknown, value: number) => boolean
      if (!possible(this.context, 0)) continue
      if (this.offer({ type: choice.event, value: 0 } as Message) === 'react') return true
    }
    return false
  }

  /** Answers the request at `index`: writes land, reads are served. */
  answer(index = 0, ok = true): void {
    const [request] = this.waiting.splice(index, 1) as [WriteReq | ReadReq]
    const { from, txn, addr } = request
    if (request.type === 'write.req') {
      for (let i = 0; ok && i < request.data.length; i++) this.memory.set(addr + i * 4, request.data[i] as number)
      this.bursts.push(request)
      this.offer({ type: 'write.resp', from, txn, addr, ok } as Message)
      return
    }
    const data = ok ? Array.from({ length: request.words }, (_, i) => this.memory.get(addr + i * 4) ?? 0) : []
    this.offer({ type: 'read.resp', from, txn, addr, data, ok } as Message)
  }

  /** Lets both DMA engines run until nothing moves. `pick` chooses which waiting request is answered next. */
  settle(pick: (count: number) => number = () => 0): void {
    for (;;) {
      while (this.progress());
      if (this.waiting.length === 0) return
      this.answer(pick(this.waiting.length))
    }
  }

  /** One step of the sensor's timer, delivered to FIMC at once. */
  tick(): void {
    const { sensorBox } = this
    const timer = sensorBox.sent.findIndex((each) => each.port === 'timer')
    expect(timer, 'a timer of the sensor runs').toBeGreaterThanOrEqual(0)
    const message = sensorBox.sent.splice(timer, 1)[0]?.message as Message
    this.commitSensor(message)
  }

  private commitSensor(message: Message): void {
    const sensor = this.sensor as Reactor
    if (sensor.decide(message) === 'react') sensor.commit(message)
    const video = this.sensorBox.sent.filter((each) => each.port === 'video')
    const rest = this.sensorBox.sent.filter((each) => each.port === 'timer')
    this.sensorBox.sent.splice(0, this.sensorBox.sent.length, ...rest)
    for (const each of video) expect(this.offer(each.message), 'video is never held up').not.toBe('stall')
  }

  startSensor(config: SensorConfig): void {
    const addr = config.base + sensorRegister.CTRL
    this.commitSensor({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr, value: sensorCtrl.START } as Message)
  }

  /** Events of one type, taken out. */
  events(type: 'frame.start'): FrameStart[]
  events(type: 'frame.burst'): FrameBurst[]
  events(type: 'frame.end'): FrameEnd[]
  events(type: string): Message[] {
    const found = this.box.emitted.filter((event) => event.type === type)
    const others = this.box.emitted.filter((event) => event.type !== type)
    this.box.emitted.splice(0, this.box.emitted.length, ...others)
    return found
  }

  /** `count` bytes of memory from `address`. */
  bytes(address: number, count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => {
      const word = this.memory.get((address + i) & ~3) ?? 0
      return (word >>> (((address + i) & 3) * 8)) & 0xff
    })
  }
}
