/** Unit | pictures of charts: nothing lies on anything, hostile names stay text, the same chart gives the same bytes. */

import { describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { machines } from '../../../machines/index.ts'
import { chartDiagram } from '../../../src/export/picture/chart-diagram.ts'
import type { Diagram, Places, Rectangle } from '../../../src/export/picture/diagram.ts'
import { svgOf } from '../../../src/export/picture/svg.ts'
import { systemDiagram } from '../../../src/export/picture/system-diagram.ts'
import { columnsOf, wrapped } from '../../../src/export/picture/text.ts'
import { themes } from '../../../src/export/picture/theme.ts'
import { drawChart } from '../../../src/run/draw.ts'
import { layOut } from '../../../src/run/layout.ts'
import { subjectOfScenario } from '../../../src/run/scenario-subject.ts'
import { defineMachine } from '../../../src/statechart/define.ts'
import { outlineOf } from '../../../src/statechart/outline.ts'
import { generateMachine } from '../../differential/generated-chart.ts'
import { chartOfSize, everything, hostile } from '../../support/hostile-machine.ts'
import { overlapsOf } from '../../support/overlaps.ts'
import { prngFor, seed } from '../../support/seed.ts'

async function laidOut(diagram: Diagram): Promise<[Diagram, Places]> {
  return [diagram, await layOut(diagram)]
}

describe('nothing overlaps in the picture of', () => {
  it.each(Object.entries(machines))('%s', async (_name, machine) => {
    expect(overlapsOf(...(await laidOut(chartDiagram(outlineOf(machine)))))).toEqual([])
  })

  it('a machine that uses everything, and one with hostile names', async () => {
    for (const machine of [everything, hostile]) {
      expect(overlapsOf(...(await laidOut(chartDiagram(outlineOf(machine)))))).toEqual([])
    }
  })

  it.each(['unmap-reuse', 'fimc-capture-userptr'])('the blocks of %s', async (scenario) => {
    const { spec } = subjectOfScenario({ scenario })
    expect(overlapsOf(...(await laidOut(systemDiagram(scenario, spec))))).toEqual([])
  })

  it(`20 generated charts (seed ${seed})`, async () => {
    const prng = prngFor('pictures')
    let drawn = 0
    while (drawn < 20) {
      const config = generateMachine(prng, { lines: [] })
      if (!config) continue
      drawn++
      const diagram = chartDiagram(outlineOf(defineMachine(config)))
      expect(overlapsOf(...(await laidOut(diagram))), `chart ${drawn}`).toEqual([])
    }
  }, 120_000)

  it.each([150, 400])('a chart of %i states', async (states) => {
    expect(overlapsOf(...(await laidOut(chartDiagram(outlineOf(chartOfSize(states))))))).toEqual([])
  })

  it('a ring of 100 states that jumps across itself', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `s${n}`)
    const states = Object.fromEntries(
      names.map((name, n) => [name, { on: { NEXT: names[(n + 1) % 100], JUMP: names[(37 * n + 11) % 100] } }]),
    )
    const ring = createMachine({ id: 'ring', initial: 's0', states })
    expect(overlapsOf(...(await laidOut(chartDiagram(outlineOf(ring)))))).toEqual([])
  }, 60_000)
})

describe('the checker of overlaps', () => {
  it('sees a label that is moved, a line that is bent and a box that is shrunk', async () => {
    const [diagram, places] = await laidOut(chartDiagram(outlineOf(machines.l1)))
    const [a, b] = [...places.labels.keys()] as [string, string]
    const moved = new Map(places.labels).set(a, places.labels.get(b) as Rectangle)
    expect(overlapsOf(diagram, { ...places, labels: moved }).join()).toContain(`label of ${a} overlaps label of ${b}`)
    const { x, y } = places.labels.get(a) as Rectangle
    const bent = new Map(places.lines).set(b, [
      { x, y: y + 3 },
      { x: x + 20, y: y + 3 },
    ])
    expect(overlapsOf(diagram, { ...places, lines: bent }).join()).toContain(`label of ${a} lies on the line ${b}`)
    const [box] = [...places.boxes.keys()] as [string]
    const small = new Map(places.boxes).set(box, { ...(places.boxes.get(box) as Rectangle), width: 10 })
    expect(overlapsOf(diagram, { ...places, boxes: small }).join()).toContain(`${box} is smaller than its text`)
  })
})

describe('a picture', () => {
  it('has the same bytes each time', async () => {
    expect(await drawChart(outlineOf(machines.sysmmu))).toBe(await drawChart(outlineOf(machines.sysmmu)))
  })

  it('has a title and a description that it is labelled by, and no script', async () => {
    const svg = await drawChart(outlineOf(machines.gic))
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="d-title d-desc"/)
    expect(svg).toContain('<title id="d-title">Statechart gic</title>')
    expect(svg).toMatch(/<desc id="d-desc">[^<]*13 states/)
    expect(svg).not.toContain('<script')
  })

  it('shows names of any kind as text', async () => {
    const svg = await drawChart(outlineOf(hostile))
    expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(svg).not.toMatch(/<(script|img|b)[\s>]/)
    // In text, quotes are escaped; so this would be an attribute.
    expect(svg).not.toMatch(/\son\w+="/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
    expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|[\ud800-\udbff](?![\udc00-\udfff])/)
    expect(wellFormed(svg)).toEqual([])
  })

  it('shows delays, invoked actors, history and final states in words', async () => {
    const svg = await drawChart(outlineOf(everything))
    for (const text of [
      'after 30 ms',
      'after patience / log',
      'invoke / job as worker',
      'done: worker',
      'error: worker',
      'H*',
    ]) {
      expect(svg).toContain(`>${text}<`)
    }
    expect(svg).not.toContain('xstate.')
    expect(svg).toContain('and(ready, not(in off))')
    expect(svg).toContain('\u21bb AGAIN')
    expect(svg).toMatch(/<g class="final/)
  })

  it('marks active states with their ancestors, and lists the states if there is none of that name', async () => {
    const svg = await drawChart(outlineOf(everything), { active: ['on.left.deep.two'] })
    const active = [...svg.matchAll(/<g class="[^"]*active[^"]*" data-state="([^"]+)"/g)].map((match) => match[1])
    expect(active).toEqual(['on', 'on.left', 'on.left.deep', 'on.left.deep.two'])
    await expect(drawChart(outlineOf(everything), { active: ['on.left.deep.tow'] })).rejects.toThrow(
      /unknown state "on\.left\.deep\.tow"\. Did you mean on\.left\.deep\.two/,
    )
  })

  it('colours what a search never came to', async () => {
    const outline = outlineOf(machines.gic)
    const label = outline.transitions.find(({ targets, source }) => targets[0] !== source && targets.length > 0)?.label
    const never = {
      states: new Set(['nowhere', outline.nodes[2]?.path as string]),
      transitions: new Set([label as string]),
    }
    const svg = await drawChart(outline, { never })
    expect(svg).toMatch(/<g class="[^"]*never" data-state="/)
    expect(svg).toMatch(/<text class="never"/)
  })

  it('is refused with more states than can be laid out', async () => {
    await expect(drawChart(outlineOf(chartOfSize(1200)))).rejects.toThrow(/at most 1000 can be drawn/)
  })

  it('has words of enough contrast in every theme', () => {
    for (const [theme, { paper, box, odd, ink, faint, own, stalled, ignored, never }] of Object.entries(themes)) {
      for (const back of [paper, box, odd]) {
        for (const words of [ink, faint, own, stalled, ignored, never]) {
          expect(contrast(words, back), `${theme}: ${words} on ${back}`).toBeGreaterThan(4.5)
        }
      }
    }
  })

  it('in the dark has the same shapes', async () => {
    const outline = outlineOf(machines.dram)
    const [light, dark] = [await drawChart(outline), await drawChart(outline, { theme: 'dark' })]
    expect(dark).not.toBe(light)
    const shapes = (svg: string) => svg.replace(/<style>.*<\/style>/, '')
    expect(shapes(dark)).toBe(shapes(light))
    expect(svgOf(chartDiagram(outline), await layOut(chartDiagram(outline)), 'light', 'x')).toContain('id="x-title"')
  })
})

describe('text', () => {
  it('breaks into lines no longer than asked, and loses nothing but spaces', () => {
    for (const text of ['a b c', 'verylongwordwithoutanybreak.and.dots', '🚀'.repeat(20), 'x '.repeat(30), '']) {
      const lines = wrapped(text, 12)
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(12)
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
    }
  })
})

/** Tags that are not closed, or closed where they were not opened. */
function wellFormed(xml: string): string[] {
  const open: string[] = []
  const problems: string[] = []
  for (const [, close, name, , self] of xml.matchAll(/<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (close) {
      if (open.pop() !== name) problems.push(`</${name}>`)
    } else if (!self) open.push(name as string)
  }
  const left = xml.replaceAll(/<\/?[\w:-]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '')
  if (/[<>]/.test(left)) problems.push('a bracket outside of a tag')
  return [...problems, ...open]
}

/** WCAG 2: contrast of two colours. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}
