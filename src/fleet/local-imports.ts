/** Fleet | which files of a user's own a file is made of: itself and all that it imports, directly or not, from beside it. */

import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildFailure } from 'esbuild'
import { digest } from '../base/canonical.ts'
import type { Place } from '../base/place.ts'
import { root } from '../base/program.ts'

/** This program. What it is made of is in the version of a token. */
const own = fileURLToPath(root)

/** Files by path relative to the first one, which is first; packages and this program are left out. */
export interface LocalSource {
  /** As paths, the imports in order of name. */
  readonly files: readonly string[]
  /** Of all texts, with their names as seen from the first file; of one file alone, of its text. */
  readonly digest: string
}

/**
 * Follows what compilers can see: `import`, `export … from`, `require` and `import()` of a literal name. A file that esbuild cannot
 * read counts by itself: what is wrong with it is told by who imports it.
 * @param text of the file at `path`
 */
export async function localSource(
  path: string,
  text: string,
  read: (path: string) => Promise<string>,
): Promise<LocalSource> {
  const directory = dirname(path)
  const imports = (await importsOf(path)).filter((file) => file !== path && !isForeign(file, path)).sort()
  if (imports.length === 0) return { files: [path], digest: digest(text) }
  const texts = await Promise.all(imports.map(read))
  const parts = imports.map((file, index) => [relative(directory, file), texts[index]])
  return { files: [path, ...imports], digest: digest(JSON.stringify([text, ...parts])) }
}

/** Whether a file is not the user's own. A file of this repository's tests is. */
function isForeign(file: string, path: string): boolean {
  if (file.includes('/node_modules/')) return true
  return file.startsWith(`${own}src/`) || (file.startsWith(own) && !path.startsWith(own))
}

async function importsOf(path: string): Promise<string[]> {
  try {
    const { metafile } = await built(path)
    return Object.keys(metafile.inputs).map((file) => resolve(dirname(path), file))
  } catch {
    return []
  }
}

/** Where a file, or what it imports, cannot be compiled: Node does not say of JavaScript. */
export async function firstMistake(path: string): Promise<Place | undefined> {
  try {
    await built(path)
    return undefined
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? []
    if (!first?.location) return undefined
    const { file, line, column } = first.location
    return { file: resolve(dirname(path), file), line, column: column + 1 }
  }
}

async function built(path: string) {
  // Most commands import no file of a user's.
  const { build } = await import('esbuild')
  return build({
    absWorkingDir: dirname(path),
    entryPoints: [path],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    external: [`${own}src/*`],
    logLevel: 'silent',
    // The user's own settings are none of our business, as when the file runs.
    tsconfigRaw: {},
    loader: { '.node': 'empty', '.wasm': 'empty' },
  })
}
