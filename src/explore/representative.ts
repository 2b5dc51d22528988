/** Explore | representatives: one state for each orbit of a symmetry group, found by sorting members and cached images of values. */

import { digest } from '../base/canonical.ts'
import { GroupElements } from './group-elements.ts'
import { Individualisation, mix } from './individualisation.ts'
import type { Factor, SymmetryGroup } from './symmetry-group.ts'

/**
 * Each point of the group gets a signature: a sum, over all components, of what the component's value says of the point
 * when the others look alike. A symmetry that maps one state to another maps signatures, too, so sorting by them leaves
 * only points with equal signatures to try. Points whose exchange changes nothing need no trying. What remains is tried
 * by individualisation and refinement (McKay and Piperno, "Practical graph isomorphism, II", 2014), on the pairwise form
 * of the same signatures; of the states reached, the one with the least tuple of value numbers is the representative.
 * Signatures are hashes: equal ones by accident cost time and change nothing.
 */
export class Representatives {
  /** Whether the last representative has, or may have, members in other places than the state that it stands for. */
  isMoved = false
  private readonly group: SymmetryGroup
  private readonly factors: readonly Factor[]
  private readonly points: number
  private readonly components: number
  /** By factor, where it is a ring: components that belong to no member of anything. */
  private readonly leading: readonly (readonly number[])[]
  /** By factor and component: value → 2 + the member of the ring that it singles out, 1 for none; 0: not known. */
  private readonly leaders: Int32Array[][]
  private readonly onlyRings: boolean
  /** By point: an actor that is its member's alone, or -1. Points are sorted by its signature first. */
  private readonly majorOf: Int32Array
  /** By component: `points` signatures for each value; 0 where they are not known. */
  private readonly signatures: Int32Array[]
  /** By component and value: the same for pairs of points. */
  private readonly pairs: (Int32Array | undefined)[][]
  private readonly elements: GroupElements

  // Scratch.
  private readonly sums: Int32Array
  private readonly majors: Int32Array
  private readonly chosen: Int32Array
  private readonly order: Int32Array
  private readonly result: Int32Array
  private readonly attempt: Int32Array
  private readonly best: Int32Array

  constructor(group: SymmetryGroup) {
    this.group = group
    this.factors = group.factors
    this.points = group.points
    this.components = group.partition.components.length
    this.elements = new GroupElements(group)
    this.signatures = Array.from({ length: this.components }, () => new Int32Array(4 * this.points))
    const shared = Array.from({ length: this.components }, (_, component) => component).filter((component) => {
      return this.factors.every((_, factor) => group.owners[component * this.factors.length + factor] === -1)
    })
    this.leading = this.factors.map(({ symmetry }) => (symmetry.group === 'cyclic' ? shared : []))
    this.leaders = this.factors.map(() => Array.from({ length: this.components }, () => new Int32Array(4)))
    this.onlyRings = this.factors.every(({ symmetry }) => symmetry.group === 'cyclic')
    this.pairs = Array.from({ length: this.components }, () => [])
    this.sums = new Int32Array(this.points)
    this.majors = new Int32Array(this.points)
    this.majorOf = majorsOf(group)
    this.chosen = group.identity
    this.order = new Int32Array(this.points)
    this.result = new Int32Array(this.components)
    this.attempt = new Int32Array(this.components)
    this.best = new Int32Array(this.components)
  }

  /** The state that stands for `values`. In a buffer that the next call uses again. */
  represent(values: Int32Array): Int32Array {
    const { points, sums, signatures, components } = this
    const led = this.onlyRings ? this.ledElement(values) : -1
    if (led >= 0) return this.image(led, values)
    for (let point = 0; point < points; point++) sums[point] = 0
    for (let component = 0; component < components; component++) {
      const value = values[component] as number
      const at = value * points
      let row = signatures[component] as Int32Array
      if (at >= row.length || row[at] === 0) row = this.sign(component, value)
      for (let point = 0; point < points; point++) {
        sums[point] = ((sums[point] as number) + (row[at + point] as number)) | 0
      }
    }
    const { majors, majorOf } = this
    for (let point = 0; point < points; point++) {
      const component = majorOf[point] as number
      if (component < 0) continue
      majors[point] = (signatures[component] as Int32Array)[(values[component] as number) * points + point] as number
    }
    const element = this.sortedElement(values)
    if (element < 0) return this.search(values)
    return this.image(element, values)
  }

  private image(element: number, values: Int32Array): Int32Array {
    this.isMoved = element !== 0
    return this.elements.apply(element, values, this.result)
  }

  /** The element that sorts the points by signature; -1 if that leaves a choice which matters. */
  private sortedElement(values: Int32Array): number {
    const { chosen, order, sums, majors } = this
    for (let factor = 0; factor < this.factors.length; factor++) {
      const { symmetry, base, size } = this.factors[factor] as Factor
      if (symmetry.group === 'cyclic') {
        let first = this.leader(factor, values)
        if (first < 0) first = this.firstOfRing(base, size)
        if (first < 0) return -1
        this.turn(base, size, first)
        continue
      }
      // Insertion sort: sizes are small, and the states that come out of a representative are nearly sorted.
      for (let i = 0; i < size; i++) {
        const major = majors[base + i] as number
        const sum = sums[base + i] as number
        let at = i
        while (at > 0) {
          const before = order[base + at - 1] as number
          const more = (majors[before] as number) - major || (sums[before] as number) - sum
          if (more <= 0) break
          order[base + at] = order[base + at - 1] as number
          at--
        }
        order[base + at] = base + i
      }
      for (let i = 0; i < size; i++) {
        const point = order[base + i] as number
        chosen[point] = base + i
        if (i === 0) continue
        const before = order[base + i - 1] as number
        if (
          sums[point] === sums[before] &&
          majors[point] === majors[before] &&
          !this.elements.isExchangeable(before, point, values)
        )
          return -1
      }
    }
    return this.elements.numberOf(chosen)
  }

  /** The element that turns each ring to the member which a shared component singles out; -1 if there is none. */
  private ledElement(values: Int32Array): number {
    for (let factor = 0; factor < this.factors.length; factor++) {
      const first = this.leader(factor, values)
      if (first < 0) return -1
      const { base, size } = this.factors[factor] as Factor
      this.turn(base, size, first)
    }
    return this.elements.numberOf(this.chosen)
  }

  private turn(base: number, size: number, first: number): void {
    for (let i = 0; i < size; i++) this.chosen[base + i] = base + ((i - first + size) % size)
  }

  /**
   * The member of a ring that the first shared component which can singles out; -1 if none does. A head or a tail, say:
   * then the values of that component are few, and the rest of the state need not be looked at.
   */
  private leader(factor: number, values: Int32Array): number {
    const leaders = this.leaders[factor] as Int32Array[]
    for (const component of this.leading[factor] as readonly number[]) {
      const value = values[component] as number
      const known = leaders[component] as Int32Array
      let leader = value < known.length ? (known[value] as number) : 0
      if (leader === 0) leader = this.findLeader(factor, component, value)
      if (leader > 1) return leader - 2
    }
    return -1
  }

  private findLeader(factor: number, component: number, value: number): number {
    const { group } = this
    const { base, size } = this.factors[factor] as Factor
    const real = group.partition.interners[component]?.values[value]
    const texts = Array.from({ length: size }, (_, i) => group.mark(component, real, base + i, -1))
    const single = texts.filter((text) => texts.indexOf(text) === texts.lastIndexOf(text)).sort()[0]
    const leader = single === undefined ? 1 : 2 + texts.indexOf(single)
    const leaders = this.leaders[factor] as Int32Array[]
    let known = leaders[component] as Int32Array
    if (value >= known.length) {
      known = new Int32Array(Math.max(value + 1, 2 * known.length))
      known.set(leaders[component] as Int32Array)
      leaders[component] = known
    }
    known[value] = leader
    return leader
  }

  /** The member of a ring where the sequence of signatures is least; -1 if there are several. */
  private firstOfRing(base: number, size: number): number {
    const { sums } = this
    let first = 0
    let isOnly = true
    for (let i = 1; i < size; i++) {
      const sum = sums[base + i] as number
      const least = sums[base + first] as number
      if (sum < least) {
        first = i
        isOnly = true
      } else if (sum === least) isOnly = false
    }
    if (isOnly) return first
    // Booth's and Duval's algorithms are linear; rings are short.
    for (let i = first + 1; i < size; i++) {
      let k = 0
      while (k < size && sums[base + ((i + k) % size)] === sums[base + ((first + k) % size)]) k++
      if (k === size) return -1
      if ((sums[base + ((i + k) % size)] as number) < (sums[base + ((first + k) % size)] as number)) first = i
    }
    return first
  }

  /** Works out the signatures of a value. */
  private sign(component: number, value: number): Int32Array {
    const { points } = this
    let row = this.signatures[component] as Int32Array
    if ((value + 1) * points > row.length) {
      row = new Int32Array(Math.max((value + 1) * points, 2 * row.length))
      row.set(this.signatures[component] as Int32Array)
      this.signatures[component] = row
    }
    for (let point = 0; point < points; point++)
      row[value * points + point] = this.signature(component, value, point, -1)
    return row
  }

  private signature(component: number, value: number, first: number, second: number): number {
    const { classes, partition } = this.group
    const real = partition.interners[component]?.values[value]
    const text = `${classes[component]} ${this.group.mark(component, real, first, second)}`
    // Never 0: that is "not known".
    return Number.parseInt(digest(text).slice(0, 8), 16) | 1
  }

  // What sorting leaves open.

  private search(values: Int32Array): Int32Array {
    this.isMoved = true
    const search = new Individualisation(this.factors, this.points, {
      majors: this.majors,
      colours: this.sums.map((sum, point) => mix(sum, this.majors[point] as number)),
      pairs: this.pairSums(values),
      exchangeable: (a, b) => this.elements.isExchangeable(a, b, values),
      leaf: (permutation) => this.elements.apply(this.elements.numberOf(permutation), values, this.attempt),
      best: this.best,
    })
    search.run()
    return this.best
  }

  /** For all ordered pairs of points: what the components say of both together. */
  private pairSums(values: Int32Array): Int32Array {
    const { points } = this
    const sums = new Int32Array(points * points)
    for (let component = 0; component < this.components; component++) {
      const value = values[component] as number
      const rows = this.pairs[component] as (Int32Array | undefined)[]
      rows[value] ??= this.pairRow(component, value)
      const row = rows[value] as Int32Array
      for (let i = 0; i < sums.length; i++) sums[i] = ((sums[i] as number) + (row[i] as number)) | 0
    }
    return sums
  }

  private pairRow(component: number, value: number): Int32Array {
    const { points } = this
    const row = new Int32Array(points * points)
    for (let a = 0; a < points; a++) {
      for (let b = 0; b < points; b++) if (a !== b) row[a * points + b] = this.signature(component, value, a, b)
    }
    return row
  }
}

/** The first actor of each member that belongs to nothing else. */
function majorsOf({ factors, owners, classes, points, partition }: SymmetryGroup): Int32Array {
  const majors = new Int32Array(points).fill(-1)
  for (let component = partition.system.actors.length - 1; component >= 0; component--) {
    const own = owners.subarray(component * factors.length, (component + 1) * factors.length)
    const factor = own.findIndex((index) => index >= 0)
    if (factor < 0 || own.some((index, other) => index >= 0 && other !== factor)) continue
    majors[(factors[factor] as Factor).base + (own[factor] as number)] = component
  }
  // Members whose actors come in another order than those of the others would be compared in different things.
  for (const { base, size } of factors) {
    const kinds = new Set(Array.from({ length: size }, (_, i) => classes[majors[base + i] as number] ?? -1))
    if (kinds.size > 1) majors.fill(-1, base, base + size)
  }
  return majors
}
