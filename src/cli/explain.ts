/** Cli | `dmarace explain`: what a name in a report, a test or a table means. */

import { unknownName } from '../base/errors.ts'
import { lineWidth, wrap } from '../base/wrap.ts'
import { readCorpus } from '../fleet/corpus.ts'
import { type HardwareFact, readFacts } from '../fleet/facts.ts'
import { allTopics, type Topic, type TopicKind, topicKinds, topicsNamed, topicsOf } from '../run/topics.ts'
import { columns } from './columns.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** A shipped test, as an example of its class. */
interface Example {
  readonly file: string
  readonly question: string
}

/** What is printed of a topic. */
interface Explained extends Omit<Topic, 'kind' | 'facts'> {
  readonly kind: TopicKind | 'fact'
  readonly facts?: readonly HardwareFact[]
  readonly tests?: readonly Example[]
}

/** @param words one name, which may have spaces in it; none: a list of all. */
export async function explainCommand(
  words: readonly string[],
  flags: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  if (words.length === 0) {
    terminal.out(
      flags.json ? jsonOf(allTopics().map(({ kind, name, summary }) => ({ kind, name, summary }))) : list(terminal),
    )
    return exitCodes.clean
  }
  const explained = await explain(words.join(' '))
  if (flags.json) terminal.out(jsonOf(explained))
  else terminal.out(`${explained.map((one) => shown(one, terminal.paint).join('\n')).join('\n\n')}\n`)
  return exitCodes.clean
}

/** Usage errors: nobody knows the name. */
async function explain(name: string): Promise<Explained[]> {
  const facts = await readFacts()
  const fact = facts.get(name.toUpperCase())
  if (fact) return [{ kind: 'fact', name: fact.id, summary: fact.fact, parts: factParts(fact) }]
  const topics = topicsNamed(name)
  if (topics.length === 0) {
    const known = allTopics().map((topic) => topic.name)
    throw unknownName('name', name, known, '`dmarace explain` lists what can be explained')
  }
  const corpus = topics.some(({ kind }) => kind === 'class') ? await readCorpus() : []
  return topics.map(({ facts: ids, ...topic }) => ({
    ...topic,
    ...(ids ? { facts: ids.flatMap((id) => facts.get(id) ?? []) } : {}),
    ...(topic.kind === 'class'
      ? {
          tests: corpus
            .filter(({ test }) => test.classes.includes(topic.name))
            .map(({ test: { question }, source: { file } }) => ({ file, question })),
        }
      : {}),
  }))
}

function list({ paint }: Terminal): string {
  const blocks = (Object.keys(topicKinds) as TopicKind[]).map((kind) => [
    paint('strong', topicKinds[kind]),
    ...columns(topicsOf(kind).map(({ name, summary }) => [name, summary])),
  ])
  const facts = [
    paint('strong', 'Hardware facts'),
    ...columns([['HF-nnn', 'as reports, sources and the table of features name them']]),
  ]
  return `${[...blocks, facts].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function shown({ kind, name, summary, parts, facts, tests }: Explained, paint: Terminal['paint']): string[] {
  const lines = [`${paint('strong', name)}  ${paint('faint', kind)}`, ...indented(summary, 2)]
  for (const { title, text } of parts) lines.push('', `  ${paint('strong', title)}`, ...indented(text, 4))
  for (const fact of facts ?? []) {
    lines.push('', `  ${paint('strong', fact.id)}`, ...indented(fact.fact, 4))
    lines.push(...factParts(fact).flatMap(({ title, text }) => indented(`${title}: ${text}`, 4)))
  }
  if (tests && tests.length > 0) lines.push('', `  ${paint('strong', 'tests')}`)
  for (const { file, question } of tests ?? []) lines.push(`    ${file}`, ...indented(question, 6))
  return lines
}

function factParts({ value, grade, source }: HardwareFact): Topic['parts'] {
  return [...(value === '-' ? [] : [{ title: 'value', text: value }]), { title: grade, text: source }]
}

function indented(text: string, columnsLeft: number): string[] {
  return wrap(text, lineWidth - columnsLeft).map((line) => `${' '.repeat(columnsLeft)}${line}`)
}

function jsonOf(data: unknown): string {
  return `${JSON.stringify(data, undefined, 2)}\n`
}
