/** Unit | `dmarace explain`: every name that other commands print is explained, from the tables that they are made of. */

import { describe, expect, test } from 'vitest'
import { features } from '../../../machines/features.ts'
import { readCorpus } from '../../../src/fleet/corpus.ts'
import { readFacts } from '../../../src/fleet/facts.ts'
import { bugClasses } from '../../../src/litmus/classes.ts'
import { referenceSections, referenceWords } from '../../../src/litmus/reference.ts'
import { oracleNames, oracles } from '../../../src/oracle/index.ts'
import { dmarace } from '../../support/fake-terminal.ts'

interface Explained {
  readonly kind: string
  readonly name: string
  readonly summary: string
  readonly parts: readonly { readonly title: string; readonly text: string }[]
  readonly facts?: readonly { readonly id: string; readonly source: string }[]
  readonly tests?: readonly { readonly file: string }[]
}

async function explained(...words: readonly string[]): Promise<Explained[]> {
  const { code, out, err } = await dmarace(['explain', ...words, '--json'])
  expect({ code, err }, words.join(' ')).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

describe('without a name', () => {
  test('everything is listed, on lines that fit a terminal, and can be explained', async () => {
    const all: Explained[] = await explained()
    const of = (kind: string) => all.filter((topic) => topic.kind === kind).map(({ name }) => name)
    expect(of('oracle')).toEqual(oracleNames)
    expect(of('feature')).toEqual(Object.keys(features))
    expect(of('class')).toEqual(Object.keys(bugClasses))
    expect(of('statement')).toEqual(referenceWords())
    expect(of('verdict')).toEqual(expect.arrayContaining(['holds', 'violated', 'not found', 'as expected', 'clean']))
    const { out } = await dmarace(['explain'])
    for (const { name } of all) expect(out).toContain(name)
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
    for (const { kind, name, summary } of all) {
      expect(summary, name).not.toBe('')
      expect(await explained(...name.split(' '))).toContainEqual(expect.objectContaining({ kind, name }))
    }
  })
})

describe('a name', () => {
  test('of an oracle: its rule in the words of docs/oracles.md', async () => {
    const [fresh] = await explained('fresh-load')
    const { always, definition, notJudged } = oracles['fresh-load']
    expect(fresh).toMatchObject({ kind: 'oracle', summary: always })
    expect(fresh?.parts).toContainEqual({ title: 'exactly', text: definition })
    expect(fresh?.parts).toContainEqual({ title: 'not judged', text: notJudged })
  })

  test('of a feature: default, switch and facts with their sources', async () => {
    const known = await readFacts()
    expect(known.size).toBeGreaterThan(200)
    for (const [name, feature] of Object.entries(features)) {
      const [one] = (await explained(name)).filter(({ kind }) => kind === 'feature')
      expect(one?.facts?.map(({ id }) => id)).toEqual(feature.facts)
      for (const { source } of one?.facts ?? []) expect(source).not.toBe('')
    }
    const { out } = await dmarace(['explain', 'loadReordering'])
    expect(out).toContain('--features loadReordering; in a litmus test: feature loadReordering')
    expect(out).toContain('HF-495')
    expect((await dmarace(['explain', 'speculation'])).out).toContain('--features -speculation')
  })

  test('of a class: the shipped tests of it, and every test is of a class that there is', async () => {
    const corpus = await readCorpus()
    const counts = await Promise.all(
      Object.keys(bugClasses).map(async (letter) => {
        const [topic] = await explained(letter)
        expect(topic?.tests?.length, letter).toBeGreaterThan(0)
        return topic?.tests?.length ?? 0
      }),
    )
    const named = corpus.flatMap(({ test: { classes } }) => classes)
    expect(named.filter((letter) => !Object.hasOwn(bugClasses, letter))).toEqual([])
    expect(counts.reduce((sum, count) => sum + count)).toBe(named.length)
    expect((await dmarace(['explain', 'B'])).out).toContain('test/litmus/corpus/arm-v7-from-device-prefetch.litmus')
  })

  test.each([
    ['tlbsync', ['tlbsync [in <M>] [max <n>] [else { … }]', 'tlbsync <place> = <value> [in <M>]']],
    ['clk+', ['clk+|clk- <D>|<M>, pwr+|pwr- <D>|<M>']],
    ['own->cpu', ['own->dev|own->cpu <place> TO_DEVICE|FROM_DEVICE|BIDIRECTIONAL [for <D>]']],
    ['st.nc', ['st[.nc|.so] <place> = <value>']],
    ['dma_map_single', ['[<r> = ]dma_…(<D>, …)']],
    [
      'expect',
      referenceSections['The test'].map(({ syntax }) => syntax).filter((syntax) => syntax.startsWith('expect')),
    ],
  ])('of a statement, %s: every form of it', async (word, forms) => {
    const [topic] = await explained(word)
    expect(topic?.kind).toBe('statement')
    expect(topic?.parts.map(({ title }) => title)).toEqual(forms)
  })

  test('with two meanings: both', async () => {
    expect((await explained('clean')).map(({ kind }) => kind)).toEqual(['verdict', 'statement'])
  })

  test('of two words, and in other letters', async () => {
    expect(await explained('not', 'found')).toMatchObject([{ kind: 'verdict', name: 'not found' }])
    expect(await explained('SPECULATION')).toMatchObject([{ name: 'speculation' }])
    expect(await explained('hf-164')).toMatchObject([{ kind: 'fact', name: 'HF-164' }])
  })

  test('that nobody knows: near ones, exit code 2', async () => {
    const { code, out, err } = await dmarace(['explain', 'fresh-lod', '--json'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe(
      'dmarace: unknown name "fresh-lod". Did you mean fresh-load? `dmarace explain` lists what can be explained\n',
    )
    for (const word of ['E', 'page-ownr', 'hf-999', '']) expect((await dmarace(['explain', word])).code).toBe(2)
  })
})
