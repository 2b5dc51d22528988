/** Fleet | how fast the threads of a campaign were: a file beside its journal that no report depends on. */

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ThreadRate } from '../run/campaign/html.ts'

const fileName = 'rates.jsonl'

/** Lines kept in hand before they are written. */
const linesMax = 64

/** Writes one line for each shard: [thread, seconds since this process began, runs]. Losing some does no harm. */
export class RateLog {
  private readonly path: string
  private lines: string[] = []

  constructor(directory: string) {
    this.path = join(directory, fileName)
    this.lines.push('"begin"')
  }

  add(thread: number, seconds: number, runs: number): void {
    this.lines.push(JSON.stringify([thread, Number(seconds.toFixed(3)), runs]))
    if (this.lines.length >= linesMax) this.close()
  }

  close(): void {
    try {
      if (this.lines.length > 0) appendFileSync(this.path, `${this.lines.join('\n')}\n`)
    } catch {
      // Of the disk, the journal speaks.
    }
    this.lines = []
  }
}

/** By thread; processes that went on with the campaign follow each other. */
export function readRates(directory: string): ThreadRate[] {
  const path = join(directory, fileName)
  if (!existsSync(path)) return []
  const threads = new Map<number, [number, number][]>()
  let before = 0
  let last = 0
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    let entry: unknown
    try {
      entry = JSON.parse(text)
    } catch {
      // A torn line.
      continue
    }
    if (entry === 'begin') before = last
    if (!Array.isArray(entry)) continue
    const [thread, seconds, runs] = entry as [number, number, number]
    const points = threads.get(thread) ?? []
    threads.set(thread, points)
    last = Math.max(last, before + seconds)
    points.push([before + seconds, (points.at(-1)?.[1] ?? 0) + runs])
  }
  return [...threads].sort(([a], [b]) => a - b).map(([thread, points]) => ({ thread, points }))
}
