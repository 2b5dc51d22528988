/** Base | where this program lies, and how its parts are loaded: as sources that are compiled one by one, or as bin/build.js built them. */

/** Defined by bin/build.js. */
declare const DMARACE_IS_BUILT: true

export const isBuilt = typeof DMARACE_IS_BUILT !== 'undefined'

/** Folder of the package; what is built is as deep in it as this file. */
export const root = new URL('../..', import.meta.url)

const folder = decodeURIComponent(root.pathname)

/** Whether a file is part of this program, and no test of it and nobody else's. */
export function isOwnFile(path: string): boolean {
  return path.startsWith(folder) && /^(bin|dist|machines|src|workers)\//.test(path.slice(folder.length))
}

/**
 * A module that is loaded by name: by a thread, or by a thread that makes a system.
 * @param source its path, one of the entries of bin/build.js
 */
export function ownModule(source: `${string}.ts`): URL {
  return isBuilt ? new URL(source.replace(/^.*\/(.*)\.ts$/, './$1.js'), import.meta.url) : new URL(source, root)
}

/** What Node is told when a thread of ours starts: sources have to be compiled. */
export const threadArgs: string[] = isBuilt ? [] : ['--import', new URL('bin/typescript.js', root).href]
