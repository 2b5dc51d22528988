/** Unit | results of checks as JUnit XML: well-formed whatever names there are, of the shape that build servers agree on. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { junitReport } from '../../../src/run/junit-report.ts'
import { dmarace } from '../../support/fake-terminal.ts'
import { type Element, parseXml } from '../../support/xml.ts'

/** What readers of the format agree on: attributes that must be there, others that may, elements inside. */
const shape: Readonly<Record<string, { readonly must: string; readonly may?: string; readonly inside?: string }>> = {
  testsuites: { must: 'tests failures errors', may: 'name time skipped', inside: 'testsuite' },
  testsuite: { must: 'name tests failures errors', may: 'time skipped', inside: 'properties testcase' },
  testcase: { must: 'name classname time', inside: 'properties failure error' },
  properties: { must: '', inside: 'property' },
  property: { must: 'name value' },
  failure: { must: 'type message' },
  error: { must: 'type message' },
}

/** Everything that is not of the shape, and sums that are not those of what is inside. */
function problems({ name, attributes, children }: Element): string[] {
  const known = shape[name]
  if (!known) return [`<${name}>`]
  const words = (text = '') => text.split(' ').filter(Boolean)
  const found = [
    ...words(known.must).filter((word) => !(word in attributes)),
    ...Object.keys(attributes).filter((word) => ![...words(known.must), ...words(known.may)].includes(word)),
    ...children.filter((child) => !words(known.inside).includes(child.name)).map((child) => `<${child.name}>`),
  ].map((what) => `${name}: ${what}`)
  if (name.startsWith('testsuite')) {
    const cases = leaves({ name, attributes, children, text: '' })
    const wrong = (kind: string) => cases.filter((one) => one.children.some((child) => child.name === kind)).length
    const sums = { tests: cases.length, failures: wrong('failure'), errors: wrong('error'), skipped: 0 }
    for (const [key, sum] of Object.entries(sums)) if (attributes[key] !== String(sum)) found.push(`${name}: ${key}`)
  }
  return [...found, ...children.flatMap(problems)]
}

function leaves(element: Element): Element[] {
  return element.name === 'testcase' ? [element] : element.children.flatMap(leaves)
}

function propertiesOf(testcase: Element | undefined): Record<string, string> {
  const [properties] = testcase?.children.filter(({ name }) => name === 'properties') ?? []
  return Object.fromEntries((properties?.children ?? []).map((one) => [one.attributes.name, one.attributes.value]))
}

const buffer = (expected: string) => `litmus mine
"This asks whether & why <buf> is \\"clean\\"."
variants buggy, fixed
memory { buf: 1 line = 1 }
cpu C0 { st buf[0] = 2 ; variant fixed { clean buf } ; queued buf ; bell D }
device D { wait BELL == 1 ; rd r0 = @buf[0] }
never D.r0 != 2
expect buggy: violated ${expected}
expect fixed: holds
`

let directory = ''
const path = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-junit-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function junitOf(args: readonly string[]): Promise<{ readonly code: number; readonly root: Element }> {
  const file = path('report.xml')
  const { code } = await dmarace(['check', ...args, '--junit', file])
  const root = parseXml(await readFile(file, 'utf8'))
  expect(problems(root)).toEqual([])
  return { code, root }
}

describe('check --junit', () => {
  test('of litmus tests: a suite a file, a case a search, failures with counterexample and token', async () => {
    await writeFile(path('a.litmus'), buffer('never'))
    await writeFile(path('b <&".litmus'), buffer('leak'))
    await writeFile(path('c.litmus'), 'litmus c\n"q"\ncpu C0 { ld r0 = nowhere }\n')
    const { code, root } = await junitOf([directory])
    expect(code).toBe(2)
    expect(root.children.map(({ attributes }) => attributes.name)).toEqual(
      ['a.litmus', 'b <&".litmus', 'c.litmus'].map(path),
    )
    const [a, b, c] = root.children.map((suite) => suite.children)
    expect(a?.map(({ attributes: { name, classname } }) => [name, classname])).toEqual([
      ['mine/buggy', 'mine'],
      ['mine/fixed', 'mine'],
    ])
    expect(propertiesOf(a?.[0])).toMatchObject({
      verdict: expect.stringMatching(/^violated: .*never in \d+.* \(exhaustive, [\d,]+ states\)$/),
      states: expect.stringMatching(/^\d+$/),
      exhaustive: 'true',
      features: expect.stringContaining('speculation'),
      'token of never': expect.stringMatching(/^\d+:mine\/buggy:/),
    })
    expect(a?.flatMap(({ children }) => children).filter(({ name }) => name !== 'properties')).toEqual([])
    const failure = b?.[0]?.children.find(({ name }) => name === 'failure') as Element
    expect(failure.attributes).toEqual({ type: 'violated', message: expect.stringContaining('expected leak, and ') })
    const token = propertiesOf(b?.[0])['token of never'] as string
    expect(failure.text).toContain(`replay: npx dmarace replay ${token} --system ${path('b <&".litmus')}`)
    expect(failure.text).toContain('a shortest run')
    const error = c?.[0]?.children.find(({ name }) => name === 'error') as Element
    expect(error.attributes.message).toContain('c.litmus:3:')
    expect(error.attributes.message).not.toContain('cpu C0')
    expect(error.text).toContain('cpu C0 { ld r0 = nowhere }')
  })

  test('of systems and scenarios: a suite a word; a violation fails, a bound is an error', async () => {
    const model = (name: string) => fileURLToPath(new URL(`../../models/${name}.ts`, import.meta.url))
    const words = [model('dining-philosophers'), model('two-phase-commit')]
    const { code, root } = await junitOf(words)
    expect(code).toBe(1)
    expect(root.attributes).toMatchObject({ tests: '2', failures: '1', errors: '0' })
    expect(root.children.map(({ attributes }) => attributes.name)).toEqual(words)
    expect(propertiesOf(leaves(root)[0])).not.toHaveProperty('features')
    const bounded = await junitOf(['conversion-streaming', '--max-states', '100'])
    expect(bounded.code).toBe(3)
    const [testcase] = leaves(bounded.root)
    expect(testcase?.attributes).toMatchObject({ name: 'conversion-streaming', classname: 'conversion-streaming' })
    expect(testcase?.children.at(-1)).toMatchObject({ name: 'error', attributes: { type: 'not found' } })
  })

  test('that cannot be written says so', async () => {
    const { code, err } = await dmarace(['check', path('a.litmus'), '--junit', path('no/report.xml')])
    expect(code).toBe(2)
    expect(err).toMatch(/cannot write ".*no\/report\.xml": /)
  })
})

test('nothing in a name or a message breaks the document', () => {
  const hostile = 'a<b>&"\'\u0000\u0008\u001b[31m\ud800\uffff]]>\n\t<!--\u{1f980}'
  const root = parseXml(
    junitReport([
      {
        name: hostile,
        cases: [
          {
            name: hostile,
            group: hostile,
            seconds: 1.23456,
            properties: [[hostile, hostile]],
            wrong: { kind: 'failure', type: hostile, message: hostile, text: `${hostile}\n  two` },
          },
        ],
      },
    ]),
  )
  expect(problems(root)).toEqual([])
  const shown = 'a<b>&"\'\ufffd\ufffd\ufffd[31m\ufffd\ufffd]]> <!--\u{1f980}'
  const [testcase] = leaves(root)
  expect(testcase?.attributes).toEqual({ name: shown, classname: shown, time: '1.235' })
  expect(propertiesOf(testcase)).toEqual({ [shown]: shown })
  expect(testcase?.children.at(-1)?.text).toMatch(/\]\]>\n\t<!--\u{1f980}\n {2}two$/u)
})

test('a document without suites is one', () => {
  expect(problems(parseXml(junitReport([])))).toEqual([])
})
