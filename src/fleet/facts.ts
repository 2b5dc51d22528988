/** Fleet | hardware facts, out of their tables in docs/hardware-facts.d. */

import { readdir, readFile } from 'node:fs/promises'
import { root } from '../base/program.ts'

export interface HardwareFact {
  readonly id: string
  readonly fact: string
  readonly value: string
  /** Manual, driver, inferred or choice. */
  readonly grade: string
  readonly source: string
}

const folder = new URL('docs/hardware-facts.d/', root)

/** By id, in the order of the tables; none where the documents are not installed. */
export async function readFacts(): Promise<ReadonlyMap<string, HardwareFact>> {
  const facts = new Map<string, HardwareFact>()
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    for (const line of (await readFile(new URL(name, folder), 'utf8')).split('\n')) {
      if (!line.startsWith('| HF-')) continue
      // An escaped bar is text.
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
      const [, id = '', fact = '', value = '', grade = '', source = ''] = cells
      facts.set(id, { id, fact, value, grade, source })
    }
  }
  return facts
}
