/** Bin | how modules of users are found: 'dmarace' is the copy that runs, and TypeScript is a module whatever its package says. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url).href

/** The module that `dmarace` means, as whoever loads us says: the same one as runs, or there would be two engines. */
const own = new URL(import.meta.url).searchParams.get('own') ?? new URL('src/index.ts', root).href

const lent = /^(xstate|rxjs)(\/|$)/

/**
 * A user's file need not be in a package that depends on this one, nor say `"type": "module"`: as CommonJS it could not
 * require a program that is being imported, and two copies of the engine in one process would not know each other's charts.
 */
export async function resolve(specifier, context, next) {
  if (specifier === 'dmarace') return { url: own, format: 'module', shortCircuit: true }
  const resolved = await next(specifier, context).catch((error) => {
    // What charts are written with comes with the program where it is not installed.
    if (!lent.test(specifier)) throw error
    return next(specifier, { ...context, parentURL: own })
  })
  // Where the program is built, a source of it would bring a second engine beside it.
  if (isSource(resolved.url) && !isSource(own)) return { url: own, format: 'module', shortCircuit: true }
  return (await isModule(resolved)) ? { ...resolved, format: 'module' } : resolved
}

function isSource(url) {
  return url.startsWith(root) && /^(src|machines)\/[^?]*\.ts/.test(url.slice(root.length))
}

/** Of users' own files: TypeScript, and JavaScript that imports or exports. */
async function isModule({ url, format }) {
  const [, kind] = /^file:[^?#]*\.(tsx?|js)(?:\?|$)/.exec(url) ?? []
  if (kind === undefined || url.includes('/node_modules/')) return false
  if (kind !== 'js' || format === 'module') return true
  const text = await readFile(fileURLToPath(new URL(url)), 'utf8').catch(() => '')
  return /^\s*(import|export)\b/m.test(text)
}
