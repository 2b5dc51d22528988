/** Unit | check: what verdicts claim and what they leave open; reductions only where they are used; JSON as published. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import {
  always,
  type CheckableSystem,
  defineSystem,
  leadsTo,
  never,
  sometimes,
} from '../../../src/explore/define-system.ts'
import { strategies } from '../../../src/explore/index.ts'
import { reductions } from '../../../src/explore/strategy.ts'
import { type CheckOptions, check } from '../../../src/run/check.ts'
import { jsonOfVerdict, verdictText } from '../../../src/run/check-report.ts'
import { subjectOfScenario } from '../../../src/run/scenario-subject.ts'
import { subjectOfSystem } from '../../../src/run/subject.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'
import { faultsOf, type Schema } from '../../support/json-schema.ts'

const philosophers = subjectOfSystem(diningPhilosophers(3))
const lefty = subjectOfSystem(diningPhilosophers(3, 'lefty'))

/** Sends two messages, of which one is ignored and the other one does harm. */
const emitting = subjectOfSystem(
  defineSystem({
    id: 'emitting',
    actors: {
      sender: fakeActor({
        id: 'sender',
        out: { out: ['quiet', 'loud'] },
        context: { sent: 0 },
        on: {
          send: {
            sends: { out: 1 },
            run: (context, _message, out) => out.send('out', message(['quiet', 'loud'][context.sent++] as string)),
          },
        },
        spontaneous: [{ event: 'send', kind: 'must', when: ({ sent }) => sent < 2 }],
      }),
      receiver: fakeActor({
        id: 'receiver',
        in: { in: ['quiet', 'loud'] },
        context: {},
        on: {
          quiet: { decide: () => 'ignore' },
          loud: { run: (_context, _message, out) => out.emit(message('harm')) },
        },
      }),
    },
    channels: [{ from: 'sender.out', to: 'receiver.in' }],
    properties: { harm: never('harm') },
  }),
)

/** Names under any `properties`. */
function fieldsOf(schema: unknown): Set<string> {
  const fields = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'properties') for (const field of Object.keys(inner)) fields.add(field)
      collect(inner)
    }
  }
  collect(schema)
  return fields
}

describe('reductions', () => {
  test.each(Object.entries(strategies))('%s takes those that it knows how to use, and no others', (name, strategy) => {
    const able: readonly string[] = strategy.reductions
    for (const reduction of reductions) {
      const checking = () => check(lefty, { strategy: name as keyof typeof strategies, reductions: [reduction] })
      if (able.includes(reduction)) expect(checking().reductions).toEqual([reduction])
      else expect(checking).toThrow(`the strategy ${name} cannot use the reduction "${reduction}"; bfs can`)
    }
  })

  test('that do not exist are a usage error', () => {
    const options = { reductions: ['simmetry'] } as unknown as CheckOptions
    expect(() => check(lefty, options)).toThrow(UsageError)
    expect(() => check(lefty, options)).toThrow('Did you mean symmetry?')
  })

  test('leave open what needs the whole graph, unless nobody asks for it', () => {
    const names = Object.keys(lefty.properties)
    expect(verdictText(check(lefty))).toBe('holds (exhaustive, 27 states)')
    const less = check(lefty, { reductions: ['por'] })
    expect([less.verdict, less.undecided]).toEqual(['not found', ['completion']])
    expect(verdictText(less)).toBe('not found (bounded: completion not decided, 27 states)')
    expect(check(lefty, { reductions: ['por'], properties: names }).verdict).toBe('holds')
    expect(check(lefty, { reductions: ['por'], properties: [...names, 'completion'] }).verdict).toBe('not found')
  })

  test('both together', () => {
    const verdict = check(subjectOfSystem(twoPhaseCommit(3)), { reductions: ['por', 'symmetry'] })
    expect([verdict.states, verdict.violations]).toEqual([80, []])
  })
})

describe('JSON', () => {
  const path = new URL('../../../docs/check.schema.json', import.meta.url)
  const schema = JSON.parse(readFileSync(path, 'utf8')) as Schema
  const asked = (system: CheckableSystem): CheckableSystem => ({
    ...system,
    properties: {
      fed: sometimes((state) => state.actor('philosopher0').matches('eating')),
      starved: sometimes((state) => state.actor('fork0').finished && !state.actor('fork0').finished),
      served: leadsTo(
        (state) => state.actor('philosopher0').matches('waiting'),
        (state) => state.actor('philosopher0').matches('eating'),
      ),
      apart: always((state) => !state.actor('philosopher0').matches('eating')),
    },
  })
  const everything = subjectOfSystem(asked(diningPhilosophers(3, 'lefty')))
  const outputs: readonly [string, unknown][] = [
    ['a deadlock', jsonOfVerdict(check(philosophers))],
    ['a proof with coverage', jsonOfVerdict(check(lefty, { coverage: 'report' }))],
    ['every kind of property', jsonOfVerdict(check(everything))],
    ['samples', jsonOfVerdict(check(everything, { strategy: 'pct', runs: 20, coverage: 'report' }))],
    [
      'a scenario',
      jsonOfVerdict(check(subjectOfScenario({ scenario: 'conversion-doorbell-no-barrier' }), { statesMax: 2000 })),
    ],
    ['events', jsonOfVerdict(check(emitting))],
    ['several', [jsonOfVerdict(check(lefty)), jsonOfVerdict(check(lefty, { reductions: ['por'] }))]],
  ]

  test.each(outputs)('%s', (_name, output) => {
    expect(faultsOf(schema, JSON.parse(JSON.stringify(output)))).toEqual([])
  })

  test('every field that the schema describes was there', () => {
    const text = JSON.stringify(outputs)
    const unseen = [...fieldsOf(schema)].filter((field) => !text.includes(`"${field}":`))
    expect(unseen).toEqual([])
  })

  test('the schema knows every strategy and reduction', () => {
    const { properties } = (schema.$defs as Schema).verdict as { properties: Record<string, unknown> }
    expect(properties.strategy).toEqual({ enum: Object.keys(strategies) })
    expect(properties.reductions).toEqual({ type: 'array', items: { enum: [...reductions] } })
  })

  test('what does not fit is noticed', () => {
    const output = { ...jsonOfVerdict(check(lefty)), verdict: 'perhaps', steps: 1 }
    expect(faultsOf(schema, output)).toEqual(
      expect.arrayContaining(['$.verdict is "perhaps"', '$.steps is not described']),
    )
  })
})
