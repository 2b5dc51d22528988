/** Cli | progress on stderr for work that takes longer than a second: one rewritten line, or now and then a plain one. */

import type { Terminal } from './terminal.ts'

const firstMs = 1000
const rewriteMs = 100
const plainMs = 10_000
/** A longer line would wrap, and only its last part be written over. */
const lineLength = 78

export class Progress {
  private readonly terminal: Terminal
  private nextMs = performance.now() + firstMs
  private isShown = false

  constructor(terminal: Terminal) {
    this.terminal = terminal
  }

  /** Shows `text()` if it is time to. */
  update(text: () => string): void {
    const now = performance.now()
    if (now < this.nextMs) return
    if (this.terminal.rewritesErr) {
      this.nextMs = now + rewriteMs
      this.isShown = true
      this.terminal.err(`\r\x1b[2K${text().slice(0, lineLength)}`)
    } else {
      this.nextMs = now + plainMs
      this.terminal.err(`${text()}\n`)
    }
  }

  /** Takes the rewritten line away. */
  end(): void {
    if (this.isShown) this.terminal.err('\r\x1b[2K')
    this.isShown = false
    this.nextMs = Number.POSITIVE_INFINITY
  }
}
