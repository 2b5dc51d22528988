/** Tests | tidy rules on the text of files: header lines, length, leftovers, reasons for exceptions, fact ids. */

import { headerOf } from '../../scripts/headers.ts'
import type { Project, Rule, SourceFile } from './project.ts'

const headers: Rule = {
  name: 'headers: the first line says the area and what lives here',
  check: (project) =>
    project.sources
      .filter((file) => headerOf(file.text) === undefined)
      .map((file) => `${file.path}:1: must start with /** <Area> | <one sentence>. */`),
  planted: [
    { files: { 'src/base/a.ts': "import './b.ts'" }, finding: 'src/base/a.ts:1: must start with' },
    { files: { 'src/base/a.ts': '/** Base | no full stop */' }, finding: 'src/base/a.ts:1: must start with' },
    { files: { 'src/base/a.ts': '/** A sentence without an area. */' }, finding: 'src/base/a.ts:1: must start with' },
  ],
}

/** Longest file, in lines. */
const linesMax = 400

const length: Rule = {
  name: `length: files have at most ${linesMax} lines`,
  check: (project) =>
    project.sources.flatMap((file) => {
      const count = file.text.split('\n').length - 1
      return count > linesMax ? [`${file.path}: has ${count} lines; look for the seam`] : []
    }),
  planted: [{ files: { 'src/base/a.ts': '\n'.repeat(linesMax + 1) }, finding: 'src/base/a.ts: has 401 lines' }],
}

/** One finding per line that matches. */
function matching(
  pattern: RegExp,
  say: (found: string) => string,
  applies: (file: SourceFile) => boolean = () => true,
) {
  return (project: Project) =>
    project.sources.filter(applies).flatMap((file) =>
      file.lines.flatMap((line, index) => {
        const found = pattern.exec(line)
        return found ? [`${file.path}:${index + 1}: ${say(found[0])}`] : []
      }),
    )
}

// The words are put together here, so that this file does not find itself.
const leftover = ['FIXME', 'TODO', 'XXX', 'HACK'].map((word) => `${word[0]}${word.slice(1)}`)

const leftovers: Rule = {
  name: 'leftovers: no unfinished work is marked in the code',
  check: (project) => [
    ...matching(new RegExp(`\\b(${leftover.join('|')})\\b`), (word) => `${word} is left over`, notTidy)(project),
    ...[...project.documents].flatMap(([path, text]) =>
      new RegExp(`\\b(${leftover.slice(0, 2).join('|')})\\b`).test(text) ? [`${path}: has unfinished work marked`] : [],
    ),
  ],
  planted: leftover.map((word) => ({
    files: { 'src/base/a.ts': `// ${word}: later` },
    finding: `src/base/a.ts:1: ${word} is left over`,
  })),
}

const notTidy = (file: SourceFile) => !file.path.startsWith('test/tidy/')

const reasons: Rule = {
  name: 'reasons: whoever silences a tool says why',
  check: (project) => [
    ...matching(/biome-ignore\S* [\w/]+:?\s*$/, () => 'biome-ignore needs a reason', notTidy)(project),
    ...matching(/@ts-(ignore|nocheck)/, (word) => `${word} is not allowed`, notTidy)(project),
    ...matching(/@ts-expect-error\s*$/, () => '@ts-expect-error needs a reason', notTidy)(project),
  ],
  planted: [
    {
      files: { 'src/base/a.ts': '// biome-ignore lint/suspicious/noExplicitAny:' },
      finding: 'biome-ignore needs a reason',
    },
    { files: { 'src/base/a.ts': '// @ts-ignore because' }, finding: '@ts-ignore is not allowed' },
    { files: { 'test/a.test.ts': '// @ts-expect-error' }, finding: '@ts-expect-error needs a reason' },
  ],
}

const grades = ['manual', 'driver', 'inferred', 'choice']

/** One grade, or several with what each is about: `manual (rule), choice (answer)`. */
const isGrade = (text: string) =>
  grades.includes(text) || text.split(', ').every((part) => grades.includes(/^(\w+) \([^)]+\)$/.exec(part)?.[1] ?? ''))

/** Rows of the fact tables: | HF-nnn | fact | value with unit | grade | source |. */
function factRows(project: Project): { id: string; where: string; cells: string[] }[] {
  return [...project.documents]
    .filter(([path]) => path.startsWith('docs/hardware-facts'))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, index) => {
        if (!line.startsWith('| HF-')) return []
        // An escaped bar is text.
        const cells = line
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim())
          .slice(1, -1)
        return [{ id: cells[0] as string, where: `${path}:${index + 1}`, cells }]
      }),
    )
}

const facts: Rule = {
  name: 'facts: every HF id in the code has one row with a grade and a source, and every row is used',
  check: (project) => {
    const rows = factRows(project)
    const known = new Set(rows.map((row) => row.id))
    const used = new Set<string>()
    const findings: string[] = []
    for (const file of project.sources.filter(notTidy)) {
      for (const id of new Set(file.text.match(/\bHF-\d+\b/g))) {
        if (!known.has(id)) findings.push(`${file.path}: ${id} is in no table of docs/hardware-facts.d`)
        if (!file.path.startsWith('test/')) used.add(id)
      }
    }
    const seen = new Set<string>()
    for (const { id, where, cells } of rows) {
      const [, fact, value, grade, source] = cells
      if (!/^HF-\d{3}$/.test(id)) findings.push(`${where}: "${id}" is not an id of the form HF-nnn`)
      if (seen.has(id)) findings.push(`${where}: ${id} has two rows`)
      seen.add(id)
      if (cells.length !== 5 || !fact || !value)
        findings.push(`${where}: ${id} needs fact, value with unit, grade and source`)
      else if (!isGrade(grade as string))
        findings.push(`${where}: ${id} has grade "${grade}"; one of ${grades.join(', ')}`)
      else if (!source || source === '-') findings.push(`${where}: ${id} has no source`)
      if (!used.has(id)) findings.push(`${where}: ${id} is used nowhere`)
    }
    return findings
  },
  planted: [
    { files: { 'machines/a.ts': 'const x = 1 // HF-999' }, finding: 'machines/a.ts: HF-999 is in no table' },
    {
      files: { 'docs/hardware-facts.d/a.md': '| HF-001 | f | 1 B | manual | DDI |' },
      finding: 'HF-001 is used nowhere',
    },
    {
      files: { 'machines/a.ts': '// HF-001', 'docs/hardware-facts.d/a.md': '| HF-001 | f | 1 B | manual | |' },
      finding: 'HF-001 has no source',
    },
    {
      files: { 'machines/a.ts': '// HF-001', 'docs/hardware-facts.d/a.md': '| HF-001 | f | 1 B | rumour | DDI |' },
      finding: 'HF-001 has grade "rumour"',
    },
    {
      files: {
        'machines/a.ts': '// HF-001',
        'docs/hardware-facts.d/a.md': '| HF-001 | f | 1 B | manual | D |\n'.repeat(2),
      },
      finding: 'HF-001 has two rows',
    },
  ],
}

export const textRules: readonly Rule[] = [headers, length, leftovers, reasons, facts]
