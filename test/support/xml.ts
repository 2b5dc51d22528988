/** Tests | XML read back by a strict parser: what it refuses is not well-formed. */

import { SaxesParser } from 'saxes'

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** All the text directly inside. */
  readonly text: string
}

/** The root; throws where the text is not well-formed. */
export function parseXml(xml: string): Element {
  type Open = { name: string; attributes: Record<string, string>; children: Element[]; text: string }
  const root: Open = { name: '', attributes: {}, children: [], text: '' }
  const path: Open[] = [root]
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element: Open = { name, attributes: attributes as Record<string, string>, children: [], text: '' }
    path.at(-1)?.children.push(element)
    path.push(element)
  })
  parser.on('text', (text) => {
    const open = path.at(-1)
    if (open) open.text += text
  })
  parser.on('closetag', () => void path.pop())
  parser.write(xml).close()
  return root.children[0] as Element
}
