/** Fleet | the journal of a campaign: its plan, and a line for each shard that is done, in files that survive a crash. */

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import { type CampaignPlan, campaignVersion, planDigest } from '../run/campaign/plan.ts'
import type { ShardResult } from '../run/campaign/shard.ts'
import type { SearchedSpace } from '../run/campaign/tally.ts'

/** One line of a journal. */
export type Entry =
  | { readonly kind: 'shard'; readonly shard: number; readonly result: ShardResult }
  | { readonly kind: 'failed'; readonly shard: number; readonly reason: string }
  | ({ readonly kind: 'space' } & SearchedSpace)

/** A segment is closed, and on disk for certain, after so many lines. */
const segmentLines = 1000

const planFile = 'plan.json'
const lockFile = 'lock'
const segmentName = (number: number): string => `journal-${String(number).padStart(6, '0')}.jsonl`
const isSegment = (name: string): boolean => /^journal-\d{6}\.jsonl$/.test(name)

/** Whether there is a campaign in that directory. */
export function hasJournal(directory: string): boolean {
  return existsSync(join(directory, planFile))
}

/** The plan of the campaign in a directory. A usage error says what is wrong with it. */
export function readPlan(directory: string): CampaignPlan {
  const path = join(directory, planFile)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`${directory} holds no campaign: there is no ${planFile} in it`)
  }
  let found: CampaignPlan & { readonly sum?: string }
  try {
    found = JSON.parse(text)
  } catch {
    throw new UsageError(`${path} is damaged: it is not JSON`)
  }
  if (!Array.isArray(found?.targets) || typeof found.version !== 'number') {
    throw new UsageError(`${path} is no plan of a campaign`)
  }
  const { sum, ...plan } = found
  if (plan.version !== campaignVersion) {
    throw new UsageError(
      `the campaign in ${directory} has version ${plan.version}, this dmarace reads version ${campaignVersion}; use the version that began it`,
    )
  }
  if (sum !== planDigest(plan)) throw new UsageError(`${path} is damaged, or was changed: its sum does not fit`)
  return plan
}

/** Hands every entry to `take`, in the order in which they were written. A torn last line is left out; any other damage is a usage error. */
export function readEntries(directory: string, take: (entry: Entry) => void): void {
  const segments = segmentsOf(directory)
  segments.forEach((name, index) => {
    const { lines } = readSegment(join(directory, name), index === segments.length - 1)
    for (const line of lines) take(line)
  })
}

function segmentsOf(directory: string): string[] {
  return readdirSync(directory).filter(isSegment).sort()
}

/** @param isLast whether the last line may be torn. `bytes`: up to the end of the last whole line. */
function readSegment(path: string, isLast: boolean): { readonly lines: Entry[]; readonly bytes: number } {
  const text = readFileSync(path, 'utf8')
  const lines: Entry[] = []
  let at = 0
  for (let number = 1; at < text.length; number++) {
    const end = text.indexOf('\n', at)
    const entry = end < 0 ? undefined : entryOf(text.slice(at, end))
    if (entry === undefined) {
      if (isLast && (end < 0 || end === text.length - 1)) break
      throw new UsageError(`${path}:${number} is damaged; the lines before it can be kept by cutting the file there`)
    }
    lines.push(entry)
    at = end + 1
  }
  return { lines, bytes: Buffer.byteLength(text.slice(0, at)) }
}

/** A line is a sum over the text that follows, and that text. */
function entryOf(line: string): Entry | undefined {
  const [sum = '', text = ''] = [line.slice(0, 16), line.slice(17)]
  if (digest(text) !== sum) return undefined
  return JSON.parse(text) as Entry
}

/** A journal that is being written. Only one process can. */
export class Journal {
  readonly directory: string
  private segment: number
  private lines = 0
  private file: number | undefined

  private constructor(directory: string, segment: number) {
    this.directory = directory
    this.segment = segment
  }

  /** Begins one. @throws UsageError if there is one already, or the directory cannot be written. */
  static create(directory: string, plan: CampaignPlan): Journal {
    try {
      mkdirSync(directory, { recursive: true })
    } catch (error) {
      throw new UsageError(`cannot write to ${directory}: ${(error as Error).message}`)
    }
    if (hasJournal(directory)) {
      throw new UsageError(
        `there is a campaign in ${directory} already; go on with it by --resume ${directory}, or name another directory by --out`,
      )
    }
    lock(directory)
    const text = `${JSON.stringify({ ...plan, sum: planDigest(plan) }, undefined, 2)}\n`
    writing(directory, () => writeFileSync(join(directory, planFile), text))
    return new Journal(directory, 1)
  }

  /** Goes on with one: what is whole is handed to `take`, a torn last line is cut off. */
  static open(directory: string, take: (entry: Entry) => void): Journal {
    lock(directory)
    try {
      const segments = segmentsOf(directory)
      segments.forEach((name, index) => {
        const isLast = index === segments.length - 1
        const path = join(directory, name)
        const { lines, bytes } = readSegment(path, isLast)
        if (isLast) truncateSync(path, bytes)
        for (const line of lines) take(line)
      })
      const last = segments.at(-1)
      return new Journal(directory, last === undefined ? 1 : Number(last.slice(8, 14)) + 1)
    } catch (error) {
      rmSync(join(directory, lockFile), { force: true })
      throw error
    }
  }

  /** The line is with the operating system when this returns, so that the death of the process does not lose it. */
  add(entry: Entry): void {
    const text = JSON.stringify(entry)
    writing(this.directory, () => {
      this.file ??= openSync(join(this.directory, segmentName(this.segment)), 'a')
      writeSync(this.file, `${digest(text)} ${text}\n`)
    })
    if (++this.lines >= segmentLines) this.endSegment()
  }

  /** Everything is on disk, and others may open it. */
  close(): void {
    this.endSegment()
    rmSync(join(this.directory, lockFile), { force: true })
  }

  private endSegment(): void {
    if (this.file === undefined) return
    const file = this.file
    this.file = undefined
    this.lines = 0
    this.segment++
    writing(this.directory, () => {
      fsyncSync(file)
      closeSync(file)
    })
  }
}

/** A full disk or a directory that went away, in words. */
function writing(directory: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw new UsageError(
      `cannot write to ${directory}: ${(error as Error).message}; what was written before is whole, go on by --resume`,
    )
  }
}

/** Takes the lock of a directory; one whose process has died is taken over. */
function lock(directory: string): void {
  const path = join(directory, lockFile)
  for (;;) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new UsageError(`cannot write to ${directory}: ${(error as Error).message}`)
      }
    }
    const owner = Number.parseInt(readFileSync(path, 'utf8'), 10)
    if (isAlive(owner)) {
      throw new UsageError(
        `the campaign in ${directory} is open in process ${owner}; if that is something else, remove ${path}`,
      )
    }
    rmSync(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
