/** Fleet | the shipped litmus tests of public bugs. */

import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LitmusFile, litmusFiles, readLitmus } from './litmus-files.ts'

const folder = fileURLToPath(new URL('../../test/litmus/corpus/', import.meta.url))

/** In the order of their names; none where they are not installed. */
export async function readCorpus(): Promise<LitmusFile[]> {
  const files = await litmusFiles([folder]).catch(() => [])
  return Promise.all(files.map((file) => readLitmus(shortened(file))))
}

/** As a user in this directory would type it. */
function shortened(file: string): string {
  const below = relative(process.cwd(), file)
  return below.startsWith('..') ? file : below
}
