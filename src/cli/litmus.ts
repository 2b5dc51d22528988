/** Cli | `dmarace litmus new`: a first text for a test of one's own, from flags or from answers. */

import { writeFile } from 'node:fs/promises'
import { UsageError, unknownName } from '../base/errors.ts'
import { reason } from '../fleet/file-errors.ts'
import { directions } from '../litmus/form.ts'
import { directionOf, scaffoldDefaults, scaffoldIommus, scaffoldLitmus } from '../litmus/scaffold.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `litmus new`. */
export interface LitmusNewFlags {
  readonly device?: string
  readonly iommu?: string
  readonly cores?: string
  readonly direction?: string
  readonly out?: string
}

/** Asks for what no flag says, if somebody is there to answer. An existing file stays as it is. */
export async function litmusNewCommand(name: string, flags: LitmusNewFlags, terminal: Terminal): Promise<number> {
  const asks = terminal.ask && Object.keys(flags).every((flag) => flag === 'out') ? terminal.ask : undefined
  const answers = asks ? await answersOf(asks) : flags
  const text = scaffoldLitmus({
    name,
    device: answers.device ?? scaffoldDefaults.device,
    iommu: iommuOf(answers.iommu ?? scaffoldDefaults.iommu),
    cores: coresOf(answers.cores ?? String(scaffoldDefaults.cores)),
    direction: directionNamed(answers.direction ?? scaffoldDefaults.direction),
  })
  if (flags.out === undefined) terminal.out(text)
  else {
    await writeNew(flags.out, text)
    terminal.out(`${flags.out}\n`)
  }
  return exitCodes.clean
}

async function answersOf(ask: NonNullable<Terminal['ask']>): Promise<LitmusNewFlags> {
  const answer = async (question: string, usual: string | number) =>
    (await ask(`${question} [${usual}] `)).trim() || String(usual)
  return {
    device: await answer('Name of the device?', scaffoldDefaults.device),
    iommu: await answer(`What is in front of it (${scaffoldIommus.join(', ')})?`, scaffoldDefaults.iommu),
    cores: await answer('How many cores?', scaffoldDefaults.cores),
    direction: await answer(`Which way do data go (${directions.join(', ')})?`, scaffoldDefaults.direction),
  }
}

function iommuOf(text: string): (typeof scaffoldIommus)[number] {
  const found = scaffoldIommus.find((name) => name === text)
  if (!found) throw unknownName('iommu', text, scaffoldIommus)
  return found
}

function coresOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--cores must be a whole number, not "${text}"`)
  return Number(text)
}

function directionNamed(text: string) {
  const found = directionOf(text)
  if (!found) throw unknownName('direction', text, directions)
  return found
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new UsageError(`cannot write "${path}": ${isThere ? 'it is there already' : reason(error)}`)
  }
}
