/** Unit | the HTML report: one file that asks for nothing, holds the run as data, and shows names as text. */

import { describe, expect, it } from 'vitest'
import { traceOf } from '../../../src/export/trace/trace.ts'
import type { TraceEvent } from '../../../src/kernel/trace.ts'
import { drawChart } from '../../../src/run/draw.ts'
import { htmlReport } from '../../../src/run/html-report.ts'
import { outlineOf } from '../../../src/statechart/outline.ts'
import { hostile, hostileNames } from '../../support/hostile-machine.ts'

const [script, image] = hostileNames as [string, string]
const header = { dmarace: 'trace', version: 2, scenario: script, token: image } as const

async function page(count = 4): Promise<string> {
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
  })
}

describe('the HTML report', () => {
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
