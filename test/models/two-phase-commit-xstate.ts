/** Models | two-phase commit once more, in XState's own words: setup, assign, emit, enqueueActions. */

import { assign, emit, enqueueActions, setup } from 'xstate'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { stall } from '../../src/statechart/define.ts'
import { fromXState } from '../../src/statechart/from-xstate.ts'
import { twoPhaseCommit } from './two-phase-commit.ts'

function resourceManager(rm: number) {
  const machine = setup({
    types: {} as {
      events: { type: 'prepare' } | { type: 'chooseToAbort' } | { type: 'commit' } | { type: 'abort' }
      emitted: { type: 'prepared'; rm: number }
    },
    actions: { vote: emit({ type: 'prepared', rm }) },
  }).createMachine({
    id: 'resourceManager',
    initial: 'working',
    on: {
      prepare: stall('it has decided'),
      chooseToAbort: stall('it has decided'),
      commit: { target: '.committed' },
      abort: { target: '.aborted' },
    },
    states: {
      working: { on: { prepare: { target: 'prepared', actions: 'vote' }, chooseToAbort: { target: 'aborted' } } },
      prepared: {},
      committed: {},
      aborted: {},
    },
  })
  return fromXState(machine, {
    inPorts: { decision: ['commit', 'abort'] },
    outPorts: { vote: ['prepared'] },
    spontaneous: {
      prepare: { description: 'RMPrepare', kind: 'must' },
      chooseToAbort: { description: 'RMChooseToAbort', kind: 'may' },
    },
  })
}

function transactionManager(count: number) {
  const ports = Array.from({ length: count }, (_, rm) => `rm${rm}`)
  const machine = setup({
    types: {} as {
      context: { prepared: boolean[] }
      events: { type: 'prepared'; rm: number } | { type: 'commit' } | { type: 'abort' }
      emitted: { type: 'commit' | 'abort'; port: string }
    },
    actions: {
      note: assign({
        prepared: ({ context, event }) =>
          event.type === 'prepared' ? context.prepared.with(event.rm, true) : context.prepared,
      }),
      tell: enqueueActions(({ enqueue, event }) => {
        if (event.type === 'prepared') return
        for (const port of ports) enqueue.emit({ type: event.type, port })
      }),
    },
    guards: { allPrepared: ({ context }) => context.prepared.every(Boolean) },
  }).createMachine({
    id: 'transactionManager',
    context: { prepared: ports.map(() => false) },
    initial: 'init',
    on: { '*': stall('decided') },
    states: {
      init: {
        on: {
          prepared: { actions: 'note' },
          commit: { guard: 'allPrepared', target: 'committed', actions: 'tell' },
          abort: { target: 'aborted', actions: 'tell' },
        },
      },
      committed: {},
      aborted: {},
    },
  })
  return fromXState(machine, {
    inPorts: Object.fromEntries(ports.map((port) => [port, ['prepared']])),
    outPorts: Object.fromEntries(ports.map((port) => [port, ['commit', 'abort']])),
    spontaneous: {
      commit: { description: 'TMCommit', kind: 'must' },
      abort: { description: 'TMAbort', kind: 'may' },
    },
  })
}

/** @param count resource managers. */
export function twoPhaseCommitInXState(count: number): CheckableSystem {
  return twoPhaseCommit(count, { id: 'two-phase-commit-xstate', transactionManager, resourceManager })
}

export const system = twoPhaseCommitInXState(3)
