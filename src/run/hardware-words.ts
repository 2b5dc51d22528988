/** Run | what the events of the hardware mean, in few words: for reports that have a line for each step. */

import type { MarkName } from '../../machines/events.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import type { PlaceNames } from '../litmus/named-places.ts'
import { platformRegister } from './platform-names.ts'

/** Something that happened, and to whom. */
export interface Fact {
  readonly who: string
  readonly what: string
}

/** Words for addresses and what stands there. Made for one run. */
export class Words {
  private readonly names: PlaceNames | undefined

  constructor(names?: PlaceNames) {
    this.names = names
  }

  /** `buf[1]`, or the address. */
  at(addr: number): string {
    return this.names?.at(addr) ?? platformRegister(addr) ?? hex(addr)
  }

  /** `buf = 1`; of several words those that have a name, if any has. */
  words(addr: number, data: readonly number[]): string {
    if (data.length === 0) return this.line(addr)
    const all = data.map((value, i) => [addr + i * 4, value] as const)
    const named = all.filter(([at]) => this.names?.at(at) !== undefined)
    if (named.length > 0) return named.map(([at, value]) => `${this.at(at)} = ${this.value(at, value)}`).join(', ')
    const shown = data.slice(0, wordsMax).map((value) => this.value(addr, value))
    return `${hex(addr)} = ${[...shown, ...(data.length > wordsMax ? ['…'] : [])].join(' ')}`
  }

  value(addr: number, value: number): string {
    const known = this.names?.value(addr, value >>> 0)
    if (known !== undefined) return known
    return Math.abs(value) > 0xffff ? hex(value) : String(value)
  }

  /** What a table entry leads to. */
  descriptor(level: number, descriptor: number): string {
    if (descriptor === 0) return 'nothing'
    return this.names?.entry(level < 2 ? 'table' : 'page', descriptor >>> 0) ?? hex(descriptor)
  }

  /** The line at `addr`, by the first of its words that has a name. */
  line(addr: number): string {
    for (let i = 0; i < lineWordsMax; i++) {
      const name = this.names?.at(addr + i * 4)
      if (name !== undefined) return name
    }
    return hex(addr)
  }
}

/** Words of unnamed memory that are shown. */
const wordsMax = 4

/** Most words of a line on the litmus geometry. */
const lineWordsMax = 8

export const maintenance = {
  clean: 'clean',
  invalidate: 'invalidate',
  'clean-invalidate': 'clean and invalidate',
  evict: 'evict',
}
const movedBy = { maintenance: 'told to', eviction: 'on its own', snoop: 'asked for' } as const
const droppedBy = {
  invalidate: 'invalidated',
  replace: 'replaced',
  spontaneous: 'on its own',
  power: 'its power is off',
} as const
const filledBy = { demand: '', speculation: ' ahead', writeback: ' from above', through: ', written through' } as const

type Teller<E extends Emitted> = (event: E, words: Words) => Fact | undefined
type Tellers = { readonly [Type in Emitted['type']]: Teller<Extract<Emitted, { type: Type }>> }

const core = (number: number): string => `cpu${number}`
const fact = (who: string, what: string): Fact => ({ who, what })
const way = (write: boolean): string => (write ? 'write to' : 'read of')

/** What an event says. Undefined: nothing that a reader of steps asks for. */
export function factOf(event: Emitted, words: Words): Fact | undefined {
  return (tellers[event.type] as Teller<Emitted> | undefined)?.(event, words)
}

const tellers: Tellers = {
  'cpu.load': ({ core: c, addr, data }, w) => fact(core(c), `loads ${w.words(addr, data)}`),
  'cpu.store': ({ core: c, addr, data }, w) => fact(core(c), `stores ${w.words(addr, data)}, in its store buffer`),
  'cpu.stored': ({ core: c, addr, data, memory }, w) =>
    fact(core(c), `${w.words(addr, data)} ${memory === 'cacheable' ? 'is in the L1' : 'leaves the core'}`),
  'cpu.maintain': ({ core: c, level, op, addr }, w) =>
    fact(core(c), `${maintenance[op]} ${w.line(addr)} in the ${level.toUpperCase()}`),
  'cpu.mark': ({ core: c, name, args }, w) => {
    const what = markText(name, args, w)
    return what === undefined ? undefined : fact(core(c), what)
  },
  'cpu.assertion-failed': ({ core: c, message }) => fact(core(c), `assertion fails: ${message}`),
  'cpu.abort': ({ core: c, addr, why }, w) => fact(core(c), `abort at ${w.at(addr)}: ${why}`),
  'line.fill': ({ cache, addr, data, cause }, w) => fact(cache, `gets ${w.words(addr, data)}${filledBy[cause]}`),
  'line.drop': ({ cache, addr, data, dirty, cause }, w) =>
    fact(cache, `drops ${w.words(addr, data)}${dirty ? ', dirty' : ''} (${movedBy[cause]})`),
  'line.writeback': ({ cache, addr, data, cause }, w) =>
    fact(cache, `writes back ${w.words(addr, data)} (${movedBy[cause]})`),
  'memory.read': ({ from, addr, data, coherent }, w) =>
    fact(from, `${coherent ? 'reads through the caches' : 'reads memory'}: ${w.words(addr, data)}`),
  'memory.write': ({ from, addr, data, coherent }, w) =>
    fact(from, `${coherent ? 'writes through the caches' : 'writes memory'}: ${w.words(addr, data)}`),
  'memory.row': () => undefined,
  'bus.error': ({ from, addr }, w) => fact(from, `bus error at ${w.at(addr)}`),
  'translation.use': ({ mmu, from, iova, addr, write, via }, w) => {
    if (via === 'bypass') return undefined
    const how = via === 'hit' ? 'by an entry it keeps' : 'by its walk'
    return fact(mmu, `${way(write)} ${w.at(iova)} by ${from} goes to ${w.at(addr)}, ${how}`)
  },
  'walk.read': ({ mmu, level, iova, descriptor }, w) =>
    fact(
      mmu,
      `walks for ${w.at(iova)}: ${level === 0 ? 'device table' : `level ${level}`} says ${w.descriptor(level, descriptor)}`,
    ),
  'tlb.fill': ({ mmu, iova, addr }, w) => fact(mmu, `keeps ${w.at(iova)} -> ${w.at(addr)}`),
  'tlb.drop': ({ mmu, iova, cause }, w) => fact(mmu, `drops its entry of ${w.at(iova)}, ${droppedBy[cause]}`),
  'sysmmu.fault': ({ mmu, from, kind, iova, write }, w) =>
    fact(mmu, `${kind} fault: ${way(write)} ${w.at(iova)} by ${from}`),
  'register.lost': ({ target, from, addr, why }, w) =>
    fact(target, `loses the access of ${w.at(addr)} by ${from}: its ${why} is off`),
  'device.error': ({ device, addr, write, why }, w) => fact(device, `${way(write)} ${w.at(addr)} fails: ${why}`),
  'device.assertion-failed': ({ device, message }) => fact(device, `assertion fails: ${message}`),
  'frame.start': ({ device, frame, slot }) => fact(device, `begins frame ${frame} in slot ${slot}`),
  'frame.burst': ({ device, frame, addr, data }, w) => fact(device, `frame ${frame}: ${w.words(addr, data)}`),
  'frame.end': ({ device, frame, ok }) => fact(device, `${ok ? 'has written' : 'gives up'} frame ${frame}`),
  'page.owner': ({ addr, owner }, w) =>
    fact('os', `page ${w.at(addr)} is ${owner === 'free' ? 'free' : `for ${owner}`}`),
  'pool.taken': ({ addr }, w) => fact('os', `block ${w.at(addr)} is taken from a pool`),
  'iova.alloc': ({ iova }, w) => fact('os', `IO address ${w.at(iova)} is taken`),
  'iova.free': ({ iova }, w) => fact('os', `IO address ${w.at(iova)} is free`),
  'os.misuse': ({ core: c, call, why }) => fact(core(c), `${call}: ${why}`),
  'os.exhausted': ({ core: c, what }) => fact(core(c), `${what} is used up`),
  'os.fault': ({ device, iova }, w) => fact(device, `the handler reports a fault at ${w.at(iova)}`),
  'page.alias': ({ addr, present }, w) =>
    fact('os', `page ${w.at(addr)} is ${present ? 'in the linear mapping again' : 'out of the linear mapping'}`),
  'page.mapped': ({ addr, memory, present }, w) =>
    fact('os', `page ${w.at(addr)} ${present ? `is mapped ${memory}` : 'loses a mapping'}`),
  'os.object': ({ what, taken }) => fact('os', `${what} ${taken ? 'made' : 'given back'}`),
  'cpu.mask': ({ core: c, masked }) => fact(core(c), `interrupts ${masked ? 'off' : 'on'}`),
  'cpu.interrupt': ({ core: c, phase }) => fact(core(c), `${phase === 'enter' ? 'enters' : 'leaves'} the handler`),
  'cpu.switch': ({ core: c, name }) => fact(core(c), `goes on with thread ${name}`),
  'os.sync': ({ core: c, object, edge }) => fact(core(c), `${edge}s ${object}`),
}

type MarkArgs = Extract<Emitted, { type: 'cpu.mark' }>['args']

/** A mark of a program. What only counts for bookkeeping says nothing. */
function markText(name: MarkName, args: MarkArgs, words: Words): string | undefined {
  const { op, handle } = args
  const of = typeof handle === 'number' ? ` ${words.at(handle)}` : ''
  switch (name) {
    case 'dma.call':
      return `${op}${of} begins`
    case 'dma.return':
      return `${op}${of} is done`
    case 'dma.missing':
      return `${op} is missing`
    case 'buffer.queued':
      return `queued${of}`
    case 'buffer.done':
      return `done${of}`
    case 'frame.read':
      return `reads the frame in${of}`
    case 'frame.consumed':
      return `has read the frame in${of}`
    default:
      return undefined
  }
}
