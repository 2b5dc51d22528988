/** Unit | charts in other notations: what a validator of other people says, and hostile names. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machines } from '../../../machines/index.ts'
import { type ChartNotationName, chartNotations } from '../../../src/export/chart/index.ts'
import { outlineOf } from '../../../src/statechart/outline.ts'
import { everything, hostile } from '../../support/hostile-machine.ts'
import { runTool, toolPath } from '../../support/tools.ts'

const charts = { ...machines, everything, hostile }
const compiler = toolPath('qscxmlc')

/** What Qt's SCXML compiler says; empty if it accepts the text. */
function complaint(scxml: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'dmarace-scxml-'))
  try {
    writeFileSync(join(directory, 'chart.scxml'), scxml)
    runTool(compiler as string, ['chart.scxml'], directory)
    return ''
  } catch (error) {
    return String((error as { stderr?: string }).stderr)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('SCXML', () => {
  it.skipIf(!compiler).each(Object.entries(charts))('of %s is accepted by qscxmlc', (_name, machine) => {
    expect(complaint(chartNotations.scxml.write(outlineOf(machine)))).toBe('')
  })

  it.skipIf(!compiler)('of a state that is not there is not', () => {
    const scxml = chartNotations.scxml.write(outlineOf(machines.dram)).replace(/target="[^"]+"/, 'target="nowhere"')
    expect(complaint(scxml)).toMatch(/nowhere/)
  })

  it('says delays as sends that leaving cancels', () => {
    const scxml = chartNotations.scxml.write(outlineOf(everything))
    expect(scxml).toContain('<send event="after.on.left.wait.30" id="after.on.left.wait.30" delay="30ms"/>')
    expect(scxml).toContain('<cancel sendid="after.on.left.wait.30"/>')
    expect(scxml).toContain('<raise event="PING"/>')
    expect(scxml).toContain('<history id="on.left.deep.back" type="deep">')
  })
})

describe('every notation', () => {
  it.each(Object.keys(chartNotations) as ChartNotationName[])('%s has every state and transition', (name) => {
    const outline = outlineOf(machines.l1)
    const text = chartNotations[name].write(outline)
    for (const { key } of outline.nodes) expect(text).toContain(key)
    for (const { guard } of outline.transitions) if (guard && /^\w+$/.test(guard)) expect(text).toContain(guard)
    expect(chartNotations[name].write(outlineOf(machines.l1))).toBe(text)
  })

  it.each(['scxml', 'mermaid', 'plantuml'] as const)('%s has no tag of a hostile name in it', (name) => {
    const text = chartNotations[name].write(outlineOf(hostile))
    expect(text).not.toMatch(/<(script>alert|img|b>)/)
  })

  it('mermaid and plantuml keep to one line for each statement', () => {
    for (const name of ['mermaid', 'plantuml'] as const) {
      for (const line of chartNotations[name].write(outlineOf(hostile)).split('\n')) {
        expect(line).toMatch(
          /^\s*($|stateDiagram-v2$|direction LR$|state "[^"]*" as s\d+|state s\d+ \{$|s\d+ (:|-->) |\[\*\] --> s\d+$|--$|\}$|@startuml$|@enduml$|hide empty description$|left to right direction$|' crosses)/,
        )
      }
    }
  })

  it('json is versioned and says targets as paths', () => {
    const data = JSON.parse(chartNotations.json.write(outlineOf(everything)))
    expect(data).toMatchObject({ dmarace: 'chart', version: 1, id: 'everything' })
    expect(data.transitions).toContainEqual(
      expect.objectContaining({ source: 'on', trigger: 'JUMP', targets: ['on.left.deep.two'] }),
    )
  })
})
