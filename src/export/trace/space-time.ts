/** Export | a trace as a space-time diagram: a lane for each actor, arrows for messages, bands for what lasts. */

import { type TraceViolation, violatedText } from '../../kernel/trace.ts'
import { escaped, fontFamily, widthOf } from '../picture/text.ts'
import { type Colours, type ThemeName, themes } from '../picture/theme.ts'
import { type Band, Bands } from './bands.ts'
import { type Exporter, Pieces } from './exporter.ts'
import { messageText, type Placed, pathOf, placed } from './reactions.ts'
import type { Trace } from './trace.ts'

export const spaceTime: Exporter = {
  description: 'a space-time diagram: lanes, messages, bands, the violation with its cause',
  write: (trace, out) => writeSpaceTime(trace, (text) => out('.svg', text)),
}

/** Pixels. */
const row = 18
const laneWidth = 66
const bandWidth = 22
const font = 11
/** Most characters of what is said about a reaction. */
const wordsMax = 52

/** One row of the picture. */
interface Line {
  readonly index: number
  readonly step: number
  readonly lane: number
  readonly from: number | undefined
  readonly fromRow: number | undefined
  readonly words: string
  readonly tip: string
  readonly mark: 'plain' | 'spontaneous' | 'ignored'
}

export interface SpaceTimeOptions {
  readonly theme?: ThemeName
  /** Before ids and as a class, where several pictures stand in one page. */
  readonly prefix?: string
}

export function writeSpaceTime(trace: Trace, out: (text: string) => void, options: SpaceTimeOptions = {}): void {
  const bands = new Bands()
  const lanes = new Map<string, number>()
  const lines: Line[] = []
  for (const reaction of placed(trace.events())) {
    bands.add(reaction)
    lines.push(lineOf(reaction, lanes))
  }
  new SpaceTimeWriter(trace, { lines, lanes: [...lanes.keys()], bands: bands.all() }, options).write(out)
}

function lineOf({ event, index, cause, sender }: Placed, lanes: Map<string, number>): Line {
  const { actor, step, message, state, ignored, emitted = [] } = event
  if (!lanes.has(actor)) lanes.set(actor, lanes.size)
  const said = message ? messageText(message) : 'start'
  const full = `${actor} ${said}`
  return {
    index,
    step,
    lane: lanes.get(actor) as number,
    from: sender === undefined || sender === actor ? undefined : lanes.get(sender),
    fromRow: cause,
    words: full.length > wordsMax ? `${full.slice(0, wordsMax - 1)}…` : full,
    tip: [`step ${step}: ${full}`, `state ${pathOf(state)}`, ...emitted.map(messageText)].join('\n'),
    mark: ignored ? 'ignored' : message && event.channel === undefined ? 'spontaneous' : 'plain',
  }
}

interface Drawing {
  readonly lines: readonly Line[]
  readonly lanes: readonly string[]
  readonly bands: readonly Band[]
}

/**
 * Steps that a violation comes from: those of its root; where that is not known, those that its message names; where it names none
 * but its own, those since which the bands of the addresses in it are as they are.
 */
function causesOf({ message, step, root }: TraceViolation, { lines, bands }: Drawing): number[] {
  if (root !== undefined && root.steps.length > 0) return [...root.steps]
  const named = [...message.matchAll(/at step (\d+)/g)].map(([, number]) => Number(number)).filter((at) => at !== step)
  if (named.length > 0) return named
  const addresses = [...new Set(message.match(/0x[\da-f]{4}_[\da-f]{4}/g))]
  return bands
    .filter(({ name }) => addresses.some((address) => name.endsWith(address)))
    .flatMap(({ segments }) => {
      const before = segments.findLast(({ from }) => (lines[from]?.step ?? 0) < step)
      return before ? [lines[before.from]?.step ?? 0] : []
    })
}

/** What the colours of bands mean: classes and words. */
const legend: readonly (readonly [css: string, words: string])[] = [
  ['band buffer cpu', 'buffer is the CPU\u2019s'],
  ['band buffer device', 'buffer is the device\u2019s'],
  ['band line clean', 'line clean'],
  ['band line dirty', 'line dirty'],
  ['band tlb', 'in the TLB'],
  ['band entry store-buffer', 'entry in a store buffer'],
  ['band entry cache', 'in a cache'],
  ['band entry memory', 'in memory'],
]

class SpaceTimeWriter {
  private readonly trace: Trace
  private readonly drawing: Drawing
  private readonly colours: Colours
  private readonly prefix: string
  private readonly left: number
  private readonly bandsAt: number
  private readonly top: number
  private readonly width: number
  private readonly height: number
  /** What is wrong, above the diagram: one line each. */
  private readonly captions: readonly string[]

  constructor(trace: Trace, drawing: Drawing, { theme = 'light', prefix = 't' }: SpaceTimeOptions) {
    this.trace = trace
    this.drawing = drawing
    this.colours = themes[theme]
    this.prefix = prefix
    this.captions = trace.violations.flatMap(({ message, step, noReturn, root, ...rule }) => [
      `step ${step}: ${violatedText(rule)}`,
      `  ${message}`,
      ...(root?.words ?? []).map((line) => `  ${line}`),
      ...(noReturn === undefined ? [] : [`  point of no return: step ${noReturn}`]),
    ])
    const { lines, lanes, bands } = drawing
    this.left = 56 + Math.max(0, ...lines.map(({ words }) => widthOf(words, font))) + 12
    this.bandsAt = this.left + lanes.length * laneWidth + 16
    const names = Math.max(40, ...bands.map(({ name }) => widthOf(name, font)))
    this.top = 16 + (this.captions.length + 1) * row + names + 12
    const captioned = Math.max(0, ...this.captions.map((caption) => widthOf(caption, font) + 24))
    const explained = legend.reduce((sum, [, words]) => sum + widthOf(words, font) + 30, 12)
    this.width = Math.max(this.bandsAt + bands.length * bandWidth + 12, captioned, bands.length > 0 ? explained : 0)
    this.height = this.top + lines.length * row + 36
  }

  write(out: (text: string) => void): void {
    const pieces = new Pieces(out)
    const { lines, lanes, bands } = this.drawing
    const { prefix, width, height } = this
    const title = `Space-time diagram of ${this.trace.header.scenario}`
    pieces.add(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${prefix}-title ${prefix}-desc" class="${prefix}">`,
    )
    pieces.add(`<title id="${prefix}-title">${escaped(title)}</title>`)
    pieces.add(
      `<desc id="${prefix}-desc">${lanes.length} actors, ${lines.length} reactions, ${bands.length} bands. ${escaped(this.captions.join('. ') || 'Nothing is violated.')}</desc>`,
    )
    pieces.add(`<style>${this.style()}</style>`)
    pieces.add(
      `<defs><marker id="${prefix}-to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0.5 8 4 0 7.5z"/></marker></defs>`,
    )
    pieces.add(`<rect class="paper" width="${width}" height="${height}"/>`)
    for (const [number, caption] of this.captions.entries()) {
      pieces.add(this.text(12, 16 + number * row + 8, caption, 'wrong'))
    }
    this.legend(pieces)
    this.marks(pieces)
    for (const [number, name] of lanes.entries()) {
      const x = this.laneX(number)
      pieces.add(this.text(x, this.top - 12, name, 'lane', 'middle'))
      pieces.add(this.text(x, height - 12, name, 'lane', 'middle'))
      pieces.add(`<path class="axis" d="M${x} ${this.top - 4}V${height - 28}"/>`)
    }
    for (const [number, band] of bands.entries()) this.band(pieces, band, this.bandsAt + number * bandWidth)
    let step = -1
    for (const line of lines) {
      this.line(pieces, line, line.step === step ? '' : String(line.step))
      step = line.step
    }
    pieces.add('</svg>')
    pieces.end()
  }

  private laneX(lane: number): number {
    return this.left + lane * laneWidth + laneWidth / 2
  }

  private rowY(index: number): number {
    return this.top + index * row + row / 2
  }

  private legend(pieces: Pieces): void {
    if (this.drawing.bands.length === 0) return
    const y = 16 + this.captions.length * row
    let x = 12
    for (const [css, words] of legend) {
      pieces.add(`<rect class="${css}" x="${x}" y="${y}" width="12" height="10"/>`)
      pieces.add(this.text(x + 16, y + 9, words, 'plain'))
      x += widthOf(words, font) + 30
    }
  }

  /** Rows of the violating steps, of the steps that the message names as causes, and the point of no return. */
  private marks(pieces: Pieces): void {
    const { lines } = this.drawing
    const wrong = new Set(this.trace.violations.map(({ step }) => step))
    const causes = new Set(this.trace.violations.flatMap((violation) => causesOf(violation, this.drawing)))
    const width = this.width
    for (const { index, step } of lines) {
      const css = wrong.has(step) ? 'violated' : causes.has(step) ? 'cause' : ''
      if (css) pieces.add(`<rect class="${css}" x="0" y="${this.top + index * row}" width="${width}" height="${row}"/>`)
    }
    for (const { noReturn } of this.trace.violations) {
      const last = noReturn === undefined ? undefined : lines.findLast(({ step }) => step === noReturn)
      if (!last) continue
      const y = this.top + (last.index + 1) * row
      pieces.add(
        `<path class="no-return" d="M0 ${y}H${width}"><title>point of no return: step ${noReturn}</title></path>`,
      )
    }
  }

  private band(pieces: Pieces, { kind, name, segments }: Band, x: number): void {
    const middle = x + bandWidth / 2
    pieces.add(
      `<text class="plain" transform="translate(${middle + 4} ${this.top - 10}) rotate(-90)">${escaped(name)}</text>`,
    )
    for (const [number, { from, state }] of segments.entries()) {
      if (state === '') continue
      const y = this.top + from * row
      const end = segments[number + 1]?.from ?? this.drawing.lines.length
      const css = `band ${kind} ${state.replace(/^.* in /, '').replaceAll(/\W/g, '-')}`
      const tip = `${name}: ${state}`
      pieces.add(
        `<rect class="${css}" x="${x + 3}" y="${y}" width="${bandWidth - 6}" height="${(end - from) * row}"><title>${escaped(tip)}</title></rect>`,
      )
    }
  }

  private line(pieces: Pieces, line: Line, step: string): void {
    const { index, lane, from, fromRow, words, tip, mark } = line
    const y = this.rowY(index)
    const x = this.laneX(lane)
    pieces.add(`<g class="row" data-step="${line.step}"><title>${escaped(tip)}</title>`)
    if (step) pieces.add(this.text(46, y + 4, step, 'step', 'end'))
    pieces.add(this.text(56, y + 4, words, mark === 'plain' ? 'plain' : mark))
    if (from !== undefined) {
      const start = fromRow === undefined ? y : this.rowY(fromRow)
      const away = x > this.laneX(from) ? -5 : 5
      pieces.add(
        `<path class="message" d="M${this.laneX(from)} ${start}L${x + away} ${y}" marker-end="url(#${this.prefix}-to)"/>`,
      )
    }
    const radius = mark === 'ignored' ? 2.5 : 4
    pieces.add(
      `<circle class="${mark === 'spontaneous' ? 'dot own-choice' : 'dot'}" cx="${x}" cy="${y}" r="${radius}"/>`,
    )
    pieces.add('</g>')
  }

  private text(x: number, y: number, text: string, css: string, anchor = 'start'): string {
    const where = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
    return `<text class="${css}" x="${x}" y="${y}"${where} xml:space="preserve">${escaped(text)}</text>`
  }

  private style(): string {
    const c = this.colours
    const rules: readonly (readonly [string, string])[] = [
      ['text', `font-family:${fontFamily};font-size:${font}px;fill:${c.ink}`],
      ['.lane', 'font-weight:bold'],
      ['.paper', `fill:${c.paper}`],
      ['.step,.ignored', `fill:${c.faint}`],
      ['.spontaneous', `fill:${c.own}`],
      ['.wrong', `fill:${c.never}`],
      ['.axis', `stroke:${c.edge};stroke-width:0.8;fill:none`],
      ['.message', `stroke:${c.line};stroke-width:1;fill:none`],
      ['.head,.dot', `fill:${c.line}`],
      ['.own-choice', `fill:${c.own}`],
      ['.violated', `fill:${c.neverFill};stroke:${c.never};stroke-width:0.8`],
      ['.cause', `fill:${c.activeFill}`],
      ['.no-return', `stroke:${c.never};stroke-width:1.5;stroke-dasharray:8 4`],
      ['.band', `fill:${c.edge};stroke:${c.paper};stroke-width:0.6`],
      ['.buffer.device,.dirty', `fill:${c.stalled}`],
      ['.buffer.cpu,.tlb', `fill:${c.own}`],
      ['.clean', `fill:${c.seen}`],
      ['.entry.store-buffer', `fill:${c.never}`],
      ['.entry.cache', `fill:${c.stalled}`],
      ['.entry.memory', `fill:${c.seen}`],
      ['.row:hover .plain', 'text-decoration:underline'],
    ]
    return rules
      .map(([selectors, body]) => {
        const scoped = selectors.split(',').map((selector) => `.${this.prefix} ${selector}`)
        return `${scoped.join(',')}{${body}}`
      })
      .join('')
  }
}
