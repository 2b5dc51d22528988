/** Peers | two-phase commit as one XState machine of parallel regions, searched by XState's own graph utilities. */

import { assign, setup } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'

interface Said {
  /** Sets of managers, one bit each. */
  readonly prepared: number
  readonly heard: number
  readonly decision: 'none' | 'commit' | 'abort'
}

/** @param count resource managers. */
function machineOf(count: number) {
  const everybody = 2 ** count - 1
  const managers = Array.from({ length: count }, (_, rm) => rm)
  const named = (name: string, rm: number): string => `${name} ${rm}`
  const manager = (rm: number) => ({
    initial: 'working',
    on: {
      [named('obeyCommit', rm)]: {
        guard: ({ context }: { context: Said }) => context.decision === 'commit',
        target: '.committed',
      },
      [named('obeyAbort', rm)]: {
        guard: ({ context }: { context: Said }) => context.decision === 'abort',
        target: '.aborted',
      },
    },
    states: {
      working: {
        on: {
          [named('prepare', rm)]: {
            target: 'prepared',
            actions: assign<Said, never, undefined, never, never>({
              prepared: ({ context }) => context.prepared | (1 << rm),
            }),
          },
          [named('giveUp', rm)]: 'aborted',
        },
      },
      prepared: {},
      committed: {},
      aborted: {},
    },
  })
  const hears = managers.map((rm) => [
    named('hear', rm),
    {
      guard: ({ context }: { context: Said }) => (context.prepared & (1 << rm)) !== 0,
      actions: assign<Said, never, undefined, never, never>({ heard: ({ context }) => context.heard | (1 << rm) }),
    },
  ])
  const machine = setup({ types: {} as { context: Said; events: { type: string } } }).createMachine({
    type: 'parallel',
    context: { prepared: 0, heard: 0, decision: 'none' },
    states: {
      transactionManager: {
        initial: 'undecided',
        states: {
          undecided: {
            on: {
              ...Object.fromEntries(hears),
              commit: {
                guard: ({ context }: { context: Said }) => context.heard === everybody,
                target: 'decided',
                actions: assign({ decision: 'commit' }),
              },
              abort: { target: 'decided', actions: assign({ decision: 'abort' }) },
            },
          },
          decided: {},
        },
      },
      ...Object.fromEntries(managers.map((rm) => [`rm${rm}`, manager(rm)])),
    },
  })
  const events = ['prepare', 'giveUp', 'hear', 'obeyCommit', 'obeyAbort'].flatMap((name) =>
    managers.map((rm) => ({ type: named(name, rm) })),
  )
  return { machine, events: [{ type: 'commit' }, { type: 'abort' }, ...events] }
}

/** How many states `xstate/graph` finds. */
export function countStates(count: number): number {
  const { machine, events } = machineOf(count)
  const states = getAdjacencyMap(machine, {
    events,
    serializeState: ({ value, context }) => JSON.stringify([value, context]),
    limit: Number.POSITIVE_INFINITY,
  })
  return Object.keys(states).length
}
