/** CPU | the other regions of the core's chart: store buffer, posted maintenance, interrupts. */

import { ignore, type StateConfig, stall } from '../../src/statechart/define.ts'

/** Entries drain in any order that `drains` allows; responses retire them. */
export const storeBufferRegion: StateConfig = {
  description: 'holds stores that are executed and not yet performed',
  initial: 'empty',
  states: {
    empty: {
      description: 'no store is under way',
      on: {
        'store.drain': stall('the store buffer is empty'),
        'store.resp': ignore('no store is under way'),
        'reg.write.resp': ignore('no register write is under way'),
      },
      always: { guard: 'bufferUsed', target: 'holding' },
    },
    holding: {
      description: 'stores are under way',
      initial: 'roomy',
      on: {
        'store.drain': [
          { guard: 'storeDrains', actions: 'drainStore' },
          { guard: 'registerWriteDrains', actions: 'drainRegisterWrite' },
          stall('an older store or maintenance comes first'),
        ],
        'store.resp': [
          { guard: 'storeAnsweredLast', target: 'empty', actions: 'retireStore' },
          { guard: 'storeAnswered', target: '.roomy', actions: 'retireStore' },
          ignore('no store to that address was sent'),
        ],
        'reg.write.resp': [
          { guard: 'registerWriteAnsweredLast', target: 'empty', actions: 'retireRegisterWrite' },
          { guard: 'registerWriteAnswered', target: '.roomy', actions: 'retireRegisterWrite' },
          ignore('no register write with that id was sent'),
        ],
      },
      states: {
        roomy: {
          description: 'there is a free entry',
          always: { guard: 'bufferFull', target: 'full' },
        },
        full: {
          description: 'every entry is used: the next store waits',
        },
      },
    },
  },
}

/** Maintenance that only a DSB waits for. */
export const maintenanceRegion: StateConfig = {
  description: 'lines whose maintenance was posted and is not complete',
  initial: 'idle',
  states: {
    idle: {
      description: 'all maintenance is complete',
      on: { 'maintain.resp': ignore('no maintenance is posted') },
      always: { guard: 'maintenancePosted', target: 'posted' },
    },
    posted: {
      description: 'maintenance is under way',
      initial: 'roomy',
      on: {
        'maintain.resp': [
          { guard: 'maintenanceAnsweredLast', target: 'idle', actions: 'retireMaintenance' },
          { guard: 'maintenanceAnswered', target: '.roomy', actions: 'retireMaintenance' },
          ignore('no maintenance of that line is posted'),
        ],
      },
      states: {
        roomy: {
          description: 'more lines can be posted',
          always: { guard: 'maintenanceFull', target: 'full' },
        },
        full: {
          description: 'as many lines as possible are posted',
        },
      },
    },
  },
}

const stillHigh = ignore('the line is high already')
const stillLow = ignore('the line is low already')
const notNow = stall('no unmasked interrupt is pending')
const awake = { actions: 'endSleep' }
const asleep = ignore('the line is low: the core sleeps until it rises')

/** Line level and mask together, because only one combination takes interrupts. @param id of the machine */
export function interruptRegion(id: string, hasHandler: boolean): StateConfig {
  const to = (state: string): string => `#${id}.interrupt.${state}`
  return {
    description: 'the interrupt line and whether the core accepts it',
    initial: hasHandler ? 'enabled' : 'masked', // HF-106
    states: {
      masked: {
        description: 'interrupts wait: CPSID was executed, or there is no handler',
        initial: 'low',
        on: { 'interrupt.take': notNow, 'interrupts.off': ignore('interrupts are masked already') },
        states: {
          low: {
            description: 'no interrupt',
            on: {
              'irq.assert': { target: 'high' },
              'irq.deassert': stillLow,
              'sleep.begin': asleep,
              'interrupts.on': [{ guard: 'hasHandler', target: to('enabled.low') }, ignore('there is no handler')],
            },
          },
          high: {
            description: 'an interrupt waits',
            on: {
              'irq.assert': stillHigh,
              'irq.deassert': { target: 'low' },
              'sleep.begin': awake,
              'interrupts.on': [{ guard: 'hasHandler', target: to('enabled.pending') }, ignore('there is no handler')],
            },
          },
        },
      },
      enabled: enabledStates(to),
      handling: {
        description: 'the handler runs; further interrupts wait until it returns',
        initial: 'high',
        on: {
          'interrupt.take': notNow,
          'interrupts.off': ignore('interrupts stay masked in a handler'),
          'interrupts.on': ignore('interrupts stay masked until the handler returns'),
        },
        states: {
          low: {
            description: 'the cause of the interrupt is gone',
            on: {
              'irq.assert': { target: 'high' },
              'irq.deassert': stillLow,
              'sleep.begin': asleep,
              'handler.left': { target: to('enabled.low') },
            },
          },
          high: {
            description: 'the interrupt, or another one, is still there',
            on: {
              'irq.assert': stillHigh,
              'irq.deassert': { target: 'low' },
              'sleep.begin': awake,
              'handler.left': { target: to('enabled.pending') },
            },
          },
        },
      },
    },
  }
}

function enabledStates(to: (state: string) => string): StateConfig {
  return {
    description: 'interrupts are accepted',
    initial: 'low',
    states: {
      low: {
        description: 'no interrupt',
        on: {
          'irq.assert': { target: 'pending' },
          'irq.deassert': stillLow,
          'interrupt.take': notNow,
          'interrupts.on': ignore('interrupts are accepted already'),
          'interrupts.off': { target: to('masked.low') },
          'sleep.begin': asleep,
        },
      },
      pending: {
        description: 'an interrupt is about to be taken',
        on: {
          issue: stall('the interrupt comes first'),
          'irq.assert': stillHigh,
          'irq.deassert': { target: 'low' },
          'interrupt.take': { target: to('handling.high') },
        },
      },
    },
  }
}
