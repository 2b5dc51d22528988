/** Litmus | the text of a generated test: where it is from, the test, and what is expected of it. */

import type { ExpectationForm } from '../form.ts'
import { formatLitmus } from '../format.ts'
import { printLitmus } from '../print.ts'
import type { DiyTest } from './build.ts'

/** @param version of dmarace whose searches the expectations are from */
export function diyText(
  { cycle, architecture, test }: DiyTest,
  expectations: readonly ExpectationForm[],
  version: string,
): string {
  const verdict = {
    forbidden: 'The architecture forbids the outcome (source): `never`, whatever the features.',
    allowed:
      'The architecture allows the outcome (source): `sometimes`. Where that is violated, this hardware is stricter.',
  }
  const lines = [
    `Written by: dmarace diy ${cycle.edges.map(({ name }) => name).join(' ')}`,
    verdict[architecture],
    `What else is expected, an exhaustive search of version ${version} has found: it is there to notice changes.`,
  ]
  const header = lines.map((line) => `# ${line}\n`).join('')
  return formatLitmus(`${header}${printLitmus({ ...test, expectations })}`, test.name)
}
