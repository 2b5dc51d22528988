/** Run | what checks came to as JUnit XML, the form in which build servers read results of tests. Pure. */

import { escaped, oneLine } from '../export/picture/text.ts'
import type { Verdict } from './check.ts'
import { reportVerdict, tokenIn, verdictText } from './check-report.ts'
import type { LitmusOutcome } from './litmus-check.ts'

/** What one word of the command line, or one file, came to. */
export interface JunitSuite {
  /** As it was typed, or the file. */
  readonly name: string
  readonly cases: readonly JunitCase[]
}

export interface JunitCase {
  readonly name: string
  /** What build servers group by: the test, or the scenario. */
  readonly group: string
  readonly seconds: number
  readonly properties: readonly (readonly [name: string, value: string])[]
  /** Absent: as it should be. `failure`: it is not; `error`: that cannot be said. */
  readonly wrong?: {
    readonly kind: 'failure' | 'error'
    readonly type: string
    readonly message: string
    readonly text: string
  }
}

/** The whole document. Times are the only thing in it that a second run of the same checks changes. */
export function junitReport(suites: readonly JunitSuite[]): string {
  const cases = suites.flatMap((suite) => suite.cases)
  const body = suites.flatMap((suite) => [
    `  <testsuite name=${attribute(suite.name)} ${counts(suite.cases)}>`,
    ...suite.cases.flatMap(caseLines),
    '  </testsuite>',
  ])
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="dmarace check" ${counts(cases)}>`,
    ...body,
    '</testsuites>',
    '',
  ].join('\n')
}

/** A scenario or a system of one's own: wrong if something is violated, as the exit code says. */
export function junitOfVerdict(verdict: Verdict): JunitCase {
  const kind = ({ violated: 'failure', 'not found': 'error', holds: undefined } as const)[verdict.verdict]
  return {
    ...caseOf(verdict, verdict.subject, verdict.subject),
    ...(kind ? { wrong: wrongOf(kind, verdict, verdictText(verdict)) } : {}),
  }
}

/** A case of a litmus test: wrong if it is not as the test expects. */
export function junitOfOutcome({ case: { test }, name, verdict, met, reason }: LitmusOutcome): JunitCase {
  // A test that expects nothing is judged as a scenario is.
  if (met === 'unsaid') return { ...junitOfVerdict(verdict), name, group: test.name }
  const one = caseOf(verdict, name, test.name)
  if (met === 'met') return one
  return { ...one, wrong: wrongOf(met === 'unmet' ? 'failure' : 'error', verdict, reason ?? verdictText(verdict)) }
}

/** A file that cannot be checked at all. */
export function junitOfError(file: string, message: string): JunitCase {
  return {
    name: file,
    group: file,
    seconds: 0,
    properties: [],
    wrong: { kind: 'error', type: 'usage', message: message.split('\n', 1)[0] as string, text: message },
  }
}

function caseOf(verdict: Verdict, name: string, group: string): JunitCase {
  const { states, transitions, isExhaustive, strategy, reductions, features, edition, seconds, violations } = verdict
  const switched = (on: boolean) =>
    Object.keys(features ?? {})
      .filter((feature) => features?.[feature] === on)
      .join()
  return {
    name,
    group,
    seconds,
    properties: [
      ['verdict', verdictText(verdict)],
      ['states', String(states)],
      ['transitions', String(transitions)],
      ['exhaustive', String(isExhaustive)],
      ['search', [strategy, ...reductions].join(' + ')],
      ...(features
        ? ([
            ['features', switched(true)],
            ['features off', switched(false)],
          ] as const)
        : []),
      ...(edition === undefined ? [] : ([['edition', edition]] as const)),
      ...violations.map(({ property, replay }) => [`token of ${property}`, tokenIn(replay)] as const),
    ],
  }
}

function wrongOf(kind: 'failure' | 'error', verdict: Verdict, message: string): NonNullable<JunitCase['wrong']> {
  return { kind, type: verdict.verdict, message, text: reportVerdict(verdict) }
}

function caseLines({ name, group, seconds, properties, wrong }: JunitCase): string[] {
  const lines = [
    `    <testcase name=${attribute(name)} classname=${attribute(group)} time="${seconds.toFixed(3)}">`,
    '      <properties>',
    ...properties.map(([key, value]) => `        <property name=${attribute(key)} value=${attribute(value)}/>`),
    '      </properties>',
  ]
  if (properties.length === 0) lines.splice(1)
  if (wrong) {
    const { kind, type, message, text } = wrong
    lines.push(`      <${kind} type=${attribute(type)} message=${attribute(message)}>${escaped(text)}</${kind}>`)
  }
  return [...lines, '    </testcase>']
}

function counts(cases: readonly JunitCase[]): string {
  const of = (kind: 'failure' | 'error') => cases.filter(({ wrong }) => wrong?.kind === kind).length
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0)
  return `tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="0" time="${seconds.toFixed(3)}"`
}

/** A reader would make one space of a line break anyway: it is the same text for everybody then. */
function attribute(text: string): string {
  return `"${escaped(oneLine(text))}"`
}
