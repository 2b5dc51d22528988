/** Fleet | folders watched for changes: a hint that something may be different, never what. */

import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { reason } from './file-errors.ts'

/** What is of interest: a file, everything in a folder, or everything below one, too. */
export interface Watched {
  readonly path: string
  readonly what: 'file' | 'folder' | 'tree'
}

/** Folder → the names in it that matter; `all`: whatever there is. */
type Folders = ReadonlyMap<string, ReadonlySet<string> | 'all'>

/**
 * Folders rather than files, because an editor that writes a new file and renames it takes the watch of the old one away; each
 * folder by itself, because not every system tells what happens below one.
 */
export class FolderWatch {
  private readonly onHint: () => void
  private watchers: FSWatcher[] = []

  /** @param onHint called from the event loop, any number of times for one change. */
  constructor(onHint: () => void) {
    this.onHint = onHint
  }

  /**
   * Watches these, as they are now, and nothing else. What is read after this returned and changes then gives a hint: a folder
   * made meanwhile, or made again under its old name, included. Usage errors: the system watches no more.
   */
  async aim(what: readonly Watched[]): Promise<void> {
    const old = this.watchers
    this.watchers = []
    const watched = new Set<string>()
    try {
      // Until no folder was made between looking and watching.
      for (;;) {
        const more = [...(await foldersOf(what))].filter(([folder]) => !watched.has(folder))
        if (more.length === 0) return
        for (const [folder, names] of more) {
          watched.add(folder)
          this.add(folder, names)
        }
      }
    } finally {
      for (const watcher of old) watcher.close()
    }
  }

  close(): void {
    for (const watcher of this.watchers) watcher.close()
    this.watchers = []
  }

  private add(folder: string, names: ReadonlySet<string> | 'all'): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (names === 'all' || name === null || names.has(name)) this.onHint()
      })
      watcher.on('error', () => this.onHint())
      this.watchers.push(watcher)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // It is gone again: the folder above tells of that.
      if (code === 'ENOENT' || code === 'ENOTDIR') return
      const why = code === 'ENOSPC' ? 'the system watches no more folders for this user' : reason(error)
      throw new UsageError(`cannot watch "${folder}": ${why}`)
    }
  }
}

async function foldersOf(all: readonly Watched[]): Promise<Folders> {
  const found = new Map<string, Set<string> | 'all'>()
  for (const { path, what } of all) {
    let at = resolve(path)
    if (what !== 'file' && (await isFolder(at))) {
      found.set(at, 'all')
      const inside = what === 'tree' ? await readdir(at, { recursive: true, withFileTypes: true }).catch(() => []) : []
      for (const one of inside) if (one.isDirectory()) found.set(join(one.parentPath, one.name), 'all')
    }
    // A path comes, goes and is replaced in the folder above, or in the next one that there is.
    for (;;) {
      const above = dirname(at)
      const names = found.get(above) ?? new Set<string>()
      if (names !== 'all') found.set(above, names.add(basename(at)))
      if (above === at || (await isFolder(above))) break
      at = above
    }
  }
  return found
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
