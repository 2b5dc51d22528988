/** Tests | points of no return of counterexamples, by hand and of the reference models. */

import { describe, expect, test } from 'vitest'
import { breadthFirst } from '../../../src/explore/breadth-first.ts'
import { always, type CheckableSystem, type StateView } from '../../../src/explore/define-system.ts'
import { type NoReturnOptions, pointOfNoReturn } from '../../../src/explore/no-return.ts'
import type { Observer } from '../../../src/explore/observer.ts'
import type { StepLabel } from '../../../src/explore/partition.ts'
import type { FoundRun } from '../../../src/explore/strategy.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import type { ActorDefinition } from '../../../src/kernel/actor.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing, type RingVariant } from '../../models/dma-ring.ts'
import { sysmmuTable } from '../../models/sysmmu-table.ts'
import { walker } from '../../support/liveness-systems.ts'

const placeOf = (state: StateView, id: string) => (state.actor(id).context as { at: number }).at

/** The point of a run given by names, of a property that no two of these places meet. */
function pointOf(
  actors: Readonly<Record<string, ActorDefinition>>,
  bad: Readonly<Record<string, number>>,
  names: readonly string[],
  options: NoReturnOptions & { readonly observers?: readonly Observer[]; readonly property?: string } = {},
): string {
  const { observers = [], property = 'apart' } = options
  const partition = new SystemPartition({
    spec: { actors: Object.entries(actors).map(([id, definition]) => ({ id, definition })), channels: [] },
    properties: { apart: always((state) => !Object.entries(bad).every(([id, place]) => placeOf(state, id) === place)) },
    observers,
  })
  const steps = names.map((name): StepLabel => {
    const [id, event] = name.split('.')
    const actor = partition.system.actors.findIndex((candidate) => candidate.id === id)
    const { spontaneous } = partition.system.actors[actor]?.definition ?? { spontaneous: [] }
    return {
      kind: 'spontaneous',
      actor,
      choice: spontaneous.findIndex((declared) => declared.event === event),
      value: 0,
    }
  })
  return describePoint(partition, { property, steps, isShortest: false }, options)
}

function describePoint(partition: SystemPartition, run: FoundRun, options: NoReturnOptions = {}): string {
  const point = pointOfNoReturn(partition, run, options)
  if (point.step === undefined) return point.reason
  const { label } = point
  expect(label).toEqual(run.steps[point.step])
  if (label.kind === 'deliver') return `${point.step} ${label.message}`
  const actor = partition.system.actors[label.actor]
  return `${point.step} ${actor?.id}.${actor?.definition.spontaneous[label.choice]?.event}`
}

describe('programs that end', () => {
  const program = walker('program', ['must go: 0>1', 'must end: 1>9'], [9])
  const cache = walker('cache', ['may evict: 0>1', 'may fill: 1>0'])
  const bad = { program: 9, cache: 1 }

  test('the may choice that nothing else of the run undoes', () => {
    expect(pointOf({ program, cache }, bad, ['cache.evict', 'program.go', 'program.end'])).toBe('0 cache.evict')
  })

  test('one that the run takes again later is still free before that', () => {
    const names = ['cache.evict', 'cache.fill', 'program.go', 'cache.evict', 'program.end']
    expect(pointOf({ program, cache }, bad, names)).toBe('3 cache.evict')
  })

  test('a may choice that the run does not take is no way out, one that it has taken is none any more', () => {
    const line = walker('cache', ['may evict: 0>1 2>1', 'may fill: 1>2'])
    const names = ['cache.evict', 'cache.fill', 'cache.evict', 'program.go', 'program.end']
    expect(pointOf({ program, cache: line }, bad, names)).toBe('2 cache.evict')
    const once = ['cache.evict', 'program.go', 'program.end']
    expect(pointOf({ program, cache: line }, bad, once)).toBe('0 cache.evict')
  })

  test('it can be too late from the start', () => {
    expect(pointOf({ program, cache }, { program: 1 }, ['program.go'])).toBe(
      'it is too late from the start: no continuation of the initial state is good',
    )
  })

  test('a bound that is reached is said', () => {
    expect(pointOf({ program, cache }, bad, ['cache.evict', 'program.go', 'program.end'], { statesMax: 1 })).toBe(
      'not known: bounded by 1 states',
    )
  })

  test('a property judged at rest is asked about at rest', () => {
    const leak: Observer = {
      id: 'leak',
      parts: [],
      properties: ['leak'],
      initial: () => 0,
      wants: () => false,
      observe: () => {},
      atEnd: (_parts, _end, violate) => violate('leak'),
    }
    const tail = walker('tail', ['must go: 0>1'])
    const options = { observers: [leak], property: 'leak' }
    const names = ['program.go', 'program.end', 'tail.go']
    expect(pointOf({ program, tail }, { program: 7 }, names, options)).toMatch(/^it is too late from the start/)
  })
})

describe('systems without an end', () => {
  test('going on for ever is good', () => {
    const machine = { a: walker('a', ['must go: 0>1 1>0', 'must fail: 1>5']) }
    expect(pointOf(machine, { a: 5 }, ['a.go', 'a.fail'])).toBe('1 a.fail')
  })

  test('but not by putting off for ever what must happen', () => {
    const machine = { a: walker('a', ['must go: 0>1 1>0', 'must fail: 0>5 1>5']) }
    expect(pointOf(machine, { a: 5 }, ['a.go', 'a.fail'])).toMatch(/^it is too late from the start/)
  })

  test('a deadlock is no good end', () => {
    const machine = { a: walker('a', ['must go: 0>1', 'must fail: 1>5', 'must stop: 1>2', 'may slip: 0>6']) }
    expect(pointOf(machine, { a: 5 }, ['a.go', 'a.fail'])).toMatch(/^it is too late from the start/)
  })

  test('a run that repeats itself has none', () => {
    const partition = new SystemPartition({ spec: dmaRing(1).spec })
    const run = { property: 'L1', steps: [], isShortest: false, cycleFrom: 0 }
    expect(describePoint(partition, run)).toBe('a run that goes on for ever has no such point')
  })
})

describe('reference models', () => {
  const pointIn = ({ spec, properties }: CheckableSystem, property: string): string => {
    const partition = new SystemPartition({ spec, properties })
    const run = breadthFirst.search(partition, {}).found.get(property)
    return run === undefined ? 'not violated' : describePoint(partition, run)
  }

  test.each([2, 3, 4])('%i philosophers: when the last one takes his first fork', (count) => {
    expect(pointIn(diningPhilosophers(count), 'deadlock')).toBe(`${count - 1} philosopher${count - 1}.takeFirst`)
  })

  test.each([
    // Nothing is posted before the doorbell: up to there all buffers are free, which counts as finished.
    ['noclean', 'S1', '1 cpu.doorbell'],
    // The response is in memory, and the eviction of the stale line is used up.
    ['noclean', 'S2', '6 buffer0.evict'],
    ['noinval', 'S2', '2 cpu.doorbell'],
    ['invalearly', 'S2', '5 buffer0.prefetch'],
    ['invalforclean', 'S1', '2 cpu.doorbell'],
    // The thread can still clean between its doorbell and the device's read.
    ['doorbellfirst', 'S1', '2 device.fetch'],
    // The handler may still come after the device's write.
    ['doneearly', 'S2', '7 cpu.load'],
  ] satisfies [RingVariant, string, string][])('DMA ring, %s, %s', (variant, property, point) => {
    expect(pointIn(dmaRing(2, variant), property)).toBe(point)
  })

  test.each([
    ['noflush', 'I', '0 slot0.map'],
    ['flushfirst', 'I', '6 slot0.prefetch'],
    ['earlyclear', 'T2', '4 device.translate'],
  ] as const)('SYSMMU table, %s, %s', (variant, property, point) => {
    expect(pointIn(sysmmuTable(1, 2, variant), property)).toBe(point)
  })
})
