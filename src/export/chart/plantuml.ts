/** Export | a chart as a PlantUML state diagram. */

import type { Outline, OutlineNode } from '../../kernel/outline.ts'
import { transitionText } from '../picture/chart-diagram.ts'
import { oneLine } from '../picture/text.ts'

/** PlantUML refuses a transition that crosses the border of one concurrent region; such ones become comments. */
export function chartPlantuml(outline: Outline): string {
  const lines = ['@startuml', 'hide empty description', 'left to right direction']
  writeNode(outline, outline.nodes[0] as OutlineNode, '', lines)
  for (const transition of outline.transitions) {
    const { source, targets } = transition
    for (const target of targets) {
      const line = `${stateOf(source)} --> ${stateOf(target)} : ${plantumlText(transitionText(transition))}`
      lines.push(regionOf(outline, source) === regionOf(outline, target) ? line : `' crosses a region: ${line}`)
    }
  }
  lines.push('@enduml')
  return `${lines.join('\n')}\n`
}

const stateOf = (index: number) => `s${index}`

function writeNode(outline: Outline, node: OutlineNode, indent: string, lines: string[]): void {
  const { index, key, kind, children, initial } = node
  const stereotype = node.history ? (node.history.depth === 'deep' ? ' <<history*>>' : ' <<history>>') : ''
  const open = children.length > 0 ? ' {' : ''
  lines.push(`${indent}state "${plantumlText(key)}" as ${stateOf(index)}${stereotype}${open}`)
  const inner = `${indent}  `
  for (const [number, child] of children.entries()) {
    if (kind === 'parallel' && number > 0) lines.push(`${inner}--`)
    if (initial === child) lines.push(`${inner}[*] --> ${stateOf(child)}`)
    writeNode(outline, outline.nodes[child] as OutlineNode, inner, lines)
  }
  if (children.length > 0) lines.push(`${indent}}`)
  if (kind === 'final') lines.push(`${indent}${stateOf(index)} --> [*]`)
  for (const transition of outline.transitions) {
    if (transition.source !== index || transition.targets.length > 0) continue
    const what = transition.stall === undefined ? (transition.ignore === undefined ? '' : 'ignores ') : 'stalls '
    lines.push(`${indent}${stateOf(index)} : ${what}${plantumlText(transitionText(transition))}`)
  }
}

/** The innermost region that a state is in. */
function regionOf({ nodes }: Outline, index: number): number {
  for (let node = nodes[index]; node?.parent !== undefined; node = nodes[node.parent]) {
    if (nodes[node.parent]?.kind === 'parallel') return node.index
  }
  return 0
}

/** Everything that is not a letter, digit or harmless sign is written by its number. */
export function plantumlText(text: string): string {
  return oneLine(text).replaceAll(/[^\p{L}\p{N} .,_/()=+-]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase()
    return `<U+${code.padStart(4, '0')}>`
  })
}
