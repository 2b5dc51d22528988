/** Export | a chart in the language of state-machine-cat. */

import type { Outline, OutlineNode } from '../../kernel/outline.ts'
import { transitionText } from '../picture/chart-diagram.ts'
import { oneLine } from '../picture/text.ts'

export function chartSmcat(outline: Outline): string {
  const lines: string[] = []
  writeStates(outline, [0], '', lines)
  for (const transition of outline.transitions) {
    for (const target of transition.targets) {
      lines.push(`s${transition.source} => s${target}: ${quoted(transitionText(transition))};`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** Children of one state, its initial mark among them. */
function writeStates(outline: Outline, indexes: readonly number[], indent: string, lines: string[]): void {
  const parent = outline.nodes[outline.nodes[indexes[0] as number]?.parent ?? -1]
  const initial = parent?.initial
  const names = indexes.map((index) => outline.nodes[index] as OutlineNode)
  if (initial !== undefined) lines.push(`${indent}s${parent?.index}_initial [type=initial],`)
  for (const [number, node] of names.entries()) {
    const end = number === names.length - 1 ? ';' : ','
    const open = `${indent}s${node.index} [label=${quoted(node.key)}${typeOf(node)}]${notesOf(outline, node)}`
    if (node.children.length === 0) {
      lines.push(open + end)
      continue
    }
    lines.push(`${open} {`)
    writeStates(outline, node.children, `${indent}  `, lines)
    lines.push(`${indent}}${end}`)
  }
  if (initial !== undefined) lines.push(`${indent}s${parent?.index}_initial => s${initial};`)
}

function typeOf({ kind, history }: OutlineNode): string {
  if (history) return history.depth === 'deep' ? ' type=deephistory' : ' type=history'
  if (kind === 'parallel' || kind === 'final') return ` type=${kind}`
  return ' type=regular'
}

/** What a state does without being left. */
function notesOf({ transitions }: Outline, { index, entry, exit }: OutlineNode): string {
  const own = transitions.filter(({ source, targets }) => source === index && targets.length === 0)
  const lines = [
    ...entry.map((action) => `entry/ ${action}`),
    ...exit.map((action) => `exit/ ${action}`),
    ...own.map((transition) => {
      const what = transition.stall === undefined ? (transition.ignore === undefined ? '' : 'ignores ') : 'stalls '
      return what + transitionText(transition)
    }),
  ]
  return lines.length > 0 ? `: ${quoted(lines.join('\n'))}` : ''
}

function quoted(text: string): string {
  return `"${text.split('\n').map(oneLine).join('\\n').replaceAll('"', "'")}"`
}
