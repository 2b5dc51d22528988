/** Scenario | the shapes of what scenarios and their twins are made of, for callers that no compiler has checked. */

import { features as knownFeatures } from '../../machines/features.ts'
import { formatNames } from '../../machines/fimc/formats.ts'
import { geometries } from '../../machines/geometry.ts'
import { sysmmuVersions } from '../../machines/sysmmu/regs.ts'
import {
  answers,
  anything,
  atLeastOne,
  choose,
  type FieldShapes,
  leaf,
  list,
  listener,
  named,
  object,
  oneOf,
  optional,
  parts,
  type Shape,
  table,
  text,
  truth,
  wholeNumber,
} from '../base/shape.ts'
import { gaps } from '../dma/editions/gaps.ts'
import { backendNames } from '../dma/types.ts'
import { oracleNames } from '../oracle/index.ts'
import type { DmaDebugConfig } from '../oracle/oracle.ts'
import type { CoreCode, ScenarioDefinition, TwinDefinition } from './build.ts'
import type { Comparison, Defaults, LitmusDefaults, LitmusSizes, Reach, Scenario } from './scenario.ts'

const featureNames = Object.keys(knownFeatures)
const features = optional(named('feature', featureNames, truth))
const backend = oneOf('backend', backendNames)
const oracle = oneOf('oracle', oracleNames)
const only = optional(leaf('true, or left out', (value) => value === true))

const core = object<CoreCode>('a core', {
  main: answers('a function ({ asm, dma }) that appends instructions'),
  interrupt: optional(answers('a function ({ asm, dma }) that appends instructions')),
})
const coreList = list(core, 'a list of 1 or 2 cores, { main } each')
/** Instructions of a function that is still going on would be lost. */
const cores: Shape = {
  expected: coreList.expected,
  look: (value, path, findings) => {
    coreList.look(value, path, findings)
    if (Array.isArray(value) && value.length !== 1 && value.length !== 2) {
      findings.problems.push(`${path}: 1 or 2 cores, not ${value.length}`)
    }
  },
}

const defaultFields: FieldShapes<Defaults> = {
  frames: wholeNumber(1),
  width: wholeNumber(1, 4094), // HF-256
  height: wholeNumber(1, 4094), // HF-256
  format: oneOf('format', formatNames),
  source: oneOf('source', ['pattern', 'pictures'] satisfies readonly Defaults['source'][]),
}

const range = object<{ base: number; bytes: number }>('a range', { base: wholeNumber(0), bytes: wholeNumber(1) })

const litmusDefaults = object<LitmusDefaults>('defaults.litmus', {
  ...defaultFields,
  disturbedLines: optional(atLeastOne(list(wholeNumber(0), 'a list of offsets, at least one'))),
  checkFrames: optional(wholeNumber(1)),
  sizes: optional(
    object<LitmusSizes>('sizes', {
      dram: optional(range),
      iova: optional(range),
      vmalloc: optional(range),
      level1Entries: optional(wholeNumber(1)),
      tlbEntries: optional(wholeNumber(1)),
    }),
  ),
  features,
})

const defaults = object<ScenarioDefinition['defaults']>('defaults', {
  litmus: litmusDefaults,
  board: object<Defaults>('defaults.board', defaultFields),
})

const expectation = choose('"holds", or a list of oracles', (value) => {
  return value === 'holds' ? text : Array.isArray(value) ? list(oracle) : undefined
})

const texts = list(text, 'a list of names')
const shared = object<NonNullable<Scenario['shared']>>('shared', {
  lists: optional(list(object<{ name: string; capacity: number }>('a list', { name: text, capacity: wholeNumber(1) }))),
  flags: optional(texts),
  locks: optional(texts),
})

const reach = object<Reach>('what a device can reach', { pools: anything, masks: anything, allocator: anything })
const reaches = Object.fromEntries(Object.keys(geometries).map((name) => [name, reach])) as FieldShapes<
  NonNullable<Scenario['reach']>
>

const definitionFields: FieldShapes<ScenarioDefinition> = {
  id: text,
  question: text,
  cores,
  camera: oneOf('camera', ['sensor', 'none'] satisfies readonly Scenario['camera'][]),
  backend,
  sysmmuVersion: optional(oneOf('version of a SYSMMU', sysmmuVersions)),
  secondEngine: optional(
    oneOf('second engine', ['device', 'bank'] satisfies readonly NonNullable<Scenario['secondEngine']>[]),
  ),
  invalidation: optional(
    oneOf('invalidation', ['strict', 'lazy'] satisfies readonly NonNullable<Scenario['invalidation']>[]),
  ),
  features,
  defaults,
  compares: optional(
    object<Comparison>('compares', { gaps: list(oneOf('gap', Object.keys(gaps))), expects: table(expectation) }),
  ),
  shared: optional(shared),
  reach: optional(object('reach', reaches)),
  dmaDebug: optional(
    object<Partial<DmaDebugConfig>>('dmaDebug', {
      entriesMax: optional(wholeNumber(0)),
      linesMax: optional(wholeNumber(0)),
      show: optional(oneOf('value', ['all', 'first'] satisfies readonly DmaDebugConfig['show'][])),
    }),
  ),
}

/** What `defineScenario` takes. */
export const definitionShape = object<ScenarioDefinition>('a scenario', definitionFields)

/** What `twinOf` takes for a twin. */
export const twinShape = object<TwinDefinition>('a twin', {
  id: text,
  question: text,
  violates: list(oracle, 'a list of oracles'),
  rareOnBoard: only,
  endless: only,
  checkFeatures: optional(
    named(
      'feature',
      featureNames,
      leaf('false', (value) => value === false),
    ),
  ),
  drop: optional(answers('a function of the path of a step that returns true or false')),
  edition: optional(parts('an edition', { name: text })),
  table: optional(backend),
  cores: optional(cores),
})

/** What a scenario is to those who run or check one. */
export const scenarioShape = parts('what defineScenario or twinOf returns', {
  id: text,
  question: text,
  programs: listener,
  cores: wholeNumber(1, 2),
  camera: text,
  backend,
  defaults: parts('defaults', { litmus: parts('defaults', {}), board: parts('defaults', {}) }),
})

/** What `twinOf` takes for the correct form. */
export const builtShape = parts('what defineScenario returns', { id: text, definition: definitionShape })
