/** Cli | stacks of a built program with the places in its sources: a bug is looked for there. */

import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../base/program.ts'

const dist = new URL('dist/', root).href

/** The same text; where a frame's file has a map beside it, the frame names file, line and column of the source. */
export function sourceStack(stack: string): string {
  return stack.replace(
    /(file:\/\/[^\s():]+\.js):(\d+):(\d+)/g,
    (frame: string, url: string, line: string, column: string) => {
      if (!url.startsWith(dist)) return frame
      const file = fileURLToPath(url)
      const map = mapOf(`${file}.map`)
      // Both count from 0.
      const found = map?.findEntry(Number(line) - 1, Number(column) - 1)
      if (found === undefined || !('originalSource' in found)) return frame
      return `${resolve(file, '..', found.originalSource)}:${found.originalLine + 1}:${found.originalColumn + 1}`
    },
  )
}

function mapOf(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
