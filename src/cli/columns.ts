/** Cli | names in one column of a terminal, and what is said of them in another. */

import { lineWidth, wrap } from '../base/wrap.ts'

/** In lines of at most `lineWidth`. */
export function columns(rows: readonly (readonly [name: string, text: string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.flatMap(([name, text]) => {
    const [first, ...rest] = wrap(text, lineWidth - width - 2)
    return [`  ${name.padEnd(width)}${first}`, ...rest.map((line) => `  ${' '.repeat(width)}${line}`)]
  })
}
