/** Cli | traces in other forms: which are asked for, and the files that they go to. */

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { UsageError, unknownName } from '../base/errors.ts'
import { type ExportName, exporters } from '../export/trace/index.ts'
import type { Trace } from '../export/trace/trace.ts'
import { reason } from '../fleet/file-errors.ts'

/** Names of forms, with commas between them. */
export function exportNames(text: string | undefined): ExportName[] {
  const names = (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  for (const name of names)
    if (!Object.hasOwn(exporters, name)) throw unknownName('export format', name, Object.keys(exporters))
  return names as ExportName[]
}

/** "out/trace.jsonl" without its end. */
export function baseOf(file: string): string {
  return file.replace(/\.jsonl$/, '')
}

/**
 * Writes `base` with the ends that each form has; returns the names of the files.
 * @param only the name of the main file, where there is but one form.
 */
export function writeExports(trace: Trace, names: readonly ExportName[], base: string, only?: string): string[] {
  const files: string[] = []
  for (const name of names) {
    const open = new Map<string, { readonly file: string; readonly handle: number }>()
    const stem = only === undefined ? base : only.replace(/\.[^./\\]+$/, '')
    const write = (suffix: string, text: string) => {
      let target = open.get(suffix)
      if (!target) {
        const file = only !== undefined && open.size === 0 ? only : stem + suffix
        target = { file, handle: openFile(file) }
        open.set(suffix, target)
        // A folder of small files is named once.
        const shown = suffix.includes('/') ? dirname(file) : file
        if (!files.includes(shown)) files.push(shown)
      }
      try {
        writeSync(target.handle, text)
      } catch (error) {
        throw new UsageError(`cannot write "${target.file}": ${reason(error)}`)
      }
    }
    try {
      exporters[name].write(trace, write, basename(stem))
    } finally {
      for (const { handle } of open.values()) closeSync(handle)
    }
  }
  return files
}

function openFile(file: string): number {
  try {
    if (dirname(file).endsWith('.filters')) mkdirSync(dirname(file), { recursive: true })
    return openSync(file, 'w')
  } catch (error) {
    throw new UsageError(`cannot write "${file}": ${reason(error)}`)
  }
}
