/** Unit | what a check has to say: its JSON is as the published schema describes it. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
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
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { check, type Verdict } from '../../../src/run/check.ts'
import { jsonOfVerdict, reportVerdict } from '../../../src/run/check-report.ts'
import { casesOf, checkCase, verifyCase } from '../../../src/run/litmus-check.ts'
import { subjectOfScenario } from '../../../src/run/scenario-subject.ts'
import { subjectOfSystem } from '../../../src/run/subject.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
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

/** The first case of a corpus test, with its missing steps tried out. */
function repaired(name: string): Verdict {
  const path = new URL(`../../litmus/corpus/${name}.litmus`, import.meta.url)
  const [one] = casesOf(parseLitmus(readFileSync(path, 'utf8'), name))
  if (!one) throw new Error(`${name} has no case`)
  return verifyCase(one, checkCase(one).verdict)
}

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
    ['a step that is missing', jsonOfVerdict(repaired('amd-lazy-unmap-reuse'))],
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

test('a report says who wrote, where it stayed, what is missing, and that it was tried', () => {
  const lines = reportVerdict(repaired('amd-lazy-unmap-reuse'), { width: 300 }).split('\n')
  const at = lines.findLastIndex((line) => line.startsWith('  root: '))
  expect(lines[at]).toMatch(
    /^ {2}root: cpu0 wrote 0x\S+ to pte v2 \(0x\S+\) at step \d+; .* stayed in m; d met it at step \d+$/,
  )
  expect(lines[at + 1]).toMatch(
    /^ {4}missing: an invalidation of the translation, .*, by cpu0, after step \d+ and before/,
  )
  expect(lines[at + 2]).toMatch(/^ {4}checked: with `tlbi v2 ; tlbsync` in C0 after .* every order holds \(exhaustive/)
})
