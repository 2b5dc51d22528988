/** Litmus | where memory with a name is, for whoever tells of it. */

import type { Layout } from './memory-layout.ts'

/** Physical. */
export interface NamedMemory {
  readonly name: string
  readonly addr: number
  readonly bytes: number
}

/** Words and tables, in the order of their declaration. */
export function namedMemory({ names }: Pick<Layout, 'names'>): readonly NamedMemory[] {
  return [...names].flatMap(([name, known]) => {
    if (known.kind !== 'words' && known.kind !== 'table') return []
    const elements = known.kind === 'words' ? known.elements : 1
    return [{ name, addr: known.addr, bytes: known.words * elements * 4 }]
  })
}
