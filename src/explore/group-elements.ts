/** Explore | the elements of a symmetry group that were needed so far, and the images of values under them, each worked out once. */

import { canonical } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import type { SavedState } from '../kernel/actor.ts'
import type { Factor, Permutation, SymmetryGroup } from './symmetry-group.ts'

const none = new Int32Array(0)

/** Elements have numbers, in the order in which they are first asked for. The identity is 0. */
export class GroupElements {
  private readonly group: SymmetryGroup
  private readonly factors: readonly Factor[]
  private readonly points: number
  private readonly components: number
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

  constructor(group: SymmetryGroup) {
    this.group = group
    this.factors = group.factors
    this.points = group.points
    this.components = group.partition.components.length
    this.fanout = Math.max(1, ...group.factors.map(({ size }) => size))
    this.trieUsed = this.fanout
    this.exchanges = new Int32Array(this.points * this.points)
    this.supports = Array.from({ length: this.components }, () => [])
    this.numberOf(group.identity)
  }

  /** Whether exchanging two points of a full factor maps the state to itself. */
  isExchangeable(a: number, b: number, values: Int32Array): boolean {
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
      this.exchanges[at] = 1 + this.numberOf(permutation)
    }
    return (this.exchanges[at] as number) - 1
  }

  /** The number of a group element. */
  numberOf(permutation: Permutation): number {
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

  /** The state that an element maps `values` to, in normal form. */
  apply(element: number, values: Int32Array, into: Int32Array): Int32Array {
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
}
