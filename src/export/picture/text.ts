/** Export | text in pictures: how wide it is, where it breaks, and how it is made harmless in XML. */

/** Width of a column over the font size; DejaVu Sans Mono, Menlo and Courier New have no wider one. */
const columnWidth = 0.602

/** Baseline to baseline, over the font size. */
export const lineHeight = 1.36

/** Fonts of known width, so that a label is as wide as it was taken for. */
export const fontFamily = "'DejaVu Sans Mono', Menlo, Consolas, 'Courier New', monospace"

/** Columns that a text takes: two and a half for what is not Latin, Greek or Cyrillic, none for what joins onto others. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (/\p{Mark}|\p{Format}/u.test(character)) continue
    columns += code < 0x500 || (code >= 0x2000 && code < 0x2300) ? 1 : 2.5
  }
  return columns
}

/** Pixels. */
export function widthOf(text: string, fontSize: number): number {
  return Math.ceil(columnsOf(text) * columnWidth * fontSize)
}

/** Breaks at spaces, else after dots and dashes, else anywhere, so that no line is longer than `columnsMax`. */
export function wrapped(text: string, columnsMax: number, indent = ''): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (columnsOf(longer) <= columnsMax) {
      line = longer
      continue
    }
    if (line.trim() !== '') lines.push(line)
    line = lines.length > 0 ? indent + word : word
    while (columnsOf(line) > columnsMax) {
      const cut = breakAt(line, columnsMax)
      lines.push(line.slice(0, cut))
      line = indent + line.slice(cut)
    }
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line)
  return lines
}

/** Where to cut a word that is too long: after punctuation in its later half, else where the room ends. */
function breakAt(word: string, columnsMax: number): number {
  let at = 0
  let columns = 0
  let soft = 0
  for (const character of word) {
    columns += columnsOf(character)
    if (columns > columnsMax) break
    at += character.length
    if (/[.\-_,;:/(]/.test(character) && columns > columnsMax / 2) soft = at
  }
  return soft || Math.max(at, (word.match(/^./su) as RegExpMatchArray)[0].length)
}

/** Text for XML content and double-quoted attributes. What XML cannot hold becomes U+FFFD. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\uD800-\uDFFF]/gu, '\uFFFD')
    .replaceAll(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids
      /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g,
      '\uFFFD',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** On one line, without what no text format can hold: names with line breaks, tabs or control characters in them. */
export function oneLine(text: string): string {
  return (
    text
      .replaceAll(/\s+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
      .replaceAll(/[\u0000-\u001F\u007F]/g, '\uFFFD')
      .replaceAll(/[\uD800-\uDFFF]/gu, '\uFFFD')
  )
}
