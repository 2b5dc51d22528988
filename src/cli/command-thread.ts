/** Cli | what a thread of `runInThread` begins with: the command line, on a terminal whose other end is in the main thread. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { main } from './main.ts'
import type { CommandJob, FromCommand } from './own-thread.ts'
import { painter } from './paint.ts'
import type { Terminal } from './terminal.ts'

const { args, inColour, width, rewritesErr, stopped } = workerData as CommandJob
const port = parentPort as MessagePort
const interrupt = new AbortController()
port.on('message', () => interrupt.abort())
// Only what the command is waiting for keeps the thread.
port.unref()

function say(message: FromCommand): void {
  port.postMessage(message)
}

const terminal: Terminal = {
  out: (text) => say({ to: 'out', text }),
  err: (text) => say({ to: 'err', text }),
  paint: painter(inColour),
  ...(width === undefined ? {} : { width }),
  rewritesErr,
  // What it is for asks nothing and reads nothing.
  input: async () => new Uint8Array(),
  interrupt: interrupt.signal,
  isInterrupted: () => Atomics.load(stopped, 0) !== 0,
}

say({ to: 'end', code: await main(args, terminal) })
