/** Run | the report of a campaign as one page that needs nothing else: plots as SVG, no script. */

import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { counted } from '../../base/counted.ts'
import { formatShare } from '../../explore/coverage.ts'
import { escaped } from '../../export/picture/text.ts'
import { grouped } from '../report.ts'
import { type CampaignReport, lengthText, type ReportedTarget } from './report.ts'
import type { CurvePoint } from './tally.ts'

/** Runs that a thread had made after so many seconds; from a file beside the journal, and never the same twice. */
export interface ThreadRate {
  readonly thread: number
  readonly points: readonly (readonly [seconds: number, runs: number])[]
}

const size = { width: 560, height: 220, left: 70, right: 14, top: 12, bottom: 40 } as const

/** @param rates absent: the page is the same for the same shards. */
export function campaignHtml(report: CampaignReport, rates: readonly ThreadRate[] = []): string {
  const { campaign, strategy, seed, runs, steps, violations, isComplete, failed } = report
  const facts = [
    `${grouped(runs)} runs, ${grouped(steps)} steps`,
    `${grouped(violations)} with a violation`,
    `strategy ${strategy}, seed ${seed}`,
    isComplete ? 'every run of the plan was made' : 'not all runs of the plan were made',
  ]
  const lost = failed.map(({ shard, reason }) => `<li>shard ${shard}: ${escaped(reason)}</li>`).join('')
  const threads = rates.length > 0 ? `<section><h2>Rate</h2>${ratePlot(rates)}</section>` : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Campaign ${escaped(campaign)}</title>
<style>${style}</style>
<h1>Campaign <code>${escaped(campaign)}</code></h1>
<p>${facts.map(escaped).join(' · ')}</p>
${lost === '' ? '' : `<section><h2>Shards without a result</h2><ul>${lost}</ul></section>`}
${report.targets.map(targetSection).join('\n')}
${threads}
</html>
`
}

function targetSection(target: ReportedTarget): string {
  const { name, kind, runs, outcomes, causes, space, curve } = target
  const hasStates = curve.some(([, , states]) => states > 0)
  const hasViolations = curve.some(([, violated]) => violated > 0)
  const violations = curve.map(([x, violated]: CurvePoint) => [x, violated] as const)
  const plots = [
    ...(hasViolations ? [plot('runs', 'runs with a violation', [violations])] : []),
    ...(hasStates
      ? [plot('runs', 'states seen', [curve.map(([x, , states]) => [x, states] as const)], space?.of)]
      : []),
  ]
  return `<section>
<h2>${escaped(name)} <small>${escaped(kind)}, ${grouped(runs)} runs</small></h2>
${histogram(outcomes, runs)}
${space ? `<p>${escaped(formatShare(space))}</p>` : ''}
<div class="plots">${plots.join('')}</div>
${causes
  .map(
    ({ always, example, minimality, shards }) => `<article>
<h3>always “${escaped(always)}” violated</h3>
<p>${escaped(example.message)}</p>
<p><small>run ${grouped(example.run)}, step ${grouped(example.steps)} (${lengthText[minimality]}); in ${counted(shards, 'shard')}</small></p>
<pre>${escaped(example.replay)}</pre>
</article>`,
  )
  .join('\n')}
</section>`
}

function histogram(outcomes: Readonly<Record<string, number>>, runs: number): string {
  const rows = Object.entries(outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => {
      const percent = (100 * count) / runs
      const tone = outcome.includes(': ') ? 'bad' : 'good'
      return `<tr><td>${escaped(outcome)}</td><td class="number">${grouped(count)}</td><td><div class="bar ${tone}" style="width:${percent.toFixed(2)}%"></div></td><td class="number">${percent.toFixed(2)} %</td></tr>`
    })
  return `<table><caption>How runs ended, and what they violated</caption>${rows.join('')}</table>`
}

function ratePlot(rates: readonly ThreadRate[]): string {
  const names = rates.map(
    ({ thread }, index) => `<span class="key c${index % curveColours.length}">thread ${thread + 1}</span>`,
  )
  return plot(
    'seconds',
    `runs of each thread: ${names.join(' ')}`,
    rates.map(({ points }) => points),
  )
}

type Points = readonly (readonly [x: number, y: number])[]

/** @param yName markup. @param of a dashed line at this height: all there is. */
function plot(xName: string, yName: string, curves: readonly Points[], of?: number): string {
  const { width, height, left, right, top, bottom } = size
  const all = curves.flat()
  const x = scaleLinear()
    .domain([0, Math.max(1, ...all.map(([value]) => value))])
    .range([left, width - right])
  const y = scaleLinear()
    .domain([0, Math.max(1, of ?? 0, ...all.map(([, value]) => value))])
    .nice()
    .range([height - bottom, top])
  const path = line<readonly [number, number]>(
    ([value]) => x(value),
    ([, value]) => y(value),
  ).digits(2)
  const xTicks = x.ticks(5).map((tick) => {
    const at = x(tick).toFixed(2)
    return `<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${height - bottom}"/><text x="${at}" y="${height - bottom + 16}" text-anchor="middle">${short(tick)}</text>`
  })
  const yTicks = y.ticks(4).map((tick) => {
    const at = y(tick).toFixed(2)
    return `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/><text x="${left - 6}" y="${at}" dy="0.32em" text-anchor="end">${short(tick)}</text>`
  })
  const limit =
    of === undefined
      ? ''
      : `<line class="limit" x1="${left}" x2="${width - right}" y1="${y(of).toFixed(2)}" y2="${y(of).toFixed(2)}"/>`
  const lines = curves.map(
    (points, index) => `<path class="curve c${index % curveColours.length}" d="${path([[0, 0], ...points])}"/>`,
  )
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${yName.replaceAll(/<[^>]*>/g, '')} by ${xName}">
${xTicks.join('')}${yTicks.join('')}${limit}${lines.join('')}
<text x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${xName}</text>
</svg><figcaption>${yName}</figcaption></figure>`
}

/** 1500000 → "1.5 M". */
function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(2))} M`
  if (value >= 1e4) return `${Number((value / 1e3).toFixed(2))} k`
  return grouped(Number(value.toFixed(2)))
}

/** Of several curves in a plot; they are told apart on light and on dark paper. */
const curveColours = [
  'var(--line)',
  'var(--bad)',
  'var(--good)',
  'var(--faint)',
  '#b07d12',
  '#8e5bc9',
  '#1897a6',
  '#c2568f',
]

const style = `
:root { color-scheme: light dark; --ink: #1d2330; --faint: #69707f; --grid: #d9dde5; --bad: #c2362b; --good: #2d7d5a; --line: #2457a8; --paper: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ee; --faint: #9aa2b1; --grid: #333a48; --bad: #ef6f61; --good: #5cbf90; --line: #7fb0ff; --paper: #14171e } }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--paper) }
h2 small, small, caption, figcaption { color: var(--faint); font-weight: normal }
table { border-collapse: collapse; table-layout: fixed; width: 100% } caption { text-align: left; padding-bottom: .3rem }
td { padding: .15rem .6rem .15rem 0; vertical-align: middle } td { overflow-wrap: anywhere } td:nth-child(2) { width: 7rem } td:nth-child(3) { width: 45% } td:nth-child(4) { width: 5rem }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.bar { height: .8rem; min-width: 1px; border-radius: 2px } .bar.bad { background: var(--bad) } .bar.good { background: var(--good) }
.plots { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0; flex: 1 1 26rem; max-width: 40rem } svg { width: 100%; height: auto } figcaption { text-align: center }
svg text { font-size: 12px; fill: var(--faint) } .grid { stroke: var(--grid) } .limit { stroke: var(--faint); stroke-dasharray: 5 4 }
.curve { fill: none; stroke-width: 2 } .key { display: inline-block; margin: 0 .5rem } .key::before { content: '— '; font-weight: bold }
${curveColours.map((colour, index) => `.curve.c${index} { stroke: ${colour} } .key.c${index} { color: ${colour} }`).join('\n')}
article { border-left: 3px solid var(--bad); padding-left: 1rem; margin: 1.2rem 0 } article h3 { margin: 0 0 .3rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; color: var(--faint) }
`
