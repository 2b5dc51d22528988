/** Tests | what a report of a litmus test says where programs do not end, and where a fault is what must not be. */

import { expect, test } from 'vitest'
import { parseLitmus } from '../../src/litmus/parse.ts'
import type { ShownRun } from '../../src/run/check.ts'
import { casesOf, checkCase } from '../../src/run/litmus-check.ts'

const head = 'litmus stuck\n"This asks whether it ends."\nmemory {\n  buf: 1 line\n}\n'

/** The violations of a test without variants, by property. */
function violations(text: string): ReadonlyMap<string, ShownRun> {
  const outcomes = casesOf(parseLitmus(text, 'a test')).map((one) => checkCase(one))
  return new Map(outcomes.flatMap(({ verdict }) => verdict.violations.map((run) => [run.property, run] as const)))
}

const begin = 'from here no order of steps brings every program to its end: '

test('first who waits for what, then who looks again and again; whoever ends is not named', () => {
  const found = violations(
    `${head}cpu C0 {\n  st buf = 1\n  poll D.DONE == 1\n}\ncpu C1 {\n  st buf[1] = 1\n}\ndevice D {\n  registers DONE\n  wait BELL == 1\n  DONE = 1\n}\n`,
  )
  expect([...found.keys()]).toEqual(['progress'])
  expect(found.get('progress')?.message).toBe(
    `${begin}D waits for BELL == 1 (line 15); C0 goes on with \`poll D.DONE == 1\` (line 8)`,
  )
})

test('interrupts, locks, loops and handlers', () => {
  const message = (programs: string) => violations(`${head}locks l\n${programs}`).get('progress')?.message
  expect(message('cpu C0 {\n  wait irq\n}\n')).toBe(`${begin}C0 waits for an interrupt (line 8)`)
  expect(message('cpu C0 {\n  lock l\n  lock l\n}\n')).toBe(`${begin}C0 waits for the lock l (line 9)`)
  expect(message('cpu C0 {\n  r = 0\n  while r == 0 {\n    ld r = buf[0]\n  }\n}\n')).toBe(
    `${begin}C0 goes on with \`while r == 0 …\` (line 9)`,
  )
  expect(
    message(
      'cpu C0 {\n  lock l\n  bell D\n  poll buf == 1\n}\nisr C0 {\n  lock l\n}\ndevice D {\n  wait BELL == 1\n  raise\n}\n',
    ),
  ).toBe(`${begin}the handler of C0 waits for the lock l (line 13); C0 goes on with \`poll buf == 1\` (line 10)`)
})

test('threads by their own names', () => {
  const found = violations(
    `${head}cpu C0 thread A {\n  poll buf == 1\n}\ncpu C0 thread B {\n  irqs off\n  poll buf == 2\n}\ncpu C0 thread C {\n  nop\n}\n`,
  )
  expect(found.get('progress')?.message).toMatch(/A goes on with `poll buf == 1` \(line 7\)/)
  expect(found.get('progress')?.message).toMatch(/B goes on with `poll buf == 2` \(line 11\)/)
})

test('a deadlock, whose circle has nobody that has ended', () => {
  const text = `${head.replace('memory {', 'platform {\n  sysmmu M for D version 3.3\n}\nmemory {\n  io v0')}cpu C0 {\n  faults\n  bell D\n}\ndevice D {\n  wait BELL == 1\n  wr v0 = 1\n}\nnever fault D page write\n`
  const found = violations(text)
  expect(found.get('progress')?.message).toBe(`${begin}D does not get past \`wr v0 = 1\` (line 16)`)
  expect(found.get('progress')?.waits?.some((line) => line.startsWith('cpu0'))).toBe(false)
  expect(found.get('never')?.message).toBe('M reports a page fault: D writes v0[0]')
})

test('a fault that must be possible is a witness, or the test is violated', () => {
  const text = `${head.replace('memory {', 'platform {\n  sysmmu M for D version 3.3\n}\nmemory {\n  io v0')}cpu C0 {\n  faults\n}\ndevice D {\n  rd r = v0[1]\n}\nsometimes fault at v0\nsometimes fault write\n`
  const [outcome] = casesOf(parseLitmus(text, 'a test')).map((one) => checkCase(one))
  expect(outcome?.verdict.witnesses.map(({ property }) => property)).toEqual(['sometimes'])
  expect(outcome?.verdict.unwitnessed).toEqual(['sometimes-2'])
})
