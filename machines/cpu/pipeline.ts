/** CPU | the pipeline region of the core's chart: instructions in order, one step each, a step per line in ranges. */

import { ignore, type StateConfig, stall, type TransitionConfig } from '../../src/statechart/define.ts'
import type { Kind } from './program.ts'

/** Instruction kind → its state under `issuing`. Kinds with ranges stand first: they are looked up most. */
const stateOf: Readonly<Record<Exclude<Kind, 'end'>, string>> = {
  load: 'load',
  store: 'store',
  maintain: 'maintenance',
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

/** @param id of the machine, for targets. */
export function pipelineRegion(id: string): StateConfig {
  const fetching = `#${id}.pipeline.fetching`
  const waiting = (state: string): string => `#${id}.pipeline.waiting.${state}`
  return {
    description: 'executes instructions in program order',
    initial: 'fetching',
    on: {
      issue: stall('the pipeline waits for the present instruction'),
      'interrupt.take': stall('an interrupt is taken between two instructions or lines'),
    },
    states: {
      fetching: {
        description: 'passes at once: executes register instructions and looks at the instruction that follows',
        entry: 'fetch',
        always: [
          ...Object.entries(stateOf).map(([kind, state]) => ({
            guard: { type: 'nextIs', params: { kind } },
            target: `issuing.${state}`,
          })),
          { target: 'halted' },
        ],
      },
      issuing: issuingStates(fetching, waiting),
      waiting: waitingStates(fetching),
      halted: {
        description: 'main has ended; interrupts are still taken',
        tags: ['finished'],
        on: { 'interrupt.take': { target: fetching, actions: 'enterHandler' } },
      },
    },
  }
}

/** What every access to virtual memory may run into. */
function accessTroubles(fetching: string, waiting: (state: string) => string): TransitionConfig[] {
  const status = (name: string) => ({ type: 'accessIs', params: { status: name } })
  return [
    { guard: status('untranslated'), target: waiting('translating'), actions: 'askTranslation' },
    { guard: status('ended'), target: fetching, actions: 'complete', description: 'a range of no bytes' },
    { guard: status('aborted'), target: fetching, actions: 'abort' },
  ]
}

function issuingStates(fetching: string, waiting: (state: string) => string): StateConfig {
  return {
    description: 'an instruction, or the next line of its range, is ready to execute',
    initial: 'load',
    on: { 'interrupt.take': { target: fetching, actions: 'enterHandler' } },
    states: {
      ...memoryInstructions(fetching, waiting),
      ...deviceInstructions(fetching, waiting),
      ...barrierInstructions(fetching, waiting),
      ...controlInstructions(fetching, waiting),
    },
  }
}

function memoryInstructions(fetching: string, waiting: (state: string) => string): Record<string, StateConfig> {
  return {
    load: {
      description: 'a load, or the next line of a ranged one',
      on: {
        issue: [
          { guard: 'loadMisses', target: waiting('loading'), actions: 'requestLoad' },
          { guard: 'loadForwards', actions: 'forwardLoad' },
          { guard: 'loadForwardsLast', target: fetching, actions: 'forwardLoad' },
          ...accessTroubles(fetching, waiting),
          stall('older maintenance of the line is not complete'),
        ],
      },
    },
    store: {
      description: 'a store, or the next line of a ranged one',
      on: {
        issue: [
          { guard: 'storeEntersLast', target: fetching, actions: 'enterStore' },
          { guard: 'storeEnters', actions: 'enterStore' },
          { guard: 'storeGoes', target: waiting('storing'), actions: 'sendStoreAtOnce' },
          ...accessTroubles(fetching, waiting),
          stall('the store buffer is full, or older maintenance of the line is not complete'),
        ],
      },
    },
    maintenance: {
      description: 'maintenance by MVA of the next line',
      on: {
        issue: [
          { guard: 'maintenancePosts', actions: 'postMaintenance' },
          { guard: 'maintenancePostsLast', target: fetching, actions: 'postMaintenance' },
          ...accessTroubles(fetching, waiting),
          stall('an older store to the line or maintenance of it is not complete, or too many are posted'),
        ],
      },
    },
  }
}

function deviceInstructions(fetching: string, waiting: (state: string) => string): Record<string, StateConfig> {
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

function barrierInstructions(fetching: string, waiting: (state: string) => string): Record<string, StateConfig> {
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

function controlInstructions(fetching: string, waiting: (state: string) => string): Record<string, StateConfig> {
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

function waitingStates(fetching: string): StateConfig {
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
        always: { guard: 'bufferEmpty', target: fetching },
      },
      draining: {
        description: 'a DMB waits until every older store is performed',
        always: { guard: 'bufferEmpty', target: fetching },
      },
      synchronizing: {
        description: 'a DSB waits until every older store is performed and every older maintenance is complete',
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
      calling: {
        description: 'a call waits for the operating system, as long as that holds it up (a lock)',
        on: { 'os.return': { target: fetching, actions: 'finishCall' } },
      },
      // HF-105
      sleeping: {
        description: 'a WFI waits for the interrupt line, masked or not',
        on: { 'irq.assert': { target: fetching }, 'sleep.end': { target: fetching } },
      },
    },
  }
}
