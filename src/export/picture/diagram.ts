/** Export | diagrams: nested boxes and links between them, before and after they have places. */

/** How a line of text is meant. `part`: the rest of the line above. */
export type Tone = 'plain' | 'own' | 'ignored' | 'stalled' | 'faint' | 'never'

/** One line of text. */
export interface Row {
  readonly text: string
  readonly tone: Tone
  /** Shown when the pointer rests on it. */
  readonly tip?: string
}

/**
 * - `state`, `final`, `frame` (the machine), `region`, `block` (of a block diagram): boxes with a name and rows.
 * - `initial`, `shallow`, `deep`: marks.
 */
export type BoxKind = 'frame' | 'state' | 'region' | 'final' | 'block' | 'initial' | 'shallow' | 'deep'

/** Whether a search has been there. */
export type Heat = 'seen' | 'never'

export interface Box {
  readonly id: string
  readonly kind: BoxKind
  /** Lines of the heading. */
  readonly name: readonly string[]
  readonly rows: readonly Row[]
  readonly children: readonly Box[]
  readonly tip?: string
  readonly active: boolean
  readonly heat?: Heat | undefined
  /** Name of an active state, for pages that mark states themselves. */
  readonly path?: string
  /** Of heading and rows, pixels. */
  readonly width: number
  readonly height: number
}

export interface Link {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly rows: readonly Row[]
  readonly tip?: string
  /** How much its direction counts where not all links can go from left to right. */
  readonly priority: number
  readonly heat?: Heat | undefined
  readonly ends: 'to' | 'both'
}

export interface Diagram {
  readonly title: string
  readonly description: string
  readonly boxes: readonly Box[]
  readonly links: readonly Link[]
}

/** Pixels from the upper left corner of the picture. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Where everything is: boxes and labels by id, and the corners of each link. */
export interface Places {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, Rectangle>
  readonly labels: ReadonlyMap<string, Rectangle>
  readonly lines: ReadonlyMap<string, readonly Point[]>
}

/** Sizes of text, pixels. */
export const sizes = { name: 13, row: 11, pad: 8, mark: 14, gap: 6 } as const
