/** Cli | a command in a thread of its own, so that the process hears of signals while it searches. */

import { Worker } from 'node:worker_threads'
import { ownModule, threadArgs } from '../base/program.ts'
import { sourceStack } from './source-stack.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What the thread gets. */
export interface CommandJob {
  readonly args: readonly string[]
  readonly inColour: boolean
  readonly width: number | undefined
  readonly rewritesErr: boolean
  /** One int, which is 1 once the user has asked to stop: it can be looked at without a turn of the event loop. */
  readonly stopped: Int32Array
}

/** What the thread says; last its exit code. A message to the thread, whatever it is, says that the user has asked to stop. */
export type FromCommand =
  | { readonly to: 'out' | 'err'; readonly text: string }
  | { readonly to: 'end'; readonly code: number }

/** As `main`. The thread is ended with its command, and its death is an exit code, too. */
export async function runInThread(args: readonly string[], terminal: Terminal, inColour: boolean): Promise<number> {
  const stopped = new Int32Array(new SharedArrayBuffer(4))
  const { width, rewritesErr } = terminal
  const job: CommandJob = { args, inColour, width, rewritesErr, stopped }
  const thread = new Worker(ownModule('src/cli/command-thread.ts'), { execArgv: threadArgs, workerData: job })
  terminal.interrupt.addEventListener('abort', () => {
    Atomics.store(stopped, 0, 1)
    thread.postMessage('stop')
  })
  let code: number | undefined
  thread.on('message', (message: FromCommand) => {
    if (message.to === 'end') code = message.code
    else terminal[message.to](message.text)
  })
  return new Promise((resolve) => {
    let lost: NodeJS.ErrnoException | undefined
    thread.on('error', (error: NodeJS.ErrnoException) => {
      lost = error
    })
    thread.on('exit', () => resolve(code ?? failed(lost, terminal)))
  })
}

/** Why there is no exit code. */
function failed(lost: NodeJS.ErrnoException | undefined, terminal: Terminal): number {
  if (lost?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const mb = '--max-old-space-size=<MB>'
    terminal.err(
      `dmarace: the heap of JavaScript is full: charts have too many or too large contexts. --max-memory bounds the states and not these; NODE_OPTIONS=${mb} gives more, --max-states or --time ends before\n`,
    )
    return exitCodes.bounded
  }
  const text = sourceStack(lost?.stack ?? 'the thread of the command was lost')
  terminal.err(`dmarace: internal: ${text}\nThis is a bug in dmarace.\n`)
  return exitCodes.internal
}
