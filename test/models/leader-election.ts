/**
 * Models | leader election in a unidirectional ring (Dolev, Klawe, Rodeh, "An O(n log n) unidirectional distributed
 * algorithm for extrema finding in a circle", J. of Algorithms 3, 1982), statement for statement as SPIN's leader0.pml.
 *
 * SPIN counts each statement as a step (`spin -a` merges some), the start of the processes as one more, and the end of
 * each process, the youngest first. So does this model: its states are those of `pan -DNOREDUCE`, its transitions one
 * fewer than what pan prints, which counts the initial state as one.
 */

import { type CheckableSystem, defineSystem, never, sometimes } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, type StateConfig, stall, type TransitionConfig } from '../../src/statechart/define.ts'

interface Numbered extends Message {
  readonly nr: number
}

interface Variables {
  /** The number received last. */
  nr: number
  /** The largest number known. */
  maximum: number
  neighbour: number
}

/** A statement: the only thing that can happen there. */
function statement(description: string, ...next: TransitionConfig[]): StateConfig {
  return { description, on: { step: next } }
}

const send = (type: string, what: 'nr' | 'neighbour' | 'own') => ({ type: 'send', params: { type, what } })

/** @param index from 0. @param own the number of this node. @param greatest the one that must win. */
function node(index: number, own: number, greatest: number) {
  const receives = (one: string, two: string, description: string): StateConfig => ({
    description,
    tags: ['finished'],
    on: {
      one: { target: one, actions: 'receive' },
      two: { target: two, actions: 'receive' },
      winner: { target: '#node.hearing', actions: 'receive' },
    },
  })
  const active: StateConfig = {
    description: 'may still become the leader',
    initial: 'begins',
    states: {
      begins: statement('prints its number', { target: 'announces' }),
      announces: statement('sends its number', { target: 'waits', actions: send('one', 'own') }),
      waits: receives('gotOne', 'gotTwo', 'waits for a message'),
      gotOne: statement('is active', { target: 'compares' }),
      compares: statement('nr != maximum', { guard: 'isMaximum', target: 'asserts' }, { target: 'passesOn' }),
      passesOn: statement('tells its neighbour', { target: 'waits', actions: [send('two', 'nr'), 'keepNeighbour'] }),
      asserts: statement('only the greatest number comes back', {
        target: '#node.knowing.proclaims',
        actions: 'judgeMaximum',
      }),
      gotTwo: statement('is active', { target: 'weighs' }),
      weighs: statement(
        'neighbour > nr and neighbour > maximum',
        { guard: 'isLarger', target: 'goesOn', actions: 'takeOver' },
        { target: 'givesUp' },
      ),
      goesOn: statement('begins another round', { target: 'waits', actions: send('one', 'neighbour') }),
      givesUp: statement('will not be the leader', { target: '#node.passive' }),
    },
  }
  const passive: StateConfig = {
    description: 'only hands messages on',
    initial: 'waits',
    states: {
      waits: receives('gotOne', 'gotTwo', 'waits for a message'),
      gotOne: statement('is not active', { target: 'relaysOne' }),
      relaysOne: statement('hands it on', { target: 'waits', actions: send('one', 'nr') }),
      gotTwo: statement('is not active', { target: 'relaysTwo' }),
      relaysTwo: statement('hands it on', { target: 'waits', actions: send('two', 'nr') }),
    },
  }
  const knowing: StateConfig = {
    description: 'knows the winner before everybody else',
    initial: 'proclaims',
    states: {
      proclaims: statement('sends the winner', { target: 'waits', actions: send('winner', 'nr') }),
      waits: {
        description: 'waits until it has gone round',
        tags: ['finished'],
        on: { winner: { target: '#node.hearing.knowing', actions: 'receive' } },
      },
    },
  }
  /** @param then what follows: a node that did not know hands it on. */
  const hears = (then: StateConfig): StateConfig => ({
    description: 'has heard who won',
    initial: 'compares',
    states: {
      compares: statement('nr != own', { guard: 'isOwn', target: 'prints' }, { target: 'asks' }),
      prints: statement('prints that it leads', { target: 'counts' }),
      counts: statement('one leader more', { target: 'checks', actions: { type: 'ask', params: 'count' } }),
      checks: statement('there is one leader', { target: 'asks', actions: { type: 'ask', params: 'check' } }),
      asks: then,
    },
  })
  return defineMachine<Variables, Message>({
    id: 'node',
    description: 'one node of the ring',
    inPorts: { in: ['one', 'two', 'winner'], life: ['run'] },
    outPorts: { out: ['one', 'two', 'winner'], leaders: ['count', 'check'], life: ['exit'] },
    events: {
      run: 'the process is started',
      step: 'the next statement',
      one: 'a number in the first phase of a round',
      two: 'a number in the second phase',
      winner: 'the greatest number',
    },
    spontaneous: { step: { description: 'executes the next statement', kind: 'must' } },
    context: () => ({ nr: 0, maximum: own, neighbour: 0 }),
    guards: {
      isMaximum: ({ nr, maximum }) => nr === maximum,
      isLarger: ({ nr, maximum, neighbour }) => neighbour > nr && neighbour > maximum,
      isOwn: ({ nr }) => nr === own,
    },
    actions: {
      receive: {
        description: 'keeps the number',
        run: (context, message) => {
          context.nr = (message as Numbered).nr
        },
      },
      send: {
        description: 'sends a number to the next node',
        sends: { out: 1 },
        run: (context, _message, out, { type, what }: { type: string; what: 'nr' | 'neighbour' | 'own' }) =>
          out.send('out', { type, nr: what === 'own' ? own : context[what] } as Numbered),
      },
      keepNeighbour: {
        description: 'neighbour := nr',
        run: (context) => {
          context.neighbour = context.nr
        },
      },
      takeOver: {
        description: 'maximum := neighbour; SPIN clears nr, which nobody reads any more',
        run: (context) => {
          context.maximum = context.neighbour
          context.nr = 0
        },
      },
      judgeMaximum: {
        description: 'nr must be the greatest number',
        run: ({ nr }, _message, out) => {
          if (nr !== greatest) out.emit({ type: 'wrongMaximum' })
        },
      },
      ask: {
        description: 'uses the number of leaders',
        sends: { leaders: 1 },
        run: (_context, _message, out, type: string) => out.send('leaders', { type }),
      },
      exit: {
        description: 'ends; its variables are gone',
        sends: { life: 1 },
        run: (context, _message, out) => {
          out.send('life', { type: 'exit', index } as Message)
          Object.assign(context, { nr: 0, maximum: 0, neighbour: 0 })
        },
      },
    },
    chart: {
      description: 'node',
      initial: 'absent',
      on: {
        run: stall('started once'),
        one: stall('busy'),
        two: stall('busy'),
        winner: stall('busy'),
        step: stall('nothing to do'),
      },
      states: {
        absent: { description: 'not yet started', on: { run: { target: 'active' } } },
        active,
        passive,
        knowing,
        hearing: {
          description: 'on its way to the end',
          initial: 'ignorant',
          states: {
            ignorant: hears(statement('does not know the winner', { target: '#node.hearing.relays' })),
            knowing: hears(statement('knows the winner', { target: '#node.hearing.ends' })),
            relays: statement('hands the winner on', { target: 'ends', actions: send('winner', 'nr') }),
            ends: statement('ends when the younger nodes have', { target: '#node.gone', actions: 'exit' }),
          },
        },
        gone: { description: 'has ended', tags: ['finished'] },
      },
    },
  })
}

/** The shared counter of leaders. */
const leaders = defineMachine<{ count: number }, Message>({
  id: 'leaders',
  description: 'how many have been elected',
  inPorts: { calls: ['count', 'check'] },
  outPorts: {},
  events: { count: 'one more', check: 'there must be one' },
  context: () => ({ count: 0 }),
  actions: {
    count: {
      description: 'one more',
      run: (context) => {
        context.count++
      },
    },
    judge: {
      description: 'there must be one',
      run: ({ count }, _message, out) => {
        if (count !== 1) out.emit({ type: 'severalLeaders' })
      },
    },
  },
  chart: { description: 'leaders', on: { count: { actions: 'count' }, check: { actions: 'judge' } } },
})

/** The initial process: starts all nodes in one step; processes end in the opposite order. */
function main(count: number) {
  const ports = Array.from({ length: count }, (_, index) => `node${index}`)
  return defineMachine<{ alive: number }, Message>({
    id: 'main',
    description: 'starts the nodes',
    inPorts: { exits: ['exit'] },
    outPorts: Object.fromEntries(ports.map((port) => [port, ['run']])),
    events: { start: 'starts all nodes', end: 'ends', exit: 'a node ends' },
    spontaneous: {
      start: { description: 'starts all nodes', kind: 'must' },
      end: { description: 'ends after all nodes', kind: 'must', when: ({ alive }) => alive === 0 },
    },
    context: () => ({ alive: count }),
    guards: { isYoungest: ({ alive }, message) => (message as Message & { index: number }).index === alive - 1 },
    actions: {
      start: {
        description: 'starts all nodes',
        sends: Object.fromEntries(ports.map((port) => [port, 1])),
        run: (_context, _message, out) => {
          for (const port of ports) out.send(port, { type: 'run' })
        },
      },
      bury: {
        description: 'one fewer',
        run: (context) => {
          context.alive--
        },
      },
    },
    chart: {
      description: 'main',
      initial: 'starting',
      on: { start: stall('done'), end: stall('not yet'), exit: stall('not running') },
      states: {
        starting: { description: 'nothing runs', on: { start: { target: 'running', actions: 'start' } } },
        running: {
          description: 'the nodes run',
          on: {
            end: { target: 'ended' },
            exit: [{ guard: 'isYoungest', actions: 'bury' }, stall('a younger process still lives')],
          },
        },
        ended: { description: 'all over', tags: ['finished'] },
      },
    },
  })
}

/**
 * @param count nodes.
 * @param smallest position of the node with the smallest number, from 1 (`I` in leader0.pml).
 * @param capacity of each channel, at least 2 × count (`L`).
 */
export function leaderElection(count: number, smallest = 3, capacity = 2 * count): CheckableSystem {
  const meet = { order: 'rendezvous' as const, capacity: 0 }
  const indexes = Array.from({ length: count }, (_, index) => index)
  const numberOf = (index: number) => ((count + smallest - (index + 1)) % count) + 1
  return defineSystem({
    id: `leader-election-${count}`,
    description: `leader election in a ring of ${count} nodes`,
    actors: {
      main: main(count),
      leaders,
      ...Object.fromEntries(indexes.map((index) => [`node${index}`, node(index, numberOf(index), count)])),
    },
    channels: indexes.flatMap((index) => [
      { from: `node${index}.out`, to: `node${(index + 1) % count}.in`, capacity },
      { from: `node${index}.leaders`, to: 'leaders.calls', ...meet },
      { from: `node${index}.life`, to: 'main.exits', ...meet },
      { from: `main.node${index}`, to: `node${index}.life`, ...meet },
    ]),
    properties: {
      'the greatest wins': never('wrongMaximum'),
      'one leader': never('severalLeaders'),
      elected: sometimes((state) => (state.actor('leaders').context as { count: number }).count === 1),
    },
  })
}

export const system = leaderElection(5)
