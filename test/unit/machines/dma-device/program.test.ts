/** Unit | programs of devices: what is refused and how, which registers there are, what takes a step. */

import { describe, expect, test } from 'vitest'
import type { DeviceInstruction, DeviceReaction } from '../../../../machines/dma-device/instruction.ts'
import { compileDevice } from '../../../../machines/dma-device/program.ts'
import { deviceRegisters, walks } from '../../../../machines/dma-device/registers.ts'
import type { DmaDeviceConfig } from '../../../../machines/dma-device/types.ts'
import { UsageError } from '../../../../src/base/errors.ts'

const plain: DmaDeviceConfig = {
  id: 'd',
  base: 0x12000000,
  registers: [{ name: 'STATUS', value: 5 }],
  reactions: [],
  program: [],
  outstandingWrites: 2,
  stepCycles: 1,
}

const withProgram = (...program: DeviceInstruction[]): DmaDeviceConfig => ({ ...plain, program })
const reacting = (...body: DeviceReaction[]): DmaDeviceConfig => ({
  ...plain,
  reactions: [{ register: 'STATUS', body }],
})

function problemOf(config: DmaDeviceConfig): string {
  try {
    compileDevice(config)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return ''
}

describe('registers', () => {
  test('BELL first, then those listed, then those that instructions write', () => {
    const config = withProgram(
      { op: 'read', addr: 64, to: 'word' },
      { op: 'set', to: 'STATUS', value: 1 },
      { op: 'set', to: 'next', value: ['add', 'word', 4] },
    )
    expect(deviceRegisters(config)).toEqual(['BELL', 'STATUS', 'word', 'next'])
    const { visible, reset } = compileDevice(config)
    expect(visible).toBe(2)
    expect(reset).toEqual([0, 5, 0, 0])
  })

  test('of reactions count too', () => {
    expect(deviceRegisters(reacting({ op: 'set', to: 'count', value: ['add', 'count', 1] }))).toContain('count')
  })
})

describe('what takes a step', () => {
  const folds = (config: DmaDeviceConfig): boolean[] => compileDevice(config).code.map((code) => code.folds)

  test('not what changes or reads private registers alone', () => {
    const config = withProgram(
      { op: 'set', to: 'a', value: 1 },
      { op: 'set', to: 'b', value: ['add', 'a', 1] },
      { op: 'branch', to: 'on', when: ['eq', 'b', 2] },
      { op: 'label', name: 'on' },
      { op: 'assert', that: ['eq', 'a', 1], message: 'kept' },
    )
    expect(folds(config)).toEqual([true, true, true, true, true, false])
  })

  test('what reads or writes registers that cores reach', () => {
    const config = withProgram(
      { op: 'set', to: 'STATUS', value: 1 },
      { op: 'set', to: 'a', value: 'BELL' },
      { op: 'assert', that: ['eq', 'STATUS', 1], message: 'kept' },
    )
    expect(folds(config)).toEqual([false, false, false, false])
  })

  test('what uses a private register that a reaction uses too', () => {
    const config = {
      ...reacting({ op: 'set', to: 'count', value: ['add', 'count', 1] }),
      program: [
        { op: 'set', to: 'seen', value: 'count' },
        { op: 'set', to: 'own', value: 'seen' },
      ] as const,
    }
    expect(folds(config)).toEqual([false, true, false])
  })
})

describe('waits', () => {
  const rests = (config: DmaDeviceConfig): boolean[] => {
    return compileDevice(config)
      .code.filter(({ kind }) => kind === 'wait')
      .map((code) => code.rests)
  }
  const bell: DeviceInstruction = { op: 'wait', until: ['ne', 'BELL', 0] }
  const clear: DeviceInstruction = { op: 'set', to: 'BELL', value: 0 }

  test('of a program that ends are to be over some time', () => {
    expect(rests(withProgram(bell, clear))).toEqual([false])
  })

  test('of one that never ends are rest, from where it can no longer end', () => {
    const top: DeviceInstruction = { op: 'label', name: 'top' }
    expect(rests(withProgram(bell, top, bell, clear, { op: 'branch', to: 'top' }))).toEqual([true, true])
    const exit: DeviceInstruction = { op: 'branch', to: 'end', when: ['eq', 'BELL', 2] }
    const end: DeviceInstruction = { op: 'label', name: 'end' }
    expect(rests(withProgram(bell, exit, top, bell, clear, { op: 'branch', to: 'top' }, end))).toEqual([false, true])
  })
})

test('only a device that walks asks for translations', () => {
  expect(walks(withProgram({ op: 'read', addr: 64, to: 'word' }))).toBe(false)
  expect(walks(withProgram({ op: 'walk', addr: 64 }))).toBe(true)
})

describe('refused', () => {
  test.each<[string, DmaDeviceConfig, string]>([
    ['an unknown instruction', withProgram({ op: 'burst' } as never), 'Known: read, write'],
    ['an unknown register', withProgram({ op: 'write', addr: 64, value: 'word' }), 'register "word" is neither listed'],
    ['an unknown label', withProgram({ op: 'branch', to: 'x', when: ['eq', 'BELL', 0] }), 'label'],
    ['two equal labels', withProgram({ op: 'label', name: 'x' }, { op: 'label', name: 'x' }), 'there twice'],
    ['an odd address', withProgram({ op: 'read', addr: 66, to: 'word' }), 'not a multiple of 4'],
    ['a line that is not there', withProgram({ op: 'raise' }), 'no interrupt line'],
    ['a comparison of no kind', withProgram({ op: 'wait', until: ['like', 'BELL', 0] as never }), 'comparison'],
    [
      'a loop without a step',
      withProgram({ op: 'label', name: 'x' }, { op: 'wait', until: ['eq', 'BELL', 0] }, { op: 'branch', to: 'x' }),
      'takes no step',
    ],
    [
      'a loop that neither ends nor rests',
      withProgram({ op: 'label', name: 'x' }, { op: 'read', addr: 64, to: 'w' }, { op: 'branch', to: 'x' }),
      'neither end nor rest',
    ],
    ['an access in a reaction', reacting({ op: 'read', addr: 64, to: 'word' } as never), 'on STATUS, instruction 0'],
    [
      'a way back in a reaction',
      reacting({ op: 'label', name: 'x' }, { op: 'branch', to: 'x' }),
      'branches forward only',
    ],
    ['a reaction of nothing', { ...plain, reactions: [{ register: 'GO', body: [] }] }, 'GO'],
    ['two registers of one name', { ...plain, registers: [{ name: 'BELL', value: 0 }] }, 'same name'],
    ['no posted write', { ...plain, outstandingWrites: 0 }, 'at least 1'],
  ])('%s', (_what, config, problem) => {
    const message = problemOf(config)
    expect(message).toContain('the device d cannot run')
    expect(message).toContain(problem)
  })

  test('with every problem at once', () => {
    const config = withProgram({ op: 'raise' }, { op: 'read', addr: 66, to: 'word' })
    expect(problemOf(config).split('\n')).toHaveLength(3)
  })
})
