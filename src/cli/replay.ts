/** Cli | `dmarace replay`: the run that a token names, once more, with the digest of its trace. */

import { resolveOptions } from '../run/options.ts'
import { parseToken } from '../run/token.ts'
import { runtimeOf } from './flags.ts'
import { play } from './play.ts'
import { answer } from './run.ts'
import { readNamedSources } from './sources.ts'
import type { Terminal } from './terminal.ts'

/** What commander hands over for `replay`. */
export interface ReplayFlags {
  readonly input?: readonly string[]
  readonly out: string
  readonly runtime: string
  readonly trace?: string
  readonly json?: boolean
}

export async function replayCommand(token: string, flags: ReplayFlags, terminal: Terminal): Promise<number> {
  const runtime = runtimeOf(flags.runtime)
  const { request, schedule } = parseToken(token)
  const options = resolveOptions(request)
  const sources = await readNamedSources(flags.input ?? [], options)
  for (const note of sources.notes) terminal.err(`dmarace: note: ${note}\n`)
  const played = await play(
    {
      options,
      runtime,
      pictures: sources.pictures,
      inputs: sources.files,
      out: flags.out,
      trace: flags.trace,
      digest: true,
      schedule,
    },
    terminal,
  )
  return answer(played, { json: flags.json === true }, terminal)
}
