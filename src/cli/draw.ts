/** Cli | `dmarace draw`: a picture, or another notation, of a chart or of a system's blocks. */

import { UsageError, unknownName } from '../base/errors.ts'
import { type ChartNotationName, chartNotations } from '../export/chart/index.ts'
import { themeOf } from '../export/picture/theme.ts'
import { drawChart, drawSystem } from '../run/draw.ts'
import { type ChartSource, chartSource } from './chart-sources.ts'
import { exercisedOf, heatOf, readHeat } from './heat-file.ts'
import { writeAnswer } from './output-file.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `draw`. */
export interface DrawFlags {
  readonly format: string
  readonly theme: string
  readonly active?: string
  readonly heat?: string
  readonly actor?: string
  readonly variant?: string
  readonly out?: string
}

export const drawFormats: readonly string[] = ['svg', ...Object.keys(chartNotations)]

export async function drawCommand(what: string, flags: DrawFlags, terminal: Terminal): Promise<number> {
  const { format, out } = flags
  if (!drawFormats.includes(format)) throw unknownName('format', format, drawFormats)
  themeOf(flags.theme)
  const source = await chartSource(what, flags)
  const text = format === 'svg' ? await pictureOf(source, flags) : notationOf(source, flags)
  await writeAnswer(text, out, terminal)
  return exitCodes.clean
}

async function pictureOf(source: ChartSource, { theme, active, heat }: DrawFlags): Promise<string> {
  const report = heat === undefined ? undefined : await readHeat(heat)
  if (source.kind === 'system') {
    if (active !== undefined) throw new UsageError('--active is for charts: say which with --actor')
    return drawSystem(source.name, source.spec, { theme: themeOf(theme), exercised: report && exercisedOf(report) })
  }
  return drawChart(source.outline, {
    theme: themeOf(theme),
    ...(active === undefined ? {} : { active: active.split(',').map((path) => path.trim()) }),
    ...(report ? { never: heatOf(source.name, report) } : {}),
  })
}

function notationOf(source: ChartSource, { format, active, heat }: DrawFlags): string {
  if (active !== undefined || heat !== undefined) throw new UsageError('--active and --heat colour an svg')
  if (source.kind === 'chart') return chartNotations[format as ChartNotationName].write(source.outline)
  if (format !== 'json') throw new UsageError(`a block diagram is svg or json, not ${format}; --actor draws a chart`)
  const { actors, channels } = source.spec
  const shown = actors.map(({ id, definition: { description, inPorts, outPorts } }) => ({
    id,
    description,
    inPorts,
    outPorts,
  }))
  return `${JSON.stringify({ dmarace: 'system', version: 1, id: source.name, actors: shown, channels }, undefined, 2)}\n`
}
