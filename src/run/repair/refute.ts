/** Run | a changed program that is still wrong shows it soonest on a run like one that is known to be wrong. */

import type { CpuContext } from '../../../machines/cpu/types.ts'
import { AlikeRuns } from '../../explore/alike.ts'
import type { StepLabel } from '../../explore/partition.ts'
import type { Statement } from '../../litmus/form.ts'
import type { Lowered } from '../../litmus/lower.ts'
import { partitionOf } from '../partition-of.ts'
import type { Subject } from '../subject.ts'

/** Steps of a run that violates something in another form of the program. */
export type WrongRun = readonly StepLabel[]

/** A form of the program, and what it has that those of the runs may lack. */
export interface Changed {
  readonly subject: Subject
  readonly lowered: Lowered
  readonly added: readonly Statement[]
  /** The statements among them that are tried out. */
  readonly tried: readonly Statement[]
}

/**
 * Whether one of the runs still leads to a property for which `isSought` holds, with what was added taken as soon as it comes.
 * - `before it`: before any core comes to what is tried out, so that nothing helps there. Never said where cores may perform a load
 *   before what stands before it.
 * - Undefined says nothing: only a search can tell.
 */
export function stillWrong(
  { subject, lowered, added, tried }: Changed,
  runs: readonly WrongRun[],
  isSought: (property: string) => boolean,
): 'before it' | 'with it' | undefined {
  const trails = new Map(lowered.runners.map((runner) => [runner.id, runner.trails]))
  let isReached = lowered.features.loadReordering
  const ahead = (actor: string, context: unknown): string | undefined => {
    const trail = trails.get(actor)?.[(context as CpuContext).pc] ?? []
    isReached ||= trail.some((statement) => tried.includes(statement))
    return trail.some((statement) => added.includes(statement)) ? 'issue' : undefined
  }
  const partition = partitionOf(subject)
  const alike = new AlikeRuns(partition, subject.spec, { ahead })
  const isViolated = (property: string): boolean => !partition.witnesses.has(property) && isSought(property)
  if (!runs.some((steps) => alike.shows(steps, isViolated))) return undefined
  return isReached ? 'with it' : 'before it'
}
