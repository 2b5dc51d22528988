/** Scripts | docs/litmus-diy.md: how litmus tests are made from cycles of edges, made from the table of edges and the schemes. */

import { architectureSources } from '../src/litmus/diy/architecture.ts'
import { buildTest } from '../src/litmus/diy/build.ts'
import { parseCycle } from '../src/litmus/diy/cycle.ts'
import { edgeTable } from '../src/litmus/diy/edges.ts'
import { schemes } from '../src/litmus/diy/schemes.ts'
import { printLitmus } from '../src/litmus/print.ts'
import { cell, code, table } from './markdown.ts'

/** A cycle of which the page shows the test. */
const example = 'CleandWW Bell PodRR FreDC'

/** The page, without the line that says that it is generated. */
export function diyPage(): string {
  const edges = Object.entries(edgeTable).map(([title, lines]) => {
    const rows = lines.map(({ name, meaning }) => [name.split(', ').map(code).join(', '), cell(meaning)])
    return `### ${title}\n\n${table(['written', 'meaning'], rows)}`
  })
  const families = Object.entries(schemes).map(([scheme, cycles]) => {
    const rows = cycles.map((cycle) => {
      const { test, architecture } = buildTest(parseCycle(cycle))
      return [code(test.name), code(cycle), architecture]
    })
    return `## Scheme ${code(scheme)}\n\n${table(['test', 'cycle', 'the architecture says'], rows)}`
  })
  return `${[
    '# Litmus tests from cycles',
    'An outcome that surprises is a cycle: each access comes before the next one, and the last one before the first. `dmarace diy <edge…>` ' +
      'makes a [litmus test](litmus.md) from such a cycle, as diy7 of herdtools does; `--out <dir>` writes it to a file, `--scheme <name>` a whole family, ' +
      '`--list` prints the edges. The same cycle gives the same bytes.',
    `\`\`\`litmus\n${printLitmus(buildTest(parseCycle(example)).test)}\`\`\``,
    `This is ${code(`dmarace diy ${example}`)}, without what is expected: a core writes \`x\`, cleans it and rings; the device hears it, reads \`x\` and ` +
      'gets what was there before the write.',
    `## Edges\n\n${rules.map((rule) => `- ${rule}`).join('\n')}`,
    ...edges,
    `## What is expected\n\n${expectations.map((rule) => `- ${rule}`).join('\n')}`,
    ...families,
  ].join('\n\n')}\n`
}

const rules = [
  'An edge leads from one access to the next one. Edges between agents end in who is at their ends, `C` for a core, `D` for a device; two cores need not be said. ' +
    'Every one of them leads to another agent, so that there are as many agents as edges between agents.',
  'Edges within an agent are `<between>[s|d|l]<R|W><R|W>`: what stands between a read or write and the next one, and whether that goes to the same word. ' +
    'Steps are joined by dots and done in that order: `DSB.TLBI.DSBdWW`. Dependencies begin with a read, which is not written: `DpAddrdR`.',
  'Edges on data may end in `.nc`: the word is Normal non-cacheable memory.',
  'A cycle closes if each edge begins with what the one before ends with: read or write, core or device, data, table entry or register; and if no word has to be two, or two be one. ' +
    'Otherwise the message says between which edges it does not.',
  'Writes to a word are numbered in the order of their coherence; where there are two of them, what remains is part of the outcome. Pages hold 7 at first, 6 where an old entry leads to.',
] as const

const expectations = [
  'The outcome is a `never` if the architecture forbids it and a `sometimes` if it allows it. That is worked out from axioms on the cycle (`src/litmus/diy/architecture.ts`), not from a search. ' +
    `Sources: among cores ${architectureSources.cores}; with devices ${architectureSources.devices}; for translations ${architectureSources.translation}; and the facts named there.`,
  'No search may find a `never`; a disagreement is exit code 1. `sometimes` is violated where this hardware is stricter than it has to be: load buffering, for example, is not seen.',
  'Oracles watch, too: where a device reads what was not cleaned, `fresh-dma-read` is violated. What they say has been found by an exhaustive search; it is there to notice changes.',
  'Among cores each set of `storeBuffer` and `loadReordering` has its line. With devices there is the platform as it stands; for a `never` everything more that can go wrong; ' +
    'for a `sometimes` each feature whose change makes a difference.',
] as const
