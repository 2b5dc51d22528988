/** Contract | every scenario: its names, its question, and that a twin differs from its correct form in program steps alone. */

import { describe, expect, test } from 'vitest'
import { checkPrograms } from '../../machines/cpu/program-check.ts'
import { canonical } from '../../src/base/canonical.ts'
import type { SystemSpec } from '../../src/kernel/system.ts'
import { oracleNames } from '../../src/oracle/index.ts'
import { type RunRequest, resolveOptions } from '../../src/run/options.ts'
import { buildSystem, runScenario } from '../../src/run/run.ts'
import { runSeeds } from '../../src/run/seeds.ts'
import { scenarios } from '../../src/scenario/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'

const list = Object.entries(scenarios) as [string, Scenario][]
const byId: Readonly<Record<string, Scenario>> = scenarios
const correct = list.filter(([, scenario]) => !scenario.twinOf)
const twins = list.filter(([, scenario]) => scenario.twinOf)
const geometryNames = ['litmus', 'board'] as const

/** A board small enough to be quick; a litmus run has its own size. */
function small(scenario: string, geometry: 'litmus' | 'board'): RunRequest {
  return geometry === 'litmus' ? { scenario, geometry } : { scenario, geometry, size: '64x48', frames: 3 }
}

const systemOf = (scenario: string, geometry: 'litmus' | 'board') =>
  buildSystem(resolveOptions(small(scenario, geometry)))
const programsOf = (scenario: Scenario, geometry: 'litmus' | 'board') =>
  scenario.programs(resolveOptions(small(scenario.id, geometry)).parameters)

/** Everything about the actors but the programs of the cores: ports, choices and, where memories are small, contexts. */
function hardwareOf({ actors }: SystemSpec, geometry: 'litmus' | 'board'): unknown[] {
  return actors.map(({ id, definition }) => {
    const { description, inPorts, outPorts } = definition
    const choices = definition.spontaneous.map(({ event, kind, domain, latencyCycles }) =>
      [event, kind, domain, latencyCycles].join(' '),
    )
    const out = { send: () => {}, raise: () => {}, emit: () => {}, reply: () => {} }
    const isPlain = geometry === 'litmus' && !id.startsWith('cpu')
    const context = isPlain ? canonical(definition.createReactor('sim', out).context) : ''
    return { id, description, inPorts, outPorts, choices, context }
  })
}

describe.each(list)('%s', (key, scenario) => {
  test('goes by its key and asks a question', () => {
    expect(scenario.id).toBe(key)
    expect(key).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(scenario.question).toMatch(/^This asks (whether|what|who|how) .*\.$/)
  })

  test('has its default sizes, and a program for each core', () => {
    for (const geometry of geometryNames) {
      const { parameters } = resolveOptions({ scenario: key, geometry })
      const { frames, width, height, format, source } = scenario.defaults[geometry]
      expect(parameters).toMatchObject({ frames, width, height, format, source })
      if (geometry === 'litmus') expect(parameters.features).toMatchObject(scenario.defaults.litmus.features ?? {})
      const programs = scenario.programs(parameters)
      expect(programs).toHaveLength(scenario.cores)
      for (const core of programs) expect(() => checkPrograms(key, core)).not.toThrow()
    }
  })

  test('programs are a pure function of the parameters, and plain data', () => {
    for (const geometry of geometryNames) {
      const programs = programsOf(scenario, geometry)
      expect(programsOf(scenario, geometry)).toEqual(programs)
      expect(structuredClone(programs)).toEqual(programs)
    }
  })
})

describe.each(twins)('%s', (id, twin) => {
  const form = byId[twin.twinOf as string] as Scenario

  test('is the twin of a correct form, and names oracles that exist', () => {
    expect(form).toBeDefined()
    expect(form.twinOf).toBeUndefined()
    expect(id.startsWith(`${form.id}-`)).toBe(true)
    expect(twin.violates?.length).toBeGreaterThan(0)
    expect(new Set(twin.violates).size).toBe(twin.violates?.length)
    for (const name of twin.violates ?? []) expect(oracleNames).toContain(name)
  })

  test('differs from it in no field but the programs', () => {
    const rest = ({
      id: _id,
      question: _q,
      twinOf: _t,
      violates: _v,
      rareOnBoard: _r,
      endless: _e,
      checkFeatures: _c,
      programs: _p,
      ...fields
    }: Scenario) => {
      const { definition: _d, ...plain } = fields as typeof fields & { definition?: unknown }
      return plain
    }
    expect(rest(twin)).toEqual(rest(form))
  })

  test.each(geometryNames)('has the same hardware and other programs, %s', (geometry) => {
    const [mine, its] = [systemOf(id, geometry), systemOf(form.id, geometry)]
    expect(mine.channels).toEqual(its.channels)
    expect(hardwareOf(mine, geometry)).toEqual(hardwareOf(its, geometry))
    expect(programsOf(twin, geometry)).not.toEqual(programsOf(form, geometry))
  })
})

test('a correct form stands before its twins', () => {
  const seen = new Set<string>()
  for (const [id, { twinOf }] of list) {
    if (twinOf) expect(seen).toContain(twinOf)
    seen.add(id)
  }
  for (const [, scenario] of correct) expect(scenario.violates).toBeUndefined()
})

/** Of three frames asked for, what programs that are not loops over frames deliver; and faults that a scenario is about. */
const otherwise: Readonly<Record<string, { readonly framesDelivered: number; readonly faults?: 'some' }>> = {
  'conversion-bounced': { framesDelivered: 1 },
  'allocation-alias': { framesDelivered: 1 },
  // The second conversion ends in a fault.
  'access-after-unmap': { framesDelivered: 1, faults: 'some' },
  'fault-storm': { framesDelivered: 0, faults: 'some' },
  // One before the suspend, one after it.
  'runtime-pm': { framesDelivered: 2 },
  'clock-gated-suspend': { framesDelivered: 2 },
  // Two targets for each picture.
  'shared-mapping': { framesDelivered: 6 },
  'sysmmu-banks': { framesDelivered: 6 },
  // One after the resume.
  'capture-suspend': { framesDelivered: 4 },
  // Waited for, but not read.
  'm2m-abort': { framesDelivered: 1 },
}

describe('on a board', () => {
  test.each(correct)('%s is clean, whatever may happen by itself', (id) => {
    for (const policy of ['random', 'adversarial', 'off']) {
      const { verdict, violations, statistics } = runScenario(resolveOptions({ ...small(id, 'board'), policy }), {
        runtime: 'sim',
      })
      expect(violations.map(({ violation }) => violation.message)).toEqual([])
      expect(verdict).toBe('clean')
      const { framesDelivered, faults } = otherwise[id] ?? { framesDelivered: 3 }
      expect(statistics.framesDelivered).toBe(framesDelivered)
      if (faults === 'some') expect(statistics.faults).toBeGreaterThan(0)
      else expect(statistics.faults).toBe(0)
    }
  })

  // Goal: what a board has to offer (stores that linger, a core that is held up) is enough for a twin to fail. Exact
  // seeds would change with every latency, so a range of them; `unmap-reuse-free-before-invalidate` would need hundreds.
  test('a doorbell without its barrier fails at some seed', () => {
    const outcomes = runSeeds({
      request: { scenario: 'conversion-doorbell-no-barrier', geometry: 'board', size: '64x48' },
      firstSeed: 41,
      seeds: 20,
    })
    const failed = outcomes.filter(({ verdict }) => verdict === 'violated')
    expect(failed.length).toBeGreaterThan(0)
    for (const { oracles } of failed) expect(oracles).toEqual(['fresh-dma-read'])
  }, 60_000)

  test('a twin says if it is rare there, and a correct form does not', () => {
    expect(twins.filter(([, { rareOnBoard }]) => rareOnBoard).map(([id]) => id)).toEqual([
      'conversion-doorbell-no-barrier',
      'unmap-reuse-free-before-invalidate',
      'block-timeout-given-up',
      'capture-suspend-not-waited',
    ])
    for (const [, scenario] of correct) expect(scenario.rareOnBoard).toBeUndefined()
  })
})
