/** Unit | journals: what was written is read again, whatever ended the writing; damage and foreign files are named. */

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Entry, Journal, readEntries, readPlan } from '../../../src/fleet/journal.ts'
import { type CampaignPlan, campaignVersion } from '../../../src/run/campaign/plan.ts'

const plan: CampaignPlan = {
  version: campaignVersion,
  targets: [{ kind: 'litmus', request: { scenario: 'conversion-doorbell' } }],
  strategy: 'random',
  seed: 1,
  runs: 10,
  stepsMax: 100,
  bugDepth: 3,
  searchStatesMax: 0,
}

const entry = (shard: number): Entry => ({
  kind: 'shard',
  shard,
  result: { runs: 1, steps: 2, outcomes: { 'rest: a "quoted" ünïcode name': 1 }, causes: [] },
})

let root: string
let directory: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dmarace-journal-'))
  directory = join(root, 'campaign')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function entries(): Entry[] {
  const list: Entry[] = []
  readEntries(directory, (found) => list.push(found))
  return list
}

const segments = () => readdirSync(directory).filter((name) => name.startsWith('journal-'))
const lastSegment = () => join(directory, segments().sort().at(-1) as string)

test('what was written comes back, over several segments', () => {
  const journal = Journal.create(directory, plan)
  const written = Array.from({ length: 2500 }, (_, shard) => entry(shard))
  for (const one of written) journal.add(one)
  journal.close()
  expect(segments()).toHaveLength(3)
  expect(entries()).toEqual(written)
  expect(readPlan(directory)).toEqual(plan)
})

test('a torn last line is left out when read, and cut off when gone on with', () => {
  const journal = Journal.create(directory, plan)
  for (let shard = 0; shard < 3; shard++) journal.add(entry(shard))
  journal.close()
  const whole = readFileSync(lastSegment(), 'utf8')
  const lastLine = whole.split('\n')[2] as string
  // Wherever the process may have died while it wrote the last line.
  for (const length of [1, 8, 17, 40, lastLine.length]) {
    writeFileSync(lastSegment(), `${whole}${lastLine.slice(0, length)}`)
    expect(entries()).toHaveLength(3)
  }
  const found: Entry[] = []
  const again = Journal.open(directory, (one) => found.push(one))
  again.add(entry(3))
  again.close()
  expect(found).toHaveLength(3)
  expect(entries().map((one) => (one.kind === 'shard' ? one.shard : -1))).toEqual([0, 1, 2, 3])
})

test('damage in the middle is named by file and line', () => {
  const journal = Journal.create(directory, plan)
  for (let shard = 0; shard < 3; shard++) journal.add(entry(shard))
  journal.close()
  const path = lastSegment()
  const lines = readFileSync(path, 'utf8').split('\n')
  lines[1] = (lines[1] as string).replace('"runs":1', '"runs":7')
  writeFileSync(path, lines.join('\n'))
  expect(entries).toThrow(`${path}:2 is damaged`)
  // The lock does not stay behind.
  expect(() => Journal.open(directory, () => {})).toThrow('is damaged')
  expect(readdirSync(directory)).not.toContain('lock')
})

describe('not a journal of ours', () => {
  test('an empty directory, a foreign plan, a newer one, no JSON', () => {
    expect(() => readPlan(root)).toThrow(`${root} holds no campaign: there is no plan.json in it`)
    writeFileSync(join(root, 'plan.json'), '{ "name": "x" }')
    expect(() => readPlan(root)).toThrow('is no plan of a campaign')
    writeFileSync(join(root, 'plan.json'), JSON.stringify({ ...plan, version: campaignVersion + 1 }))
    expect(() => readPlan(root)).toThrow(`has version ${campaignVersion + 1}, this dmarace reads version`)
    writeFileSync(join(root, 'plan.json'), JSON.stringify({ ...plan, targets: [null] }))
    expect(() => readPlan(root)).toThrow('is damaged, or was changed: its sum does not fit')
    writeFileSync(join(root, 'plan.json'), '{')
    expect(() => readPlan(root)).toThrow('is damaged: it is not JSON')
  })

  test('foreign lines', () => {
    Journal.create(directory, plan).close()
    writeFileSync(join(directory, 'journal-000001.jsonl'), 'hello\nworld\nthere\n')
    expect(entries).toThrow('journal-000001.jsonl:1 is damaged')
  })
})

describe('one writer at a time', () => {
  test('a campaign is not begun twice in one directory', () => {
    Journal.create(directory, plan).close()
    expect(() => Journal.create(directory, plan)).toThrow(`go on with it by --resume ${directory}`)
  })

  test('an open one is refused, one whose process has died is taken over', () => {
    const journal = Journal.create(directory, plan)
    expect(() => Journal.open(directory, () => {})).toThrow(`is open in process ${process.pid}`)
    journal.close()
    // No process has this number: it is above what Linux gives out.
    appendFileSync(join(directory, 'lock'), '99999999\n')
    Journal.open(directory, () => {}).close()
  })
})

test('a directory that cannot be made is a usage error', () => {
  writeFileSync(join(root, 'file'), '')
  expect(() => Journal.create(join(root, 'file', 'campaign'), plan)).toThrow('cannot write to')
})
