/** Differential | systems as users of XState write them, feature by feature: as many states and steps as over XState's own function. */

// Goal: what `check` says of a user's charts is what XState does with them. Method: ten small systems that use a feature each, after
// the kinds of example that people start from; a naive explorer over `transition` counts states and steps.

import { expect, test } from 'vitest'
import { and, assign, emit, enqueueActions, log, not, or, raise, setup, stateIn } from 'xstate'
import { defineSystem } from '../../src/explore/define-system.ts'
import { check } from '../../src/run/check.ts'
import { ignore, stall } from '../../src/statechart/define.ts'
import { fromXState } from '../../src/statechart/from-xstate.ts'
import { naiveCounts } from '../support/naive-xstate.ts'

const choice = (kind: 'may' | 'must', domain = 1) => ({ description: 'happens', kind, domain })
const choices = (kind: 'may' | 'must', ...events: readonly string[]) =>
  Object.fromEntries(events.map((event) => [event, choice(kind)]))

/** Guards and actions with params, an input, a forbidden transition. */
function counters() {
  const machine = setup({
    types: { context: {} as { count: number }, input: {} as { start: number } | undefined },
    guards: {
      below: ({ context }, params: { max: number }) => context.count < params.max,
      isZero: ({ context }) => context.count === 0,
    },
    actions: { add: assign({ count: ({ context }, params: { by: number }) => context.count + params.by }) },
  }).createMachine({
    context: ({ input }) => ({ count: input?.start ?? 0 }),
    initial: 'active',
    states: {
      active: {
        on: {
          inc: [
            { guard: { type: 'below', params: { max: 5 } }, actions: { type: 'add', params: { by: 1 } } },
            { target: 'full' },
          ],
          dec: [{ guard: 'isZero' }, { actions: { type: 'add', params: ({ context }) => ({ by: -context.count }) } }],
        },
      },
      full: { on: { inc: {}, dec: { target: 'active', actions: assign({ count: 0 }) } } },
    },
  })
  const actor = (input?: { start: number }) =>
    fromXState(machine, { spontaneous: choices('may', 'inc', 'dec'), ...(input ? { input } : {}) })
  return defineSystem({ id: 'counters', actors: { a: actor(), b: actor({ start: 3 }) }, channels: [] })
}

/** Requests and replies over channels, wildcards, tags, entry actions. */
function fetching() {
  const client = setup({
    types: { context: {} as { tries: number } },
    guards: { again: ({ context }) => context.tries < 3 },
    actions: {
      ask: emit(({ context }) => ({ type: 'request', n: context.tries })),
      count: assign({ tries: ({ context }) => context.tries + 1 }),
    },
  }).createMachine({
    context: { tries: 0 },
    initial: 'idle',
    states: {
      idle: { on: { fetch: 'loading', '*': {} } },
      loading: {
        entry: ['count', 'ask'],
        on: { 'reply.ok': 'success', 'reply.*': [{ guard: 'again', target: 'failure' }, 'gaveUp'], '*': {} },
      },
      failure: { on: { retry: 'loading', '*': {} } },
      success: { tags: ['finished', 'good'], on: { '*': {} } },
      gaveUp: { tags: 'finished', on: { '*': {} } },
    },
    on: { retry: stall('later'), fetch: stall('once') },
  })
  const server = setup({}).createMachine({
    initial: 'up',
    states: {
      up: { on: { request: { actions: emit({ type: 'reply.ok', data: 1 } as never) }, crash: 'down', heal: {} } },
      down: { on: { request: { actions: emit({ type: 'reply.failed' }) }, heal: 'up', crash: {} } },
    },
  })
  return defineSystem({
    id: 'fetching',
    actors: {
      client: fromXState(client, {
        inPorts: { replies: ['reply.ok', 'reply.failed'] },
        outPorts: { requests: ['request'] },
        spontaneous: choices('may', 'fetch', 'retry'),
      }),
      server: fromXState(server, {
        inPorts: { requests: ['request'] },
        outPorts: { replies: ['reply.ok', 'reply.failed'] },
        spontaneous: choices('may', 'crash', 'heal'),
      }),
    },
    channels: [
      { from: 'client.requests', to: 'server.requests' },
      { from: 'server.replies', to: 'client.replies' },
    ],
  })
}

/** Parallel regions, `stateIn`, combined guards, wildcards of a family of events. */
function word() {
  const guards = { yes: () => true }
  const bullets = stateIn({ list: 'bullets' })
  const machine = setup({ guards }).createMachine({
    id: 'word',
    type: 'parallel',
    states: {
      bold: {
        initial: 'off',
        states: {
          on: { on: { 'toggle.bold': 'off' } },
          off: { on: { 'toggle.bold': { target: 'on', guard: not(bullets) as never } } },
        },
      },
      italics: {
        initial: 'off',
        states: {
          on: { on: { 'toggle.*': 'off' } },
          off: { on: { 'toggle.italics': { target: 'on', guard: and([stateIn('#word.bold.on'), 'yes']) as never } } },
        },
      },
      list: {
        initial: 'none',
        states: {
          none: { on: { 'list.bullets': 'bullets' } },
          bullets: {
            on: { 'list.none': { target: 'none', guard: or([stateIn('#word.italics.on'), 'yes']) as never } },
          },
        },
      },
    },
    on: { '*': {} },
  })
  const events = ['toggle.bold', 'toggle.italics', 'list.bullets', 'list.none']
  return defineSystem({
    id: 'word',
    actors: { word: fromXState(machine, { spontaneous: choices('may', ...events) }) },
    channels: [],
  })
}

/** `enqueueActions` with checks, assignments, raised and emitted events; `raise` on exit; `log`. */
function turnstile() {
  const machine = setup({
    types: { context: {} as { coins: number }, events: {} as { type: string; value: number } },
    guards: { enough: ({ context }, params: { n: number }) => context.coins >= params.n },
  }).createMachine({
    context: { coins: 0 },
    initial: 'locked',
    states: {
      locked: {
        on: {
          coin: {
            actions: enqueueActions(({ context, event, enqueue, check: asks }) => {
              enqueue.assign({ coins: Math.min(4, context.coins + 1 + event.value) })
              if (asks({ type: 'enough', params: { n: 3 } })) enqueue.raise({ type: 'paid', value: 0 })
              else enqueue.emit({ type: 'thanks' } as never)
              enqueue(log('coin'))
            }),
          },
          paid: { target: 'open', actions: assign({ coins: 0 }) },
          push: { actions: emit({ type: 'alarm' } as never) },
        },
      },
      open: { on: { push: 'locked', coin: ignore('open'), paid: {} }, exit: raise({ type: 'paid', value: 0 }) },
    },
  })
  const spontaneous = { coin: choice('may', 2), push: choice('may') }
  return defineSystem({ id: 'turnstile', actors: { gate: fromXState(machine, { spontaneous }) }, channels: [] })
}

/** `always` with the context, one after the other; nested final states with `onDone`. */
function kettles() {
  const machine = setup({ types: { context: {} as { temp: number } } }).createMachine({
    context: { temp: 0 },
    initial: 'cold',
    states: {
      cold: { always: { guard: ({ context }) => context.temp >= 3, target: 'hot' } },
      hot: {
        always: [
          { guard: ({ context }) => context.temp >= 5, target: 'boiled' },
          { guard: ({ context }) => context.temp < 3, target: 'cold' },
        ],
      },
      boiled: {
        initial: 'steam',
        onDone: { target: 'hot', actions: assign({ temp: 4 }) },
        states: { steam: { on: { cool: 'gone' } }, gone: { type: 'final' } },
      },
    },
    on: {
      heat: { actions: assign({ temp: ({ context }) => Math.min(5, context.temp + 1) }) },
      cool: { actions: assign({ temp: ({ context }) => Math.max(0, context.temp - 1) }) },
    },
  })
  const kettle = fromXState(machine, { spontaneous: choices('may', 'heat', 'cool') })
  return defineSystem({ id: 'kettles', actors: { a: kettle, b: kettle }, channels: [] })
}

/** Entry and exit actions, targets by id and relative ones, `stall` and `ignore`, channels with room for two. */
function crossing() {
  const light = setup({ types: { context: {} as { waiting: number } } }).createMachine({
    id: 'light',
    context: { waiting: 0 },
    initial: 'green',
    states: {
      green: {
        on: {
          timer: 'yellow',
          button: { actions: assign({ waiting: ({ context }) => Math.min(2, context.waiting + 1) }) },
        },
      },
      yellow: { on: { timer: 'red', button: stall('yellow is short') } },
      red: {
        initial: 'walk',
        entry: emit({ type: 'walk' } as never),
        exit: [emit({ type: 'stop' } as never), assign({ waiting: 0 })],
        states: { walk: { on: { tick: 'flash' } }, flash: { on: { tick: '#light.green' } } },
        on: { timer: '.walk', button: ignore('it is red'), reset: { target: 'red', reenter: true } },
      },
    },
    on: { tick: stall('no'), timer: stall('no'), reset: {} },
  })
  const walker = setup({}).createMachine({
    initial: 'kerb',
    states: {
      kerb: { on: { press: { actions: emit({ type: 'button' } as never) }, walk: 'road', stop: {} } },
      road: { on: { stop: 'kerb', walk: {}, press: {} } },
    },
  })
  return defineSystem({
    id: 'crossing',
    actors: {
      light: fromXState(light, {
        inPorts: { button: ['button'] },
        outPorts: { walk: ['walk', 'stop'] },
        spontaneous: { ...choices('must', 'timer', 'tick'), reset: choice('may') },
      }),
      walker: fromXState(walker, {
        inPorts: { light: ['walk', 'stop'] },
        outPorts: { button: ['button'] },
        spontaneous: choices('may', 'press'),
      }),
    },
    channels: [
      { from: 'walker.button', to: 'light.button', capacity: 2 },
      { from: 'light.walk', to: 'walker.light', capacity: 2 },
    ],
  })
}

/** One type on several ports, told apart by the field `port`; arrays and objects in contexts; numbers of events. */
function post() {
  const sorter = setup({
    types: { context: {} as { next: number; sent: { left: number[]; right: number[] } } },
  }).createMachine({
    context: { next: 0, sent: { left: [], right: [] } },
    on: {
      sort: {
        actions: enqueueActions(({ context, enqueue }) => {
          const port = context.next % 2 === 0 ? 'left' : 'right'
          enqueue.emit({ type: 'parcel', port, n: context.next } as never)
          const sent = { ...context.sent, [port]: [...context.sent[port], context.next].slice(-2) }
          enqueue.assign({ next: (context.next + 1) % 4, sent })
        }),
      },
    },
  })
  const box = setup({
    types: { context: {} as { last: number | null }, events: {} as { type: 'parcel'; n: number } },
  }).createMachine({
    context: { last: null },
    on: { parcel: { actions: assign({ last: ({ event }) => event.n }) } },
  })
  const receiver = fromXState(box, { inPorts: { in: ['parcel'] } })
  return defineSystem({
    id: 'post',
    actors: {
      sorter: fromXState(sorter, {
        outPorts: { left: ['parcel'], right: ['parcel'] },
        spontaneous: choices('must', 'sort'),
      }),
      left: receiver,
      right: receiver,
    },
    channels: [
      { from: 'sorter.left', to: 'left.in' },
      { from: 'sorter.right', to: 'right.in', capacity: 2 },
    ],
  })
}

/** Several targets at once, regions that end together, and actions on the way out of both. */
function player() {
  const machine = setup({ types: { context: {} as { log: string[] } } }).createMachine({
    id: 'player',
    context: { log: [] },
    initial: 'off',
    states: {
      off: { on: { power: { target: ['#player.on.sound.loud', '#player.on.picture.dim'] }, end: {} } },
      on: {
        type: 'parallel',
        exit: assign({ log: [] }),
        onDone: 'off',
        states: {
          sound: {
            initial: 'quiet',
            states: {
              quiet: {
                on: { turn: 'loud', end: 'ended' },
                exit: assign({ log: ({ context }) => [...context.log, 's'].slice(-2) }),
              },
              loud: { on: { turn: 'quiet' } },
              ended: { type: 'final' },
            },
          },
          picture: {
            initial: 'bright',
            states: {
              bright: { on: { turn: 'dim' }, exit: assign({ log: ({ context }) => [...context.log, 'p'].slice(-2) }) },
              dim: { on: { turn: 'bright', end: 'ended' } },
              ended: { type: 'final' },
            },
          },
        },
        on: { power: 'off' },
      },
    },
    on: { turn: {}, end: {} },
  })
  const spontaneous = choices('may', 'power', 'turn', 'end')
  return defineSystem({ id: 'player', actors: { player: fromXState(machine, { spontaneous }) }, channels: [] })
}

/** Implementations given later by `provide`; inline guards; events that raise others in a row. */
function chain() {
  const machine = setup({
    types: { context: {} as { hops: number }, events: {} as { type: string } },
    actions: { hop: () => {} },
    guards: { mayGo: () => false },
  }).createMachine({
    context: { hops: 0 },
    initial: 'a',
    states: {
      a: { on: { go: [{ guard: 'mayGo', target: 'b', actions: raise({ type: 'on' }) }, {}], on: {}, back: {} } },
      b: { entry: 'hop', on: { on: { target: 'c', actions: raise({ type: 'on' }) }, go: {}, back: 'a' } },
      c: { entry: ['hop', 'hop'], on: { on: {}, go: { target: 'c', reenter: true }, back: 'a' } },
    },
  })
  const provided = machine.provide({
    actions: { hop: assign({ hops: ({ context }) => (context.hops + 1) % 5 }) },
    guards: { mayGo: ({ context }) => context.hops < 4 },
  })
  const hopper = fromXState(provided, { id: 'hopper', spontaneous: choices('may', 'go', 'back') })
  return defineSystem({ id: 'chain', actors: { one: hopper, two: hopper }, channels: [] })
}

/** A ring of three that pass a token: what one emits the next gets. */
function ring() {
  const node = (has: boolean) =>
    fromXState(
      setup({}).createMachine({
        id: 'node',
        initial: has ? 'holding' : 'waiting',
        states: {
          waiting: { on: { token: 'holding', pass: stall('nothing to pass') } },
          holding: {
            on: {
              pass: { target: 'waiting', actions: emit({ type: 'token' } as never) },
              token: stall('one at a time'),
            },
          },
        },
      }),
      { inPorts: { in: ['token'] }, outPorts: { out: ['token'] }, spontaneous: choices('must', 'pass') },
    )
  const wire = (from: string, to: string) => ({ from: `${from}.out`, to: `${to}.in` })
  return defineSystem({
    id: 'ring',
    actors: { a: node(true), b: node(true), c: node(false) },
    channels: [wire('a', 'b'), wire('b', 'c'), wire('c', 'a')],
  })
}

const systems = { counters, fetching, word, turnstile, kettles, crossing, post, player, chain, ring }

test.each(Object.entries(systems))('%s', (_name, make) => {
  const system = make()
  const { states, transitions, isExhaustive } = check(system)
  expect(isExhaustive).toBe(true)
  expect({ states, transitions }).toEqual(naiveCounts(system))
  expect(states).toBeGreaterThan(4)
})
