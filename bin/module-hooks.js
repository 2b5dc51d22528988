/** Bin | how modules of users are found: 'dmarace' is the copy that runs, and TypeScript is a module whatever its package says. */

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
  const isTypeScript = /\.tsx?(\?|$)/.test(resolved.url) && !resolved.url.includes('/node_modules/')
  return isTypeScript ? { ...resolved, format: 'module' } : resolved
}
