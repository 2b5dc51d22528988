/** Bin | how modules of users are found: 'dmarace' is the copy that runs, and TypeScript is a module whatever its package says. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const own = new URL('../src/index.ts', import.meta.url).href
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
  return (await isModule(resolved)) ? { ...resolved, format: 'module' } : resolved
}

/** Of users' own files: TypeScript, and JavaScript that imports or exports. */
async function isModule({ url, format }) {
  const [, kind] = /^file:[^?#]*\.(tsx?|js)(?:\?|$)/.exec(url) ?? []
  if (kind === undefined || url.includes('/node_modules/')) return false
  if (kind !== 'js' || format === 'module') return true
  const text = await readFile(fileURLToPath(new URL(url)), 'utf8').catch(() => '')
  return /^\s*(import|export)\b/m.test(text)
}
