/** Unit | places in a program: every one is found, at any depth, and a step goes exactly there. */

import { expect, test } from 'vitest'
import type { Statement } from '../../../../src/litmus/form.ts'
import { mapStatements, statementsOf } from '../../../../src/litmus/statements.ts'
import { gapsOf, insertAt } from '../../../../src/run/repair/gaps.ts'

const nop: Statement = { do: 'nop' }
const one: Statement = { do: 'dmb' }
const body: readonly Statement[] = [
  one,
  { do: 'if', condition: { expr: 'name', name: 'r0' }, body: [one], otherwise: [] },
  {
    do: 'poll',
    what: { poll: 'register', target: 'D', register: 'DONE' },
    until: { expr: 'number', value: 1 },
    otherwise: [one],
  },
]

test('before, between and behind the statements of every block', () => {
  const gaps = gapsOf(body)
  expect(gaps.map(({ index }) => index)).toEqual(gaps.map((_, at) => at))
  // Four in the program itself, two and one in the branches, two in the poll's.
  expect(gaps).toHaveLength(9)
  expect(gaps[0]).toEqual({ index: 0, before: one })
  expect(gaps.at(-1)).toMatchObject({ after: { do: 'poll' } })
})

test('a step goes to the place that was meant, and nothing else changes', () => {
  const programs = gapsOf(body).map(({ index }) => insertAt(body, index, [nop]))
  expect(new Set(programs.map((program) => JSON.stringify(program))).size).toBe(programs.length)
  for (const program of programs) {
    expect([...statementsOf(program)].filter((statement) => statement === nop)).toHaveLength(1)
    expect(mapStatements(program, (statement) => (statement === nop ? [] : statement))).toEqual(body)
  }
})

test('an empty program has one place', () => {
  expect(insertAt([], 0, [nop])).toEqual([nop])
})
