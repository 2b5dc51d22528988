/** Cache-controller | scu: the snoop control unit, the one point of order between the cores' caches and the outer cache. */

import { Bytes } from '../../src/base/bytes.ts'
import { defineMachine, ignore, type MachineDefinition, type StateConfig, stall } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { litmus } from '../geometry.ts'
import { acpRequests, acpStates, emptyAccess, hasAcp, typesByPort } from './scu-acp.ts'
import { type ScuConfig, type ScuContext, type ScuMessage, scuActions, scuGuards } from './scu-actions.ts'

export type { ScuConfig, ScuContext, ScuMessage } from './scu-actions.ts'

// The block: the snoop control unit of a Cortex-A9 MPCore (HF-170). It serves one transaction at a time (HF-173), so
// the order in which it takes requests is the order of everything that happens to a line above the outer cache.
//
//   fetch:    snoop the other cores (share or take); a holder's data answer, else the outer cache's line does.
//             Shared dirty data go to the outer cache first (HF-172): MESI has no owner of a shared dirty line. Data
//             taken for a write stay dirty in the new holder and do not touch the outer cache.
//   evict:    pull the requester's eviction buffer; its data go to the outer cache. If another snoop has emptied it
//             since, there is nothing to do.
//   maintain: broadcast to every core, the requester too; cleaned data go to the outer cache; then the requester hears
//             that it is complete (HF-171). `maintenanceBroadcast` off: the requester alone does it (HF-493).
//   read, write: non-cacheable accesses pass through; those of devices, through the accelerator coherency ports, do not
//             (`scu-acp.ts`).
//
// Deadlock is impossible by construction. The SCU waits for snoop answers, which every cache gives in every state and which
// have a port of their own, and for the outer cache, which waits for memory only. Nothing waits for the SCU but
// requests at the head of a core's port. Which core is next is the scheduler's choice, so every order is possible.
//
// Exclusive accesses: a cacheable store-exclusive fetches its line like any store, and the snoop that takes the line from the others
// ends what they have begun there; the others' monitors are in their L1s. A non-cacheable one passes through to memory's.
//
// Left out: the duplicated tags that spare snoops (timing only).

const waits = stall('one transaction at a time')

/** The chart; idle is reached from every depth, so its targets are absolute. */
function scuChart(config: ScuConfig): StateConfig {
  const idle = `#${config.id}.idle`
  const devices = hasAcp(config)
  return {
    description: 'the snoop control unit',
    initial: 'idle',
    on: {
      'fetch.req': waits,
      'evict.req': waits,
      'maintain.req': waits,
      'read.req': waits,
      'write.req': waits,
      'snoop.resp': ignore('no snoop is under way'),
      'read.resp': ignore('no read is under way'),
      'write.resp': ignore('no write is under way'),
    },
    states: {
      idle: {
        description: 'no transaction',
        on: {
          'fetch.req': [
            { guard: 'hasOtherCores', target: 'fetching.snooping', actions: ['beginFetch', 'snoopOthers'] },
            { target: 'fetching.reading', actions: ['beginFetch', 'readLine'] },
          ],
          'evict.req': { target: 'evicting.pulling', actions: ['beginEviction', 'pullVictim'] },
          'maintain.req': [
            { guard: 'isForOneCore', target: 'maintaining.snooping', actions: ['beginMaintenance', 'snoopOwn'] },
            { target: 'maintaining.snooping', actions: ['beginMaintenance', 'snoopAll'] },
          ],
          'read.req': [
            ...(devices ? acpRequests['read.req'] : []),
            { target: 'passing.reading', actions: ['beginPass', 'passRead'] },
          ],
          'write.req': [
            ...(devices ? acpRequests['write.req'] : []),
            { target: 'passing.writing', actions: ['beginPass', 'passWrite'] },
          ],
        },
      },
      fetching: {
        description: 'a core gets a line',
        initial: 'snooping',
        states: {
          snooping: {
            description: 'the other cores say whether they hold the line',
            on: {
              'snoop.resp': [
                { guard: 'moreAnswersCome', actions: 'noteAnswer' },
                { guard: 'sharesDirtyLine', target: 'writing', actions: ['noteAnswer', 'writeBack'] },
                { guard: 'lineIsHeld', target: idle, actions: ['noteAnswer', 'passHeldLine', 'end'] },
                { target: 'reading', actions: ['noteAnswer', 'readLine'] },
              ],
            },
          },
          reading: {
            description: 'no other core holds the line; the outer cache brings it',
            on: { 'read.resp': { target: idle, actions: ['passReadLine', 'end'] } },
          },
          writing: {
            description: 'a dirty line is to be shared; the outer cache gets it first',
            on: { 'write.resp': { target: idle, actions: ['passHeldLine', 'end'] } },
          },
        },
      },
      evicting: {
        description: 'a core gives a dirty line up',
        initial: 'pulling',
        states: {
          pulling: {
            description: 'the core hands over what its eviction buffer holds',
            on: {
              'snoop.resp': [
                { guard: 'isDirty', target: 'writing', actions: ['noteAnswer', 'writeBack'] },
                { target: idle, actions: ['answerEviction', 'end'] },
              ],
            },
          },
          writing: {
            description: 'the victim is on its way to the outer cache',
            on: { 'write.resp': { target: idle, actions: ['answerEviction', 'end'] } },
          },
        },
      },
      maintaining: {
        description: 'a line is cleaned or invalidated in every core',
        initial: 'snooping',
        states: {
          snooping: {
            description: 'every core does it',
            on: {
              'snoop.resp': [
                { guard: 'moreAnswersCome', actions: 'noteAnswer' },
                { guard: 'dirtyDataCame', target: 'writing', actions: ['noteAnswer', 'writeBack'] },
                { target: idle, actions: ['answerMaintenance', 'end'] },
              ],
            },
          },
          writing: {
            description: 'cleaned data are on their way to the outer cache',
            on: { 'write.resp': { target: idle, actions: ['answerMaintenance', 'end'] } },
          },
        },
      },
      passing: {
        description: 'a non-cacheable access passes through',
        initial: 'reading',
        states: {
          reading: {
            description: 'a non-cacheable read is with the outer cache controller',
            on: { 'read.resp': { target: idle, actions: ['passAnswer', 'end'] } },
          },
          writing: {
            description: 'a non-cacheable write is with the outer cache controller',
            on: { 'write.resp': { target: idle, actions: ['passAnswer', 'end'] } },
          },
        },
      },
      ...(devices ? acpStates(idle) : {}),
    },
  }
}

/** Defines the snoop control unit for one or more cores. */
export function defineScu(config: ScuConfig): MachineDefinition {
  const cores = Array.from({ length: config.cores }, (_, core) => core)
  const requests = ['fetch.req', 'evict.req', 'maintain.req', 'read.req', 'write.req']
  const answers = ['fetch.resp', 'evict.resp', 'maintain.resp', 'snoop.req', 'read.resp', 'write.resp']
  return defineMachine<ScuContext, ScuMessage>({
    id: config.id,
    description: 'snoop control unit: keeps the level-1 data caches coherent, one transaction at a time',
    inPorts: {
      ...typesByPort(config, 'req'),
      ...Object.fromEntries(cores.map((core) => [`core${core}`, requests])),
      ...Object.fromEntries(cores.map((core) => [`snoop${core}`, ['snoop.resp']])),
      l2: ['read.resp', 'write.resp'],
    },
    outPorts: {
      ...typesByPort(config, 'resp'),
      ...Object.fromEntries(cores.map((core) => [`core${core}`, answers])),
      l2: ['read.req', 'write.req'],
    },
    events: {
      'fetch.req': 'a core needs a line',
      'evict.req': 'a core has a dirty line to give up',
      'maintain.req': 'a core cleans or invalidates a line by address',
      'read.req': 'a core reads non-cacheable memory, or a device reads coherently',
      'write.req': 'a core writes non-cacheable memory, or a device writes coherently',
      'snoop.resp': 'a core answers a snoop',
      'read.resp': 'the outer cache controller answers a read',
      'write.resp': 'the outer cache controller answers a write',
    },
    context: () => ({
      core: 0,
      addr: 0,
      mode: 'shared',
      op: 'clean',
      awaited: 0,
      held: false,
      dirty: false,
      data: new Bytes(config.geometry.lineBytes),
      ...(hasAcp(config) ? { access: emptyAccess(config.geometry.lineBytes) } : {}),
    }),
    guards: scuGuards(config),
    actions: scuActions(config),
    chart: scuChart(config),
  })
}

/** Two cores of the litmus geometry. */
export const defaultScuConfig: ScuConfig = { id: 'scu', cores: 2, geometry: litmus, features: defaultFeatures }

/** The statechart itself, for any XState tool. */
export const scuMachine = defineScu(defaultScuConfig).machine
