/** Fleet | the platform of a run, made again in a thread of its own from what was asked for. */

import { Bytes } from '../base/bytes.ts'
import { ownModule } from '../base/program.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { type RunRequest, resolveOptions } from '../run/options.ts'
import type { SpecSource } from '../run/pool.ts'
import { buildSystem } from '../run/run.ts'
import { loadEdition } from './load-edition.ts'

/** A checked request, with what it only names. */
export interface PlacedRunArgument {
  readonly request: RunRequest
  /** File of the edition, if it is the user's own. */
  readonly ops?: string
  /** Source pictures, as YUYV frames. */
  readonly pictures: readonly Uint8Array[]
}

export function sourceOfRun(argument: PlacedRunArgument): SpecSource {
  return { module: ownModule('src/fleet/placed-run.ts').href, argument }
}

export default async function placedRun({ request, ops, pictures }: PlacedRunArgument): Promise<SystemSpec> {
  const own = ops === undefined ? undefined : await loadEdition(ops)
  return buildSystem(
    resolveOptions(request, undefined, own),
    pictures.map((picture) => Bytes.from(picture)),
  )
}
