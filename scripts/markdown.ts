/** Scripts | the little Markdown that generated documents need. */

export const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``

/** Text that may stand in a table. */
export const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A table; no rows give a dash. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '—'
  const lines = [heads, heads.map(() => '---'), ...rows]
  return lines.map((row) => `| ${row.join(' | ')} |`.replaceAll(/ +\|/g, ' |')).join('\n')
}
