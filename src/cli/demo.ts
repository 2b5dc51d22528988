/** Cli | `dmarace demo`, which is `npm start`: one picture captured correctly, and once more with a sync left out. */

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InternalError } from '../base/errors.ts'
import { root } from '../base/program.ts'
import { type RunRequest, resolveOptions } from '../run/options.ts'
import { failureReports, grouped, type PlayedRun, reportRun } from '../run/report.ts'
import { play } from './play.ts'
import { readSources } from './sources.ts'
import { exitCodes, type Terminal } from './terminal.ts'

const pictureFile = fileURLToPath(new URL('docs/pictures/still-life.png', root))

/** Enough frames for a buffer to be used again, which is when stale lines show. */
const request: Omit<RunRequest, 'scenario'> = { frames: 6, size: '640x480', format: 'nv12', seed: 1 }

const correct = 'fimc-capture-userptr'
const broken = 'fimc-capture-userptr-no-sync-for-device'

export async function demoCommand(flags: { readonly out: string }, terminal: Terminal): Promise<number> {
  const file = relative(process.cwd(), pictureFile)
  terminal.out(
    `${terminal.paint('strong', '1. A camera frame, from the sensor through FIMC, SYSMMU and caches to the CPU')}\n\n`,
  )
  const good = await capture(correct, file, join(flags.out, 'correct'), terminal)
  if (good.interrupted) return interrupted(terminal)
  terminal.out(reportRun(good, terminal.paint))
  terminal.out(
    `\n${terminal.paint('strong', '2. The same picture; the driver forgets dma_sync_single_for_device')}\n\n`,
  )
  const bad = await capture(broken, file, join(flags.out, 'broken'), terminal)
  if (bad.interrupted) return interrupted(terminal)
  terminal.out(`${failureReports(bad, terminal.paint).join('\n')}\n`)
  terminal.out(`\n${ending(good, bad, terminal)}`)
  const isAsExpected = good.result.verdict === 'clean' && bad.result.verdict === 'violated'
  return isAsExpected ? exitCodes.clean : exitCodes.violated
}

async function capture(scenario: string, file: string, out: string, terminal: Terminal): Promise<PlayedRun> {
  if (!existsSync(pictureFile)) throw new InternalError(`the bundled picture ${pictureFile} is missing`)
  const asked = { ...request, scenario }
  const { pictures, digests, files } = await readSources([file], resolveOptions(asked))
  const options = resolveOptions({ ...asked, pictures: digests })
  return play({ options, runtime: 'sim', pictures, inputs: files, out }, terminal)
}

function interrupted(terminal: Terminal): number {
  terminal.out('interrupted\n')
  return exitCodes.interrupted
}

function ending(good: PlayedRun, bad: PlayedRun, { paint }: Terminal): string {
  const damaged = bad.frames.filter(({ damageFile }) => damageFile !== undefined)
  const worst = [...damaged].sort((a, b) => b.wrongLines - a.wrongLines)[0]
  const lines = [paint('strong', '3. The pictures'), '']
  lines.push(`  as it should be    ${good.frames.find(({ index }) => index === (worst?.index ?? 0))?.file ?? 'none'}`)
  if (worst) {
    lines.push(`  as the CPU saw it  ${worst.file}`)
    lines.push(`  what is wrong      ${worst.damageFile} (${grouped(worst.wrongLines)} cache lines marked)`)
  }
  return `${[
    ...lines,
    '',
    paint('strong', 'Try next'),
    '',
    `  npx dmarace replay ${bad.token} --input ${bad.inputs.join(' ')}`,
    '  npx dmarace run fimc-capture-userptr-no-sync-for-cpu --input <your photo> --out out',
    '  npx dmarace list',
  ].join('\n')}\n`
}
