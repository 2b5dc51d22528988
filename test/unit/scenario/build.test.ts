/** Unit | scenarios of users: what their definition lacks, and what their code does wrong, says where. */

import { describe, expect, test } from 'vitest'
import { conversionDefaults, defineScenario, type ProgramContext, resolveOptions, twinOf } from '../../../src/index.ts'

const parameters = resolveOptions({ scenario: 'unmap-reuse', geometry: 'litmus' }).parameters

function scenarioOf(main: (context: ProgramContext) => unknown, more: object = {}) {
  return defineScenario({
    id: 'mine',
    question: 'This asks whether it is read.',
    camera: 'none',
    backend: 'iommu',
    defaults: conversionDefaults,
    cores: [{ main: main as (context: ProgramContext) => void }],
    ...more,
  })
}

describe('the code of a core', () => {
  test.each<[string, (context: ProgramContext) => unknown, string]>([
    [
      'that calls what there is not',
      ({ dma }) => (dma as never as { mapp(): void }).mapp(),
      'threw TypeError: dma.mapp is not a function at ',
    ],
    [
      'that calls for a device that there is not',
      ({ dmaOf }) => dmaOf('fimc7'),
      'unknown device "fimc7". Did you mean fimc0?',
    ],
    ['that goes on later', () => Promise.resolve(), 'it returned a promise, and nobody waits for it'],
  ])('%s says so with its scenario and core', (_name, main, problem) => {
    expect(() => scenarioOf(main).programs(parameters)).toThrow('scenario "mine", core 0: main')
    expect(() => scenarioOf(main).programs(parameters)).toThrow(problem)
  })

  test('is named with the place in the user’s file, though it was thrown in ours', () => {
    const wrong = ({ dma }: ProgramContext) => dma.mapSingle(undefined as never)
    expect(() => scenarioOf(wrong).programs(parameters)).toThrow('build.test.ts:')
  })
})

describe('a definition', () => {
  test.each<[string, object, string]>([
    [
      'with a feature misspelt',
      { features: { speculaton: false } },
      'unknown feature "speculaton". Did you mean speculation?',
    ],
    ['with a backend misspelt', { backend: 'iomu' }, 'unknown backend "iomu". Did you mean iommu?'],
    ['with three cores', { cores: [{ main() {} }, { main() {} }, { main() {} }] }, 'cores: 1 or 2 cores, not 3'],
    ['without a program', { cores: [{ mian() {} }] }, 'cores[0]: unknown field of a core "mian". Did you mean main?'],
    ['with an async program', { cores: [{ main: async () => {} }] }, 'cores[0].main is the AsyncFunction main'],
    ['without defaults of the board', { defaults: { litmus: conversionDefaults.litmus } }, 'defaults.board is missing'],
  ])('%s', (_name, more, problem) => {
    expect(() => scenarioOf(() => {}, more)).toThrow('scenario "mine" is not well defined:')
    expect(() => scenarioOf(() => {}, more)).toThrow(problem)
  })
})

test('a twin has as many cores as its correct form, and one that was defined', () => {
  const twin = { id: 'mine-broken', question: 'This asks what is read then.', violates: ['fresh-load'] as const }
  const correct = scenarioOf(() => {})
  expect(() => twinOf(correct, { ...twin, cores: [{ main() {} }, { main() {} }] })).toThrow(
    'cores has 2, and its correct form 1',
  )
  expect(() => twinOf(twinOf(correct, { ...twin, violates: ['fresh-load'] }) as never, twin)).toThrow(
    'definition is missing',
  )
})
