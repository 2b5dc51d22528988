/** Models | one buffer of the DMA ring: a word of memory, the cache line in front of it, its descriptor. */

import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, ignore, stall } from '../../src/statechart/define.ts'

/** `right`, or what is wrong. */
export const ringVariants = [
  'right',
  /** Nothing is written back before the doorbell. */
  'noclean',
  /** Nothing is invalidated before the CPU reads. */
  'noinval',
  /** Invalidated at the doorbell instead: a prefetch brings the stale line back. */
  'invalearly',
  /** Invalidated instead of written back: the wrong direction. */
  'invalforclean',
  /** Written back after the doorbell. */
  'doorbellfirst',
  /** The interrupt overtakes the device's write. */
  'doneearly',
] as const

export type RingVariant = (typeof ringVariants)[number]

/** Values are 2 × the parity of the round, plus 0 for the CPU's request or 1 for the device's response. */
export interface Buffer {
  /** In memory. */
  word: number
  /** In the cache line; -1 when it is invalid. */
  cached: number
  parity: number
}

const request = ({ parity }: Buffer) => 2 * parity
const response = ({ parity }: Buffer) => 2 * parity + 1

/** One buffer of one cache line: the word in memory, the line in front of it, its descriptor. */
export function buffer(variant: RingVariant) {
  // The slot may have been reaped meanwhile; then the device still writes the response of the round that it has read.
  const late = variant === 'doneearly'
  return defineMachine<Buffer, Message>({
    id: 'buffer',
    description: 'a word of memory, a cache line and a descriptor',
    inPorts: {
      cpu: ['store', 'clean', 'invalidate', 'post', 'reap', 'load', 'rest'],
      device: ['fetch', 'write', 'complete'],
    },
    outPorts: {},
    events: {
      prefetch: 'the cache reads the line speculatively',
      evict: 'the cache gives the line up, writing it back if it is dirty',
      store: 'the CPU stores the request of this round',
      clean: 'the CPU writes the line back',
      invalidate: 'the CPU drops the line',
      post: 'the CPU gives the buffer to the device',
      reap: 'the handler drops the line of a buffer that is done',
      load: 'the handler loads the response and frees the buffer',
      rest: 'the handler sees that the buffer is not done',
      fetch: 'the device reads the request',
      write: 'the device writes the response',
      complete: 'the device reports the buffer done',
    },
    spontaneous: {
      prefetch: { description: 'speculation', kind: 'may' },
      evict: { description: 'eviction', kind: 'may' },
    },
    context: () => ({ word: 3, cached: -1, parity: 0 }),
    actions: {
      fill: {
        description: 'the line gets what memory holds',
        run: (context) => {
          context.cached = context.word
        },
      },
      writeBack: {
        description: 'memory gets what the line holds',
        run: (context) => {
          context.word = context.cached
        },
      },
      drop: {
        description: 'the line holds nothing',
        run: (context) => {
          context.cached = -1
        },
      },
      store: {
        description: 'the line gets the request',
        run: (context) => {
          context.cached = request(context)
        },
      },
      respond: {
        description: 'memory gets the response of this round',
        run: (context) => {
          context.word = response(context)
        },
      },
      respondLate: {
        description: 'memory gets the response of the round before',
        run: (context) => {
          context.word = 2 * (1 - context.parity) + 1
        },
      },
      judgeFetch: {
        description: 'memory must hold the request of this round',
        run: (context, _message, out) => {
          if (context.word !== request(context)) out.emit({ type: 'staleFetch' })
        },
      },
      judgeLoad: {
        description: 'the line must hold the response of this round; then the next round begins',
        run: (context, _message, out) => {
          if (context.cached !== response(context)) out.emit({ type: 'staleLoad' })
          context.parity = 1 - context.parity
        },
      },
    },
    chart: {
      description: 'buffer',
      type: 'parallel',
      states: {
        line: {
          description: 'the cache line',
          initial: 'invalid',
          states: {
            invalid: {
              description: 'not in the cache',
              on: {
                prefetch: { target: 'clean', actions: 'fill' },
                evict: stall('there is no line'),
                store: { target: 'dirty', actions: 'store' },
                clean: ignore('there is no line'),
                invalidate: ignore('there is no line'),
                load: { target: 'clean', actions: 'fill' },
              },
            },
            clean: {
              description: 'as it was in memory when it was read or written back',
              on: {
                prefetch: stall('there is a line'),
                evict: { target: 'invalid', actions: 'drop' },
                store: { target: 'dirty', actions: 'store' },
                clean: ignore('nothing to write back'),
                invalidate: { target: 'invalid', actions: 'drop' },
                reap: { target: 'invalid', actions: 'drop' },
              },
            },
            dirty: {
              description: 'not yet in memory',
              on: {
                prefetch: stall('there is a line'),
                evict: { target: 'invalid', actions: ['writeBack', 'drop'] },
                store: { actions: 'store' },
                clean: { target: 'clean', actions: 'writeBack' },
                invalidate: { target: 'invalid', actions: 'drop' },
                reap: { target: 'invalid', actions: 'drop' },
              },
            },
          },
        },
        owner: {
          description: 'the descriptor',
          initial: 'free',
          states: {
            free: {
              description: 'the CPU may fill it',
              tags: ['finished'],
              on: {
                post: { target: 'device' },
                reap: stall('not done'),
                load: stall('not done'),
                rest: ignore('nothing to reap'),
                fetch: stall('not given to the device'),
                write: late ? { actions: 'respondLate' } : stall('not given to the device'),
                complete: stall('not given to the device'),
              },
            },
            device: {
              description: 'given to the device',
              on: {
                store: stall('the device has it'),
                post: stall('the device has it'),
                reap: stall('not done'),
                load: stall('not done'),
                rest: ignore('nothing to reap'),
                fetch: { actions: 'judgeFetch' },
                write: { actions: late ? 'respondLate' : 'respond' },
                complete: { target: 'done' },
              },
            },
            done: {
              description: 'the device has finished with it',
              on: {
                store: stall('not reaped'),
                post: stall('not reaped'),
                reap: { description: 'whatever the line holds is dropped' },
                load: { target: 'free', actions: 'judgeLoad' },
                rest: stall('there is something to reap'),
                fetch: stall('done'),
                write: late ? { actions: 'respond' } : stall('done'),
                complete: stall('done'),
              },
            },
          },
        },
      },
    },
  })
}
