/** Litmus | what the analysis of lines leaves out is never disturbed, and leaving it out changes no verdict. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildLitmusPlatform } from '../../machines/litmus-platform.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import type { LitmusTest } from '../../src/litmus/form.ts'
import { type Lowered, lowerLitmus } from '../../src/litmus/lower.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { check } from '../../src/run/check.ts'
import { caseName, casesOf, type LitmusCase } from '../../src/run/litmus-check.ts'
import { subjectOfLowered } from '../../src/run/litmus-subject.ts'
import { seed as firstSeed } from '../support/seed.ts'

/** Of the unrestricted system; cases that need more even with one line for each core and no L2 are compared only in walks. */
const statesMax = 3_000
const small: Pick<LitmusCase['choice'], 'features' | 'parameters'> = {
  features: [{ name: 'l2', on: false }],
  parameters: [
    { name: 'l1-ways', value: 1 },
    { name: 'l1-sets', value: 1 },
  ],
}
const walks = 4
const walkStepsMax = 1_000

const tests: readonly LitmusTest[] = ['corpus', 'platform'].flatMap((name) => {
  const folder = join(import.meta.dirname, name)
  const files = readdirSync(folder).filter((file) => file.endsWith('.litmus'))
  return files.map((file) => parseLitmus(readFileSync(join(folder, file), 'utf8'), file))
})

/** The system in which caches may be mischievous about any line. */
function unrestricted({ platform }: Lowered): Lowered['system'] {
  return buildLitmusPlatform({ ...platform, disturbed: undefined, beneath: undefined })
}

/** Addresses of the words that this event changes past the caches. */
function changedPastCaches(event: Emitted, { devices }: Lowered): number[] {
  const isPast =
    (event.type === 'memory.write' && !event.coherent && devices.includes(event.from)) ||
    (event.type === 'cpu.store' && event.memory !== 'cacheable')
  return isPast ? event.data.map((_, word) => event.addr + word * 4) : []
}

/** Addresses of the words that this event looks at through a cache. */
function seenThroughCaches(event: Emitted, { features }: Lowered): number[] {
  const isThrough =
    ((event.type === 'cpu.load' || event.type === 'cpu.store') &&
      (event.memory === 'cacheable' || !features.sharedOverride)) ||
    ((event.type === 'memory.read' || event.type === 'memory.write') && event.coherent === true)
  return isThrough ? event.data.map((_, word) => event.addr + word * 4) : []
}

/** Addresses of the words that this event looks at, changes or drops past the caches. */
function beneathCaches(event: Emitted, lowered: Lowered): number[] {
  const { devices, mmus } = lowered
  if (event.type === 'cpu.maintain') return event.op === 'invalidate' ? [event.addr] : []
  const isPast =
    ((event.type === 'memory.read' || event.type === 'memory.write') &&
      !event.coherent &&
      [...devices, ...mmus].includes(event.from)) ||
    ((event.type === 'cpu.store' || event.type === 'cpu.load') && event.memory !== 'cacheable')
  return isPast ? event.data.map((_, word) => event.addr + word * 4) : []
}

/** Lines that walks of the unrestricted system both change past the caches and see through them; and those that they look at beneath. */
function linesIn(lowered: Lowered): { readonly disturbed: readonly number[]; readonly beneath: readonly number[] } {
  const { lineBytes } = lowered.geometry
  const changed = new Set<number>()
  const seen = new Set<number>()
  const beneath = new Set<number>()
  const add = (lines: Set<number>, addrs: readonly number[]): void => {
    for (const addr of addrs) lines.add(addr - (addr % lineBytes))
  }
  for (let seed = firstSeed; seed < firstSeed + walks; seed++) {
    new Simulation(unrestricted(lowered), {
      runtime: 'sim',
      scheduler: new RandomScheduler(seed, 4),
      watchers: [
        ({ emitted }) => {
          for (const event of emitted as readonly Emitted[]) {
            add(changed, changedPastCaches(event, lowered))
            add(seen, seenThroughCaches(event, lowered))
            add(beneath, beneathCaches(event, lowered))
          }
        },
      ],
    }).run({ stepsMax: walkStepsMax })
  }
  return { disturbed: [...changed].filter((line) => seen.has(line)), beneath: [...beneath] }
}

describe(`${walks} walks from seed ${firstSeed} in which any line may be fetched and evicted`, () => {
  const disturbed: number[] = []
  test.each(tests.map((one) => [one.name, one] as const))(
    '%s disturbs, and looks at beneath the caches, only lines that are declared',
    (_, one) => {
      for (const variant of one.variants) {
        const lowered = lowerLitmus(one, { variant })
        const found = linesIn(lowered)
        disturbed.push(...found.disturbed)
        for (const kind of ['disturbed', 'beneath'] as const) {
          const declared = lowered.platform[kind]
          const isDeclared = (line: number): boolean =>
            declared === undefined || declared.some(({ base, bytes }) => line >= base && line < base + bytes)
          expect(
            found[kind].filter((line) => !isDeclared(line)),
            `${variant}, ${kind}`,
          ).toEqual([])
        }
      }
    },
  )

  test('some are disturbed at all', () => {
    expect(disturbed.length).toBeGreaterThan(30)
  })
})

describe(`searches of up to ${statesMax} states in which any line may be fetched and evicted`, () => {
  let compared = 0

  /** What is violated, with the analysis or without; undefined if the search is too large. */
  const violated = (one: LitmusCase, isRestricted: boolean): readonly string[] | undefined => {
    const lowered = lowerLitmus(one.test, one.choice)
    const system = isRestricted ? lowered.system : unrestricted(lowered)
    const subject = subjectOfLowered(one.test, one.choice, { ...lowered, system })
    const verdict = check(subject, isRestricted ? {} : { statesMax })
    if (!verdict.isExhaustive) return undefined
    return [...verdict.violations.map(({ property }) => property), ...verdict.unwitnessed].sort()
  }
  const withSmall = (one: LitmusCase): LitmusCase => {
    const { choice } = one
    const set = choice.parameters.map(({ name }) => name)
    const parameters = [...choice.parameters, ...small.parameters.filter(({ name }) => !set.includes(name))]
    return { ...one, choice: { ...choice, features: [...choice.features, ...small.features], parameters } }
  }

  test.each(tests.map((one) => [one.name, one] as const))(
    '%s comes out alike',
    (_, test) => {
      for (const one of casesOf(test)) {
        const { disturbed, beneath } = lowerLitmus(test, one.choice).platform
        if (disturbed === undefined && beneath === undefined) continue
        // The larger caches are of no use where the small ones are too large already.
        for (const each of [withSmall(one), one]) {
          const everywhere = violated(each, false)
          if (everywhere === undefined) break
          compared++
          const name = caseName(each)
          expect({ name, violated: everywhere }).toEqual({ name, violated: violated(each, true) })
        }
      }
    },
    300_000,
  )

  test('many are compared', () => {
    expect(compared).toBeGreaterThan(60)
  })
})
