/** Export | a chart as JSON: its outline under a versioned header, places turned into paths. */

import type { Outline } from '../../kernel/outline.ts'

/** Bumped when a field's meaning changes. */
const chartVersion = 1

export function chartJson({ id, description, nodes, transitions }: Outline): string {
  const pathOf = (index: number | undefined) => (index === undefined ? undefined : nodes[index]?.path)
  const data = {
    dmarace: 'chart',
    version: chartVersion,
    id,
    description,
    states: nodes.map(({ index: _, parent, children, initial, history, ...node }) => ({
      ...node,
      parent: pathOf(parent),
      children: children.map(pathOf),
      initial: pathOf(initial),
      ...(history ? { history: { ...history, targets: history.targets.map(pathOf) } } : {}),
    })),
    transitions: transitions.map(({ index: _, source, targets, ...transition }) => ({
      source: pathOf(source),
      ...transition,
      targets: targets.map(pathOf),
    })),
  }
  return `${JSON.stringify(data, undefined, 2)}\n`
}
