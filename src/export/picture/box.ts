/** Export | boxes of diagrams: a heading over rows, measured. */

import { type Box, type Row, sizes } from './diagram.ts'
import { lineHeight, oneLine, widthOf, wrapped } from './text.ts'

/** Most columns of a heading and of a row inside a box. */
const nameColumnsMax = 34
const rowColumnsMax = 58

/** Height of a row, pixels. */
export const rowHeight = Math.round(sizes.row * lineHeight)
export const nameHeight = Math.round(sizes.name * lineHeight)

/** A text as rows of one tone; the rest of a long one is indented. */
export function rowsOf(text: string, row: Omit<Row, 'text'>, columnsMax = rowColumnsMax): Row[] {
  return wrapped(oneLine(text), columnsMax, '  ').map((line) => ({ ...row, text: line }))
}

/** Pixels between the ends of links on the side of a box, so that each arrow can be told from the next. */
const linkPitch = 9

/** A box to be measured. */
export interface BoxText extends Omit<Box, 'name' | 'width' | 'height'> {
  readonly name: string
  /** Links that begin or end at it. */
  readonly degree: number
}

/** Completes a box with a size that its text, and the ends of its links, have room in. */
export function boxOf({ name, degree, ...box }: BoxText): Box {
  const { rows, children } = box
  const lines = wrapped(oneLine(name), nameColumnsMax)
  const widest = Math.max(
    // Bold letters of a fixed width font are as wide as others; the slack is for fonts where they are not.
    ...lines.map((line) => widthOf(line, sizes.name) + 8),
    ...rows.map(({ text }) => widthOf(text, sizes.row)),
    children.length > 0 ? 0 : 36,
  )
  const below = rows.length > 0 ? sizes.gap + rows.length * rowHeight : 0
  return {
    ...box,
    name: lines,
    width: widest + 2 * sizes.pad,
    height: Math.max(lines.length * nameHeight + below + 2 * sizes.gap, degree * linkPitch),
  }
}

/** A mark without text. */
export function markOf(id: string, kind: 'initial' | 'shallow' | 'deep', tip: string): Box {
  const side = kind === 'initial' ? sizes.mark - 2 : 22
  return { id, kind, name: [], rows: [], children: [], tip, active: false, width: side, height: side }
}

/** Size of a label, pixels. */
export function labelSize(rows: readonly Row[]): { readonly width: number; readonly height: number } {
  if (rows.length === 0) return { width: 0, height: 0 }
  return {
    width: Math.max(...rows.map(({ text }) => widthOf(text, sizes.row))) + 6,
    height: rows.length * rowHeight + 2,
  }
}
