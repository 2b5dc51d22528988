/** Tests | symmetry: exact quotients, the verdicts and depths of the full search, runs that run, wrong declarations caught. */

// Goal: exactly one state of each orbit, the verdicts and depths of the full search, runs that run, and no silence
// about a declaration that is wrong. Method: the published quotients of the reference models; full search beside
// reduced search for all their variants; declarations spoilt one at a time.

import { describe, expect, test } from 'vitest'
import { breadthFirst, searchLevels } from '../../../src/explore/breadth-first.ts'
import { always, type CheckableSystem, type Symmetry, sometimes } from '../../../src/explore/define-system.ts'
import type { Observer } from '../../../src/explore/observer.ts'
import { searchReduced } from '../../../src/explore/reduced.ts'
import type { StrategyResult } from '../../../src/explore/strategy.ts'
import { symmetryOf } from '../../../src/explore/symmetry.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing, ringVariants } from '../../models/dma-ring.ts'
import { sysmmuTable, sysmmuVariants } from '../../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { followRun } from '../../support/follow-run.ts'

const partitionOf = ({ spec, properties }: CheckableSystem, observers: readonly Observer[] = []) => {
  return new SystemPartition({ spec, properties, observers })
}

function reduced(system: CheckableSystem, observers: readonly Observer[] = []): StrategyResult {
  const { symmetries, valueSymmetries } = system
  return breadthFirst.search(partitionOf(system, observers), { reductions: ['symmetry'], symmetries, valueSymmetries })
}

const depths = ({ found }: StrategyResult) => {
  return Object.fromEntries([...found].map(([name, { steps }]) => [name, steps.length]).sort())
}

describe('quotients are exact', () => {
  test.each([
    [2, 34, 93],
    [3, 80, 317],
    [4, 166, 868],
    [5, 314, 2047],
    [7, 920, 8409],
    [10, 3300, 43297],
  ])('two-phase commit, %i resource managers', (count, states, transitions) => {
    expect(reduced(twoPhaseCommit(count))).toMatchObject({ end: 'exhausted', states, transitions })
  })

  test.each([
    [2, 5],
    [3, 10],
    [4, 23],
    [5, 50],
    [6, 129],
    [8, 833],
    [10, 5933],
  ])('%i philosophers, rotations', (count, states) => {
    expect(reduced(diningPhilosophers(count))).toMatchObject({ end: 'exhausted', states })
  })

  test.each([
    [1, 24, 48],
    [2, 480, 1804],
    [3, 2574, 12634],
    [4, 10872, 64944],
    [5, 40680, 285128],
  ])('DMA ring, %i buffers, rotations and parities', (count, states, transitions) => {
    expect(reduced(dmaRing(count))).toMatchObject({ end: 'exhausted', states, transitions })
  })

  test.each([
    [1, 1, 14, 25],
    [1, 2, 14, 26],
    [2, 2, 95, 329],
    [2, 3, 95, 344],
    [3, 3, 440, 2254],
    [3, 4, 440, 2364],
  ])('SYSMMU, %i slots and %i pages', (slots, pages, states, transitions) => {
    expect(reduced(sysmmuTable(slots, pages))).toMatchObject({ end: 'exhausted', states, transitions })
  })

  test('the loop for combined reductions finds the same', () => {
    const system = sysmmuTable(2, 2)
    const partition = partitionOf(system)
    const symmetry = symmetryOf(partition, system)
    expect(symmetry && searchReduced(partition, symmetry)).toMatchObject({ states: 95, transitions: 329 })
    const ring = partitionOf(dmaRing(2))
    const turning = symmetryOf(ring, dmaRing(2))
    expect(turning && searchReduced(ring, turning)).toMatchObject({ states: 480, transitions: 1804 })
  })
})

describe('verdicts, depths and runs are those of the full search', () => {
  test.each([
    ...ringVariants.flatMap((variant) => [dmaRing(2, variant), dmaRing(3, variant)]),
    ...sysmmuVariants.flatMap((variant) => [sysmmuTable(2, 2, variant), sysmmuTable(2, 3, variant)]),
    diningPhilosophers(6),
    twoPhaseCommit(4),
  ])('$id', (system) => {
    const full = breadthFirst.search(partitionOf(system), {})
    const quotient = reduced(system)
    expect(depths(quotient)).toEqual(depths(full))
    expect(quotient.states).toBeLessThan(full.states)
    for (const [name, { steps }] of quotient.found) {
      expect(followRun(partitionOf(system), steps).says).toContain(name)
    }
  })
})

const withSymmetry = (system: CheckableSystem, change: (symmetry: Symmetry) => Symmetry): CheckableSystem => {
  return { ...system, symmetries: system.symmetries.map(change) }
}

describe('a declaration that does not fit is a usage error', () => {
  test('a field that does not exist', () => {
    const system = withSymmetry(twoPhaseCommit(3), (each) => ({ ...each, fields: { 'tm.votes': 'indexed' } }))
    expect(() => reduced(system)).toThrow('symmetry "resource managers": field tm.votes: there is no such field')
  })

  test('a field that is no array of the size', () => {
    const system = withSymmetry(dmaRing(3), (each) => ({ ...each, fields: { 'cpu.head': 'indexed' } }))
    expect(() => reduced(system)).toThrow('field cpu.head: it is "indexed", and so must be an array')
  })

  test('an actor, a port and a message that do not exist', () => {
    const system = withSymmetry(twoPhaseCommit(2), (each) => ({
      ...each,
      ports: [['tm.rm0', 'tm.rm7']],
      fields: { 'nobody.at': 'index' },
      messages: { 'unheard.rm': 'index' },
    }))
    expect(() => reduced(system)).toThrow(/no port "tm.rm7".*type of "unheard.rm".*no actor "nobody"/s)
  })

  test('wires that are not symmetric', () => {
    const seats: Symmetry = { ...(diningPhilosophers(3).symmetries[0] as Symmetry) }
    expect(() => reduced({ ...diningPhilosophers(3, 'lefty'), symmetries: [seats] })).toThrow(
      'symmetry "seats": the channel philosopher1.first>fork1.hands becomes philosopher2.first>fork2.hands, and there is none like it',
    )
  })

  test('a renaming of values that does not come back', () => {
    const rename = (context: { parity: number }) => ({ ...context, parity: context.parity + 1 })
    const system = { ...dmaRing(2), valueSymmetries: [{ name: 'drift', actor: 'buffer0', rename }] }
    expect(() => reduced(system as CheckableSystem)).toThrow('value symmetry "drift": its renaming of')
  })

  test('members that share a place but not their value symmetries', () => {
    const system = dmaRing(2)
    expect(() => reduced({ ...system, valueSymmetries: system.valueSymmetries.slice(1) })).toThrow(
      /the value symmetries of buffer[01] and buffer[01] differ/,
    )
  })
})

describe('a declaration that is wrong is caught by the check', () => {
  test('a port family left out', () => {
    const system = withSymmetry(dmaRing(3), (each) => ({ ...each, ports: each.ports?.slice(1) ?? [] }))
    expect(() => reduced(system)).toThrow('and there is none like it')
  })

  test.each(['cpu.head', 'cpu.tail', 'device.next'])('%s left out', (field) => {
    const system = withSymmetry(dmaRing(3), (each) => {
      const { [field]: _, ...fields } = each.fields ?? {}
      return { ...each, fields }
    })
    expect(() => reduced(system)).toThrow(/^symmetry "ring.*" is not one: ".*" in a state with /)
  })

  test('message fields left out', () => {
    const system = withSymmetry(twoPhaseCommit(3), (each) => ({ ...each, messages: {} }))
    expect(() => reduced(system)).toThrow(
      [
        'symmetry "resource managers" is not one: "prepare of rm0" in a state with rm0 in working, rm0.vote>tm.rm0 empty',
        '  corresponds to "prepare of rm1" in the permuted state.',
        '  There it should lead to rm1 in prepared, rm1.vote>tm.rm1 ([prepared rm=0]),',
        '  but it leads to rm1 in prepared, rm1.vote>tm.rm1 ([prepared rm=1]).',
        '  prepared.rm may be undeclared or have another role, or the members do not behave alike.',
      ].join('\n'),
    )
  })

  test('page numbers left out of a slot', () => {
    const system = withSymmetry(sysmmuTable(2, 2), (each) => {
      const { 'slot1.tlb': _, ...fields } = each.fields ?? {}
      return { ...each, fields }
    })
    expect(() => reduced(system)).toThrow(
      /is not one: .*\n {2}corresponds to .*\n.*\n.*\n {2}slot1\.tlb may be undeclared/,
    )
  })

  test('any permutation declared where only rotations are symmetric', () => {
    const system = withSymmetry(dmaRing(3), (each) => ({ ...each, group: 'full' }))
    expect(() => reduced(system)).toThrow(/^symmetry "ring.*" is not one: /)
  })

  test('a value symmetry that is none', () => {
    const rename = ({ word, cached, parity }: { word: number; cached: number; parity: number }) => {
      return { word: word ^ 1, cached, parity }
    }
    const valueSymmetries = ['buffer0', 'buffer1'].map((actor) => ({ name: `swap in ${actor}`, actor, rename }))
    expect(() => reduced({ ...dmaRing(2), valueSymmetries })).toThrow(/swap in buffer[01]" is not one/)
  })

  test('a predicate about one member', () => {
    const first = always((state) => !state.actor('rm0').matches('committed'))
    expect(() => reduced({ ...twoPhaseCommit(3), properties: { first } })).toThrow(
      /symmetry "resource managers" is not one: "always first" in a state with rm1 in prepared\n {2}tells this state from/,
    )
    const witness = sometimes((state) => state.actor('buffer1').matches('owner.done'))
    expect(() => reduced({ ...dmaRing(3), properties: { witness } })).toThrow(/ is not one: "sometimes witness" in a/)
  })
})

/** Counts interrupts modulo 2, and remembers who spoke last. */
const counter = (symmetries?: Observer['symmetries']): Observer => ({
  id: 'counter',
  parts: ['stale'],
  properties: ['stale twice'],
  initial: () => ({ count: 0 }),
  wants: (type) => type === 'staleLoad' || type === 'staleFetch',
  observe: (parts, _event, _actor, violate) => {
    const part = parts.get(0) as { count: number }
    if (part.count === 1) violate('stale twice')
    part.count = 1 - part.count
  },
  ...(symmetries ? { symmetries } : {}),
})

/** One part for each buffer: whether it has been stale. */
const perBuffer = (ring: NonNullable<Observer['symmetries']>[string]): Observer => ({
  id: 'marks',
  parts: ['marks0', 'marks1'],
  properties: ['stale again'],
  initial: () => ({ stale: false }),
  wants: (type) => type === 'staleLoad',
  observe: (parts, _event, actor, violate) => {
    const part = parts.get(actor === 'buffer0' ? 0 : 1) as { stale: boolean }
    if (part.stale) violate('stale again')
    part.stale = true
  },
  symmetries: { ring, 'parity of buffer0': {}, 'parity of buffer1': {} },
})

describe('observers', () => {
  test('one that does not say how it is permuted is refused', () => {
    expect(() => reduced(dmaRing(2), [counter()])).toThrow(
      'observer "counter" does not say what symmetry "ring" makes of its state',
    )
  })

  test('one that says so takes part', () => {
    const system = dmaRing(2, 'noinval')
    const says = { ring: {}, 'parity of buffer0': {}, 'parity of buffer1': {} }
    const full = breadthFirst.search(partitionOf(system, [counter()]), {})
    expect(depths(reduced(system, [counter(says)]))).toEqual(depths(full))
  })

  test('parts are permuted as declared', () => {
    const system = dmaRing(2, 'noinval')
    const right = perBuffer({ parts: [['marks0', 'marks1']] })
    const full = breadthFirst.search(partitionOf(system, [right]), {})
    expect(full.found.has('stale again')).toBe(true)
    const quotient = reduced(system, [right])
    expect(depths(quotient)).toEqual(depths(full))
    expect(quotient.states).toBeLessThan(full.states)
  })

  test('parts that are not permuted as declared are caught', () => {
    const system = dmaRing(2, 'noinval')
    expect(() => reduced(system, [perBuffer({})])).toThrow(/^symmetry "ring.*" is not one: /)
    expect(() => reduced(system, [perBuffer({ parts: [['marks0', 'nowhere']] })])).toThrow(
      'observer "marks" has no part "nowhere"',
    )
  })
})

test('a system without symmetries is searched in full, and a note says so', () => {
  const result = reduced(diningPhilosophers(4, 'lefty'))
  expect(result.states).toBe(81)
  expect(result.notes).toEqual(['symmetry: the system declares none'])
})

test('the search is deterministic', () => {
  const once = () => {
    const system = sysmmuTable(2, 3, 'noflush')
    const partition = partitionOf(system)
    const result = searchLevels(partition, {}, symmetryOf(partition, system))
    return [...result.explorer.visited.states.subarray(0, result.states * result.explorer.layout.words)]
  }
  expect(once()).toEqual(once())
})
