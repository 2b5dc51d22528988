/** Run | a changed program that is still wrong shows it soonest on a run like one that is known to be wrong. */

import type { CpuContext } from '../../../machines/cpu/types.ts'
import { AlikeRuns } from '../../explore/alike.ts'
import type { StepLabel } from '../../explore/partition.ts'
import type { Statement } from '../../litmus/form.ts'
import type { Lowered } from '../../litmus/lower.ts'
import { partitionOf } from '../check.ts'
import type { Subject } from '../subject.ts'

/** Steps of a run that violates something in another form of the program. */
export type WrongRun = readonly StepLabel[]

/** A form of the program, and which statements the runs know nothing of. */
export interface Changed {
  readonly subject: Subject
  readonly lowered: Lowered
  readonly added: ReadonlySet<Statement>
}

/**
 * Whether one of the runs still leads to a property for which `isSought` holds, with what was added taken where it comes. False says
 * nothing: only a search can tell.
 */
export function isStillWrong(
  { subject, lowered, added }: Changed,
  runs: readonly WrongRun[],
  isSought: (property: string) => boolean,
): boolean {
  const isAt = new Map(lowered.runners.map(({ id, trails }) => [id, trails.map((trail) => isNew(trail, added))]))
  const ahead = (actor: string, context: unknown): string | undefined =>
    isAt.get(actor)?.[(context as CpuContext).pc] ? 'issue' : undefined
  const partition = partitionOf(subject)
  const alike = new AlikeRuns(partition, subject.spec, { ahead })
  const isViolated = (property: string): boolean => !partition.witnesses.has(property) && isSought(property)
  return runs.some((steps) => alike.shows(steps, isViolated))
}

function isNew(trail: readonly Statement[] | undefined, added: ReadonlySet<Statement>): boolean {
  return trail?.some((statement) => added.has(statement)) ?? false
}
