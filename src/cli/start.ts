/** Cli | the process around the command line: its streams, colours and Ctrl-C. */

import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'
import { InterruptedError } from '../base/errors.ts'
import { main } from './main.ts'
import { exitCodes, type Terminal, type Tone } from './terminal.ts'

const styles = { good: 'green', bad: 'red', strong: 'bold', faint: 'dim' } as const satisfies Record<Tone, string>

/** Runs the command line of this process. The exit code is set, not taken, so that piped output is written to its end. */
export async function start(): Promise<void> {
  const code = await main(process.argv.slice(2), processTerminal())
  // A stream that failed meanwhile has set it already.
  process.exitCode ??= code
}

function processTerminal(): Terminal {
  const interrupt = new AbortController()
  const interrupted = () => {
    // The first Ctrl-C ends the run between two pieces of work; the second one does not wait.
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    interrupt.abort()
  }
  process.on('SIGINT', interrupted)
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read this has seen enough (`| head`): the rest goes nowhere. A full disk is another matter.
      if (error.code === 'EPIPE') return
      process.exitCode = exitCodes.usage
      if (stream === process.stdout) process.stderr.write(`cannot write the output: ${error.message}\n`)
    })
  }
  const inColour = hasColours()
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    paint: (tone, text) => (inColour ? styleText(styles[tone], text, { validateStream: false }) : text),
    rewritesErr: process.stderr.isTTY === true,
    input: readInput,
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: (question) => ask(question, interrupt.signal) } : {}),
    interrupt: interrupt.signal,
    blocking: (body) => {
      process.off('SIGINT', interrupted)
      try {
        return body()
      } finally {
        process.on('SIGINT', interrupted)
      }
    },
  }
}

async function readInput(): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

/** Questions go where errors go, so that answers of the command can be piped. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question, { signal })
  } catch {
    throw new InterruptedError('interrupted')
  } finally {
    lines.close()
  }
}

/** NO_COLOR and FORCE_COLOR count before what the terminal can do. */
function hasColours(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return process.stdout.isTTY === true && process.stdout.hasColors()
}
