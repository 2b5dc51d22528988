/** Run | what `dmarace explain` knows: oracles, features, classes of bugs, verdicts and words of litmus tests, each from its own table. */

import { features } from '../../machines/features.ts'
import { bugClasses } from '../litmus/classes.ts'
import { headOf, linesOf, referenceWords } from '../litmus/reference.ts'
import { oracles } from '../oracle/index.ts'
import type { Oracle } from '../oracle/oracle.ts'
import { checkVerdicts, litmusVerdicts, runVerdicts, type VerdictMeaning } from './verdicts.ts'

export type TopicKind = 'oracle' | 'feature' | 'class' | 'verdict' | 'statement'

/** What kinds are called in lists. */
export const topicKinds = {
  oracle: 'Oracles',
  feature: 'Hardware features',
  class: 'Classes of bugs',
  verdict: 'Verdicts',
  statement: 'Words of litmus tests',
} as const satisfies Record<TopicKind, string>

export interface Topic {
  readonly kind: TopicKind
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** The rest, in order. */
  readonly parts: readonly TopicPart[]
  /** Ids of hardware facts. */
  readonly facts?: readonly string[]
}

export interface TopicPart {
  readonly title: string
  readonly text: string
}

/** All topics of a kind, in the order of their table. */
export function topicsOf(kind: TopicKind): Topic[] {
  return makers[kind]()
}

/** All topics that a word may mean: by name, by what a statement begins with, or without regard to case. */
export function topicsNamed(word: string): Topic[] {
  const all = allTopics()
  const named = all.filter(({ name }) => name === word)
  if (named.length > 0) return named
  const head = headOf(word)
  const statements = all.filter(({ kind, name }) => kind === 'statement' && name === head)
  if (statements.length > 0) return statements
  return all.filter(({ name }) => name.toLowerCase() === word.toLowerCase())
}

export function allTopics(): Topic[] {
  return (Object.keys(topicKinds) as TopicKind[]).flatMap(topicsOf)
}

const makers: Readonly<Record<TopicKind, () => Topic[]>> = {
  oracle: () =>
    Object.values(oracles as Record<string, Oracle<object>>).map(
      ({ name, always, description, definition, notJudged }) => ({
        kind: 'oracle',
        name,
        summary: always,
        parts: [
          { title: 'violated when', text: description },
          { title: 'exactly', text: definition },
          ...(notJudged === undefined ? [] : [{ title: 'not judged', text: notJudged }]),
        ],
      }),
    ),
  feature: () =>
    Object.entries(features).map(([name, feature]) => ({
      kind: 'feature',
      name,
      summary: feature.description,
      parts: [
        { title: 'usually', text: feature.default ? 'on' : 'off' },
        {
          title: 'switched by',
          text: `--features ${feature.default ? '-' : ''}${name}; in a litmus test: feature ${feature.default ? 'no ' : ''}${name}`,
        },
      ],
      facts: feature.facts,
    })),
  class: () =>
    Object.entries(bugClasses).map(([name, { title, description }]) => ({
      kind: 'class',
      name,
      summary: title,
      parts: [{ title: 'what', text: description }],
    })),
  verdict: () =>
    (
      [
        ['check', checkVerdicts],
        ['check of a litmus test', litmusVerdicts],
        ['run', runVerdicts],
      ] as const satisfies readonly (readonly [string, Record<string, VerdictMeaning>])[]
    ).flatMap(([of, verdicts]) =>
      Object.entries<VerdictMeaning>(verdicts).map(([key, { printed, means, exitCode }]) => ({
        kind: 'verdict' as const,
        name: verdicts === litmusVerdicts ? printed : key,
        summary: means,
        parts: [
          { title: 'of', text: of },
          { title: 'printed', text: printed },
          { title: 'exit code', text: String(exitCode) },
        ],
      })),
    ),
  statement: () =>
    referenceWords().map((name) => {
      const lines = linesOf(name)
      return {
        kind: 'statement',
        name,
        summary: lines[0]?.meaning ?? '',
        parts: lines.map(({ syntax, meaning, section }) => ({ title: syntax, text: `${meaning} (${section})` })),
      }
    }),
}
