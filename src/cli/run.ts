/** Cli | `dmarace run`: one run of a scenario, its pictures and its verdict. */

import { UsageError } from '../base/errors.ts'
import { resolveOptions } from '../run/options.ts'
import { featureText, jsonOfRun, type PlayedRun, replayCommand, reportRun } from '../run/report.ts'
import { buildSystem } from '../run/run.ts'
import { editionOf } from './choose-edition.ts'
import { type RunFlags, refuseFull, requestOf, runtimeOf } from './flags.ts'
import { choosePlacement, placementRequest } from './placement.ts'
import { play } from './play.ts'
import { readTraceFile } from './read-trace.ts'
import { isLitmusFile, runLitmus } from './run-litmus.ts'
import { type Outputs, outputsOf, writeOutputs } from './run-outputs.ts'
import { readSources } from './sources.ts'
import { exitCodes, type Terminal } from './terminal.ts'

export async function runCommand(scenario: string, flags: RunFlags, terminal: Terminal): Promise<number> {
  if (isLitmusFile(scenario)) return runLitmus(scenario, flags, terminal)
  if (flags.variant !== undefined) throw new UsageError(`--variant is for litmus tests, and ${scenario} is none`)
  const runtime = runtimeOf(flags.runtime)
  refuseFull(flags)
  const { request: chosen, own } = await editionOf(flags)
  const asked = placementRequest(flags)
  const request = { ...requestOf(scenario, flags), ...chosen }
  const sources = await readSources(flags.input ?? [], resolveOptions(request, undefined, own))
  for (const note of sources.notes) terminal.err(`dmarace: note: ${note}\n`)
  const whole = { ...request, pictures: sources.digests }
  const options = resolveOptions(whole, undefined, own)
  const outputs = outputsOf(flags, flags.out)
  const { pictures } = sources
  const placement = asked && choosePlacement(asked, { options, request: whole, ops: own?.file, pictures }, terminal)
  const played = await play(
    {
      options,
      runtime,
      pictures,
      inputs: sources.files,
      ...(own ? { ops: own.file } : {}),
      out: flags.out,
      trace: outputs.trace,
      placement,
    },
    terminal,
  )
  await leave(played, outputs, terminal)
  return answer(played, { json: flags.json === true }, terminal)
}

/** Writes what else was asked for of a run that is over. */
export async function leave(played: PlayedRun, outputs: Outputs, terminal: Terminal): Promise<void> {
  const { options, token, result, trace } = played
  if (trace?.file === undefined || (outputs.exports.length === 0 && outputs.html === undefined)) return
  const { scenario, parameters, seed, policy } = options
  const files = await writeOutputs(readTraceFile(trace.file), outputs, () => buildSystem(options), {
    title: scenario.id,
    verdict: result.verdict === 'clean' ? 'clean in this one schedule' : result.verdict,
    isGood: result.verdict === 'clean',
    facts: [
      ['asks', scenario.question],
      ['features', featureText(parameters.features)],
      ['run', `${parameters.geometry.name}, seed ${seed}, policy ${policy}, token ${token}`],
    ],
    replay: replayCommand(played),
  })
  terminal.err(`dmarace: wrote ${files.join(', ')}\n`)
}

/** Prints a run that is over. */
export function answer(played: PlayedRun, { json }: { readonly json: boolean }, terminal: Terminal): number {
  terminal.out(json ? `${JSON.stringify(jsonOfRun(played), undefined, 2)}\n` : reportRun(played, terminal.paint))
  return played.interrupted ? exitCodes.interrupted : exitCodes[played.result.verdict]
}
