/** Cli | `dmarace check --watch`: checks again what has changed, in a process of its own, until Ctrl-C. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { digest } from '../base/canonical.ts'
import { InterruptedError, UsageError } from '../base/errors.ts'
import { root } from '../base/program.ts'
import { FolderWatch, type Watched } from '../fleet/folder-watch.ts'
import { isFileName, wordParts } from '../fleet/import-file.ts'
import { isLitmusWord, litmusFiles } from '../fleet/litmus-files.ts'
import type { CheckFlags } from './check.ts'
import type { Terminal } from './terminal.ts'

/** An editor that saves a file touches it several times. */
const settleMs = 100
/** More names say no more. */
const namesMax = 5
/** What a TypeScript file may be made of. */
const sourceExtension = /\.([cm]?[jt]s|json)$/

/** Words that `check` takes → digest of everything that they are read from. */
type Units = ReadonlyMap<string, string>

/**
 * Every check is a process of its own: it reads TypeScript afresh with all that it imports, and ends at once when what it checks
 * changes again. Ends by interruption only. Usage errors: nothing that could change; an answer that is for one check.
 */
export async function watchCommand(words: readonly string[], flags: CheckFlags, terminal: Terminal): Promise<never> {
  for (const name of ['json', 'junit'] as const) {
    if (flags[name] !== undefined) throw new UsageError(`--${name} is for one check: leave it or --watch out`)
  }
  const litmus = await litmusWords(words)
  const watched: Watched[] = litmus.map((path) => ({ path, what: 'tree' }))
  for (const word of words) {
    if (litmus.includes(word)) continue
    if (isFileName(word)) watched.push({ path: dirname(word), what: 'folder' })
    else if (flags.ops === undefined) {
      throw new UsageError(`--watch: ${word} is no file and no folder, so nothing of it changes`)
    }
  }
  for (const ops of opsOf(flags)) watched.push({ path: dirname(ops), what: 'folder' })
  await litmusFiles([...words.filter(isFileName).map((word) => wordParts(word).file), ...litmus, ...opsOf(flags)]) // What is missing from the start is a mistake.
  const hints = new Hints()
  const watch = new FolderWatch(() => hints.give())
  const known = new Map<string, string>()
  let running: CheckProcess | undefined
  terminal.interrupt.addEventListener('abort', () => hints.give(), { once: true })
  try {
    while (!terminal.interrupt.aborted) {
      await watch.aim(watched)
      const units = await unitsOf(words, flags)
      for (const word of [...known.keys()].filter((one) => !units.has(one))) {
        known.delete(word)
        terminal.err(`dmarace: ${word} is gone\n`)
      }
      const changed = [...units.keys()].filter((word) => units.get(word) !== known.get(word))
      if (changed.length > 0) {
        const cut = running
        running = undefined
        await cut?.end()
        const due = [...units.keys()].filter((word) => changed.includes(word) || cut?.words.includes(word))
        for (const word of due) known.set(word, units.get(word) as string)
        terminal.err(terminal.paint('faint', `dmarace: checking ${named(due)}\n`))
        const started = new CheckProcess(due, flags, terminal)
        running = started
        void started.over.then(() => {
          if (running !== started) return
          running = undefined
          terminal.err(terminal.paint('faint', 'dmarace: waiting for a change; Ctrl-C ends\n'))
        })
      }
      await hints.next()
      if (!terminal.interrupt.aborted) await delay(settleMs)
    }
    throw new InterruptedError('interrupted')
  } finally {
    watch.close()
    const cut = running
    running = undefined
    await cut?.end()
  }
}

/** Hints that came while nobody waited count once. */
class Hints {
  private isGiven = false
  private waiting: (() => void) | undefined

  give(): void {
    this.isGiven = true
    this.waiting?.()
  }

  async next(): Promise<void> {
    if (!this.isGiven) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
    this.isGiven = false
    this.waiting = undefined
  }
}

/** One `dmarace check`, whose words go to the terminal as they come. */
class CheckProcess {
  readonly words: readonly string[]
  /** When it has ended and everything it said was passed on. */
  readonly over: Promise<unknown>
  private readonly process: ChildProcess

  constructor(words: readonly string[], flags: CheckFlags, terminal: Terminal) {
    this.words = words
    const command = fileURLToPath(new URL('bin/dmarace.js', root))
    const inColour = terminal.paint('strong', '') !== ''
    const child = spawn(process.execPath, [command, 'check', ...argumentsOf(flags), '--', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(inColour ? { FORCE_COLOR: '1' } : {}) },
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => terminal.out(text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => terminal.err(text))
    this.process = child
    this.over = once(child, 'close')
  }

  /** At once: a search does not look up before it is through. */
  async end(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.over
  }
}

/** The same flags as they are typed. */
function argumentsOf(flags: CheckFlags): string[] {
  return Object.entries<string | boolean>({ ...flags })
    .filter(([name]) => name !== 'watch')
    .flatMap(([name, value]) => {
      const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
      return value === true ? [flag] : [`${flag}=${value}`]
    })
}

async function litmusWords(words: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const word of words) if (await isLitmusWord(word)) found.push(word)
  return found
}

/** Litmus tests one by one; of anything else, a word by itself. */
async function unitsOf(words: readonly string[], flags: CheckFlags): Promise<Units> {
  const units = new Map<string, string>()
  const ops = await sourcesIn(opsOf(flags))
  for (const word of words) {
    if (!(await isLitmusWord(word))) {
      units.set(word, `${ops} ${isFileName(word) ? await sourcesIn([word]) : ''}`)
      continue
    }
    // A folder that is gone, or empty now, may be filled again.
    const files = await litmusFiles([word]).catch(() => [])
    for (const file of files) units.set(file, await digestOf(file))
  }
  return units
}

function opsOf({ ops }: CheckFlags): string[] {
  return ops === undefined ? [] : [ops]
}

/** Of all sources beside these files, which they may import. */
async function sourcesIn(files: readonly string[]): Promise<string> {
  const all: string[] = []
  for (const file of files) {
    const folder = dirname(file)
    const names = (await readdir(folder).catch(() => [])).filter((name) => sourceExtension.test(name)).sort()
    for (const name of names) all.push(name, await digestOf(join(folder, name)))
  }
  return digest(all.join('\n'))
}

async function digestOf(file: string): Promise<string> {
  return digest(await readFile(file, 'latin1').catch(String))
}

function named(words: readonly string[]): string {
  const shown = words.slice(0, namesMax).join(', ')
  return words.length <= namesMax ? shown : `${shown} and ${words.length - namesMax} more`
}
