/** Export | a chart as a diagram: states as boxes, transitions as links, what a state does without leaving it as rows. */

import { UsageError, unknownName } from '../../base/errors.ts'
import type { Outline, OutlineNode, OutlineTransition } from '../../kernel/outline.ts'
import { boxOf, markOf, rowsOf } from './box.ts'
import type { Box, Diagram, Heat, Link, Row } from './diagram.ts'

/** What to show besides the chart itself. */
export interface ChartMarks {
  /** Active states as dotted paths; their ancestors are active with them. */
  readonly active?: readonly string[]
  /** What a search never came to: paths of states, labels of transitions. */
  readonly never?: { readonly states: ReadonlySet<string>; readonly transitions: ReadonlySet<string> } | undefined
}

/** Most columns of a label beside a line. */
const labelColumnsMax = 36

/** Most characters of an action's parameters, brackets included. */
const parametersMax = 16

/** Layouts of more states take minutes. */
export const statesMax = 1000

/** How much it matters that a link goes from left to right. */
const priorities = { initial: 100, forward: 10, backward: 0 } as const

/** Usage errors: an active state that there is none of, too many states. */
export function chartDiagram(outline: Outline, marks: ChartMarks = {}): Diagram {
  if (outline.nodes.length > statesMax) {
    throw new UsageError(
      `machine "${outline.id}" has ${outline.nodes.length} states; at most ${statesMax} can be drawn: draw its parts`,
    )
  }
  return new ChartDrawing(outline, marks).diagram()
}

/** Places of the active states and of their ancestors. */
export function activeNodes({ nodes }: Outline, paths: readonly string[]): Set<number> {
  const active = new Set<number>()
  for (const path of paths) {
    const found = nodes.find((node) => node.path === path && path !== '')
    if (!found) {
      const known = nodes.filter(({ kind }) => kind !== 'history').map((node) => node.path)
      throw unknownName('state', path, known.slice(1))
    }
    for (let node: OutlineNode | undefined = found; node?.parent !== undefined; node = nodes[node.parent]) {
      active.add(node.index)
    }
  }
  return active
}

const stateId = (index: number) => `s${index}`

class ChartDrawing {
  private readonly outline: Outline
  private readonly active: ReadonlySet<number>
  private readonly never: ChartMarks['never']
  private readonly links: Link[] = []
  private readonly own = new Map<number, OutlineTransition[]>()
  /** How many links a state has. */
  private readonly degrees = new Map<number, number>()

  constructor(outline: Outline, { active = [], never }: ChartMarks) {
    this.outline = outline
    this.active = activeNodes(outline, active)
    this.never = never
  }

  diagram(): Diagram {
    const { id, description, nodes, transitions } = this.outline
    const leaving = new Map<string, OutlineTransition[]>()
    for (const transition of transitions) {
      const { source, targets } = transition
      const others = targets.filter((target) => target !== source)
      if (others.length === 0) add(this.own, source, transition)
      for (const target of others) add(leaving, `${source} ${target}`, transition)
    }
    for (const key of leaving.keys()) {
      for (const end of key.split(' ').map(Number)) this.degrees.set(end, (this.degrees.get(end) ?? 0) + 1)
    }
    const root = this.boxFor(nodes[0] as OutlineNode)
    for (const [key, list] of leaving) this.addLink(key, list)
    const counts = `${nodes.length - 1} states, ${transitions.length} transitions`
    return {
      title: `Statechart ${id}`,
      description: `${description ? `${description}. ` : ''}${counts}; initial: ${initialOf(this.outline)}.`,
      boxes: [root],
      links: this.links,
    }
  }

  private boxFor(node: OutlineNode): Box {
    const id = stateId(node.index)
    if (node.history) {
      const target = node.history.targets[0]
      if (target !== undefined) this.addMark(id, target, [], priorities.forward)
      const kind = node.history.depth
      return markOf(id, kind, `${node.path}: ${kind} history${node.description ? `. ${node.description}` : ''}`)
    }
    const children: Box[] = []
    if (node.initial !== undefined) {
      children.push(markOf(`${id}i`, 'initial', `initial state of ${node.path || node.key}`))
      const rows =
        node.initialActions.length > 0 ? rowsOf(`/ ${node.initialActions.join(', ')}`, { tone: 'plain' }) : []
      this.addMark(`${id}i`, node.initial, rows, priorities.initial)
    }
    for (const child of node.children) children.push(this.boxFor(this.outline.nodes[child] as OutlineNode))
    return boxOf({
      id,
      degree: children.length > 0 ? 0 : (this.degrees.get(node.index) ?? 0),
      kind: this.kindOf(node),
      name: node.key,
      rows: this.rowsFor(node),
      children,
      tip: tipOf(node),
      active: this.active.has(node.index),
      heat: this.heatOf(node),
      path: node.path,
    })
  }

  private kindOf({ parent, kind, children }: OutlineNode): Box['kind'] {
    if (parent === undefined) return children.length > 0 ? 'frame' : 'state'
    if (kind === 'final') return 'final'
    return this.outline.nodes[parent]?.kind === 'parallel' ? 'region' : 'state'
  }

  private heatOf({ path, parent }: OutlineNode): Heat | undefined {
    if (!this.never || parent === undefined) return undefined
    return this.never.states.has(path) ? 'never' : 'seen'
  }

  private rowsFor(node: OutlineNode): Row[] {
    const rows: Row[] = []
    const plain = (text: string) => rows.push(...rowsOf(text, { tone: 'plain' }))
    if (node.entry.length > 0) plain(`entry / ${node.entry.join(', ')}`)
    if (node.exit.length > 0) plain(`exit / ${node.exit.join(', ')}`)
    for (const { id, source } of node.invokes) {
      plain(`invoke / ${source}${id === source || /^\d+\./.test(id) ? '' : ` as ${id}`}`)
    }
    const declared = new Map<string, OutlineTransition[]>()
    for (const transition of this.own.get(node.index) ?? []) {
      const { ignore, stall, reenter, targets } = transition
      if (ignore !== undefined || stall !== undefined) {
        add(declared, `${stall === undefined ? 'ignores' : 'stalls'} ${stall ?? ignore}`, transition)
        continue
      }
      const isLeft = targets.length > 0 && (reenter || node.children.length > 0)
      rows.push(...this.transitionRows(transition, isLeft ? '\u21bb ' : '', 'own'))
    }
    for (const list of declared.values()) rows.push(...declaredRows(list))
    if (node.tags.length > 0) rows.push(...rowsOf(`tags: ${node.tags.join(', ')}`, { tone: 'faint' }))
    return rows
  }

  /** "event [guard] / action, action", broken where it is too long for a label. */
  private transitionRows(transition: OutlineTransition, before: string, tone: 'plain' | 'own'): Row[] {
    const text = before + transitionText({ ...transition, actions: transition.actions.map(brief) })
    const isNever = transition.label !== undefined && this.never?.transitions.has(transition.label)
    const row = { tone: isNever ? ('never' as const) : tone, tip: transitionTip(this.outline, transition) }
    return tone === 'own' ? rowsOf(text, row) : rowsOf(text, row, labelColumnsMax)
  }

  private addLink(key: string, list: readonly OutlineTransition[]): void {
    const [source, target] = key.split(' ').map(Number) as [number, number]
    const missing = list.filter(({ label }) => label !== undefined && this.never?.transitions.has(label))
    this.links.push({
      id: `t${source}-${target}`,
      from: stateId(source),
      to: stateId(target),
      rows: list.flatMap((transition) => this.transitionRows(transition, '', 'plain')),
      tip: `${pathOf(this.outline, source)} to ${pathOf(this.outline, target)}`,
      priority: source < target ? priorities.forward : priorities.backward,
      heat: this.never ? (missing.length === list.length ? 'never' : 'seen') : undefined,
      ends: 'to',
    })
  }

  private addMark(from: string, target: number, rows: readonly Row[], priority: number): void {
    this.links.push({ id: `m${from}`, from, to: stateId(target), rows, priority, ends: 'to' })
  }
}

/** One line for messages that are ignored or stalled for the same reason; the reason is its tip. */
function declaredRows(list: readonly OutlineTransition[]): Row[] {
  const [{ stall, ignore }] = list as [OutlineTransition]
  const what = stall === undefined ? 'ignores' : 'stalls'
  const events = list.map(({ trigger, guard }) => (guard === undefined ? trigger : `${trigger} [${guard}]`))
  const tone = stall === undefined ? 'ignored' : 'stalled'
  return rowsOf(`${what} ${events.join(', ')}`, { tone, tip: `${what}: ${stall ?? ignore}` })
}

/** Long parameters of an action are in the tip only; those of a guard tell candidates apart. */
function brief(action: string): string {
  const at = action.indexOf('(')
  return at > 0 && action.length - at > parametersMax ? `${action.slice(0, at)}(…)` : action
}

/** As UML writes a transition. */
export function transitionText({ trigger, guard, actions }: OutlineTransition): string {
  return `${trigger}${guard === undefined ? '' : ` [${guard}]`}${actions.length > 0 ? ` / ${actions.join(', ')}` : ''}`
}

function transitionTip(outline: Outline, transition: OutlineTransition): string {
  const { source, targets, description, kind } = transition
  const from = pathOf(outline, source)
  const to = targets.length > 0 ? ` to ${targets.map((target) => pathOf(outline, target)).join(' and ')}` : ''
  const why = description === undefined || kind === 'always' ? '' : `. ${description}`
  return `${from}${to}: ${transitionText(transition)}${why}`
}

function tipOf({ path, key, kind, description }: OutlineNode): string {
  return `${path || key} (${kind})${description ? `: ${description}` : ''}`
}

function pathOf({ nodes, id }: Outline, index: number): string {
  return nodes[index]?.path || id
}

function initialOf({ nodes, id }: Outline): string {
  const [root] = nodes
  if (root?.initial !== undefined) return nodes[root.initial]?.path ?? id
  return root?.kind === 'parallel' ? 'all regions' : id
}

function add<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
