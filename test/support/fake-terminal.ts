/** Tests | a terminal that keeps what is written to it, to run commands without a process. */

import { main } from '../../src/cli/main.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What a person types: all of the standard input, and answers to questions, in turn; without them nobody is there. */
export interface Typed {
  readonly input?: string | Uint8Array
  readonly answers?: readonly string[]
}

/** Runs one command line. `interrupt`: as if Ctrl-C had been pressed by the first look at it, or later. */
export async function dmarace(
  args: readonly string[],
  interrupt: AbortSignal = new AbortController().signal,
  { input = '', answers }: Typed = {},
): Promise<Ran> {
  const left = [...(answers ?? [])]
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
    input: async () => (typeof input === 'string' ? new TextEncoder().encode(input) : input),
    ...(answers
      ? {
          ask: async (question) => {
            err += question
            return left.shift() ?? ''
          },
        }
      : {}),
    interrupt,
    isInterrupted: () => interrupt.aborted,
  }
  const code = await main(args, terminal)
  return { code, out, err }
}
