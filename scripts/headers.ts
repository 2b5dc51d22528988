/** Scripts | the header comment of a source file: its area and the sentence that says what lives there. */

export interface Header {
  readonly area: string
  readonly sentence: string
}

/** Reads the first line, or the first sentence of a block that starts there; undefined if it is no header. */
export function headerOf(text: string): Header | undefined {
  const start = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0
  const end = text.indexOf('*/', start)
  if (!text.startsWith('/**', start) || end < 0) return undefined
  const words = text
    .slice(start + 3, end)
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
  if (words[0] === '') words.shift()
  // A block goes on after its first paragraph.
  const blank = words.indexOf('')
  const paragraph = (blank < 0 ? words : words.slice(0, blank)).join(' ').trim()
  const match = /^([A-Z][A-Za-z0-9 -]*?) \| (\S.*[.?!`])$/.exec(paragraph)
  return match ? { area: match[1] as string, sentence: match[2] as string } : undefined
}
