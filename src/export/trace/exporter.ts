/** Export | what an exporter of traces is. */

import type { Trace } from './trace.ts'

export interface Exporter {
  readonly description: string
  /**
   * Hands out text in pieces, each for the file with the given end of name.
   * @param base name of the files without these ends, for formats that name each other.
   */
  readonly write: (trace: Trace, out: (suffix: string, text: string) => void, base: string) => void
}

/** Lines that are handed out many at a time. */
export class Pieces {
  private readonly out: (text: string) => void
  private lines: string[] = []

  constructor(out: (text: string) => void) {
    this.out = out
  }

  add(line: string): void {
    this.lines.push(line)
    if (this.lines.length > 10_000) this.end()
  }

  end(): void {
    if (this.lines.length > 0) this.out(`${this.lines.join('\n')}\n`)
    this.lines = []
  }
}
