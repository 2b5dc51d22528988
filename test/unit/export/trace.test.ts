/** Unit | traces in other forms, each held to its rules, on a run of the camera, a search's counterexample and hostile names. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Bands } from '../../../src/export/trace/bands.ts'
import { type ExportName, exporters } from '../../../src/export/trace/index.ts'
import { placed } from '../../../src/export/trace/reactions.ts'
import { shivizPattern } from '../../../src/export/trace/shiviz.ts'
import { readTrace, type Trace, traceOf } from '../../../src/export/trace/trace.ts'
import {
  type TraceEvent,
  type TraceHeader,
  type TraceViolation,
  toTraceEvent,
  traceLines,
  traceVersion,
} from '../../../src/kernel/trace.ts'
import { resolveOptions } from '../../../src/run/options.ts'
import { Run } from '../../../src/run/run.ts'
import { hostileNames } from '../../support/hostile-machine.ts'
import { runTool, toolPath } from '../../support/tools.ts'

const header: TraceHeader = { dmarace: 'trace', version: traceVersion, scenario: 'sample', token: '2:sample' }

function captured(): Trace {
  const scenario = 'fimc-capture-userptr-no-sync-for-device'
  const events: TraceEvent[] = []
  const run = new Run(resolveOptions({ scenario, geometry: 'litmus', seed: 3 }), {
    runtime: 'sim',
    watchers: [(reaction) => events.push(toTraceEvent(reaction))],
  })
  const { violations } = run.complete()
  const wrong = violations.map(({ violation: { oracle, message, step } }) => ({
    property: oracle,
    always: oracle,
    message,
    step,
    noReturn: step - 1,
  }))
  return traceOf({ ...header, scenario }, events, wrong)
}

/** Two actors that exchange messages with names that would like to be executed. */
function hostile(): Trace {
  const events: TraceEvent[] = hostileNames.flatMap((name, n): TraceEvent[] => [
    { step: n, cycle: 0, actor: `a ${name}`, state: name, sent: [{ port: `a ${name}.o`, message: { type: name } }] },
    { step: n, cycle: 0, actor: 'b', state: { [name]: name }, channel: `a ${name}.o>b.i`, message: { type: name } },
  ])
  return traceOf({ ...header, scenario: hostileNames[0] as string }, events, [
    { property: 'p', always: hostileNames[1] as string, message: hostileNames[3] as string, step: 2 },
  ])
}

const traces = { captured: captured(), hostile: hostile() }

function exported(name: ExportName, trace: Trace): Map<string, string> {
  const files = new Map<string, string>()
  exporters[name].write(trace, (suffix, text) => files.set(suffix, (files.get(suffix) ?? '') + text), 'base')
  return files
}

const main = (name: ExportName, trace: Trace) => [...exported(name, trace).values()][0] as string

describe.each(Object.keys(exporters) as ExportName[])('%s', (name) => {
  it('has the same bytes each time', () => {
    for (const trace of Object.values(traces)) expect(exported(name, trace)).toEqual(exported(name, trace))
  })

  it('has no tag of a hostile name in it, and nothing that XML or a terminal would trip over', () => {
    const text = [...exported(name, traces.hostile).values()].join('')
    if (name === 'svg' || name === 'mermaid' || name === 'plantuml') expect(text).not.toMatch(/<(script|img)/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u0008]/)
  })
})

/** Value changes of a VCD: full name → times and values, and only where a value differs from the one before. */
function changesOf(vcd: string): Map<string, string[]> {
  const names = new Map<string, string>()
  const scope: string[] = []
  const changes = new Map<string, string[]>()
  const [declarations, body] = vcd.split('$enddefinitions $end') as [string, string]
  for (const [, kind, rest] of declarations.matchAll(/\$(scope|upscope|var)\s+(.*?)\$end/gs)) {
    const words = (rest as string).trim().split(/\s+/)
    if (kind === 'scope') scope.push(words[1] as string)
    else if (kind === 'upscope') scope.pop()
    else names.set(words[2] as string, [...scope, words[3]].join('.'))
  }
  let time = -1
  const last = new Map<string, string>()
  for (const line of body.split('\n')) {
    if (line.startsWith('#')) {
      expect(Number(line.slice(1))).toBeGreaterThanOrEqual(time)
      time = Number(line.slice(1))
      continue
    }
    const found = /^([sb])(\S*) (\S+)$/.exec(line)
    if (!found) continue
    const [, kind, value, id] = found as unknown as [string, string, string, string]
    const name = names.get(id)
    expect(name, `identifier ${id} is declared`).toBeDefined()
    const plain = kind === 'b' ? String(Number.parseInt(value, 2)) : value
    if (last.get(id) === plain || /^b[xz]/.test(line)) continue
    last.set(id, plain)
    changes.set(name as string, [...(changes.get(name as string) ?? []), `${time} ${plain}`])
  }
  return changes
}

const [toFst, toVcd] = [toolPath('vcd2fst'), toolPath('fst2vcd')]

describe('VCD', () => {
  it.skipIf(!toFst || !toVcd).each(Object.entries(traces))(
    'of %s comes back from FST with the same changes',
    (_name, trace) => {
      const directory = mkdtempSync(join(tmpdir(), 'dmarace-vcd-'))
      try {
        const vcd = exported('vcd', trace).get('.vcd') as string
        writeFileSync(join(directory, 'a.vcd'), vcd)
        runTool(toFst as string, ['a.vcd', 'a.fst'], directory)
        const back = runTool(toVcd as string, ['a.fst'], directory)
        const [ours, theirs] = [changesOf(vcd), changesOf(back)]
        expect(ours.size).toBeGreaterThan(3)
        expect(theirs).toEqual(ours)
        // The comparison sees what the programs' exit codes do not.
        const other = vcd.replace(/^s\S+ /m, 'sother ')
        expect(changesOf(other)).not.toEqual(theirs)
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  )

  it('has names and codes that the filters translate, and a save file that lists every signal', () => {
    const files = exported('vcd', traces.captured)
    const changes = changesOf(files.get('.vcd') as string)
    const filter = files.get('.filters/sysmmu0.mmu') as string
    const names = new Map(
      filter
        .trim()
        .split('\n')
        .map((line) => [Number.parseInt(line.slice(0, 8), 16), line.slice(9)]),
    )
    const texts = changes.get('sysmmu0.mmu') as string[]
    const codes = changes.get('sysmmu0.mmu_code') as string[]
    expect(codes.map((line) => line.replace(/\d+$/, (code) => names.get(Number(code)) as string))).toEqual(texts)
    expect(texts.join()).toContain('translating.walking.level1')
    for (const name of changes.keys()) {
      if (!name.endsWith('_code')) expect(files.get('.gtkw')).toContain(`\n${name}\n`)
    }
  })
})

describe('Chrome trace events', () => {
  it.each(Object.entries(traces))('of %s keep to what every viewer understands', (_name, trace) => {
    const { traceEvents } = JSON.parse(main('chrome', trace)) as { traceEvents: Record<string, never>[] }
    expect(chromeProblems(traceEvents)).toEqual([])
    const broken = traceEvents.map((event) => (event.ph === 'f' ? { ...event, id: 10_000_000 } : event))
    expect(chromeProblems(broken as never).length).toBeGreaterThan(0)
  })
})

/** Rules of the format, and of viewers: unique flows that go forward, slices of a track apart from each other. */
function chromeProblems(events: readonly Record<string, unknown>[]): string[] {
  const problems: string[] = []
  const tracks = new Map<unknown, [number, number][]>()
  const starts = new Map<unknown, number>()
  const times = new Set<unknown>()
  for (const { ph, pid, tid, ts, dur, id, name } of events as readonly Record<string, number>[]) {
    if (!['M', 'X', 'C', 's', 'f', 'i'].includes(ph as never)) problems.push(`phase ${ph}`)
    if (!((pid as number) >= 1)) problems.push(`pid ${pid}`)
    if ((ph as never) !== 'M' && !((ts as number) >= 0)) problems.push(`${name} without a time`)
    if ((ph as never) === 'X') {
      if (!((dur as number) > 0)) problems.push(`${name} takes no time`)
      tracks.set(tid, [...(tracks.get(tid) ?? []), [ts as number, (ts as number) + (dur as number)]])
    }
    if ((ph as never) === 's') {
      if (starts.has(id)) problems.push(`flow ${id} starts twice`)
      starts.set(id, ts as number)
    }
    if ((ph as never) === 'f') {
      if (!starts.has(id)) problems.push(`flow ${id} has no start`)
      else if ((starts.get(id) as number) > (ts as number)) problems.push(`flow ${id} goes back in time`)
      if (times.has(`end ${id}`)) problems.push(`flow ${id} ends twice`)
      times.add(`end ${id}`)
    }
  }
  for (const [tid, slices] of tracks) {
    slices.sort((a, b) => a[0] - b[0])
    slices.forEach(([from], at) => {
      if (at > 0 && from < (slices[at - 1] as [number, number])[1] - 1e-9)
        problems.push(`slices of track ${tid} overlap`)
    })
  }
  return problems
}

describe('ShiViz log', () => {
  it.each(Object.entries(traces))(
    'of %s has clocks that count up by one and know what they follow from',
    (_name, trace) => {
      const log = main('shiviz', trace)
      const entries = [...log.matchAll(new RegExp(shivizPattern, 'g'))].map(({ groups }) => ({
        host: groups?.host as string,
        clock: JSON.parse(groups?.clock as string) as Record<string, number>,
      }))
      const reactions = [...placed(trace.events())]
      expect(entries.length).toBe(reactions.length)
      expect(log.trim().split('\n').length).toBe(2 * reactions.length + 1)
      const last = new Map<string, Record<string, number>>()
      for (const [number, { host, clock }] of entries.entries()) {
        const before = last.get(host) ?? {}
        expect(clock[host]).toBe((before[host] ?? 0) + 1)
        for (const [name, value] of Object.entries(before)) expect(clock[name]).toBeGreaterThanOrEqual(value)
        const cause = reactions[number]?.cause
        if (cause !== undefined) {
          for (const [name, value] of Object.entries(entries[cause]?.clock ?? {})) {
            expect(clock[name], `entry ${number} follows from ${cause}`).toBeGreaterThanOrEqual(value)
          }
        }
        last.set(host, clock)
      }
    },
  )
})

describe('sequence diagrams', () => {
  it.each(Object.entries(traces))('of %s are made of nothing but statements', (_name, trace) => {
    const text = '[^:;"<>#]*(?:#\\d+;[^:;"<>#]*)*'
    const line = new RegExp(
      `^(sequenceDiagram|  participant p\\d+ as ${text}|  p\\d+->>p\\d+: ${text}|  Note over p\\d+(,p\\d+)?: ${text}|)$`,
    )
    for (const each of main('mermaid', trace).split('\n')) expect(each).toMatch(line)
    for (const each of main('plantuml', trace).split('\n')) {
      expect(each).toMatch(
        /^(@startuml|@enduml|participant "[^"]*" as p\d+|p\d+ -> p\d+ : .*|note over p\d+(,p\d+)? : .*|)$/,
      )
    }
    expect(main('mermaid', trace)).toContain('violated#58;')
  })
})

describe('space-time diagram', () => {
  it('marks the violation, its cause and the point of no return, and shows whose each buffer is', () => {
    const svg = main('svg', traces.captured)
    const [{ step, message }] = traces.captured.violations as unknown as [{ step: number; message: string }]
    expect(svg).toContain(`point of no return: step ${step - 1}`)
    expect(svg).toContain('class="violated"')
    expect(svg).toContain('class="cause"')
    expect(svg).toContain(message.slice(0, 20))
    for (const band of ['buffer cpu', 'buffer device', 'line dirty', 'tlb', 'entry memory']) {
      expect(svg).toMatch(new RegExp(`class="band ${band}[^>]*><title>`))
    }
    expect(svg.match(/class="row"/g)?.length).toBe([...traces.captured.events()].length)
  })

  it('marks the steps of a known root, and says it', () => {
    const { header: head, violations } = traces.captured
    const [violation] = violations as [TraceViolation]
    const root = { words: ['root: cpu0 wrote', '  missing: a <clean>'], steps: [5] }
    const events = [...traces.captured.events()]
    const svg = main('svg', traceOf(head, events, [{ ...violation, root }]))
    expect(svg.match(/class="cause"/g)).toHaveLength(events.filter(({ step }) => step === 5).length)
    expect(svg).toContain('>    missing: a &lt;clean&gt;</text>')
  })

  it('bands: a word that a walk reads is an entry from its first store on, or from that read', () => {
    const bands = new Bands()
    const table = { memory: 'cacheable', core: 0 }
    const events: Record<string, unknown>[][] = [
      [{ type: 'cpu.store', addr: 0x1000, data: [7, 8], ...table }],
      [{ type: 'cpu.stored', addr: 0x1000, data: [7, 8], ...table }],
      [{ type: 'memory.read', addr: 0x1000, data: [3], from: 'm' }],
      [{ type: 'walk.read', mmu: 'm', level: 1, iova: 0, descriptor: 3 }],
      [{ type: 'memory.read', addr: 0x2000, data: [9], from: 'm' }],
      [{ type: 'memory.read', addr: 0x3000, data: [9], from: 'fimc0' }],
    ]
    const trace = traceOf(
      header,
      events.map((emitted, step) => ({ step, cycle: 0, actor: 'a', state: 's', emitted }) as unknown as TraceEvent),
      [],
    )
    for (const reaction of placed(trace.events())) bands.add(reaction)
    const entries = bands.all().filter(({ kind }) => kind === 'entry')
    expect(entries).toEqual([
      {
        kind: 'entry',
        name: 'entry 0x0000_1000',
        segments: [
          { from: 0, state: '0x0000_0007 in store buffer' },
          { from: 1, state: '0x0000_0007 in cache' },
        ],
      },
      { kind: 'entry', name: 'entry 0x0000_2000', segments: [{ from: 4, state: '0x0000_0009 in memory' }] },
    ])
  })

  it('bands: a buffer is mapped, queued, done; the state of each is that of the events', () => {
    const bands = new Bands()
    const reactions = [...placed(traces.captured.events())]
    for (const reaction of reactions) bands.add(reaction)
    const buffer = bands.all().find(({ kind }) => kind === 'buffer')
    expect(buffer?.segments.slice(0, 3).map(({ state }) => state)).toEqual(['cpu', 'device', 'cpu'])
    for (const { segments } of bands.all()) {
      for (const [n, { from, state }] of segments.entries()) {
        expect(from).toBeLessThan(reactions.length)
        if (n > 0) expect(from).toBeGreaterThan(segments[n - 1]?.from as number)
        if (n > 0) expect(state).not.toBe(segments[n - 1]?.state)
      }
    }
  })
})

describe('reading a trace', () => {
  const events = [...traces.captured.events()].slice(0, 5)
  const lines = [...traceLines({ scenario: 's', token: 't' }, events, [])].map((line) => line.trimEnd())
  const read = (some: readonly string[]) => [...readTrace('x', () => some).events()]

  it('gives the events back', () => {
    expect(read(lines)).toEqual(events)
  })

  it.each([
    ['another file', ['hello'], /x is no trace: its first line must be/],
    ['nothing', [], /x is no trace/],
    ['other JSON', ['{"a":1}'], /is no trace/],
    [
      'another version',
      [`{"dmarace":"trace","version":${traceVersion + 1}}`],
      /has format version 3, this dmarace reads/,
    ],
    ['a trace cut after a line', lines.slice(0, 4), /cut short: its last line is missing/],
    ['a trace cut in a line', [...lines.slice(0, 4), (lines[4] as string).slice(0, 30)], /cut short/],
    ['a trace with a line too few', [...lines.slice(0, 3), ...lines.slice(4)], /not JSON|cut short|no reaction/],
    ...[
      '{"dmarace":"end","reactions":5,"violations":[null]}',
      '{"dmarace":"end","reactions":"5","violations":[]}',
      '{"dmarace":"end","reactions":5,"violations":[{"property":"p","always":"a","message":"m","step":1,"root":{"words":"<"}}]}',
    ].map((end) => [`a trace that ends in ${end}`, [...lines.slice(0, -1), end], /its last line is not/] as const),
    ['a trace with a broken line', lines.map((line, n) => (n === 2 ? '{' : line)), /line 3: this is not JSON/],
  ] as const)('refuses %s', (_name, some, message) => {
    expect(() => read(some)).toThrow(message)
  })
})
