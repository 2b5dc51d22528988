/** Run | pictures: a chart or the block diagram of a system, laid out and written as SVG. */

import { anything, demand, list, parts, text } from '../base/shape.ts'
import { type ChartMarks, chartDiagram } from '../export/picture/chart-diagram.ts'
import { svgOf } from '../export/picture/svg.ts'
import { type Exercised, systemDiagram } from '../export/picture/system-diagram.ts'
import type { ThemeName } from '../export/picture/theme.ts'
import type { Outline } from '../kernel/outline.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { layOut } from './layout.ts'

export interface DrawOptions extends ChartMarks {
  readonly theme?: ThemeName
  /** Before ids, where several pictures stand in one page. */
  readonly prefix?: string
}

const forms = list(anything, 'a list')
const outlineShape = parts('what outlineOf returns', { id: text, nodes: forms, transitions: forms })
const specShape = parts('a system', { actors: forms, channels: forms })

/** A chart as SVG. */
export async function drawChart(outline: Outline, options: DrawOptions = {}): Promise<string> {
  demand(outlineShape, outline, 'drawChart(outline)')
  const diagram = chartDiagram(outline, options)
  return svgOf(diagram, await layOut(diagram), options.theme ?? 'light', options.prefix)
}

/** The blocks of a system as SVG. */
export async function drawSystem(
  name: string,
  spec: SystemSpec,
  {
    theme = 'light',
    exercised,
  }: { readonly theme?: ThemeName; readonly exercised?: ReadonlyMap<string, Exercised> | undefined } = {},
): Promise<string> {
  demand(specShape, spec, 'drawSystem(name, system): the system')
  const diagram = systemDiagram(name, spec, exercised)
  return svgOf(diagram, await layOut(diagram), theme)
}
