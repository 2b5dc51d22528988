/** Export | a chart as a Mermaid stateDiagram-v2. */

import type { Outline, OutlineNode } from '../../kernel/outline.ts'
import { transitionText } from '../picture/chart-diagram.ts'
import { oneLine } from '../picture/text.ts'

/**
 * Mermaid puts a state into the composite that mentions it last, so transitions come first and nested states after them.
 * States without children show what they do without being left as lines of their description.
 */
export function chartMermaid(outline: Outline): string {
  const lines = ['stateDiagram-v2', '  direction LR']
  for (const { source, targets, ...transition } of outline.transitions) {
    for (const target of targets) {
      const text = transitionText({ source, targets, ...transition })
      lines.push(`  ${stateOf(source)} --> ${stateOf(target)} : ${mermaidText(text)}`)
    }
  }
  writeNode(outline, outline.nodes[0] as OutlineNode, '  ', lines)
  return `${lines.join('\n')}\n`
}

const stateOf = (index: number) => `s${index}`

function writeNode(outline: Outline, node: OutlineNode, indent: string, lines: string[]): void {
  const { index, key, kind, children, initial } = node
  const name = node.history ? `${key} (${node.history.depth} history)` : key
  lines.push(`${indent}state "${mermaidText(name)}" as ${stateOf(index)}`)
  for (const transition of outline.transitions) {
    if (transition.source === index && transition.targets.length === 0) {
      const what = transition.stall === undefined ? (transition.ignore === undefined ? '' : 'ignores ') : 'stalls '
      lines.push(`${indent}${stateOf(index)} : ${what}${mermaidText(transitionText(transition))}`)
    }
  }
  if (kind === 'final') lines.push(`${indent}${stateOf(index)} --> [*]`)
  if (children.length === 0) return
  lines.push(`${indent}state ${stateOf(index)} {`)
  for (const [number, child] of children.entries()) {
    if (kind === 'parallel' && number > 0) lines.push(`${indent}  --`)
    if (initial === child) lines.push(`${indent}  [*] --> ${stateOf(child)}`)
    writeNode(outline, outline.nodes[child] as OutlineNode, `${indent}  `, lines)
  }
  lines.push(`${indent}}`)
}

/** Text that ends nothing and starts nothing: what Mermaid or HTML would read becomes an entity code. */
export function mermaidText(text: string): string {
  return oneLine(text).replaceAll(/[#;:"'<>&{}[\]()`\\|%~]|--/g, (found) =>
    [...found].map((character) => `#${character.codePointAt(0)};`).join(''),
  )
}
