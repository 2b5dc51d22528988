/** DMA device | the chart: registers, posted writes, the program, the interrupt line and the supply side by side. */

import { ignore, type StateConfig, stall, type TransitionConfig } from '../../src/statechart/define.ts'
import type { SupplyState } from '../power/types.ts'

/** What a device has beyond the least. */
export interface DeviceParts {
  readonly walks: boolean
  readonly line: boolean
  readonly supply: SupplyState | undefined
}

/** The chart of the device called `id`. A write is retired before the program looks whether it was the last. */
export function deviceChart(id: string, parts: DeviceParts): StateConfig {
  return {
    description: 'a device that runs a program of DMA accesses',
    type: 'parallel',
    states: {
      registers,
      writes,
      program: programRegion(id, parts),
      ...(parts.line ? { line: lineRegion(parts.supply !== undefined) } : {}),
      ...(parts.supply ? { supply: supplyRegion(id, parts.walks, parts.supply) } : {}),
    },
  }
}

const registers: StateConfig = {
  description: 'the register window',
  initial: 'serving',
  states: {
    serving: {
      description: 'one access at a time',
      on: {
        'reg.read.req': [{ guard: 'isRegister', actions: 'answerRead' }, { actions: 'refuseRead' }],
        'reg.write.req': [{ guard: 'isRegister', actions: 'writeRegister' }, { actions: 'refuseWrite' }],
      },
    },
  },
}

const writes: StateConfig = {
  description: 'posted writes that are not acknowledged',
  initial: 'none',
  states: {
    none: {
      description: 'every write is acknowledged',
      on: { 'write.resp': ignore('no write is outstanding') },
      always: { guard: 'writesOutstanding', target: 'underWay' },
    },
    underWay: {
      description: 'writes are outstanding',
      initial: 'roomy',
      on: {
        'write.resp': [
          { guard: 'answersLastWrite', target: 'none', actions: 'retireWrite' },
          { guard: 'answersWrite', target: '.roomy', actions: 'retireWrite' },
          ignore('no write with that id is outstanding'),
        ],
      },
      states: {
        roomy: {
          description: 'there is a free id',
          always: { guard: 'idsUsedUp', target: 'full' },
        },
        full: {
          description: 'every id is used',
          on: {
            step: {
              guard: { type: 'nextIs', params: { kind: 'write' } },
              ...stall('as many writes as may be are out'),
            },
          },
        },
      },
    },
  },
}

function programRegion(id: string, { walks, line, supply }: DeviceParts): StateConfig {
  const at = (path: string): string => `#${id}.program.${path}`
  return {
    description: 'the program, an instruction a step',
    initial: supply?.power === 'off' ? 'unpowered' : 'running',
    on: {
      step: stall('the program waits'),
      'read.resp': ignore('no read is under way'),
      'registers.changed': ignore('the program does not wait for its registers'),
      ...(walks ? { 'translate.resp': ignore('no translation was asked for') } : {}),
      ...(supply ? { 'power.on': ignore('the power is on'), 'power.off': ignore('the power is off') } : {}),
    },
    states: {
      running: {
        description: 'the device works',
        initial: 'fetching',
        ...(supply ? { on: { 'power.off': { target: at('unpowered'), actions: 'loseState' } } } : {}),
        states: {
          fetching: fetchingState(walks, line),
          issuing: issuingStates(at, walks, line),
          waiting: waitingStates(at, walks, supply !== undefined),
          ended: { description: 'the program has ended; registers are still there', tags: ['finished'] },
        },
      },
      ...(supply ? unpoweredStates(at, walks) : {}),
    },
  }
}

function fetchingState(walks: boolean, line: boolean): StateConfig {
  const goOn = (target: string, params: { kind: string; rests?: boolean }): TransitionConfig => {
    return { guard: { type: 'nextIs', params }, target }
  }
  return {
    description: 'passes at once: looks at the instruction that follows',
    entry: 'fetch',
    always: [
      goOn('issuing.read', { kind: 'read' }),
      goOn('issuing.write', { kind: 'write' }),
      ...(walks ? [goOn('issuing.walk', { kind: 'walk' })] : []),
      goOn('issuing.registers', { kind: 'registers' }),
      ...(line ? [goOn('issuing.line', { kind: 'line' })] : []),
      goOn('waiting.fencing', { kind: 'fence' }),
      goOn('waiting.condition', { kind: 'wait', rests: false }),
      goOn('waiting.resting', { kind: 'wait', rests: true }),
      { target: 'ended' },
    ],
  }
}

function issuingStates(at: (path: string) => string, walks: boolean, line: boolean): StateConfig {
  const fetching = at('running.fetching')
  const skip: TransitionConfig = { guard: 'isMisaligned', target: fetching, actions: 'skip' }
  return {
    description: 'an instruction is ready',
    initial: 'read',
    states: {
      read: {
        description: 'a DMA read',
        on: { step: [skip, { target: at('running.waiting.reading'), actions: 'requestRead' }] },
      },
      write: {
        description: 'a posted DMA write',
        on: { step: [skip, { target: fetching, actions: 'sendWrite' }] },
      },
      ...(walks
        ? {
            walk: {
              description: 'a translation without an access',
              on: { step: { target: at('running.waiting.walking'), actions: 'requestTranslation' } },
            },
          }
        : {}),
      registers: {
        description: 'an instruction on registers that cores can see',
        on: { step: { target: fetching, actions: 'runRegister' } },
      },
      ...(line
        ? {
            line: {
              description: 'the interrupt line goes up or down',
              on: { step: { target: fetching, actions: 'changeLine' } },
            },
          }
        : {}),
    },
  }
}

function waitingStates(at: (path: string) => string, walks: boolean, supplied: boolean): StateConfig {
  const fetching = at('running.fetching')
  /** The answer will find nobody who asked. */
  const abandon = supplied ? { 'power.off': { target: at('unpowered.awaiting'), actions: 'loseState' } } : {}
  const noticed = [
    { guard: 'conditionHolds', target: fetching, actions: 'proceed' },
    ignore('the condition does not hold yet'),
  ]
  return {
    description: 'the present instruction waits',
    initial: 'reading',
    states: {
      reading: {
        description: 'a read waits for its data',
        on: {
          'read.resp': [
            { guard: 'bringsData', target: fetching, actions: 'takeData' },
            { guard: 'answersRead', target: fetching, actions: 'failRead' },
            ignore('it answers another read'),
          ],
          ...abandon,
        },
      },
      ...(walks
        ? {
            walking: {
              description: 'the IOMMU looks for the translation',
              on: {
                'translate.resp': [
                  { guard: 'isTranslated', target: fetching, actions: 'proceed' },
                  { target: fetching, actions: 'failTranslation' },
                ],
                ...abandon,
              },
            },
          }
        : {}),
      fencing: {
        description: 'a fence waits until every write is acknowledged',
        on: { 'write.resp': { guard: 'answersLastWrite', target: fetching, actions: 'proceed' } },
      },
      condition: {
        description: 'the program waits until a condition on the registers holds',
        on: { 'registers.changed': noticed },
      },
      resting: {
        description: 'the same in a program that goes on for ever: it may as well never hold',
        tags: ['finished'],
        on: { 'registers.changed': noticed },
      },
    },
  }
}

function unpoweredStates(at: (path: string) => string, walks: boolean): Record<string, StateConfig> {
  /** An answer to what was asked before the power went. */
  const late = (target: string) => ({
    'read.resp': [{ guard: 'answersRead', target, description: 'nobody takes it' }, ignore('it answers another read')],
    ...(walks ? { 'translate.resp': { target, description: 'nobody takes it' } } : {}),
  })
  return {
    unpowered: {
      description: 'no power: registers and program are lost',
      initial: 'silent',
      tags: ['finished'],
      states: {
        silent: {
          description: 'nothing is asked of the bus',
          on: { 'power.on': at('running') },
        },
        awaiting: {
          description: 'the bus still owes the answer to a read',
          on: { ...late('silent'), 'power.on': at('recovering') },
        },
      },
    },
    recovering: {
      description: 'the power is back; the program begins when the bus owes nothing',
      on: { ...late('running'), 'power.off': { target: at('unpowered.awaiting'), actions: 'loseState' } },
    },
  }
}

function lineRegion(supplied: boolean): StateConfig {
  return {
    description: 'the interrupt line',
    initial: 'low',
    states: {
      low: {
        description: 'nothing to report',
        on: {
          'line.raise': { target: 'high', actions: 'raiseLine' },
          'line.lower': ignore('the line is low already'),
        },
      },
      high: {
        description: 'the device wants attention',
        on: {
          'line.raise': ignore('the line is high already'),
          'line.lower': { target: 'low', actions: 'lowerLine' },
          ...(supplied ? { 'power.off': { target: 'low', actions: 'lowerLine' } } : {}),
        },
      },
    },
  }
}

/** Without a clock nothing moves, and no answer is taken. Without power answers come to nothing. HF-433 */
function supplyRegion(id: string, walks: boolean, initial: SupplyState): StateConfig {
  const at = (path: string): string => `#${id}.supply.${path}`
  const still = stall('the clock stands still')
  const dead = stall('the power is off')
  const gated = (rest: NonNullable<StateConfig['on']>): StateConfig => ({
    description: 'the clock stands still',
    on: { 'clock.off': ignore('it stands still already'), 'clock.on': { target: 'clocked' }, ...rest },
  })
  const clocked: StateConfig = {
    description: 'the clock runs',
    on: { 'clock.on': ignore('it runs already'), 'clock.off': { target: 'gated' } },
  }
  const first = initial.clock === 'on' ? 'clocked' : 'gated'
  const unreachable = { step: dead, 'reg.read.req': dead, 'reg.write.req': dead }
  const frozen = {
    step: still,
    'read.resp': still,
    'write.resp': still,
    'reg.read.req': still,
    'reg.write.req': still,
    ...(walks ? { 'translate.resp': still } : {}),
  }
  return {
    description: 'clock and power',
    initial: initial.power === 'on' ? 'powered' : 'unpowered',
    states: {
      powered: {
        description: 'the power is on',
        initial: first,
        states: {
          clocked: { ...clocked, on: { ...clocked.on, 'power.off': { target: at('unpowered.clocked') } } },
          gated: gated({ ...frozen, 'power.off': { target: at('unpowered.gated') } }),
        },
      },
      unpowered: {
        description: 'the power is off',
        initial: first,
        on: unreachable,
        states: {
          clocked: { ...clocked, on: { ...clocked.on, 'power.on': { target: at('powered.clocked') } } },
          gated: gated({ 'power.on': { target: at('powered.gated') } }),
        },
      },
    },
  }
}
