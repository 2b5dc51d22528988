/** CPU | the pipeline region of the core's chart: instructions in order, one step each, a step per line in ranges. */

import { ignore, type StateConfig, stall, type TransitionConfig } from '../../src/statechart/define.ts'
import type { Core } from './core.ts'
import { overtakesNothing } from './early-load-region.ts'
import { exclusiveInstructions, exclusiveWaiting } from './exclusive.ts'
import type { Kind } from './program.ts'

/** Instruction kind → its state under `issuing`. Kinds with ranges stand first: they are looked up most. */
const stateOf: Readonly<Record<Exclude<Kind, 'end' | keyof typeof exclusiveStates>, string>> = {
  load: 'load',
  store: 'store',
  maintain: 'maintenance',
  prefetch: 'preload',
  'register-write': 'registerWrite',
  'register-read': 'registerRead',
  dmb: 'memoryBarrier',
  dsb: 'synchronizationBarrier',
  isb: 'instructionBarrier',
  call: 'call',
  mark: 'mark',
  wait: 'sleep',
  mask: 'mask',
  return: 'return',
  register: 'registers',
}

/** The same of instructions that not every core has. */
const exclusiveStates = {
  'load-exclusive': 'exclusiveLoad',
  'store-exclusive': 'exclusiveStore',
  'clear-exclusive': 'exclusiveClear',
} as const

/** Where the instruction after this one begins, and where this one waits. */
interface Places extends Parts {
  readonly fetching: string
  readonly waiting: (state: string) => string
}

/** What the chart is made for. */
type Parts = Pick<Core, 'mmu' | 'reorders' | 'defers' | 'threaded' | 'misses' | 'exclusive' | 'fails'>

/** The region of one core. */
export function pipelineRegion(core: Parts & Pick<Core, 'id'>): StateConfig {
  const { id, threaded, defers, misses, exclusive, fails } = core
  const fetching = `#${id}.pipeline.fetching`
  const places: Places = { ...core, fetching, waiting: (state) => `#${id}.pipeline.waiting.${state}` }
  return {
    description: 'executes instructions in program order',
    initial: 'fetching',
    on: {
      issue: stall('the pipeline waits for the present instruction'),
      'interrupt.take': stall('an interrupt is taken between two instructions or lines'),
      ...(defers ? { 'load.defer': stall('no load is about to be executed, or it cannot be late') } : {}),
      ...(misses ? { 'maintenance.miss': stall('no maintenance is about to be executed') } : {}),
      ...(fails ? { 'exclusive.fail': stall('no store-exclusive is about to be executed') } : {}),
      ...(threaded ? { 'thread.switch': stall('threads take turns between two instructions or lines') } : {}),
    },
    states: {
      fetching: {
        description: 'passes at once: executes register instructions and looks at the instruction that follows',
        entry: 'fetch',
        always: [
          ...Object.entries({ ...stateOf, ...(exclusive ? exclusiveStates : {}) }).map(([kind, state]) => ({
            guard: { type: 'nextIs', params: { kind } },
            target: `issuing.${state}`,
          })),
          ...(defers ? [{ guard: 'loadIsLate', target: 'finishing' }] : []),
          ...(threaded ? [{ guard: 'othersWait', target: 'ended' }] : []),
          { target: 'halted' },
        ],
      },
      issuing: issuingStates(places),
      waiting: waitingStates(places),
      ...(defers ? { finishing: finishingState } : {}),
      ...(threaded ? { ended: endedState(places) } : {}),
      halted: {
        description: threaded
          ? 'every thread has ended; interrupts are still taken'
          : 'main has ended; interrupts are still taken',
        tags: ['finished'],
        on: { 'interrupt.take': { target: fetching, actions: 'enterHandler' } },
      },
    },
  }
}

const finishingState: StateConfig = {
  description: 'nothing follows a load that has not been performed yet',
  on: {
    'load.perform': { guard: 'lateLoadForwards', target: 'fetching' },
    'load.resp': { guard: 'lateLoadAnswered', target: 'fetching' },
  },
}

function endedState({ fetching }: Places): StateConfig {
  return {
    description: 'the present thread has ended and another one has not',
    on: {
      'interrupt.take': { target: fetching, actions: 'enterHandler' },
      'thread.switch': { target: fetching, actions: 'switchThread' },
    },
  }
}

/** What every access to virtual memory may run into. */
function accessTroubles({ fetching, waiting, mmu }: Places): TransitionConfig[] {
  const status = (name: string) => ({ type: 'accessIs', params: { status: name } })
  return [
    { guard: status('untranslated'), target: waiting('translating'), actions: 'askTranslation' },
    ...(mmu ? [{ guard: status('unwalked'), target: waiting('walking'), actions: 'askUnit' }] : []),
    { guard: status('ended'), target: fetching, actions: 'complete', description: 'a range of no bytes' },
    { guard: status('aborted'), target: fetching, actions: 'abort' },
  ]
}

function issuingStates(places: Places): StateConfig {
  return {
    description: 'an instruction, or the next line of its range, is ready to execute',
    initial: 'load',
    on: {
      'interrupt.take': { target: places.fetching, actions: 'enterHandler' },
      ...(places.threaded ? { 'thread.switch': { target: places.fetching, actions: 'switchThread' } } : {}),
    },
    states: {
      ...memoryInstructions(places),
      ...(places.exclusive ? exclusiveInstructions(places, { ...places, troubles: accessTroubles(places) }) : {}),
      ...deviceInstructions(places),
      ...barrierInstructions(places),
      ...controlInstructions(places),
    },
  }
}

function memoryInstructions(places: Places): Record<string, StateConfig> {
  const { fetching, waiting, reorders, defers, misses } = places
  return {
    load: {
      description: 'a load, or the next line of a ranged one',
      on: {
        issue: [
          ...(reorders ? [{ guard: 'loadWasEarly', target: fetching, actions: 'takeEarly' }] : []),
          { guard: 'loadMisses', target: waiting('loading'), actions: 'requestLoad' },
          { guard: 'loadForwards', actions: 'forwardLoad' },
          { guard: 'loadForwardsLast', target: fetching, actions: 'forwardLoad' },
          ...accessTroubles(places),
          stall('older maintenance of the line, or what a Strongly-ordered load stays behind, is not complete'),
        ],
        ...(defers ? { 'load.defer': { guard: 'loadDefers', target: fetching, actions: 'deferLoad' } } : {}),
      },
    },
    store: {
      description: 'a store, or the next line of a ranged one',
      on: {
        issue: [
          { guard: 'storeEntersLast', target: fetching, actions: 'enterStore' },
          { guard: 'storeEnters', actions: 'enterStore' },
          { guard: 'storeGoesInOrder', target: waiting('storingInOrder'), actions: 'sendStoreAtOnce' },
          { guard: 'storeGoes', target: waiting('storing'), actions: 'sendStoreAtOnce' },
          ...accessTroubles(places),
          stall('the store buffer is full, or something older that the store stays behind is not complete'),
        ],
      },
    },
    maintenance: {
      description: 'maintenance by MVA of the next line',
      on: {
        issue: [
          { guard: 'maintenancePosts', actions: 'postMaintenance' },
          { guard: 'maintenancePostsLast', target: fetching, actions: 'postMaintenance' },
          ...accessTroubles(places),
          stall('an older store to the line or maintenance of it is not complete, or too many are posted'),
        ],
        ...(misses
          ? {
              'maintenance.miss': [
                { guard: 'maintenancePosts', actions: 'missMaintenance' },
                { guard: 'maintenancePostsLast', target: fetching, actions: 'missMaintenance' },
                stall('something older is not complete'),
              ],
            }
          : {}),
      },
    },
    preload: {
      description: 'a PLD of the next line',
      on: {
        issue: [
          { guard: 'preloads', actions: 'requestPreload' },
          { guard: 'preloadsLast', target: fetching, actions: 'requestPreload' },
          { guard: 'preloadIsVain', target: fetching, actions: 'complete', description: 'no cacheable memory' },
          ...accessTroubles(places),
          stall('older maintenance of the line is not complete'),
        ],
      },
    },
  }
}

function deviceInstructions({ fetching, waiting }: Places): Record<string, StateConfig> {
  const troubles: TransitionConfig[] = [
    { guard: { type: 'registerAccessIs', params: { status: 'ended' } }, target: fetching, actions: 'complete' },
    { guard: { type: 'registerAccessIs', params: { status: 'aborted' } }, target: fetching, actions: 'abort' },
  ]
  return {
    registerWrite: {
      description: 'a Device store: a register write, or PL310 maintenance of the next line',
      on: {
        issue: [
          { guard: 'storeEntersLast', target: fetching, actions: 'enterRegisterWrite' },
          { guard: 'storeEnters', actions: 'enterRegisterWrite' },
          { guard: 'storeGoes', target: waiting('storing'), actions: 'sendRegisterWriteAtOnce' },
          ...troubles,
          stall('the store buffer is full'),
        ],
      },
    },
    registerRead: {
      description: 'a Device load',
      on: {
        issue: [
          { guard: { type: 'registerAccessIs', params: { status: 'aborted' } }, target: fetching, actions: 'abort' },
          { guard: 'deviceStoresWait', ...stall('older Device stores have not been sent') },
          { target: waiting('readingRegister'), actions: 'requestRegister' },
        ],
      },
    },
  }
}

function barrierInstructions({ fetching, waiting }: Places): Record<string, StateConfig> {
  return {
    memoryBarrier: {
      description: 'a DMB',
      on: { issue: { target: waiting('draining'), actions: 'complete' } },
    },
    synchronizationBarrier: {
      description: 'a DSB',
      on: { issue: { target: waiting('synchronizing'), actions: 'complete' } },
    },
    instructionBarrier: {
      description: 'an ISB: instructions are fetched anew, which takes a step',
      on: { issue: { target: fetching, actions: 'complete' } },
    },
  }
}

function controlInstructions({ fetching, waiting }: Places): Record<string, StateConfig> {
  return {
    call: {
      description: 'a call of the operating system',
      on: { issue: { target: waiting('calling'), actions: 'sendCall' } },
    },
    mark: {
      description: 'one or more marks in a row',
      on: { issue: { target: fetching, actions: 'emitMarks' } },
    },
    sleep: {
      description: 'a WFI',
      on: { issue: { target: waiting('sleeping'), actions: 'beginSleep' } },
    },
    mask: {
      description: 'a CPSID or CPSIE',
      on: { issue: { target: fetching, actions: 'changeMask' } },
    },
    return: {
      description: 'the end of the handler',
      on: { issue: { target: fetching, actions: 'leaveHandler' } },
    },
    registers: {
      description: 'a register instruction between which and its neighbours the handler could make a difference',
      on: { issue: { target: fetching, actions: 'runRegister' } },
    },
  }
}

function waitingStates({ fetching, mmu, reorders, threaded, exclusive }: Places): StateConfig {
  const alone = reorders ? { on: overtakesNothing } : {}
  return {
    description: 'the present instruction waits; nothing is issued and no interrupt is taken',
    initial: 'loading',
    states: {
      loading: {
        description: 'a load waits for its data',
        on: {
          'load.resp': [
            { guard: 'loadAnswered', target: `${fetching.replace('fetching', 'issuing')}.load`, actions: 'finishLoad' },
            { guard: 'loadAnsweredLast', target: fetching, actions: 'finishLoad' },
            { guard: 'loadFailed', target: fetching, actions: 'failLoad' },
            ignore('it answers another load'),
          ],
        },
      },
      storing: {
        description: 'without a store buffer, a store waits until it is performed',
        ...alone,
        always: { guard: 'bufferEmpty', target: fetching },
      },
      // HF-490
      storingInOrder: {
        description: 'a Strongly-ordered store waits until memory has it',
        ...alone,
        always: { guard: 'orderedStoreDone', target: fetching },
      },
      ...(exclusive ? { storingExclusive: exclusiveWaiting(fetching) } : {}),
      draining: {
        description: 'a DMB waits until every older store is performed',
        ...alone,
        always: { guard: 'bufferEmpty', target: fetching },
      },
      synchronizing: {
        description: 'a DSB waits until every older store is performed and every older maintenance is complete',
        ...alone,
        always: { guard: 'everythingDone', target: fetching },
      },
      readingRegister: {
        description: 'a Device load waits for its value',
        on: {
          'reg.read.resp': [
            { guard: 'registerReadAnsweredWell', target: fetching, actions: 'finishRegister' },
            { guard: 'registerReadAnswered', target: fetching, actions: 'failRegister' },
            ignore('it answers another read'),
          ],
        },
      },
      translating: {
        description: 'an access waits for the translation of its page',
        on: {
          'os.return': [
            { guard: 'pageMapped', target: fetching, actions: 'keepTranslation' },
            { target: fetching, actions: 'abortUnmapped' },
          ],
        },
      },
      ...(mmu ? { walking: walkingState(fetching) } : {}),
      calling: {
        description: 'a call waits for the operating system, as long as that holds it up (a lock)',
        on: { 'os.return': { target: fetching, actions: 'finishCall' } },
      },
      // HF-105
      sleeping: {
        description: 'a WFI waits for the interrupt line, masked or not',
        on: {
          ...alone.on,
          'irq.assert': { target: fetching },
          'sleep.end': { target: fetching },
          ...(threaded ? { 'thread.switch': { target: fetching, actions: 'switchFromSleep' } } : {}),
        },
      },
    },
  }
}

function walkingState(fetching: string): StateConfig {
  return {
    description: "an access waits for the core's own unit to translate its address",
    on: {
      'translate.resp': [
        { guard: 'unitAllows', target: fetching, actions: 'keepUnitTranslation' },
        { guard: 'unitForbids', target: fetching, actions: 'abortUntranslated' },
      ],
    },
  }
}
