/** Explore | checks that a declared symmetry is one: what a step leads to, permuted, is what the permuted step leads to. */

import { canonical } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import { Prng } from '../base/prng.ts'
import type { ValueSymmetry } from './define-system.ts'
import type { Expansion, StepLabel, Successor } from './partition.ts'
import { type Permutation, renamedContext, type SymmetryGroup } from './symmetry-group.ts'
import { type Mismatch, mismatchText } from './symmetry-words.ts'
import type { SystemPartition } from './system-partition.ts'

/** Elements drawn at random, besides the generators. */
const drawn = 5

/** So many local steps are all checked; of the later ones, one in `thinning`. */
const checkedAllMax = 1 << 10
const thinning = 8

/** Of so many states, and of one in `samplePeriod` later ones, it is checked that predicates do not tell them from their images. */
const samplesMin = 1 << 8
const samplePeriod = 1 << 9

/** A symmetry to try: a permutation, after renamings of values. */
interface Trial {
  readonly name: string
  readonly permutation: Permutation
  readonly renames: readonly ValueSymmetry[]
  /** By component of the image: the component that it is the image of. */
  readonly origins: Int32Array
  /** By component: value here → value in the twin, or nothing. */
  readonly images: (number | undefined)[][]
}

/**
 * Works on what an explorer learns: a group of steps with the values that it read. Its image is worked out by a second
 * partition, so that the search knows no state more than it would without the check. Deterministic.
 */
export class SymmetryCheck {
  /** Local steps, and states. */
  checked = 0
  sampled = 0
  private readonly group: SymmetryGroup
  private readonly partition: SystemPartition
  private readonly twin: SystemPartition
  private readonly trials: readonly Trial[]
  private readonly predicates: readonly number[]
  private seen = 0
  private passed = 0

  constructor(group: SymmetryGroup) {
    this.group = group
    this.partition = group.partition
    this.twin = group.partition.twin()
    this.twin.initial()
    this.trials = trialsOf(group)
    this.predicates = this.partition.groups.flatMap(({ kind }, number) => (kind === 'state' ? [number] : []))
  }

  /** Throws a usage error that names symmetry, state and step if the image of this expansion is not what it should be. */
  watch(number: number, present: Int32Array, expansion: Expansion): void {
    const turn = this.seen++
    if (this.trials.length === 0 || (turn >= checkedAllMax && turn % thinning !== 0)) return
    // Not in step with `seen`, which may follow a period of its own.
    this.checked++
    this.check(this.trials[this.checked % this.trials.length] as Trial, number, present, expansion)
  }

  /**
   * Called with every state on the way. A predicate may look at a single member: what it says of a state and of its image
   * cannot be told from what it reads in one of them, so states are compared.
   */
  sample(values: Int32Array): void {
    const turn = this.passed++
    if (turn >= samplesMin && turn % samplePeriod !== 0) return
    if (this.trials.length === 0 || this.predicates.length === 0) return
    const trial = this.trials[this.sampled++ % this.trials.length] as Trial
    for (const number of this.predicates) {
      const expansion = this.partition.expand(number, (component) => values[component] as number)
      this.check(trial, number, values, expansion)
    }
  }

  private check(trial: Trial, number: number, present: Int32Array, expansion: Expansion): void {
    const { permutation, origins } = trial
    const read: number[] = []
    let actual: Mismatch['actual']
    const due = this.imageOfExpansion(expansion, trial)
    try {
      const image = this.twin.expand(this.group.groupAt(permutation, number), (component) => {
        const from = origins[component] as number
        read.push(from)
        return this.imageOf(trial, from, present[from] as number)
      })
      // Nearly always the steps come in the same order, and no text need be made.
      if (isSame(image, due)) return
      if (textsOf(image).join() === textsOf(due).join()) return
      actual = image
    } catch (error) {
      if (error instanceof UsageError) throw error
      actual = { error: error instanceof Error ? error.message : String(error) }
    }
    this.fail(trial, number, present, { read: new Set(read), wanted: due, actual })
  }

  /** What the image of the expansion should be. */
  private imageOfExpansion({ successors, fires }: Expansion, trial: Trial): Expansion {
    const { permutation } = trial
    return {
      fires,
      successors: successors.map(({ writes, progress, violates, label }) => ({
        writes: writes
          .map(({ component, to }) => ({
            component: this.group.componentAt(permutation, component),
            from: 0,
            to: this.imageOf(trial, component, to),
          }))
          .sort((a, b) => a.component - b.component),
        progress,
        violates,
        label: this.group.labelAt(permutation, label),
      })),
    }
  }

  private imageOf({ permutation, renames, images }: Trial, component: number, value: number): number {
    const known = images[component] as (number | undefined)[]
    let image = known[value]
    if (image === undefined) {
      let real = this.partition.interners[component]?.values[value]
      for (const symmetry of renames) {
        if (symmetry.actor !== this.partition.components[component]?.name) continue
        const { configuration, context } = real as { configuration: number; context: unknown }
        real = { configuration, context: renamedContext(symmetry, context) }
      }
      const to = this.group.componentAt(permutation, component)
      image = this.twin.intern(to, this.group.valueAt(permutation, component, real))
      known[value] = image
    }
    return image
  }

  private fail(
    { name, permutation }: Trial,
    number: number,
    present: Int32Array,
    { read, wanted, actual }: { read: Iterable<number> } & Pick<Mismatch, 'wanted' | 'actual'>,
  ): never {
    const { partition, twin } = this
    const mismatch: Mismatch = {
      symmetry: name,
      step: partition.groups[number]?.name ?? '',
      image: twin.groups[this.group.groupAt(permutation, number)]?.name ?? '',
      read: [...read].map((component) => ({
        name: partition.components[component]?.name ?? '',
        value: partition.describe(component, present[component] as number),
      })),
      wanted,
      actual,
    }
    throw new UsageError(mismatchText(mismatch, twin))
  }
}

/** Whether two expansions are the same, step by step; where writes come from does not count. */
function isSame(a: Expansion, b: Expansion): boolean {
  if (a.successors.length !== b.successors.length || a.fires.join() !== b.fires.join()) return false
  for (let i = 0; i < a.successors.length; i++) {
    const one = a.successors[i] as Successor
    const other = b.successors[i] as Successor
    if (one.progress !== other.progress || one.writes.length !== other.writes.length) return false
    if (one.violates.join() !== other.violates.join() || !isSameLabel(one.label, other.label)) return false
    for (let w = 0; w < one.writes.length; w++) {
      if (one.writes[w]?.component !== other.writes[w]?.component || one.writes[w]?.to !== other.writes[w]?.to)
        return false
    }
  }
  return true
}

function isSameLabel(a: StepLabel, b: StepLabel): boolean {
  if (a.kind === 'deliver') return b.kind === 'deliver' && a.channel === b.channel && a.message === b.message
  return b.kind === 'spontaneous' && a.actor === b.actor && a.choice === b.choice && a.value === b.value
}

/** An expansion as texts that do not depend on the order of its steps. */
function textsOf({ successors, fires }: Expansion): string[] {
  const texts = successors.map(({ writes, progress, violates, label }) =>
    canonical({ label, progress, violates, writes: writes.map(({ component, to }) => [component, to]) }),
  )
  if (fires.length > 0) texts.push(`the properties number ${fires.join()} found`)
  return texts.sort()
}

/** Generators first, then products of them drawn with a fixed seed. */
function trialsOf(group: SymmetryGroup): Trial[] {
  const renames = [...new Set(group.renames.flat())]
  const trial = (name: string, permutation: Permutation, own: readonly ValueSymmetry[]): Trial => {
    const origins = new Int32Array(group.partition.components.length)
    for (const component of origins.keys()) origins[group.componentAt(permutation, component)] = component
    return { name, permutation, renames: own, origins, images: group.partition.components.map(() => []) }
  }
  const trials: Trial[] = [
    ...group.generators().map((generator) => trial(generator.name, generator.permutation, [])),
    ...renames.map((each) => trial(each.name, group.identity, [each])),
  ]
  if (trials.length === 0) return trials
  const prng = new Prng(1, 'symmetry check')
  const name = [...group.factors.map(({ symmetry }) => symmetry.name), ...renames.map((each) => each.name)].join(
    '" with "',
  )
  for (let i = 0; i < drawn; i++) {
    const permutation = group.identity
    for (const { symmetry, base, size } of group.factors) {
      if (symmetry.group === 'cyclic') {
        const shift = prng.below(size)
        for (let k = 0; k < size; k++) permutation[base + k] = base + ((k + shift) % size)
        continue
      }
      for (let k = size - 1; k > 0; k--) {
        const other = prng.below(k + 1)
        const kept = permutation[base + k] as number
        permutation[base + k] = permutation[base + other] as number
        permutation[base + other] = kept
      }
    }
    const own = renames.filter(() => prng.chance(1, 2))
    trials.push(trial(name, permutation, own))
  }
  return trials
}
