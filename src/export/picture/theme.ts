/** Export | the colours of pictures, light and dark, as a style sheet. */

import { unknownName } from '../../base/errors.ts'
import { sizes } from './diagram.ts'
import { fontFamily } from './text.ts'

/** Text on paper has a contrast of at least 4.5 to 1 in every colour used for words. */
const colours = {
  light: {
    paper: '#ffffff',
    ink: '#1f2430',
    faint: '#5b6472',
    line: '#4a5568',
    edge: '#8a94a6',
    box: '#f7f9fc',
    odd: '#ffffff',
    frame: '#ffffff',
    own: '#1c5a8a',
    stalled: '#8a5300',
    ignored: '#5b6472',
    never: '#b3261e',
    neverFill: '#fdeceb',
    seen: '#1b6e3c',
    seenFill: '#eaf6ee',
    active: '#1d4ed8',
    activeFill: '#dbe7ff',
  },
  dark: {
    paper: '#14181f',
    ink: '#e6e9ef',
    faint: '#a3adbd',
    line: '#a9b4c6',
    edge: '#5d687a',
    box: '#1c222c',
    odd: '#181d26',
    frame: '#14181f',
    own: '#8cc4f2',
    stalled: '#f0b45c',
    ignored: '#a3adbd',
    never: '#ff8f86',
    neverFill: '#3a1f1f',
    seen: '#79d29a',
    seenFill: '#17301f',
    active: '#7fb0ff',
    activeFill: '#1f3358',
  },
} as const

export type ThemeName = keyof typeof colours
export type Colours = Readonly<Record<keyof (typeof colours)['light'], string>>

export const themes: Readonly<Record<ThemeName, Colours>> = colours

export function themeOf(name: string): ThemeName {
  if (!Object.hasOwn(themes, name)) throw unknownName('theme', name, Object.keys(themes))
  return name as ThemeName
}

/** @param scope a selector put before each rule, so that it holds in this picture only. */
export function styleOf(theme: ThemeName, scope: string): string {
  const c = themes[theme]
  const rules: readonly (readonly [selectors: string, body: string])[] = [
    ['text', `font-family:${fontFamily};font-size:${sizes.row}px;fill:${c.ink}`],
    ['.name', `font-size:${sizes.name}px;font-weight:bold`],
    ['.paper', `fill:${c.paper}`],
    ['rect,.history', `fill:${c.box};stroke:${c.edge};stroke-width:1.2`],
    ['.paper', 'stroke:none'],
    ['.odd rect', `fill:${c.odd}`],
    ['.frame rect', `fill:${c.frame};stroke:${c.line}`],
    ['.region rect', 'stroke-dasharray:6 4'],
    ['.final rect + rect', 'fill:none'],
    ['.seen rect', `fill:${c.seenFill};stroke:${c.seen}`],
    ['.never rect', `fill:${c.neverFill};stroke:${c.never}`],
    ['.active rect', `stroke:${c.active};stroke-width:2.2`],
    // Of states inside each other, the innermost is filled.
    ['.active:not(.inner) rect', `fill:${c.activeFill}`],
    ['.active .name', `fill:${c.active}`],
    ['.dot,.head', `fill:${c.line};stroke:none`],
    ['.rule', `stroke:${c.edge};stroke-width:0.7;fill:none`],
    ['.link path', `fill:none;stroke:${c.line};stroke-width:1.2`],
    ['.link.seen path', `stroke:${c.seen}`],
    ['.link.never path', `stroke:${c.never};stroke-dasharray:4 3`],
    ['.own', `fill:${c.own}`],
    ['.stalled', `fill:${c.stalled}`],
    ['.ignored,.faint', `fill:${c.faint}`],
    ['text.never', `fill:${c.never}`],
  ]
  return rules
    .map(([selectors, body]) => {
      const scoped = selectors.split(',').map((selector) => `${scope} ${selector}`)
      return `${scoped.join(',')}{${body}}`
    })
    .join('')
}
