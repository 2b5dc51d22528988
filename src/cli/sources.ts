/** Cli | the source pictures of a run: read, checked against a token, turned into what the sensor sends. */

import type { Bytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { RunOptions } from '../run/options.ts'
import { yuyvOfPicture } from '../run/picture.ts'
import { scenarios } from '../scenario/index.ts'
import type { Scenario } from '../scenario/scenario.ts'

/** Hexadecimal digits of a file's SHA-256 that name it in tokens: 64 bits. */
const digestLength = 16

/** Most pictures of one run: the sensor shows them in turn. */
const picturesMax = 64

export interface Sources {
  readonly pictures: readonly Bytes[]
  /** Short digests, in the same order. */
  readonly digests: readonly string[]
  readonly files: readonly string[]
  /** What was done to make them fit. */
  readonly notes: readonly string[]
}

export const noSources: Sources = { pictures: [], digests: [], files: [], notes: [] }

/** Reads the pictures. Usage errors: see `readPicture`; a run that shows no pictures; too many. */
export async function readSources(files: readonly string[], { scenario, parameters }: RunOptions): Promise<Sources> {
  if (files.length === 0) return noSources
  if (scenario.camera === 'none') {
    const known = Object.values(scenarios as Readonly<Record<string, Scenario>>)
    const cameras = known.filter(({ camera }) => camera === 'sensor').map(({ id }) => id)
    throw new UsageError(
      `--input: ${scenario.id} has no camera, its program makes the picture; with a camera: ${cameras.join(', ')}`,
    )
  }
  if (parameters.geometry.name === 'litmus') {
    throw new UsageError('--input is for the board geometry; a litmus frame is a few words')
  }
  if (files.length > picturesMax)
    throw new UsageError(`--input: ${files.length} pictures; up to ${picturesMax} are shown`)
  const { readPicture } = await import('./image-files.ts')
  const sources = { pictures: [] as Bytes[], digests: [] as string[], files, notes: [] as string[] }
  for (const file of files) {
    const { picture, digest, note } = await readPicture(file, parameters)
    sources.pictures.push(yuyvOfPicture(picture))
    sources.digests.push(digest.slice(0, digestLength))
    if (note !== undefined) sources.notes.push(note)
  }
  return sources
}

/** Reads the pictures that a token names, which may be given in any order. A usage error says which one is missing. */
export async function readNamedSources(files: readonly string[], options: RunOptions): Promise<Sources> {
  const { pictures: wanted } = options
  if (wanted.length === 0) {
    if (files.length > 0) throw new UsageError('--input: this token names no pictures; leave it out')
    return noSources
  }
  if (files.length === 0) {
    throw new UsageError(
      `this token names ${wanted.length === 1 ? 'a picture' : `${wanted.length} pictures`}; give the same with --input ` +
        `(SHA-256 begins with ${wanted.join(', ')})`,
    )
  }
  const given = await readSources(files, options)
  const order = wanted.map((digest) => {
    const index = given.digests.indexOf(digest)
    if (index >= 0) return index
    const found = files.map((file, i) => `${file} has ${given.digests[i]}`).join(', ')
    throw new UsageError(`--input: the token names a picture whose SHA-256 begins with ${digest}, but ${found}`)
  })
  return {
    pictures: order.map((index) => given.pictures[index] as Bytes),
    digests: wanted,
    files: order.map((index) => files[index] as string),
    notes: given.notes,
  }
}
