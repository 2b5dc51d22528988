/** Models | two or more cores, each behind a cache of its own, that share a bus and a memory: a pipeline of queues. */

import { type CheckableSystem, defineSystem, never } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, ignore, type StateConfig, stall } from '../../src/statechart/define.ts'

interface Access extends Message {
  readonly line: number
  readonly core?: number
  readonly data?: number
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Loads lines, one after the other. */
function core(program: readonly number[]) {
  const states: Record<string, StateConfig> = {}
  program.forEach((line, pc) => {
    states[`issue${pc}`] = {
      description: 'about to load',
      on: { issue: { target: `wait${pc}`, actions: { type: 'load', params: line } } },
    }
    states[`wait${pc}`] = {
      description: 'waits for the data',
      on: { loaded: { target: pc + 1 < program.length ? `issue${pc + 1}` : 'done', actions: 'judge' } },
    }
  })
  return defineMachine<object, Message>({
    id: 'core',
    description: 'a core that runs a program of loads',
    inPorts: { data: ['loaded'] },
    outPorts: { cache: ['load'] },
    events: { issue: 'the next load', loaded: 'the data' },
    spontaneous: { issue: { description: 'the next load', kind: 'must' } },
    context: () => ({}),
    actions: {
      load: {
        description: 'asks the cache',
        sends: { cache: 1 },
        run: (_context, _message, out, line: number) => out.send('cache', { type: 'load', line } as Access),
      },
      judge: {
        description: 'each line holds its own number',
        run: (_context, message, out) => {
          const { line, data } = message as Access
          if (line !== data) out.emit({ type: 'wrongData' })
        },
      },
    },
    chart: {
      description: 'core',
      initial: 'issue0',
      on: { issue: stall('busy'), loaded: stall('nothing asked') },
      states: { ...states, done: { description: 'the program has ended', tags: ['finished'] } },
    },
  })
}

interface Cache {
  valid: boolean[]
  wanted: number
}

/** A blocking cache, one miss at a time, which may drop a line or read one ahead whenever it is idle. */
function cache(index: number, lines: number, speculates: boolean) {
  return defineMachine<Cache, Message>({
    id: 'cache',
    description: 'a cache of whole lines',
    inPorts: { core: ['load'], bus: ['filled'] },
    outPorts: { core: ['loaded'], bus: ['read'] },
    events: { load: 'a load', filled: 'a line from memory', evict: 'drops a line', prefetch: 'reads a line ahead' },
    spontaneous: {
      evict: {
        description: 'drops a line',
        kind: 'may',
        domain: lines,
        when: ({ valid }, line) => valid[line] === true,
      },
      prefetch: {
        description: 'reads a line ahead',
        kind: 'may',
        domain: lines,
        when: ({ valid }, line) => speculates && valid[line] === false,
      },
    },
    context: () => ({ valid: indexes(lines).map(() => false), wanted: 0 }),
    guards: { hits: ({ valid }, message) => valid[(message as Access).line] === true },
    actions: {
      answer: {
        description: 'gives the core its data',
        sends: { core: 1 },
        run: (_context, message, out) => {
          const { line } = message as Access
          out.send('core', { type: 'loaded', line, data: line } as Access)
        },
      },
      miss: {
        description: 'asks the bus',
        sends: { bus: 1 },
        run: (context, message, out) => {
          const { line } = message as Access
          context.wanted = line
          out.send('bus', { type: 'read', line, core: index } as Access)
        },
      },
      ahead: {
        description: 'asks the bus, for nobody',
        sends: { bus: 1 },
        run: (context, message, out) => {
          const line = (message as Message & { value: number }).value
          context.wanted = line
          out.send('bus', { type: 'read', line, core: index } as Access)
        },
      },
      fill: {
        description: 'keeps the line',
        run: (context, message) => {
          context.valid[(message as Access).line] = true
          context.wanted = 0
        },
      },
      drop: {
        description: 'drops the line',
        run: (context, message) => {
          context.valid[(message as Message & { value: number }).value] = false
        },
      },
    },
    chart: {
      description: 'cache',
      initial: 'idle',
      on: {
        load: stall('busy'),
        filled: stall('not asked'),
        evict: stall('busy'),
        prefetch: stall('busy'),
      },
      states: {
        idle: {
          description: 'no miss outstanding',
          on: {
            load: [
              { guard: 'hits', actions: 'answer' },
              { target: 'missing', actions: 'miss' },
            ],
            evict: { actions: 'drop' },
            prefetch: { target: 'ahead', actions: 'ahead' },
          },
        },
        missing: { description: 'waits for a line', on: { filled: { target: 'idle', actions: ['fill', 'answer'] } } },
        ahead: {
          description: 'waits for a line nobody wants yet',
          on: { filled: { target: 'idle', actions: 'fill' } },
        },
      },
    },
  })
}

/** Hands requests on in the order of arrival, and answers back to who asked. */
function bus(cores: number) {
  const ports = indexes(cores).map((index) => `cache${index}`)
  const sends = Object.fromEntries(ports.map((port) => [port, 1]))
  return defineMachine<object, Message>({
    id: 'bus',
    description: 'a bus between caches and memory',
    inPorts: { ...Object.fromEntries(ports.map((port) => [port, ['read']])), memory: ['data'] },
    outPorts: { memory: ['read'], ...Object.fromEntries(ports.map((port) => [port, ['filled']])) },
    events: { read: 'a request', data: 'an answer' },
    context: () => ({}),
    actions: {
      ask: {
        description: 'hands the request on',
        sends: { memory: 1 },
        run: (_context, message, out) => out.send('memory', message),
      },
      answer: {
        description: 'hands the answer back',
        sends,
        run: (_context, message, out) => {
          const { line, core: index } = message as Access
          out.send(`cache${index}`, { type: 'filled', line } as Access)
        },
      },
    },
    chart: { description: 'bus', on: { read: { actions: 'ask' }, data: { actions: 'answer' } } },
  })
}

const memory = defineMachine<object, Message>({
  id: 'memory',
  description: 'answers reads',
  inPorts: { bus: ['read'] },
  outPorts: { bus: ['data'] },
  events: { read: 'a read', refresh: 'a row is refreshed' },
  spontaneous: { refresh: { description: 'a row is refreshed', kind: 'may', when: () => false } },
  context: () => ({}),
  actions: {
    answer: {
      description: 'sends the line',
      sends: { bus: 1 },
      run: (_context, message, out) => out.send('bus', { ...message, type: 'data' } as Access),
    },
  },
  chart: { description: 'memory', on: { read: { actions: 'answer' }, refresh: ignore('nothing of it shows') } },
})

/** @param loads of each core, all of different lines. */
export function sharedMemory(
  cores: number,
  loads: number,
  speculation: 'off' | 'on' = 'off',
  capacity = 2,
): CheckableSystem {
  const all = indexes(cores)
  const program = indexes(loads)
  return defineSystem({
    id: `shared-memory-${cores}-${loads}-${speculation}`,
    description: `${cores} cores, each behind its cache, and ${loads} loads each`,
    actors: {
      ...Object.fromEntries(all.map((index) => [`core${index}`, core(program)])),
      ...Object.fromEntries(all.map((index) => [`l1d${index}`, cache(index, loads, speculation === 'on')])),
      bus: bus(cores),
      memory,
    },
    channels: [
      ...all.flatMap((index) => [
        { from: `core${index}.cache`, to: `l1d${index}.core`, capacity },
        { from: `l1d${index}.core`, to: `core${index}.data`, capacity },
        { from: `l1d${index}.bus`, to: `bus.cache${index}`, capacity },
        { from: `bus.cache${index}`, to: `l1d${index}.bus`, capacity },
      ]),
      { from: 'bus.memory', to: 'memory.bus', capacity: capacity * cores },
      { from: 'memory.bus', to: 'bus.memory', capacity: capacity * cores },
    ],
    properties: { 'right data': never('wrongData') },
  })
}

export const system = sharedMemory(2, 2)
