/** Explore | symmetry: of all states that differ only in which member is which, one stands for the others. */

import type { Explorer } from './explorer.ts'
import type { Renaming } from './futures.ts'
import type { Expansion } from './partition.ts'
import { Representatives } from './representative.ts'
import type { SearchOptions } from './strategy.ts'
import { SymmetryCheck } from './symmetry-check.ts'
import { SymmetryGroup } from './symmetry-group.ts'
import type { SystemPartition } from './system-partition.ts'

/** A symmetry reduction ready for a search. */
export interface SymmetryReduction {
  /** The state that stands for `values`. In a buffer that the next call uses again. */
  readonly represent: (values: Int32Array) => Int32Array
  /** Whether the last representative has, or may have, members in other places than the state that it stands for. */
  readonly isMoved: () => boolean
  /** For `Explorer.watch`: checks on what is learned that the declared symmetry is one. Throws a usage error if not. */
  readonly watch: NonNullable<Explorer['watch']>
  /** What its generators do to components and groups. */
  readonly renamings: readonly Renaming[]
  /** What was checked, for the notes of a result. Ask at the end. */
  readonly note: () => string
}

/**
 * C. N. Ip and D. L. Dill, "Better verification through symmetry", 1996; E. M. Clarke, S. Jha, R. Enders and T. Filkorn,
 * "Exploiting symmetry in temporal logic model checking", 1996. Safety only: fairness is about single steps, and which of
 * them is which is lost. Undefined if nothing is declared. Throws a usage error for a declaration that does not fit.
 */
export function symmetryOf(
  partition: SystemPartition,
  { symmetries = [], valueSymmetries = [] }: Pick<SearchOptions, 'symmetries' | 'valueSymmetries'>,
): SymmetryReduction | undefined {
  if (symmetries.length + valueSymmetries.length === 0) return undefined
  const group = new SymmetryGroup(partition, symmetries, valueSymmetries)
  const representatives = new Representatives(group)
  const check = new SymmetryCheck(group)
  const names = [...symmetries.map(({ name }) => name), ...valueSymmetries.map(({ name }) => name)]
  return {
    represent: (values) => {
      check.sample(values)
      return representatives.represent(values)
    },
    isMoved: () => representatives.isMoved,
    renamings: group.generators().map(({ permutation }) => ({
      components: partition.components.map((_, component) => group.componentAt(permutation, component)),
      groups: partition.groups.map((_, number) => group.groupAt(permutation, number)),
    })),
    watch: (number: number, present: Int32Array, expansion: Expansion) => check.watch(number, present, expansion),
    note: () =>
      `symmetry: ${names.join(', ')}; their declaration was checked on ${check.checked} local steps and ${check.sampled} states`,
  }
}
