/** Fleet | a module that is no part of this program, imported. */

import { isBuilt, ownModule, root } from '../base/program.ts'

/** TypeScript or JavaScript; `dmarace` in it is this program. */
export async function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  // Sources run where TypeScript is understood already.
  if (isBuilt) await import(new URL(`bin/typescript.js?own=${ownModule('src/index.ts').href}`, root).href)
  return await import(url)
}
