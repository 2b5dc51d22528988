/** Cli | the edition that a command line asks for: one of ours by name, or one out of a user's file. */

import { UsageError } from '../base/errors.ts'
import { loadEdition } from '../fleet/load-edition.ts'
import type { OwnEdition } from '../run/options.ts'

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
