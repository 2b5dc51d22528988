/** Unit | verdicts: what holds, what is violated and by what run, and what a bound leaves open; reductions only where they are used. */

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { always, defineSystem, leadsTo, sometimes } from '../../../src/explore/define-system.ts'
import { strategies } from '../../../src/explore/index.ts'
import { reductions } from '../../../src/explore/strategy.ts'
import type { Schedule } from '../../../src/kernel/schedule.ts'
import { type CheckOptions, check, type ShownRun, violatedIn } from '../../../src/run/check.ts'
import { jsonOfVerdict, reportVerdict, tokenIn, verdictText } from '../../../src/run/check-report.ts'
import { replaySearched } from '../../../src/run/replay-searched.ts'
import { stepLines } from '../../../src/run/step-lines.ts'
import { subjectOfSystem } from '../../../src/run/subject.ts'
import { parseToken } from '../../../src/run/token.ts'
import { defineMachine, stall } from '../../../src/statechart/define.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'

/** A lamp that is switched on for good, or flickers for ever. */
function lamp(kind: 'lasting' | 'flickering') {
  return defineMachine<object, { type: string; value: number }>({
    id: 'lamp',
    description: 'a lamp',
    inPorts: {},
    outPorts: {},
    events: { on: 'on', off: 'off', flicker: 'flickers' },
    spontaneous: {
      on: { description: 'switched on', kind: 'must' },
      off: { description: 'switched off', kind: 'must' },
      flicker: { description: 'flickers', kind: 'must' },
    },
    context: () => ({}),
    chart: {
      description: 'lamp',
      initial: 'dark',
      states: {
        blue: {
          description: 'nothing leads here',
          on: { on: stall('blue'), off: stall('blue'), flicker: stall('blue') },
        },
        dark: { description: 'dark', on: { on: 'bright', off: stall('dark'), flicker: stall('dark') } },
        bright: {
          description: 'bright',
          on: { on: stall('bright'), off: kind === 'lasting' ? stall('for good') : 'dark', flicker: 'bright' },
        },
      },
    },
  })
}

const lampSystem = (kind: 'lasting' | 'flickering') =>
  defineSystem({
    id: `lamp-${kind}`,
    actors: { lamp: lamp(kind) },
    channels: [],
    properties: {
      'gets bright': leadsTo(
        (state) => state.actor('lamp').matches('dark'),
        (state) => state.actor('lamp').matches('bright'),
      ),
      'gets dark': leadsTo(
        (state) => state.actor('lamp').matches('bright'),
        (state) => state.actor('lamp').matches('dark'),
      ),
      'is a lamp': always((state) => state.actor('lamp').matches('dark') || state.actor('lamp').matches('bright')),
      blue: sometimes((state) => state.actor('lamp').matches('blue')),
    },
  })

describe('a verdict', () => {
  test('holds, with exact numbers, when everything was seen', () => {
    const verdict = check(twoPhaseCommit(3))
    expect(verdict).toMatchObject({ verdict: 'holds', isExhaustive: true, states: 288, transitions: 1145, depth: 10 })
    expect(verdictText(verdict)).toBe('holds (exhaustive, 288 states)')
    expect(verdict.witnesses.map(({ property, length }) => [property, length])).toEqual([
      ['all abort', 3],
      ['all commit', 10],
    ])
  })

  test('has a shortest run for each violated property, with its point of no return', () => {
    const verdict = check(dmaRing(2, 'doneearly'))
    expect(verdict.verdict).toBe('violated')
    expect(verdict.violations.map(({ property, length, minimality }) => [property, length, minimality])).toEqual([
      ['S2', 8, 'shortest'],
      ['S1', 20, 'shortest'],
    ])
    expect(verdict.violations[0]?.noReturn).toEqual({ step: expect.any(Number) })
    const json = jsonOfVerdict(verdict) as { violation: { oracle: string; token: string; steps: unknown[] } }
    expect(json.violation.oracle).toBe('S2')
    expect(json.violation.token).toMatch(/^\d+:dma-ring-2-doneearly:/)
  })

  test('explains a deadlock as who waits for whom', () => {
    const [deadlock] = check(diningPhilosophers(3)).violations
    expect(deadlock).toMatchObject({ property: 'deadlock', length: 3 })
    expect(deadlock?.waits?.at(-1)).toMatch(/^each waits for the next: .*philosopher0/)
  })

  test('is "not found" when a bound came first, never "holds"', () => {
    const verdict = check(twoPhaseCommit(3), { statesMax: 100 })
    expect(verdict).toMatchObject({ verdict: 'not found', isExhaustive: false, end: 'states' })
    expect(verdictText(verdict)).toMatch(/^not found \(bounded: the most states allowed, /)
    expect(check(twoPhaseCommit(3), { bytesMax: 1 }).end).toBe('bytes')
  })

  test('counts what is asked for and never there as a violation, and decides liveness by a lasso', () => {
    const lasting = check(lampSystem('lasting'))
    expect(lasting.unwitnessed).toEqual(['blue'])
    const [lasso] = lasting.violations
    expect(lasting.violations).toHaveLength(1)
    expect(lasso).toMatchObject({ property: 'gets dark' })
    expect(lasso?.cycleFrom).toBeGreaterThan(0)
    // Switching off stays possible all the time, so under weak fairness it happens.
    expect(check(lampSystem('flickering')).violations).toEqual([])
    expect(check(lampSystem('flickering'), { fairness: 'none' }).violations).toHaveLength(1)
    expect(reportVerdict(lasting)).toContain('sometimes "blue" has no witness')
  })

  test('of a search that ended early never calls what was not seen impossible', () => {
    const early = check(lampSystem('lasting'), { statesMax: 1, properties: ['blue'] })
    expect(early).toMatchObject({ verdict: 'not found', unwitnessed: ['blue'] })
    const wrong = defineSystem({
      id: 'dark',
      actors: { lamp: lamp('lasting') },
      channels: [],
      properties: {
        dark: always((state) => state.actor('lamp').matches('bright')),
        bright: sometimes((state) => state.actor('lamp').matches('bright')),
      },
    })
    const verdict = check(wrong, { strategy: 'dfs', stepsMax: 0 })
    expect(verdict).toMatchObject({ verdict: 'violated', isExhaustive: false, unwitnessed: ['bright'] })
    expect(violatedIn(verdict)).toEqual(['dark'])
    expect(verdictText(verdict)).toMatch(/^violated: dark from the start \(search ended early, /)
    expect(reportVerdict(verdict)).toContain('sometimes "bright": not seen in what was searched\n')
    expect(reportVerdict(verdict)).not.toContain('no reachable state')
    expect(violatedIn(check(lampSystem('lasting')))).toEqual(['gets dark', 'blue'])
  })

  test('replays a lasso as what it is, and fair runs as nothing', () => {
    const subject = subjectOfSystem(lampSystem('lasting'))
    const schedule = ({ replay }: ShownRun) => parseToken(tokenIn(replay)).schedule as Schedule
    const [lasso] = check(subject).violations as [ShownRun]
    const message = expect.stringMatching(/^asked for after step 1, and it never comes: /)
    for (const runtime of ['sim', 'live'] as const) {
      const replayed = replaySearched(subject, schedule(lasso), runtime)
      expect(replayed.violations).toEqual([{ property: 'gets dark', response: 'gets dark', message }])
    }
    const flickering = subjectOfSystem(lampSystem('flickering'))
    const [unfair] = check(flickering, { fairness: 'none' }).violations as [ShownRun]
    expect(replaySearched(flickering, schedule(unfair), 'sim').violations).toEqual([])
  })

  test('says what is left where nothing has to happen any more', () => {
    const idle = defineMachine<{ floor: number }, { type: string; value: number }>({
      id: 'lift',
      description: 'a lift',
      inPorts: {},
      outPorts: {},
      events: { call: 'called' },
      spontaneous: { call: { description: 'called', kind: 'may', domain: 2 } },
      context: () => ({ floor: 1 }),
      actions: {
        go: {
          description: 'goes there',
          run: (context, { value }) => {
            context.floor = value
          },
        },
      },
      chart: { description: 'lift', on: { call: { actions: 'go' } } },
    })
    const properties = { up: always((state) => (state.actor('lift').context as { floor: number }).floor === 1) }
    const { violations } = check(defineSystem({ id: 'lift', actors: { lift: idle }, channels: [], properties }))
    const [deadlock, down] = violations as [ShownRun, ShownRun]
    expect(deadlock.waits).toEqual([
      'nothing has to happen any more: left are only choices of kind "may", call of lift; one that is bound to come is a "must"',
    ])
    // What a step changed is shown, and a choice with its value, be it 0.
    expect(stepLines(down.events, down.details)).toEqual(['1  lift  call value=0  {floor=0}'])
  })

  test('says what a search without a graph leaves undecided', () => {
    const verdict = check(lampSystem('flickering'), { strategy: 'random', properties: ['gets dark'] })
    expect(verdict).toMatchObject({ verdict: 'not found', undecided: ['gets dark'] })
  })

  test('knows the properties by name', () => {
    expect(() => check(twoPhaseCommit(2), { properties: ['consistnt'] })).toThrow('Did you mean consistent?')
  })
})

const lefty = diningPhilosophers(3, 'lefty')

describe('reductions', () => {
  test.each(Object.entries(strategies))('%s takes those that it knows how to use, and no others', (name, strategy) => {
    const able: readonly string[] = strategy.reductions
    for (const reduction of reductions) {
      const checking = () => check(lefty, { strategy: name as keyof typeof strategies, reductions: [reduction] })
      if (able.includes(reduction)) expect(checking().reductions).toEqual([reduction])
      else expect(checking).toThrow(`the strategy ${name} cannot use the reduction "${reduction}"; bfs can`)
    }
  })

  test('that do not exist are a usage error', () => {
    const options = { reductions: ['simmetry'] } as unknown as CheckOptions
    expect(() => check(lefty, options)).toThrow(UsageError)
    expect(() => check(lefty, options)).toThrow('Did you mean symmetry?')
  })

  test('leave open what needs the whole graph, unless nobody asks for it', () => {
    const names = Object.keys(lefty.properties)
    expect(verdictText(check(lefty))).toBe('holds (exhaustive, 27 states)')
    expect(check(lefty, { reductions: ['por'] }).verdict).toBe('holds')
    const less = check(dmaRing(2), { reductions: ['por'] })
    expect([less.verdict, less.undecided]).toEqual(['not found', ['L1']])
    expect(verdictText(less)).toBe('not found (bounded: L1 not decided, 1,787 states)')
    expect(check(lefty, { reductions: ['por'], properties: names }).verdict).toBe('holds')
    expect(check(lefty, { reductions: ['por'], properties: [...names, 'completion'] }).verdict).toBe('holds')
  })

  test('both together', () => {
    const verdict = check(twoPhaseCommit(3), { reductions: ['por', 'symmetry'] })
    expect([verdict.states, verdict.violations]).toEqual([80, []])
  })
})
