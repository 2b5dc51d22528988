/** GIC | the chart: the distributor and, per core, a CPU interface that signals or not. */

import { ignore, type StateConfig } from '../../src/statechart/define.ts'
import type { GicConfig } from './types.ts'

/** The chart of a GIC. */
export function gicChart({ id, cores, enabled = [] }: GicConfig): StateConfig {
  const states: Record<string, StateConfig> = {
    distributor: distributor(enabled.length > 0 ? 'forwarding' : 'disabled'),
  }
  for (let core = 0; core < cores; core++) {
    const first = enabled.some((each) => each.core === core) ? 'enabled' : 'disabled'
    states[`interface${core}`] = cpuInterface(id, core, first)
  }
  return {
    description: 'an interrupt controller; the state of each line is in the context',
    type: 'parallel',
    states,
    on: {
      'irq.raise': [
        { guard: 'isWired', actions: ['raiseLine', 'linesChanged'] },
        ignore('no line of this number is wired'),
      ],
      'irq.lower': [
        { guard: 'isWired', actions: ['lowerLine', 'linesChanged'] },
        ignore('no line of this number is wired'),
      ],
      'reg.read.req': { actions: 'answerRead' },
      'reg.write.req': [
        { guard: 'endsInterrupt', actions: ['acknowledgeWrite', 'endInterrupt', 'linesChanged'] },
        { actions: ['acknowledgeWrite', 'storeRegister', 'linesChanged'] },
      ],
    },
  }
}

function distributor(initial: 'disabled' | 'forwarding'): StateConfig {
  return {
    description: 'forwards pending interrupts to the CPU interfaces',
    initial,
    states: {
      disabled: {
        description: 'ICDDCR bit 0 is clear: nothing is forwarded',
        on: {
          'lines.changed': ignore('the distributor forwards nothing'),
          'reg.write.req': [
            {
              guard: 'enablesDistributor',
              target: 'forwarding',
              actions: ['acknowledgeWrite', 'updateInterfaces'],
            },
            { guard: 'disablesDistributor', actions: 'acknowledgeWrite' },
          ],
        },
      },
      forwarding: {
        description: 'every pending and enabled interrupt is offered to its target cores',
        on: {
          'lines.changed': { actions: 'updateInterfaces' },
          'reg.read.req': { guard: 'readsDistributorControl', actions: 'answerEnabled' },
          'reg.write.req': [
            { guard: 'enablesDistributor', actions: 'acknowledgeWrite' },
            {
              guard: 'disablesDistributor',
              target: 'disabled',
              actions: ['acknowledgeWrite', 'silenceInterfaces'],
            },
          ],
        },
      },
    },
  }
}

/** The interface of one core; its registers are told apart from the other cores' by who accesses them. */
function cpuInterface(id: string, core: number, initial: 'disabled' | 'enabled'): StateConfig {
  const params = { core }
  const disabled = `#${id}.interface${core}.disabled`
  const mine = (type: string) => ({ type, params })
  return {
    description: `the CPU interface of core ${core}`,
    initial,
    states: {
      disabled: {
        description: 'ICCICR bit 0 is clear: the core is not signalled',
        on: {
          'interface.update': ignore('the interface is disabled'),
          'interface.silence': ignore('the interface is disabled'),
          'reg.write.req': [
            {
              guard: mine('enablesInterface'),
              target: 'enabled',
              actions: ['acknowledgeWrite', 'linesChanged'],
            },
            { guard: mine('disablesInterface'), actions: 'acknowledgeWrite' },
          ],
        },
      },
      enabled: {
        description: 'ICCICR bit 0 is set',
        initial: 'quiet',
        on: {
          'reg.read.req': { guard: mine('readsInterfaceControl'), actions: 'answerEnabled' },
          'reg.write.req': { guard: mine('enablesInterface'), actions: 'acknowledgeWrite' },
        },
        states: {
          quiet: {
            description: 'no interrupt of sufficient priority for this core',
            on: {
              'interface.update': [
                { guard: mine('isDue'), target: 'signalling', actions: `assert.cpu${core}` },
                ignore('there is nothing to signal'),
              ],
              'interface.silence': ignore('nothing is signalled'),
              'reg.write.req': { guard: mine('disablesInterface'), target: disabled, actions: 'acknowledgeWrite' },
            },
          },
          signalling: {
            description: 'the interrupt signal to the core is high',
            on: {
              'interface.update': [
                { guard: mine('isOver'), target: 'quiet', actions: `deassert.cpu${core}` },
                ignore('the signal is high already'),
              ],
              'interface.silence': { target: 'quiet', actions: `deassert.cpu${core}` },
              'reg.read.req': { guard: mine('acknowledges'), actions: [mine('acknowledge'), 'linesChanged'] },
              'reg.write.req': {
                guard: mine('disablesInterface'),
                target: disabled,
                actions: ['acknowledgeWrite', `deassert.cpu${core}`],
              },
            },
          },
        },
      },
    },
  }
}
