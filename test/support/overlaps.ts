/** Tests | what overlaps in a picture that must not: labels, lines and boxes, found by geometry. */

import { labelSize } from '../../src/export/picture/box.ts'
import type { Box, Diagram, Places, Point, Rectangle } from '../../src/export/picture/diagram.ts'

interface Named extends Rectangle {
  readonly name: string
}

/** One sentence for each overlap. Lines may cross each other; nothing may touch a text but its own box. */
export function overlapsOf(diagram: Diagram, places: Places): string[] {
  const found: string[] = []
  const boxes = flat(diagram.boxes)
  const place = (id: string) => places.boxes.get(id) as Rectangle
  const labels: Named[] = diagram.links
    .filter(({ rows }) => rows.length > 0)
    .map(({ id, rows }) => ({ ...(places.labels.get(id) as Rectangle), ...labelSize(rows), name: `label of ${id}` }))
  const texts: Named[] = boxes
    .filter(({ name }) => name.length > 0)
    .map(({ id, width, height }) => {
      const { x, y, width: whole } = place(id)
      return { x: x + (whole - width) / 2, y, width, height, name: `heading of ${id}` }
    })
  const heads: Named[] = boxes
    .filter(({ name, rows }) => name.length > 0 && rows.length > 0)
    .map(({ id, height }) => ({ ...place(id), height, name: `text of ${id}` }))
  for (const box of boxes) {
    const { width, height } = place(box.id)
    if (width + 0.01 < box.width || height + 0.01 < box.height) found.push(`${box.id} is smaller than its text`)
  }
  pairs(labels, (a, b) => {
    if (meet(a, b)) found.push(`${a.name} overlaps ${b.name}`)
  })
  for (const label of labels) {
    for (const text of [...texts, ...heads])
      if (meet(label, text)) found.push(`${label.name} overlaps the ${text.name}`)
    for (const box of boxes) {
      // A label may be inside of a box, or outside, but not across its border.
      const where = place(box.id)
      if (meet(label, where) && !inside(label, where)) found.push(`${label.name} crosses the border of ${box.id}`)
    }
    if (!inside(label, { x: 0, y: 0, width: places.width, height: places.height })) {
      found.push(`${label.name} leaves the picture`)
    }
  }
  for (const { id, from, to } of diagram.links) {
    for (const segment of segmentsOf(places.lines.get(id) ?? [])) {
      for (const label of labels) if (meet(label, segment)) found.push(`${label.name} lies on the line ${id}`)
      for (const text of [...texts, ...heads]) {
        const own = text.name.endsWith(` ${from}`) || text.name.endsWith(` ${to}`)
        if (!own && meet(text, segment)) found.push(`the ${text.name} lies on the line ${id}`)
      }
      for (const box of boxes) {
        if (box.children.length === 0 && box.id !== from && box.id !== to && meet(place(box.id), segment)) {
          found.push(`the line ${id} goes through ${box.id}`)
        }
      }
    }
  }
  const family = new Map<string, Set<string>>()
  for (const box of boxes) family.set(box.id, new Set(flat(box.children).map(({ id }) => id)))
  pairs(boxes, (a, b) => {
    const nested = family.get(a.id)?.has(b.id) || family.get(b.id)?.has(a.id)
    if (!nested && meet(place(a.id), place(b.id))) found.push(`${a.id} overlaps ${b.id}`)
    if (family.get(a.id)?.has(b.id) && !inside(place(b.id), place(a.id))) found.push(`${b.id} sticks out of ${a.id}`)
  })
  return found
}

function flat(boxes: readonly Box[]): Box[] {
  return boxes.flatMap((box) => [box, ...flat(box.children)])
}

function pairs<T>(all: readonly T[], see: (a: T, b: T) => void): void {
  for (const [number, a] of all.entries()) for (const b of all.slice(number + 1)) see(a, b)
}

/** The straight pieces of a line, as rectangles without area. */
function segmentsOf(points: readonly Point[]): Rectangle[] {
  return points.slice(1).map((to, number) => {
    const from = points[number] as Point
    return {
      x: Math.min(from.x, to.x),
      y: Math.min(from.y, to.y),
      width: Math.abs(from.x - to.x),
      height: Math.abs(from.y - to.y),
    }
  })
}

/** Whether they have more than a border in common. */
function meet(a: Rectangle, b: Rectangle): boolean {
  const slack = 0.01
  return (
    (a.x + slack < b.x + b.width &&
      b.x + slack < a.x + a.width &&
      a.y + slack < b.y + b.height &&
      b.y + slack < a.y + a.height) ||
    (isThin(b) && crosses(a, b))
  )
}

function isThin({ width, height }: Rectangle): boolean {
  return width === 0 || height === 0
}

function crosses(a: Rectangle, line: Rectangle): boolean {
  const slack = 0.01
  return (
    line.x + line.width > a.x + slack &&
    line.x < a.x + a.width - slack &&
    line.y + line.height > a.y + slack &&
    line.y < a.y + a.height - slack
  )
}

function inside(a: Rectangle, b: Rectangle): boolean {
  const slack = 0.01
  return (
    a.x >= b.x - slack &&
    a.y >= b.y - slack &&
    a.x + a.width <= b.x + b.width + slack &&
    a.y + a.height <= b.y + b.height + slack
  )
}
