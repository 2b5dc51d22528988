/** Unit | the HTML report: one file that asks for nothing, holds the run as data, and shows names as text. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { traceOf } from '../../../src/export/trace/trace.ts'
import type { TraceEvent } from '../../../src/kernel/trace.ts'
import { drawChart } from '../../../src/run/draw.ts'
import { htmlReport } from '../../../src/run/html-report.ts'
import type { StepDetails } from '../../../src/run/step-details.ts'
import { outlineOf } from '../../../src/statechart/outline.ts'
import { hostile, hostileNames } from '../../support/hostile-machine.ts'
import { runTool, toolPath } from '../../support/tools.ts'

const [script, image] = hostileNames as [string, string]
const header = { dmarace: 'trace', version: 2, scenario: script, token: image } as const

async function page(count = 4, details?: StepDetails): Promise<string> {
  const events = Array.from({ length: count }, (_, step): TraceEvent => {
    const name = hostileNames[step % hostileNames.length] as string
    return { step, cycle: 0, actor: image, state: name, message: { type: name }, emitted: [{ type: name }] }
  })
  const trace = traceOf(header, events, [{ property: 'p', always: script, message: image, step: 2, noReturn: 1 }])
  return htmlReport(trace, {
    title: script,
    verdict: `violated ${image}`,
    isGood: false,
    facts: [[script, image]],
    replay: `npx dmarace replay ${script}`,
    charts: [{ actor: image, svg: await drawChart(outlineOf(hostile), { prefix: 'c0' }) }],
    ...(details ? { details } : {}),
  })
}

const browser = toolPath('chromium', 'optional')

/** What a browser's page says after these keys: the step it is at, active states, changes in the table. */
function afterKeys(html: string, keys: readonly string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'dmarace-page-'))
  const script = `<script>
    const log = [];
    const note = () => log.push([document.getElementById('where').textContent, document.querySelectorAll('.chart g.active').length, document.getElementById('diff').rows.length].join(', '));
    note();
    for (const key of ${JSON.stringify(keys)}) { dispatchEvent(new KeyboardEvent('keydown', { key })); note(); }
    document.body.replaceChildren(log.join(' | '));
  </script>`
  try {
    const file = join(directory, 'page.html')
    writeFileSync(
      file,
      html.replace('</body>', () => `${script}</body>`),
    )
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--dump-dom']
    const dom = runTool(browser as string, [...flags, `--user-data-dir=${directory}/profile`, `file://${file}`])
    return (/<body>([^<]*)<\/body>/.exec(dom)?.[1] ?? dom).trim().split(' | ')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

describe('the HTML report', () => {
  it.skipIf(!browser)('steps by keys, from the violation on, and marks the active states', async () => {
    const steps = afterKeys(await page(), ['ArrowLeft', 'k', 'ArrowRight', 'End', 'j', 'Home', 'v'])
    expect(steps.map((step) => step.split(',')[0])).toEqual([
      'step 2 of 3',
      'step 1 of 3',
      'step 0 of 3',
      'step 1 of 3',
      'step 3 of 3',
      'step 3 of 3',
      'step 0 of 3',
      'step 2 of 3',
    ])
    for (const step of steps) expect(step).toMatch(/, 1, 1$/)
  })

  const changes = (count: number): StepDetails => ({
    valued: new Set(),
    changes: Array.from({ length: count }, (_, step) => (step === 1 || step === count - 1 ? [['n', step, 0]] : [])),
  })

  it('shows what steps changed in contexts, beside the states', async () => {
    const data = (html: string) => JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] as string)
    const fields = (html: string) => data(html).rows.map((row: { fields: unknown }) => row.fields)
    expect(fields(await page(4, changes(4)))).toEqual([[], [[`${image}.n`, '0', '1']], [], [[`${image}.n`, '0', '3']]])
    // Of a long run, only the beginning is shown: changes stay with their events.
    const long = fields(await page(9000, changes(9000)))
    expect(long[1]).toEqual([[`${image}.n`, '0', '1']])
    expect(long.flat()).toHaveLength(1)
  })

  it.skipIf(!browser)('has a line in the table for each changed field', async () => {
    const steps = afterKeys(await page(4, changes(4)), ['ArrowLeft', 'ArrowLeft'])
    expect(steps.map((step) => step.split(', ').slice(1))).toEqual([
      ['1', '1'],
      ['1', '2'],
      ['1', '1'],
    ])
  })

  it('forbids the browser to fetch anything, and names nothing to fetch', async () => {
    const html = await page()
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`)
    expect(html).not.toMatch(/\s(src|href)="(?!#)/)
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/url\((?!#)|https?:/)
  })

  it('has two scripts, its data and its own, whatever names say', async () => {
    const html = await page()
    expect(html.match(/<script/g)?.length).toBe(2)
    expect(html).not.toMatch(/<(img|b)[\s>]/)
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] as string
    const { rows, violations } = JSON.parse(data)
    expect(rows.map(({ step }: { step: number }) => step)).toEqual([0, 1, 2, 3])
    expect(rows[1].active).toEqual([image])
    expect(violations).toEqual([2])
  })

  it('has a chart that the script can mark, by the paths of the data', async () => {
    const html = await page()
    expect(html).toContain('data-state="&lt;script&gt;alert(1)&lt;/script&gt;"')
    expect(html).toContain('<a href="#1">step 1</a>')
  })

  it('of a run that is too long for a page says how much it shows', async () => {
    const html = await page(9000)
    expect(html).toMatch(/Of 9000 reactions this page shows \d+/)
    expect(html.length).toBeLessThan(5e6)
  })
})
