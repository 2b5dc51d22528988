/** Tests | a terminal that keeps what is written to it, to run commands without a process. */

import { main } from '../../src/cli/main.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line. `interrupt`: as if Ctrl-C had been pressed by the first look at it, or later. */
export async function dmarace(
  args: readonly string[],
  interrupt: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    paint: (_tone, text) => text,
    rewritesErr: false,
    interrupt,
  }
  const code = await main(args, terminal)
  return { code, out, err }
}
