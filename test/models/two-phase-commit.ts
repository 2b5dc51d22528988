/** Models | two-phase commit: the `TwoPhase` module of Gray and Lamport, "Consensus on transaction commit", as charts. */

import {
  always,
  type CheckableSystem,
  defineSystem,
  type StateView,
  sometimes,
} from '../../src/explore/define-system.ts'
import type { ActorDefinition, Message } from '../../src/kernel/actor.ts'
import { defineMachine, stall } from '../../src/statechart/define.ts'

interface FromManager extends Message {
  readonly rm: number
}

const idOf = (rm: number) => `rm${rm}`
const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)

/** One resource manager. It tells the transaction manager who it is, and obeys whatever it is told. */
function resourceManager(rm: number) {
  return defineMachine<object, Message>({
    id: 'resourceManager',
    description: 'prepares or aborts by itself, then does what the transaction manager decides',
    inPorts: { decision: ['commit', 'abort'] },
    outPorts: { vote: ['prepared'] },
    events: {
      prepare: 'promises to commit if told to',
      chooseToAbort: 'gives up before it has promised anything',
      commit: 'the transaction is committed',
      abort: 'the transaction is aborted',
    },
    spontaneous: {
      prepare: { description: 'RMPrepare', kind: 'must' },
      chooseToAbort: { description: 'RMChooseToAbort', kind: 'may' },
    },
    context: () => ({}),
    actions: {
      vote: {
        description: 'says that it is prepared',
        sends: { vote: 1 },
        run: (_context, _message, out) => out.send('vote', { type: 'prepared', rm } as FromManager),
      },
    },
    chart: {
      description: 'resource manager',
      initial: 'working',
      on: {
        prepare: stall('it has decided'),
        chooseToAbort: stall('it has decided'),
        commit: { target: '.committed' },
        abort: { target: '.aborted' },
      },
      states: {
        working: {
          description: 'nothing promised',
          on: { prepare: { target: 'prepared', actions: 'vote' }, chooseToAbort: { target: 'aborted' } },
        },
        prepared: { description: 'promised to commit' },
        committed: { description: 'has committed' },
        aborted: { description: 'has aborted' },
      },
    },
  })
}

interface Votes {
  prepared: boolean[]
}

function transactionManager(count: number) {
  const ports = indexes(count).map(idOf)
  const sends = Object.fromEntries(ports.map((port) => [port, 1]))
  return defineMachine<Votes, Message>({
    id: 'transactionManager',
    description: 'commits once all have prepared, or aborts at any moment before',
    inPorts: Object.fromEntries(ports.map((port) => [port, ['prepared']])),
    outPorts: Object.fromEntries(ports.map((port) => [port, ['commit', 'abort']])),
    events: {
      prepared: 'a resource manager has prepared',
      commit: 'decides to commit',
      abort: 'decides to abort',
    },
    spontaneous: {
      commit: { description: 'TMCommit', kind: 'must', when: ({ prepared }) => prepared.every(Boolean) },
      abort: { description: 'TMAbort', kind: 'must' },
    },
    context: () => ({ prepared: ports.map(() => false) }),
    actions: {
      note: {
        description: 'notes who has prepared',
        run: (context, message) => {
          context.prepared[(message as FromManager).rm] = true
        },
      },
      tell: {
        description: 'tells everybody',
        sends,
        run: (_context, { type }, out) => {
          for (const port of ports) out.send(port, { type })
        },
      },
    },
    chart: {
      description: 'transaction manager',
      initial: 'init',
      states: {
        init: {
          description: 'undecided',
          on: {
            prepared: { actions: 'note' },
            commit: { target: 'committed', actions: 'tell' },
            abort: { target: 'aborted', actions: 'tell' },
          },
        },
        committed: {
          description: 'decided to commit',
          on: { prepared: stall('decided'), commit: stall('decided'), abort: stall('decided') },
        },
        aborted: {
          description: 'decided to abort',
          on: { prepared: stall('decided'), commit: stall('decided'), abort: stall('decided') },
        },
      },
    },
  })
}

/** The same system of other charts with the same ports: `prepared` carries the manager's number as `rm`. */
export interface Charts {
  readonly id: string
  transactionManager(count: number): ActorDefinition
  resourceManager(rm: number): ActorDefinition
}

/** Messages form a set and are never consumed: what was said can be heard again and again. */
export function twoPhaseCommit(
  count: number,
  charts: Charts = { id: 'two-phase-commit', transactionManager, resourceManager },
): CheckableSystem {
  const managers = indexes(count).map(idOf)
  const allAre = (name: string) => (state: StateView) => managers.every((id) => state.actor(id).matches(name))
  return defineSystem({
    id: `${charts.id}-${count}`,
    description: `two-phase commit with ${count} resource managers`,
    actors: {
      tm: charts.transactionManager(count),
      ...Object.fromEntries(indexes(count).map((rm) => [idOf(rm), charts.resourceManager(rm)])),
    },
    channels: managers.flatMap((id) => [
      { from: `${id}.vote`, to: `tm.${id}`, order: 'set' as const },
      { from: `tm.${id}`, to: `${id}.decision`, order: 'set' as const },
    ]),
    properties: {
      consistent: always((state) => {
        const is = (name: string) => managers.some((id) => state.actor(id).matches(name))
        return !(is('aborted') && is('committed'))
      }, 'nobody has aborted while another has committed'),
      'all commit': sometimes(allAre('committed')),
      'all abort': sometimes(allAre('aborted')),
    },
    symmetries: [
      {
        name: 'resource managers',
        size: count,
        group: 'full',
        actors: [managers],
        ports: [managers.map((id) => `tm.${id}`)],
        fields: { 'tm.prepared': 'indexed' },
        messages: { 'prepared.rm': 'index' },
      },
    ],
  })
}

export const system = twoPhaseCommit(3)
