/** Explore | representatives: one state for each orbit of a symmetry group, found by sorting members and cached images of values. */

import { canonical, digest } from '../base/canonical.ts'
import { InternalError, UsageError } from '../base/errors.ts'
import type { SavedState } from '../kernel/actor.ts'
import type { Factor, Permutation, SymmetryGroup } from './symmetry-group.ts'

/**
 * Each point of the group gets a signature: a sum, over all components, of what the component's value says of the point
 * when the others look alike. A symmetry that maps one state to another maps signatures, too, so sorting by them leaves
 * only points with equal signatures to try. Points whose exchange changes nothing need no trying. What remains is tried
 * by individualisation and refinement (McKay and Piperno, "Practical graph isomorphism, II", 2014), on the pairwise form
 * of the same signatures; of the states reached, the one with the least tuple of value numbers is the representative.
 * Signatures are hashes: equal ones by accident cost time and change nothing.
 */
export class Representatives {
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
  // Group elements, by number. The identity is 0.
  private readonly permutations: Permutation[] = []
  private readonly targets: Int32Array[] = []
  /** By element and component: value → 1 + number of its normal image. */
  private readonly images: Int32Array[][] = []
  /** Element numbers by the images of points: a trie of nodes of `fanout` ints. */
  private trie = new Int32Array(1 << 10)
  private trieUsed: number
  private readonly fanout: number
  /** By pair of points: 1 + the element that exchanges them; 0: not known. */
  private readonly exchanges: Int32Array
  /** Images by component, value and where the element takes the points that the value has to do with. */
  private readonly partialImages = new Map<string, number>()
  private readonly supports: (readonly number[] | undefined)[][]

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
    this.fanout = Math.max(1, ...group.factors.map(({ size }) => size))
    this.trieUsed = this.fanout
    this.signatures = Array.from({ length: this.components }, () => new Int32Array(4 * this.points))
    const shared = Array.from({ length: this.components }, (_, component) => component).filter((component) => {
      return this.factors.every((_, factor) => group.owners[component * this.factors.length + factor] === -1)
    })
    this.leading = this.factors.map(({ symmetry }) => (symmetry.group === 'cyclic' ? shared : []))
    this.leaders = this.factors.map(() => Array.from({ length: this.components }, () => new Int32Array(4)))
    this.onlyRings = this.factors.every(({ symmetry }) => symmetry.group === 'cyclic')
    this.pairs = Array.from({ length: this.components }, () => [])
    this.exchanges = new Int32Array(this.points * this.points)
    this.supports = Array.from({ length: this.components }, () => [])
    this.sums = new Int32Array(this.points)
    this.majors = new Int32Array(this.points)
    this.majorOf = majorsOf(group)
    this.chosen = group.identity
    this.order = new Int32Array(this.points)
    this.result = new Int32Array(this.components)
    this.attempt = new Int32Array(this.components)
    this.best = new Int32Array(this.components)
    this.elementOf(group.identity)
  }

  /** The state that stands for `values`. In a buffer that the next call uses again. */
  represent(values: Int32Array): Int32Array {
    const { points, sums, signatures, components } = this
    const led = this.onlyRings ? this.ledElement(values) : -1
    if (led >= 0) return this.imageUnder(led, values, this.result)
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
    return this.imageUnder(element, values, this.result)
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
          !this.exchangeable(before, point, values)
        )
          return -1
      }
    }
    return this.elementOf(chosen)
  }

  /** The element that turns each ring to the member which a shared component singles out; -1 if there is none. */
  private ledElement(values: Int32Array): number {
    let node = 0
    for (let factor = 0; factor < this.factors.length; factor++) {
      const first = this.leader(factor, values)
      if (first < 0) return -1
      const { base, size } = this.factors[factor] as Factor
      this.turn(base, size, first)
      if (node >= 0) node = this.trie[node + ((size - first) % size)] as number
      if (node === 0) node = -1
    }
    const known = node < 0 ? 0 : (this.trie[node] as number)
    return known > 0 ? known - 1 : this.elementOf(this.chosen)
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

  /** Whether exchanging two points of a full factor maps the state to itself. */
  private exchangeable(a: number, b: number, values: Int32Array): boolean {
    const element = this.exchange(a, b)
    const target = this.targets[element] as Int32Array
    for (let component = 0; component < this.components; component++) {
      const to = target[component] as number
      const image = this.image(element, component, values[component] as number)
      if (image !== this.image(0, to, values[to] as number)) return false
    }
    return true
  }

  private exchange(a: number, b: number): number {
    const at = a * this.points + b
    if (this.exchanges[at] === 0) {
      const permutation = this.group.identity
      permutation[a] = b
      permutation[b] = a
      this.exchanges[at] = 1 + this.elementOf(permutation)
    }
    return (this.exchanges[at] as number) - 1
  }

  /** The number of a group element. */
  private elementOf(permutation: Permutation): number {
    let node = 0
    let last = 0
    for (const { symmetry, base, size } of this.factors) {
      // A rotation is known by where it takes one point.
      const count = symmetry.group === 'cyclic' ? 1 : size
      for (let i = 0; i < count; i++) {
        last = node + (permutation[base + i] as number) - base
        node = this.trie[last] as number
        if (node === 0) node = this.growTrie(last)
      }
    }
    // A leaf's first slot holds the element's number and 1.
    const known = this.trie[node] as number
    if (known > 0) return known - 1
    const element = this.permutations.push(permutation.slice()) - 1
    this.trie[node] = element + 1
    this.targets.push(Int32Array.from({ length: this.components }, (_, c) => this.group.componentAt(permutation, c)))
    this.images.push(Array.from({ length: this.components }, () => none))
    return element
  }

  private growTrie(slot: number): number {
    const node = this.trieUsed
    this.trieUsed += this.fanout
    if (this.trieUsed > this.trie.length) {
      const grown = new Int32Array(this.trie.length * 2)
      grown.set(this.trie)
      this.trie = grown
    }
    this.trie[slot] = node
    return node
  }

  private imageUnder(element: number, values: Int32Array, into: Int32Array): Int32Array {
    const images = this.images[element] as Int32Array[]
    const target = this.targets[element] as Int32Array
    for (let component = 0; component < this.components; component++) {
      const value = values[component] as number
      const known = images[component] as Int32Array
      const image = value < known.length ? (known[value] as number) : 0
      into[target[component] as number] = image > 0 ? image - 1 : this.image(element, component, value)
    }
    return into
  }

  /** The normal form of the image of a value: of all that value symmetries make of it, the least text. */
  private image(element: number, component: number, value: number): number {
    const images = this.images[element] as Int32Array[]
    let known = images[component] as Int32Array
    if (value >= known.length) {
      known = new Int32Array(Math.max(value + 1, 4, 2 * known.length))
      known.set(images[component] as Int32Array)
      images[component] = known
    }
    if (known[value] === 0) known[value] = 1 + this.partialImage(element, component, value)
    return (known[value] as number) - 1
  }

  /** Elements that take the points of a value to the same places have the same image of it. */
  private partialImage(element: number, component: number, value: number): number {
    const supports = this.supports[component] as (readonly number[] | undefined)[]
    supports[value] ??= this.group.supportOf(component, this.group.partition.interners[component]?.values[value])
    const permutation = this.permutations[element] as Permutation
    let key = `${component} ${value}`
    for (const point of supports[value] as readonly number[]) key += ` ${permutation[point]}`
    let image = this.partialImages.get(key)
    if (image === undefined) {
      image = this.imageOf(element, component, value)
      this.partialImages.set(key, image)
    }
    return image
  }

  private imageOf(element: number, component: number, value: number): number {
    const { group } = this
    const { partition } = group
    const permutation = this.permutations[element] as Permutation
    const to = group.componentAt(permutation, component)
    const real = partition.interners[component]?.values[value]
    const image = group.valueAt(permutation, component, real)
    const normal = this.normal(to, image)
    if ((group.renames[component]?.length ?? 0) > 0 || (group.renames[to]?.length ?? 0) > 0) {
      // Otherwise the two symmetries together would make larger orbits than the normal form knows of.
      const wanted = canonical(normal)
      for (const other of group.orbit(component, real)) {
        if (canonical(this.normal(to, group.valueAt(permutation, component, other))) === wanted) continue
        const [from, into] = [partition.components[component]?.name, partition.components[to]?.name]
        throw new UsageError(
          `the value symmetries of ${from} and ${into} differ, though a symmetry puts one in the other's place: seen at ${canonical(real)}`,
        )
      }
    }
    return partition.intern(to, normal)
  }

  private normal(component: number, value: unknown): unknown {
    let least = value
    let leastText: string | undefined
    const orbit = this.group.orbit(component, value)
    if (orbit.length === 1) return value
    for (const each of orbit) {
      const text = canonical((each as SavedState).context)
      if (leastText !== undefined && text >= leastText) continue
      least = each
      leastText = text
    }
    return least
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
    const search = new Search(this.factors, this.points, {
      majors: this.majors,
      colours: this.sums.map((sum, point) => mix(sum, this.majors[point] as number)),
      pairs: this.pairSums(values),
      exchangeable: (a, b) => this.exchangeable(a, b, values),
      leaf: (permutation) => this.imageUnder(this.elementOf(permutation), values, this.attempt),
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

const none = new Int32Array(0)

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

interface SearchInput {
  /** Points are put in the order of these, then of their colours. */
  readonly majors: Int32Array
  readonly colours: Int32Array
  readonly pairs: Int32Array
  readonly exchangeable: (a: number, b: number) => boolean
  /** The state that a permutation leads to, in a buffer that is used again. */
  readonly leaf: (permutation: Permutation) => Int32Array
  /** Gets the least of these states. */
  readonly best: Int32Array
}

/** Individualisation and refinement over the points of one state. */
class Search {
  private readonly factors: readonly Factor[]
  private readonly points: number
  private readonly input: SearchInput
  private readonly factorOf: Int32Array
  private found: Permutation | undefined
  /** Permutations that map the state to itself. */
  private readonly automorphisms: Permutation[] = []

  constructor(factors: readonly Factor[], points: number, input: SearchInput) {
    this.factors = factors
    this.points = points
    this.input = input
    this.factorOf = new Int32Array(points)
    factors.forEach(({ base, size }, factor) => {
      this.factorOf.fill(factor, base, base + size)
    })
  }

  run(): void {
    this.descend(this.input.colours, [])
  }

  private descend(given: Int32Array, fixed: readonly number[]): void {
    if (fixed.length > this.points) throw new InternalError('a state cannot be told apart from its permutations')
    const colours = this.refine(given)
    const cell = this.openCell(colours)
    if (cell === undefined) {
      this.compare(this.permutationOf(colours))
      return
    }
    const tried: number[] = []
    for (const point of cell) {
      if (this.isLikeOneOf(point, tried, fixed)) continue
      tried.push(point)
      const next = colours.slice()
      next[point] = mix(colours[point] as number, 0x2545f491 + fixed.length)
      this.descend(next, [...fixed, point])
    }
  }

  /** Tells points apart by what the state says of them together with the points of each colour, until that adds nothing. */
  private refine(given: Int32Array): Int32Array {
    let colours = given
    let count = new Set(colours).size
    for (;;) {
      const next = new Int32Array(this.points)
      for (let a = 0; a < this.points; a++) {
        let sum = 0
        for (let b = 0; b < this.points; b++) if (a !== b) sum = (sum + this.edge(a, b, colours)) | 0
        next[a] = mix(colours[a] as number, sum)
      }
      const nextCount = new Set(next).size
      if (nextCount <= count) return colours
      colours = next
      count = nextCount
    }
  }

  private edge(a: number, b: number, colours: Int32Array): number {
    const { pairs } = this.input
    const both = mix(pairs[a * this.points + b] as number, colours[b] as number)
    const { symmetry, size } = this.factors[this.factorOf[a] as number] as Factor
    if (symmetry.group === 'full' || this.factorOf[a] !== this.factorOf[b]) return both
    // In a ring the distance stays the same.
    return mix(both, (b - a + size) % size)
  }

  /** Points of one colour among which a choice matters; undefined: none does. */
  private openCell(colours: Int32Array): number[] | undefined {
    for (const { symmetry, base, size } of this.factors) {
      const cells = new Map<number, number[]>()
      for (let point = base; point < base + size; point++) {
        const colour = colours[point] as number
        const cell = cells.get(colour)
        if (cell) cell.push(point)
        else cells.set(colour, [point])
      }
      const sorted = [...cells].sort(([a, x], [b, y]) => x.length - y.length || a - b).map(([, cell]) => cell)
      // One point that is fixed fixes the whole ring.
      if (symmetry.group === 'cyclic') {
        if ((sorted[0] as number[]).length > 1) return sorted[0]
        continue
      }
      for (const cell of sorted) {
        for (let i = 1; i < cell.length; i++) {
          if (!this.input.exchangeable(cell[i - 1] as number, cell[i] as number)) return cell
        }
      }
    }
    return undefined
  }

  private permutationOf(colours: Int32Array): Permutation {
    const permutation = new Int32Array(this.points)
    for (const { symmetry, base, size } of this.factors) {
      const points = Array.from({ length: size }, (_, i) => base + i)
      const counts = new Map<number, number>()
      for (const point of points) counts.set(colours[point] as number, (counts.get(colours[point] as number) ?? 0) + 1)
      const { majors } = this.input
      const sorted = points.sort((a, b) => {
        return (majors[a] as number) - (majors[b] as number) || (colours[a] as number) - (colours[b] as number) || a - b
      })
      if (symmetry.group === 'full') {
        sorted.forEach((point, rank) => {
          permutation[point] = base + rank
        })
        continue
      }
      const first = sorted.find((point) => counts.get(colours[point] as number) === 1) as number
      for (let i = 0; i < size; i++) permutation[base + i] = base + ((base + i - first + size) % size)
    }
    return permutation
  }

  private compare(permutation: Permutation): void {
    const { best } = this.input
    const state = this.input.leaf(permutation)
    if (this.found === undefined) {
      this.found = permutation
      best.set(state)
      return
    }
    let component = 0
    while (component < best.length && state[component] === best[component]) component++
    if (component === best.length) this.automorphisms.push(combined(permutation, this.found))
    else if ((state[component] as number) < (best[component] as number)) {
      this.found = permutation
      best.set(state)
    }
  }

  /** Whether some symmetry of the state that keeps `fixed` maps one of `tried` to `point`: then it leads to the same states. */
  private isLikeOneOf(point: number, tried: readonly number[], fixed: readonly number[]): boolean {
    if (tried.length === 0) return false
    const { symmetry } = this.factors[this.factorOf[point] as number] as Factor
    if (symmetry.group === 'full' && tried.some((other) => this.input.exchangeable(other, point))) return true
    const reached = new Set([point])
    const keeping = this.automorphisms.filter((automorphism) => fixed.every((each) => automorphism[each] === each))
    for (const each of reached) for (const automorphism of keeping) reached.add(automorphism[each] as number)
    return tried.some((other) => reached.has(other))
  }
}

/** `first`, then back through `second`: the state is mapped to itself if both lead to the same one. */
function combined(first: Permutation, second: Permutation): Permutation {
  const back = new Int32Array(second.length)
  for (let point = 0; point < second.length; point++) back[second[point] as number] = point
  return first.map((image) => back[image] as number)
}

function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (b >>> 15) ^ (b << 7), 0x85ebca6b) + b
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
