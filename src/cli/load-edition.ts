/** Cli | an edition out of a user's own TypeScript file, checked by name, and what is wrong with the file if it is none. */

import { UsageError } from '../base/errors.ts'
import { completeEdition } from '../dma/own-edition.ts'
import { importFile } from '../fleet/import-file.ts'
import type { OwnEdition } from '../run/options.ts'

/** The edition that a file exports as its default. Usage errors name the file, what is wrong with it and what to do. */
export async function loadEdition(file: string): Promise<OwnEdition> {
  const { exported, names, ...source } = await importFile(file)
  const given = exported.default
  if (given === undefined) {
    throw new UsageError(
      `${file} has no default export (it exports ${names}): export default an Edition, { name, ops }`,
    )
  }
  try {
    return { edition: completeEdition(given), ...source }
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${file}: ${error.message}`)
    throw error
  }
}

/** The edition that `--edition` or `--ops` asks for, as fields of a request and, if it is the user's own, itself. */
export async function editionOf(flags: EditionFlags): Promise<ChosenEdition> {
  const { edition, ops } = flags
  if (edition !== undefined && ops !== undefined) {
    throw new UsageError(
      '--edition and --ops both choose the operations: name the base inside the file, base: "<edition>"',
    )
  }
  if (ops === undefined) return { request: edition === undefined ? {} : { edition }, own: undefined }
  const own = await loadEdition(ops)
  return { request: { edition: own.edition.name, ops: own.digest }, own }
}

/** What commander hands over for the options that choose an edition. */
export interface EditionFlags {
  readonly edition?: string
  readonly ops?: string
}

export interface ChosenEdition {
  readonly request: { readonly edition?: string; readonly ops?: string }
  readonly own: OwnEdition | undefined
}
