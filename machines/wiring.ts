/** Machines | how instances are wired, as data: latencies of both geometries, what is at once on litmus, the wires of cores and caches. */

import type { ChannelOrder, ChannelSpec } from '../src/kernel/channel.ts'
import type { Features } from './features.ts'
import type { Geometry } from './geometry.ts'

/** Cycles from port to port. The order of magnitude is an A9's at 1 GHz in front of DDR: HF-026. */
export interface Latencies {
  readonly near: number
  readonly scu: number
  readonly l2: number
  readonly bus: number
  readonly dram: number
  readonly jitter: number
}

const boardLatencies: Latencies = { near: 1, scu: 2, l2: 4, bus: 3, dram: 20, jitter: 0 } // HF-026
/** Every hop takes one cycle or up to eight more, so that seeds try different orders. */
const litmusLatencies: Latencies = { near: 1, scu: 1, l2: 1, bus: 1, dram: 1, jitter: 7 }

/** `at once`: on litmus the hop is part of the step that sends, because nobody else can tell how long it took. */
export type Hop = 'at once' | 'in flight'

/** A wire. */
export interface Link {
  readonly from: string
  readonly to: string
  readonly cycles: number
  readonly capacity: number
  readonly order?: ChannelOrder
  readonly litmus: Hop
}

/** A port, and how a message gets from it to its counterpart. */
export type End = readonly [port: string, hop: Hop]

// Which hops of litmus take time of their own. A request that is on its way, and that its sender has to wait for, might as
// well have been sent later; an answer on its way might as well be taken later. What is left is what somebody else can get
// ahead of: posted maintenance and drained stores (cpu to l1), device accesses with their translation on the way to memory,
// data sampled in memory on the way back, interrupts. Writes of the L2 are delayed by its store buffer.

/** Makes wires for one geometry. */
export class Wiring {
  readonly isBoard: boolean
  readonly latencies: Latencies
  /** Messages that fit a wide channel. */
  readonly wide: number
  private readonly toRegisters: Hop

  constructor(geometry: Geometry, features: Pick<Features, 'postedDeviceWrites'>) {
    this.isBoard = geometry.name === 'board'
    this.latencies = this.isBoard ? boardLatencies : litmusLatencies
    this.wide = this.isBoard ? 8 : 2
    // The bus answers posted register writes before they are at their target.
    this.toRegisters = features.postedDeviceWrites ? 'in flight' : 'at once'
  }

  wire({ from, to, cycles, capacity, order = 'fifo', litmus }: Link): ChannelSpec {
    if (!this.isBoard && litmus === 'at once') return { from, to, order: 'rendezvous', capacity: 0, latencyCycles: 0 }
    return { from, to, order, capacity, latencyCycles: cycles, jitterCycles: this.latencies.jitter }
  }

  /** A request and its answer. */
  pair(
    [a, request]: End,
    [b, answer]: End,
    cycles: number,
    capacity: number,
    order: ChannelOrder = 'fifo',
  ): ChannelSpec[] {
    return [
      this.wire({ from: a, to: b, cycles, capacity, order, litmus: request }),
      this.wire({ from: b, to: a, cycles, capacity, order, litmus: answer }),
    ]
  }

  /** Register accesses from the bus to a target. */
  registers(a: string, b: string): ChannelSpec[] {
    return this.pair([a, this.toRegisters], [b, 'at once'], this.latencies.bus, 4)
  }

  /** A core with its L1, up to the SCU, the bus and the operating system. @param gic whether there is one */
  core(core: number, gic: 'gic' | 'none'): ChannelSpec[] {
    const { near, scu, bus } = this.latencies
    return [
      ...this.pair([`cpu${core}.memory`, 'in flight'], [`l1d${core}.cpu`, 'at once'], near, this.isBoard ? 4 : 2),
      ...this.pair([`cpu${core}.bus`, 'at once'], [`bus.cpu${core}`, 'at once'], bus, 4),
      ...(gic === 'gic'
        ? [this.wire({ from: `gic.cpu${core}`, to: `cpu${core}.irq`, cycles: bus, capacity: 2, litmus: 'at once' })]
        : []),
      // The call and its return are one step: what the call does is atomic.
      {
        from: `cpu${core}.os`,
        to: ['os.calls', `cpu${core}.os`],
        order: 'rendezvous',
        capacity: this.isBoard ? 1 : 0,
        latencyCycles: this.isBoard ? near : 0,
      },
      ...this.pair([`l1d${core}.scu`, 'at once'], [`scu.core${core}`, 'at once'], scu, this.wide),
      this.wire({ from: `l1d${core}.snoop`, to: `scu.snoop${core}`, cycles: scu, capacity: 2, litmus: 'at once' }),
    ]
  }

  /** From the SCU through the outer cache to memory. */
  memory(): ChannelSpec[] {
    const { l2, bus, dram } = this.latencies
    return [
      ...this.pair(['scu.l2', 'at once'], ['l2.scu', 'at once'], l2, this.wide),
      // AXI: transactions of different ids may overtake each other on the way to memory and back.
      ...this.pair(['l2.bus', 'at once'], ['bus.l2', 'at once'], bus, this.wide, 'per-id'),
      ...this.pair(['bus.dram', 'at once'], ['dram.bus', 'in flight'], dram, this.wide, 'per-id'),
    ]
  }
}
