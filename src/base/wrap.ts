/** Base | text in lines that fit a terminal. */

/** Columns of a line where nobody knows how wide it may be. */
export const lineWidth = 100

/** Fewest columns that text is put into, however deep it is indented. */
const columnsLeast = 20

/** Words in lines of at most `width`, the first one of at most `firstWidth`; a longer word has a line of its own. */
export function wrap(text: string, width: number, firstWidth = width): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    const room = lines.length === 1 ? firstWidth : width
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`
    // Of several spaces in a row, those at the end of a line are left out.
    else if (word !== '' || last === undefined) lines.push(word)
  }
  return lines
}

/** `lead` and the text behind it, in lines of at most `width`; all but the first one are indented by `hang`. */
export function hanging(lead: string, text: string, width: number, hang = lead.length): string[] {
  const [first = '', ...rest] = wrap(
    text,
    Math.max(columnsLeast, width - hang),
    Math.max(columnsLeast, width - lead.length),
  )
  return [`${lead}${first}`.trimEnd(), ...rest.map((line) => `${' '.repeat(hang)}${line}`)]
}
