/**
 * Litmus | the classics among cores against an independent oracle: the same outcomes, all of them and no others, with each set of
 * features; and what the architecture is known to say of the named ones.
 */

import { describe, expect, it } from 'vitest'
import { buildTest, type DiyTest } from '../../src/litmus/diy/build.ts'
import { parseCycle } from '../../src/litmus/diy/cycle.ts'
import { schemes } from '../../src/litmus/diy/schemes.ts'
import type { ConditionForm, Expression, FeatureForm } from '../../src/litmus/form.ts'
import { checkCase } from '../../src/run/litmus-check.ts'
import { type CoreFeatures, oracleOutcomes } from '../support/core-oracle.ts'

/** Programs of loads, stores and barriers on coherent memory. */
const built = (schemes.classics ?? [])
  .map((cycle) => buildTest(parseCycle(cycle)))
  .filter(({ test }) => test.platform.units.length === 0 && test.actors.every(({ actor }) => actor === 'cpu'))
  .filter(({ test }) => !JSON.stringify(test.actors).includes('"maintain"'))

const featureSets: readonly CoreFeatures[] = [
  { storeBuffer: true, loadReordering: false },
  { storeBuffer: true, loadReordering: true },
  { storeBuffer: false, loadReordering: false },
  { storeBuffer: false, loadReordering: true },
]

/** Every outcome that these programs could have if each read got any value that is ever stored to its word. */
function candidates({ cycle, test }: DiyTest): Record<string, number>[] {
  const writes = (word: number) => cycle.events.filter((one) => one.word === word && one.direction === 'W').length
  const names = new Map<string, number>()
  for (const [agent, { events }] of cycle.agents.entries()) {
    const reads = events.filter(({ direction }) => direction === 'R')
    for (const [index, { word }] of reads.entries()) names.set(`C${agent}.r${index}`, writes(word))
  }
  const words = test.memory.map((form) => ('name' in form ? form.name : ''))
  for (const [word, name] of words.entries()) names.set(name, writes(word))
  return [...names].reduce<Record<string, number>[]>(
    (found, [name, most]) =>
      found.flatMap((one) => Array.from({ length: most + 1 }, (_, value) => ({ ...one, [name]: value }))),
    [{}],
  )
}

function conditionOf(outcome: Record<string, number>): ConditionForm {
  const parts = Object.entries(outcome).map(([name, value]): Expression => {
    const [actor, register] = name.split('.') as [string, string | undefined]
    const left: Expression = register
      ? { expr: 'register', actor, name: register }
      : { expr: 'word', observer: 'C0', location: { place: 'named', name } }
    return { expr: 'binary', op: '==', left, right: { expr: 'number', value } }
  })
  const [first, ...more] = parts as [Expression, ...Expression[]]
  const that = more.reduce((left, right): Expression => ({ expr: 'binary', op: '&&', left, right }), first)
  return { kind: 'sometimes', variants: [], that }
}

/** What an exhaustive search of the machines finds. */
function modelOutcomes(one: DiyTest, features: CoreFeatures): string[] {
  const all = candidates(one)
  const test = { ...one.test, conditions: all.map(conditionOf), expectations: [] }
  const switches = Object.entries(features).map(([name, on]): FeatureForm => ({ name, on }))
  const choice = { variant: 'main', features: switches, parameters: [] }
  const { verdict } = checkCase({ test, choice, expectations: [] })
  expect(verdict.isExhaustive).toBe(true)
  expect(verdict.violations).toEqual([])
  return all
    .filter((_, index) => !verdict.unwitnessed.includes(index === 0 ? 'sometimes' : `sometimes-${index + 1}`))
    .map((outcome) => textOf(outcome))
    .sort()
}

function textOf(outcome: Record<string, number>): string {
  const entries = Object.entries(outcome).map(([name, value]) => `${name}=${value}`)
  const registers = entries.filter((text) => text.includes('.')).sort()
  return [...registers, ...entries.filter((text) => !text.includes('.'))].join(' ')
}

describe('outcomes among cores', () => {
  it('are asked of every classic of that kind', () => {
    expect(built.length).toBeGreaterThan(50)
  })

  for (const one of built) {
    it(`${one.test.name}: the same as the oracle's`, { timeout: 60_000 }, () => {
      for (const features of featureSets) {
        expect({ features, outcomes: modelOutcomes(one, features) }).toEqual({
          features,
          outcomes: oracleOutcomes(one.test, features),
        })
      }
    })
  }
})

/**
 * As published for AArch64 and, in the older papers, for machines that are other-multi-copy-atomic: herd/herdtools7
 * herd/libdir/aarch64.cat and its catalogue; J. Alglave, L. Maranget, M. Tautschnig, Herding Cats, TOPLAS 2014, table of tests.
 */
const published: Readonly<Record<string, 'never' | 'sometimes'>> = {
  mp: 'sometimes',
  'mp-dmb-po': 'sometimes',
  'mp-po-dmb': 'sometimes',
  'mp-dmbs': 'never',
  'mp-dmb-addr': 'never',
  'mp-dmb-ctrl': 'sometimes',
  'mp-dmb-ctrlisb': 'never',
  sb: 'sometimes',
  'sb-dmb-po': 'sometimes',
  'sb-dmbs': 'never',
  'sb-rfi-pos': 'sometimes',
  lb: 'sometimes',
  'lb-dmb-po': 'sometimes',
  'lb-dmbs': 'never',
  'lb-datas': 'never',
  'lb-addrs': 'never',
  'lb-ctrls': 'never',
  s: 'sometimes',
  's-dmb-po': 'sometimes',
  's-dmbs': 'never',
  's-dmb-data': 'never',
  's-dmb-ctrl': 'never',
  r: 'sometimes',
  'r-dmb-po': 'sometimes',
  'r-po-dmb': 'sometimes',
  'r-dmbs': 'never',
  'two-two-w': 'sometimes',
  'two-two-w-dmb-po': 'sometimes',
  'two-two-w-dmbs': 'never',
  'corr-po-same': 'never',
  'coww-po-same': 'never',
  'cowr-po-same': 'never',
  'corw1-po-same': 'never',
  'corw2-po-same': 'never',
  wrc: 'sometimes',
  'wrc-data-addr': 'never',
  'wrc-dmbs': 'never',
  isa2: 'sometimes',
  'isa2-dmb-data-addr': 'never',
  'isa2-dmbs': 'never',
  rwc: 'sometimes',
  'rwc-dmbs': 'never',
  iriw: 'sometimes',
  'iriw-addrs': 'never',
  'iriw-dmbs': 'never',
}

describe('the architecture', () => {
  it.each(Object.entries(published))('says of %s: %s', (name, kind) => {
    const one = built.find(({ test }) => test.name === name)
    expect(one?.test.conditions.map((condition) => condition.kind)).toEqual([kind])
  })
})
