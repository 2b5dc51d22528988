/** Tests | charts in XState's own words that use everything, and charts whose names would like to be executed. */

import { and, createMachine, not, raise, setup, stateIn } from 'xstate'

/** Every feature that a picture has to show: nested, parallel, history, final, delays, invoked actors, automatic steps. */
export const everything = setup({
  guards: { ready: () => true, late: (_, _params: { by: number }) => false },
  actions: { log: () => {}, note: (_, _params: { text: string }) => {} },
  delays: { patience: 50 },
  actors: {},
}).createMachine({
  id: 'everything',
  initial: 'off',
  description: 'uses all there is',
  states: {
    off: { description: 'nothing runs', on: { START: [{ target: 'on', guard: 'ready' }, { actions: 'log' }] } },
    on: {
      type: 'parallel',
      onDone: 'over',
      on: { STOP: 'off', JUMP: '.left.deep.two', AGAIN: { target: 'on', reenter: true } },
      states: {
        left: {
          initial: 'wait',
          states: {
            wait: {
              entry: ['log', raise({ type: 'PING' })],
              exit: { type: 'note', params: { text: 'left' } },
              after: { 30: 'deep', patience: { actions: 'log' } },
            },
            deep: {
              initial: 'one',
              invoke: { id: 'worker', src: 'job', onDone: '#everything.on.left.end', onError: 'wait' } as never,
              states: { one: { on: { NEXT: 'two' } }, two: {}, back: { type: 'history', history: 'deep' } },
              always: { target: 'end', guard: { type: 'late', params: { by: 3 } } },
            },
            end: { type: 'final' },
          },
        },
        right: {
          initial: 'a',
          states: {
            a: { tags: ['calm'], on: { GO: { target: 'b', guard: and(['ready', not(stateIn('off'))]) } } },
            b: { on: { '*': 'end', GO: { actions: () => {} } } },
            memory: { type: 'history', target: 'b' },
            end: { type: 'final' },
          },
        },
      },
    },
    over: { type: 'final' },
  },
})

/** Words that end quotes, tags, comments and lines in some format or other. */
export const hostileNames: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "it's `$" + '{alert(3)}` & more',
  ']]> --> */ <!-- ; { } | # : " %% end',
  'naïve 🚀 état \u0000\u0007\ud800',
  '$end #0 \n$var wire 1 ! x $end',
]

/** States, events, guards, actions and descriptions with such names. */
export const hostile = createMachine({
  id: '<b>hostile</b>',
  description: '</desc><script>alert(0)</script>',
  initial: hostileNames[0] as string,
  states: Object.fromEntries(
    hostileNames.map((name, index) => [
      name,
      {
        description: name,
        tags: [name],
        entry: name,
        on: {
          [`go ${name}`]: {
            target: `#<b>hostile</b>.${hostileNames[(index + 1) % hostileNames.length]}`,
            guard: name,
            actions: name,
            description: name,
          },
        },
      },
    ]),
  ) as never,
})

/** A chart of that many leaves, nested by tens, each with a way on and some with a way back. */
export function chartOfSize(leaves: number): ReturnType<typeof createMachine> {
  const groups = Math.ceil(leaves / 10)
  const states = Object.fromEntries(
    Array.from({ length: groups }, (_, group) => [
      `group${group}`,
      {
        initial: 'leaf0',
        on: { SKIP: `group${(group + 1) % groups}` },
        states: Object.fromEntries(
          Array.from(
            { length: Math.min(10, leaves - 10 * group) },
            (_, leaf, size = Math.min(10, leaves - 10 * group)) => [
              `leaf${leaf}`,
              {
                on: {
                  [`NEXT${leaf}`]: `leaf${(leaf + 1) % size}`,
                  ...(leaf % 3 === 2 ? { BACK: `leaf${leaf - 2}` } : {}),
                },
              },
            ],
          ),
        ),
      },
    ]),
  )
  return createMachine({ id: 'sized', initial: 'group0', states } as never)
}
