/** Export | a diagram with places as SVG: one self-contained text without scripts, the same bytes each time. */

import { nameHeight, rowHeight } from './box.ts'
import type { Box, Diagram, Link, Places, Point, Rectangle, Row } from './diagram.ts'
import { sizes } from './diagram.ts'
import { escaped } from './text.ts'
import { styleOf, type ThemeName } from './theme.ts'

/** Pixels between the picture's edge and what is in it. */
const margin = 8

/** @param prefix put before ids, so that several pictures can stand in one page. */
export function svgOf(diagram: Diagram, places: Places, theme: ThemeName, prefix = 'd'): string {
  const width = Math.ceil(places.width + 2 * margin)
  const height = Math.ceil(places.height + 2 * margin)
  const writer = new SvgWriter(places, prefix)
  for (const box of diagram.boxes) writer.box(box, 0)
  for (const link of diagram.links) writer.link(link)
  for (const link of diagram.links) writer.label(link)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}" role="img" aria-labelledby="${prefix}-title ${prefix}-desc" class="${prefix}">`,
    `<title id="${prefix}-title">${escaped(diagram.title)}</title>`,
    `<desc id="${prefix}-desc">${escaped(diagram.description)}</desc>`,
    `<style>${styleOf(theme, `.${prefix}`)}</style>`,
    `<defs>${arrowHead(prefix)}</defs>`,
    `<rect class="paper" x="${-margin}" y="${-margin}" width="${width}" height="${height}"/>`,
    ...writer.lines,
    '</svg>',
    '',
  ].join('\n')
}

function arrowHead(prefix: string): string {
  const head = (id: string, path: string, x: number) =>
    `<marker id="${prefix}-${id}" viewBox="0 0 8 8" refX="${x}" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="head" d="${path}"/></marker>`
  return head('to', 'M0 0.5 8 4 0 7.5z', 8)
}

class SvgWriter {
  readonly lines: string[] = []
  private readonly places: Places
  private readonly prefix: string

  constructor(places: Places, prefix: string) {
    this.places = places
    this.prefix = prefix
  }

  /** A box and what is in it, from the outside in. */
  box(box: Box, depth: number): void {
    const place = this.places.boxes.get(box.id) as Rectangle
    const inner = box.children.length > 0 ? 'inner' : ''
    const classes = [box.kind, depth % 2 === 1 ? 'odd' : '', inner, box.active ? 'active' : '', box.heat ?? ''].filter(
      Boolean,
    )
    const path = box.path ? ` data-state="${escaped(box.path)}"` : ''
    this.lines.push(`<g class="${classes.join(' ')}"${path}>${tip(box.tip)}${shapeOf(box, place)}`)
    const middle = round(place.x + place.width / 2)
    // A name alone stands in the middle.
    const isAlone = box.rows.length === 0 && box.children.length === 0
    let y = place.y + (isAlone ? (place.height - box.name.length * nameHeight) / 2 - 1 : sizes.gap)
    for (const line of box.name) {
      y += nameHeight
      this.lines.push(text({ at: { x: middle, y: y - 4 }, of: line, css: 'name', anchor: 'middle' }))
    }
    if (box.rows.length > 0) {
      y += sizes.gap / 2
      this.lines.push(`<path class="rule" d="M${round(place.x)} ${round(y)}h${round(place.width)}"/>`)
      y += sizes.gap / 2
    }
    this.rows(box.rows, place.x + sizes.pad, y)
    this.lines.push('</g>')
    for (const child of box.children) this.box(child, depth + 1)
  }

  link({ id, heat, ends, tip: words }: Link): void {
    const points = this.places.lines.get(id) ?? []
    if (points.length === 0) return
    const start = ends === 'both' ? ` marker-start="url(#${this.prefix}-to)"` : ''
    const css = heat === undefined ? 'link' : `link ${heat}`
    this.lines.push(
      `<g class="${css}">${tip(words)}<path d="${rounded(points)}"${start} marker-end="url(#${this.prefix}-to)"/></g>`,
    )
  }

  label({ id, rows }: Link): void {
    const place = this.places.labels.get(id)
    if (!place || rows.length === 0) return
    this.lines.push('<g class="label">')
    this.rows(rows, place.x + 3, place.y + 1)
    this.lines.push('</g>')
  }

  private rows(rows: readonly Row[], x: number, top: number): void {
    for (const [number, { text: of, tone, tip: words }] of rows.entries()) {
      this.lines.push(text({ at: { x, y: top + (number + 1) * rowHeight - 4 }, of, css: tone, words }))
    }
  }
}

function shapeOf({ kind }: Box, { x, y, width, height }: Rectangle): string {
  const middle = `cx="${round(x + width / 2)}" cy="${round(y + height / 2)}"`
  if (kind === 'initial') return `<circle class="dot" ${middle} r="${round(width / 2 - 1)}"/>`
  const rectangle = (inset: number, radius: number) =>
    `<rect x="${round(x + inset)}" y="${round(y + inset)}" width="${round(width - 2 * inset)}" height="${round(height - 2 * inset)}" rx="${radius}"/>`
  if (kind === 'shallow' || kind === 'deep') {
    const word = text({
      at: { x: x + width / 2, y: y + height / 2 + 4 },
      of: kind === 'deep' ? 'H*' : 'H',
      css: 'plain',
      anchor: 'middle',
    })
    return `<circle class="history" ${middle} r="${round(width / 2 - 1)}"/>${word}`
  }
  if (kind === 'final') return rectangle(0, 8) + rectangle(3, 6)
  return rectangle(0, kind === 'frame' || kind === 'block' ? 3 : 8)
}

interface Text {
  readonly at: Point
  readonly of: string
  readonly css: string
  readonly anchor?: 'middle'
  readonly words?: string | undefined
}

function text({ at, of, css, anchor, words }: Text): string {
  const where = anchor ? ` text-anchor="${anchor}"` : ''
  return `<text class="${css}" x="${round(at.x)}" y="${round(at.y)}"${where} xml:space="preserve">${tip(words)}${escaped(of)}</text>`
}

function tip(words: string | undefined): string {
  return words ? `<title>${escaped(words)}</title>` : ''
}

/** Right angles with round corners. */
function rounded(points: readonly Point[]): string {
  const radius = 5
  const [first, ...rest] = points as [Point, ...Point[]]
  let path = `M${round(first.x)} ${round(first.y)}`
  let from = first
  for (const [number, point] of rest.entries()) {
    const next = rest[number + 1]
    if (!next) {
      path += `L${round(point.x)} ${round(point.y)}`
      break
    }
    const cut = Math.min(radius, distance(from, point) / 2, distance(point, next) / 2)
    const before = towards(point, from, cut)
    const after = towards(point, next, cut)
    path += `L${round(before.x)} ${round(before.y)}Q${round(point.x)} ${round(point.y)} ${round(after.x)} ${round(after.y)}`
    from = point
  }
  return path
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1
  return { x: from.x + ((to.x - from.x) * by) / length, y: from.y + ((to.y - from.y) * by) / length }
}

/** Tenths of a pixel: enough to see, and the same on every machine. */
export function round(value: number): number {
  return Math.round(value * 10) / 10 + 0
}
