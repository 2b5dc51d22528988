/** Run | places for the boxes and links of a diagram, by ELK's layered algorithm. */

import ElkConstructor, { type ElkExtendedEdge, type ElkNode, type LayoutOptions } from 'elkjs'
import { InternalError } from '../base/errors.ts'
import { labelSize } from '../export/picture/box.ts'
import type { Box, Diagram, Link, Places, Point, Rectangle } from '../export/picture/diagram.ts'

/**
 * What makes statecharts readable: from left to right (downwards gives long detours) and right angles. A box inherits the
 * direction only, so it is given the others too. Regions, which no links put in order, keep that of the document.
 */
const everywhere: LayoutOptions = {
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.crossingMinimization.semiInteractive': 'true',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.nodeNode': '22',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '3',
  'elk.spacing.labelNode': '6',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
}

/** One layout over all levels; coordinates are all the picture's own. */
const wholePicture: LayoutOptions = {
  ...everywhere,
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.randomSeed': '1',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.padding': '[top=0,left=0,bottom=0,right=0]',
}

/** Ways to put boxes into layers; which of them gives shorter lines differs from chart to chart. */
const layerings = ['LONGEST_PATH', 'NETWORK_SIMPLEX'] as const

/** Diagrams with more links are laid out once: there the first is nearly always better, and time counts. */
const linksOfSmall = 45

/**
 * Diagrams whose lines cross more layers than this, all together, get a placement that takes less care to keep lines straight: the
 * other takes minutes for them, and calls itself too deep.
 */
const spansOfSimple = 450

/** Space around the children of a box, pixels. */
const inner = 14

/** The same diagram gets the same places each time. */
export async function layOut(diagram: Diagram): Promise<Places> {
  const tried: Places[] = []
  const placement = spansOf(diagram) > spansOfSimple ? { 'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF' } : {}
  for (const layering of diagram.links.length > linksOfSmall ? layerings.slice(0, 1) : layerings) {
    tried.push(await placesOf(diagram, { 'elk.layered.layering.strategy': layering, ...placement }))
  }
  return tried.reduce((best, places) => (lengthOf(places) < lengthOf(best) ? places : best))
}

async function placesOf({ boxes, links }: Diagram, choice: LayoutOptions): Promise<Places> {
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: { ...wholePicture, ...choice },
    children: boxes.map((box, at) => elkBox(box, at, choice)),
    edges: links.map(elkLink),
  }
  // The package is CommonJS: its types speak of a default export that Node hands out as the module itself.
  const placed: ElkNode = await new (ElkConstructor as unknown as typeof ElkConstructor.default)().layout(graph)
  const found = new Map<string, Rectangle>()
  for (const box of placed.children ?? []) collect(box, found)
  const lines = new Map<string, readonly Point[]>()
  const labels = new Map<string, Rectangle>()
  for (const edge of placed.edges ?? []) {
    lines.set(edge.id, cornersOf(edge))
    const [label] = edge.labels ?? []
    if (label) labels.set(edge.id, rectangleOf(label))
  }
  return { width: placed.width ?? 0, height: placed.height ?? 0, boxes: found, labels, lines }
}

/** @param at its place among the boxes beside it. */
function elkBox(box: Box, at: number, choice: LayoutOptions): ElkNode {
  const { id, kind, width, height, children } = box
  // Only the order of the positions counts.
  const place: LayoutOptions = kind === 'region' ? { 'elk.position': `(0,${1000 * at})` } : {}
  if (children.length === 0) return { id, width, height, layoutOptions: place }
  return {
    id,
    children: children.map((child, number) => elkBox(child, number, choice)),
    layoutOptions: {
      ...everywhere,
      ...choice,
      ...place,
      'elk.padding': `[top=${height + inner},left=${inner},bottom=${inner},right=${inner}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
  }
}

function elkLink({ id, from, to, rows, priority }: Link): ElkExtendedEdge {
  return {
    id,
    sources: [from],
    targets: [to],
    layoutOptions: { 'elk.layered.priority.direction': String(priority) },
    ...(rows.length > 0 ? { labels: [{ id: `${id}l`, text: 'label', ...labelSize(rows) }] } : {}),
  }
}

function collect(node: ElkNode, found: Map<string, Rectangle>): void {
  found.set(node.id, rectangleOf(node))
  for (const child of node.children ?? []) collect(child, found)
}

function rectangleOf({ x, y, width, height }: Partial<Rectangle>): Rectangle {
  if (x === undefined || y === undefined) throw new InternalError('the layout left something without a place')
  return { x, y, width: width ?? 0, height: height ?? 0 }
}

function cornersOf({ id, sections }: ElkExtendedEdge): Point[] {
  if (!sections?.length) throw new InternalError(`the layout left link ${id} without a line`)
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
}

/** Layers that links cross, all together: about what they will be, for boxes in the order of the document. */
function spansOf({ boxes, links }: Diagram): number {
  const layers = new Map<string, number>()
  const enter = ({ id, children }: Box): void => {
    layers.set(id, 0)
    children.forEach(enter)
  }
  boxes.forEach(enter)
  const order = new Map([...layers.keys()].map((id, at) => [id, at]))
  const at = (id: string): number => order.get(id) ?? 0
  const layerOf = (id: string): number => layers.get(id) ?? 0
  for (const { from, to } of links.toSorted((a, b) => at(a.from) - at(b.from))) {
    if (at(from) < at(to)) layers.set(to, Math.max(layerOf(to), layerOf(from) + 1))
  }
  return links.reduce((sum, { from, to }) => sum + Math.abs(layerOf(from) - layerOf(to)), 0)
}

/** Of all lines together, pixels. */
function lengthOf({ lines }: Places): number {
  let sum = 0
  for (const points of lines.values()) {
    for (const [number, { x, y }] of points.entries()) {
      const before = points[number - 1]
      if (before) sum += Math.abs(x - before.x) + Math.abs(y - before.y)
    }
  }
  return sum
}
