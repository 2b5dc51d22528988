/** Cli | the process around the command line: its streams, colours, Ctrl-C and SIGTERM. */

import { createInterface } from 'node:readline/promises'
import { InterruptedError } from '../base/errors.ts'
import { painter } from './paint.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** Commands that search for long without a turn of the event loop, in which alone signals are heard: they get a thread of their own. */
const searches: readonly (string | undefined)[] = ['check', 'compare', 'replay']

/** What ends a command early, and the exit code then: 128 and the number of the signal, as shells have it. */
const signalCodes = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const

/** Runs the command line of this process. The exit code is set, not taken, so that piped output is written to its end. */
export async function start(): Promise<void> {
  const args = process.argv.slice(2)
  const interrupt = new AbortController()
  let interrupted: number = exitCodes.interrupted
  for (const [signal, code] of Object.entries(signalCodes)) {
    process.on(signal, () => {
      // The first one ends the run between two pieces of work; the second one does not wait.
      if (interrupt.signal.aborted) process.exit(code)
      interrupted = code
      interrupt.abort()
    })
  }
  const terminal = processTerminal(interrupt.signal)
  const code = await (searches.includes(args[0]) && !args.includes('--watch')
    ? (await import('./own-thread.ts')).runInThread(args, terminal, hasColours())
    : (await import('./main.ts')).main(args, terminal))
  // A stream that failed meanwhile has set it already.
  process.exitCode ??= code === exitCodes.interrupted ? interrupted : code
}

function processTerminal(interrupt: AbortSignal): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read this has seen enough (`| head`): the rest goes nowhere. A full disk is another matter.
      if (error.code === 'EPIPE') return
      process.exitCode = exitCodes.usage
      if (stream === process.stdout) process.stderr.write(`cannot write the output: ${error.message}\n`)
    })
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    paint: painter(hasColours()),
    ...(process.stdout.isTTY && process.stdout.columns > 0 ? { width: process.stdout.columns } : {}),
    rewritesErr: process.stderr.isTTY === true,
    input: readInput,
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: (question) => ask(question, interrupt) } : {}),
    interrupt,
    isInterrupted: () => interrupt.aborted,
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
