/** Cli | where the actors of a run live: `--place` and `--threads`, checked, planned, and told. */

import { availableParallelism } from 'node:os'
import type { Bytes } from '../base/bytes.ts'
import { counted } from '../base/counted.ts'
import { UsageError } from '../base/errors.ts'
import { sourceOfRun } from '../fleet/placed-run.ts'
import type { SystemSpec } from '../kernel/system.ts'
import type { RunOptions, RunRequest } from '../run/options.ts'
import { type Placement, type PlacementRequest, planPlacement } from '../run/placement/plan.ts'
import type { SpecSource } from '../run/pool.ts'
import { buildSystem } from '../run/run.ts'
import { whole } from './flags.ts'
import type { Terminal } from './terminal.ts'

export interface PlacementFlags {
  readonly place?: string
  readonly threads?: string
}

/** A plan, with the system that it is for and where threads get theirs from. */
export interface ChosenPlacement {
  readonly plan: Placement
  readonly system: SystemSpec
  readonly source: SpecSource
}

/** Most threads of one run. */
const threadsMax = 64

/** What the flags ask for; undefined: this thread alone, as `--threads 1` says, too. */
export function placementRequest({ place, threads }: PlacementFlags): PlacementRequest | undefined {
  if (place !== undefined && threads !== undefined) {
    throw new UsageError('--place and --threads both say where actors live: leave one of them out')
  }
  if (place !== undefined) return { place }
  if (threads === undefined) return undefined
  const count = whole('threads', threads, 1, threadsMax)
  return count === 1 ? undefined : { threads: count }
}

/** Plans, and tells the user what came of it. */
export function choosePlacement(
  asked: PlacementRequest,
  run: {
    readonly options: RunOptions
    readonly request: RunRequest
    readonly ops: string | undefined
    readonly pictures: readonly Bytes[]
  },
  terminal: Terminal,
): ChosenPlacement {
  const { options, request, ops, pictures } = run
  const system = buildSystem(options, pictures)
  const plan = planPlacement(system, asked)
  const count = plan.groups.length
  const note = (text: string) => terminal.err(`dmarace: note: ${text}\n`)
  for (const text of plan.notes) note(text)
  if (count > availableParallelism()) note(`${count} threads on ${availableParallelism()} cores wait for each other`)
  terminal.err(`dmarace: ${counted(count, 'thread')}: ${plan.groups.map((ids) => ids.join(' ')).join(' | ')}\n`)
  const source = sourceOfRun({
    request,
    ...(ops === undefined ? {} : { ops }),
    pictures: pictures.map((picture) => picture.toUint8Array()),
  })
  return { plan, system, source }
}
