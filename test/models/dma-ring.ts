/** Models | a DMA ring over a non-coherent write-back cache, right and with six classic mistakes in the driver or device. */

import {
  type CheckableSystem,
  defineSystem,
  leadsTo,
  never,
  type Property,
  type Symmetry,
  type ValueSymmetry,
} from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, ignore, type StateConfig, stall } from '../../src/statechart/define.ts'
import { type Buffer, buffer, type RingVariant } from './dma-ring-buffer.ts'

export { type RingVariant, ringVariants } from './dma-ring-buffer.ts'

interface Cpu {
  /** Next buffer to post, and to reap. */
  head: number
  tail: number
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)
const idOf = (index: number) => `buffer${index}`

/** Offers `type` to the buffer that `field` names, and moves on if told to. */
function ask(ports: readonly string[], field: 'head' | 'tail') {
  return {
    description: `turns to the buffer at ${field}`,
    sends: Object.fromEntries(ports.map((port) => [port, 1])),
    run: (
      context: Cpu,
      _message: Message,
      out: { send(port: string, message: Message): void },
      { type, moves }: { type: string; moves?: true },
    ) => {
      out.send(idOf(context[field]), { type })
      if (moves) context[field] = (context[field] + 1) % ports.length
    },
  }
}

const atHead = (type: string, moves?: true) => ({ type: 'atHead', params: { type, ...(moves ? { moves } : {}) } })
const atTail = (type: string, moves?: true) => ({ type: 'atTail', params: { type, ...(moves ? { moves } : {}) } })

/** Fills and posts buffers. */
function threadOf(variant: RingVariant): Readonly<Record<string, StateConfig>> {
  const idle: StateConfig = {
    description: 'waits for a free buffer',
    on: { store: { target: 'stored', actions: atHead('store') } },
  }
  const posts = { target: 'idle', actions: atHead('post', true) }
  const stored = (on: NonNullable<StateConfig['on']>): StateConfig => ({ description: 'the request is stored', on })
  const cleaned = (on: NonNullable<StateConfig['on']>): StateConfig => ({ description: 'cache maintenance done', on })
  switch (variant) {
    case 'noclean':
      return { idle, stored: stored({ doorbell: posts }) }
    case 'invalforclean':
      return {
        idle,
        stored: stored({ invalidate: { target: 'cleaned', actions: atHead('invalidate') } }),
        cleaned: cleaned({ doorbell: posts }),
      }
    case 'invalearly':
      return {
        idle,
        stored: stored({ clean: { target: 'cleaned', actions: atHead('clean') } }),
        cleaned: cleaned({ invalidate: { target: 'invalidated', actions: atHead('invalidate') } }),
        invalidated: { description: 'the line is dropped', on: { doorbell: posts } },
      }
    case 'doorbellfirst':
      return {
        idle,
        stored: stored({ doorbell: { target: 'posted', actions: atHead('post') } }),
        posted: { description: 'given away', on: { clean: { target: 'idle', actions: atHead('clean', true) } } },
      }
    default:
      return {
        idle,
        stored: stored({ clean: { target: 'cleaned', actions: atHead('clean') } }),
        cleaned: cleaned({ doorbell: posts }),
      }
  }
}

/** Reaps buffers; the thread does not run meanwhile. */
function handlerOf(variant: RingVariant): Readonly<Record<string, StateConfig>> {
  const reason = stall('the handler runs')
  const preempts = { store: reason, clean: reason, invalidate: reason, doorbell: reason, takeIrq: reason }
  const off: StateConfig = { description: 'not running', on: { takeIrq: { target: 'on' } } }
  const returnIrq = { target: 'off', actions: atTail('rest') }
  const loads = { target: 'on', actions: atTail('load', true) }
  if (variant === 'noinval' || variant === 'invalearly') {
    return { off, on: { description: 'looks for a done buffer', on: { ...preempts, returnIrq, load: loads } } }
  }
  return {
    off,
    on: {
      description: 'looks for a done buffer',
      on: { ...preempts, returnIrq, invalidateDone: { target: 'invalidated', actions: atTail('reap') } },
    },
    invalidated: { description: 'has dropped the line', on: { ...preempts, load: loads } },
  }
}

function cpu(count: number, variant: RingVariant) {
  const ports = indexes(count).map(idOf)
  const events = {
    store: 'the thread stores a request',
    clean: 'the thread writes the line back',
    invalidate: 'the thread drops the line',
    doorbell: 'the thread gives the buffer to the device',
    takeIrq: 'the handler begins',
    invalidateDone: 'the handler drops the line of a done buffer',
    load: 'the handler loads the response',
    returnIrq: 'the handler ends',
  }
  return defineMachine<Cpu, Message>({
    id: 'cpu',
    description: 'a thread that fills the ring, and the interrupt handler that preempts it',
    inPorts: { irq: ['irq'] },
    outPorts: Object.fromEntries(
      ports.map((port) => [port, ['store', 'clean', 'invalidate', 'post', 'reap', 'load', 'rest']]),
    ),
    events: { ...events, irq: 'the device asks for attention' },
    spontaneous: Object.fromEntries(
      Object.entries(events).map(([event, description]) => [event, { description, kind: 'must' as const }]),
    ),
    context: () => ({ head: 0, tail: 0 }),
    actions: { atHead: ask(ports, 'head'), atTail: ask(ports, 'tail') },
    chart: {
      description: 'cpu',
      type: 'parallel',
      on: Object.fromEntries(Object.keys(events).map((event) => [event, stall('not its turn')])),
      states: {
        thread: { description: 'the thread', initial: 'idle', states: threadOf(variant) },
        handler: { description: 'the interrupt handler', initial: 'off', states: handlerOf(variant) },
        line: {
          description: 'the interrupt line, latched',
          initial: 'low',
          states: {
            low: {
              description: 'nothing to do',
              on: { irq: { target: 'raised' }, takeIrq: stall('nothing to do') },
            },
            raised: {
              description: 'a buffer is done',
              on: { irq: ignore('already raised'), takeIrq: { target: 'low' } },
            },
          },
        },
      },
    },
  })
}

interface Device {
  /** The buffer that it serves next. */
  next: number
}

function device(count: number, variant: RingVariant) {
  const ports = indexes(count).map(idOf)
  const sends = Object.fromEntries(ports.map((port) => [port, 1]))
  const write = { type: 'serve', params: { type: 'write', ...(variant === 'doneearly' ? { moves: true } : {}) } }
  const complete = { type: 'serve', params: { type: 'complete', ...(variant === 'doneearly' ? {} : { moves: true }) } }
  const busy: Readonly<Record<string, StateConfig>> =
    variant === 'doneearly'
      ? {
          read: {
            description: 'has read the request',
            on: { complete: { target: 'reported', actions: [complete, 'interrupt'] } },
          },
          reported: { description: 'has reported too early', on: { write: { target: 'idle', actions: write } } },
        }
      : {
          read: { description: 'has read the request', on: { write: { target: 'wrote', actions: write } } },
          wrote: {
            description: 'has written the response',
            on: { complete: { target: 'idle', actions: [complete, 'interrupt'] } },
          },
        }
  return defineMachine<Device, Message>({
    id: 'device',
    description: 'reads a request from memory, writes a response to memory, reports it',
    inPorts: {},
    outPorts: { ...Object.fromEntries(ports.map((port) => [port, ['fetch', 'write', 'complete']])), irq: ['irq'] },
    events: { fetch: 'reads the request', write: 'writes the response', complete: 'reports the buffer done' },
    spontaneous: {
      fetch: { description: 'dev_read', kind: 'must' },
      write: { description: 'dev_write', kind: 'must' },
      complete: { description: 'dev_done', kind: 'must' },
    },
    context: () => ({ next: 0 }),
    actions: {
      serve: {
        description: 'turns to the buffer in its turn',
        sends,
        run: (context, _message, out, { type, moves }: { type: string; moves?: true }) => {
          out.send(idOf(context.next), { type })
          if (moves) context.next = (context.next + 1) % count
        },
      },
      interrupt: {
        description: 'raises the interrupt',
        sends: { irq: 1 },
        run: (_context, _message, out) => out.send('irq', { type: 'irq' }),
      },
    },
    chart: {
      description: 'device',
      initial: 'idle',
      on: { fetch: stall('busy'), write: stall('nothing to write'), complete: stall('nothing to report') },
      states: {
        idle: {
          description: 'waits for a buffer',
          on: { fetch: { target: 'read', actions: { type: 'serve', params: { type: 'fetch' } } } },
        },
        ...busy,
      },
    },
  })
}

/** The ring turns, and the parity of each buffer can be told from the other only by comparing. */
function symmetriesOf(count: number): { symmetries: Symmetry[]; valueSymmetries: ValueSymmetry[] } {
  const ids = indexes(count).map(idOf)
  return {
    symmetries: [
      {
        name: 'ring',
        size: count,
        group: 'cyclic',
        actors: [ids],
        ports: [ids.map((id) => `cpu.${id}`), ids.map((id) => `device.${id}`)],
        fields: { 'cpu.head': 'index', 'cpu.tail': 'index', 'device.next': 'index' },
      },
    ],
    valueSymmetries: ids.map((id) => ({
      name: `parity of ${id}`,
      actor: id,
      rename: ({ word, cached, parity }: Buffer) => ({
        word: word ^ 2,
        cached: cached < 0 ? -1 : cached ^ 2,
        parity: 1 - parity,
      }),
    })),
  }
}

/** What must hold of the ring; all of it does if nothing is wrong with it. */
const properties: Readonly<Record<string, Property>> = {
  S1: never('staleFetch'),
  S2: never('staleLoad'),
  L1: leadsTo(
    (state) => state.actor('buffer0').matches('owner.device'),
    (state) => state.actor('buffer0').matches('owner.free'),
    'a buffer given to the device comes back',
  ),
}

/** @param count buffers of one cache line each. */
export function dmaRing(count: number, variant: RingVariant = 'right'): CheckableSystem {
  const ids = indexes(count).map(idOf)
  const bufferMachine = buffer(variant)
  const meet = { order: 'rendezvous' as const, capacity: 0 }
  return defineSystem({
    id: `dma-ring-${count}-${variant}`,
    description: `a ring of ${count} DMA buffers over a non-coherent cache: ${variant}`,
    actors: {
      cpu: cpu(count, variant),
      device: device(count, variant),
      ...Object.fromEntries(ids.map((id) => [id, bufferMachine])),
    },
    channels: [
      ...ids.map((id) => ({ from: `cpu.${id}`, to: `${id}.cpu`, ...meet })),
      ...ids.map((id) => ({ from: `device.${id}`, to: `${id}.device`, ...meet })),
      { from: 'device.irq', to: 'cpu.irq', ...meet },
    ],
    properties,
    ...symmetriesOf(count),
  })
}

export const system = dmaRing(2)
