/** Run | a run as one HTML page without network: verdict, space-time diagram, charts with their states, step by step. */

import { escaped } from '../export/picture/text.ts'
import { themes } from '../export/picture/theme.ts'
import { Bands } from '../export/trace/bands.ts'
import { messageText, pathOf, placed, regionsOf } from '../export/trace/reactions.ts'
import { writeSpaceTime } from '../export/trace/space-time.ts'
import { type Trace, traceOf } from '../export/trace/trace.ts'
import { type TraceEvent, violatedText } from '../kernel/trace.ts'
import { pageScript } from './html-script.ts'
import type { ContextChange, StepDetails } from './step-details.ts'
import { valueText } from './step-lines.ts'

/** What the page says besides the run. */
export interface PageFacts {
  readonly title: string
  /** In words: "violated: progress in 12 (exhaustive, 300 states)". */
  readonly verdict: string
  readonly isGood: boolean
  /** Name and value: features, seed, strategy. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly replay: string
  /** Pictures of the actors' charts, made by `drawChart` with prefixes of their own. */
  readonly charts: readonly { readonly actor: string; readonly svg: string }[]
  /** Of the run's events, in order; where contexts are small enough to be read. */
  readonly details?: StepDetails
}

/** Reactions that a page shows; of longer runs, those up to the first violation and a few after it, or the last. */
const reactionsMax = 2500

interface Row {
  readonly step: number
  readonly actor: string
  readonly words: string
  /** Region → path of the active state. */
  readonly states: Readonly<Record<string, string>>
  /** Dotted paths of all active states, for the chart. */
  readonly active: readonly string[]
  readonly emitted: readonly string[]
  /** Bands that change here: name → state. */
  readonly bands: Readonly<Record<string, string>>
  /** Fields of contexts that change here: name, before, after. */
  readonly fields: readonly (readonly [name: string, before: string, after: string])[]
}

export function htmlReport(trace: Trace, facts: PageFacts): string {
  const { events, numbers, note } = shownEvents(trace)
  const contexts = numbers.map((number) => facts.details?.changes[number] ?? [])
  const shown = traceOf(trace.header, events, trace.violations)
  const svg: string[] = []
  writeSpaceTime(shown, (text) => svg.push(text), { prefix: 'st' })
  const violations = trace.violations.map(({ message, step, noReturn, root, ...rule }) => {
    const late = noReturn === undefined ? '' : `<p>Point of no return: ${stepLink(noReturn)}.</p>`
    return `<section class="violation"><h2>${escaped(violatedText(rule, ['“', '”']))}, ${stepLink(step)}</h2><p>${withSteps(message)}</p>${(root?.words ?? []).map((line) => `<p>${withSteps(line)}</p>`).join('')}${late}</section>`
  })
  const rows = facts.facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
  const charts = facts.charts.map(
    ({ actor, svg: picture }) =>
      `<details class="chart" data-actor="${escaped(actor)}"><summary>${escaped(actor)} <span class="now"></span></summary><div class="scroll">${picture}</div></details>`,
  )
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(facts.title)}</title><style>${pageStyle()}</style></head><body>`,
    `<header><h1>${escaped(facts.title)}</h1><p class="${facts.isGood ? 'good' : 'bad'}">${escaped(facts.verdict)}</p>`,
    ...violations,
    `<dl>${rows.join('')}<dt>replay</dt><dd><code>${escaped(facts.replay)}</code></dd></dl>${note}</header>`,
    `<nav aria-label="steps"><button id="first" title="Home" aria-label="first step">|◀</button><button id="back" title="← or k" aria-label="step back">◀</button><output id="where" aria-live="polite"></output><button id="on" title="→ or j" aria-label="step on">▶</button><button id="last" title="End" aria-label="last step">▶|</button><span class="hint">← → step, Home and End${violations.length > 0 ? ', v: the violation' : ''}</span></nav>`,
    '<main><section id="step"><h2>This step</h2><ol id="reactions"></ol><h2>What it changed</h2><table><thead><tr><th>what</th><th>before</th><th>after</th></tr></thead><tbody id="diff"></tbody></table></section>',
    `<section id="diagram" tabindex="0" aria-label="space-time diagram">${svg.join('')}</section></main>`,
    `<section id="charts"><h2>Statecharts</h2>${charts.join('')}</section>`,
    `<script type="application/json" id="data">${embedded({ rows: rowsOf(shown, contexts), violations: trace.violations.map(({ step }) => step) })}</script>`,
    `<script>${pageScript}</script></body></html>`,
    '',
  ].join('\n')
}

/** Text whose steps are links. */
function withSteps(text: string): string {
  return escaped(text).replaceAll(/\bstep (\d+)\b/g, (_, step: string) => stepLink(Number(step)))
}

function stepLink(step: number): string {
  return `<a href="#${step}">step ${step}</a>`
}

/** Events that a page can hold, and for each its number in the trace. */
function shownEvents(trace: Trace): {
  readonly events: readonly TraceEvent[]
  readonly numbers: readonly number[]
  readonly note: string
} {
  const first = trace.violations[0]?.step ?? Number.POSITIVE_INFINITY
  let kept: { readonly event: TraceEvent; readonly number: number }[] = []
  let total = 0
  let start: typeof kept = []
  for (const event of trace.events()) {
    const one = { event, number: total++ }
    if (event.step === 0) start.push(one)
    // A few reactions after the violation show what became of it.
    if (event.step > first + 20) continue
    kept.push(one)
    if (kept.length > 2 * reactionsMax) kept = kept.slice(-reactionsMax)
  }
  if (kept.length > reactionsMax) kept = kept.slice(-reactionsMax)
  const isWhole = kept.length === total
  if (isWhole || kept[0]?.event.step === 0) start = []
  const note = isWhole ? '' : `<p>Of ${total} reactions this page shows ${kept.length}; --trace writes all.</p>`
  const all = [...start, ...kept]
  return { events: all.map(({ event }) => event), numbers: all.map(({ number }) => number), note }
}

/** @param changes by event: what it changed in its actor's context */
function rowsOf(trace: Trace, changes: readonly (readonly ContextChange[])[]): Row[] {
  const bands = new Bands()
  const all = [...placed(trace.events())]
  for (const reaction of all) bands.add(reaction)
  const bandsAt = new Map<number, Record<string, string>>()
  for (const { name, segments } of bands.all()) {
    for (const { from, state } of segments) {
      const at = bandsAt.get(from) ?? {}
      at[name] = state || 'none'
      bandsAt.set(from, at)
    }
  }
  return all.map(({ event: { step, actor, message, state, emitted = [], ignored }, index }) => ({
    step,
    actor,
    words: `${message ? messageText(message) : 'start'}${ignored ? ' (ignored)' : ''}`,
    states: Object.fromEntries(regionsOf(state)),
    active: pathsOf(state),
    emitted: emitted.map(messageText),
    bands: bandsAt.get(index) ?? {},
    fields: (changes[index] ?? []).map(([path, value, before]) => [
      path === '' ? `${actor} context` : `${actor}.${path}`,
      before === undefined ? '' : valueText(before),
      value === undefined ? '' : valueText(value),
    ]),
  }))
}

/** Every active state as a dotted path. */
function pathsOf(state: unknown, prefix = ''): string[] {
  if (typeof state !== 'object' || state === null) return [prefix + pathOf(state)]
  return Object.entries(state).flatMap(([key, inner]) => {
    const below = typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0
    return [prefix + key, ...(below ? [] : pathsOf(inner, `${prefix}${key}.`))]
  })
}

/** JSON that ends no script and starts no comment. */
function embedded(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function pageStyle(): string {
  const c = themes.light
  return `body{font:14px/1.45 system-ui,sans-serif;margin:0;color:${c.ink};background:${c.paper}}
header{padding:12px 20px}h1{font-size:20px;margin:0 0 4px}h2{font-size:15px;margin:12px 0 4px}
.good{color:${c.seen};font-weight:bold}.bad{color:${c.never};font-weight:bold}
.violation{border-left:4px solid ${c.never};background:${c.neverFill};padding:4px 12px;margin:8px 0}
.violation h2{margin:2px 0}.violation p{margin:2px 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:10px 0}dt{color:${c.faint}}dd{margin:0;overflow-wrap:anywhere}
code{font-size:12px;background:${c.box};padding:1px 4px}
nav{position:sticky;top:0;z-index:2;display:flex;gap:8px;align-items:center;background:${c.box};border:solid ${c.edge};border-width:1px 0;padding:6px 20px}
nav output{min-width:12em;text-align:center;font-weight:bold}nav button{font-size:15px;padding:2px 10px}.hint{color:${c.faint}}
main{display:grid;grid-template-columns:minmax(300px,1fr) 3fr;gap:14px;padding:0 20px}
#step{max-height:70vh;overflow:auto}#diagram{max-height:70vh;overflow:auto;border:1px solid ${c.edge}}
ol{margin:4px 0;padding-left:34px}li{overflow-wrap:anywhere}li small{color:${c.faint};display:block}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;border-bottom:1px solid ${c.edge};padding:2px 8px 2px 0;overflow-wrap:anywhere;vertical-align:top}
td:nth-child(2){color:${c.never}}td:nth-child(3){color:${c.seen}}
#charts{padding:0 20px 30px}details{border:1px solid ${c.edge};margin:6px 0;padding:4px 10px}.scroll{overflow:auto}
summary{cursor:pointer;font-weight:bold}.now{font-weight:normal;color:${c.faint};overflow-wrap:anywhere}.acts>summary{color:${c.active}}
.chart g.active>rect{stroke:${c.active}!important;stroke-width:2.2!important}.chart g.active:not(.inner)>rect{fill:${c.activeFill}!important}
#diagram>svg{display:block;padding-bottom:45vh}
#diagram g.row.here>text{fill:${c.active};font-weight:bold}#diagram g.row.here>circle{stroke:${c.active};stroke-width:3}`
}
