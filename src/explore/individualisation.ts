/** Explore | individualisation and refinement: the permutations of a state that are worth trying. */

import { InternalError } from '../base/errors.ts'
import type { Factor, Permutation } from './symmetry-group.ts'

/** A state whose points are to be told apart. */
export interface SearchInput {
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
export class Individualisation {
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

/** A hash of two ints. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (b >>> 15) ^ (b << 7), 0x85ebca6b) + b
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
