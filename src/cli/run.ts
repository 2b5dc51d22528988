/** Cli | `dmarace run`: one run of a scenario, its pictures and its verdict. */

import { resolveOptions } from '../run/options.ts'
import { jsonOfRun, type PlayedRun, reportRun } from '../run/report.ts'
import { type RunFlags, requestOf, runtimeOf } from './flags.ts'
import { editionOf } from './load-edition.ts'
import { play } from './play.ts'
import { readSources } from './sources.ts'
import { exitCodes, type Terminal } from './terminal.ts'

export async function runCommand(scenario: string, flags: RunFlags, terminal: Terminal): Promise<number> {
  const runtime = runtimeOf(flags.runtime)
  const { request: chosen, own } = await editionOf(flags)
  const request = { ...requestOf(scenario, flags), ...chosen }
  const sources = await readSources(flags.input ?? [], resolveOptions(request, undefined, own))
  for (const note of sources.notes) terminal.err(`dmarace: note: ${note}\n`)
  const options = resolveOptions({ ...request, pictures: sources.digests }, undefined, own)
  const played = await play(
    {
      options,
      runtime,
      pictures: sources.pictures,
      inputs: sources.files,
      ...(own ? { ops: own.file } : {}),
      out: flags.out,
      trace: flags.trace,
    },
    terminal,
  )
  return answer(played, { json: flags.json === true }, terminal)
}

/** Prints a run that is over. */
export function answer(played: PlayedRun, { json }: { readonly json: boolean }, terminal: Terminal): number {
  terminal.out(json ? `${JSON.stringify(jsonOfRun(played), undefined, 2)}\n` : reportRun(played, terminal.paint))
  return played.interrupted ? exitCodes.interrupted : exitCodes[played.result.verdict]
}
