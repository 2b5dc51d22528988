/** Cli | `dmarace replay`: the run that a token names, once more, with the digest of its trace. */

import { UsageError, unknownName } from '../base/errors.ts'
import { loadEdition } from '../fleet/load-edition.ts'
import { loadSystems } from '../fleet/load-systems.ts'
import type { Schedule } from '../kernel/schedule.ts'
import { type OwnEdition, type RunRequest, resolveOptions } from '../run/options.ts'
import { subjectOfScenario } from '../run/scenario-subject.ts'
import type { Subject } from '../run/subject.ts'
import { parseToken } from '../run/token.ts'
import { refuseFull, runtimeOf } from './flags.ts'
import { prepareOutputDirectory } from './image-files.ts'
import { play } from './play.ts'
import { answer, leave } from './run.ts'
import { type Outputs, outputsOf } from './run-outputs.ts'
import { tellSearched } from './searched-run.ts'
import { readNamedSources } from './sources.ts'
import type { Terminal } from './terminal.ts'

/** What commander hands over for `replay`. */
export interface ReplayFlags {
  readonly input?: readonly string[]
  readonly out: string
  readonly runtime: string
  readonly trace?: string
  readonly export?: string
  readonly html?: string
  readonly full?: boolean
  readonly json?: boolean
  readonly system?: string
  readonly ops?: string
}

export async function replayCommand(token: string, flags: ReplayFlags, terminal: Terminal): Promise<number> {
  const runtime = runtimeOf(flags.runtime)
  const { request, schedule } = parseToken(token)
  const outputs = outputsOf(flags, flags.out)
  if (schedule) return replayChoices({ request, schedule }, flags, outputs, terminal)
  refuseFull(flags)
  const own = await ownEdition(request, flags)
  const options = resolveOptions(request, undefined, own)
  const sources = await readNamedSources(flags.input ?? [], options)
  for (const note of sources.notes) terminal.err(`dmarace: note: ${note}\n`)
  const played = await play(
    {
      options,
      runtime,
      pictures: sources.pictures,
      inputs: sources.files,
      ...(own ? { ops: own.file } : {}),
      out: flags.out,
      trace: outputs.trace,
      digest: true,
      schedule,
    },
    terminal,
  )
  await leave(played, outputs, terminal)
  return answer(played, { json: flags.json === true }, terminal)
}

/** A run that a search found: step by step, and what it shows. */
async function replayChoices(
  { request, schedule }: { readonly request: RunRequest; readonly schedule: Schedule },
  flags: ReplayFlags,
  outputs: Outputs,
  terminal: Terminal,
): Promise<number> {
  const subject = await subjectOf(request, flags)
  const runtime = runtimeOf(flags.runtime)
  if (outputs.trace !== undefined && flags.trace === undefined) await prepareOutputDirectory(flags.out)
  return tellSearched({ subject, schedule, runtime, searchesOn: true }, { ...flags, outputs }, terminal)
}

/** The user's edition that the token names, if it names one. */
async function ownEdition({ ops }: RunRequest, flags: ReplayFlags): Promise<OwnEdition | undefined> {
  if (flags.ops === undefined) return undefined
  if (ops === undefined) throw new UsageError('--ops: this token names no edition of your own; leave it out')
  return loadEdition(flags.ops)
}

/** A token names a scenario, or a system of the user's own by the digest of its file. */
async function subjectOf(request: RunRequest, flags: ReplayFlags): Promise<Subject> {
  const { scenario, system, frames, features, parameters, edition, ops } = request
  const { system: file } = flags
  const asked = {
    ...(frames === undefined ? {} : { frames }),
    ...(features === undefined ? {} : { features }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(edition === undefined ? {} : { edition }),
    ...(ops === undefined ? {} : { ops }),
  }
  const own = await ownEdition(request, flags)
  if (system === undefined) return subjectOfScenario({ ...asked, scenario }, undefined, own)
  if (file === undefined)
    throw new UsageError(`this token is of the system ${scenario}: say where it is, --system file.ts or file.litmus`)
  const systems = await loadSystems(file, { request: asked, own })
  const found = systems.find(({ id }) => id === scenario)
  if (!found)
    throw unknownName(
      'system',
      scenario,
      systems.map(({ id }) => id),
    )
  if (found.digest !== system) {
    throw new UsageError(
      `${file}, or a file that it imports, has changed since this token was printed: it may not mean the same run any more`,
    )
  }
  return found
}
