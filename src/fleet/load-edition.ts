/** Fleet | an edition out of a user's own TypeScript file, checked by name, and what is wrong with the file if it is none. */

import { UsageError } from '../base/errors.ts'
import { completeEdition } from '../dma/own-edition.ts'
import type { OwnEdition } from '../run/options.ts'
import { importFile } from './import-file.ts'

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
    // Whatever is thrown while it is looked at comes from what the file exports.
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
